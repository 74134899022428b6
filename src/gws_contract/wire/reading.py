"""Answers of http.client that lose patience as a whole, and notice surplus bytes.

What http.client cannot do by itself: limit the time of a whole answer (a timeout is for one silence), say that a body
goes on after its Content-Length, and skip every informational response in front of the answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3.response import BaseHTTPResponse


WHOLE = 2.0
"""A whole answer, headers and body, may take this many times the silence that is allowed."""


class _PatientSocket(io.RawIOBase):
    """The reading end of a socket, until the whole answer has taken too long."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._silence = sock.gettimeout()
        self._deadline = None if self._silence is None else time.monotonic() + WHOLE * self._silence
        self.finished = False
        """Read no more: what is in the buffer of the reader above is all it may see."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if self.finished:
            return None
        if self._silence is not None and self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if left < self._silence:
                self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _CountingReader(io.BufferedReader):
    """A reader that knows how many bytes were received but not read when it was closed, and whether a line was cut."""

    def __init__(self, raw: _PatientSocket) -> None:
        super().__init__(raw)
        self._patient = raw
        self.surplus = 0
        self.cut_short = False
        """Whether the last line ended because the connection did."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.cut_short = not line.endswith(b"\n")
        return line

    def close(self) -> None:
        if not self.closed:
            self._patient.finished = True
            self.surplus = len(self.peek(1))
        super().close()


class WatchedResponse(http.client.HTTPResponse):
    """A response of http.client that reads patiently and counts what comes after its body."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._reader = _CountingReader(_PatientSocket(self.fp.detach(), sock))
        self.fp = self._reader

    def begin(self) -> None:
        """Read status and headers, skipping informational responses (RFC 9110, 15.2); http.client skips only 100.

        Headers that end with the connection are none; http.client would be content.
        """
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]  # it reads no other headers than the first
            super().begin()
        if self._reader.cut_short:
            raise ConnectionResetError

    @property
    def surplus(self) -> int:
        """Bytes that were received after the end of the body, once that was read."""
        return self._reader.surplus


def watched(response: BaseHTTPResponse) -> WatchedResponse | None:
    """The response of http.client below one of urllib3."""
    below = getattr(response, "_original_response", None)
    return below if isinstance(below, WatchedResponse) else None
