"""How long the answer to a request and each of its notifications took."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.operation import Operation

RESPONSE = "response"


def timed(operation: Operation) -> tuple[str, ...]:
    """What is timed: the answer to the request, and the first notification of each kind after it was sent."""
    return (RESPONSE, *operation.kinds)


_CUTS = 100
_LONGEST = 1e9
"""Seconds: nothing takes thirty years."""
_FEW = 4096
"""So many numbers are sorted at once."""


def latencies(times: Mapping[str, Sequence[float]]) -> dict[str, dict[str, Any]]:
    """By what is timed: the number of chats and 101 quantiles (0 to 100 %) in seconds; none without a chat."""
    return {what: {"chats": len(taken), "quantiles": _quantiles(taken)} for what, taken in times.items()}


def times_of(conversation: Conversation) -> Iterator[tuple[str, float]]:
    """How long each thing that is timed took in a chat, in seconds to the microsecond; what never came is left out.

    Of a chat whose CometD session was disturbed there is nothing: what was late there may not have been sent late.
    """
    request, documented = conversation.request, conversation.operation.state
    if request is None or request.failure or not conversation.own_transport.is_clear:
        return
    ends = [(RESPONSE, [request.done])]
    for kind in conversation.operation.kinds:
        changes = conversation.status_changes if kind == notice.STATUS_CHANGE else None
        found = conversation.of(kind) if changes is None else [n for n in changes if n.state == documented]
        ends.append((kind, [n.at for n in found]))
    for what, moments in ends:
        # A journal that was made up may tell of any moment.
        if moments and abs(moments[0] - request.sent) < _LONGEST:
            yield what, round(moments[0] - request.sent, 6)


def _quantiles(times: Sequence[float]) -> list[float]:
    """As statistics.quantiles(method="inclusive") has them, and both ends; that keeps a copy of a million numbers."""
    if not times:
        return []
    last = len(times) - 1
    cuts = [divmod(cut * last, _CUTS) for cut in range(1, _CUTS)]
    found = _at(times, {0, last, *(p for place, _ in cuts for p in (place, min(place + 1, last)))})
    between = [(found[p] * (_CUTS - part) + found[min(p + 1, last)] * part) / _CUTS for p, part in cuts]
    return [round(seconds, 6) for seconds in (found[0], *between, found[last])]


def _at(times: Sequence[float], places: Collection[int]) -> dict[int, float]:
    """What stands at these places when they are sorted. Of many only those near the places are: it takes no memory."""
    if len(times) < _FEW:
        ascending = sorted(times)
        return {place: ascending[place] for place in places}
    edges = sorted(times[:: len(times) // _FEW])
    counts = [0] * (len(edges) + 1)
    for seconds in times:
        counts[bisect_right(edges, seconds)] += 1
    begins = [0, *accumulate(counts)]
    where = {place: bisect_right(begins, place) - 1 for place in places}
    near = {part: array("d") for part in where.values()}
    for seconds in times:
        part = bisect_right(edges, seconds)
        if part in near:
            near[part].append(seconds)
    ordered = {part: some if min(some) == max(some) else array("d", sorted(some)) for part, some in near.items()}
    return {place: ordered[part][place - begins[part]] for place, part in where.items()}
