"""Two versions of a schema, laid side by side: each place of the message with what each version demands there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Schema = Mapping[str, Any]
Facet = Literal["presence", "value"]
Spot = tuple[str, Facet]
"""What can be violated at a place: that there is something, or what it is."""

ANNOTATIONS: Final = frozenset({"$schema", "$comment", "title", "description", "default", "examples"})
"""Keywords that allow and forbid nothing."""
_JOINED: Final = frozenset({"properties", "items", "required"})
"""Keywords that belong to the places below."""
_MINGLED: Final = frozenset(
    {
        "$defs",
        "additionalProperties",
        "contains",
        "patternProperties",
        "prefixItems",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
"""Keywords that say something about the places below, so that these cannot be looked at one by one."""
_NAMED: Final = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
"""Keywords whose value is subschemas by name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a message in both versions. `$` is the message, `[*]` every item, as in refinements.toml."""

    at: str
    steps: tuple[str, ...]
    old: Schema
    """The subschema of A with everything below it; {} if A says nothing about the place."""
    new: Schema
    whole: bool
    """Whether the places below are not looked at one by one: one version knows none of them, or they are mingled."""
    only: Literal["A", "B"] | None
    """The version that alone names the place; None if both do."""
    demanded: tuple[bool, bool] | None
    """Whether A and B demand that it be there; None where the question makes no sense."""

    def holds(self, spot: Spot, facet: Facet) -> bool:
        """Whether a violation at this spot is one of this place."""
        at, what = spot
        if self.whole and at.startswith((f"{self.at}.", f"{self.at}[")):
            return facet == "value"
        return at == self.at and what == facet

    def own(self, subschema: Schema) -> Schema:
        """What a version demands at the place itself, without what it only says."""
        return {keyword: value for keyword, value in bare(subschema).items() if self.whole or keyword not in _JOINED}


def side_by_side(old: Schema, new: Schema) -> Iterator[Place]:
    """Every place that one of two schemas names, parents first.

    What a schema demands is what it demands at all its places together; so if one version demands no more than the
    other at any place, it demands no more as a whole.
    """
    if any('"$ref"' in json.dumps(schema) for schema in (old, new)):
        yield Place("$", (), old, new, whole=True, only=None, demanded=None)
    else:
        yield from _below("$", (), old, new, only=None, demanded=None)


def _below(
    at: str,
    steps: tuple[str, ...],
    old: Schema,
    new: Schema,
    only: Literal["A", "B"] | None,
    demanded: tuple[bool, bool] | None,
) -> Iterator[Place]:
    whole = only is not None or _mingled(old) or _mingled(new)
    yield Place(at, steps, old, new, whole=whole, only=only, demanded=demanded)
    if whole:
        return
    before, now = ({**schema.get("properties", {})} for schema in (old, new))
    must = [set(schema.get("required", ())) for schema in (old, new)]
    for name in [*now, *(name for name in {**before, **dict.fromkeys(sorted(must[0] | must[1]))} if name not in now)]:
        demands = (name in must[0], name in must[1])
        yield from _below(f"{at}.{name}", (*steps, name), *_pair(before, now, name), demanded=demands)
    if "items" in old or "items" in new:
        yield from _below(f"{at}[*]", (*steps, "[*]"), *_pair(old, new, "items"), demanded=None)


def _pair(old: Schema, new: Schema, name: str) -> tuple[Schema, Schema, Literal["A", "B"] | None]:
    """The subschemas of this name, and which version alone has one."""
    before, now = old.get(name, {}), new.get(name, {})
    if name in old and name in new:
        return before, now, None
    return before, now, "A" if name in old else "B" if name in new else None


def _mingled(schema: Schema) -> bool:
    """Whether the places below cannot be looked at one by one. Of `true` and `false` nothing can be told apart."""
    below = (*schema.get("properties", {}).values(), schema.get("items", {}))
    return bool(_MINGLED & set(schema)) or any(isinstance(subschema, bool) for subschema in below)


def same(one: Any, other: Any) -> bool:
    """Whether two schemas are written alike but for the order of their keywords. To Python, 1 is True."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def bare(schema: Any) -> Any:
    """A schema without the keywords that allow and forbid nothing, however deep they lie."""
    if not isinstance(schema, Mapping):
        return [bare(each) for each in schema] if isinstance(schema, list) else schema
    return {
        keyword: (
            value
            if keyword in ("const", "enum")
            else {name: bare(each) for name, each in value.items()}
            if keyword in _NAMED
            else bare(value)
        )
        for keyword, value in schema.items()
        if keyword not in ANNOTATIONS
    }


def answers(schema: Schema) -> tuple[str, ...]:
    """The clauses that answer at a place for what joins its members, in the order of the schema."""
    found: list[str] = []
    for keyword in ("allOf", "anyOf", "oneOf"):
        found += [each["$comment"] for each in schema.get(keyword, ()) if "$comment" in each]
    return tuple(found)


def comments(schema: Any) -> list[str]:
    """Every clause that a schema names, as often as it does, sorted."""
    if isinstance(schema, Mapping):
        own = [schema["$comment"]] if isinstance(schema.get("$comment"), str) else []
        return sorted(itertools.chain(own, *(comments(each) for each in schema.values())))
    return sorted(itertools.chain(*map(comments, schema))) if isinstance(schema, list) else []
