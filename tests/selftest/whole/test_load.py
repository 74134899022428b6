"""gws-contract load, as a user types it, against mocks: what is said, what is left behind, how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import read
from gws_contract.load import running
from gws_contract.load.ledger import HISTORY, INVITED
from gws_contract.mock.server import Mock

from ..stages import HANG, Finished, environment, nobody_is_left, secrets_of, sentence, started, varied

SIX = {f"agent{number}": f"password-of-{number}" for number in range(1, 7)}
SMALL = ("--rate", "5", "--time", "4", "--quiet-period", "0.2", "--report-dir", "out")


def shard(folder: Path, number: int = 1) -> Path:
    (found,) = (folder / "out").glob(f"journal-{number}.ndjson*")
    return found


def evidence(folder: Path, number: int = 1) -> Evidence:
    return assemble(read(shard(folder, number)))


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """Locust's own statistics, by name."""
    with (folder / "out" / "locust_stats.csv").open(newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def certificate(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "certificate.json").read_text())
    return found


def loaded(mock: Mock, folder: Path, *words: str, **more: str) -> Finished:
    return Finished(started("load", "--url", mock.url, *words, cwd=folder, env=environment(mock, **more)))


# ---- a run ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mock, Path, Finished]]:
    folder = tmp_path_factory.mktemp("load")
    with Mock(agents=SIX) as mock:
        yield mock, folder, loaded(mock, folder, *SMALL)


Ran = tuple[Mock, Path, Finished]


def test_a_faithful_server_ends_with_0_and_a_certificate(ran: Ran) -> None:
    _, folder, finished = ran
    assert finished.status == 0, finished.said
    assert certificate(folder)["verdict"] == "partial"
    assert "20 chats" in finished.out.splitlines()[-3]


def test_every_chat_is_in_the_shard(ran: Ran) -> None:
    found = evidence(ran[1])
    assert found.footer is not None
    assert (len(found.conversations), found.footer.ended, found.footer.chats) == (20, "complete", 20)


def test_locusts_statistics_count_every_chat(ran: Ran) -> None:
    found = rows(ran[1])
    assert {name: found[name]["Request Count"] for name in (HISTORY, INVITED)} == {HISTORY: "20", INVITED: "20"}
    assert found[HISTORY]["Failure Count"] == "0"
    assert float(found[HISTORY]["99%"]) > 0


def test_locusts_page_is_left_beside_them(ran: Ran) -> None:
    assert HISTORY in (ran[1] / "out" / "locust.html").read_text().replace("\\u003e", ">")


def test_no_secret_is_left_anywhere(ran: Ran) -> None:
    mock, folder, finished = ran
    files = [path.read_bytes().decode("latin-1") for path in (folder / "out").rglob("*") if path.is_file()]
    assert not [word for word in secrets_of(mock) for text in (*files, finished.said) if word in text]


def test_no_file_tells_where_it_was_made_or_on_which_machine(ran: Ran) -> None:
    files = [path.read_bytes().decode("latin-1") for path in (ran[1] / "out").rglob("*") if path.is_file()]
    assert not [text for text in files if str(ran[1]) in text or f"{socket.gethostname()}_" in text]


def test_everybody_has_logged_out(ran: Ran) -> None:
    assert nobody_is_left(ran[0])


def test_all_that_is_left_is_sealed(ran: Ran) -> None:
    assert "Not sealed" not in ran[2].said


# ---- what breaks ----------------------------------------------------------------------------------------------------


def test_a_fault_is_found_and_ends_with_1(tmp_path: Path) -> None:
    with Mock(agents=SIX, variations=varied("participants-first")) as mock:
        finished = loaded(mock, tmp_path, *SMALL)
    assert finished.status == 1, finished.said
    assert "BROKEN accept.notifications.order (shown)" in finished.out
    assert "in 20 of 20 chats" in finished.out


STALLED = """
import gevent, time
from gws_contract.load.locustfile import *
from gws_contract.stage.agent import Agent

accepting, accepts = Agent.post, []

def stall():
    until = time.perf_counter() + 3
    while time.perf_counter() < until:
        pass

def accept(*words, **more):
    accepts.append(words)
    if len(accepts) == 20:
        gevent.spawn(stall)
    return accepting(*words, **more)

Agent.post = accept
"""
"""A client that stands still while it waits for the answer to its twentieth Accept."""


def test_a_stalled_client_is_told_and_never_blamed_on_the_server(tmp_path: Path) -> None:
    """It stands still for three seconds, three times as long as notifications may take."""
    (tmp_path / "stalled.py").write_text(STALLED)
    words = ("--rate", "20", "--time", "4", "--deadline", "1", "--strict", "--report-dir", "out")
    with Mock(agents=SIX) as mock:
        finished = loaded(mock, tmp_path, *words, "--", "-f", "stalled.py")
    assert finished.status in (0, 2), finished.said
    assert "The client was the bottleneck: it woke up to" in finished.out
    timely = next(c for c in certificate(tmp_path)["clauses"] if c["id"] == "accept.notifications.timely")
    assert (timely["broken"], timely["inconclusive"] > 0) == (0, True)


# ---- how it ends ----------------------------------------------------------------------------------------------------


def until(holds: Any) -> None:
    """Wait until it holds."""
    hang = time.monotonic() + HANG
    while not holds():
        assert time.monotonic() < hang
        time.sleep(0.05)


def chats_in(path: Path) -> int:
    return path.read_text().count('"kind":"ended"') if path.exists() else 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_in_the_middle_gets_what_was_seen_so_far(tmp_path: Path, number: signal.Signals) -> None:
    with Mock(agents=SIX) as mock:
        words = ("--rate", "5", "--time", "600", "--quiet-period", "0.2", "--report-dir", "out")
        process = started("load", "--url", mock.url, *words, cwd=tmp_path, env=environment(mock))
        until(lambda: chats_in(tmp_path / "out" / "journal-1.ndjson") >= 3)
        os.kill(process.pid, number)
        finished = Finished(process)
        assert nobody_is_left(mock)
    assert finished.status == 2, finished.said
    assert "incomplete: interrupted" in finished.out
    footer = evidence(tmp_path).footer
    assert footer is not None
    assert footer.ended == "interrupted"
    assert "bottleneck" not in finished.said


def test_a_wrong_password_is_said_and_ends_with_2(tmp_path: Path) -> None:
    with Mock(agents=SIX) as mock:
        finished = loaded(mock, tmp_path, *SMALL, GWS_AGENTS="agent1:wrong-password")
    assert finished.status == 2, finished.said
    assert "not ready: The server refuses the agent agent1" in finished.err
    assert "wrong-password" not in finished.said


def test_a_server_that_is_not_there_is_said_and_ends_with_2(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        more = {"GWS_AGENTS": "a:password", "GWS_CONTACT_CENTER_ID": "center"}
        finished = Finished(started("load", "--url", url, *SMALL, cwd=tmp_path, env=environment(**more)))
    assert finished.status == 2, finished.said
    assert "not ready: The server does not answer" in finished.err


@pytest.mark.parametrize(
    ("words", "agents", "says"),
    [
        (("--rate", "0", "--time", "4"), "a:b", "--rate must be greater than 0, not 0."),
        (("--rate", "5", "--time", "-1"), "a:b", "--time must be greater than 0, not -1."),
        (("--rate", "5", "--time", "4"), "", "There is no agent"),
        (("--rate", "5", "--time", "4", "--url", ""), "a:b", "There is no server"),
        (("--rate", "5", "--time", "4", "--processes", "2"), "a:b", "There are fewer agents than workers (2)"),
        (("--rate", "5", "--time", "4", "--customer", "wait"), "a:b", "A person cannot offer chats at a rate"),
        (("--rate", "5", "--time", "4", "--accounts", "nowhere"), "", "The accounts "),
        (("--rate", "5", "--time", "4", "--master"), "a:b", "Give --expect-workers"),
        (
            ("--rate", "5", "--time", "4", "--expect-workers", "1", "--master", "--worker"),
            "a:b",
            "Give either --master or --worker",
        ),
    ],
)
def test_what_cannot_work_is_said_before_any_traffic(
    tmp_path: Path, words: tuple[str, ...], agents: str, says: str
) -> None:
    more = {
        "GWS_AGENTS": agents,
        "GWS_CONTACT_CENTER_ID": "center",
        "GWS_URL": "" if "--url" in words else "http://gws.invalid",
    }
    finished = Finished(started("load", *words, cwd=tmp_path, env=environment(**more)))
    assert finished.status == 4
    assert sentence(finished.err, "gws-contract: ").startswith(says)


def test_without_the_extra_it_says_what_to_install() -> None:
    hidden = "import sys, importlib.util as u; u.find_spec = lambda *_: None"
    command = f"{hidden}; from gws_contract.cli import main; sys.exit(main(['load', '--rate', '1', '--time', '1']))"
    finished = Finished(
        subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    )
    assert finished.status == 4
    assert sentence(finished.err, "gws-contract: ") == running.WITHOUT_LOCUST


IMPATIENT = """
import sys
from gws_contract.cli import main
from gws_contract.load import running

def performed(run):
    (run._folder / "journal-1.ndjson").touch()
    return 0, False

def judged(shards):
    raise KeyboardInterrupt

running.Running._with_locust, running.judged = performed, judged
sys.exit(main(["load", "--url", "http://localhost:1", *sys.argv[1:]]))
"""


def test_ctrl_c_while_the_shards_are_judged_is_said_and_leaves_them(tmp_path: Path) -> None:
    unused = {**os.environ, "GWS_AGENTS": "ann:password-of-ann", "GWS_CONTACT_CENTER_ID": "one"}
    command, pipe = [sys.executable, "-c", IMPATIENT, *SMALL], subprocess.PIPE
    finished = Finished(subprocess.Popen(command, cwd=tmp_path, env=unused, stdout=pipe, stderr=pipe, text=True))
    assert finished.status == 2
    assert sentence(finished.err, "gws-contract: ").endswith("gws-contract verify out does that.")
    assert shard(tmp_path).exists()


def test_an_unknown_option_of_locust_is_said(tmp_path: Path) -> None:
    with Mock(agents=SIX) as mock:
        finished = loaded(mock, tmp_path, *SMALL, "--", "--no-such-option")
    assert finished.status == 4, finished.said
    assert "--no-such-option" in finished.err


# ---- several workers ------------------------------------------------------------------------------------------------


@pytest.fixture
def two() -> Iterator[tuple[Mock, Mock]]:
    """Two servers, each with agents of its own."""
    first, second = dict(list(SIX.items())[:3]), dict(list(SIX.items())[3:])
    with Mock(agents=first) as one, Mock(agents=second) as other:
        yield one, other


def targets(mocks: tuple[Mock, ...]) -> str:
    """As `gws-contract mock` prints it."""
    told = [
        {
            "url": mock.url,
            "agents": ",".join(f"{user}:{password}" for user, password in mock.agents.items()),
            "contact_center_id": mock.contact_center_id,
        }
        for mock in mocks
    ]
    return json.dumps({"targets": told})


def test_two_workers_at_two_servers_leave_a_shard_each(tmp_path: Path, two: tuple[Mock, Mock]) -> None:
    pytest.importorskip("gws_contract.report.shards")
    (tmp_path / "accounts.json").write_text(targets(two))
    words = ("load", "--accounts", "accounts.json", "--processes", "2", *SMALL)
    finished = Finished(started(*words, cwd=tmp_path, env=environment()))
    assert finished.status == 0, finished.said
    shards = [evidence(tmp_path, number) for number in (1, 2)]
    assert [len(each.conversations) for each in shards] == [10, 10]
    assert {n.agent for n in (c for e in shards for c in e.conversations[0].notifications)} <= set(SIX)
    assert "20 chats" in finished.out
    assert rows(tmp_path)[HISTORY]["Request Count"] == "20"


def test_a_master_and_two_workers_come_to_the_sum_of_their_shards(tmp_path: Path, two: tuple[Mock, Mock]) -> None:
    pytest.importorskip("gws_contract.report.shards")
    (tmp_path / "accounts.json").write_text(targets(two))
    port = free_port()
    common = ("load", "--accounts", "accounts.json", "--master-port", str(port), *SMALL)
    env = environment()
    master = started(*common, "--master", "--expect-workers", "2", cwd=tmp_path, env=env)
    workers = [
        started(*common, "--worker", "--expect-workers", "2", "--master-host", "127.0.0.1", cwd=tmp_path, env=env)
        for _ in range(2)
    ]
    finished, *others = [Finished(process) for process in (master, *workers)]
    assert finished.status == 0, finished.said
    assert [other.status for other in others] == [0, 0], others[0].said
    assert sum(len(evidence(tmp_path, number).conversations) for number in (1, 2)) == 20
    assert "20 chats" in finished.out


def test_a_master_without_workers_can_be_ended(tmp_path: Path, two: tuple[Mock, Mock]) -> None:
    (tmp_path / "accounts.json").write_text(targets(two))
    words = ("load", "--accounts", "accounts.json", *SMALL, "--master", "--expect-workers", "2")
    process = started(*words, "--master-port", str(free_port()), cwd=tmp_path, env=environment())
    until((tmp_path / "out" / "locust_stats.csv").exists)
    os.kill(process.pid, signal.SIGINT)
    finished = Finished(process)
    assert finished.status == 2, finished.said
    assert "interrupted before the first chat" in finished.err


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def shown(page: str) -> list[str]:
    """What the statistics of the page are about."""
    return [row["name"] for row in requests.get(f"{page}/stats/requests", timeout=5).json()["stats"]]


def test_the_web_page_shows_the_run_while_it_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with Mock(agents=SIX) as mock:
        words = ("--rate", "5", "--time", "600", "--quiet-period", "0.2", "--report-dir", "out", "--web")
        more = ("--", "--web-host", "127.0.0.1", "--web-port", str(port))
        process = started("load", "--url", mock.url, *words, *more, cwd=tmp_path, env=environment(mock))
        until(lambda: chats_in(tmp_path / "out" / "journal-1.ndjson") >= 3)
        page = f"http://127.0.0.1:{port}"
        until(lambda: HISTORY in shown(page))
        assert "Locust" in requests.get(page, timeout=5).text
        requests.post(f"{page}/stop", timeout=60)
        finished = Finished(process)
    assert finished.status == 2, finished.said
    assert "incomplete: interrupted" in finished.out
