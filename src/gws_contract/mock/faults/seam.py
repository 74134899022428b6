"""Faults of the seam between history and live messages: they show only if the customer speaks during the Accept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gws_contract.mock.alterations import LOG, Data, Everywhere, Sequenced, kind, of_accept
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.faults.history import is_customers_text
from gws_contract.mock.seam import Held, OnItsWay
from gws_contract.mock.variation import Cause, Combined, Notice, Variation

_LATE = 0.1
"""Seconds by which something is late: enough for a customer to say more, on any machine."""


def _is_text(notice: Notice) -> bool:
    return kind(notice) == LOG and all(map(is_customers_text, notice.data["messages"]))


def _lost(notice: Notice, entries: Held) -> Notice | None:
    del entries
    return None if _is_text(notice) else notice


def _with_gaps(data: Data) -> None:
    data["messages"] = [{**entry, "index": 2 * entry["index"]} for entry in data["messages"]]


def _doubled(notice: Notice, entries: Held) -> Notice:
    if not _is_text(notice):
        return notice
    said = notice.data["messages"]
    entries += said
    again = [{**entry, "index": entry["index"] + 1} for entry in said]
    return replace(notice, data={**notice.data, "messages": again})


class _FirstText(Variation):
    """Changes what is sent of the customer's first live text after an Accept."""

    def __init__(self, change: Callable[[Sequence[Notice]], Sequence[Notice]]) -> None:
        self._change = change
        self._awaited: set[str] = set()

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if of_accept(cause):
            self._awaited.add(cause.chat.id)
        elif cause.chat.id in self._awaited and notices and cause.operation == "message" and cause.agent is None:
            self._awaited.discard(cause.chat.id)
            return self._change(notices)
        return notices


def _later(notices: Sequence[Notice]) -> list[Notice]:
    return [replace(notices[0], after=_LATE), *notices[1:]]


def faults() -> Iterator[Fault]:
    """What is lost or doubled, then what is out of order."""
    seam, after = "history.seam", "history.live-after"
    yield fault(
        "said-meanwhile-lost",
        "What the customer says between the agent's join and the history is in neither.",
        seam,
        lambda: OnItsWay(_lost, _LATE),
        "F62",
    )
    yield fault(
        "said-meanwhile-twice",
        "What the customer says before the history has left is in it, and comes live under another index.",
        seam,
        lambda: Combined((Everywhere((LOG,), _with_gaps), OnItsWay(_doubled, _LATE))),
        "F62",
    )
    yield fault(
        "first-live-text-lost",
        "The customer's first live text never comes.",
        seam,
        lambda: _FirstText(lambda _: []),
        "F62",
    )
    yield fault(
        "live-before-history",
        "The history takes its time, and live messages do not wait for it.",
        after,
        Sequenced(lambda own: [*own[:-1], *_later(own[-1:])]),
        "F17",
    )
    yield fault(
        "live-before-everything",
        "Live messages come before the three notifications.",
        after,
        Sequenced(_later),
        "F17",
    )
    yield fault(
        "live-texts-swapped",
        "The customer's first live text comes behind the next ones.",
        after,
        lambda: _FirstText(_later),
    )
