"""An operation of an agent on a chat: which requests perform it, what its success says, what it brings; all of it data.

The data is the table [operation] and the rows [[notification]] of contracts/<operation>/source.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from gws_contract.clause import ContractError, take, texts_of
from gws_contract.lazy import lazy
from gws_contract.notification import STATUS_CHANGE
from gws_contract.scenario import Depart, Scenario, Visit

DEFAULT: Final = "accept"
"""The operation that is meant where none is named."""
NOTHING: Final = "nothing"
"""Among what success may say: an empty body, or an empty object."""
_NUMBERS = {1: "notification", 2: "two notifications", 3: "three notifications", 4: "four notifications"}


@dataclass(frozen=True, slots=True)
class Expected:
    """One notification that the operation brings to its agent."""

    kind: str
    """Its notificationType."""
    section: str
    """The section of the page that speaks of it."""
    sample: str
    """The kind of its sample and schema."""
    state: str | None = None
    """The state of the chat by which it is told from others of its kind; None if its kind tells."""
    history: bool = False
    """Whether it holds the history, and no live message is one."""


@dataclass(frozen=True)
class Operation:
    """What a chat is asked about when it is judged as this operation. Steps are those of the journal's exchanges."""

    name: str
    """As in operationName."""
    steps: tuple[str, ...]
    """The steps that perform it, as the page says: no wrong request is among them."""
    sequence: tuple[Expected, ...]
    """In the order of the page; no two of a kind."""
    success: tuple[str, ...] = ("statusCode",)
    """The members that may say 0 in the answer of a success; `NOTHING` stands for an empty answer."""
    offered: tuple[str, ...] = ()
    """The states in which the agent must have been told the chat to be; none: any in which the agent may be in it."""
    fails: tuple[str, ...] = ()
    """The states of a chat that tell that the operation failed after its answer."""
    until: tuple[str, ...] = ("complete",)
    """The steps, of whomever, that end the chat: what comes again after them is no repetition."""
    until_own: tuple[str, ...] = ()
    """The steps of the same agent after which nothing is the operation's any more, for they may bring the same.

    None: the agent is in the chat, and a change of state is not the operation's any more after `until`.
    """
    least: int = 0
    """In fewer chats it must not have been performed, or nothing is certified; 0 if every chat performs it."""

    @lazy
    def id(self) -> str:
        """The name of its folder, with which the ids of its clauses begin."""
        return self.name.lower()

    @lazy
    def prefix(self) -> str:
        """What the ids of its clauses begin with, and no others."""
        return f"{self.id}."

    @lazy
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its notifications, in the order of the page."""
        return tuple(each.kind for each in self.sequence)

    @lazy
    def state(self) -> str | None:
        """The state to which it changes the chat, if it brings a change of state."""
        return next((each.state for each in self.sequence if each.kind == STATUS_CHANGE), None)

    @lazy
    def by_kind(self) -> Mapping[str, Expected]:
        """What it brings, by kind."""
        return {each.kind: each for each in self.sequence}

    @lazy
    def by_section(self) -> Mapping[str, Expected]:
        """What it brings, by the section of the page."""
        return {each.section: each for each in self.sequence}

    @lazy
    def brings(self) -> str:
        """What it brings, in words: "three notifications"."""
        return _NUMBERS.get(len(self.sequence), "notifications")

    @lazy
    def brought_nothing(self) -> str:
        """That nothing of it came, as a sentence: "none of the three notifications came"."""
        many = len(self.sequence) > 1
        return f"none of the {self.brings} came" if many else f"the {self.brings} did not come"

    def performed_by(self, scenario: Scenario) -> bool:
        """Whether a chat that goes as planned performs it."""
        return any(step in self.steps for step in _planned(scenario))


def _planned(scenario: Scenario) -> Sequence[str]:
    """The steps of an agent that a scenario plans."""
    visits = [step for step in scenario.before if isinstance(step, Visit)]
    steps = [f"visit:{visit.parting}" for visit in visits]
    steps += ["visit:accept"] if any(visit.parting != "reject" for visit in visits) else []
    if Depart() not in scenario.before:
        steps += ["accept", "complete"] + (["reply"] if scenario.reply else [])
    return steps


def operation_from(source: Mapping[str, Any]) -> Operation:
    """The operation that the parsed source.toml describes; raises ContractError."""
    where = "the table operation of source.toml"
    row = take(source, "operation", dict, "source.toml")
    sequence = tuple(map(_expected, take(source, "notification", list, "source.toml")))
    if unknown := sorted(set(row) - {field.name for field in fields(Operation) if field.name != "sequence"}):
        raise ContractError(f"What does {', '.join(unknown)} mean in {where}?")
    if len({each.kind for each in sequence}) < len(sequence):
        raise ContractError("Two notifications of source.toml are of one kind, and nobody could tell them apart.")
    values: dict[str, Any] = {name: _texts(row, name, where) for name in row if name not in ("name", "least")}
    if not values.get("steps"):
        raise ContractError(f'"steps" is missing in {where}: nothing performs the operation.')
    if "least" in row:
        values["least"] = take(row, "least", int, where)
    return Operation(name=take(row, "name", str, where), sequence=sequence, **values)


def _texts(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    found = take(row, name, list, where)
    if not all(isinstance(each, str) for each in found):
        raise ContractError(f'"{name}" is no list of texts in {where}.')
    return tuple(found)


def _expected(row: Mapping[str, Any]) -> Expected:
    where = "a notification of source.toml"
    if unknown := sorted(set(row) - {field.name for field in fields(Expected)}):
        raise ContractError(f"What does {', '.join(unknown)} mean in {where}?")
    return Expected(
        **texts_of(row, where, "kind", "section", "sample"),
        state=take(row, "state", str, where) if "state" in row else None,
        history=take(row, "history", bool, where) if "history" in row else False,
    )
