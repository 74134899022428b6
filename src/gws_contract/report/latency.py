"""How long an Accept's answer and each of its notifications took."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation

WHAT = ("response", notice.STATUS_CHANGE, notice.PARTICIPANTS_UPDATED, notice.NEW_MESSAGES)
"""What is timed: the answer to the Accept, and the first notification of each kind after the Accept was sent."""
_CUTS = 100
_FEW, _HEAPS = 4096, 64
"""So many numbers are sorted at once; more of them, heap by heap."""


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
    """As statistics.quantiles(method="inclusive") has them, and both ends; that keeps a copy of a million numbers."""
    if not times:
        return []
    found, last = _ascending(times), len(times) - 1
    between = []
    for cut in range(1, _CUTS):
        place, part = divmod(cut * last, _CUTS)
        after = found[min(place + 1, last)]
        between.append((found[place] * (_CUTS - part) + after * part) / _CUTS)
    return [round(seconds, 6) for seconds in (found[0], *between, found[last])]


def _ascending(times: Sequence[float]) -> Sequence[float]:
    """All of them, sorted heap by heap: an array has 8 bytes for each, a list of numbers 32."""
    if len(times) < _FEW:
        return sorted(times)
    edges = sorted(times[:: len(times) // _FEW])[:: _FEW // _HEAPS]
    heaps = [array("d") for _ in range(len(edges) + 1)]
    for seconds in times:
        heaps[bisect_right(edges, seconds)].append(seconds)
    heaps.reverse()
    found = array("d")
    while heaps:
        found.extend(sorted(heaps.pop()))
    return found
