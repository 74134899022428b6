"""What handling a request comes to: an answer, and notices to publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gws_contract.mock.encoding import encode
from gws_contract.mock.variation import Answer, Notice, Request, Variation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gws_contract.mock.desk import Effect

JSON = {"Content-Type": "application/json;charset=utf-8"}


@dataclass(slots=True)
class Outcome:
    """The answer to send, and groups of notices to publish, each group with its own count of delays."""

    answer: Answer
    groups: tuple[Sequence[Notice], ...] = ()
    published_first: bool = False
    """Whether the notices are published before the answer is sent."""


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, encode(body).encode(), {**JSON, **headers} if headers else JSON)


_DONE = json_answer(200, {"statusCode": 0})


def success(**members: Any) -> Answer:
    """HTTP 200 with statusCode 0."""
    return json_answer(200, {"statusCode": 0, **members}) if members else _DONE


def failure(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An HTTP error with a code of the table of return values (gws.md 4.1) and nothing but its message."""
    return json_answer(status, {"statusCode": code, "statusMessage": message}, headers)


def wrong_method(*allowed: str) -> Outcome:
    """The URL exists, the method does not."""
    return Outcome(failure(405, 3, "Method not allowed", {"Allow": ", ".join(allowed)}))


def not_found() -> Outcome:
    """Nothing is at this URL."""
    return Outcome(failure(404, 6, "Resource not found"))


def spoken(variation: Variation, effects: Sequence[Effect]) -> tuple[Sequence[Notice], ...]:
    """The notices of the effects as the variation has them, a group for each effect."""
    groups = [variation.notices(effect.cause, effect.notices) for effect in effects]
    return tuple([group for group in groups if group])


def done(variation: Variation, request: Request, effects: Sequence[Effect], answer: Answer | None = None) -> Outcome:
    """The outcome of an operation that was carried out; its own cause is that of the first effect."""
    cause = effects[0].cause
    groups = spoken(variation, effects)
    return Outcome(variation.answer(cause, request, answer or success()), groups, variation.published_first(cause))
