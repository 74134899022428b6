"""What is read quickly is read as `json` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gws_contract import parsing

patiently = settings(deadline=None, max_examples=300)
texts = st.text(st.characters(exclude_categories=()), max_size=6)
"""Lone surrogates included."""
numbers = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([-0.0, 2**63, 2**64, -(2**63) - 1, 10**400])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
tokens = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            '"',
            "\\",
            "\\u",
            "d800",
            "dc00",
            "006b",
            '"a"',
            '"a":1',
            "null",
            "true",
            "NaN",
        ),
        *("0", "1", "0" * 20, "9" * 20, "-", ".", "e", "E+", "400", "Infinity"),
        *(" ", "\t", "\n", "\x0b", "\x1f", "\x7f", "\ufeff", "\xa0", "ä", "👋", "\ud800"),
    ]
)
garbage = st.lists(tokens, max_size=12).map("".join)


def read(loads: Any, text: str) -> tuple[str, str]:
    """The value, every type and the order of members told apart, or the kind and the words of the error."""
    try:
        return "value", repr(loads(text))
    except (ValueError, RecursionError) as error:
        return type(error).__name__, str(error)


def alike(text: str) -> None:
    assert read(parsing.loads, text) == read(json.loads, text)


@given(values, st.booleans(), st.sampled_from([None, 1]))
@patiently
def test_what_json_has_written_is_read_alike(value: Any, ascii_only: bool, indent: int | None) -> None:
    alike(json.dumps(value, ensure_ascii=ascii_only, indent=indent))


@given(garbage)
@patiently
def test_what_may_be_no_json_is_read_or_refused_alike(text: str) -> None:
    alike(text)
    alike(f'{{"a":{text},"b":1}}')
    alike(f'["{text}"]')


@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "-Infinity", "1E400", "-1e400", "1e-400", "-0", "-0.0", "1.7976931348623159e308", "5e-324", "1e23"),
        *("18446744073709551615", "18446744073709551616", "-9223372036854775809", "9" * 300, "9" * 4300, "9" * 4301),
        *("0.1000000000000000055511151231257827", "9007199254740993.0", "123456789012345678901234567890.5"),
        *("1.", ".5", "+1", "01", "-01", "1e", "0x1", "1_0", "nul", "truex", "1 2", "", " ", "/**/1"),
        *('{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"\\ud800":1}', '{"":1}', '{"a":1,}', "{1:2}", "[1,]"),
        *('"\\ud800"', '"\\udc00"', '"\\ud83d\\ude00"', '"\\ud83dx"', '"\\ud83d\\u0041"', '"\\u12"', '"\\x"'),
        *('"\x01"', '"\t"', '"\x7f"', '"\x00"', '"\\u0000"', '"\\/"', '"\ud800"', "\ufeff1", "\xa01", "\x0b1"),
    ],
)
def test_an_odd_text_is_read_or_refused_alike(text: str) -> None:
    alike(text)
    alike(f'{{"a": [{text}]}}')


@pytest.mark.parametrize("depth", [100, 400])
def test_what_is_nested_is_read_alike(depth: int) -> None:
    alike("[" * depth + "]" * depth)
    alike('{"a":' * depth + "1" + "}" * depth)


@given(values, values)
@example(1, 1.0)
@example(1, True)
@example(0.0, -0.0)
@example([None], [float("nan")])
@example(float("inf"), float("-inf"))
@example({"a": 1, "b": 2}, {"b": 2, "a": 1})
@example({"a": "null"}, {"a": None})
@example({"a": "\ud800"}, {"a": "\ud800"})
@example(2**64, float(2**64))
@patiently
def test_two_values_are_the_same_if_json_spells_them_alike(one: Any, other: Any) -> None:
    def spelled(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    try:
        expected = spelled(one) == spelled(other)
    except ValueError:  # an integer with more digits than Python prints
        return
    assert (parsing.sameness(one) == parsing.sameness(other)) is expected
    copy = json.loads(spelled(one))
    assert parsing.sameness(copy) == parsing.sameness(one)


@given(st.dictionaries(texts, values, max_size=4))
@patiently
def test_the_order_of_members_makes_no_other_value(members: Mapping[str, Any]) -> None:
    turned = dict(reversed(list(members.items())))
    assert parsing.sameness(turned) == parsing.sameness(members)
