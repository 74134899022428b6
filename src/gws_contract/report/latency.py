"""How long an Accept's answer and each of its notifications took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import quantiles
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation

WHAT = ("response", notice.STATUS_CHANGE, notice.PARTICIPANTS_UPDATED, notice.NEW_MESSAGES)
"""What is timed: the answer to the Accept, and the first notification of each kind after the Accept was sent."""
_CUTS = 100


def latencies(times: Mapping[str, Sequence[float]]) -> dict[str, dict[str, Any]]:
    """By what is timed: the number of chats and 101 quantiles (0 to 100 %) in seconds; none without a chat."""
    return {what: {"chats": len(taken), "quantiles": _quantiles(taken)} for what, taken in times.items()}


def times_of(conversation: Conversation) -> Iterator[tuple[str, float]]:
    """How long each thing that is timed took in a chat, in seconds; what never came is left out.

    Of a chat whose CometD session was disturbed there is nothing: what was late there may not have been sent late.
    """
    accept = conversation.accept
    if accept is None or accept.failure or not conversation.own_transport.is_clear:
        return
    yield "response", accept.done - accept.sent
    changes = [n for n in conversation.status_changes if n.state == "Chatting"]
    for kind, found in (
        (notice.STATUS_CHANGE, changes),
        (notice.PARTICIPANTS_UPDATED, conversation.of(notice.PARTICIPANTS_UPDATED)),
        (notice.NEW_MESSAGES, conversation.of(notice.NEW_MESSAGES)),
    ):
        if found:
            yield kind, found[0].at - accept.sent


def _quantiles(times: Sequence[float]) -> list[float]:
    if not times:
        return []
    between = quantiles(times, n=_CUTS, method="inclusive") if len(times) > 1 else [times[0]] * (_CUTS - 1)
    return [round(seconds, 6) for seconds in (min(times), *between, max(times))]
