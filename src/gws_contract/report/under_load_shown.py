"""What a load run tells: for a person in a few sentences, for a program as `under_load` of a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from gws_contract.judge.ruling import Odds
from gws_contract.report.duration import duration
from gws_contract.report.under_load import SHARES, Break, ByLoad, Found, Times, UnderLoad

_MOST = 240
"""Intervals of a course; those of a longer one are several seconds each."""


def as_json(told: UnderLoad) -> dict[str, Any]:
    """All of it as data."""
    begin, end = told.course.plateau
    return {
        "shards": told.shards,
        "agents": told.agents,
        "rate": {
            "asked": told.asked,
            "achieved": None if told.course.rate is None else round(told.course.rate, 2),
            "from": begin,
            "until": end,
        },
        "chats": {name: getattr(told, name) for name in ("due", "offered", "accepted", "complete")},
        "most_under_way": told.most_under_way,
        "bottlenecks": list(told.bottlenecks),
        "response": _times(told.response),
        "complete_history": _times(told.history),
        "broken": asdict(told.odds),
        "first_break": _first(told.first),
        "clauses": [_clause(each) for each in told.clauses],
        "by_accepts_a_second": _by_load(told.by_accepts),
        "by_chats_under_way": _by_load(told.by_under_way),
        "course": course(told),
    }


def course(told: UnderLoad) -> dict[str, Any]:
    """What happened in each interval of so many seconds; they are few, however long the run."""
    way = told.course
    step = -(-len(way.accepted) // _MOST)

    def sums(of: Sequence[float]) -> list[float]:
        return [round(sum(of[place : place + step]), 1) for place in range(0, len(of), step)]

    return {
        "begin": way.begin,
        "seconds": step,
        "due": sums(way.due),
        "offered": sums(way.offered),
        "accepted": sums(way.accepted),
        "under_way": [max(way.under_way[place : place + step]) for place in range(0, len(way.under_way), step)],
        "broken": sums(told.broken),
    }


def _times(times: Times) -> dict[str, Any]:
    return {"chats": times.chats, "percentiles": {percent(share): s for share, s in times.percentiles.items()}}


def percent(share: float) -> str:
    """50, 99.9."""
    return f"{share:g}"


def _clause(found: Found) -> dict[str, Any]:
    first = asdict(found.first) if found.first else None
    return {
        "id": found.clause,
        "verdict": found.verdict.value,
        "counts": found.counts,
        **asdict(found.odds),
        "first_break": first,
    }


def _first(found: Found | None) -> dict[str, Any] | None:
    return {"clause": found.clause, **asdict(found.first)} if found and found.first else None


def _by_load(by: ByLoad) -> dict[str, Any]:
    more = by.more_under_more
    return {
        "classes": [{"low": each.low, "high": each.high, **asdict(each.odds)} for each in by.classes],
        "half": by.half,
        "below_half": asdict(by.below),
        "from_half": asdict(by.above),
        "chance": None if more is None else round(by.chance, 6),
        "more_under_more": more,
    }


def sentences(told: UnderLoad) -> Iterator[str]:
    """The load and what came of it in three or four sentences without their full stops."""
    way = told.course
    reached = "" if way.rate is None else f" at {way.rate:.1f} a second ({told.asked:g} asked)"
    offered = f" of {told.offered:,}" if told.offered else ""
    yield (
        f"{told.accepted:,}{offered} chats accepted{reached}, {told.agents:,} agents,"
        f" {told.most_under_way:,} chats under way at most"
    )
    yield f"answered: {_percentiles(told.response)}"
    yield f"complete history: {_percentiles(told.history)}"
    yield from (words.rstrip(".") for words in told.bottlenecks)
    if told.first and told.first.first:
        yield f"first break {moment(told.first.first, told)}: {told.first.clause}; {often(told.odds)}"
    for words in (more(told.by_accepts, "accepts a second"), more(told.by_under_way, "chats under way")):
        if words and told.odds.broken:
            yield words


def _percentiles(times: Times) -> str:
    if not times.chats:
        return "no chat"
    shown = [f"{percent(share)} % in {duration(times.percentiles[share])}" for share in SHARES[:-1] if share != 90]
    return f"{', '.join(shown)}, the longest in {duration(times.percentiles[SHARES[-1]])}"


def moment(first: Break, told: UnderLoad) -> str:
    """When and where a clause broke first, and under which load."""
    shard = f" ({first.number} of shard {first.shard})" if told.shards > 1 else ""
    return (
        f"after {first.at:.1f} s, in chat {first.chat}{shard}, at {first.accepts:,} accepts a second"
        f" and {first.under_way:,} chats under way"
    )


def often(odds: Odds) -> str:
    """3 of 6,000 chats."""
    return f"{odds.broken:,} of {odds.chats:,} chats broke a clause"


def more(by: ByLoad, what: str) -> str:
    """Whether it breaks more often under more load, in a sentence; empty if nothing can be said."""
    if by.more_under_more is None:
        return ""
    odds = (
        f"{by.below.broken:,} of {by.below.chats:,} below {by.half:,},"
        f" {by.above.broken:,} of {by.above.chats:,} from there on"
    )
    known = "breaks" if by.more_under_more else "not known to break"
    return f"{known} more often under more {what}: {odds}"
