"""Known deviations: breaks that the vendor has declared, each with its reason, its ticket and its expiry.

    ["accept.notifications.order"]
    reason = "The participants come first until release 9."
    ticket = "GWS-1234"
    expires = 2027-03-31      # the last day on which it counts, in UTC
    intermittent = true       # the break comes and goes; without it, a clause that is kept makes the entry out of date

What is declared becomes part of the journal's header, so that a journal is judged alike on any day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from gws_contract import contract, toml
from gws_contract.contract import UnknownClause
from gws_contract.toml import TomlError


class DeviationsError(ValueError):
    """What was declared makes no sense. The message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One break that the vendor knows of."""

    clause: str
    """The id of the clause that is broken."""
    reason: str
    ticket: str
    expires: date
    """The last day on which it counts, in UTC."""
    intermittent: bool = False
    """The break comes and goes."""

    def expired(self, day: date) -> bool:
        """Whether it counts no more on this day."""
        return day > self.expires

    def __str__(self) -> str:
        """In one line."""
        comes_and_goes = ", intermittent" if self.intermittent else ""
        return f"{' '.join(self.reason.split())} ({self.ticket}, until {self.expires.isoformat()}{comes_and_goes})"


_MEMBERS = tuple(field.name for field in fields(Deviation) if field.name != "clause")
_TEXT, _DATE, _BOOL = "a text that is not empty", "a date like 2027-03-31, without quotes", "true or false"
_KINDS = {"reason": (str, _TEXT), "ticket": (str, _TEXT), "expires": (date, _DATE), "intermittent": (bool, _BOOL)}


def read(path: Path) -> tuple[Deviation, ...]:
    """The deviations that a TOML file declares; it may be empty. Raises DeviationsError."""
    try:
        table = toml.table(path, f"The deviations file {path}")
    except TomlError as error:
        raise DeviationsError(str(error)) from error
    try:
        return tuple(_declared(clause, row) for clause, row in table.items())
    except DeviationsError as error:
        raise DeviationsError(f"{path}: {error}") from error


def _declared(clause: str, row: object) -> Deviation:
    """The deviation that one table of the file declares."""
    if clause in contract.operations() and isinstance(row, dict):
        section = next(iter(row), "notifications")
        inner = row.get(section)
        name = next(iter(inner), "order") if isinstance(inner, dict) else "order"
        raise DeviationsError(f'Write the id of a clause in quotes, like ["{clause}.{section}.{name}"].')
    try:
        contract.of_clause(clause).tested(clause)
    except UnknownClause as error:
        raise DeviationsError(str(error)) from error
    if not isinstance(row, dict):
        raise DeviationsError(f"What stands for {clause} is no table; it should hold {_listed(_MEMBERS)}.")
    if unknown := sorted(set(row) - set(_MEMBERS)):
        raise DeviationsError(
            f"Nobody knows what {_listed(unknown)} means for {clause}; a deviation has {_listed(_MEMBERS)}."
        )
    return _deviation(clause, row)


def _deviation(clause: str, row: Mapping[str, Any]) -> Deviation:
    values = {"intermittent": False, **row}
    for name, (kind, words) in _KINDS.items():
        if name not in values:
            raise DeviationsError(f"The deviation from {clause} has no {name}.")
        value = values[name]
        # Not isinstance: a TOML time is a date too.
        if type(value) is not kind or (isinstance(value, str) and not value.strip()):
            raise DeviationsError(f"{name} of the deviation from {clause} must be {words}.")
    return Deviation(clause, **{name: values[name] for name in _MEMBERS})


def to_json(deviation: Deviation) -> dict[str, Any]:
    """The deviation as JSON data."""
    values = {name: getattr(deviation, name) for name in _MEMBERS}
    return {"clause": deviation.clause, **values, "expires": deviation.expires.isoformat()}


def from_json(data: Any) -> Deviation:
    """What `to_json` wrote; members of a newer suite are passed over. Raises DeviationsError."""
    try:
        clause, row = data["clause"], {**data, "expires": date.fromisoformat(data["expires"])}
    except (KeyError, TypeError, ValueError) as error:
        raise DeviationsError(f"{data!r:.60} is no deviation.") from error
    if not isinstance(clause, str):
        raise DeviationsError(f"{clause!r:.60} is no clause.")
    return _deviation(clause, row)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
