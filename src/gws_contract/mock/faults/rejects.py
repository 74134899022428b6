"""Faults of Reject: its answer, its notification, and to whom the chat is offered then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gws_contract.mock.alterations import (
    STATUS,
    Answered,
    Edit,
    Intercepted,
    Sequenced,
    drop,
    failure,
    json_body,
    of,
    put,
    raw_body,
)
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation

_OTHER = "0000NoSuchChat0X"
_CAN_REJECT = "accept.overview.reject"
_REJECT = of("reject")


class _Late(Variation):
    """Tells of a Reject after two seconds, and offers the chat again when that is told."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if _REJECT(cause):
            return [replace(n, after=2.0) for n in notices]
        again = cause.operation == "offer" and cause.chat.rejected
        return [replace(n, after=2.5) for n in notices] if again else notices


class _Leak(Variation):
    """Tells agents of a Reject who have nothing to do with the chat."""

    def __init__(self) -> None:
        self.agents: set[str] = {"agent1", "agent2", "agent3", "agent4"}

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        self.agents |= {notice.to for notice in notices}
        if not _REJECT(cause):
            return notices
        others = sorted(self.agents - set(cause.chat.states))
        return [*notices, *(replace(n, to=name) for n in notices for name in others)]


class _ToTheNext(Variation):
    """Tells of a Reject the agent who is invited then, and not the one who rejected."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        invited = cause.chat.invited
        return [replace(n, to=invited[0]) for n in notices if invited] if _REJECT(cause) else notices


class _Others(set[str]):
    """Of the agents who avoid a chat: everybody but one."""

    def __init__(self, but: str) -> None:
        super().__init__()
        self._but = but

    def __contains__(self, name: object) -> bool:
        return name != self._but


class _ComesBack(Variation):
    """Offers a rejected chat to the agent who rejected it."""

    def intercept(self, request: Request) -> Answer | None:
        chat, agent = request.chat, request.agent
        if request.operation == "Reject" and chat is not None and agent is not None and agent in chat.invited:
            chat.avoided = _Others(agent)
        return None


def _on_channel(own: list[Notice]) -> list[Notice]:
    return [replace(n, channel="/v2/me/calls") for n in own]


def _unwrapped(own: list[Notice]) -> list[Notice]:
    return [replace(n, message={"channel": n.channel, **n.data}) for n in own]


def faults() -> Iterator[Fault]:
    """In the order of the record."""
    yield from _answers()
    yield from _notifications()
    yield fault(
        "rejected-chat-comes-back",
        "A rejected chat is offered to the agent who rejected it, though others are ready.",
        "overview.presented",
        _ComesBack,
        of="reject",
    )


def _answers() -> Iterator[Fault]:
    yield fault(
        "reject-url-unknown",
        "The URL of a Reject is answered HTTP 404 without statusCode.",
        "request.url",
        Intercepted("Reject", Answer(404, b"Not Found", {"Content-Type": "text/plain"})),
        of="reject",
        besides=_CAN_REJECT,
    )
    yield fault(
        "reject-method-not-allowed",
        "A Reject with POST is answered HTTP 405.",
        "request.method",
        Intercepted("Reject", Answer(405, b"", {"Allow": "GET"})),
        of="reject",
        besides=_CAN_REJECT,
    )
    yield fault(
        "reject-body-not-understood",
        "The documented body of a Reject is answered HTTP 400 with statusCode 1.",
        "request.body",
        Intercepted("Reject", failure(400, 1, "Required parameter missing")),
        of="reject",
        besides=_CAN_REJECT,
    )
    yield fault(
        "reject-refused-with-200",
        "Reject is answered HTTP 200 with statusCode 4.",
        "overview.rejects",
        Answered(json_body({"statusCode": 4, "statusMessage": "Internal error"}), _REJECT),
        of="reject",
        besides=_CAN_REJECT,
    )
    answered = {
        "page": ("Reject is answered with a page.", raw_body(b"<html>Rejected</html>", None, "text/html")),
        "word": ("Reject is answered with a member that no page tells of.", json_body({"result": "ok"})),
        "text": ("The status of a rejected chat is a text.", json_body({"status": "success"})),
    }
    for name, (says, change) in answered.items():
        yield fault(f"reject-answered-with-{name}", says, "response.success", Answered(change, _REJECT), of="reject")
    yield fault(
        "reject-http-500-with-status-0",
        "A Reject that is carried out is answered HTTP 500 with status 0.",
        "response.http-200",
        Answered(json_body({"status": 0}, 500), _REJECT),
        of="reject",
        besides=_CAN_REJECT,
    )
    yield fault(
        "reject-http-202",
        "Reject is answered HTTP 202.",
        "response.http-200",
        Answered(lambda answer: replace(answer, status=202), _REJECT),
        of="reject",
    )
    yield fault(
        "reject-content-type-html",
        "The JSON of the answer to Reject is labelled text/html.",
        "response.content-type",
        Answered(lambda answer: replace(answer, headers={"Content-Type": "text/html"}), _REJECT),
        of="reject",
    )
    yield fault(
        "reject-message-with-success",
        "The success of a Reject comes with a statusMessage.",
        "response.no-message",
        Answered(json_body({"statusCode": 0, "statusMessage": "OK"}), _REJECT),
        of="reject",
    )


def _notifications() -> Iterator[Fault]:
    yield fault(
        "reject-on-wrong-channel",
        "The StatusChange of a Reject comes on the channel /v2/me/calls.",
        "delivery.channel",
        Sequenced(_on_channel, caused=_REJECT),
        of="reject",
    )
    yield fault(
        "reject-not-wrapped",
        "The StatusChange of a Reject stands in the message itself, without data.",
        "delivery.data",
        Sequenced(_unwrapped, caused=_REJECT),
        of="reject",
    )
    yield fault(
        "everybody-hears-a-reject",
        "Every agent receives the StatusChange of a Reject.",
        "delivery.addressee",
        _Leak,
        of="reject",
        besides="accept.delivery.addressee",
    )
    yield fault(
        "reject-told-late",
        "The StatusChange of a Reject comes after two seconds, and the next offer later still.",
        "notification.timely",
        _Late,
        of="reject",
    )
    arrives = "status-change.arrives"
    yield fault(
        "reject-not-told",
        "The StatusChange of a Reject never comes.",
        arrives,
        Sequenced(lambda _: [], caused=_REJECT),
        of="reject",
    )
    yield fault(
        "reject-told-to-the-next",
        "The StatusChange of a Reject goes to the agent who is invited then.",
        arrives,
        _ToTheNext,
        of="reject",
    )
    yield fault(
        "reject-told-twice",
        "The StatusChange of a Reject comes twice.",
        "status-change.once",
        Sequenced(lambda own: [*own, *own], caused=_REJECT),
        of="reject",
    )
    edits = {
        "message-type": ("The messageType of a Reject's StatusChange is that of other messages.", "message-type"),
        "notification-type": ("The notificationType of a Reject is in other case.", "notification-type"),
        "reference-id": ("The referenceId of a Reject is a text.", "reference-id"),
        "participants": ("The participants of a rejected chat are a text.", "participants"),
        "left": ("A rejected chat changes to LeftChat.", "state"),
        "id": ("The StatusChange of a Reject has the id of another chat.", "chat-id"),
        "uri": ("The StatusChange of a Reject has the uri of another chat.", "uri"),
    }
    changes = {
        "message-type": put("messageType", "CallStateChangeMessage"),
        "notification-type": put("notificationType", "statusChange"),
        "reference-id": put("referenceId", "5"),
        "participants": put("chat.participants", "nobody"),
        "left": put("chat.state", "LeftChat"),
        "id": put("chat.id", _OTHER),
        "uri": put("chat.uri", f"http://localhost/api/v2/chats/{_OTHER}"),
    }
    for name, (says, section) in edits.items():
        edit = Edit(STATUS, changes[name], caused=_REJECT)
        yield fault(f"reject-with-wrong-{name}", says, f"status-change.{section}", edit, of="reject")
    yield fault(
        "reject-without-participants",
        "The StatusChange of a Reject has no participants.",
        "status-change.members",
        Edit(STATUS, drop("chat.participants"), caused=_REJECT),
        of="reject",
    )
    yield fault(
        "reject-without-id",
        "The StatusChange of a Reject has no chat.id.",
        "status-change.chat-id",
        Edit(STATUS, drop("chat.id"), caused=_REJECT),
        of="reject",
    )
