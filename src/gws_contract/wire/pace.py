"""No more than so many requests a second, over all connections of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep


class Pace:
    """Called before each request; waits until it may be sent. Polls are not counted: they wait for the server."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], object] = sleep,
    ) -> None:
        """`rate` is requests a second."""
        self._gap, self._clock, self._wait = 1 / rate, clock, wait
        self._lock = threading.Lock()
        self._next = 0.0

    def __call__(self) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._wait(turn - now)
