"""Messages that may show a difference at a place: a sample with this place changed, as the schemas hint at."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from jsonschema import Draft202012Validator

from gws_contract.contract_diff.places import Schema

_OF_EVERY_TYPE: Final[tuple[Any, ...]] = (None, True, 0, 1, -1, 0.5, "", "x", [], {})
_LETTERS: Final = " T0aZ_-"
_LONGEST: Final = 64
"""Code points of a text that is spelt otherwise, one by one."""
_MOST_LENGTH: Final = 10_000
"""Code points or items that are written out for a bound."""
_SPELLINGS: Final = settings(
    max_examples=100,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def messages(base: Any, steps: Sequence[str], vary: Callable[[Any], Iterator[Any]], schema: Schema) -> Iterator[Any]:
    """The base with every variation of what is at the place; what is missing on the way there is made by the schema."""
    if not steps:
        yield from vary(base)
        return
    step, *rest = steps
    if step == "[*]":
        inner, items = schema.get("items", {}), base if isinstance(base, list) else []
        for index, item in enumerate(items):
            for varied in messages(item, rest, vary, inner):
                yield [*items[:index], varied, *items[index + 1 :]]
        yield from ([*items, varied] for varied in messages(smallest(inner), rest, vary, inner))
    else:
        inner, members = schema.get("properties", {}).get(step, {}), base if isinstance(base, dict) else {}
        for varied in messages(members.get(step, smallest(inner)), rest, vary, inner):
            yield {**members, step: varied}


def smallest(schema: Schema | bool) -> Any:
    """A small value that may well be what a schema allows."""
    if isinstance(schema, bool):  # of `true` and `false` there is nothing to read
        return None
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    type_ = schema.get("type")
    match type_[0] if isinstance(type_, list) else type_:
        case "object":
            return {name: smallest(schema.get("properties", {}).get(name, {})) for name in schema.get("required", ())}
        case "array":
            return []
        case "string":
            return "x" * min(schema.get("minLength", 0), _MOST_LENGTH)
        case "integer" | "number":
            return max(0, schema.get("minimum", 0))
        case "boolean":
            return False
    return None


def values(base: Any, hints: Sequence[Any]) -> Iterator[Any]:
    """What may stand at a place in the stead of `base`: base itself, what schemas hint at, something of every type."""
    keywords = list(_keywords(hints))
    yield base
    for keyword, value in keywords:
        yield from _hinted(keyword, value, base)
    if isinstance(base, dict):
        yield from _members(base, keywords)
    if isinstance(base, str) and any(keyword == "pattern" for keyword, _ in keywords):
        yield from _respelt(base)
    yield from _OF_EVERY_TYPE
    yield from (smallest(hint) for hint in hints)


def spellings(allows: Schema, forbids: Schema) -> tuple[str, ...]:
    """A text that one pattern allows and the other schema does not, if one is found; the same each time."""
    if not isinstance(allows.get("pattern"), str):
        return ()
    wide, narrow = Draft202012Validator(allows), Draft202012Validator(forbids)

    def shows(text: str) -> bool:
        return bool(wide.is_valid(text) and not narrow.is_valid(text))

    chance = random.Random(0)  # noqa: S311 - the same each time, and no secret
    try:
        return (find(st.from_regex(str(allows["pattern"])), shows, settings=_SPELLINGS, random=chance),)
    except HypothesisException:
        return ()


def _keywords(hint: Any) -> Iterator[tuple[str, Any]]:
    """Every keyword with its value, however deep it lies."""
    if isinstance(hint, Mapping):
        for keyword, value in hint.items():
            yield keyword, value
            yield from _keywords(value)
    elif isinstance(hint, list):
        for each in hint:
            yield from _keywords(each)


def _hinted(keyword: str, value: Any, base: Any) -> Iterator[Any]:
    match keyword, value:
        case "const", _:
            yield value
        case ("enum", list()):
            yield from value
        case (("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"), int() | float()):
            yield from (value, value - 1, value + 1, value / 2)
        case (("minLength" | "maxLength"), int()) if value < _MOST_LENGTH:
            yield from ("x" * length for length in (value, value + 1, max(0, value - 1)))
        case (("minItems" | "maxItems"), int()) if value < _MOST_LENGTH:
            filling = base if isinstance(base, list) and base else [None]
            lengths = (value, value + 1, max(0, value - 1))
            yield from (list(itertools.islice(itertools.cycle(filling), length)) for length in lengths)


def _members(base: Mapping[str, Any], keywords: Sequence[tuple[str, Any]]) -> Iterator[Any]:
    """The object with up to two of the members that schemas speak of left out or changed."""
    ways: dict[str, list[dict[str, Any]]] = {}
    for keyword, value in keywords:
        if keyword == "required" and isinstance(value, list):
            for name in value:
                ways.setdefault(name, []).append({name: "x"})
        elif keyword == "properties" and isinstance(value, Mapping):
            for name, subschema in value.items():
                ways.setdefault(name, []).append({name: smallest(subschema)})
    for number in (1, 2):
        for names in itertools.combinations(ways, number):
            for changes in itertools.product(*([{}, *ways[name]] for name in names)):
                kept = {name: value for name, value in base.items() if name not in names}
                yield {**kept, **{name: value for change in changes for name, value in change.items()}}


def _respelt(text: str) -> Iterator[str]:
    """The text with one letter more, less or other."""
    text = text[:_LONGEST]
    for index in range(len(text) + 1):
        yield from (text[:index] + letter + text[index + 1 :] for letter in _LETTERS)
        yield from (text[:index] + letter + text[index:] for letter in _LETTERS)
        yield text[:index] + text[index + 1 :]
