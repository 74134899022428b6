"""How long requests may take once a run has to end: first those under way, then those that clear up.

A server that hangs must not keep a run from ending in time. So a run that is told to hurry lets what is under way go on
for a moment, then shuts its sockets; what clears up goes over new connections, without patience, and has its own time.
"""

from __future__ import annotations

import contextlib
import math
import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gws_contract.wire.sockets import Sockets

Purpose = Literal["work", "clear up", "log out", "poll"]
"""What a request is for. The poll of an observer goes on until the observer is closed."""

ENDS: dict[Purpose, float] = {"work": 0.75, "clear up": 2.0, "log out": 3.25, "poll": 3.25}
"""Seconds after a run was told to hurry, until which its requests may take."""
SILENCE = 0.5
"""Seconds of silence that are then allowed to each request that clears up or logs out."""
_SLOW = 0.5
"""Seconds after which a request that is under way is worth a word."""
CUT = "The run ended before an answer came."


@dataclass(eq=False, slots=True)
class _UnderWay:
    """One request."""

    purpose: Purpose
    sockets: Sockets
    what: str
    since: float


class Leash:
    """One for all connections of a run; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[_UnderWay] = set()
        self.pending = ""
        """What had not been answered for the longest time when the run had to end, in a sentence."""
        self._begun: float | None = None
        self._hurried = threading.Event()
        self._over = threading.Event()
        self._cutter = threading.Thread(target=self._cut, name="leash", daemon=True)

    @property
    def hurried(self) -> bool:
        """Whether the run has to end."""
        return self._begun is not None

    def hurry(self) -> None:
        """The run has to end: from now on everything is over when ENDS says so. May be called again.

        Whatever is under way has the time of work, even what clears up: it was patient until now.
        """
        with self._lock:
            if self._begun is not None or self._over.is_set():
                return
            self._begun = now = monotonic()
            asked = [each for each in self._under_way if each.purpose != "poll"]
            for each in asked:
                each.purpose = "work"
            oldest = min(asked, key=lambda each: each.since, default=None)
            if oldest is not None and now - oldest.since >= _SLOW:
                self.pending = f"{oldest.what} had not been answered for {now - oldest.since:.1f} s."
            self._cutter.start()
        self._hurried.set()

    def release(self) -> None:
        """The run is over: nothing is cut any more."""
        with self._lock:
            self._over.set()
            begun = self._begun is not None
        if begun:
            self._cutter.join()

    def rest(self, seconds: float) -> None:
        """Wait, but not once the run has to end."""
        self._hurried.wait(seconds)

    def left(self, purpose: Purpose) -> float:
        """Seconds until requests of this purpose end; infinite while there is no hurry."""
        if self._begun is None:
            return math.inf
        return self._begun + ENDS[purpose] - monotonic()

    def patience(self, purpose: Purpose, seconds: float) -> float:
        """How many seconds of silence a request may be allowed of so many."""
        if self._begun is None or purpose in ("work", "poll"):
            return seconds
        return min(seconds, SILENCE)

    @contextlib.contextmanager
    def held(self, purpose: Purpose, sockets: Sockets, what: str) -> Iterator[None]:
        """While a request of this purpose is under way: if its time is up, its sockets are cut."""
        which = _UnderWay(purpose, sockets, what, monotonic())
        with self._lock:
            self._under_way.add(which)
        if self.left(purpose) <= 0:
            sockets.cut(CUT)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(which)

    def _cut(self) -> None:
        for moment in sorted(set(ENDS.values())):
            assert self._begun is not None
            if self._over.wait(self._begun + moment - monotonic()):
                return
            with self._lock:
                late = [each for each in self._under_way if ENDS[each.purpose] <= moment]
            for each in late:
                each.sockets.cut(CUT)
