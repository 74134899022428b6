"""What an answer means for the next step of a performance. The verdict on it is the judge's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gws_contract import foreign
from gws_contract.journal import Exchange

_LONGEST = 200
"""Characters of the server's that a sentence quotes."""


def members(exchange: Exchange) -> Mapping[str, Any]:
    """The members of the answer's JSON object; empty if it is none."""
    try:
        value = foreign.loads(exchange.answer or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def went_well(exchange: Exchange) -> bool:
    """Whether to go on as after a success: 2xx, and no statusCode other than 0."""
    ok = exchange.failure is None and exchange.status is not None and 200 <= exchange.status < 300
    return ok and members(exchange).get("statusCode", 0) in (0, "0", None)


def said_yes(exchange: Exchange) -> bool:
    """Whether the server claims to have carried out the request: 2xx and statusCode 0."""
    return went_well(exchange) and members(exchange).get("statusCode") == 0


def was_answered(exchange: Exchange) -> str:
    """The end of a sentence to a person about a request: how it was answered, if it was."""
    if exchange.failure:
        return f"was not answered: {exchange.failure}"
    return f"was answered {in_words(exchange)}"


def in_words(exchange: Exchange) -> str:
    """The answer for a sentence to a person, without bodies longer than a line."""
    if exchange.failure:
        return exchange.failure
    answer = members(exchange)
    code, message = answer.get("statusCode"), answer.get("statusMessage")
    words = f"HTTP {exchange.status}"
    if code is not None:
        words += f", statusCode {str(code)[:_LONGEST]}"
    return words + (f", {message[:_LONGEST]!r}" if isinstance(message, str) else "")
