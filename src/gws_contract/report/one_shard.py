"""One of many journals, judged in a process of its own: what comes back is small, and none of its conversations."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from gws_contract import check, filed
from gws_contract.check import Check
from gws_contract.evidence import Evidence
from gws_contract.filed import Filed, Source
from gws_contract.happenings import Told
from gws_contract.journal import JournalError
from gws_contract.judge.lines import Lines
from gws_contract.judge.roll import Found
from gws_contract.report.census import Census
from gws_contract.report.docket import asked
from gws_contract.shelf import Places, Runs

MADE_UP = "the journal is not one that a run leaves, or this suite cannot cope with it"
_CHILD = f"import sys; from {__name__} import main; main(sys.argv[1:])"


class DiedError(JournalError):
    """A process came to no end, whatever its journal holds; the message says of which."""


@dataclass(frozen=True)
class Judged:
    """What came of one journal, without its conversations."""

    path: Path
    evidence: Evidence
    told: Told
    lines: Lines
    found: tuple[Found, ...]
    """By check, as is every line of `lines`."""
    census: Census
    last: array[int]
    runs: Runs | None
    """With `last` the places of its lines; None on the way between two processes."""

    @property
    def conversations(self) -> Filed:
        """Read from the journal."""
        assert self.runs is not None
        return Filed(Source(self.path), self.evidence.header, self.told, Places(self.runs, self.last))


def judged(path: Path, checks: Sequence[Check]) -> Judged:
    """Judge a journal in this process, on the terms of its header. Raises JournalError."""
    evidence = filed.evidence(path)
    conversations = evidence.conversations
    assert isinstance(conversations, Filed)
    roll, census = asked(evidence, checks, evidence.header.terms)
    told = replace(conversations.told)  # without what was looked up in it
    places, without = conversations.places, replace(evidence, conversations=())
    return Judged(path, without, told, roll.lines, roll.found, census, places.last, places.runs)


class Crew:
    """Those who judge a journal each, in a process of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []
        self._over = False

    def judged(self, path: Path, checks: Sequence[Check]) -> Judged:
        """As `judged`, of the shipped checks of some clauses; from many threads at once.

        Raises JournalError.
        """
        isolated = ["-I"] if sys.flags.isolated else []
        # Not multiprocessing: it would run the main module of whoever asks again, and look for modules where he stands.
        command = [sys.executable, "-P", *isolated, "-c", _CHILD, str(path), *(one.clause for one in checks)]
        with self._lock:
            if self._over:
                raise JournalError("Nobody asks any more.")
            # In a group of its own, so that Ctrl-C is for whoever started it; it ends when nobody holds its input.
            child = subprocess.Popen(  # noqa: S603 - our own interpreter
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0
            )
            self._running.append(child)
        with child:
            assert child.stdout is not None
            try:
                return _received(child.stdout)
            except (EOFError, pickle.UnpicklingError) as error:
                child.kill()
                said = f"The process that judged {path.name} came to no end (status {child.wait()})."
                raise DiedError(said) from error

    def end(self) -> None:
        """End them all, and let nobody begin."""
        with self._lock:
            self._over = True
            for child in self._running:
                child.kill()


def _received(source: IO[bytes]) -> Judged:
    """What `_send` sent. Raises JournalError if it is that."""
    found = pickle.load(source)  # noqa: S301 - from a process of ours
    if isinstance(found, JournalError):
        raise found
    assert isinstance(found, Judged)
    return replace(found, runs=Runs.of(iter(lambda: pickle.load(source), b"")))  # noqa: S301 - the same


def _send(out: IO[bytes], found: Judged | JournalError) -> None:
    if isinstance(found, JournalError):
        pickle.dump(found, out)
        return
    pickle.dump(replace(found, runs=None), out)
    assert found.runs is not None
    for chunk in found.runs.chunks():
        pickle.dump(chunk, out)
    pickle.dump(b"", out)


def _end_with(whoever: IO[Any]) -> None:
    """End this process when whoever started it is gone."""
    with contextlib.suppress(OSError):
        whoever.read()
    os._exit(1)


def main(arguments: Sequence[str]) -> None:
    """Judge one, and send what came of it."""
    path, *clauses = arguments
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    operations = dict.fromkeys(clause.partition(".")[0] for clause in clauses)
    checks = [one for each in operations for one in check.shipped(each) if one.clause in set(clauses)]
    found: Judged | JournalError
    try:
        found = judged(Path(path), checks)
    except JournalError as error:
        found = error
    except Exception as error:  # noqa: BLE001 - a journal that was made up may hold anything
        found = JournalError(f"{Path(path).name}: {MADE_UP} ({type(error).__name__}: {error})")
    _send(sys.stdout.buffer, found)
    sys.stdout.buffer.flush()
    # Not to wait for the thread that waits for whoever started it.
    os._exit(0)
