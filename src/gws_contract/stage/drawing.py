"""Which scenarios a campaign performs: the situations that every clause needs, then Hypothesis' draws.

The same arguments draw the same scenarios again, in any process, with the same versions of Python and Hypothesis.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from gws_contract.scenario import Depart, Outage, Scenario, Step, Stream, Visit, to_json
from gws_contract.stage.chats import EDGES, chats
from gws_contract.stage.situations import LONG, SITUATIONS

__all__ = ["LONG", "SITUATIONS", "draw", "shortened"]

AnyStep = TypeVar("AnyStep", bound=Step)

ENTRIES_A_CHAT = 40
"""The budget of history entries, for each chat, if none is given; on loopback an entry costs 2 to 3 ms."""
WRONG_PASSWORDS = 3
"""How often a campaign tries a wrong password; servers lock accounts."""
LARGE = 100
"""A campaign of so many chats holds one of the longest history that is allowed."""
_AT_ONCE = 9
"""Chats of one run of Hypothesis; from the eleventh on it would repeat the chats before with a part of them changed."""


def draw(
    count: int, seed: int, *, situations: bool = True, longest: int = 2000, entries: int | None = None
) -> list[Scenario]:
    """`count` different scenarios: the situations, if wanted, then draws with this seed.

    `longest` is the most history entries of one chat (at least 50), `entries` those of the campaign: 40 a chat, if not
    given. What exceeds either is shortened, not dropped: the longest histories lose texts first and end at the next
    lower edge (`chats.EDGES`); none is cut below 17 texts for want of budget. A campaign of 100 chats or more holds one
    chat of exactly `longest` entries, if the budget allows it.
    """
    head = list(SITUATIONS[:count]) if situations else []
    wanted = count - len(head)
    drawn = _in_company(_different(wanted, seed, head))
    if count >= LARGE:
        drawn = _with_one_of(longest, drawn)
    drawn = [shortened(each, longest) for each in drawn]
    budget = ENTRIES_A_CHAT * count if entries is None else entries
    drawn = _within(budget - sum(each.entries for each in head), drawn, longest_first=count >= LARGE)
    return _sparing_passwords([*head, *drawn])


def _different(wanted: int, seed: int, known: Iterable[Scenario]) -> list[Scenario]:
    """So many draws that differ from one another and from the known ones."""
    seen = {_key(scenario) for scenario in known}
    drawn: list[Scenario] = []

    def take(scenario: Scenario) -> None:
        if len(drawn) < wanted and _key(scenario) not in seen:
            seen.add(_key(scenario))
            drawn.append(scenario)

    batch = 0
    while len(drawn) < wanted:
        _run_hypothesis(f"{seed}:{batch}", take)
        batch += 1
    return drawn


def _key(scenario: Scenario) -> str:
    return json.dumps(to_json(scenario), sort_keys=True)


def _run_hypothesis(seed: str, take: Callable[[Scenario], None]) -> None:
    """Draw a few chats. Every setting is spelled out: a profile of somebody else's, "ci" above all, must not count."""

    @hypothesis.seed(seed)
    @settings(
        backend="hypothesis",
        database=None,
        deadline=None,
        derandomize=False,
        max_examples=_AT_ONCE,
        phases=[Phase.generate],
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
    )
    @given(chats())
    def collect(scenario: Scenario) -> None:
        take(scenario)

    collect()


def _in_company(drawn: Sequence[Scenario]) -> list[Scenario]:
    """Make groups: who is beside others gets companions from behind, which then stand next in the list.

    By turns two and three chats of one agent, always four of all agents. Whoever finds no companions stays alone.
    """
    waiting, out = list(drawn), []
    number = 0
    while waiting:
        leader = waiting.pop(0)
        if leader.beside == "nobody":
            out.append(leader)
            continue
        size = 4
        if leader.beside == "same-agent":
            number += 1
            size = 2 + number % 2
        # A companion may have been drawn as the leader of another group; it then joins this one.
        companions = [each for each in waiting if _sociable(each)][: size - 1]
        complete = len(companions) == size - 1
        for each in companions if complete else ():
            waiting.remove(each)
        out += [replace(each, beside=leader.beside) for each in (leader, *companions)] if complete else [_alone(leader)]
    return out


def _alone(scenario: Scenario) -> Scenario:
    return replace(scenario, beside="nobody")


def _sociable(scenario: Scenario) -> bool:
    """Whether it is short and leaves the agents of other chats in peace."""
    asks_much = any(isinstance(step, Visit | Outage | Depart | Stream) for step in scenario.before)
    return not (asks_much or scenario.refusals or scenario.uses or Depart() in scenario.during)


def _streamed(scenario: Scenario) -> int:
    """How many texts its streams before the Accept say."""
    return sum(step.total for step in scenario.before if isinstance(step, Stream))


def _with_total(scenario: Scenario, total: int) -> Scenario:
    """The scenario with this many texts in its stream before the Accept."""
    before: list[Step] = [replace(s, total=total) if isinstance(s, Stream) else s for s in scenario.before]
    return replace(scenario, before=tuple(before))


def shortened(scenario: Scenario, longest: int) -> Scenario:
    """With at most so many entries, if streams make it longer: those before the Accept lose texts first.

    Every stream keeps one text, and nothing else is changed: without streams a long scenario stays as it is.
    """
    before, excess = _cut(scenario.before, scenario.entries - longest)
    during, _ = _cut(scenario.during, excess)
    return replace(scenario, before=before, during=during)


def _cut(steps: tuple[AnyStep, ...], excess: int) -> tuple[tuple[AnyStep, ...], int]:
    """These steps with so many texts fewer, and how many could not be taken away."""
    out = []
    for step in steps:
        fewer = step
        if isinstance(step, Stream) and excess > 0:
            fewer = replace(step, total=max(min(1, step.total), step.total - excess))
            excess -= step.total - fewer.total
        out.append(fewer)
    return tuple(out), excess


def _with_one_of(entries: int, drawn: Sequence[Scenario]) -> list[Scenario]:
    """Give the chat with the longest stream exactly so many entries."""
    place = max(range(len(drawn)), key=lambda n: _streamed(drawn[n]))
    chosen = drawn[place]
    total = entries - (chosen.entries - _streamed(chosen))
    return [_with_total(each, total) if n == place else each for n, each in enumerate(drawn)]


def _within(budget: int, drawn: Sequence[Scenario], *, longest_first: bool) -> list[Scenario]:
    """Share the budget out: the first texts of every stream, one whole longest history, then the short wishes first."""
    wishes = [_streamed(each) for each in drawn]
    granted = [min(wish, EDGES[0] + 1) for wish in wishes]
    left = budget - sum(each.entries - wish for each, wish in zip(drawn, wishes, strict=True)) - sum(granted)
    turns = sorted(range(len(drawn)), key=lambda n: (wishes[n], n))
    for n in turns[-1:] + turns[:-1] if longest_first else turns:
        whole = wishes[n] - granted[n] <= left
        grant = wishes[n] if whole else _edge_below(granted[n] + left, granted[n])
        left -= grant - granted[n]
        granted[n] = grant
    return [_with_total(each, grant) for each, grant in zip(drawn, granted, strict=True)]


def _edge_below(most: int, least: int) -> int:
    """The greatest length at an edge between these two; `least` if there is none."""
    return max([least, *(edge + beside for edge in EDGES for beside in (-1, 0, 1) if edge + beside <= most)])


def _sparing_passwords(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Without the wrong passwords that are too many."""
    out, tried = [], 0
    for scenario in scenarios:
        tried += "wrong-credentials" in scenario.refusals
        if tried > WRONG_PASSWORDS:
            kept = tuple(each for each in scenario.refusals if each != "wrong-credentials")
            out.append(replace(scenario, refusals=kept))
        else:
            out.append(scenario)
    return out
