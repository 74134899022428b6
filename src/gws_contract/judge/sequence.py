"""Arrival, order and repetition of the three notifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted
from gws_contract.judge.concluding import concluded
from gws_contract.judge.customer import batches
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.refusal import delivered_itself

_OWN_SHARE = 0.1
"""Of the deadline. Whoever wakes later than this cannot say who was late: a sequence takes the client fewer than ten
turns (a request, polls one after the other, each heard before the next is sent), and every one of them is as late."""


@concluded
def firsts(conversation: Conversation) -> Mapping[str, Notification]:
    """The first StatusChange Chatting, ParticipantsUpdated and NewMessages after the Accept, as far as they came.

    A NewMessages with nothing but what the customer did during the Accept is live, and not the history.
    """
    candidates: dict[str, Sequence[Notification]] = {
        notice.STATUS_CHANGE: [n for n in conversation.status_changes if n.state == "Chatting"],
        notice.PARTICIPANTS_UPDATED: conversation.of(notice.PARTICIPANTS_UPDATED),
        notice.NEW_MESSAGES: batches(conversation)[0],
    }
    return {kind: found[0] for kind, found in candidates.items() if found}


def listed(conversation: Conversation, accept: Exchange) -> str:
    """What was received, in order, with seconds after the Accept was sent."""
    parts = [f"{_named(n)} (+{n.at - accept.sent:.3f} s)" for n in conversation.received[:8]]
    return ", ".join(parts) if parts else f"nothing of this chat in {conversation.header.deadline:g} s and to the end"


def _named(n: Notification) -> str:
    kind = n.kind or "another notification"
    return f"{kind} {n.state}" if kind == notice.STATUS_CHANGE and n.state != "Chatting" else kind


def arrives(conversation: Conversation, kind: str) -> None:
    """A notification of this kind came, at the latest by the end of the run."""
    accept = accepted(conversation)
    found = conversation.of(kind)
    if kind == notice.STATUS_CHANGE:
        found = conversation.status_changes
    elif kind == notice.NEW_MESSAGES:
        found = tuple(batches(conversation)[0])
    if not found:
        raise Broken(f"{kind} after the Accept", listed(conversation, accept))


def changes_to(conversation: Conversation, state: str) -> None:
    """Among the changes of state after the Accept is the documented one."""
    accepted(conversation)
    states = [n.state for n in conversation.status_changes]
    if not states:
        raise NotTestable("no StatusChange came")
    if state not in states:
        raise Broken(f"state {state}", "state " + ", ".join(str(s) for s in states))


def in_order(conversation: Conversation) -> None:
    """Those of the three that came, came in the order of the page."""
    accept = accepted(conversation)
    first = firsts(conversation)
    came = [first[kind] for kind in notice.DOCUMENTED if kind in first]
    if len(came) < 2:
        raise NotTestable("fewer than two of the three notifications came")
    received = sorted(came, key=lambda n: n.delivery.serial)
    if received != came:
        polls = {n.delivery.poll for n in came}
        words = ", ".join(f"{n.kind} (+{n.at - accept.sent:.3f} s)" for n in received)
        if conversation.own_transport.may_have_lost and len(polls) > 1:
            raise Hidden(f"{words}; but an earlier one of them may have been lost")
        raise Broken(", ".join(str(n.kind) for n in came), words, within_array=len(polls) == 1)


def in_time(conversation: Conversation) -> None:
    """Those of the three that came, came within the deadline."""
    accept = accepted(conversation)
    first, deadline = firsts(conversation), conversation.header.deadline
    if not first:
        raise NotTestable("none of the three notifications came")
    late = {kind: n.at - accept.sent for kind, n in first.items() if n.at - accept.sent > deadline}
    if late:
        words = ", ".join(f"{kind} after {seconds:.3f} s" for kind, seconds in late.items())
        lag = conversation.happenings.told.lag(accept.sent, accept.sent + max(late.values()))
        if lag > deadline * _OWN_SHARE:
            raise Hidden(f"{words}; but this client itself woke up to {lag:.3f} s too late meanwhile")
        raise Broken(f"within the deadline of {deadline:g} s", words)


def comes_once(conversation: Conversation, kind: str) -> None:
    """The same notification is not delivered twice within deadline and quiet period of the Accept.

    With the acknowledge extension a broken poll makes the server send its messages again: an exact, adjacent repetition
    is then no break (`bayeux.md` 1.4).
    """
    accept = accepted(conversation)
    if not _own(conversation, kind):
        raise NotTestable(f"no {kind} came")
    for before, n in repeated(conversation, kind):
        raise Broken(
            f"one {kind}",
            f"the same {kind} at +{before.at - accept.sent:.3f} s and at +{n.at - accept.sent:.3f} s",
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
    """Those of a kind that the Accept itself caused."""
    found = [n for n in conversation.of(kind) if n.at <= conversation.own_until]
    return [n for n in found if n.state == "Chatting"] if kind == notice.STATUS_CHANGE else found


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
