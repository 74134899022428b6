"""How deep a text is nested is known before it is parsed."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gws_contract import customer_side, foreign
from gws_contract.mock import encoding
from gws_contract.mock.faults import refusals
from gws_contract.nesting import is_deeper
from gws_contract.stage import malformed

DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("1", 0),
        ("[]", 1),
        ("[[], [], []]", 2),
        ('{"a": {"b": []}, "c": [{}]}', 3),
        (' \t\r\n[{"a": []}]', 3),
        ('["[[[["]', 1),
        (r'["\"[[[[", {"\\": []}]', 3),
        ("[[[[", 4),
        ("[[]]]]]] [", 2),
        ('[["[[', 2),
        ("<html>[[[[", 0),
    ],
)
def test_a_text_is_as_deep_as_its_brackets_outside_strings(text: str, depth: int) -> None:
    assert not is_deeper(text, depth)
    assert depth == 0 or is_deeper(text, depth - 1)


class Remains:
    """Garbage whose finaliser needs room on the stack."""

    def __init__(self) -> None:
        self.myself = self

    def __del__(self) -> None:
        def down(levels: int) -> None:
            if levels:
                down(levels - 1)

        down(300)


@pytest.fixture
def ignored() -> Iterator[list[str]]:
    """What Python would print of finalisers that failed."""
    messages: list[str] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: messages.append(repr(unraisable.exc_value))
    yield messages
    sys.unraisablehook = before


def _parsed(text: str) -> None:
    with pytest.raises(RecursionError):
        json.loads(text)


def _refused_by(read: Callable[[str], Any]) -> Callable[[str], None]:
    def refused(text: str) -> None:
        with pytest.raises(ValueError, match="nested"):
            read(text)

    return refused


READERS: dict[str, Callable[[str], Any]] = {
    "an answer": _refused_by(foreign.loads),
    "a request to the mock": _refused_by(encoding.decode),
    "what begins with JSON": lambda text: refusals._begins_with_json(text.encode()),
    "a wrong request": malformed.kind_of,
    "an answer to a customer": customer_side._members.__wrapped__,
}


def _remains(read: Callable[[str], Any]) -> None:
    gc.collect()
    gc.freeze()  # so that only what is made here is looked at
    try:
        for _ in range(20):
            gc.collect()
            Remains()
            read(DEEP)
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("what", READERS)
def test_a_deep_text_leaves_room_for_finalisers(what: str, ignored: list[str]) -> None:
    _remains(READERS[what])
    assert ignored == []


def test_a_parser_that_goes_down_leaves_none(ignored: list[str]) -> None:
    _remains(_parsed)
    assert ignored != []
