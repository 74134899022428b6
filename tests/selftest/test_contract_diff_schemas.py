"""Two versions of a schema: what one allows and the other forbids, for any two schemas and any messages."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gws_contract.contract import ContractError, Sample, load
from gws_contract.contract_diff.change import Change, Turn
from gws_contract.contract_diff.reading import Edition
from gws_contract.contract_diff.schemas import changes
from gws_contract.contract_diff.witness import difference, proves

Schema = dict[str, Any]

CLAUSES = ("accept.history.text", "accept.overview.offer", "accept.page.title")
"""Of one each is judged, advisory, not judged."""


def contract(schema: Mapping[str, Any], sample: Any, sent_by: Any = "server") -> Edition:
    """The contract with this kind of message and no other."""
    things = Sample("thing", "title", "Thing", "", json.dumps(sample))
    read = replace(
        load(),
        schema_texts=MappingProxyType({"thing": json.dumps(schema)}),
        samples=MappingProxyType({"thing": things}),
    )
    return Edition("here", read, (things,), {"thing": sent_by}, {}, (), {})


def compared(old: Schema, new: Schema, sample: Any = None, sent_by: Any = "server") -> list[Change]:
    """The changes from one schema to another, both with a clause that is judged."""
    named = [{"$comment": CLAUSES[0], **schema} for schema in (old, new)]
    return list(changes(*(contract(schema, sample, sent_by) for schema in named)))


def shown(change: Change) -> tuple[str, Any, str | None]:
    """The place, and the message with who allows it."""
    place = change.name.removeprefix("thing ")
    return (place, change.witness.value, change.witness.allowed_by) if change.witness else (place, None, None)


TEXT = {"type": "string"}
OPEN_ENDS: dict[str, tuple[Schema, Schema, Any, list[tuple[str, Any, str | None]]]] = {
    "one more value of a list": ({"enum": [1, 2]}, {"enum": [1, 2, 3]}, 1, [("$", 3, "B")]),
    "a word that is none to Python": ({"const": True}, {"const": 1}, True, [("$", True, "A"), ("$", 1, "B")]),
    "a text that UTF-8 cannot spell": (
        {"properties": {"b": TEXT}, "required": ["b"]},
        {"properties": {"b": TEXT}},
        {"\ud800": "a", "b": "c"},
        [("$.b", {}, "B")],
    ),
    "a member below false or true": (
        {
            "properties": {
                "a": {"type": "object", "properties": {"b": {"type": "boolean"}, "c": TEXT}, "required": ["b"]}
            }
        },
        {"properties": {"a": {"type": "object", "properties": {"b": {"type": "boolean"}, "c": {}}, "required": ["b"]}}},
        {},
        [("$.a.c", {"a": {"b": False, "c": None}}, "B")],
    ),
    "a longer text": ({**TEXT, "maxLength": 3}, {**TEXT, "maxLength": 5}, "a", [("$", "xxxxx", "B")]),
    "a text of some length": (TEXT, {**TEXT, "minLength": 2}, "abc", [("$", "xx"[:1], "A")]),
    "a greater number": ({"type": "number", "maximum": 5}, {"type": "number", "maximum": 7}, 1, [("$", 7, "B")]),
    "only even numbers": ({"type": "integer"}, {"type": "integer", "multipleOf": 2}, 4, [("$", 1, "A")]),
    "more items": ({"type": "array", "maxItems": 1}, {"type": "array", "maxItems": 2}, ["a"], [("$", ["a", "a"], "B")]),
    "no items": ({"type": "array"}, {"type": "array", "minItems": 1}, ["a"], [("$", [], "A")]),
    "another type": ({"type": "boolean"}, {"type": ["boolean", "null"]}, True, [("$", None, "B")]),
    "nothing at all any more": (
        {"properties": {"a": True}},
        {"properties": {"a": False}},
        {"a": 1},
        [("$", {"a": 1}, "A")],
    ),
    "a member below one that the sample does not show": (
        {"properties": {"a": {"type": "object", "properties": {"b": TEXT}}}},
        {"properties": {"a": {"type": "object", "properties": {"b": {"type": "integer"}}}}},
        {},
        [("$.a.b", {"a": {"b": 0}}, "B"), ("$.a.b", {"a": {"b": ""}}, "A")],
    ),
    "a member that is demanded and not described": (
        {"type": "object"},
        {"type": "object", "required": ["a"]},
        {"a": 1, "b": 2},
        [("$.a", {}, "A")],
    ),
    "items below one that the sample does not show": (
        {"items": {"type": "object", "required": ["a", "b"]}},
        {"items": {"type": "object", "required": ["a"]}},
        [],
        [("$[*].b", [{"a": None}], "B")],
    ),
    "objects are closed": (
        {"type": "object", "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
        {"a": "b", "c": 1},
        [("$", {"c": 1}, "A")],
    ),
    "a member of a closed object": (
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {**TEXT, "minLength": 1}}, "additionalProperties": False},
        {"a": "b"},
        [("$", {"a": ""}, "A")],
    ),
    "a member where the sample has no members": (
        {"type": ["object", "array"]},
        {"type": ["object", "array"], "required": ["a"]},
        [],
        [("$.a", {}, "A")],
    ),
    "references": (
        {"$ref": "#/$defs/a", "$defs": {"a": TEXT}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}},
        "a",
        [("$", 0, "B"), ("$", "a", "A")],
    ),
    "one condition instead of another": (
        {"allOf": [{"if": {"properties": {"a": {"const": "on"}}, "required": ["a"]}, "then": {"required": ["b"]}}]},
        {"allOf": [{"if": {"properties": {"a": {"const": "on"}}, "required": ["a"]}, "then": {"required": ["c"]}}]},
        {"a": "off"},
        [("$", {"a": "on", "c": "x"}, "B"), ("$", {"a": "on", "b": "x"}, "A")],
    ),
}


@pytest.mark.parametrize("which", OPEN_ENDS)
def test_a_small_message_shows_the_change(which: str) -> None:
    old, new, sample, expected = OPEN_ENDS[which]
    assert sorted(map(repr, map(shown, compared(old, new, sample)))) == sorted(map(repr, expected))


def test_a_place_is_shown_alone_where_it_can_be() -> None:
    named = {"$comment": CLAUSES[0], "type": "object"}
    found = changes(contract(named, {}), contract({**named, "required": ["a", "b"]}, {"a": 1, "b": 2}))
    assert [shown(change) for change in found] == [("$.a", {"b": 2}, "A"), ("$.b", {"a": 1}, "A")]


def test_where_one_place_cannot_be_shown_alone_it_is_shown_with_others() -> None:
    def both(value: int) -> Edition:
        named = {
            "$comment": CLAUSES[0],
            "properties": {name: {"const": value} for name in "ab"},
            "required": ["a", "b"],
        }
        return contract(named, {"a": value, "b": value, "c": 0})

    found = [shown(change) for change in changes(both(1), both(2))]
    assert found == [(f"$.{name}", {"a": v, "b": v}, who) for name in "ab" for v, who in ((2, "B"), (1, "A"))]


def test_a_text_is_found_that_no_letter_of_the_sample_leads_to() -> None:
    old, new = ({**TEXT, "pattern": f"^[a-{last}]{{5}}[0-9]{{3}}$"} for last in "mz")
    proved = [change.witness.value for change in compared(old, new, "abcde123") if change.witness]
    assert len(proved) == 1
    assert [Draft202012Validator(schema).is_valid(proved[0]) for schema in (new, old)] == [True, False]


def test_what_is_not_proved_is_said_in_words() -> None:
    allows_more, allows_less = compared({**TEXT, "pattern": "^[a-m]+$"}, {**TEXT, "pattern": "^(?:[a-f]|[g-m])+$"}, "a")
    why = "neither a message that shows it was found nor a proof that there is none"
    assert allows_more.what == "whether B allows a value that A forbids is not proved"
    assert (allows_more.server, allows_more.client, allows_more.because.client) == ("no", "not proved", why)
    assert allows_less.what == "whether B forbids a value that A allows is not proved"
    assert (allows_less.server, allows_less.client, allows_less.because.server) == ("not proved", "no", why)
    assert [(change.proved, change.witness) for change in (allows_more, allows_less)] == [(False, None)] * 2


def test_a_witness_is_one_to_the_judge_of_record_whatever_the_second_opinion_says() -> None:
    """To jsonschema an Arabic digit is a digit, to jsonschema-rs it is none."""
    wider, narrower = compared({"enum": ["a"]}, {"enum": ["\u0663"], "not": {"pattern": r"^\d$"}}, "a")
    assert (wider.proved, wider.witness) == (False, None)
    assert shown(narrower) == ("$", "a", "A")


def test_what_the_algebra_cannot_read_proves_nothing() -> None:
    unreadable = {"$ref": "#/$defs/nowhere"}
    assert not proves(unreadable, {"type": "string"})
    assert difference({"type": "string"}, unreadable) == {}


def test_what_is_written_otherwise_and_means_the_same_changes_nothing() -> None:
    (change,) = compared({"enum": [1, 2]}, {"enum": [2, 1]}, 1)
    assert change.what == "it is written otherwise, and nothing changes in what is valid"
    assert (change.turn, change.server, change.client) == (Turn.SAME, "no", "no")


def test_where_places_are_not_looked_at_one_by_one_another_clause_may_answer_unseen() -> None:
    def closed(clause: str) -> Schema:
        return {"properties": {"a": {"$comment": clause}}, "additionalProperties": False}

    (change,) = compared(closed(CLAUSES[0]), closed(CLAUSES[1]), {})
    assert (change.turn, change.server, change.client) == (Turn.EITHER, "not proved", "not proved")


@pytest.mark.parametrize(
    ("sent_by", "come", "gone"),
    [("client", ("yes", "no"), ("no", "yes")), ("server", ("yes", "no"), ("no", "yes"))],
)
def test_a_kind_of_message_may_come_and_go(sent_by: str, come: tuple[str, str], gone: tuple[str, str]) -> None:
    one = contract({"$comment": CLAUSES[0]}, {}, sent_by)
    none = replace(one, contract=replace(load(), schema_texts={}, samples={}))
    for versions, effect in (((none, one), come), ((one, none), gone)):
        (change,) = changes(*versions)
        assert (change.name, change.server, change.client) == ("thing", *effect)


def test_who_sends_a_message_now_and_did_not_is_told_and_nothing_proved() -> None:
    versions = (contract({"$comment": CLAUSES[0]}, {}, sender) for sender in ("client", "server"))
    (change,) = changes(*versions)
    assert (change.old, change.new, change.server, change.client) == ("client", "server", "not proved", "not proved")


@pytest.mark.parametrize(
    ("clause", "effect"), list(zip(CLAUSES, ["yes", "only with --strict", "no"], strict=True)), ids=CLAUSES
)
def test_a_change_weighs_what_the_clause_weighs_that_answers(clause: str, effect: str) -> None:
    old, new = (contract({"$comment": clause, "type": type_}, 1) for type_ in ("number", "integer"))
    (change,) = changes(old, new)
    assert (change.clause, change.server, change.client) == (clause, effect, "no")


@pytest.mark.parametrize(
    "harm", [{"type": "text"}, {"pattern": "("}, {"pattern": "(?P<a>b)(?(a)c|d)"}, {"minimum": "1"}]
)
def test_a_schema_that_is_none_is_said_in_a_sentence(harm: Schema) -> None:
    with pytest.raises(ContractError, match=r"^The schema of thing in B is none: [^\n]+\.$"):
        compared({}, harm)


KINDS = st.sampled_from(["request", "status_change", "new_messages"])


@st.composite
def edited(draw: st.DrawFn, schema: Schema) -> Schema:
    """A schema after a few small edits of its places."""
    schema = copy.deepcopy(schema)
    for _ in range(draw(st.integers(0, 3))):
        places = [place for place in subschemas(schema) if "allOf" not in place or draw(st.booleans())]
        place = draw(st.sampled_from(places))
        edit = draw(
            st.sampled_from(["require", "let go", "type", "const", "minimum", "free", "forget", "name", "answer"])
        )
        members = sorted(place.get("properties", {}))
        match edit:
            case "require" if members:
                place["required"] = sorted({*place.get("required", ()), draw(st.sampled_from(members))})
            case "let go" if place.get("required"):
                place["required"] = place["required"][1:]
            case "type" if not members and "items" not in place:
                place["type"] = draw(st.sampled_from(["string", "integer", "boolean", ["string", "null"]]))
            case "const" if not members and "items" not in place:
                place["const"] = draw(st.sampled_from(["Accept", "x", 1]))
            case "minimum":
                place["minimum"] = draw(st.integers(-1, 2))
            case "free":
                place.pop("const", None)
                place.pop("pattern", None)
                place.pop("allOf", None)
            case "forget" if members:
                del place["properties"][draw(st.sampled_from(members))]
            case "name" if members:
                place["properties"]["more"] = {"$comment": place["$comment"], "type": "string"}
            case "answer":
                place["$comment"] = draw(st.sampled_from(CLAUSES))
    return schema


def subschemas(schema: Schema) -> list[Schema]:
    found = [schema]
    for below in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else ())):
        found += subschemas(below)
    return found


def mutants(sample: Any) -> st.SearchStrategy[Any]:
    """Messages that differ from a sample at some places."""
    other: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, -1, 1, 2, "", "x", "Accept", [], {}])
    if isinstance(sample, dict):
        members = {name: st.one_of(st.just(value), mutants(value)) for name, value in sample.items()}
        return st.one_of(
            other, st.fixed_dictionaries({}, optional={**members, "more": other, "chatPath": st.just("x")})
        )
    if isinstance(sample, list) and sample:
        return st.one_of(other, st.lists(st.sampled_from(sample).flatmap(mutants), max_size=2))
    return st.one_of(other, st.just(sample))


def holds(data: st.DataObject) -> None:
    """Every witness discriminates, no message does that is not told, and back it is told the other way round."""
    kind = data.draw(KINDS)
    shipped, sent_by = load().schema(kind), "client" if kind == "request" else "server"
    a, b = (data.draw(edited(shipped)) for _ in range(2))
    versions = [contract(schema, load().sample(kind), sent_by) for schema in (a, b)]
    there, back = list(changes(*versions)), list(changes(*reversed(versions)))
    judge_a, judge_b = (Draft202012Validator(schema) for schema in (a, b))
    for change in there:
        if change.witness:
            allows = [judge.is_valid(change.witness.value) for judge in (judge_a, judge_b)]
            assert allows == ([True, False] if change.witness.allowed_by == "A" else [False, True])
    assert sorted((c.name, c.server, c.client) for c in there) == sorted((c.name, c.client, c.server) for c in back)
    if a == b:
        assert there == []
    turns = {change.turn for change in there if "clause answers" not in change.what}
    wider, narrower = (Turn.STRONGER, Turn.WEAKER) if sent_by == "client" else (Turn.WEAKER, Turn.STRONGER)
    for message in data.draw(st.lists(mutants(load().sample(kind)), max_size=10)):
        allowed = judge_a.is_valid(message), judge_b.is_valid(message)
        if allowed == (False, True):
            assert wider in turns
        elif allowed == (True, False):
            assert narrower in turns


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_of_any_two_schemas_every_witness_discriminates_and_no_message_does_that_is_not_told(
    data: st.DataObject,
) -> None:
    holds(data)
