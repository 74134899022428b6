"""CometD over HTTP: the thin part between aiohttp and the broker, for long polling and websocket.

As with CometD on Jetty, nobody notices that a client went away: what wakes its poll is written into a dead socket.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aiohttp import WSMsgType, web

from gws_contract.mock.encoding import decode, encode
from gws_contract.mock.outcome import JSON
from gws_contract.mock.session import Reply, Session, Turn, unknown_client
from gws_contract.mock.variation import Answer

if TYPE_CHECKING:
    from gws_contract.mock.broker import Broker

BROWSER_COOKIE = "BAYEUX_BROWSER"
_REFUSED = Answer(500, b"")


@dataclass(slots=True)
class Caller:
    """Who sends Bayeux messages: the agent, the browser cookie, and how to cut the connection."""

    agent: str
    browser: str | None
    hang_up: Callable[[], None]


@dataclass(slots=True)
class Response:
    """An HTTP answer and the browser cookie to set with it."""

    answer: Answer
    cookie: str | None = None


Respond = Callable[[Response], None]
"""Sends the answer to one POST."""


@dataclass
class Cometd:
    """The endpoint. `changed` is called whenever a poll was parked."""

    broker: Broker
    changed: Callable[[], None] = lambda: None
    _held: dict[Session, Callable[[], None]] = field(default_factory=dict)

    def post(self, body: bytes, form: bool, caller: Caller, respond: Respond) -> None:
        """Answer one POST, now or when the time has come; a body is an array of messages or a bare one."""
        messages = _messages(body, form=form)
        if messages is None:
            respond(Response(Answer(400, b"")))
            return
        if len(messages) == 1 and messages[0].get("channel") == "/meta/connect":
            self._process(messages, caller, respond)
            return
        connects = any(message.get("channel") == "/meta/connect" for message in messages)
        if self.broker.options.latency and not connects:
            loop = asyncio.get_running_loop()
            loop.call_later(self.broker.options.latency, self._process, messages, caller, respond)
        else:
            self._process(messages, caller, respond)

    def _process(self, messages: list[Reply], caller: Caller, respond: Respond) -> None:
        shakes = any(message.get("channel") == "/meta/handshake" for message in messages)
        if not messages or (shakes and len(messages) > 1):
            respond(Response(_REFUSED))
            return
        if shakes:
            respond(self._handshake(messages[0], caller))
            return
        session = self.broker.session(messages[0].get("clientId"), caller.agent, caller.browser)
        if session is None:
            respond(Response(_answer([encode(unknown_client(message)) for message in messages])))
        elif len(messages) == 1 and messages[0].get("channel") == "/meta/connect":
            self._poll(session, messages[0], caller, respond)
        else:
            respond(Response(self._exchange(session, messages)))

    def hang_up(self, agent: str) -> int:
        """Cut the connections of the agent's parked polls, which the broker does not notice; how many there were."""
        held = [cut for session, cut in self._held.items() if session.owner == agent]
        for cut in held:
            cut()
        return len(held)

    def parked(self, agent: str) -> int:
        """How many polls of this agent are parked."""
        return sum(session.parked is not None for session in self.broker.sessions_of(agent))

    def _handshake(self, message: Reply, caller: Caller) -> Response:
        kinds = ["long-polling", *(["websocket"] if self.broker.options.websocket else [])]
        browser = caller.browser or secrets.token_hex(8)
        session, reply = self.broker.handshake(message, caller.agent, browser, kinds)
        new = session is not None and self.broker.options.cookie and browser != caller.browser
        return Response(_answer([encode(reply)]), browser if new else None)

    def _exchange(self, session: Session, messages: list[Reply]) -> Answer:
        """The answer to commands, with or without connects between them, which are not held then."""
        notifications: list[str] = []
        replies: list[Reply] = []
        commands = [message for message in messages if message.get("channel") != "/meta/connect"]
        with self.broker.processing(session):
            replies += [self.broker.command(session, message) for message in commands]
            if commands:
                notifications += self.broker.take(session, connect=False)
        for message in messages:
            if message.get("channel") == "/meta/connect":
                turn = self.broker.connect(session, message, _never, may_park=False)
                assert isinstance(turn, Turn), "what may not be parked has its turn now"
                notifications += turn.notifications
                replies.append(turn.reply)
        return self._together(notifications, [encode(reply) for reply in replies])

    def _poll(self, session: Session, message: Reply, caller: Caller, respond: Respond) -> None:
        """A connect that comes alone is held until there is something to say."""

        def wake(turn: Turn | None) -> None:
            timer.cancel()
            del self._held[session]
            respond(Response(_REFUSED if turn is None else self._turn(turn)))

        turn = self.broker.connect(session, message, wake)
        if isinstance(turn, Turn):
            respond(Response(self._turn(turn)))
            return
        timer = asyncio.get_running_loop().call_later(turn, self.broker.release, session, wake)
        self._held[session] = caller.hang_up
        self.changed()

    def _turn(self, turn: Turn) -> Answer:
        return self._together(turn.notifications, [encode(turn.reply)])

    def _together(self, notifications: list[str], replies: list[str]) -> Answer:
        return _answer(replies + notifications if self.broker.options.replies_first else notifications + replies)

    async def websocket(self, request: web.BaseRequest, caller: Caller) -> web.WebSocketResponse:
        """Serve one websocket until its client closes it."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        outgoing: asyncio.Queue[list[str]] = asyncio.Queue()
        channel = _Socket(self.broker, caller, outgoing, self.changed)
        writer = asyncio.create_task(_write(socket, outgoing))
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                for message in _messages(frame.data.encode("utf-8", "surrogatepass"), form=False) or []:
                    channel.receive(message)
        finally:
            writer.cancel()
            for session in channel.sessions:
                self.broker.detach(session)
        return socket


class _Socket:
    """The Bayeux side of one websocket."""

    def __init__(
        self, broker: Broker, caller: Caller, outgoing: asyncio.Queue[list[str]], changed: Callable[[], None]
    ) -> None:
        self.sessions: set[Session] = set()
        self._broker, self._caller, self._outgoing, self._changed = broker, caller, outgoing, changed

    def receive(self, message: Reply) -> None:
        """Handle one message; replies and notifications go to the queue, in order."""
        if message.get("channel") == "/meta/handshake":
            session, reply = self._broker.handshake(message, self._caller.agent, None, ["websocket", "long-polling"])
            self._send([encode(reply)])
        else:
            session = self._broker.session_by_socket(message.get("clientId"), self._caller.agent)
            if session is None:
                self._send([encode(unknown_client(message))])
            elif message.get("channel") == "/meta/connect":
                self._connect(session, message)
            else:
                with self._broker.processing(session):
                    self._send([encode(self._broker.command(session, message))])
        if session is not None and session.id in self._broker.sessions:
            session.push = lambda text: self._send([text])
            self.sessions.add(session)

    def _connect(self, session: Session, message: Reply) -> None:
        def wake(turn: Turn | None) -> None:
            if turn is not None:
                self._send([*turn.notifications, encode(turn.reply)])

        turn = self._broker.connect(session, message, wake)
        if isinstance(turn, Turn):
            wake(turn)
        else:
            asyncio.get_running_loop().call_later(turn, self._broker.release, session, wake)
            self._changed()

    def _send(self, texts: list[str]) -> None:
        self._outgoing.put_nowait(texts)


def _never(turn: Turn | None) -> None:
    """Nothing was parked that could be woken."""


async def _write(socket: web.WebSocketResponse, outgoing: asyncio.Queue[list[str]]) -> None:
    while True:
        texts = await outgoing.get()
        await socket.send_str(f"[{','.join(texts)}]")


def _answer(texts: list[str]) -> Answer:
    return Answer(200, f"[{','.join(texts)}]".encode(), JSON)


def _messages(body: bytes, *, form: bool) -> list[Reply] | None:
    """The messages of a body; None if it is not made of JSON objects."""
    try:
        given: Any = decode(parse_qs(body.decode()).get("message", [""])[0] if form else body)
    except ValueError:
        return None
    messages = given if isinstance(given, list) else [given]
    return messages if all(isinstance(message, dict) for message in messages) else None
