"""JSON of strangers: read strictly, and within bounds that no honest server comes near.

Sixteen megabytes of `[[],[],` become half a gigabyte of lists, and what is nested a thousand deep can be read but not
written again. What goes beyond the bounds is refused before it costs anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, NoReturn

from gws_contract.nesting import STRING, is_deeper

DEPTH = 100
"""Arrays and objects inside one another; the notifications of the page need six."""
CONTAINERS = 50_000
"""Arrays and objects of one text; a history of 2,000 entries needs 4,000."""
MEMBERS = 200_000
"""Commas between elements and members of one text; the same history needs 20,000."""
DIGITS = 300
"""Of an integer: the most that every number of the judge's can be made of."""

Pairs = Callable[[list[tuple[str, Any]]], Any]


class TooMuchError(ValueError):
    """It goes beyond the bounds; the message says which."""


def loads(text: str, *, pairs: Pairs | None = None, larger: int = 1) -> Any:
    """The value of a JSON text. `pairs` makes of the members of an object what is returned for it.

    `larger`: how many times as much it may hold as an answer of a server.

    Raises TooMuchError beyond the bounds, and ValueError, with a sentence without its full stop, for what is no JSON:
    NaN and Infinity too, and numbers that only infinity is near to.
    """
    _within_bounds(text, larger)
    return json.loads(
        text, parse_constant=_no_constant, parse_int=_integer, parse_float=_number, object_pairs_hook=pairs
    )


def _within_bounds(text: str, larger: int) -> None:
    most_containers, most_members = CONTAINERS * larger, MEMBERS * larger
    containers, members = text.count("[") + text.count("{"), text.count(",")
    if containers > most_containers or members > most_members:
        bare = STRING.sub("", text)
        containers, members = bare.count("[") + bare.count("{"), bare.count(",")
        if containers > most_containers:
            raise TooMuchError(f"it holds {containers:,} arrays and objects, more than {most_containers:,}")
        if members > most_members:
            raise TooMuchError(f"it holds {members:,} elements and members, more than {most_members:,}")
    if is_deeper(text, DEPTH):
        raise TooMuchError(f"it is nested deeper than {DEPTH}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise TooMuchError(f"an integer of it has {len(digits):,} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise TooMuchError(f"the number {digits[:20]} is too large")
    return value
