"""JSON of the mock: what it writes and reads is what Python's own json would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gws_contract.mock import encoding

ANY = st.characters()
"""Lone surrogates among them."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(ANY),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(ANY), inner),
    max_leaves=12,
)
PIECES = '{}[]",:0123456789.eE+-truefalsn \\u\x00\ud800\n\tNaIity'


def typed(value: Any) -> Any:
    """The value with its types, for 1, 1.0 and True are equal."""
    if isinstance(value, dict):
        return [(name, typed(each)) for name, each in value.items()]
    return list(map(typed, value)) if isinstance(value, list) else (type(value), repr(value))


def read(text: str, decode: Any) -> Any:
    try:
        return typed(decode(text))
    except ValueError:
        return "refused"


@settings(max_examples=200)
@given(VALUES)
def test_what_is_written_means_what_was_to_be_written(value: Any) -> None:
    text = encoding.encode(value)
    assert typed(json.loads(text)) == typed(json.loads(json.dumps(value)))
    text.encode()
    for spelled in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert typed(encoding.decode(spelled)) == typed(json.loads(spelled))


@settings(max_examples=300)
@given(st.text(PIECES, max_size=12))
@example("1e999")
@example("NaN")
@example("[-Infinity]")
@example('{"a": 1, "a": 2}')
@example('"\\ud800"')
@example("\ufeff[]")
@example("1" * 30)
@example("-0")
def test_what_is_read_is_what_json_reads(text: str) -> None:
    assert read(text, encoding.decode) == read(text, encoding._DECODER.decode)


@pytest.mark.parametrize(
    ("body", "repeated"),
    [
        (b'{"a": 1, "b": 2}', False),
        (b'{"a": 1, "a": 2}', True),
        (b'{"a": ":", "b": 2}', False),
        (b'{"a": {"b": 1, "b": 2}}', True),
        (b'[{"a": 1, "a": 1}]', True),
        (b'{"a": 1, "a": 2, ":": 3}', True),
    ],
)
def test_a_name_that_an_object_has_twice_is_found(body: bytes, repeated: bool) -> None:
    assert encoding.repeats_a_name(body, json.loads(body)) is repeated
