"""What came of the notifications that an operation brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.concluding import concluded
from gws_contract.judge.customer import batches
from gws_contract.notified import Notification
from gws_contract.operation import Expected


def came(conversation: Conversation, kind: str) -> Sequence[Notification]:
    """Those of a kind that the operation may have caused.

    A NewMessages with nothing but what the customer did during the Accept is live, and not the history.
    """
    if kind == notice.STATUS_CHANGE:
        return conversation.status_changes
    return batches(conversation)[0] if conversation.operation.by_kind[kind].history else conversation.of(kind)


@concluded
def firsts(conversation: Conversation) -> Mapping[str, Notification]:
    """The first notification of each kind that the operation brings, as far as they came; in the order of the page.

    Of Accept: the first StatusChange Chatting, ParticipantsUpdated and NewMessages.
    """
    found = {each.kind: _documented(conversation, each) for each in conversation.operation.sequence}
    return {kind: documented[0] for kind, documented in found.items() if documented}


def _documented(conversation: Conversation, expected: Expected) -> Sequence[Notification]:
    found = came(conversation, expected.kind)
    return found if expected.state is None else [n for n in found if n.state == expected.state]


def came_too_late(conversation: Conversation, kind: str) -> bool:
    """Whether one came only when another operation of the same agent may have caused it."""
    state = conversation.operation.by_kind[kind].state
    later = (n for n in conversation.heard if n.at > conversation.horizon and n.kind == kind)
    return bool(conversation.operation.until_own) and any(state is None or n.state == state for n in later)
