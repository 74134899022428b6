"""Load runs without a server: chats that a good server leaves, accepted at given moments, and how the client stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from gws_contract.check import shipped
from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import Delivery, Footer, Header, Load, Planned, Record
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import to_json

from .conversations import FOOTER, HEADER, PLAIN, Chat, performed
from .dockets import turned

GOOD = performed(PLAIN, start=0.0)
"""It is accepted so many seconds after its beginning:"""
ACCEPTED_AFTER = GOOD.accept.sent
LONG = max(getattr(record, "at", 0.0) for record in GOOD.records) - ACCEPTED_AFTER
"""Seconds from the Accept to the end of the chat."""
BAD = turned(GOOD)
_TIMED = ("at", "sent", "headers_at", "done")


def accepted(at: float, number: int, chat: Chat = GOOD) -> Chat:
    """A chat that is accepted at this moment, under this number, by the agent of all of them."""
    return replace(chat.mapped(lambda record: _moved(record, at - ACCEPTED_AFTER, number)), number=number)


def slower(chat: Chat, times: float) -> Chat:
    """The same chat with an answer and notifications that took so many times as long."""
    accept, own = chat.accept, chat.sequence

    def later(at: float) -> float:
        return round(accept.sent + times * (at - accept.sent), 6)

    def late(record: Record) -> Record:
        if isinstance(record, Delivery) and record in own:
            return replace(record, at=later(record.at))
        if record == accept:
            return replace(accept, headers_at=later(accept.headers_at or accept.sent), done=later(accept.done))
        return record

    return chat.mapped(late)


def _moved(record: Record, seconds: float, number: int) -> Record:
    changes: dict[str, Any] = {
        name: round(getattr(record, name) + seconds, 6) for name in _TIMED if name in record.__slots__
    }
    if "chat" in record.__slots__:
        changes["chat"] = number
    return replace(record, **changes)


def second_by_second(accepts: Sequence[float], end: int, rate: float) -> list[Load]:
    """How a client stands that offers a chat at the moment of its Accept, at the end of each second."""

    def so_far(second: float) -> int:
        return sum(1 for at in accepts if at < second)

    return [
        Load(
            at=float(second),
            due=min(round(rate * second), len(accepts)),
            offered=so_far(second),
            active=so_far(second) - so_far(second - LONG),
            lag=0.002,
            busy=0.4,
        )
        for second in range(1, end + 1)
    ]


def header(rate: float, **changes: Any) -> Header:
    """Of a load run."""
    of_load = {
        "depth": "load",
        "given": True,
        "rate": rate,
        "shard": "1 of 1",
        "started": "2026-01-02T03:04:05.250+00:00",
    }
    return replace(HEADER, **{**of_load, **changes})


def journal(
    accepts: Sequence[float],
    rate: float,
    *,
    breaks: Iterable[int] = (),
    chat: Callable[[int], Chat] | None = None,
    loads: Sequence[Load] | None = None,
    footer: Footer | None = FOOTER,
    **of_header: Any,
) -> list[Record]:
    """The records of one shard: a chat accepted at each of these moments, numbered from 1. Those of `breaks` break the
    order of the notifications; `chat` says otherwise what becomes of each."""
    bad = frozenset(breaks)
    kinds = chat or (lambda number: BAD if number in bad else GOOD)
    chats = [accepted(at, number, kinds(number)) for number, at in enumerate(accepts, 1)]
    end = round(max(accepts, default=0.0) + LONG + 2)
    told = second_by_second(accepts, end, rate) if loads is None else loads
    records: list[Record] = [header(rate, **of_header), *GOOD.sessions]
    records += [Planned(one.number, 0.0, to_json(one.scenario)) for one in chats]
    records += sorted((r for one in chats for r in one.records), key=lambda r: getattr(r, "at", 0.0))
    records = [replace(r, serial=n) if isinstance(r, Delivery) else r for n, r in enumerate(records)]
    return [*records, *told, *([footer] if footer else [])]


def evidence(*arguments: Any, **how: Any) -> Evidence:
    return assemble(journal(*arguments, **how))


def judged(*arguments: Any, **how: Any) -> Docket:
    """Such a run, judged."""
    return judge_evidence(evidence(*arguments, **how), shipped(), again="gws-contract certify --scenario ")


def evenly(rate: float, seconds: float) -> list[float]:
    """The moments of so many Accepts a second, from the first second on."""
    return [round(number / rate, 6) + 0.001 for number in range(round(rate * seconds))]
