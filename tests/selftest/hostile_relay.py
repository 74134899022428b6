"""Stands between the suite and an honest mock, and does to the bytes on the way what a test says.

Every request is handed to the mock; a behaviour decides what of the answer reaches the suite, byte by byte.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import select
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from .scripted_server import GUARD, HangUpError, Request, requests

LABELS = {
    "/meta/handshake": "handshake", "/meta/subscribe": "subscribe", "/meta/disconnect": "disconnect",
    "StartContactCenterSession": "start", "EndContactCenterSession": "end", "Ready": "ready", "NotReady": "not ready",
    "RequestChat": "offer", "Accept": "accept", "SendMessage": "say",
}  # fmt: skip


def label(request: Request) -> str:
    """What a request is for, in a word."""
    data: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        data = json.loads(request.body)
    if request.path.endswith("/notifications") and isinstance(data, list):
        if data[0]["channel"] == "/meta/connect":
            return "first connect" if "advice" in data[0] else "poll"
        return LABELS[data[0]["channel"]]
    operation = data.get("operationName") if isinstance(data, dict) else None
    customer = request.path.startswith("/api/v2/chats")
    if operation == "Complete":
        return "leave" if customer else "complete"
    if isinstance(operation, str):
        return LABELS.get(operation, "other")
    if customer:
        return "read" if "/messages" in request.path else "look"
    return {"/api/v2/diagnostics/version": "version", "/api/v2/me": "me"}.get(request.path, "other")


@dataclass
class Turn:
    """One request, and the means to answer it."""

    request: Request
    label: str
    nth: int
    """How many requests of this label there were, this one among them."""
    client: socket.socket
    over: threading.Event
    ask: Callable[[Request], bytes]
    """What the mock answers to a request."""
    _answer: bytes | None = None

    def honest(self) -> bytes:
        """The mock's answer as it comes from the mock."""
        if self._answer is None:
            self._answer = self.ask(self.request)
        return self._answer

    @property
    def head(self) -> bytes:
        """Of the honest answer, to the empty line."""
        head, gap, _ = self.honest().partition(b"\r\n\r\n")
        return head + gap

    @property
    def body(self) -> bytes:
        return self.honest().partition(b"\r\n\r\n")[2]

    def send(self, data: bytes) -> None:
        self.client.sendall(data)

    def hang(self) -> bytes:
        """Say nothing more, until the suite gives up or the test is over."""
        while not self.over.is_set():
            readable, _, _ = select.select([self.client], [], [], 0.05)
            if readable and not self.client.recv(1, socket.MSG_PEEK):
                break
        raise HangUpError

    def drip(self, data: bytes, seconds: float) -> bytes:
        """Byte by byte, a pause after each."""
        for at in range(len(data)):
            self.send(data[at : at + 1])
            if self.over.wait(seconds):
                raise HangUpError
        return b""

    def endless(self, piece: bytes) -> bytes:
        """Without end."""
        while not self.over.is_set():
            self.send(piece)
        raise HangUpError


Behaviour = Callable[[Turn], bytes]
"""What is sent for a request; it may send by itself, or raise HangUpError to end the connection."""


def honest(turn: Turn) -> bytes:
    return turn.honest()


def framed(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A response with a right Content-Length; underscores in names become hyphens."""
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}"]).encode("latin-1") + b"\r\n\r\n" + body


def reframed(turn: Turn, body: bytes) -> bytes:
    """The honest headers with another body."""
    head = re.sub(rb"(?i)content-length: \d+", b"Content-Length: %d" % len(body), turn.head)
    return head + body


def cut(data: bytes, at: int, *, reset: bool = False) -> bytes:
    raise HangUpError(data[:at], reset=reset)


def bomb(layers: int = 1, size: int = 64 * 1024 * 1024) -> bytes:
    """A small body that becomes a large one, packed so many times."""
    packed = gzip.compress(b" " * size, 9)
    for _ in range(layers - 1):
        packed = gzip.compress(packed, 9)
    return framed(packed, Content_Encoding=", ".join(["gzip"] * layers))


def on(*labels: str, then: Behaviour, after: int = 0) -> Behaviour:
    """Do this to requests of these labels, but for the first few of each; be honest to all others."""

    def behave(turn: Turn) -> bytes:
        return then(turn) if turn.label in labels and turn.nth > after else turn.honest()

    return behave


class Relay:
    """Listens; each connection of the suite has a thread and a connection to the mock of its own."""

    def __init__(self, mock_url: str, behave: Behaviour = honest, *, tls: ssl.SSLContext | None = None) -> None:
        host, _, port = mock_url.partition("://")[2].partition(":")
        self._mock = (host, int(port))
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.over = threading.Event()
        self.seen: Counter[str] = Counter()
        """How many requests of each label came."""
        self.failures: list[BaseException] = []
        """What went wrong in the relay itself."""
        self._news = threading.Condition()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="relay")

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(GUARD)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(GUARD)
        assert self.failures == []

    def until(self, name: str, count: int = 1) -> None:
        """Wait until so many requests of a label have come."""
        with self._news:
            assert self._news.wait_for(lambda: self.seen[name] >= count, GUARD), f"no {name} came: {self.seen}"

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            thread = threading.Thread(target=self._serve, args=(client, len(self._threads) + 1), name="relay")
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, number: int) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                if self._tls is not None:
                    client = self._tls.wrap_socket(client, server_side=True)
                    self._sockets.append(client)
                self._talk(client, number)
        except Exception as error:  # noqa: BLE001 - a bug of the test must not look like one of the suite
            self.failures.append(error)
        finally:
            client.close()

    def _talk(self, client: socket.socket, number: int) -> None:
        with client.makefile("rb") as stream, _Upstream(self._mock, self._sockets) as upstream:
            for request in requests(stream, number):
                name = label(request)
                with self._news:
                    self.seen[name] += 1
                    nth = self.seen[name]
                    self._news.notify_all()
                turn = Turn(request, name, nth, client, self.over, upstream.ask)
                try:
                    client.sendall(self._behave(turn))
                except HangUpError as end:
                    client.sendall(end.sent)
                    if end.reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return


class _Upstream:
    """A connection to the mock."""

    def __init__(self, address: tuple[str, int], watched: list[socket.socket]) -> None:
        self._address, self._watched = address, watched
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._stream.close()
            self._socket.close()

    def ask(self, request: Request) -> bytes:
        """Hand a request on; the raw answer."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address)
            self._watched.append(self._socket)
            self._stream = self._socket.makefile("rb")
        headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        self._socket.sendall(f"{request.method} {request.path} HTTP/1.1\r\n{headers}\r\n".encode("latin-1"))
        self._socket.sendall(request.body)
        return b"".join(self._answer())

    def _answer(self) -> Iterator[bytes]:
        length, chunked = 0, False
        while True:
            line = self._stream.readline()
            if not line:
                raise EOFError
            yield line
            name, _, value = line.decode("latin-1").lower().partition(":")
            length = int(value) if name == "content-length" else length
            chunked = chunked or (name == "transfer-encoding" and "chunked" in value)
            if line == b"\r\n":
                break
        yield self._stream.read(length)
        while chunked:
            line = self._stream.readline()
            size = int(line, 16)
            yield line + self._stream.read(size + 2)
            chunked = size > 0
