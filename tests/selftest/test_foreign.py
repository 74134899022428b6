"""JSON of strangers, within bounds."""

from __future__ import annotations

import json

import pytest

from gws_contract import foreign
from gws_contract.foreign import CONTAINERS, DEPTH, DIGITS, MEMBERS, TooMuchError, loads


@pytest.mark.parametrize("value", [None, True, 0, -1.5e300, "a,[{", [], {"a": [{}, "\ud800"]}, [[1, 2], '\\"],[']])
def test_json_is_read_as_json(value: object) -> None:
    assert loads(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["", "{", "[1", "nul", "01", '"\n"', "{'a': 1}", "\ufeff[]", "[1] x"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_that_json_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is not a JSON number$"):
        loads(f"[{name}]")


@pytest.mark.parametrize(
    ("least", "most"),
    [
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "[" * DEPTH + "]" * DEPTH),
        ('{"a":' * (DEPTH + 1) + "1" + "}" * (DEPTH + 1), '{"a":' * DEPTH + "1" + "}" * DEPTH),
        ("[" + "[]," * CONTAINERS + "[]]", "[" + "[]," * (CONTAINERS - 2) + "[]]"),
        ("[" + "1," * (MEMBERS + 1) + "1]", "[" + "1," * MEMBERS + "1]"),
        ("1" * (DIGITS + 1), "1" * DIGITS),
        ("1e309", "1e308"),
    ],
    ids=["arrays", "objects", "containers", "elements", "digits", "exponent"],
)
def test_one_more_than_the_bound_is_too_much(least: str, most: str) -> None:
    with pytest.raises(TooMuchError):
        loads(least)
    loads(most)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 5000 + "]" * 5000])
def test_what_python_itself_cannot_read_is_too_much(text: str) -> None:
    with pytest.raises(TooMuchError):
        loads(text)


@pytest.mark.parametrize("inside", [",", "[", "{", '\\"[', "\\\\"])
def test_what_stands_in_a_text_counts_for_nothing(inside: str) -> None:
    text = f'["{inside * (MEMBERS + 1)}", "{inside}"]'
    assert loads(text) == json.loads(text)


def test_the_members_of_an_object_may_be_asked_for_as_they_stand() -> None:
    def twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert [name for name, _ in pairs] == ["a", "a"]
        return dict(pairs)

    assert loads('{"a": 1, "a": 2}', pairs=twice) == {"a": 2}


def test_the_greatest_integer_can_be_made_a_number() -> None:
    assert float(loads("9" * DIGITS)) > 1e299


def test_everything_within_the_bounds_can_be_written_again() -> None:
    deepest = loads("[" * DEPTH + "]" * DEPTH)
    assert foreign.loads(json.dumps(deepest)) == deepest
