"""A terminal for processes under test: what they write to it, and what a person would see there in the end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from .stages import HANG

_PIECES = re.compile(r"\x1b\[K|\r|\n|[^\x1b\r\n]+|\x1b\[[0-9;]*[A-Za-z]|\x1b")


class Terminal:
    """A pseudo-terminal of so many columns that remembers what was written to it."""

    def __init__(self, columns: int = 80) -> None:
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._heard = threading.Condition()
        self._bytes = b""
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # A terminal whose last writer is gone answers with an error.
        with contextlib.suppress(OSError):
            while piece := os.read(self._ours, 65536):
                with self._heard:
                    self._bytes += piece
                    self._heard.notify_all()

    @property
    def text(self) -> str:
        """Everything that was written."""
        with self._heard:
            return self._bytes.decode("utf-8", "replace")

    def until(self, seen: Callable[[str], bool]) -> str:
        """Wait for what was written; it is returned."""
        with self._heard:
            assert self._heard.wait_for(lambda: seen(self._bytes.decode("utf-8", "replace")), HANG), self._bytes
        return self.text

    def press(self, keys: bytes) -> None:
        """As a person does."""
        os.write(self._ours, keys)

    def close(self) -> str:
        """Nobody writes any more; everything that was written."""
        if not self._closed:
            self._closed = True
            self._leave()
            self._reader.join(HANG)
            os.close(self._ours)
        return self.text

    def _leave(self) -> None:
        if self.theirs >= 0:
            os.close(self.theirs)
        self.theirs = -1

    def run(self, *words: str, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """`python -m gws_contract words` with this as its controlling terminal."""
        return self.start(sys.executable, "-m", "gws_contract", *words, cwd=cwd, env=env)

    def start(self, *command: str, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Any program, with this as its controlling terminal."""
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._leave()
        return process


def screen(text: str) -> list[str]:
    """The lines that stand on a terminal of endless width at the end; an unknown control sequence is an error."""
    lines, column = [""], 0
    for piece in _PIECES.findall(text):
        if piece == "\n":
            lines.append("")
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        else:
            assert not piece.startswith("\x1b"), repr(piece)
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece) :]
            column += len(piece)
    return lines


def widest(text: str) -> int:
    """The columns of the longest text that was ever written at once, echoes of keys among it."""
    return max(map(len, re.split(r"\x1b\[K|\r|\n", text)))
