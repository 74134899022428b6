"""Was it the client that could not keep up, and not the server? Pure: read from what a load run says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from gws_contract.records import Load

LAG = 1.0
"""Seconds. A tenth of the default deadline: a sequence takes a client fewer than ten turns, so that one who wakes later
than this may be the cause of all the lateness there is."""


def bottleneck(loads: Iterable[Load]) -> str | None:
    """A sentence that says how the client was the bottleneck of a load run; None if it kept up.

    It did not if it woke more than LAG too late, or if at the end of a second it had not even offered what was due a
    second before: of the rate that was asked for a server then never saw the whole. `loads` are those of one shard, in
    the order of its journal.
    """
    told = list(loads)
    lag = max((load.lag for load in told), default=0.0)
    behind = max((before.due - load.offered for before, load in pairwise(told)), default=0)
    reasons = [f"it woke up to {lag:.1f} s too late"] if lag > LAG else []
    if behind > 0:
        chats = f"{behind} chat{'' if behind == 1 else 's'}"
        reasons.append(f"it had not offered {chats} more than a second after they were due")
    return f"The client was the bottleneck: {' and '.join(reasons)}." if reasons else None
