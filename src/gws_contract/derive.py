"""From the samples of the page to JSON Schemas: inferred by genson, refined by refinements.toml, named by clauses.

Beside them stands the contract in open formats, each document made of the .toml of its name: openapi.json is the HTTP
call, asyncapi.json the notifications, arazzo.json the sequence of both.

An inferred schema demands every member that its sample happens to show. refinements.toml says, place by place, what a
sample cannot say, and which clause answers for a violation there; every subschema carries that clause in `$comment`.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from genson import SchemaBuilder

from gws_contract import arazzo, asyncapi, openapi
from gws_contract.clause import ContractError, take, texts_of
from gws_contract.contract import read_clauses, read_samples, read_toml
from gws_contract.facts import read_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gws_contract.contract import Sample
    from gws_contract.facts import Facts

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
KEYWORDS: Final = (
    *("$schema", "title", "$comment", "description", "type", "const", "pattern", "minimum"),
    *("properties", "required", "items", "allOf", "anyOf", "if", "then"),
)
"""The order in which the keywords of a schema are written; others follow, by name."""

FORMATS: Final[Mapping[str, Callable[[Facts], dict[str, Any]]]] = {
    "openapi.json": openapi.document,
    "asyncapi.json": asyncapi.document,
    "arazzo.json": arazzo.document,
}
"""The documents in open formats and what makes them."""


class DeriveError(ContractError):
    """The samples and refinements do not make a schema; the message says which one and why."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """One change of an inferred schema; `at` is a place like $.messages[*].index."""

    schema: str
    at: str
    what: str
    clause: str
    reason: str
    value: Any = None

    def __str__(self) -> str:
        return f"the refinement {self.what} at {self.at} of {self.schema}"


def derive(contract_dir: Path) -> dict[str, Schema]:
    """The schema of every kind of sample in the folder of a contract, by name; raises ContractError.

    Same files, same result, to the order of the keys. A refinement that changes nothing is an error.
    """
    table = read_toml(contract_dir / "refinements.toml")
    refinements = [_refinement(row) for row in take(table, "refinement", list, "refinements.toml")]
    named: Mapping[str, Mapping[str, str]] = table.get("inferred", {})
    samples: dict[str, list[Sample]] = {}
    for sample in read_samples(contract_dir):
        samples.setdefault(sample.kind, []).append(sample)
    clauses = read_clauses(contract_dir)
    if strange := ({refinement.schema for refinement in refinements} | set(named)) - set(samples):
        raise DeriveError(f"There is no sample of {', '.join(sorted(strange))}.")
    used = {refinement.clause for refinement in refinements} | {
        name for names in named.values() for name in names.values()
    }
    if strange := used - set(clauses):
        raise DeriveError(f"refinements.toml names clauses that do not exist: {', '.join(sorted(strange))}.")
    return {
        kind: _derive_one(
            inferred=_infer(of_a_kind),
            title=of_a_kind[0].title,
            refinements=[refinement for refinement in refinements if refinement.schema == kind],
            answers=named.get(kind, {}),
        )
        for kind, of_a_kind in sorted(samples.items())
    }


def write_schemas(directory: Path) -> list[Path]:
    """Derive schemas/ and the documents of a contract and write them; schemas/ holds nothing else afterwards.

    Returns the files; raises ContractError, and then has written nothing.
    """
    texts = _texts(directory)
    (directory / "schemas").mkdir(exist_ok=True)
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8", newline="\n")
    for left_over in _derived(directory).keys() - texts.keys():
        (directory / left_over).unlink()
    return [directory / name for name in texts]


def stale_schemas(directory: Path) -> list[str]:
    """The files that are not what would be derived now: changed, missing or left over."""
    texts = _texts(directory)
    found = {name: file.read_text(encoding="utf-8", errors="replace") for name, file in _derived(directory).items()}
    return sorted(name for name in texts.keys() | found.keys() if texts.get(name) != found.get(name))


def _derived(directory: Path) -> dict[str, Path]:
    """The files that lie where derived ones do, by name."""
    files = [*directory.glob("schemas/*.json"), *(directory / name for name in FORMATS if (directory / name).exists())]
    return {file.relative_to(directory).as_posix(): file for file in files}


def _texts(directory: Path) -> dict[str, str]:
    schemas = derive(directory)
    files = {f"schemas/{name}.json": schema for name, schema in schemas.items()}
    facts = read_facts(directory, schemas)
    files |= {name: document(facts) for name, document in FORMATS.items()}
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in files.items()}


def _refinement(row: Mapping[str, Any]) -> Refinement:
    where = f"the refinement at {row.get('at')} of {row.get('schema')}"
    refinement = Refinement(
        **texts_of(row, where, "schema", "at", "what", "clause", "reason"), value=copy.deepcopy(row.get("value"))
    )
    if refinement.what not in CHANGES:
        raise DeriveError(f"{where} is none of {', '.join(CHANGES)}.")
    return refinement


def _infer(samples: list[Sample]) -> Schema:
    builder = SchemaBuilder(schema_uri=None)
    for sample in samples:
        try:
            builder.add_object(json.loads(sample.repaired))
        except ValueError as error:
            raise DeriveError(f"A repaired sample of {sample.kind} is not JSON: {error}.") from error
    schema: Schema = builder.to_schema()
    return schema


def _derive_one(inferred: Schema, title: str, refinements: list[Refinement], answers: Mapping[str, str]) -> Schema:
    clauses = dict(answers)
    schema = inferred
    for refinement in refinements:
        before = copy.deepcopy(schema)
        try:
            CHANGES[refinement.what](schema, refinement)
        except (KeyError, TypeError, AttributeError) as error:
            raise DeriveError(f"The sample has no place for {refinement} ({error}).") from error
        if schema == before:
            raise DeriveError(f"Without {refinement} the schema is the same.")
        if (
            refinement.what not in CONDITIONS
            and clauses.setdefault(refinement.at, refinement.clause) != refinement.clause
        ):
            raise DeriveError(f"Two clauses answer for one place: see {refinement}.")
    if "$" not in clauses:
        raise DeriveError(f'No clause answers for the message "{title}" as a whole: name one for $.')
    places = dict(_places(schema))
    if strange := set(clauses) - set(places):
        raise DeriveError(f'The sample "{title}" has no {", ".join(sorted(strange))}.')
    for place, subschema in places.items():
        # A parent comes before its members, so what nobody names inherits.
        clauses.setdefault(place, clauses[_parent(place)])
        subschema["$comment"] = clauses[place]
    return _ordered({"$schema": DIALECT, "title": title, **schema})


def _optional(schema: Schema, refinement: Refinement) -> None:
    parent = _find(schema, _parent(refinement.at))
    parent["required"] = [name for name in parent["required"] if name != _steps(refinement.at)[-1]]
    if not parent["required"]:
        del parent["required"]


def _constant(schema: Schema, refinement: Refinement) -> None:
    place = _find(schema, refinement.at)
    # A constant says its type: with both, one wrong value would break two keywords.
    del place["type"]
    place["const"] = refinement.value


def _minimum(schema: Schema, refinement: Refinement) -> None:
    _find(schema, refinement.at)["minimum"] = refinement.value


def _pattern(schema: Schema, refinement: Refinement) -> None:
    place = _find(schema, refinement.at)
    place["description"] = refinement.value["described"]
    place["pattern"] = refinement.value["pattern"]


def _items(schema: Schema, refinement: Refinement) -> None:
    place = _find(schema, refinement.at)
    if "items" in place:
        raise DeriveError(f"The sample shows items, so {refinement} would hide them.")
    place["items"] = refinement.value


def _property(schema: Schema, refinement: Refinement) -> None:
    name = _steps(refinement.at)[-1]
    _find(schema, _parent(refinement.at))["properties"].setdefault(name, refinement.value)


def _either(schema: Schema, refinement: Refinement) -> None:
    choices = [{"$comment": refinement.clause, "required": [name]} for name in refinement.value]
    _find(schema, refinement.at).setdefault("allOf", []).append({"$comment": refinement.clause, "anyOf": choices})


def _required_if(schema: Schema, refinement: Refinement) -> None:
    member, value, then = (refinement.value[name] for name in ("member", "is", "then"))
    comment = {"$comment": refinement.clause}
    condition = {**comment, "properties": {member: {**comment, "const": value}}, "required": [member]}
    rule = {**comment, "if": condition, "then": {**comment, "required": [then]}}
    _find(schema, refinement.at).setdefault("allOf", []).append(rule)


CHANGES: Final[Mapping[str, Callable[[Schema, Refinement], None]]] = {
    "optional": _optional,
    "constant": _constant,
    "minimum": _minimum,
    "pattern": _pattern,
    "items": _items,
    "property": _property,
    "either": _either,
    "required_if": _required_if,
}

CONDITIONS: Final = frozenset({"either", "required_if"})
"""Changes that join members: their clause answers for the condition, not for the place."""


def _steps(place: str) -> list[str]:
    """The steps of a place from the message down: $.a[*].b is a, [*], b."""
    if not re.fullmatch(r"\$(\.[^.\[\]]+|\[\*\])*", place):
        raise DeriveError(f'"{place}" is no place in a message; one looks like $.messages[*].index.')
    return re.findall(r"[^.\[\]$]+|\[\*\]", place)


def _parent(place: str) -> str:
    return re.sub(r"(\.[^.\[\]]+|\[\*\])$", "", place)


def _find(schema: Schema, place: str) -> Schema:
    for step in _steps(place):
        schema = schema["items"] if step == "[*]" else schema["properties"][step]
    return schema


def _places(schema: Schema, at: str = "$") -> Iterator[tuple[str, Schema]]:
    """Every place of a schema with its subschema, parents first."""
    yield at, schema
    for name, subschema in schema.get("properties", {}).items():
        yield from _places(subschema, f"{at}.{name}")
    if "items" in schema:
        yield from _places(schema["items"], f"{at}[*]")


def _ordered(schema: Schema) -> Schema:
    """The same schema with its keywords in reading order and its members in the order of the sample."""
    ordered: Schema = {}
    for keyword in sorted(schema, key=_rank):
        value = schema[keyword]
        if keyword == "properties":
            ordered[keyword] = {name: _ordered(member) for name, member in value.items()}
        elif keyword in ("allOf", "anyOf"):
            ordered[keyword] = [_ordered(choice) for choice in value]
        else:
            ordered[keyword] = _ordered(value) if keyword in ("items", "if", "then") else value
    return ordered


def _rank(keyword: str) -> tuple[int, str]:
    return (KEYWORDS.index(keyword) if keyword in KEYWORDS else len(KEYWORDS), keyword)
