"""The records of one chat as they are read by a person: every request with its answer, every delivery."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from gws_contract.conversation import Conversation
from gws_contract.journal import Delivery, Exchange

FRAMES = 40
"""At most, of one chat."""
_LONGEST = 1500
"""Characters of one body."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record: when, in seconds after the request was sent, what, and what it held."""

    at: float
    head: str
    body: str

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.head) + len(self.body)


@dataclass(frozen=True, slots=True)
class Frames:
    """Some frames of one chat in the order of time, and how many records of it are not among them."""

    shown: tuple[Frame, ...]
    left_out: int = 0


def frames(conversation: Conversation, budget: int) -> Frames:
    """The frames nearest to the request that is judged, at most `FRAMES` and together at most so many characters."""
    start = conversation.request.sent if conversation.request else 0.0
    found = [_exchange(e, start) for e in conversation.exchanges]
    found += [_delivery(n.delivery, start) for n in conversation.notifications]
    kept = set()
    for place in sorted(range(len(found)), key=lambda place: (abs(found[place].at), place))[:FRAMES]:
        budget -= found[place].size
        if budget < 0:
            break
        kept.add(place)
    shown = sorted((found[place] for place in kept), key=lambda frame: frame.at)
    return Frames(tuple(shown), len(found) - len(shown))


def _exchange(exchange: Exchange, start: float) -> Frame:
    return Frame(exchange.sent - start, f"{exchange.actor}: {exchange.step}", "\n".join(_lines(exchange)))


def _lines(exchange: Exchange) -> Iterator[str]:
    yield f"{exchange.method} {exchange.path}"
    if exchange.request:
        yield _cut(exchange.request)
    yield ""
    if exchange.status is not None:
        yield f"HTTP {exchange.status} after {exchange.done - exchange.sent:.3f} s"
    yield from (f"{name}: {value}" for name, value in exchange.headers.items())
    if exchange.answer:
        yield _cut(exchange.answer)
    if exchange.failure:
        yield f"!! {exchange.failure}"


def _delivery(delivery: Delivery, start: float) -> Frame:
    where = f"{delivery.link} {delivery.poll} [{delivery.position}], CometD session {delivery.epoch}"
    body = json.dumps(delivery.message, ensure_ascii=False)
    return Frame(delivery.at - start, f"delivery to agent:{delivery.agent}, {where}", _cut(body))


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]} … ({len(text) - _LONGEST:,} more characters in the journal)"
