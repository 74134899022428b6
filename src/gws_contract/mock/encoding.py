"""JSON as the mock writes and reads it."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from gws_contract.nesting import is_deeper

DEPTH = 400
"""Arrays and objects inside one another that are read."""


def encode(value: Any) -> str:
    """JSON with its characters as they are; lone surrogates, which UTF-8 cannot carry, make everything escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def decode(body: bytes | str) -> Any:
    """The value that a JSON text means. Raises ValueError for anything else, however deep it is nested.

    Bytes are UTF-8 without byte order mark (RFC 8259, 8.1). Of a name that an object has twice the last counts.
    """
    text = body if isinstance(body, str) else body.decode("utf-8")
    if is_deeper(text, DEPTH):
        raise ValueError("nested too deeply")
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def repeats_a_name(body: bytes | str) -> bool:
    """Whether an object somewhere in a JSON text that `decode` reads has a name twice."""
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
