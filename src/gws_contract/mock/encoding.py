"""JSON as the mock writes and reads it."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def encode(value: Any) -> str:
    """JSON with its characters as they are; lone surrogates, which UTF-8 cannot carry, make everything escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def decode(body: bytes | str) -> Any:
    """The value that a JSON text means. Raises ValueError for anything else, however deep it is nested."""
    try:
        return json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
