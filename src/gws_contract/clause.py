"""A clause: one sentence, table row or sample fragment of the page, and what is judged about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Strength = Literal["stated", "shown", "linked", "inferred"]
Needs = Literal["content", "arrival", "order", "once", "absence"]

T = TypeVar("T")


class ContractError(Exception):
    """The data of a contract makes no sense; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a page says that the document points to."""

    page: str
    says: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence, table row or sample fragment of the page, and the fact that is judged about it."""

    id: str
    section: str
    quote: str
    strength: Strength | None = None
    """None, like `needs`, for a clause that is not tested."""
    needs: Needs | None = None
    """What a verdict has to know about the transport."""
    says: str = ""
    """The fact that is judged."""
    linked: Linked | None = None
    wants: str | None = None
    """Something optional without which the clause is not testable and the run still conformant."""
    not_tested: str | None = None
    """Why no check can judge it."""

    @property
    def operation(self) -> str:
        """The operation that it is about: its id begins with it."""
        return self.id.partition(".")[0]

    @property
    def advisory(self) -> bool:
        """A reading of ours: fails a run only with --strict."""
        return self.strength == "inferred"


def clause_from(row: Mapping[str, Any], operation: str) -> Clause:
    """The clause that a table of clauses.toml describes; raises ContractError."""
    where = f"clause {row.get('id')}"
    if unknown := set(row) - {field.name for field in fields(Clause)}:
        raise ContractError(f"What does {', '.join(sorted(unknown))} mean in {where}?")
    texts = texts_of(row, where, "id", "section", "quote")
    if not re.fullmatch(rf"{operation}(\.[a-z0-9]+(-[a-z0-9]+)*)+", texts["id"]):
        raise ContractError(f"The id of {where} is no slug that starts with {operation}.")
    if "not_tested" in row:
        if judged := set(row) - {*texts, "not_tested"}:
            raise ContractError(f"The {where} is not tested, so it has no {' and no '.join(sorted(judged))}.")
        return Clause(texts["id"], texts["section"], texts["quote"], not_tested=take(row, "not_tested", str, where))
    strength, needs = take(row, "strength", str, where), take(row, "needs", str, where)
    if strength not in get_args(Strength) or needs not in get_args(Needs):
        raise ContractError(f'Nobody knows what strength "{strength}" with needs "{needs}" is in {where}.')
    if ("linked" in row) != (strength == "linked"):
        raise ContractError(f"Clauses of strength linked, and no others, say what the linked page says: see {where}.")
    return Clause(
        **texts,
        strength=cast("Strength", strength),
        needs=cast("Needs", needs),
        says=take(row, "says", str, where),
        linked=Linked(**texts_of(take(row, "linked", dict, where), where, "page", "says")) if "linked" in row else None,
        wants=take(row, "wants", str, where) if "wants" in row else None,
    )


def take(row: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    """The field of a table, of this type and not empty; raises ContractError."""
    value = row.get(name)
    if not isinstance(value, kind) or value in ("", {}):
        raise ContractError(f'"{name}" is missing in {where}, or is no {kind.__name__}.')
    return value


def texts_of(row: Mapping[str, Any], where: str, *names: str) -> dict[str, str]:
    """These fields of a table, all of them texts; raises ContractError."""
    return {name: take(row, name, str, where) for name in names}
