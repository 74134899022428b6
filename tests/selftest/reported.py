"""Judged runs of a few chats, for the tests of what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from gws_contract.check import Check, shipped
from gws_contract.conversation import Conversation
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.journal import Footer, Planned, Record
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Scenario, to_json
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED

from .conversations import (
    FOOTER,
    HEADER,
    PLAIN,
    STATUS,
    Chat,
    evidence_of,
    journal_of,
    performed,
)

GOOD = performed(PLAIN)
ORDER = "accept.notifications.order"
ARRIVES = "accept.history.arrives"
JOIN_LAST = "accept.history.ends-with-join"
TURNED = GOOD.arriving(*(GOOD.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
LATE_TEXT = GOOD.with_entries(
    lambda entries: [
        *entries[:-2],
        {**entries[-1], "index": 3, "timestamp": entries[-2]["timestamp"]},
        {**entries[-2], "index": 4},
    ]
)
"""Breaks nothing but inferred clauses."""
MISUSED = Scenario("Jo", "Kim", refusals=tuple({each.kind: each for each in MALFORMED}.values()))
"""A wrong request of every kind that is spelled out."""
FLOOR = len(SITUATIONS)


def of_source(source: str, chat: Chat) -> Chat:
    return chat.plus(Planned(chat.number, 0.0, to_json(chat.scenario), source))


@cache
def corpus() -> tuple[Chat, ...]:
    """A good server in every situation, and with the wrong requests: as many chats as every clause needs."""
    situations = [performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)]
    return (*situations, of_source("misuse", performed(MISUSED, number=len(SITUATIONS) + 1)))


@cache
def docket(*chats: Chat, footer: Footer | None = FOOTER, floor: int = 1, **how: Any) -> Docket:
    return judge_evidence(evidence_of(*chats, footer=footer), shipped(), floor=floor, **how)


@cache
def whole(*others: Chat, **how: Any) -> Docket:
    """The corpus and more chats."""
    return docket(*_with_corpus(*others), floor=FLOOR, **how)


def _with_corpus(*others: Chat) -> tuple[Chat, ...]:
    return (*corpus(), *(chat.numbered(number) for number, chat in enumerate(others, len(corpus()) + 1)))


def whole_journal(*others: Chat, footer: Footer = FOOTER) -> tuple[Record, ...]:
    """The journal of the corpus and more chats; its header comes first."""
    return journal_of(*_with_corpus(*others), footer=footer)


def is_accepted(chat: Chat) -> bool:
    """Whether the Accept came about: not where the customer has left before."""
    return any(getattr(record, "step", "") == "accept" for record in chat.records)


def disturbed(number: int) -> Chat:
    """A chat of its own minutes that lost its StatusChange with a broken poll."""
    return performed(PLAIN, number=number, start=100.0 * number).dropping(STATUS).disturbed("poll-broken")


def turned(number: int) -> Chat:
    """A chat in minutes of its own whose participants come first."""
    chat = performed(PLAIN, number=number, start=100.0 * number)
    return chat.arriving(*(chat.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])


def finding(name: str, what: Mapping[int, Exception]) -> Check:
    def judge_(conversation: Conversation) -> None:
        if what.get(conversation.chat) is not None:
            raise what[conversation.chat]

    return Check(name, judge_)


DAY = timedelta(days=1)
STARTED = date(2026, 1, 2)
KNOWN = Deviation(ORDER, "The participants come first\nuntil release 9.", "GWS-1234", STARTED)


@cache
def declaring(deviation: Deviation, *others: Chat, **how: Any) -> Docket:
    """The corpus and more chats, judged with one declared deviation."""
    header = replace(HEADER, deviations=(to_data(deviation),))
    return judge_evidence(assemble((header, *whole_journal(*others)[1:])), shipped(), **{"floor": FLOOR, **how})
