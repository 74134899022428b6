"""A server over raw sockets whose every byte a test writes, for what no well-behaved server would do."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gws_contract.journal import Exchange, Incident, Record

GUARD = 30.0
"""Seconds after which a test that hangs fails; nothing is measured by it."""


@dataclass(frozen=True)
class Request:
    """What the server got. `connection` numbers the TCP connections from 1."""

    connection: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = json.loads(self.body)
        return messages

    @property
    def message(self) -> dict[str, Any]:
        """The only message of a Bayeux request."""
        (message,) = self.messages
        return message


class HangUpError(Exception):
    """Raised by a script to close the connection without another byte; `reset` does it with a RST."""

    def __init__(self, sent: bytes = b"", *, reset: bool = False) -> None:
        self.sent = sent
        self.reset = reset


Script = Callable[[Request], bytes]


def http(body: bytes | str = b"", status: int = 200, length: int | None = None, **headers: str) -> bytes:
    """A response. `length` overrides Content-Length, -1 leaves it out; underscores in names become hyphens."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Scripted"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def bayeux(*messages: Any, **headers: Any) -> bytes:
    """A response with an array of messages."""
    return http(json.dumps(list(messages)), Content_Type="application/json", **headers)


def answering(answer: bytes | HangUpError) -> Script:
    def script(_: Request) -> bytes:
        if isinstance(answer, HangUpError):
            raise answer
        return answer

    return script


def hang_up(sent: bytes = b"", *, reset: bool = False) -> Script:
    return answering(HangUpError(sent, reset=reset))


class ScriptedServer:
    """Answers each request with what `script` returns, each connection in a thread of its own."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.over = threading.Event()
        """Set when the test is over; a script that never answers waits for it."""
        self.requests: list[Request] = []
        self._news = threading.Condition()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(GUARD)
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(GUARD)
        self._listener.close()

    def never(self) -> bytes:
        """Answer nothing until the test is over."""
        self.over.wait(GUARD)
        raise HangUpError

    def stutter(self, start: bytes, drip: bytes = b"") -> bytes:
        """Answer `start` on the newest connection, then a `drip` now and then until the test is over."""
        connection = self._sockets[-1]
        connection.sendall(start)
        while not self.over.wait(0.02 if drip else GUARD):
            connection.sendall(drip)
        raise HangUpError

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._sockets)))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            for request in requests(stream, number):
                with self._news:
                    self.requests.append(request)
                    self._news.notify_all()
                try:
                    connection.sendall(self._script(request))
                except HangUpError as end:
                    connection.sendall(end.sent)
                    if end.reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    else:
                        connection.shutdown(socket.SHUT_RDWR)
                    return


def requests(stream: Any, connection: int) -> Iterator[Request]:
    while line := stream.readline():
        method, path, _ = line.decode("latin-1").split()
        headers: dict[str, str] = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        yield Request(connection, method, path, headers, stream.read(int(headers.get("content-length", 0))))


class CometServer(ScriptedServer):
    """A CometD server whose handshake, subscription and disconnect work, and whose polls a test scripts one by one.

    A step of `polls` is a response or a script; without one the poll is held. `handshake`, `subscribe` and `disconnect`
    can be replaced.
    """

    def __init__(self, *polls: bytes | Script, advice: Mapping[str, Any] | None = None, ack: bool = False) -> None:
        super().__init__(self._answer)
        self._polls: queue.Queue[bytes | Script] = queue.Queue()
        for poll in polls:
            self._polls.put(poll)
        self._advice = advice
        self._ack = ack
        self._clients = 0
        self._batch = 0
        self._under_way = 0
        self.most_polls_at_once = 0
        self.handshake: Script = self._handshake
        self.subscribe: Script = self._subscribe
        self.disconnect: Script = self._disconnect
        self.connect_at_once: Script = self.connected

    def poll(self, step: bytes | Script) -> None:
        """Answer the poll that is held, or the next one."""
        self._polls.put(step)

    def until_polled(self, count: int) -> None:
        """Wait until that many connects have come."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.polls_received()) >= count, GUARD)

    def polls_received(self) -> list[dict[str, Any]]:
        return [request.message for request in self.requests if b"/meta/connect" in request.body]

    def event(self, *events: Any) -> None:
        """Deliver events with the poll that is held, or the next one."""
        self.poll(lambda request: self.connected(request, *events))

    def channels(self) -> list[str]:
        """What was asked for, in order of receipt."""
        return [request.messages[0]["channel"] for request in self.requests]

    def connected(self, request: Request, *events: Any, **members: Any) -> bytes:
        """A successful reply to a poll, after `events`."""
        reply = {"channel": "/meta/connect", "id": request.message["id"], "successful": True}
        if self._ack:
            self._batch += 1
            reply["ext"] = {"ack": self._batch}
        return bayeux(*events, reply | members)

    def _answer(self, request: Request) -> bytes:
        channel = request.messages[0]["channel"]
        if channel == "/meta/connect":
            if "advice" in request.message:
                return self.connect_at_once(request)
            self._under_way += 1
            self.most_polls_at_once = max(self.most_polls_at_once, self._under_way)
            step = self._polls.get(timeout=GUARD)
            self._under_way -= 1
            return step if isinstance(step, bytes) else step(request)
        return {"/meta/handshake": self.handshake, "/meta/subscribe": self.subscribe}.get(channel, self.disconnect)(
            request
        )

    def _handshake(self, request: Request) -> bytes:
        self._clients += 1
        self._batch = 0
        reply: dict[str, Any] = {
            "channel": "/meta/handshake", "id": request.message["id"], "successful": True, "version": "1.0",
            "supportedConnectionTypes": ["long-polling"], "clientId": f"client{self._clients}",
        }  # fmt: skip
        if self._advice is not None:
            reply["advice"] = self._advice
        if self._ack:
            reply["ext"] = {"ack": True}
        return bayeux(reply, Set_Cookie=f"BAYEUX_BROWSER=browser{self._clients}; Path=/; HttpOnly")

    def _subscribe(self, request: Request) -> bytes:
        return bayeux(*self.subscribed(request))

    def subscribed(self, request: Request) -> list[dict[str, Any]]:
        """The replies to the subscriptions of a request."""
        return [
            {"channel": m["channel"], "id": m["id"], "subscription": m["subscription"], "successful": True}
            for m in request.messages
        ]

    def _disconnect(self, request: Request) -> bytes:
        self.poll(lambda held: self.connected(held, advice={"reconnect": "none"}))
        return bayeux({"channel": "/meta/disconnect", "id": request.message["id"], "successful": True})

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self.poll(http(status=503))
        super().__exit__()


@dataclass
class Records:
    """A sink that a test can wait on."""

    all: list[Record] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def write(self, record: Record) -> None:
        with self._news:
            self.all.append(record)
            self._news.notify_all()

    def until(self, kind: type[Any], count: int = 1) -> list[Any]:
        """The records of a kind, as soon as there are `count` of them."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.of(kind)) >= count, GUARD), (
                f"no {kind.__name__} came: {self.all}"
            )
            return self.of(kind)

    def until_incident(self, what: str) -> Incident:
        with self._news:
            assert self._news.wait_for(lambda: self.incidents(what), GUARD), f"no {what} came: {self.all}"
            return self.incidents(what)[0]

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.all if isinstance(record, kind)]

    def exchanges(self) -> list[Exchange]:
        """All records, none of which may be anything else."""
        found = [record for record in self.all if isinstance(record, Exchange)]
        assert len(found) == len(self.all)
        return found

    def incidents(self, what: str | None = None) -> list[Incident]:
        return [incident for incident in self.of(Incident) if what in (None, incident.what)]
