"""What a refused request must not have: the effect of an Accept."""

from __future__ import annotations

from collections.abc import Sequence

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.concluding import concluded
from gws_contract.notified import Notification


@concluded
def effects_before(conversation: Conversation) -> tuple[str, ...]:
    """The notifications of an accepted chat that followed refused requests, before the request was sent.

    What earlier agents of the chat hear of their own doings is none, nor what the customer says meanwhile.
    """
    request, tries = conversation.request, conversation.steps("refusal:")
    if request is None or not tries:
        return ()
    visitors = conversation.visitors
    until = min(e.sent for e in (request, *conversation.steps("say-during", "typing-during")))
    visits = [e.sent for e in conversation.steps("visit:accept")]
    return tuple(
        f"{n.kind} to {n.agent}"
        for n in conversation.notifications
        if n.at <= until and n.agent not in visitors and _says_accepted(n) and _follows(n.at, tries, visits)
    )


def _follows(moment: float, tries: Sequence[Exchange], visits: Sequence[float]) -> bool:
    """Whether a refused request came before this moment, and no earlier agent accepted the chat in between."""
    last = max((e.sent for e in tries if e.sent < moment), default=None)
    return last is not None and not any(last < visit < moment for visit in visits)


def _says_accepted(n: Notification) -> bool:
    if n.kind == notice.STATUS_CHANGE:
        return n.state == "Chatting"
    return n.kind == notice.NEW_MESSAGES or (n.kind == notice.PARTICIPANTS_UPDATED and n.state != "Invited")
