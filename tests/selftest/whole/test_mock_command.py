"""What `gws-contract mock` says of itself, and where it lives."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from gws_contract import cli
from gws_contract.interrupts import Signals
from gws_contract.mock import several
from gws_contract.mock.profiles import PROFILES

GUARD = 60


def facts(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The line that the command prints when it is ready; it is stopped as soon as it waits."""
    monkeypatch.setattr(Signals, "wait", lambda _: True)
    assert cli.main(["mock", *words]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    said: dict[str, str] = json.loads(line)
    return said


def test_its_facts_name_the_chat_service(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts([], capsys, monkeypatch)["gms_service"] == "customer-support"


def test_it_may_live_below_a_prefix(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = facts(["--prefix=/gws/prod", "--fault=like-8.5.202"], capsys, monkeypatch)
    assert said["url"].endswith("/gws/prod")


def test_a_prefix_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--prefix=gws"]) == 4
    assert capsys.readouterr().err == (
        "gws-contract: The prefix 'gws' is no path that begins with a slash and ends without one.\n"
    )


def test_its_list_has_the_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in PROFILES)


@pytest.mark.parametrize(
    ("agents", "processes", "shares"),
    [(4, 1, [4]), (4, 2, [2, 2]), (7, 3, [3, 2, 2]), (2, 2, [1, 1])],
)
def test_the_agents_are_shared_out(agents: int, processes: int, shares: list[int]) -> None:
    shared = several.shared_out(several.names(agents), processes)
    assert [len(share) for share in shared] == shares
    assert sum(shared, ()) == tuple(f"agent{number}" for number in range(1, agents + 1))


def users(said: dict[str, str]) -> list[str]:
    return [account.partition(":")[0] for account in said["agents"].split(",")]


def test_it_may_have_any_number_of_agents(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = facts(["--agents=500"], capsys, monkeypatch)
    assert users(said) == [f"agent{number}" for number in range(1, 501)]
    assert len({account.partition(":")[2] for account in said["agents"].split(",")}) == 500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--agents=0"], "--agents must be greater than 0, not 0."),
        (["--processes=-1"], "--processes must be greater than 0, not -1."),
        (["--processes=5"], "There are 5 processes and only 4 agents; each process needs one."),
        (["--ports=8081,x"], "--ports is a list of numbers separated by commas, not '8081,x'."),
        (["--ports=8081", "--processes=2"], "--ports and --processes cannot be given together."),
        (["--processes=2", "--host=256.0.0.1"], "The mock cannot listen on 256.0.0.1: "),
        (["--processes=2", "--fault=zzz"], "There is no fault or quirk named zzz; "),
    ],
)
def test_what_cannot_be_started_is_said(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert cli.main(["mock", *words]) == 4
    assert capsys.readouterr().err.startswith(f"gws-contract: {said}")


@pytest.fixture
def command() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        whole = [sys.executable, "-m", "gws_contract", "mock", *words]
        started.append(subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def targets(process: subprocess.Popen[str]) -> list[dict[str, str]]:
    assert process.stdout is not None
    said: list[dict[str, str]] = json.loads(process.stdout.readline())["targets"]
    return said


def asked(said: dict[str, str], account: str) -> int:
    user, password = account.split(":")
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{said['url']}/api/v2/me", auth=(user, password), timeout=GUARD).status_code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_each_process_owns_its_agents_and_all_end_at_a_signal(
    command: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = command("--processes=2", "--agents=3")
    first, second = targets(process)
    assert (users(first), users(second)) == (["agent1", "agent2"], ["agent3"])
    mine, other = first["agents"].split(",")[0], second["agents"]
    assert (asked(first, mine), asked(second, other), asked(first, other)) == (200, 200, 403)
    process.send_signal(number)
    out, err = process.communicate(timeout=GUARD)
    assert (process.returncode, out, err) == (0, "", "")
    for said in (first, second):
        with pytest.raises(requests.ConnectionError):
            asked(said, mine)


def test_the_processes_listen_on_the_ports_that_were_given(command: Callable[..., subprocess.Popen[str]]) -> None:
    with socket.socket() as one, socket.socket() as other:
        for sock in (one, other):
            sock.bind(("127.0.0.1", 0))
        ports = [sock.getsockname()[1] for sock in (one, other)]
    said = targets(command(f"--ports={ports[0]},{ports[1]}"))
    assert [each["url"].rpartition(":")[2] for each in said] == [str(port) for port in ports]


def test_one_that_dies_ends_all(command: Callable[..., subprocess.Popen[str]]) -> None:
    process = command("--processes=2")
    first, second = targets(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    serving = [int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(serving[1], signal.SIGKILL)
    _, err = process.communicate(timeout=GUARD)
    assert (process.returncode, err) == (3, f"gws-contract: The mock at {second['url']} ended before its time.\n")
    with pytest.raises(requests.ConnectionError):
        asked(first, first["agents"].split(",")[0])


def test_it_takes_the_event_loop_of_uvloop_where_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[asyncio.AbstractEventLoop] = []

    def new_event_loop() -> asyncio.AbstractEventLoop:
        made.append(asyncio.new_event_loop())
        return made[0]

    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace(new_event_loop=new_event_loop))
    with several.Setup().mock() as running:
        assert running.call(asyncio.get_running_loop) is made[0]
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert several.fast_loop() is None
