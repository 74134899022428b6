"""HTTP over bare sockets, as cheap as Python allows: many connections in one thread, for benches that load a server."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable

Heard = Callable[[int, bytes, bytes], None]
"""Is told status, head and body of an answer."""


class Wires:
    """Connections to one server on loopback, watched together."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()

    def open(self) -> Wire:
        """One more connection."""
        sock = socket.create_connection(("127.0.0.1", self._port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        wire = Wire(sock)
        self._selector.register(sock, selectors.EVENT_READ, wire)
        return wire

    def until(self, done: Callable[[], bool]) -> None:
        """Hand out answers as they come, until `done()`. Raises RuntimeError if nothing comes for a minute."""
        while not done():
            ready = self._selector.select(60.0)
            if not ready:
                raise RuntimeError("the server has been silent for a minute")
            for key, _ in ready:
                key.data.read()

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.sock.close()
        self._selector.close()


class Wire:
    """One kept-alive connection. An answer must say how long its body is."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._held = b""
        self._waiting: list[Heard] = []

    def ask(self, request: bytes, heard: Heard) -> None:
        """Send a request; `heard` is called with its answer."""
        self._waiting.append(heard)
        self.sock.sendall(request)

    def read(self) -> None:
        """Take what has come. Raises RuntimeError if the server has hung up."""
        came = self.sock.recv(1 << 16)
        if not came:
            raise RuntimeError("the server has hung up")
        self._held += came
        while self._waiting and (answer := self._answer()) is not None:
            self._waiting.pop(0)(*answer)

    def _answer(self) -> tuple[int, bytes, bytes] | None:
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._held[: end + 2]
        at = head.lower().index(b"content-length:") + 15
        whole = end + 4 + int(head[at : head.index(b"\r", at)])
        if len(self._held) < whole:
            return None
        body, self._held = self._held[end + 4 : whole], self._held[whole:]
        return int(head[9:12]), head, body


def post(path: str, headers: str, body: bytes) -> bytes:
    """A POST of JSON; every header line of `headers` ends with CRLF."""
    lines = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}"
    return f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
