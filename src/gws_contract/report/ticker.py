"""How far a run is, while it runs: one line that is kept up to date on a terminal, a line every few seconds elsewhere.

It is written to the standard error of the process, past Python's buffers: a thread that is held up by a full pipe then
holds up nobody at the end. Nothing of it is coloured.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

from gws_contract.onlooker import Progress

_OFTEN, _SELDOM = 0.25, 5.0
"""Seconds between two looks, on a terminal and elsewhere."""
_PATIENCE = 1.0
"""Seconds that a writer may be held up at the end."""
_CARET = 3
"""Columns that are left free: a terminal echoes ^C there."""
_CLEAR = "\r\x1b[K"
_WORDS = {
    "logging in": "logging in",
    "state machine": "state machine",
    "listening": "listening for what comes late",
    "smaller chats": "looking again at what broke",
    "logging out": "logging out",
    "judging": "judging",
}

Look = Callable[[], Progress]


class Ticker:
    """Shows the progress of a run on a stream."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str], *, quiet: bool = False) -> None:
        """A terminal is one that can move its cursor (TERM) and that a person sees (no CI)."""
        self._stream, self._environment, self._quiet = stream, environment, quiet
        able = environment.get("TERM", "dumb") != "dumb" and not environment.get("CI")
        self._in_place = able and stream.isatty()
        self._lock = threading.Lock()
        self._shown = ""

    @contextlib.contextmanager
    def showing(self, look: Look) -> Iterator[None]:
        """Show what `look` says until it is left; then nothing of it stands on the terminal any more."""
        if self._quiet:
            yield
            return
        over = threading.Event()
        thread = threading.Thread(target=self._show, args=(look, over), name="ticker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(_PATIENCE)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Lets somebody else write a line in between."""
        with self._lock:
            self._wipe()
            yield

    def _show(self, look: Look, over: threading.Event) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not over.wait(_OFTEN if self._in_place else _SELDOM):
                progress = look()
                with self._lock:
                    self._draw(progress)
            with self._lock:
                self._wipe()

    def _draw(self, progress: Progress) -> None:
        if self._in_place:
            shown = line(progress, self._width() - _CARET)
            self._write(_CLEAR + shown)
        elif (shown := f"gws-contract: {line(progress)}") != self._shown:
            self._write(shown + "\n")
        self._shown = shown

    def _wipe(self) -> None:
        if self._in_place and self._shown:
            self._shown = ""
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        os.write(self._stream.fileno(), text.encode("ascii"))

    def _width(self) -> int:
        wished = self._environment.get("COLUMNS", "")
        if wished.isascii() and wished.isdigit() and int(wished):
            return int(wished)
        return os.get_terminal_size(self._stream.fileno()).columns or 80


def line(progress: Progress, width: int | None = None) -> str:
    """The progress in one line of ASCII, of at most `width` columns: shorter words where there is little room."""
    words = ", ".join(_long(progress))
    if width is None or len(words) <= width:
        return words
    parts = _short(progress)
    while len(parts) > 1 and len(", ".join(parts)) > width:
        parts.pop()
    return ", ".join(parts)[: max(width, 0)]


def _long(progress: Progress) -> list[str]:
    clauses = f"{progress.broken} {'clause' if progress.broken == 1 else 'clauses'} broken so far"
    if progress.doing != "chats":
        chats = f"{progress.chats} {'chat' if progress.chats == 1 else 'chats'}"
        return [_WORDS[progress.doing], *([chats, clauses] if progress.chats else [])]
    return [f"{progress.done} of {progress.planned} chats", clauses, *_rate(progress), *_left(progress)]


def _short(progress: Progress) -> list[str]:
    broken = f"{progress.broken} broken"
    if progress.doing != "chats":
        return [_WORDS[progress.doing], *([broken] if progress.chats else [])]
    return [f"{progress.done}/{progress.planned} chats", broken, *_rate(progress), *_left(progress)]


def _rate(progress: Progress) -> list[str]:
    if not progress.rate:
        return []
    return [f"{progress.rate:.1f}/s" if progress.rate >= 1 else f"{progress.rate * 60:.1f}/min"]


def _left(progress: Progress) -> list[str]:
    seconds = progress.left
    if seconds is None:
        return []
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return [f"{seconds / unit:.0f} {name} left"]
    return [f"{seconds:.0f} s left"]
