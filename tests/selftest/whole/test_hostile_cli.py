"""Hostile servers as a user meets them: processes, their exit status and output, signals, and journals cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from gws_contract import check, journal
from gws_contract.journal import Footer, Header, JournalError
from gws_contract.mock.server import Mock
from gws_contract.report.docket import judge
from gws_contract.verification import verify

from ..hostile_behaviours import HOSTILE
from ..hostile_relay import Behaviour, Relay, Turn, honest, on
from ..hostility import AGENTS, GUARD, PATIENCE
from ..stages import HANG, Finished, environment, nobody_is_left, started


def certifying(
    behave: Behaviour, folder: Path, *words: str, limit: float = 60.0
) -> AbstractContextManager[tuple[subprocess.Popen[str], Relay, Mock]]:
    """`gws-contract certify` against a mock behind a relay."""
    patience = [f"--{name.replace('_', '-')}={seconds}" for name, seconds in PATIENCE.items()]
    run = ["--report-dir", str(folder / "report"), "--time-limit", str(limit)]
    return commanding("certify", behave, folder, *run, *patience, *words)


@contextmanager
def commanding(
    command: str, behave: Behaviour, folder: Path, *words: str
) -> Iterator[tuple[subprocess.Popen[str], Relay, Mock]]:
    """One of our commands against a mock behind a relay."""
    with Mock(agents=AGENTS, without_feature={}) as mock, Relay(mock.url, behave) as relay:
        process = started(command, "--url", relay.url, *words, cwd=folder, env=environment(mock))
        try:
            yield process, relay, mock
        finally:
            for pid in [process.pid, *children(process.pid)]:
                with_signal(pid, signal.SIGKILL)
            process.communicate(timeout=HANG)


def with_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def children(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(word) for word in words.split()]


NAMES = ("handshake-hangs", "accept-hangs", "a-login-page-for-me", "a-login-page-for-accept", "poll-is-endless")


@pytest.mark.parametrize("name", NAMES)
def test_a_user_of_a_hostile_server_gets_its_status_one_sentence_and_no_traceback(name: str, tmp_path: Path) -> None:
    hostile = HOSTILE[name]
    begun = time.monotonic()
    with certifying(hostile.make(), tmp_path, "--chats", "4", limit=hostile.limit + 2.0) as (process, _, _):
        ran = Finished(process)
        assert time.monotonic() - begun < hostile.limit + 2.0 + GUARD
    assert ran.status == hostile.status, ran.said
    assert hostile.says in ran.said
    assert "Traceback" not in ran.said
    certificate = json.loads((tmp_path / "report" / "certificate.json").read_text("ascii"))
    assert certificate["exit_status"] == hostile.status


@pytest.mark.parametrize("name", ["me", "handshake", "start", "offer", "accept", "look", "complete"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_ends_soon_though_the_server_hangs(
    name: str, number: signal.Signals, tmp_path: Path
) -> None:
    with certifying(on(name, then=Turn.hang), tmp_path) as (process, relay, _):
        relay.until(name)
        begun = time.monotonic()
        interrupt(process, number)
        interrupt(process, number)
        ran = Finished(process)
        assert time.monotonic() - begun < GUARD
    assert ran.status == 2, ran.said
    assert "interrupted" in ran.said
    assert "Traceback" not in ran.said


@pytest.mark.parametrize("name", ["me", "handshake", "offer", "leave"])
def test_an_interrupted_examination_ends_soon_though_the_server_hangs(name: str, tmp_path: Path) -> None:
    with commanding("doctor", on(name, then=Turn.hang), tmp_path) as (process, relay, _):
        relay.until(name)
        begun = time.monotonic()
        interrupt(process, signal.SIGINT)
        ran = Finished(process)
        assert time.monotonic() - begun < GUARD
    assert (ran.status, ran.err) == (2, "gws-contract: interrupted.\n")


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """As a terminal does: Ctrl-C reaches every process of the group."""
    if number is signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def test_an_interrupted_run_leaves_nobody_logged_in_and_no_chat_open(tmp_path: Path) -> None:
    with certifying(honest, tmp_path) as (process, relay, mock):
        relay.until("accept", 3)
        interrupt(process, signal.SIGINT)
        ran = Finished(process)
        assert nobody_is_left(mock)
    assert ran.status == 2


MOMENTS = [
    ("handshake", 1), ("subscribe", 2), ("ready", 2), ("offer", 1), ("say", 3), ("accept", 1), ("accept", 2),
    ("accept", 9), ("look", 5), ("poll", 12), ("read", 4), ("complete", 3), ("leave", 6), ("not ready", 1), ("end", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "count"), MOMENTS)
def test_a_killed_run_leaves_a_journal_that_can_be_read_and_judged(name: str, count: int, tmp_path: Path) -> None:
    """The command and the pytest that it started, at the same moment."""
    with certifying(honest, tmp_path, "--chats", "20") as (process, relay, _):
        relay.until(name, count)
        for pid in [*children(process.pid), process.pid]:
            with_signal(pid, signal.SIGKILL)
    path = tmp_path / "report" / "journal.ndjson"
    records = list(journal.read(path))
    docket = judge(path, check.shipped(), floor=1)
    assert isinstance(records[0], Header)
    assert not any(isinstance(record, Footer) for record in records)
    assert docket.conclusion.status == 2
    assert "incomplete: the run was cut off" in docket.headline
    verified = verify(path.parent)
    assert (verified.status, verified.altered, verified.complete) == (2, False, False)


@pytest.mark.parametrize("lost", [1, 2, 100, 1000])
def test_a_journal_that_was_cut_anywhere_can_be_read(lost: int, tmp_path: Path) -> None:
    """As the power of a machine ends, or its disk is full."""
    with certifying(honest, tmp_path, "--chats", "1", "--clause", "accept.overview.accepts") as (process, _, _):
        Finished(process)
    path = tmp_path / "report" / "journal.ndjson"
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    assert len(list(journal.read(path))) < len(whole.splitlines())
    assert "cut off" in judge(path, check.shipped(), floor=1).headline


def test_a_run_that_was_killed_before_its_first_line_says_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    path.touch()
    with pytest.raises(JournalError, match=r"^The journal has no header\.$"):
        judge(path, check.shipped(), floor=1)
