from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gws_contract.judge.finding import Broken, Finding, Hidden, NotTestable, brief


def test_a_break_says_what_was_documented_and_what_was_received() -> None:
    broken = Broken("state Chatting", "state Talking")
    assert str(broken) == "Documented: state Chatting. Received: state Talking."
    assert (broken.documented, broken.received, broken.within_array) == ("state Chatting", "state Talking", False)
    assert Broken("a", "b", within_array=True).within_array


@pytest.mark.parametrize("kind", [Broken("a", "b"), NotTestable("why"), Hidden("why")])
def test_whatever_a_check_raises_is_a_finding(kind: Broken | Hidden | NotTestable) -> None:
    assert isinstance(kind, Finding)


@pytest.mark.parametrize(
    ("value", "text"),
    [("Grüße", '"Grüße"'), ({"a": [1, None]}, '{"a": [1, null]}'), ("x" * 118, f'"{"x" * 118}"'), (17, "17")],
)
def test_a_value_is_quoted_as_json(value: dict[str, Any] | int | str, text: str) -> None:
    assert brief(value) == text


def test_a_long_value_is_cut() -> None:
    assert brief("x" * 119) == '"' + "x" * 116 + "..."
    assert brief("abcdef", 5) == '"a...'


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists), st.integers(4, 200))
def test_a_quoted_value_is_whole_or_of_the_limit(value: object, limit: int) -> None:
    text = brief(value, limit)
    assert len(text) <= limit
    assert text == json.dumps(value, ensure_ascii=False) or (text.endswith("...") and len(text) == limit)
