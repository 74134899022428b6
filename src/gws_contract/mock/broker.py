"""The Bayeux core of the mock: sessions, subscriptions, queues, acknowledgement, parked polls. No I/O.

Modelled on CometD 3.1, whose wire shapes it was compared with (bayeux.md 1 and 2.3). Notifications travel as encoded
Bayeux messages, so that each is encoded once for all its receivers. Whoever calls holds no lock: one thread only.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gws_contract.mock.encoding import encode
from gws_contract.mock.session import Parked, Reply, Session, Turn, Wake, failure, patterns, subscribe, success

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gws_contract.mock.options import Options


class Broker:
    """All CometD sessions of a server. `clock` gives seconds on any monotonic clock."""

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self.options = options
        self.sessions: dict[str, Session] = {}
        self._clock = clock
        self._of: dict[str, dict[str, Session]] = {}
        self._in: dict[str, set[Session]] = {}

    # sessions

    def handshake(
        self, message: Reply, owner: str, browser: str | None, kinds: Sequence[str]
    ) -> tuple[Session | None, Reply]:
        """A new session of this owner over one of these connection types, and the reply; no session if none fits."""
        offered = message.get("supportedConnectionTypes")
        if not isinstance(offered, list) or not any(kind in offered for kind in kinds):
            return None, failure(message, "400::Unknown transports", {"reconnect": "none"})
        session = Session(owner, browser if self.options.cookie else None)
        session.expires = self._clock() + self.options.max_interval
        self.sessions[session.id] = self._of.setdefault(owner, {})[session.id] = session
        if session.browser is not None:
            self._in.setdefault(session.browser, set()).add(session)
        reply = {
            **success(message),
            "version": "1.0",
            "minimumVersion": "1.0",
            "clientId": session.id,
            "supportedConnectionTypes": list(kinds),
            "advice": self._advice(),
        }
        extensions = message.get("ext")
        if self.options.ack and isinstance(extensions, dict) and extensions.get("ack"):
            session.ack, reply["ext"] = True, {"ack": True}
        return session, reply

    def session(self, client_id: object, owner: str, browser: str | None) -> Session | None:
        """The session of this clientId, if it is this owner's and this browser's."""
        session = self.session_by_socket(client_id, owner)
        return session if session is not None and session.browser in (None, browser) else None

    def session_by_socket(self, client_id: object, owner: str) -> Session | None:
        """The session of this clientId and owner; CometD binds no websocket to a cookie."""
        session = self.sessions.get(client_id) if isinstance(client_id, str) else None
        return session if session is not None and session.owner == owner else None

    def sessions_of(self, owner: str) -> list[Session]:
        """The sessions of one agent."""
        return list(self._of.get(owner, {}).values())

    def forget(self, owner: str) -> None:
        """Drop the sessions of an agent and what they had queued; the next connect of each is told 402.

        A parked poll is answered as if its hold had ended.
        """
        for session in self.sessions_of(owner):
            self._drop(session, advice=None)

    def sweep(self) -> None:
        """Drop the sessions that did not poll for longer than `max_interval`."""
        now = self._clock()
        for session in list(self.sessions.values()):
            if session.expires is not None and now > session.expires:
                self._drop(session, advice=None)

    # notifications

    def publish(self, owner: str, channel: str, texts: Sequence[str]) -> None:
        """Give these encoded messages to every session of the owner that is subscribed to the channel."""
        names = patterns(channel)
        for session in self.sessions_of(owner):
            if not session.subscriptions.isdisjoint(names):
                if self.options.together:
                    session.queue += texts
                    self._flush(session)
                    continue
                for text in texts:
                    session.queue.append(text)
                    self._flush(session)

    @contextmanager
    def processing(self, session: Session) -> Iterator[None]:
        """While a command is processed, notifications wait for its reply."""
        session.busy += 1
        try:
            yield
        finally:
            session.busy -= 1
            if session.queue:
                self._flush(session)

    def take(self, session: Session, *, connect: bool) -> list[str]:
        """What goes out now, with the reply to a connect or with another reply.

        With the acknowledge extension only a connect carries anything: everything not acknowledged (again).
        """
        if not connect and self._only_connect(session):
            return []
        texts, session.queue = session.queue, []
        if session.ack:
            session.batch += 1
            session.unacknowledged += [(session.batch, text) for text in texts]
            texts = [text for _, text in session.unacknowledged]
        return texts

    # polls

    def connect(self, session: Session, message: Reply, wake: Wake, *, may_park: bool = True) -> Turn | float:
        """The turn of a connect, or the seconds it is to be held until `release`; `wake` then may come first.

        A poll that is parked already ends with None. The first connect of a session is never parked.
        """
        if session.parked is not None:
            displaced, session.parked = session.parked, None
            displaced.wake(None)
        session.expires = None
        self._acknowledged(session, message)
        first, session.connected = not session.connected, True
        hold = _advised(message, self.options.hold)
        crowded = False
        if may_park and hold > 0 and not (first or session.queue or session.unacknowledged):
            crowded = self._crowded(session)
            if not crowded:
                session.parked = Parked(message, wake)
                return hold
        return self._turn(session, message, first=first, crowded=crowded)

    def release(self, session: Session, wake: Wake) -> None:
        """The hold of a parked poll is over; nothing happens if it was woken before."""
        if session.parked is not None and session.parked.wake is wake:
            self._wake(session, session.parked)

    def detach(self, session: Session) -> None:
        """The websocket of the session is gone; the session lives on for `max_interval`."""
        session.push = session.parked = None
        session.expires = self._clock() + self.options.max_interval

    # other messages

    def command(self, session: Session, message: Reply) -> Reply:
        """The reply to any message but a handshake or a connect.

        What a client publishes reaches the sessions of its own agent and nobody else's.
        """
        channel = message.get("channel")
        if not isinstance(channel, str):
            return failure(message, "400::channel_missing")
        if channel in ("/meta/subscribe", "/meta/unsubscribe"):
            return subscribe(session, message)
        if channel == "/meta/disconnect":
            self._drop(session, advice={"reconnect": "none"})
            return success(message)
        if channel.startswith("/meta/"):
            return failure(message, f"404:{channel}:Unknown Channel")
        if not channel.startswith("/service/"):
            published = {name: message[name] for name in ("channel", "data", "id") if name in message}
            self.publish(session.owner, channel, [encode({"data": None, **published})])
        return success(message)

    # what they share

    def _only_connect(self, session: Session) -> bool:
        return session.ack or self.options.meta_connect_only

    def _flush(self, session: Session) -> None:
        if session.busy:
            return
        if session.push is not None and not self._only_connect(session):
            for text in self.take(session, connect=False):
                session.push(text)
        elif session.parked is not None:
            self._wake(session, session.parked)

    def _wake(self, session: Session, parked: Parked) -> None:
        session.parked = None
        parked.wake(self._turn(session, parked.message))

    def _turn(self, session: Session, message: Reply, *, first: bool = False, crowded: bool = False) -> Turn:
        texts = self.take(session, connect=True)
        reply, interval = success(message), 0.0
        if crowded:
            interval = self.options.crowd_interval
            reply["advice"] = {**self._advice(), "multiple-clients": True, "interval": round(interval * 1000)}
        elif first or message.get("advice"):
            reply["advice"] = self._advice()
        if session.ack:
            reply["ext"] = {"ack": session.batch}
        session.expires = self._clock() + self.options.max_interval + interval
        return Turn(texts, reply)

    def _crowded(self, session: Session) -> bool:
        if session.browser is None or self.options.max_sessions_per_browser < 0:
            return False
        neighbours = self._in.get(session.browser, set())
        polling = [other for other in neighbours if other is not session and other.parked is not None]
        return len(polling) >= self.options.max_sessions_per_browser

    def _drop(self, session: Session, advice: Reply | None) -> None:
        self.sessions.pop(session.id, None)
        self._of.get(session.owner, {}).pop(session.id, None)
        if session.browser is not None:
            self._in.get(session.browser, set()).discard(session)
        if session.parked is not None:
            parked, session.parked = session.parked, None
            parked.wake(Turn([], success(parked.message) | ({"advice": advice} if advice else {})))

    def _advice(self) -> Reply:
        interval, timeout = round(self.options.interval * 1000), round(self.options.hold * 1000)
        return {"reconnect": "retry", "interval": interval, "timeout": timeout}

    def _acknowledged(self, session: Session, message: Reply) -> None:
        extensions = message.get("ext")
        last = extensions.get("ack") if isinstance(extensions, dict) else None
        if session.ack and isinstance(last, int):
            session.unacknowledged = [each for each in session.unacknowledged if each[0] > last]


def _advised(message: Reply, hold: float) -> float:
    advice = message.get("advice")
    timeout = advice.get("timeout") if isinstance(advice, dict) else None
    return timeout / 1000 if isinstance(timeout, int | float) and 0 <= timeout <= hold * 1000 else hold
