"""The command line, as a user types it: exit status, what is said, what is left behind."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests

from gws_contract import __version__, check, cli, contract
from gws_contract.certification import FLOOR
from gws_contract.commands import certify
from gws_contract.commands import contract as contract_commands
from gws_contract.interrupts import Signals
from gws_contract.journal import read
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request
from gws_contract.options import CERTIFY
from gws_contract.planning import DEPTHS
from gws_contract.report import leaves
from gws_contract.scenario import Scenario
from gws_contract.stage import kept
from gws_contract.targeting import targeted
from gws_contract.wish import Wish

from ..stages import (
    Finished,
    Scripted,
    credentials,
    environment,
    interrupt,
    nobody_is_left,
    secrets_of,
    sentence,
    started,
    varied,
)

SHORT = ("--chats", str(FLOOR), "--deadline", "1", "--quiet-period", "0.05", "--report-dir", "out")


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@dataclass
class Ran:
    """A finished `certify` and its folder."""

    finished: Finished
    here: Path

    @property
    def certificate(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.here / "out" / "certificate.json").read_text())
        return loaded

    @property
    def files(self) -> list[str]:
        return [path.read_text() for path in (self.here / "out").rglob("*") if path.is_file()]


# ---- bad input, through the real process ----------------------------------------------------------------------------

PAGE = Answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
USAGE = {
    "no url": ([], "There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock."),
    "unknown fault": (
        ["--mock=histry-first"],
        "There is no fault or quirk named histry-first; did you mean history-first?",
    ),
    "unwritable report dir": (["--mock=", "--report-dir=file/out"], "cannot be written: Not a directory."),
    "no deviations": (
        ["--mock=", "--deviations=file"],
        "is not TOML: Expected '=' after a key in a key/value pair (at end of document).",
    ),
}
NOT_READY = {
    "not gws": "not as a GWS answers; is the URL that of Genesys Web Services?",
    "wrong password": "The server refuses the agent agent1 ",
    "no chat offered": "No agent was invited to the offered chat within 0.2 s",
    "no feature": "The account guest has not the feature api-multimedia, which the operation requires.",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ran]]:
    """Every bad input, all at once."""
    deaf = Scripted(sends=lambda cause, notices: [] if cause.operation == "offer" else notices)
    page = Scripted(lambda r: PAGE if r.path == "/api/v2/me" else None)
    with Mock(variations=[deaf]) as mock, Mock(variations=[page]) as other:
        ((guest, password),) = mock.without_feature.items()
        right = environment(mock)
        mine = right | {"GWS_AGENT_WITHOUT_FEATURE": ""}
        at = [*SHORT, "--offer-timeout", "0.2", "--url", mock.url]
        runs: dict[str, tuple[list[str], dict[str, str]]] = {
            **{name: (words, environment()) for name, (words, _) in USAGE.items()},
            "not gws": ([*at, "--url", other.url], right),
            "wrong password": (at, right | {"GWS_AGENTS": "agent1:not-it"}),
            "no chat offered": (at, right),
            "no feature": (at, mine | {"GWS_AGENTS": f"{guest}:{password}"}),
        }
        processes = {}
        for name, (words, env) in runs.items():
            here = tmp_path_factory.mktemp("bad")
            (here / "file").write_text("mine")
            processes[name] = (started("certify", *words, cwd=here, env=env), here)
        yield {name: Ran(Finished(process), here) for name, (process, here) in processes.items()}


@pytest.mark.parametrize("name", USAGE)
def test_a_command_that_cannot_work_gets_one_sentence_and_status_4(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    assert ran.finished.status == 4
    assert ran.finished.out == ""
    assert sentence(ran.finished.err, "ERROR: ").endswith(USAGE[name][1])
    assert not [path for path in ran.here.rglob("*") if path.name in ("out", "reports")]


@pytest.mark.parametrize("name", NOT_READY)
def test_an_environment_that_is_not_ready_gets_one_sentence_and_status_2(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    assert ran.finished.status == 2
    assert NOT_READY[name] in sentence(ran.finished.err, "not ready: ")
    assert "Traceback" not in ran.finished.said


@pytest.mark.parametrize("name", NOT_READY)
def test_what_was_recorded_until_then_is_kept(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    records = list(read(ran.here / "out" / "journal.ndjson"))
    assert (records[0].kind, records[-1].kind) == ("header", "footer")
    assert (ran.certificate["ended"], ran.certificate["exit_status"]) == ("not ready", 2)
    assert f"certificate: {Path('out') / 'certificate.html'}" in ran.finished.out


@pytest.mark.parametrize(
    "words",
    [
        ["certify", "--bogus"],
        ["certify", "--mock", "--chats", "many"],
        ["certify", "--depth", "deep"],
        ["explain"],
        ["juggle"],
    ],
)
def test_words_that_are_no_command_end_with_status_4(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 4
    *usage, said = capsys.readouterr().err.splitlines()
    assert usage[0].startswith("usage: gws-contract")
    assert said.startswith("gws-contract: ")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 4
    assert "GWS_AGENTS" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"gws-contract {__version__}\n"


# ---- certify --------------------------------------------------------------------------------------------------------


def words_for_pytest(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words with which pytest would be started, as soon as it would be."""
    given: list[str] = []

    def take(command: list[str]) -> int:
        given.extend(command)
        return 0

    monkeypatch.setattr(certify, "_as_one", take)
    return given


def test_certify_mock_and_nothing_else_certifies_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_pytest(monkeypatch, "certify", "--mock") == ([str(check.folder())], "")


@pytest.mark.parametrize(("words", "mock"), [(["--mock"], ""), (["--mock=silence"], "silence"), (["--url=x"], None)])
def test_pytest_understands_the_words_as_they_were_given(
    monkeypatch: pytest.MonkeyPatch, words: list[str], mock: str | None
) -> None:
    more = ["--chats", "7", "--strict", "--clause", "a", "--clause", "b", "--depth", "nightly"]
    given = words_for_pytest(monkeypatch)
    cli.main(["certify", *words, *more])
    parser = argparse.ArgumentParser()
    for option in CERTIFY:
        parser.add_argument(f"--gws-{option.name}", dest=option.attribute, **option.settings)
    options, _ = parser.parse_known_args(given[given.index("--rootdir") + 2 : -1])
    assert (options.mock, options.chats, options.strict) == (mock, 7, True)
    assert (options.clause, options.depth) == (["a", "b"], "nightly")
    assert given[-1] == str(check.folder())


def in_pytest(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[list[str], str | None]:
    """The folders and the fault that pytest would understand."""
    given = words_for_pytest(monkeypatch)
    cli.main(list(words))
    parser = argparse.ArgumentParser()
    parser.add_argument("-p")
    parser.add_argument("folder", nargs="*")
    for option in CERTIFY:
        parser.add_argument(f"--gws-{option.name}", dest=option.attribute, **option.settings)
    options, _ = parser.parse_known_intermixed_args(given[given.index("--rootdir") + 2 :])
    return options.folder, options.mock


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """`certify --mock` in this process, with its child: status, screen, folder."""
    here = tmp_path_factory.mktemp("conformant")
    screen = here / "screen"
    saved, before = os.dup(1), Path.cwd()
    try:
        with screen.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.chdir(here)
            status = cli.main(["certify", "--mock", "--seed", "7", *SHORT])
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.chdir(before)
    return status, screen.read_text(), here


def test_a_conformant_server_ends_with_status_0(conformant: tuple[int, str, Path]) -> None:
    status, screen, here = conformant
    assert status == 0
    certificate = json.loads((here / "out" / "certificate.json").read_text())
    assert certificate["verdict"] == "conformant"
    assert certificate["headline"] in screen
    assert sorted(path.name for path in here.iterdir()) == ["out", "screen"]


def test_depth_and_seed_are_printed(conformant: tuple[int, str, Path]) -> None:
    _, screen, here = conformant
    assert json.loads((here / "out" / "certificate.json").read_text())["seed"] == 7
    assert "depth quick, seed 7," in screen


class Peeking(Scripted):
    """Looks at the arguments of all processes when the first chat is requested."""

    def __init__(self) -> None:
        super().__init__(self._look)
        self.arguments = ""

    def _look(self, request: Request) -> Answer | None:
        if request.operation == "RequestChat" and not self.arguments:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.arguments += path.read_bytes().replace(b"\0", b" ").decode(errors="replace") + "\n"
        return None


@dataclass
class Abroad(Ran):
    """A run in a stranger's folder against a server that breaks the order."""

    secrets: list[str]
    arguments: str


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Abroad:
    here = tmp_path_factory.mktemp("abroad")
    (here / "pytest.ini").write_text("[pytest]\naddopts = --collect-only -k nothing\npython_files = none.py\n")
    (here / "conftest.py").write_text("raise RuntimeError('a stranger was here')\n")
    (here / "sitecustomize.py").write_text("")
    peeking = Peeking()
    with Mock(variations=[peeking, *varied("history-first")]) as mock:
        env = environment(mock, GWS_URL=mock.url, PYTEST_ADDOPTS="--collect-only -k nothing")
        ran = Finished(started("certify", *SHORT, cwd=here, env=env))
        assert nobody_is_left(mock)
        return Abroad(ran, here, secrets_of(mock), peeking.arguments)


def test_a_strangers_pytest_does_not_change_a_certification(abroad: Abroad) -> None:
    assert abroad.finished.status == 1
    tested = [row for row in abroad.certificate["clauses"] if row["tested"]]
    assert len(tested) == len(check.shipped())
    assert [row["id"] for row in tested if row["verdict"] != "kept"] == ["accept.notifications.order"]
    assert sorted(path.name for path in abroad.here.iterdir()) == [
        "conftest.py",
        "out",
        "pytest.ini",
        "sitecustomize.py",
    ]


def test_the_three_outputs_agree_about_the_break(abroad: Abroad) -> None:
    example = next(c["first_counter_example"] for c in abroad.certificate["clauses"] if c["verdict"] == "broken")
    assert f"  Documented: {example['documented']}\n  Received:   {example['received']}\n" in abroad.finished.out
    (failure,) = ET.parse(abroad.here / "out" / "junit.xml").getroot().iter("failure")
    assert failure.get("message") == f"Documented: {example['documented']}. Received: {example['received']}."
    assert abroad.finished.err == ""
    assert abroad.finished.out.splitlines()[-3] == abroad.certificate["headline"]


def test_no_password_is_in_a_file_on_the_screen_or_in_an_argument(abroad: Abroad) -> None:
    assert len(abroad.files) > len(leaves.NAMES) + 1, "and the smallest chat of what is broken, and the contract"
    for text in (*abroad.files, abroad.finished.said):
        assert not [secret for secret in abroad.secrets if secret in text]
    if sys.platform == "linux":
        assert "gws_contract certify" in abroad.arguments
        assert "--gws-report-dir=out" in abroad.arguments
        assert not [secret for secret in abroad.secrets if secret in abroad.arguments]


KNOWN = """
["accept.notifications.order"]
reason = "The history comes first until release 9."
ticket = "GWS-1234"
expires = 2999-01-01
"""

# ---- one scenario once more -----------------------------------------------------------------------------------------


def commands(screen: str) -> list[list[str]]:
    """The commands that a run prints, as a shell would split them."""
    return [shlex.split(line.partition("again: ")[2]) for line in screen.splitlines() if line.startswith("  again: ")]


def test_the_command_that_is_printed_works_as_printed_against_a_url(tmp_path: Path) -> None:
    with Mock(variations=varied("apostrophe-refused")) as mock:
        env = environment(mock)
        first = Finished(started("certify", *SHORT, "--url", mock.url, cwd=tmp_path, env=env))
        (command,) = commands(first.out)
        assert command[:2] == ["gws-contract", "certify"]
        again = Finished(started(*command[1:], cwd=tmp_path, env=env))
    assert (first.status, again.status) == (1, 1), again.said
    assert "BROKEN accept.request.body" in again.out
    assert "\nchats: 1 given" in again.out


def test_the_command_that_is_printed_works_as_printed_wherever_the_reports_are(tmp_path: Path) -> None:
    folder = "it's tonight"
    asked = ("--mock=history-first", "--chats=1", "--deadline=1", "--quiet-period=0.05", f"--report-dir={folder}")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (1, 1), again.said
    assert "BROKEN accept.notifications.order" in again.out


def test_what_was_declared_is_declared_again_when_its_chat_is_performed_once_more(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)
    asked = (*SHORT, "--mock=history-first", "--deviations", "known.toml")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (0, 0), first.said + again.said
    assert "BROKEN" not in first.said + again.said
    assert "DEVIATION accept.notifications.order" in again.out
    assert "; 1 declared deviation; " in again.out


def test_a_deviations_file_out_of_date_ends_the_command_with_status_4(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)
    ran = Finished(started("certify", *SHORT, "--mock", "--deviations=known.toml", cwd=tmp_path, env=environment()))
    assert ran.status == 4, ran.said
    assert "\ndeviations file out of date:\n  accept.notifications.order (shown): it is kept; " in ran.out
    assert json.loads((tmp_path / "out" / "certificate.json").read_text())["exit_status"] == 4


def test_what_is_broken_with_a_table_of_return_values_is_broken_with_it_again(tmp_path: Path) -> None:
    """What decided the verdict belongs to the command."""
    table = contract.load().versions[0]
    asked = ("--mock=history-first", "--chats=1", "--table", table, "--report-dir=out", "--quiet-period=0.05")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    assert shlex.join(["--table", table]) in shlex.join(command) or f"--table={table}" in command


def test_a_strict_break_is_one_when_it_is_performed_again(tmp_path: Path) -> None:
    asked = ("--mock=message-with-success", "--chats=1", "--strict", "--report-dir=out", "--quiet-period=0.05")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (1, 1), again.said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{}", "This is not a scenario: it lacks 'customer'."),
        ("{", "is no kept scenario: "),
    ],
    ids=["missing", "no scenario", "no JSON"],
)
def test_a_file_without_a_scenario_gets_one_sentence_and_status_4(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "one.json").write_text(text)
    ran = Finished(started("certify", "--mock", "--scenario", "one.json", cwd=tmp_path, env=environment()))
    assert ran.status == 4
    assert ran.out == ""
    assert words in sentence(ran.err, "ERROR: ")
    assert not (tmp_path / "reports").exists()


# ---- drawing what is kept with a release ----------------------------------------------------------------------------


def drawing_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        contract_commands, "for_release", lambda count, seed: [("kept", Scenario("0", f"{count} {seed}"))]
    )


def test_draw_writes_the_scenarios_of_depth_certify_and_says_their_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing_little(monkeypatch)
    file = tmp_path / "some.ndjson"
    assert cli.main(["draw", str(file), "--seed", "3"]) == 0
    assert kept.read(file).rows == (("kept", Scenario("0", f"{DEPTHS['certify'].chats} 3")),)
    assert capsys.readouterr().out == f"1 scenarios, sha256 {kept.read(file).digest}\n"


def test_draw_without_a_file_ends_with_status_4(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["draw"])
    assert left.value.code == 4
    assert "FILE" in capsys.readouterr().err


def test_draw_into_a_folder_that_is_not_there_gets_one_sentence_and_status_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing_little(monkeypatch)
    assert cli.main(["draw", str(tmp_path / "none" / "some.ndjson")]) == 4
    said = sentence(capsys.readouterr().err, "gws-contract: ")
    assert said.endswith("some.ndjson cannot be written: No such file or directory.")


# ---- odd environments -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A certification of the mock where everything about the environment is unusual."""
    here = tmp_path_factory.mktemp("odd")
    (here / "strange.py").write_text("def pytest_collection_modifyitems(items):\n    del items[1:]\n")
    (here / "sitecustomize.py").write_text("import strange\n")
    strange = {"PYTHONPATH": ".", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "strange"}
    env = environment(**strange, PYTHONIOENCODING="ascii")
    # A chat more than the situations: Hypothesis is used, and has something to store.
    asked = ("--mock=non-bmp-nickname", f"--chats={FLOOR + 1}")
    return Ran(Finished(started("certify", *SHORT, *asked, cwd=here, env=env)), here)


def test_a_strangers_plugin_cannot_reduce_a_certification(odd: Ran) -> None:
    tested = [row for row in odd.certificate["clauses"] if row["tested"]]
    assert len(tested) == len(check.shipped())


def test_a_screen_that_knows_ascii_only_shows_the_break_all_the_same(odd: Ran) -> None:
    assert odd.finished.status == 1
    assert "Traceback" not in odd.finished.said
    assert "Received:" in odd.finished.out


def test_a_certification_leaves_nothing_but_its_reports_in_the_current_folder(odd: Ran) -> None:
    names = {path.name for path in odd.here.iterdir()}
    assert names - {"strange.py", "sitecustomize.py", "__pycache__"} == {"out"}


def test_a_user_without_a_home_directory_can_certify(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that runs under any user id has neither HOME nor an entry in the list of users."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert certify._as_one([sys.executable, "-c", ""]) == 0


# ---- being ended ----------------------------------------------------------------------------------------------------


def test_ctrl_c_on_a_slow_server_keeps_the_break_and_leaves_nobody(tmp_path: Path) -> None:
    processes: list[subprocess.Popen[str]] = []

    def strike(request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == 5:
            os.killpg(processes[0].pid, signal.SIGINT)
        return None

    with Mock(variations=[Scripted(strike), *varied("slow-server", "history-first")]) as mock:
        env = environment(mock)
        processes.append(started("certify", *SHORT, "--chats=30", "--url", mock.url, cwd=tmp_path, env=env))
        ran = Ran(Finished(processes[0]), tmp_path)
        assert nobody_is_left(mock)
    assert ran.finished.status == 1
    assert ran.certificate["ended"] == "interrupted"
    assert "incomplete: interrupted" in ran.finished.out
    assert "Received:" in ran.finished.out
    assert ran.finished.err == ""


def test_sigterm_reaches_the_run_and_it_clears_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strike(request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == 3:
            interrupt(signal.SIGTERM)
        return None

    monkeypatch.chdir(tmp_path)
    with Mock(variations=[Scripted(strike), *varied("slow-server")]) as mock:
        for name, value in credentials(mock).items():
            monkeypatch.setenv(name, value)
        status = cli.main(["certify", *SHORT, "--chats=30", "--url", mock.url])
        assert nobody_is_left(mock)
    assert status == 2
    assert json.loads((tmp_path / "out" / "certificate.json").read_text())["ended"] == "interrupted"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 2, "the run was ended before its first chat."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 3, ""),
        ("raise SystemExit(5)", 3, ""),
        ("raise SystemExit(4)", 4, ""),
    ],
)
def test_how_the_child_ended_gives_the_status(
    capsys: pytest.CaptureFixture[str], script: str, status: int, said: str
) -> None:
    assert certify._as_one([sys.executable, "-c", script]) == status
    assert capsys.readouterr().err.strip().endswith(said)


# ---- the mock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_mock_prints_one_line_of_json_and_stops_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    process = started("mock", "--fault", "metrics,silence", cwd=tmp_path, env=environment())
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    user, _, password = facts["agents"].split(",")[0].partition(":")
    session = requests.Session()
    session.trust_env = False
    with session, session.get(f"{facts['url']}/api/v2/me", auth=(user, password), timeout=30) as answer:
        assert answer.json()["statusCode"] == 0
    process.send_signal(number)
    finished = Finished(process)
    assert (finished.status, finished.out, finished.err) == (0, "", "")


def test_what_the_mock_prints_is_what_certify_wants(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Signals, "wait", lambda _: True)
    assert cli.main(["mock"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    facts = json.loads(line)
    assert set(facts) >= {"url", "agents", "contact_center_id"}
    names = {"agents": "GWS_AGENTS", "contact_center_id": "GWS_CONTACT_CENTER_ID"}
    target = targeted(Wish(url=facts["url"]), {names[name]: facts[name] for name in names}, Path.cwd())
    assert len(target.agents) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault=zzz"], "There is no fault or quirk named zzz; gws-contract mock --list shows them."),
        (["--port=70000"], "The mock cannot listen on 127.0.0.1, port 70000: "),
        (["--host=256.0.0.1"], "The mock cannot listen on 256.0.0.1: "),
    ],
)
def test_a_mock_that_cannot_start_says_why(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert cli.main(["mock", *words]) == 4
    assert sentence(capsys.readouterr().err, "gws-contract: ").startswith(said)


def test_a_sentence_about_a_port_ends_with_one_full_stop(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["mock", "--port=70000"])
    assert not capsys.readouterr().err.strip().endswith("..")


def test_the_mock_lists_its_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in FAULTS)


# ---- the contract ---------------------------------------------------------------------------------------------------


def test_the_clauses_are_listed_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clauses"]) == 0
    out = capsys.readouterr().out
    document = contract.load()
    assert out.startswith(f"{document.title}, {document.revision}\n")
    lines = [line.split() for line in out.splitlines() if line.startswith("  ")]
    assert [line[0] for line in lines] == [
        c.id for s in document.sections for c in document.clauses if c.section == s.id
    ]


def test_the_clauses_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clauses", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [clause.id for clause in contract.load().clauses]


@pytest.mark.parametrize("clause", [clause.id for clause in contract.load().clauses])
def test_every_clause_can_be_explained(capsys: pytest.CaptureFixture[str], clause: str) -> None:
    assert cli.main(["explain", clause]) == 0
    out = capsys.readouterr().out
    known = contract.load().clause(clause)
    assert out.startswith(f"{clause} ({known.strength or 'not tested'})")
    assert known.quote.splitlines()[0] in out
    if known.not_tested:
        assert known.not_tested in out
        return
    assert f'@clause("{clause}")' in out
    faults = [fault.name for fault in FAULTS.values() if clause in fault.breaks]
    assert faults
    assert all(f"    {name} " in out for name in faults)


def test_a_clause_that_does_not_exist_cannot_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "accept.zzz"]) == 4
    assert "accept.zzz" in sentence(capsys.readouterr().err, "gws-contract: ")


def test_the_shipped_schemas_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_stale_schemas_are_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "accept"
    shutil.copytree(str(contract.directory("accept")), folder)
    stale = min((folder / "schemas").glob("*.json"))
    stale.write_text("{}")
    assert cli.main(["derive", "--check", "--contract", str(folder)]) == 1
    assert stale.name in sentence(capsys.readouterr().err, "stale: ")
    assert cli.main(["derive", "--contract", str(folder)]) == 0
    assert stale.name in capsys.readouterr().out.split()
    assert cli.main(["derive", "--check", "--contract", str(folder)]) == 0


def test_a_folder_that_is_no_contract_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["derive", "--contract", str(tmp_path / "nothing")]) == 4
    sentence(capsys.readouterr().err, "gws-contract: ")


def test_a_reader_who_has_seen_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    replaced: list[int] = []
    monkeypatch.setattr(os, "dup2", lambda source, _: replaced.append(source))
    monkeypatch.setattr(sys, "stdout", type("Out", (), {"fileno": lambda _: 1})())
    assert cli.main(["clauses"]) == 0
    os.close(replaced[0])


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["gws-contract", "mock", "--list"])
    with pytest.raises(SystemExit) as left:
        # By its path: pytest's import hook, which rewrites plugins where an old build lies about, knows no run_module.
        runpy.run_path(str(Path(cli.__file__).with_name("__main__.py")), run_name="__main__")
    assert left.value.code == 0
    assert "Faults" in capsys.readouterr().out
