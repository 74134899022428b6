"""What somebody who watches a run wants to know of it: how far it is, what broke so far, how long it still takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

Doing = Literal["logging in", "chats", "state machine", "listening", "smaller chats", "logging out", "judging"]

_BESIDE_THE_PLAN = ("companion", "machine", "shrink")
_AT_ONCE = 20
"""So many chats are judged in one look."""
_SHARE = 0.05
"""Of the time of a run, that is spent on judging it for whoever watches."""
_FEW = 3
"""Of fewer chats nothing is said of their rate."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. Seconds."""

    doing: Doing
    done: int
    """Of the chats that were planned."""
    planned: int
    chats: int
    """All that were performed."""
    broken: int = 0
    """The clauses that were seen to be broken and would fail the run; what the last chats broke may not be seen yet."""
    rate: float | None = None
    """Chats a second; None while nobody knows."""

    @property
    def left(self) -> float | None:
        """How long the planned chats still take; None while nobody knows."""
        if self.doing != "chats" or not self.rate:
            return None
        return max(self.planned - self.done, 0) / self.rate


class Onlooker:
    """Is told what a campaign does, by any of its threads, and says it when asked.

    What broke is found out when somebody looks, so that it costs nothing where nobody does: the final verdicts are
    reached without it.
    """

    def __init__(self, planned: int, now: Callable[[], float] = time.monotonic) -> None:
        self.breaks: Callable[[Collection[int]], Collection[str]] = lambda _: ()
        """Which clauses these chats broke, by the judgement of whoever can judge."""
        self._planned, self._now = planned, now
        self._lock = threading.Lock()
        self._doing: Doing = "logging in"
        self._begun = self._since = now()
        self._done = self._chats = 0
        self._unjudged: list[int] = []
        self._spent = 0.0
        self._broken: set[str] = set()

    def does(self, what: Doing) -> None:
        """What the campaign does from now on."""
        with self._lock:
            self._doing = what
            if what == "chats":
                self._since = self._now()

    def ended(self, chat: int, source: str) -> None:
        """A chat is over."""
        with self._lock:
            self._chats += 1
            self._done += source not in _BESIDE_THE_PLAN
            self._unjudged.append(chat)

    def look(self) -> Progress:
        """How far the run is now. For one thread."""
        self._judge()
        with self._lock:
            done = min(self._done, self._planned)
            seconds = self._now() - self._since
            rate = self._done / seconds if self._done >= _FEW and seconds > 0 else None
            return Progress(self._doing, done, self._planned, self._chats, len(self._broken), rate)

    def _judge(self) -> None:
        begun = self._now()
        with self._lock:
            if self._doing == "judging" or self._spent > _SHARE * (begun - self._begun):
                return
            chats, self._unjudged = self._unjudged[:_AT_ONCE], self._unjudged[_AT_ONCE:]
        if chats:
            self._broken.update(self.breaks(chats))
            self._spent += self._now() - begun
