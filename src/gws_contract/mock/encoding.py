"""JSON as the mock writes and reads it."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import msgspec

from gws_contract.nesting import is_deeper

DEPTH = 400
"""Arrays and objects inside one another that are read."""


_ESCAPED = json.JSONEncoder(separators=(",", ":"))
_encoded = msgspec.json.Encoder().encode
_decoded = msgspec.json.Decoder().decode


def encode(value: Any) -> str:
    """JSON with its characters as they are; lone surrogates, which UTF-8 cannot carry, make everything escaped."""
    try:
        return _encoded(value).decode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(value)


def decode(body: bytes | str) -> Any:
    """The value that a JSON text means. Raises ValueError for anything else, however deep it is nested.

    Bytes are UTF-8 without byte order mark (RFC 8259, 8.1). Of a name that an object has twice the last counts.
    """
    text = body if isinstance(body, str) else body.decode("utf-8")
    if len(text) > DEPTH and is_deeper(text, DEPTH):
        raise ValueError("nested too deeply")
    try:
        return _decoded(text)
    except (msgspec.DecodeError, UnicodeError):
        return _DECODER.decode(text)  # it takes lone surrogates, and decides what is no JSON


def repeats_a_name(body: bytes, data: Any) -> bool:
    """Whether an object somewhere in a JSON text has a name twice; `data` is what `decode` made of it."""
    if isinstance(data, dict) and body.count(b":") == len(data):
        return False  # as many colons as members: there was nothing that the last of its name replaced
    twice = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        found = dict(pairs)
        twice = twice or len(found) < len(pairs)
        return found

    json.loads(body, object_pairs_hook=members)
    return twice


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
