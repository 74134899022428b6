"""Judged runs of every kind, put together without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from gws_contract.check import shipped
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.journal import Planned, Record
from gws_contract.judge.ruling import Outcome, Ruling
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Scenario, to_json
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED

from .conversations import FOOTER, HEADER, PLAIN, STATUS, Chat, journal_of, performed

FLOOR = len(SITUATIONS)
ORDER = "accept.notifications.order"
TURNED_AROUND = (1, 0, 2)
_MISUSED = Scenario("Jo", "Kim", refusals=tuple({each.kind: each for each in MALFORMED}.values()))


def turned(chat: Chat) -> Chat:
    """The same chat with the participants first."""
    return chat.arriving(*(chat.payloads[n] for n in TURNED_AROUND), polls=[107, 108, 108])


@cache
def corpus() -> tuple[Chat, ...]:
    """A good server in every situation, and with wrong requests: as many chats as every clause needs."""
    misused = performed(_MISUSED, number=FLOOR + 1)
    misused = misused.plus(Planned(misused.number, 0.0, to_json(misused.scenario), "misuse"))
    return (*(performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)), misused)


def judged(*others: Chat, header: Mapping[str, Any] | None = None, **how: Any) -> Docket:
    """The corpus and more chats, judged."""
    more = [chat.numbered(number) for number, chat in enumerate(others, len(corpus()) + 1)]
    footer = how.pop("footer", FOOTER)
    (_, *rest) = journal_of(*corpus(), *more, footer=footer)
    return _judged([replace(HEADER, **(header or {})), *rest], **how)


def of(*chats: Chat, **how: Any) -> Docket:
    """Only these chats, judged."""
    return _judged(journal_of(*chats, footer=how.pop("footer", FOOTER)), **how)


def _judged(records: Iterable[Record], **how: Any) -> Docket:
    return judge_evidence(assemble(records), shipped(), **{"floor": FLOOR, "again": "gws-contract certify ", **how})


def ruling_of(docket: Docket, clause: str) -> Ruling:
    """The ruling about a clause, which the docket must have."""
    ruling = docket.ruling(clause)
    assert ruling is not None
    return ruling


def example_of(ruling: Ruling) -> Outcome:
    """The example of a ruling, which must have one."""
    assert ruling.example is not None
    return ruling.example


GOOD = performed(PLAIN)


def declared(**changes: Any) -> dict[str, Any]:
    """Members of a header with one deviation."""
    known = Deviation(ORDER, "The participants come first.", "GWS-1234", HEADER.day)
    return {"deviations": (to_data(replace(known, **changes)),)}


def of_every_kind() -> dict[str, Docket]:
    """A judged run of each kind that is not conformant without reserve, by its name."""
    disturbed = [
        performed(PLAIN, number=n, start=100.0 * n).dropping(STATUS).disturbed("poll-broken") for n in range(50, 54)
    ]
    return {
        "broken": judged(turned(GOOD)),
        "cut off": judged(footer=None),
        "interrupted": judged(footer=replace(FOOTER, ended="interrupted")),
        "not ready": of(GOOD, footer=replace(FOOTER, ended="not ready", detail="No agent could log in.")),
        "too few": of(GOOD),
        "filtered": judged(only=(ORDER,)),
        "filtered and broken": judged(turned(GOOD), only=(ORDER,)),
        "given": of(GOOD, given=True, floor=1),
        "no clause": judged(only=("accept.unheard-of",)),
        "undecided": judged(*disturbed),
        "harness error": judged(footer=replace(FOOTER, ended="harness error")),
        "out of date": judged(header=declared()),
    }
