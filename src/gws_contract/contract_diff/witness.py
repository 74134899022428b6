"""Looks for a message that one version of a schema allows and the other forbids, because of one place.

Nothing is believed but `jsonschema`, the judge of record: a witness has passed it on both versions. `jsonschema-rs`
proves that there is no witness, or gives hints where one may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from gws_contract.clause import ContractError
from gws_contract.contract_diff.candidates import messages, spellings, values

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from gws_contract.contract_diff.places import Facet, Place, Schema, Spot


class Side:
    """One version of a schema: what it says of a message."""

    def __init__(self, schema: Schema, name: str) -> None:
        """Raises ContractError, with this name of the schema, if it is none."""
        self.schema = schema
        try:
            Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
            self._judge = Draft202012Validator(schema)
            self._quick = jsonschema_rs.Draft202012Validator(dict(schema))
        except SchemaError as error:
            raise ContractError(f"The schema of {name} is none: {error.message}.") from error
        except ValueError as error:
            raise ContractError(f"The schema of {name} is none: {str(error).splitlines()[0]}.") from error

    def opinion(self, message: object) -> bool | None:
        """Whether the second opinion allows it, None if it has none; only for choosing what the judge is asked."""
        try:
            return self._quick.is_valid(message)
        except ValueError:  # a lone surrogate in the name of a member
            return None

    def violations(self, message: object) -> dict[Spot, str | None]:
        """Where a message violates it, and the clause that answers there; empty if it is allowed."""
        return {spot: clause for error in self._judge.iter_errors(message) for spot, clause in _spots(error)}


def proves(allows: Schema, everything_of: Schema) -> bool:
    """Whether it is proved that a schema allows everything that another one allows."""
    try:
        wide, narrow = (
            jsonschema_rs.canonicalize(dict(schema), draft=jsonschema_rs.Draft202012)
            for schema in (allows, everything_of)
        )
        return wide.covers(narrow) == jsonschema_rs.canonical.Containment.YES
    except ValueError:
        return False


def difference(allowed_by: Schema, not_by: Schema) -> Any:
    """A schema of what one allows and the other does not, {} where it cannot be written down. Only a hint."""
    try:
        minuend, subtrahend = (
            jsonschema_rs.canonicalize(dict(schema), draft=jsonschema_rs.Draft202012) for schema in (allowed_by, not_by)
        )
        return minuend.subtract(subtrahend).to_json_schema()
    except ValueError:
        return {}


def value_witness(place: Place, allows: Side, forbids: Side, samples: Iterable[Any], *, swapped: bool) -> Any:
    """A message that `allows` allows and `forbids` forbids for the value at the place, or NONE.

    `samples` are messages to begin with. `swapped`: `allows` is version A.
    """
    wide, narrow = (place.old, place.new) if swapped else (place.new, place.old)
    hints = [wide, narrow, difference(place.own(wide), place.own(narrow))]

    def vary(base: Any) -> Iterator[Any]:
        return values(base, hints)

    samples = list(samples)
    found = _search(place, "value", vary, place.steps, allows, forbids, samples)
    if found is not NONE or proves(place.own(narrow), place.own(wide)):
        return found
    spelt = spellings(wide, narrow)
    return _search(place, "value", lambda _: iter(spelt), place.steps, allows, forbids, samples)


def presence_witness(place: Place, allows: Side, forbids: Side, samples: Iterable[Any]) -> Any:
    """A message without the member that `allows` allows and `forbids` forbids, or NONE."""
    *parent, name = place.steps

    def without(base: Any) -> Iterator[Any]:
        members = base if isinstance(base, dict) else {}
        yield {member: value for member, value in members.items() if member != name}

    return _search(place, "presence", without, tuple(parent), allows, forbids, samples)


class _Nothing:
    """No witness; None is a message."""


NONE = _Nothing()


def _search(
    place: Place,
    facet: Facet,
    vary: Callable[[Any], Iterator[Any]],
    steps: tuple[str, ...],
    allows: Side,
    forbids: Side,
    samples: Iterable[Any],
) -> Any:
    """The first message that shows nothing but this place; else the first that shows it beside others; else NONE."""
    second: Any = NONE
    for sample in samples:
        for message in messages(sample, steps, vary, allows.schema):
            if allows.opinion(message) is False or forbids.opinion(message):
                continue
            spots = frozenset(forbids.violations(message))
            if not any(place.holds(spot, facet) for spot in spots) or allows.violations(message):
                continue
            if all(place.holds(spot, facet) for spot in spots):
                return _smaller(message, allows, forbids, spots)
            second = _smaller(message, allows, forbids, spots) if second is NONE else second
    return second


def _smaller(message: Any, allows: Side, forbids: Side, spots: frozenset[Spot]) -> Any:
    """The message without whatever is not needed to show the same."""
    for smaller in _without_one(message):
        if not allows.violations(smaller) and frozenset(forbids.violations(smaller)) == spots:
            return _smaller(smaller, allows, forbids, spots)
    return message


def _without_one(value: Any) -> Iterator[Any]:
    """The value without one of its members or items, the outer ones first."""
    if isinstance(value, dict):
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
        for name, each in value.items():
            yield from ({**value, name: smaller} for smaller in _without_one(each))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield [*value[:index], *value[index + 1 :]]
        for index, each in enumerate(value):
            yield from ([*value[:index], smaller, *value[index + 1 :]] for smaller in _without_one(each))


def _spots(error: ValidationError) -> Iterator[tuple[Spot, str | None]]:
    """The spots of a violation, as `side_by_side` tells places apart: what a condition says is said at its place."""
    at = "$"
    path = list(error.absolute_schema_path)
    while path[:1] == ["items"] or (path[:1] == ["properties"] and len(path) > 1):
        at += "[*]" if path[0] == "items" else f".{path[1]}"
        path = path[1:] if path[0] == "items" else path[2:]
    subschema: Any = error.schema
    if path == ["required"]:
        demanded, instance = cast("list[str]", error.validator_value), cast("dict[str, Any]", error.instance)
        for name in demanded:
            if name not in instance:
                named = subschema.get("properties", {}).get(name, {})
                yield (f"{at}.{name}", "presence"), named.get("$comment", subschema.get("$comment"))
    else:
        yield (at, "value"), subschema.get("$comment") if isinstance(subschema, dict) else None
