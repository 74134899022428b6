"""Bayeux messages: how they are written, read and understood. Pure (bayeux.md 1.1)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gws_contract import foreign

if TYPE_CHECKING:
    from gws_contract.wire.answer import Answer

Message = Mapping[str, Any]

DEFAULT_HOLD = 30.0
"""Seconds a server holds a poll when it advises nothing: CometD's default."""

_LONGEST = 86_400.0
"""No advised time is believed beyond a day: sockets and events have limits of their own."""


class ObserverError(Exception):
    """A CometD session could not be begun; the message says what was tried and what was received."""


class RefusedError(ObserverError):
    """The server answered, and the answer was no."""


class UnreadableError(Exception):
    """No Bayeux messages came. `what` is the incident (see `journal.Incident`), the message its sentence."""

    def __init__(self, what: Literal["poll-broken", "too-large", "not-json"], detail: str) -> None:
        super().__init__(detail)
        self.what = what


@dataclass(frozen=True, slots=True)
class Advice:
    """The newest advice of a server, in seconds. It replaces what was advised before, it does not merge."""

    reconnect: Literal["retry", "handshake", "none"] = "retry"
    timeout: float | None = None
    interval: float = 0.0
    multiple_clients: bool = False

    @property
    def hold(self) -> float:
        """Seconds to expect a poll to be held."""
        return DEFAULT_HOLD if self.timeout is None else self.timeout


class Next(enum.Enum):
    """What an observer does after the reply to a poll."""

    POLL = "poll again"
    RETRY = "poll again, but something is wrong"
    HANDSHAKE = "the session is lost: begin a new one"
    STOP = "the server wants no more polls"


def read(answer: Answer) -> tuple[Message, ...]:
    """The messages of an answer, in its order. Raises UnreadableError."""
    if answer.failure is not None:
        raise UnreadableError("too-large" if answer.too_large else "poll-broken", answer.failure)
    if answer.status != 200:
        raise UnreadableError("poll-broken", f"The answer has status {answer.status}, not 200.")
    return parse(answer.body or b"")


def parse(body: bytes) -> tuple[Message, ...]:
    """The messages of a body: an array, or one object (which some servers send). Raises UnreadableError.

    Strict where json is lenient: UTF-8 only, no byte order mark, no NaN and no Infinity.
    """
    try:
        value = foreign.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableError("not-json", f"The body is not UTF-8: byte {error.start} cannot be decoded.") from error
    except foreign.TooMuchError as error:
        raise UnreadableError("too-large", f"The body is more than is read: {error}.") from error
    except ValueError as error:
        raise UnreadableError("not-json", f"The body is not JSON: {error}.") from error
    items = value if isinstance(value, list) else [value]
    for position, item in enumerate(items):
        if not isinstance(item, dict):
            raise UnreadableError("not-json", f"The body holds no Bayeux message at position {position}.")
    return tuple(items)


def advised(message: Message) -> Advice | None:
    """The advice of a message, None if it has none. What is malformed counts as not said."""
    advice = message.get("advice")
    if not isinstance(advice, dict):
        return None
    reconnect = advice.get("reconnect")
    return Advice(
        reconnect=reconnect if reconnect in ("retry", "handshake", "none") else "retry",
        timeout=_seconds(advice.get("timeout")),
        interval=_seconds(advice.get("interval")) or 0.0,
        multiple_clients=bool(advice.get("multiple-clients")),
    )


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not milliseconds >= 0:
        return None
    return min(milliseconds, _LONGEST * 1000) / 1000


def is_delivery(message: Message) -> bool:
    """Whether a message is an event: not of /meta/, and with data or at least without the `successful` of a reply."""
    channel = message.get("channel")
    if isinstance(channel, str) and channel.startswith("/meta/"):
        return False
    return "data" in message or "successful" not in message


def replies(messages: Iterable[Message], channel: str) -> list[Message]:
    """The replies on one meta channel; their place among the events is free (bayeux.md 1.2)."""
    return [message for message in messages if message.get("channel") == channel]


def succeeded(reply: Message) -> bool:
    """Whether it says so with the JSON value true; a string is none."""
    return reply.get("successful") is True


def reason(reply: Message) -> str:
    """What a refusing reply says, for people. Nothing is decided on it: there are three dialects (bayeux.md 0.10)."""
    error = reply.get("error")
    return error if isinstance(error, str) and error else "no reason given"


def refusal(answers: Sequence[Message], asked: int) -> str | None:
    """Why the replies to a number of messages are not all a success; None if they are."""
    for reply in answers:
        if not succeeded(reply):
            return reason(reply)
    if len(answers) < asked:
        return "the answer holds no reply to it"
    if answers[0].get("channel") != "/meta/handshake":
        return None
    if not isinstance(answers[0].get("clientId"), str):
        return "the reply has no clientId"
    offered = answers[0].get("supportedConnectionTypes")
    if isinstance(offered, list) and "long-polling" not in offered:
        return "the server does not offer long-polling"
    return None


def unanswered(what: str, answer: Answer, error: UnreadableError, agent: str) -> ObserverError:
    """The sentence for a step that no Bayeux message answered; what may pass by itself is not a refusal."""
    if answer.status is None or answer.status >= 500:
        return ObserverError(f"{what} failed. {error}")
    hint = {
        401: f"are the credentials of {agent} right?",
        403: f"may {agent} use CometD, and does the server want a CSRF token of an earlier GET?",
        404: "is the path of CometD right?",
    }.get(answer.status)
    if hint is not None:
        return RefusedError(f"{what} was answered {answer.status}; {hint}")
    kind = answer.headers.get("content-type", "no content type")
    return RefusedError(f"{what} was answered {answer.status} with {kind}. {error}")


def after(reply: Message, advice: Advice) -> Next:
    """What follows from the reply to a poll.

    `advice` is the newest; a refusal heeds only the advice it brings itself, and without any it ends the session.
    """
    if succeeded(reply):
        return {"retry": Next.POLL, "handshake": Next.HANDSHAKE, "none": Next.STOP}[advice.reconnect]
    own = reply.get("advice")
    said = own.get("reconnect") if isinstance(own, dict) else None
    if said == "retry":
        return Next.RETRY
    return Next.STOP if said == "none" else Next.HANDSHAKE


def acknowledged(reply: Message) -> int | None:
    """The id of the batch that a poll's reply closes, in the acknowledge extension (bayeux.md 1.4)."""
    ext = reply.get("ext")
    ack = ext.get("ack") if isinstance(ext, dict) else None
    return ack if isinstance(ack, int) and not isinstance(ack, bool) else None


def offers_ack(reply: Message) -> bool:
    """Whether the reply to a handshake takes part in the acknowledge extension."""
    ext = reply.get("ext")
    return isinstance(ext, dict) and bool(ext.get("ack"))


def handshake() -> dict[str, Any]:
    """A handshake that asks for long-polling and for acknowledgement."""
    return {
        "channel": "/meta/handshake",
        "version": "1.0",
        "minimumVersion": "1.0",
        "supportedConnectionTypes": ["long-polling"],
        "ext": {"ack": True},
    }


def connect(client: str, *, ack: int | None, at_once: bool = False) -> dict[str, Any]:
    """A poll. `ack` is the last batch received, None without the extension; `at_once` asks not to be held."""
    message: dict[str, Any] = {"channel": "/meta/connect", "clientId": client, "connectionType": "long-polling"}
    if at_once:
        message["advice"] = {"timeout": 0}
    if ack is not None:
        message["ext"] = {"ack": ack}
    return message


def subscriptions(client: str, topics: Sequence[str]) -> list[dict[str, Any]]:
    """A subscription to each of the topics."""
    return [{"channel": "/meta/subscribe", "clientId": client, "subscription": topic} for topic in topics]


def disconnect(client: str) -> dict[str, Any]:
    """The end of the session; a server answers the pending poll upon it."""
    return {"channel": "/meta/disconnect", "clientId": client}
