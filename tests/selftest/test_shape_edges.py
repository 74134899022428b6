"""What mutants of the judge of shapes would get away with."""

from __future__ import annotations

from typing import Any

import pytest

from gws_contract.contract import ContractError
from gws_contract.judge.shape import Shapes, Violation


def found(schema: dict[str, Any], instance: object) -> tuple[Violation, ...]:
    return Shapes({"it": {"$comment": "whole", **schema}}).violations("it", instance)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("array", "an array"),
        ("boolean", "true or false"),
        ("integer", "an integer"),
        ("null", "null"),
        ("number", "a number"),
        ("object", "an object"),
    ],
)
def test_a_type_is_documented_in_words(kind: str, words: str) -> None:
    assert found({"type": kind}, "a text") == (Violation("whole", "", words, '"a text"'),)


@pytest.mark.parametrize(("length", "received"), [(118, '"' + "x" * 118 + '"'), (119, '"' + "x" * 118 + "…")])
def test_a_value_is_quoted_in_a_hundred_and_twenty_characters(length: int, received: str) -> None:
    (violation,) = found({"type": "integer"}, "x" * length)
    assert violation.received == received


def test_a_pointer_escapes_what_would_divide_it() -> None:
    (violation,) = found({"additionalProperties": {"$comment": "member", "type": "integer"}}, {"a~b/c": "x"})
    assert violation.pointer == "/a~0b~1c"


def test_violations_of_an_array_come_in_its_order() -> None:
    schema = {"items": {"$comment": "item", "type": "integer"}}
    assert [one.pointer for one in found(schema, [1, 2, "c", *range(7), "k", 11])] == ["/2", "/10"]


def test_what_the_quick_one_cannot_look_at_is_not_in_its_shape_unseen() -> None:
    assert found({"additionalProperties": {"$comment": "member", "type": "integer"}}, {"\ud800": "x"}) != ()
    assert found({"additionalProperties": {"$comment": "member", "type": "integer"}}, {"\ud800": 1}) == ()


def test_the_schemas_that_there_are_are_named() -> None:
    with pytest.raises(ContractError, match=r'^There is no schema "c"; there is a, b\.$'):
        Shapes({"a": {}, "b": {}}).violations("c", {})


def test_a_message_is_asked_for_its_own_shape() -> None:
    shapes = Shapes({"it": {"$comment": "whole", "type": "null"}})
    assert (shapes.has_shape("it", None), shapes.has_shape("it", 1)) == (True, False)
    assert shapes.violations("it", 1) != ()
