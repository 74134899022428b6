"""What one worker of a load run is to do."""

from __future__ import annotations

import dataclasses
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from gws_contract.deviations import Deviation
from gws_contract.records import Terms
from gws_contract.scenario import Say, Scenario

WORKER = "gws-contract-worker"
"""The key of userData under which a chat says which worker's it is, from 1."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker is to do. Seconds."""

    run: str
    """Tells the chats of this load run from those of all others."""
    worker: int
    """From 0."""
    workers: int
    rate: float
    """Chats a second, of all workers together."""
    seconds: float
    scenarios: tuple[Scenario, ...]
    """Performed in turn."""
    varied: bool = True
    """Whether every chat gets names and texts of its own; else they are as given."""
    digest: str | None = None
    """sha256 of the file that the scenarios were read from."""
    table: str | None = None
    deviations: tuple[Deviation, ...] = ()
    terms: Terms = field(default_factory=Terms)

    @property
    def of_all(self) -> int:
        """How many chats all workers offer."""
        return max(1, round(self.rate * self.seconds))

    @property
    def chats(self) -> int:
        """How many this worker offers: of all, every n-th."""
        return len(range(self.worker, self.of_all, self.workers))

    def on(self, terms: Terms) -> Task:
        """The same, to be judged on these terms."""
        return dataclasses.replace(self, terms=terms)

    @property
    def own_rate(self) -> float:
        """Chats a second of this worker alone."""
        return self.rate / self.workers

    def due(self, chat: int) -> float:
        """Seconds after the first moment at which a chat is due, from 1."""
        return self._moments[chat - 1]

    def due_by(self, seconds: float) -> int:
        """How many chats are due so many seconds after the first moment."""
        return bisect_right(self._moments, seconds)

    @property
    def _moments(self) -> Sequence[float]:
        return _moments(self.chats, self.seconds, f"{self.worker} of {self.workers}")

    def scenario(self, chat: int) -> Scenario:
        """The plan of one chat; where there are several workers, its data say whose it is, so that it can be routed."""
        one = self.scenarios[(chat - 1) % len(self.scenarios)]
        if self.workers > 1:
            data = {**(one.user_data or {}), WORKER: str(self.worker + 1)}
            one = dataclasses.replace(one, user_data=data)
        return _varied(one, chat) if self.varied else one


@lru_cache(maxsize=1)
def _moments(chats: int, seconds: float, seed: str) -> Sequence[float]:
    """So many moments, each as likely as any other: customers do not take turns, and order breaks where they meet.

    They are those of a Poisson process in which so many came, and the same in every run.
    """
    chance = Random(seed)  # noqa: S311 - nothing is kept secret by it
    return array("d", sorted(chance.uniform(0, seconds) for _ in range(chats)))


def _varied(scenario: Scenario, chat: int) -> Scenario:
    """With names and texts of its own, so that what belongs to another chat is seen."""
    before = tuple(Say(f"{s.text} {chat}") if isinstance(s, Say) else s for s in scenario.before)
    return dataclasses.replace(scenario, customer=f"{scenario.customer} {chat}", before=before)
