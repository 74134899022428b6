"""The line that says how far a run is, on real terminals and elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from gws_contract.onlooker import Doing, Progress
from gws_contract.report import ticker
from gws_contract.report.ticker import Ticker, line

from ..stages import HANG, Finished, environment, started
from ..terminal import Terminal, screen, widest

MANY = Progress("chats", 120, 500, 130, 2, 1.84)
SHORT = ("--chats=4", "--quiet-period=0.1", "--report-dir=out")
ABLE = {"TERM": "xterm"}


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "_OFTEN", 0.01)
    monkeypatch.setattr(ticker, "_SELDOM", 0.01)


class Watched:
    """A run that was looked at so often; each look sees one chat more."""

    def __init__(self) -> None:
        self.looks = 0
        self.enough = threading.Event()

    def __call__(self) -> Progress:
        self.looks += 1
        if self.looks > 3:
            self.enough.set()
        return replace(MANY, done=self.looks)


def shown(terminal: Terminal, variables: dict[str, str], **how: bool) -> str:
    """What a run of some looks wrote to a terminal."""
    watched = Watched()
    with os.fdopen(os.dup(terminal.theirs), "w") as stream, Ticker(stream, variables, **how).showing(watched):
        assert watched.enough.wait(HANG)
    return terminal.close()


# ---- the words ------------------------------------------------------------------------------------------------------


def test_the_line_says_chats_broken_rate_and_time_left() -> None:
    assert line(MANY) == "120 of 500 chats, 2 clauses broken so far, 1.8/s, 3 min left"


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (replace(MANY, broken=1), "120 of 500 chats, 1 clause broken so far, 1.8/s, 3 min left"),
        (replace(MANY, rate=None), "120 of 500 chats, 2 clauses broken so far"),
        (replace(MANY, rate=0.05), "120 of 500 chats, 2 clauses broken so far, 3.0/min, 2 h left"),
        (replace(MANY, rate=10.0), "120 of 500 chats, 2 clauses broken so far, 10.0/s, 38 s left"),
        (replace(MANY, doing="logging in", chats=0), "logging in"),
        (replace(MANY, doing="state machine", chats=1, broken=0), "state machine, 1 chat, 0 clauses broken so far"),
    ],
)
def test_the_words_fit_what_the_run_does(progress: Progress, words: str) -> None:
    assert line(progress) == words


def test_where_there_is_little_room_the_words_are_short() -> None:
    assert line(MANY, 42) == "120/500 chats, 2 broken, 1.8/s, 3 min left"
    assert line(MANY, 41) == "120/500 chats, 2 broken, 1.8/s"
    assert line(MANY, 29) == "120/500 chats, 2 broken"


@pytest.mark.parametrize("doing", get_args(Doing))
@pytest.mark.parametrize("width", [0, 1, 7, 20, 37, 77, 200])
def test_the_line_is_never_wider_than_there_is_room_and_all_ascii(doing: Doing, width: int) -> None:
    words = line(replace(MANY, doing=doing), width)
    assert len(words) <= width
    assert words.isascii()


# ---- where it is shown ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hasty")
def test_on_a_terminal_one_line_is_kept_up_to_date_and_is_gone_at_the_end(terminal: Terminal) -> None:
    text = shown(terminal, ABLE)
    assert text.count("of 500 chats") > 2
    assert "\n" not in text
    assert screen(text) == [""]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {}, {"TERM": "xterm", "CI": "true"}])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines_and_so_does_ci(
    terminal: Terminal, variables: dict[str, str]
) -> None:
    text = shown(terminal, variables)
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[0] == "gws-contract: 1 of 500 chats, 2 clauses broken so far, 1.8/s, 5 min left"
    assert len(lines) > 2


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("variables", [ABLE, {**ABLE, "NO_COLOR": "1"}])
def test_nothing_is_coloured(terminal: Terminal, variables: dict[str, str]) -> None:
    assert "\x1b[" not in shown(terminal, variables).replace("\x1b[K", "")


@pytest.mark.usefixtures("hasty")
def test_the_columns_that_the_environment_names_count(terminal: Terminal) -> None:
    assert 0 < widest(shown(terminal, {**ABLE, "COLUMNS": "20"})) <= 17


@pytest.mark.usefixtures("hasty")
def test_quiet_shows_nothing(terminal: Terminal) -> None:
    with os.fdopen(os.dup(terminal.theirs), "w") as stream, Ticker(stream, ABLE, quiet=True).showing(Watched()):
        pass
    assert terminal.close() == ""


@pytest.mark.usefixtures("hasty")
def test_the_same_line_is_not_said_twice_where_lines_stay() -> None:
    read, write = os.pipe()
    looked = threading.Semaphore(0)

    def look() -> Progress:
        looked.release()
        return MANY

    with os.fdopen(write, "w") as stream, Ticker(stream, {}).showing(look):
        for _ in range(5):
            assert looked.acquire(timeout=HANG)
    with os.fdopen(read) as lines:
        assert lines.read() == f"gws-contract: {line(MANY)}\n"


@pytest.mark.usefixtures("hasty")
def test_what_is_told_a_person_stands_on_a_line_of_its_own(terminal: Terminal) -> None:
    watched = Watched()
    with os.fdopen(os.dup(terminal.theirs), "w") as stream:
        showing = Ticker(stream, ABLE)
        with showing.showing(watched):
            terminal.until(lambda text: "of 500" in text)
            with showing.aside():
                stream.write("offer a chat now\n")
                stream.flush()
    assert screen(terminal.close()) == ["offer a chat now", ""]


@pytest.mark.usefixtures("hasty")
def test_a_reader_who_went_away_disturbs_nobody() -> None:
    read, write = os.pipe()
    os.close(read)
    looked = threading.Event()

    def look() -> Progress:
        looked.set()
        return MANY

    with os.fdopen(write, "w") as stream, Ticker(stream, {}).showing(look):
        assert looked.wait(HANG)


def test_a_pipe_that_nobody_reads_holds_up_nobody_at_the_end() -> None:
    script = """
import os, sys, threading
from gws_contract.onlooker import Progress
from gws_contract.report import ticker
ticker._SELDOM, ticker._PATIENCE = 0.0, 0.1
looks, filled = iter(range(10**9)), threading.Event()
_, full = os.pipe()
os.set_blocking(full, False)
try:
    while os.write(full, b"x" * 4096): pass
except BlockingIOError:
    os.set_blocking(full, True)
def look():
    filled.set()
    return Progress("chats", next(looks), 500, 0)
with os.fdopen(full, "w") as stream:
    with ticker.Ticker(stream, {}).showing(look):
        filled.wait()
    print("over", flush=True)
    os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=HANG, check=False)
    assert (done.stdout, done.stderr) == ("over\n", "")


# ---- a whole run ----------------------------------------------------------------------------------------------------


def variables(**more: str) -> dict[str, str]:
    """The environment of somebody who watches."""
    unset = {"CI", "NO_COLOR", "COLUMNS", "GWS_QUIET"} - set(more)
    return {name: value for name, value in environment(**more).items() if name not in unset}


def test_certify_shows_its_progress_on_a_narrow_terminal_and_wipes_it_before_the_verdict(tmp_path: Path) -> None:
    terminal = Terminal(40)
    # At this rate the chats take longer than from one look to the next, however fast the machine is.
    process = terminal.run("certify", "--mock", "--max-rate=90", *SHORT, cwd=tmp_path, env=variables(TERM="xterm"))
    assert process.wait(HANG) == 2
    text = terminal.close()
    ticked = text[: text.index("gws-contract 0")]
    assert "chats" in ticked
    assert "\n" not in ticked
    assert widest(ticked) <= 37
    lines = screen(text)
    assert lines[0].startswith("gws-contract 0")
    assert not any("broken so far" in one or "/s," in one for one in lines)
    assert [path.name for path in (tmp_path / "out").glob("*.*") if "broken so far" in path.read_text("utf-8")] == []


def test_ctrl_c_on_a_terminal_leaves_no_half_line(tmp_path: Path) -> None:
    terminal = Terminal(80)
    words = ("certify", "--mock", "--chats=400", "--quiet-period=0.1", "--report-dir=out")
    process = terminal.run(*words, cwd=tmp_path, env=variables(TERM="xterm"))
    terminal.until(lambda text: " chats, " in text)
    terminal.press(b"\x03")
    assert process.wait(HANG) == 2
    lines = screen(terminal.close())
    assert lines[0].startswith("gws-contract 0")
    assert any("incomplete: interrupted" in one for one in lines)
    assert not any("so far" in one for one in lines)


def test_quiet_prints_the_verdict_and_nothing_before(tmp_path: Path) -> None:
    terminal = Terminal(80)
    process = terminal.run("certify", "--mock", "--quiet", *SHORT, cwd=tmp_path, env=variables(TERM="xterm"))
    assert process.wait(HANG) == 2
    text = terminal.close()
    assert text.startswith("gws-contract 0")
    assert "certificate: out/certificate.html" in text


def test_where_nobody_watches_lines_go_to_stderr_and_the_verdict_to_stdout(tmp_path: Path) -> None:
    """A second of listening, in which a quick watcher looks."""
    (tmp_path / "sitecustomize.py").write_text("import gws_contract.report.ticker as t\nt._SELDOM = 0.05\n")
    env = variables(PYTHONPATH=str(tmp_path))
    ran = Finished(started("certify", "--mock", *SHORT, cwd=tmp_path, env=env))
    assert ran.status == 2
    assert "so far" not in ran.out
    assert all(one.startswith("gws-contract: ") for one in ran.err.splitlines())
    assert "chats, 0 clauses broken so far" in ran.err
