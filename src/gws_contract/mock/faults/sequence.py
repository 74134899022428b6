"""Faults of arrival, order, repetition and addressing of the three notifications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gws_contract.mock.alterations import (
    LOG,
    PEOPLE,
    STATUS,
    Edit,
    Sequenced,
    Set,
    drop,
    is_own,
    kind,
    of_accept,
    put,
)
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Cause, Combined, Notice, Variation

_OTHER = "0000NoSuchChat0X"


class _Late(Variation):
    """Keeps notifications of an Accept back until the chat is completed."""

    def __init__(self, which: str) -> None:
        self.which = which
        self.kept: dict[str, list[Notice]] = {}

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if of_accept(cause) and cause.agent is not None:
            held = [n for n in notices if kind(n) == self.which and is_own(n, cause)]
            self.kept[cause.chat.id] = held
            return [n for n in notices if n not in held]
        if cause.operation == "complete":
            return [*self.kept.pop(cause.chat.id, ()), *notices]
        return notices


class _OfferWithoutReject(Variation):
    """Invitations can be accepted only."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if cause.operation != "offer":
            return notices
        only = {"capabilities": ["Accept"]}
        return [replace(n, data={**n.data, "chat": {**n.data["chat"], **only}}) for n in notices]


class _Leak(Variation):
    """Sends the notifications of an Accept to every other agent as well."""

    def __init__(self, which: tuple[str, ...]) -> None:
        self.which = which
        self.agents: set[str] = {"agent1", "agent2", "agent3", "agent4"}

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        self.agents |= {notice.to for notice in notices}
        if not of_accept(cause):
            return notices
        others = self.agents - set(cause.chat.states)
        leaked = [replace(n, to=name) for n in notices if kind(n) in self.which for name in sorted(others)]
        return [*notices, *leaked]


def _reordered(*order: int) -> Variation:
    return Sequenced(lambda own: [own[position] for position in order])


def _in_one_array(*order: int) -> Variation:
    return Combined((Set({"together": True}), _reordered(*order)))


def _on_channel(channel: str, *which: str) -> Variation:
    return Sequenced(lambda own: [replace(n, channel=channel) if kind(n) in which else n for n in own])


def _unwrapped(notice: Notice) -> Notice:
    return replace(notice, message={"channel": notice.channel, **notice.data})


def _wrapped_twice(notice: Notice) -> Notice:
    return replace(notice, message={"channel": notice.channel, "data": {"data": notice.data}})


def _again(notices: Sequence[Notice], which: str) -> list[Notice]:
    return [copy for n in notices for copy in ([n, n] if kind(n) == which else [n])]


def _invited_again(own: list[Notice]) -> list[Notice]:
    chat = {**own[0].data["chat"], "state": "Invited", "capabilities": ["Accept", "Reject"]}
    return [*own, replace(own[0], data={**own[0].data, "chat": chat})]


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    yield fault("offer-without-reject", "An invitation offers Accept only.", "overview.offer", _OfferWithoutReject())
    arrives = "status-change.arrives participants.arrives history.arrives"
    yield fault("silence", "None of the three notifications comes.", arrives, Sequenced(lambda _: []), "F12 N01")
    yield fault("status-change-lost", "The StatusChange never comes.", "status-change.arrives", _reordered(1, 2), "F19")
    yield fault(
        "participants-lost", "The ParticipantsUpdated never comes.", "participants.arrives", _reordered(0, 2), "F20 N04"
    )
    yield fault("history-lost", "The history never comes.", "history.arrives", _reordered(0, 1), "F21")
    yield fault(
        "history-names-no-chat",
        "The history names no chat.",
        "history.arrives",
        Edit(LOG, drop("chatUri")),
    )
    yield fault(
        "history-of-another-chat",
        "The history names another chat.",
        "history.arrives",
        Edit(LOG, put("chatUri", f"http://localhost/api/v2/chats/{_OTHER}")),
        "F31 N08",
    )
    order = "notifications.order"
    yield fault("participants-first", "ParticipantsUpdated comes first.", order, _reordered(1, 0, 2), "F15 N02")
    yield fault("history-first", "The history comes first.", order, _reordered(2, 0, 1), "F16 N03")
    yield fault("history-second", "The history comes before the participants.", order, _reordered(0, 2, 1), "F16")
    yield fault("reversed", "The three come in reverse.", order, _reordered(2, 1, 0), "F16")
    yield fault(
        "reversed-in-one-array", "The three come in reverse in one answer.", order, _in_one_array(2, 1, 0), "F18"
    )
    timely = "notifications.timely"
    yield fault(
        "status-change-late",
        "The StatusChange comes only when the chat ends.",
        f"{timely} {order}",
        lambda: _Late(STATUS),
        "F28",
    )
    yield fault("history-late", "The history comes only when the chat ends.", timely, lambda: _Late(LOG), "F27 F28 N15")
    yield fault(
        "status-change-twice",
        "The StatusChange comes twice.",
        "status-change.once",
        Sequenced(lambda own: _again(own, STATUS)),
        "F22 N05",
    )
    yield fault(
        "participants-twice",
        "The ParticipantsUpdated comes twice.",
        "participants.once",
        Sequenced(lambda own: _again(own, PEOPLE)),
    )
    yield fault(
        "history-twice",
        "The history comes twice.",
        "history.once",
        Sequenced(lambda own: _again(own, LOG)),
        "F24",
    )
    yield fault(
        "everything-twice",
        "The whole sequence comes twice.",
        "status-change.once participants.once history.once",
        Sequenced(lambda own: [*own, *own]),
        "F23 N16",
    )
    yield fault(
        "invited-again",
        "After Chatting the chat is Invited again.",
        "status-change.final",
        Sequenced(_invited_again),
        "F26",
    )
    for which, name in ((STATUS, "status-change"), (PEOPLE, "participants"), (LOG, "history")):
        yield fault(
            f"{name}-on-wrong-channel",
            f"The {which} comes on the channel /v2/me/calls.",
            "delivery.channel",
            _on_channel("/v2/me/calls", which),
            "F29",
        )
    yield fault(
        "not-wrapped",
        "The notification stands in the message itself, without data.",
        "delivery.data",
        Sequenced(lambda own: [_unwrapped(n) for n in own]),
        "F30",
    )
    yield fault(
        "wrapped-twice",
        "The notification stands in data of data.",
        "delivery.data",
        Sequenced(lambda own: [_wrapped_twice(n) for n in own]),
        "F30",
    )
    addressee = "delivery.addressee"
    yield fault(
        "everybody-hears-it",
        "Every agent receives the sequence.",
        addressee,
        lambda: _Leak((STATUS, PEOPLE, LOG)),
        "F34",
    )
    yield fault("everybody-reads-it", "Every agent receives the history.", addressee, lambda: _Leak((LOG,)), "F34")
