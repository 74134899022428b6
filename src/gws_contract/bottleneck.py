"""Whether a load run's client kept up with the load. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gws_contract.records import Load

_SHARE = 0.98
"""Of the chats that were due, so many have to be offered."""
_LAG = 1.0
"""Seconds."""


def bottleneck(loads: Sequence[Load]) -> str | None:
    """A sentence if the client could not keep up with the load it was to offer, else None."""
    if not loads:
        return None
    due, offered = loads[-1].due, loads[-1].offered
    if offered < _SHARE * due:
        return f"The client was the bottleneck: it offered {offered:,} of the {due:,} chats that were due."
    lag = max(load.lag for load in loads)
    if lag >= _LAG:
        return f"The client was the bottleneck: it woke up to {lag:.1f} s too late."
    return None
