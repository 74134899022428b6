"""Arrival, order and repetition of the notifications of an operation."""

from __future__ import annotations

from collections.abc import Iterator

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.answer import carried_out
from gws_contract.judge.arrivals import came, came_too_late, firsts
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.refusal import delivered_itself
from gws_contract.notified import Notification

_OWN_SHARE = 0.1
"""Of the deadline. Whoever wakes later than this cannot say who was late: a sequence takes the client fewer than ten
turns (a request, polls one after the other, each heard before the next is sent), and every one of them is as late."""


def listed(conversation: Conversation, request: Exchange) -> str:
    """What was received, in order, with seconds after the request was sent."""
    state = conversation.operation.state
    parts = [f"{_named(n, state)} (+{n.at - request.sent:.3f} s)" for n in conversation.received[:8]]
    return ", ".join(parts) if parts else f"nothing of this chat in {conversation.header.deadline:g} s and to the end"


def _named(n: Notification, documented: str | None) -> str:
    kind = n.kind or "another notification"
    return f"{kind} {n.state}" if kind == notice.STATUS_CHANGE and n.state != documented else kind


def arrives(conversation: Conversation, kind: str) -> None:
    """A notification of this kind came, at the latest by the end of the run."""
    request = carried_out(conversation)
    if came(conversation, kind):
        return
    if came_too_late(conversation, kind):
        raise NotTestable(f"a {kind} came only after the next operation of the agent, which may have caused it")
    raise Broken(f"{kind} after the {conversation.operation.name}", listed(conversation, request))


def changes_to(conversation: Conversation, state: str) -> None:
    """Among the changes of state after the request is the documented one."""
    carried_out(conversation)
    states = [n.state for n in conversation.status_changes]
    if not states:
        raise NotTestable("no StatusChange came")
    if state not in states:
        raise Broken(f"state {state}", "state " + ", ".join(str(s) for s in states))


def in_order(conversation: Conversation) -> None:
    """Those of the sequence that came, came in the order of the page."""
    request = carried_out(conversation)
    first = firsts(conversation)
    as_printed = list(first.values())
    if len(as_printed) < 2:
        raise NotTestable(f"fewer than two of the {conversation.operation.brings} came")
    received = sorted(as_printed, key=lambda n: n.delivery.serial)
    if received != as_printed:
        polls = {n.delivery.poll for n in as_printed}
        words = ", ".join(f"{n.kind} (+{n.at - request.sent:.3f} s)" for n in received)
        if conversation.own_transport.may_have_lost and len(polls) > 1:
            raise Hidden(f"{words}; but an earlier one of them may have been lost")
        raise Broken(", ".join(str(n.kind) for n in as_printed), words, within_array=len(polls) == 1)


def in_time(conversation: Conversation) -> None:
    """Those of the sequence that came, came within the deadline."""
    request = carried_out(conversation)
    first, deadline = firsts(conversation), conversation.header.deadline
    if not first:
        raise NotTestable(conversation.operation.brought_nothing)
    late = {kind: n.at - request.sent for kind, n in first.items() if n.at - request.sent > deadline}
    if late:
        words = ", ".join(f"{kind} after {seconds:.3f} s" for kind, seconds in late.items())
        lag = conversation.happenings.told.lag(request.sent, request.sent + max(late.values()))
        if lag > deadline * _OWN_SHARE:
            raise Hidden(f"{words}; but this client itself woke up to {lag:.3f} s too late meanwhile")
        raise Broken(f"within the deadline of {deadline:g} s", words)


def comes_once(conversation: Conversation, kind: str) -> None:
    """The same notification is not delivered twice within deadline and quiet period of the request.

    With the acknowledge extension a broken poll makes the server send its messages again: an exact, adjacent repetition
    is then no break (`bayeux.md` 1.4).
    """
    request = carried_out(conversation)
    if not _own(conversation, kind):
        raise NotTestable(f"no {kind} came")
    for before, n in repeated(conversation, kind):
        raise Broken(
            f"one {kind}",
            f"the same {kind} at +{before.at - request.sent:.3f} s and at +{n.at - request.sent:.3f} s",
            within_array=before.delivery.poll == n.delivery.poll,
        )


def repeated(conversation: Conversation, kind: str) -> Iterator[tuple[Notification, Notification]]:
    """Each notification of a kind that `comes_once` does not allow, behind the one that it repeats."""
    resent = conversation.own_transport.ack and conversation.own_transport.poll_broken
    seen: dict[str, Notification] = {}
    own = _own(conversation, kind)
    for n in own if len(own) > 1 else ():
        before = seen.get(n.canonical)
        if before is not None and not (resent and n.delivery.poll - before.delivery.poll <= 1):
            yield before, n
        seen[n.canonical] = n


def _own(conversation: Conversation, kind: str) -> list[Notification]:
    """Those of a kind that the operation itself caused."""
    found = [n for n in conversation.of(kind) if n.at <= conversation.own_until]
    state = conversation.operation.by_kind[kind].state
    return found if state is None else [n for n in found if n.state == state]


def does_not_return(conversation: Conversation) -> None:
    """After the change to Chatting the chat is not Invited again."""
    delivered_itself(conversation)
    chatting = firsts(conversation).get(notice.STATUS_CHANGE)
    if chatting is None:
        raise NotTestable("the chat did not change to Chatting")
    for n in conversation.of(notice.STATUS_CHANGE):
        if n.state == "Invited" and n.delivery.serial > chatting.delivery.serial and n.at <= conversation.horizon:
            if conversation.own_transport.repeating:
                raise Hidden("Invited came after Chatting, but it may have been sent again")
            raise Broken("Chatting until the chat ends", f"Invited at +{n.at - chatting.at:.3f} s after Chatting")
