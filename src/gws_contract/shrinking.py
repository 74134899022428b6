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
AGAIN = 3
"""How often a chat is repeated whose break does not come back, before it is called intermittent."""

Live = Callable[[Sequence[Scenario]], Sequence[Conversation]]
"""Performs these scenarios, some of them maybe not at all, and returns the conversations."""


class Spent(Exception):  # not an error: the budget is used up
    """No more chats may be performed for shrinking."""


@dataclass
class _Seen:
    """What is known of one scenario."""

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
        performances: dict[tuple[str, int], set[str]] = {}
        for conversation in conversations:
            planned = conversation.planned
            which = (_canonical(conversation.scenario), planned.group or planned.chat)
            performances.setdefault(which, set()).update(self._broken_in(conversation))
        for (scenario, _), broke in performances.items():
            seen = self._seen.setdefault(scenario, _Seen())
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
        if not self._comes_back(clause, scenario, AGAIN):
            return
        found = smallest(scenario, lambda batch: self._first(clause, batch))
        self._comes_back(clause, found, 1)

    def _comes_back(self, clause: str, scenario: Scenario, attempts: int) -> bool:
        """Whether the break of a scenario that broke the clause once was seen twice."""
        for _ in range(attempts):
            if self._of(scenario).broke[clause] > 1:
                return True
            self._perform([scenario])
        return self._of(scenario).broke[clause] > 1

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
        return self._seen.setdefault(_canonical(scenario), _Seen())


def _canonical(scenario: Scenario) -> str:
    return json.dumps(to_json(scenario), sort_keys=True)


def _urgency(ruling: Ruling) -> tuple[bool, tuple[bool, int, int, str]]:
    """What fails a run first; of these, what is nearest to its smallest chat."""
    assert ruling.example is not None
    return (ruling.advisory, ruling.example.conversation.scenario.size)
