"""The second pass over a live server: for every broken clause, the smallest chat that shows it.

Bounded by chats and seconds for a whole run, shared by all broken clauses: every chat performed for one of them is
judged for the others too. A break that does not come back is never shrunk: what was seen of it stays as it was.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.ruling import Ruling, rule_one
from gws_contract.scenario import Scenario, to_json
from gws_contract.stage.smaller import smallest
from gws_contract.verdict import Verdict

CHATS = 60
SECONDS = 15.0
AGAIN = 2
"""So often a scenario that broke a clause is performed again, and must break it each time, to be one that shows it."""
STARTS = 3
"""So many scenarios that broke a clause are tried: the smallest may have done so by accident."""

Live = Callable[[Sequence[Scenario]], Sequence[Conversation]]
"""Performs these scenarios, some of them maybe not at all, and returns the conversations."""


class Spent(Exception):  # not an error: the budget is used up
    """No more chats may be performed for shrinking."""


@dataclass
class _Seen:
    """What is known of one scenario."""

    scenario: Scenario
    chats: int = 0
    broke: Counter[str] = field(default_factory=Counter)


class Shrinking:
    """One pass. `checks` are those of the clauses that may be shrunk, by clause id."""

    def __init__(
        self,
        live: Live,
        checks: Mapping[str, tuple[Check, Clause]],
        *,
        at_once: int = 1,
        chats: int = CHATS,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._live, self._checks, self._at_once, self._clock = live, checks, at_once, clock
        self._left = chats
        self._until = clock() + seconds
        self._seen: dict[str, _Seen] = {}

    def learn(self, conversations: Iterable[Conversation]) -> None:
        """What chats have shown need not be performed again; chats beside one another show it together."""
        performances: dict[tuple[str, int], tuple[Scenario, set[str]]] = {}
        for conversation in conversations:
            planned, scenario = conversation.planned, conversation.scenario
            which = (_canonical(scenario), planned.group or planned.chat)
            performances.setdefault(which, (scenario, set()))[1].update(self._broken_in(conversation))
        for scenario, broke in performances.values():
            seen = self._of(scenario)
            seen.chats += 1
            seen.broke.update(broke)

    def _broken_in(self, conversation: Conversation) -> Iterable[str]:
        for clause, (check, text) in self._checks.items():
            if rule_one(check, text, conversation).verdict is Verdict.BROKEN:
                yield clause

    def shrink(self, rulings: Iterable[Ruling]) -> None:
        """Perform chats until each of these broken clauses has its smallest chat, or the budget is used up."""
        broken = [r for r in rulings if r.tally.verdict is Verdict.BROKEN and r.example]
        try:
            for ruling in sorted(broken, key=_urgency):
                assert ruling.example is not None
                self._one(ruling.clause.id, ruling.example.conversation.scenario)
        except Spent:
            return

    def _one(self, clause: str, scenario: Scenario) -> None:
        others = sorted((each.scenario for each in self._seen.values() if each.broke[clause]), key=lambda s: s.size)
        starts = [scenario, *(other for other in others if other != scenario)][:STARTS]
        start = next((each for each in starts if self._comes_back(clause, each)), None)
        if start is not None:
            self._comes_back(clause, smallest(start, lambda batch: self._first(clause, batch)))

    def _comes_back(self, clause: str, scenario: Scenario) -> bool:
        """Whether a scenario that broke the clause does so every time."""
        seen = self._of(scenario)
        while seen.broke[clause] == seen.chats <= AGAIN:
            before = seen.chats
            self._perform([scenario])
            if seen.chats == before:
                return False
        return seen.broke[clause] == seen.chats

    def _first(self, clause: str, batch: Sequence[Scenario]) -> Scenario | None:
        """The first of these that breaks the clause; performs as few as possible."""
        for start in range(0, len(batch), self._at_once):
            some = batch[start : start + self._at_once]
            self._perform([scenario for scenario in some if not self._of(scenario).chats])
            found = next((scenario for scenario in some if self._of(scenario).broke[clause]), None)
            if found is not None:
                return found
        return None

    def _perform(self, scenarios: Sequence[Scenario]) -> None:
        if not scenarios:
            return
        if self._left < len(scenarios) or self._clock() >= self._until:
            raise Spent
        self._left -= len(scenarios)
        self.learn(self._live(scenarios))

    def _of(self, scenario: Scenario) -> _Seen:
        return self._seen.setdefault(_canonical(scenario), _Seen(scenario))


def _canonical(scenario: Scenario) -> str:
    return json.dumps(to_json(scenario), sort_keys=True)


def _urgency(ruling: Ruling) -> tuple[bool, tuple[bool, int, int, str]]:
    """What fails a run first; of these, what is nearest to its smallest chat."""
    assert ruling.example is not None
    return (ruling.advisory, ruling.example.conversation.scenario.size)
