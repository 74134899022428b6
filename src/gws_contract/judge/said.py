"""What an HTTP answer says by itself, whatever was asked: its body, read strictly, and whether it is a success."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from gws_contract import foreign
from gws_contract.journal import Exchange
from gws_contract.operation import NOTHING

Trouble = Literal["url", "method", "body", "json", "status-code", "http-success", "refused"]

_LONGEST = 160
"""Code points of an answer that are quoted."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


@dataclass(frozen=True, slots=True)
class Parsed:
    """The body of an answer: a JSON value, or why it is none."""

    value: Any = None
    complaint: str | None = None
    beyond: bool = False
    """Whether it goes beyond what is read, so that nobody knows what it says."""

    @property
    def members(self) -> Mapping[str, Any]:
        """The members, if it is an object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def code(self) -> int | None:
        """The statusCode, if it is an integer (JSON knows no other kind of 0 than 0.0)."""
        return self.integer("statusCode")

    def integer(self, member: str) -> int | None:
        """The value of a member, if it is an integer."""
        code = self.members.get(member)
        if isinstance(code, bool) or not isinstance(code, int | float) or not math.isfinite(code):
            return None
        return int(code) if code == int(code) else None


@lru_cache(maxsize=512)
def parse(body: bytes) -> Parsed:
    """Read strictly: UTF-8 without byte order mark, no NaN, no member twice, nothing behind the value."""
    if not body:
        return Parsed(complaint="an empty body")
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        return Parsed(complaint=f"a body that is not UTF-8 at byte {error.start}")
    try:
        return Parsed(foreign.loads(text, pairs=_no_duplicates))
    except foreign.TooMuchError as error:
        return Parsed(complaint=f"a body that is more than is read ({error})", beyond=True)
    except ValueError as error:
        return Parsed(complaint=f"a body that is not JSON ({error})")


def described(exchange: Exchange) -> str:
    """The answer in a few words."""
    if exchange.failure and exchange.status is None:
        return exchange.failure
    body = " ".join((exchange.answer or "").split())
    return f"HTTP {exchange.status} {body if len(body) <= _LONGEST else body[: _LONGEST - 3] + '...'}".rstrip()


def is_2xx(exchange: Exchange) -> bool:
    """Whether the HTTP status is one of success."""
    return exchange.status is not None and 200 <= exchange.status < 300


def succeeded(exchange: Exchange) -> bool:
    """Whether the request was answered with success: 2xx and statusCode 0."""
    return exchange.failure is None and is_2xx(exchange) and parse(exchange.body).code == 0


def _said(exchange: Exchange, success: Sequence[str]) -> int | None:
    """What the first of these members says that is there; 0 for an empty answer if that may be a success too."""
    parsed = parse(exchange.body)
    if NOTHING in success and is_2xx(exchange) and (parsed.value == {} or not exchange.body.strip()):
        return 0
    return next((parsed.integer(name) for name in success if name in parsed.members), None)


def trouble(exchange: Exchange, success: Sequence[str] = ("statusCode",)) -> Trouble | None:
    """Why a request was not answered with success; None if it was. The exchange must have been answered.

    `success`: what may say so, as in `Operation.success`.
    """
    parsed, status = parse(exchange.body), exchange.status
    code = _said(exchange, success)
    if code == 0:
        return None if is_2xx(exchange) else "http-success"
    if status in (404, 410) and code is None:
        return "url"
    if status in (405, 501):
        return "method"
    if status in (400, 415, 422) or code in (1, 2, 10):
        return "body"
    if not is_2xx(exchange) or code is not None:
        return "refused"
    return "status-code" if isinstance(parsed.value, dict) else "json"
