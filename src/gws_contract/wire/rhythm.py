"""When an observer polls again: as advised, later after broken polls, and never so fast that nothing else gets done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.wire.messages import Advice, Next

if TYPE_CHECKING:
    from collections.abc import Sequence

PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)
"""Seconds after each broken poll in a row; together below the 10 s after which CometD forgets a silent client."""
LONG = 10.0
"""In an advised pause of more seconds much may be missed: CometD itself forgets a client that is silent so long."""
LONGEST_FIRST = 120.0
"""Seconds that a server may hold the first connect, which asks not to be held."""
AT_ONCE = 0.05
"""A poll that is answered within so many seconds was not held."""
IDLE = 20
"""So many polls in a row may be answered at once and with nothing."""
BREATH = 0.1
"""Seconds after each further one."""


class Rhythm:
    """Of one observer."""

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        self._pauses = tuple(pauses)
        self.broken = 0
        """Polls in a row that came to nothing."""
        self._idle = 0

    def answered(self, seconds: float, *, empty: bool) -> None:
        """A poll was answered well after so many seconds; `empty`: nothing but the reply came."""
        self.broken = 0
        self._idle = self._idle + 1 if empty and seconds < AT_ONCE else 0

    def pause(self, following: Next, advice: Advice) -> float | None:
        """Seconds until the next step; None when too many polls came to nothing."""
        if following is Next.POLL:
            return max(advice.interval, BREATH) if self._idle >= IDLE else advice.interval
        self.broken += 1
        if self.broken > len(self._pauses):
            return None
        if following is Next.RETRY or self.broken > 1:
            return self._pauses[self.broken - 1]
        return advice.interval
