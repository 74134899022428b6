"""A sink that passes on, and keeps the books of a load run: what was asked and answered, and how long it took."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from gws_contract.journal import Exchange, Record, Sink
from gws_contract.scenario import Say
from gws_contract.stage.cast import Performance
from gws_contract.stage.purpose import purpose_of
from gws_contract.stage.switchboard import LiveChat
from gws_contract.stage.watch import completed_at


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of Locust's statistics: a request, or what a chat waited for."""

    kind: str
    """GET, POST, or CHAT."""
    name: str
    seconds: float
    size: int = 0
    """Bytes of the answer."""
    failure: str = ""
    """Why it failed, in words; empty if it did not."""


INVITED = "offer -> invited"
HISTORY = "accept -> complete history"


class Ledger:
    """Safe to use from many threads. `enter` is told every entry."""

    def __init__(self, sink: Sink, enter: Callable[[Entry], None]) -> None:
        self._sink, self._enter = sink, enter
        self._lock = threading.Lock()
        self._sent: dict[tuple[int, str], Exchange] = {}
        """The offers and Accepts of the chats under way."""

    def write(self, record: Record) -> None:
        """Pass the record on."""
        self._sink.write(record)
        if not isinstance(record, Exchange):
            return
        if record.chat is not None and record.step in ("offer", "accept"):
            with self._lock:
                self._sent[record.chat, record.step] = record
        # What a server answered is not quoted: Locust writes what it is told into files of its own.
        failure = "no answer" if record.failure else f"HTTP {record.status}" if _is_refused(record) else ""
        size = len(record.answer or "")
        self._enter(Entry(record.method, record.step, record.done - record.sent, size, failure))

    def close(self, live: LiveChat, performance: Performance, now: float) -> None:
        """A chat is over: how long it waited for an agent, and its agent for the complete history."""
        with self._lock:
            offer, accept = (self._sent.pop((live.number, step), None) for step in ("offer", "accept"))
        invited = live.invitations[0] if live.invitations else None
        if performance.how == "cut short":
            return
        if offer is not None and invited is not None:
            self._enter(Entry("CHAT", INVITED, max(0.0, invited.at - offer.sent)))
        elif offer is not None:
            self._enter(Entry("CHAT", INVITED, now - offer.sent, failure=performance.how))
        if accept is None:
            return
        agent = accept.actor.removeprefix("agent:")
        planted = [step.text for step in live.scenario.before if isinstance(step, Say)]
        came = completed_at(live.deliveries, agent, accept.sent, planted)
        if came is not None:
            self._enter(Entry("CHAT", HISTORY, came - accept.sent))
        else:
            how = performance.how if performance.how != "complete" else "incomplete history"
            self._enter(Entry("CHAT", HISTORY, now - accept.sent, failure=how))


def _is_refused(exchange: Exchange) -> bool:
    """Whether it is, and should not be: whoever clears up asks whatever the chat has come to."""
    return (exchange.status or 0) >= 400 and purpose_of(exchange.step) == "work"
