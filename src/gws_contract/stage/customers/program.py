"""A program that plays the customer of one chat: a line in, a line out.

It is started without a shell, in a process group of its own, so that Ctrl-C does not reach it before the chat is
cleared up; it never outlives its chat. What it writes to stderr is read and forgotten, but for the last line.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from gws_contract.places import without_places
from gws_contract.stage.customers.lines import LONGEST, PartnerError

_GRACE = 0.5
"""Seconds in which a program ends by itself when its input is closed, and again when it is told to."""
_LAST_WORDS = 1.5
"""Seconds that an answer may take once the run is to stop."""
_TICK = 0.05
_UNREAD = 8
"""Lines that are taken from the program before it is asked for them; more stay with it."""


class Program:
    """One started program."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], stop: threading.Event) -> None:
        """Raises PartnerError if it cannot be started."""
        self.name = f"the program {Path(command[0]).name}"
        self._stop = stop
        self._gone: str | None = None
        self._lines: queue.Queue[bytes | None] = queue.Queue(_UNREAD)
        self._last_words = b""
        self._first = True
        self._closed = threading.Event()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise PartnerError(f"{self.name} cannot be started: {error.strerror or error}") from error
        assert self._process.stdin
        os.set_blocking(self._process.stdin.fileno(), False)
        self._threads = [
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, line: str, seconds: float) -> str:
        """The line that the program prints after this one."""
        if self._gone is None:
            try:
                return self._asked(line.encode("ascii") + b"\n", time.monotonic() + seconds, seconds)
            except PartnerError as error:
                self._gone = str(error)
        raise PartnerError(self._gone)

    def _asked(self, line: bytes, until: float, seconds: float) -> str:
        first, self._first = self._first, False
        # What offers a chat without reading what is asked may be fast.
        if not first and not self._lines.empty():
            early = self._lines.get()
            if early is None:
                raise PartnerError(self._ended())
            raise PartnerError(f"printed a line that nobody asked for: {early[:80]!r}")
        stopped_at: float | None = None
        rest = memoryview(line)
        while True:
            now = time.monotonic()
            if self._stop.is_set():
                stopped_at = stopped_at or now
                until = min(until, stopped_at + _LAST_WORDS)
            if now >= until:
                raise PartnerError("gave no answer before the run stopped" if stopped_at else _silence(seconds))
            if rest:
                rest = rest[self._written(rest, _TICK) :]
                continue
            with contextlib.suppress(queue.Empty):
                answer = self._lines.get(timeout=min(_TICK, until - now))
                if answer is None:
                    raise PartnerError(self._ended())
                if len(answer) > LONGEST:
                    raise PartnerError(f"answered with more than {LONGEST // 2**20} MB")
                return answer.decode("utf-8", "replace").rstrip("\r\n")

    def _written(self, line: memoryview, seconds: float) -> int:
        """How many bytes of a line the program takes now; all, if it takes none any more: its end says more."""
        assert self._process.stdin
        pipe = self._process.stdin.fileno()
        _, ready, _ = select.select([], [pipe], [], seconds)
        if not ready:
            return 0
        try:
            return os.write(pipe, line)
        except BlockingIOError:  # pragma: no cover - not where a pipe that is ready takes a part, as on Linux
            return 0
        except OSError:
            return len(line)

    def _ended(self) -> str:
        """How it ended, or is ending; its last words if it had any."""
        self._is_over(_GRACE)
        self._threads[1].join(_GRACE)
        status = self._process.returncode
        how = "closed its output" if status is None else f"ended with exit status {status}"
        if status is not None and status < 0:
            how = f"was ended by signal {-status}"
        words = self._last_words.decode("utf-8", "replace")
        said = without_places("".join(c if c.isprintable() else " " for c in words[:200]).strip())
        return f"{how} without an answer" + (f"; its last words: {said!r}" if said else "")

    def _read_lines(self, pipe: BinaryIO) -> None:
        while line := pipe.readline(LONGEST + 1):
            if not self._put(line) or not line.endswith(b"\n"):
                break
        self._put(None)

    def _put(self, line: bytes | None) -> bool:
        """Hand a line over, as soon as there is room; False if nobody wants it any more."""
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=_TICK)
                return True
        return False

    def _read_errors(self, pipe: BinaryIO) -> None:
        while line := pipe.readline(4096):
            self._last_words = line if line.strip() else self._last_words

    def close(self) -> None:
        """End the program: by closing its input, then by SIGTERM, then by SIGKILL; and wait for it."""
        self._closed.set()
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if not self._is_over(_GRACE):
            self._signal(signal.SIGTERM)
            if not self._is_over(_GRACE):
                self._signal(signal.SIGKILL)
                self._is_over(None)
        for thread, pipe in zip(self._threads, (self._process.stdout, self._process.stderr), strict=True):
            thread.join(_GRACE)
            # Closing a pipe that is still read from would wait for its end.
            if pipe is not None and not thread.is_alive():
                pipe.close()

    def _is_over(self, seconds: float | None) -> bool:
        """Wait for its end; what it has started and left behind is ended with it."""
        if self._process.returncode is None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            self._signal(signal.SIGKILL)
        return True

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _silence(seconds: float) -> str:
    return f"gave no answer within {seconds:g} s"
