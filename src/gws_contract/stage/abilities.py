"""What a customer of the run can do, and what is left of a scenario for a customer who cannot do everything. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, TypeVar, get_args

from gws_contract.scenario import Depart, Say, Scenario, Step, Stream, Typing, Visit

Ability = Literal["say", "type", "leave", "look", "read", "name", "user-data", "company"]
"""Send a text; start and stop typing; leave the chat; see who is in it; read its transcript; bear the nickname of the
scenario; hand over its user data; chat beside other customers."""

EVERYTHING: frozenset[Ability] = frozenset(get_args(Ability))

LACKS = {
    "customer-texts": frozenset({"say"}),
    "customer-leaves": frozenset({"leave"}),
    "customer-name": frozenset({"name"}),
    "customer-side": frozenset({"look", "read"}),
}
"""What a run has to do without if its customers have none of these abilities, as `wants` of a clause names it."""

AnyStep = TypeVar("AnyStep", bound=Step)


def within(scenario: Scenario, abilities: frozenset[Ability]) -> Scenario:
    """The scenario without what such a customer cannot do. What agents do in it stays as it is."""
    return replace(
        scenario,
        before=_possible(scenario.before, abilities),
        during=_possible(scenario.during, abilities),
        after=_possible(scenario.after, abilities),
        beside=scenario.beside if "company" in abilities else "nobody",
        user_data=scenario.user_data if "user-data" in abilities else None,
    )


def _possible(steps: tuple[AnyStep, ...], abilities: frozenset[Ability]) -> tuple[AnyStep, ...]:
    return tuple(step for step in steps if _needed(step) in (None, *abilities))


def _needed(step: Step) -> Ability | None:
    match step:
        case Say() | Stream():
            return "say"
        case Typing():
            return "type"
        case Depart():
            return "leave"
        case _:
            return None


def distinct(scenarios: Iterable[Scenario], abilities: frozenset[Ability]) -> Iterator[Scenario]:
    """These scenarios within the abilities, without those that lost their point.

    One that had to be changed, and is now like another but for its names and words, shows nothing of its own.
    """
    adapted = [(scenario, within(scenario, abilities)) for scenario in scenarios]
    seen = [_outline(now) for before, now in adapted if before == now]
    for before, now in adapted:
        if before != now:
            if _outline(now) in seen:
                continue
            seen.append(_outline(now))
        yield now


def _outline(scenario: Scenario) -> Scenario:
    """The scenario without its names and words; that an earlier agent has the name of the one who accepts is kept."""
    before = tuple(_visit(step, scenario.agent) if isinstance(step, Visit) else step for step in scenario.before)
    return replace(scenario, customer="", agent="", before=before, reply="0" if scenario.reply else "")


def _visit(visit: Visit, accepting: str) -> Visit:
    same = visit.nickname == accepting
    return replace(visit, nickname="same" if same else "another", texts=("",) * len(visit.texts))


def lacking(abilities: Iterable[frozenset[Ability]]) -> tuple[str, ...]:
    """What a run with these customers had to do without: what none of them could do. Nothing, if there were none."""
    able = frozenset[Ability]().union(*(found := list(abilities)))
    return tuple(name for name, needed in LACKS.items() if found and not needed & able)
