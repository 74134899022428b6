"""The shape of one message: its JSON against the schema of its kind, each violation named by its clause.

`jsonschema` is the judge of record: no violation is found without it. `jsonschema-rs`, ten times faster, is asked first
and spares it the messages that have their shape.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import jsonschema_rs
from jsonschema import Draft202012Validator

from gws_contract.contract import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError

LONGEST: Final = 120
"""Code points of a received value that are quoted."""

TYPES: Final = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One place of a message that is not as documented.

    `pointer` is a JSON pointer (RFC 6901) into the message; of a missing member it names the object that lacks it.
    """

    clause: str
    pointer: str
    documented: str
    received: str


class Quick:
    """Says yes to what has the shape of a schema, in a hundredth of a millisecond; build it once."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema))

    def says_yes(self, instance: object) -> bool:
        """Whether it has the shape. A no may also mean that the instance cannot be looked at in this way."""
        try:
            return self._validator.is_valid(instance)
        except ValueError:  # a lone surrogate in the name of a member, or nested too deep
            return False


class Shapes:
    """Judges messages by the schemas of a contract; build it once, its validators are kept."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._validators = {name: Draft202012Validator(schema) for name, schema in schemas.items()}
        self._quick = {name: Quick(schema) for name, schema in schemas.items()}

    def has_shape(self, name: str, instance: object) -> bool:
        """Whether a parsed message surely has no violation; if not, it may still have none.

        Raises ContractError if there is no schema of this name.
        """
        if name not in self._quick:
            raise ContractError(f'There is no schema "{name}"; there is {", ".join(self._quick)}.')
        return self._quick[name].says_yes(instance)

    def violations(self, name: str, instance: object) -> tuple[Violation, ...]:
        """Everything in a parsed message that its schema forbids, from top to bottom, each thing once.

        Raises ContractError if there is no schema of this name.
        """
        if self.has_shape(name, instance):
            return ()
        found: dict[Violation, tuple[Any, ...]] = {}
        for error in self._validators[name].iter_errors(instance):
            found |= dict.fromkeys(_violations(error), tuple(error.absolute_path))
        return tuple(sorted(found, key=lambda violation: (found[violation], violation.clause, violation.documented)))


def _violations(error: ValidationError) -> Iterator[Violation]:
    """A violation for each missing member, and one for anything else."""
    schema, value = cast("Mapping[str, Any]", error.schema), cast("Any", error.validator_value)
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in error.absolute_path)
    if error.validator == "required":
        for member in value:
            if member not in cast("Any", error.instance):
                clause = schema.get("properties", {}).get(member, schema)["$comment"]
                yield Violation(clause, pointer, _members([member]), "nothing")
    elif error.validator == "anyOf":
        choices = [member for choice in value for member in choice["required"]]
        yield Violation(schema["$comment"], pointer, _members(choices), "nothing")
    else:
        yield Violation(schema["$comment"], pointer, _documented(schema), _received(error.instance))


def _members(names: Iterable[str]) -> str:
    return "the member " + " or ".join(f'"{name}"' for name in names)


def _documented(schema: Mapping[str, Any]) -> str:
    """What a place should hold, in a few words: the same ones whichever of its keywords is violated."""
    if "description" in schema:
        return str(schema["description"])
    if "const" in schema:
        return json.dumps(schema["const"])
    least = f" of at least {schema['minimum']}" if "minimum" in schema else ""
    return TYPES[schema["type"]] + least


def _received(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # A lone surrogate is legal in JSON and cannot be printed.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
