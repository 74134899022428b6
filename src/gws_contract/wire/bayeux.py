"""The quiet observer: one agent's CometD session, heard without disturbing what is heard.

CometD reorders for a client that talks while it listens, so after the subscription nothing is sent but `/meta/connect`,
one at a time (bayeux.md 0 and 3). What may hide the truth is an incident, and nothing is repaired silently: a new
session is a new epoch.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any

from gws_contract.journal import Clock, Delivery, Link, Sink
from gws_contract.wire import messages
from gws_contract.wire.http import Line
from gws_contract.wire.identity import Identity
from gws_contract.wire.messages import Advice, Message, Next, ObserverError, RefusedError, UnreadableError
from gws_contract.wire.notes import Notes
from gws_contract.wire.rhythm import LONG, LONGEST_FIRST, PAUSES, Rhythm
from gws_contract.wire.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gws_contract.wire.answer import Answer
    from gws_contract.wire.leash import Purpose

__all__ = ["Observer", "ObserverError"]

_JSON = {"Content-Type": "application/json;charset=UTF-8"}
_GOODBYE = 1.0
"""Seconds of silence allowed to a server when the observer closes, at each step."""


class Observer:
    """One CometD session of one agent, on two connections of its own: commands and polls.

    Sessions and incidents go to the sink. Deliveries go to `on_delivery` alone if that is given, and to the sink
    otherwise. `serials` counts deliveries over all observers of a run. `slack` is the seconds granted to a poll beyond
    the time the server says it holds it; `pauses` are the seconds after each broken poll in a row, and when they are
    used up the observer stops. `number` tells the observers of one agent apart.
    """

    def __init__(
        self,
        wiring: Wiring,
        *,
        path: str = "/api/v2/notifications",
        agent: str,
        identity: Identity,
        clock: Clock,
        sink: Sink,
        serials: Iterator[int] | None = None,
        topics: Sequence[str] = ("/v2/me/chats",),
        slack: float = 10.0,
        pauses: Sequence[float] = PAUSES,
        on_delivery: Callable[[Delivery], None] | None = None,
        number: int = 1,
    ) -> None:
        self.epoch = 0
        """Which session it is, from 1; 0 before the first."""
        self.ack = False
        """Whether the server offered the acknowledge extension in this session."""
        self.troubled_at = float("-inf")
        """When something last happened that may hide the truth, on the journal's clock."""
        self._wiring = wiring
        self._path = path
        self._agent = agent
        self._number = number
        self._clock = clock
        told = sink.write if on_delivery is None else on_delivery
        self._notes = Notes(agent, number, sink, told, itertools.count() if serials is None else serials)
        self._topics = tuple(topics)
        self._slack = slack
        self._rhythm = Rhythm(pauses)
        self._lines: dict[Link, Line] = {link: Line(wiring, identity, clock) for link in ("command", "poll")}
        self._ids = itertools.count(1)
        self._responses = itertools.count(1)
        self._client: str | None = None
        self._advice: Advice
        self._batch: int
        self._lossless: float
        self._opened = False
        self._polling = False
        self._troubled = False
        self._crowded = False
        self._parked = threading.Event()
        self._stop = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._observe, name=f"observer of {agent}", daemon=True)

    @property
    def healthy(self) -> bool:
        """It is polling, and nothing happened in this epoch that may hide the truth."""
        return self._polling and not self._troubled

    def open(self) -> None:
        """Begin the session: handshake, subscription and its acknowledgement, and a poll that is under way.

        Raises ObserverError; the observer is closed then.
        """
        try:
            self._begin()
        except ObserverError:
            self.close()
            raise
        self._opened = True
        self._polling = True
        self._lines["poll"].when_sent(self._parked.set)
        self._thread.start()
        self._parked.wait()

    def close(self) -> None:
        """End the session and the polls, within a few seconds even if the server is silent. May be called again."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._stop.set()
        woken = False
        if self._client is not None:
            answer = self._send("command", [messages.disconnect(self._client)], _GOODBYE, "log out")
            with contextlib.suppress(UnreadableError):
                self._take("command", answer, messages.read(answer))
                woken = True
        leash = self._wiring.leash
        alive = self._thread.is_alive() and self._thread is not threading.current_thread()
        if alive and woken:
            # The disconnect wakes the poll, and what was queued may come with it.
            self._thread.join(leash.patience("log out", _GOODBYE))
        for line in self._lines.values():
            line.close()
        if alive:
            self._thread.join(min(2 * self._wiring.connect_timeout, max(_GOODBYE, leash.left("log out"))))

    def _begin(self) -> None:
        """Handshake, a first connect that is not held, the subscriptions; then the Session. Raises ObserverError."""
        self._advice = Advice()
        self._ask("command", "The handshake", [messages.handshake()])
        assert self._client is not None
        self._ask("poll", "The first connect", [self._connect(at_once=True)])
        what = f"The subscription to {', '.join(self._topics)}"
        self._ask("command", what, messages.subscriptions(self._client, self._topics))
        now = self._lossless = self._clock.now()
        self._notes.session(self.epoch, now, ack=self.ack, hold=self._advice.hold)

    def _ask(self, link: Link, what: str, request: list[dict[str, Any]]) -> None:
        """Send the messages of one step and see that each is answered with success. Raises ObserverError."""
        answer = self._send(link, request, min(self._patience, LONGEST_FIRST) if link == "poll" else None)
        what = f"{what} at {self._wiring.url(self._path)}"
        try:
            heard = messages.read(answer)
        except UnreadableError as error:
            raise messages.unanswered(what, answer, error, self._agent) from error
        replies = messages.replies(heard, request[0]["channel"])
        refusal = messages.refusal(replies, len(request))
        if refusal is None and request[0]["channel"] == "/meta/handshake":
            refusal = self._enter(replies[0])
        self._take(link, answer, heard)
        if refusal is not None:
            raise RefusedError(f"{what} was refused: {refusal}")
        if link == "poll":
            self._acknowledge(replies[0])

    def _enter(self, reply: Message) -> str | None:
        """A handshake was answered: what comes from now on belongs to a new epoch. Says what is wrong with it."""
        client, owner = str(reply["clientId"]), (self._agent, self._number)
        if self._wiring.clients.setdefault(client, owner) != owner:
            return "the clientId is that of another session"
        self._client = client
        self._wiring.secrets.add(client, f"CometD session of {self._agent}")
        self.epoch += 1
        self.ack = messages.offers_ack(reply)
        self._batch = -1
        self._troubled = self._crowded = False
        return None

    def _observe(self) -> None:
        try:
            self._run()
        except Exception as error:
            self._note("stopped", f"The observer itself failed: {type(error).__name__}: {error}", self._lossless)
            raise
        finally:
            self._polling = False
            self._parked.set()

    def _run(self) -> None:
        """Poll, and begin a new session where the server demands it, until closed or until there is no point."""
        step = self._poll
        while True:
            following = step()
            if self._stop.is_set() or following is Next.STOP or self._wiring.leash.left("poll") <= 0:
                return
            pause = self._rhythm.pause(following, self._advice)
            if pause is None:
                self._note("stopped", f"{self._rhythm.broken} polls in a row came to nothing.", self._lossless)
                return
            if pause > LONG:
                self._note("told-to-wait", f"The server advised to wait {pause:g} s before the next poll.")
            if following is not Next.RETRY:
                step = self._resume if following is Next.HANDSHAKE else self._poll
            if self._stop.wait(pause):
                return

    def _poll(self) -> Next:
        """One poll: hear it, and judge how it went."""
        answer = self._send("poll", [self._connect()], self._patience, "poll")
        try:
            heard = messages.read(answer)
        except UnreadableError as error:
            return self._trouble(Next.RETRY, error.what, str(error))
        self._take("poll", answer, heard)
        replies = messages.replies(heard, "/meta/connect")
        if not replies:
            return self._trouble(Next.RETRY, "poll-broken", "The answer to a poll holds no reply to it.")
        following = messages.after(replies[0], self._advice)
        if following is Next.POLL:
            self._lossless = answer.done
            self._rhythm.answered(answer.done - answer.sent, empty=len(heard) == 1)
            self._acknowledge(replies[0])
            return following
        said = "with success" if messages.succeeded(replies[0]) else f"with {messages.reason(replies[0])!r}"
        what = {Next.RETRY: "poll-broken", Next.HANDSHAKE: "session-lost", Next.STOP: "stopped"}[following]
        return self._trouble(following, what, f"A poll was answered {said}: {following.value}.")

    def _resume(self) -> Next:
        """Begin a new session after the last one was lost."""
        self._polling = False
        try:
            self._begin()
        except RefusedError as error:
            return self._trouble(Next.STOP, "stopped", f"There is no new session. {error}")
        except ObserverError as error:
            return self._trouble(Next.RETRY, "poll-broken", str(error))
        self._polling = True
        self._note("new-session", f"Epoch {self.epoch} began; nothing is known of what was sent in between.")
        return Next.POLL

    def _take(self, link: Link, answer: Answer, heard: Sequence[Message]) -> None:
        """Heed the advice of a response and hand its deliveries on."""
        number = next(self._responses)
        direct = False
        for position, message in enumerate(heard):
            self._advice = messages.advised(message) or self._advice
            if messages.is_delivery(message):
                direct = link == "command" and self._opened
                self._notes.delivery(self.epoch, number, position, answer.done, link, message)
        if direct:
            self._note("direct-delivery", f"Response {number} brought events on the connection for commands.")
        if self._advice.multiple_clients and not self._crowded:
            self._crowded = True
            self._note("multiple-clients", "The server takes two sessions for one browser and slows their polls down.")

    def _acknowledge(self, reply: Message) -> None:
        """Remember the batch to acknowledge with the next poll (bayeux.md 1.4)."""
        if not self.ack:
            return
        batch = messages.acknowledged(reply)
        if batch is None or batch <= self._batch:
            self._note("ack-order", f"After batch {self._batch} came {'no id' if batch is None else f'batch {batch}'}.")
        else:
            self._batch = batch

    def _trouble(self, following: Next, what: str, detail: str) -> Next:
        """Note an incident, unless the observer was closed: then the poll was interrupted on purpose.

        What a poll was to bring may be lost since the last one that was answered as it should be.
        """
        if not self._stop.is_set():
            self._note(what, detail, self._lossless)
        return following

    def _note(self, what: str, detail: str, since: float | None = None) -> None:
        self._troubled = self._troubled or what != "new-session"
        self.troubled_at = self._clock.now()
        self._notes.incident(self.epoch, self.troubled_at, what, detail, since)

    @property
    def _patience(self) -> float:
        return self._advice.hold + self._slack

    def _connect(self, *, at_once: bool = False) -> dict[str, Any]:
        assert self._client is not None
        return messages.connect(self._client, ack=self._batch if self.ack else None, at_once=at_once)

    def _send(
        self, link: Link, request: list[dict[str, Any]], silence: float | None, purpose: Purpose = "work"
    ) -> Answer:
        body = json.dumps([{"id": str(next(self._ids)), **message} for message in request]).encode("ascii")
        line, path = self._lines[link], self._path
        return line.exchange("POST", path, body=body, headers=_JSON, silence=silence, purpose=purpose)
