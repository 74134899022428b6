"""The course of a load run, second by second over all its shards: what was due, what was offered, what was under way.

Time is that of the shard which started first; the others lie on it by the wall clock of their headers. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate, pairwise
from math import floor

from gws_contract.journal import Header, Load
from gws_contract.report.accepts import Accepts

_LONGEST = 1_000_000
"""Seconds; no run is longer."""
_MOST = 1_000_000_000
"""Chats; no run has more."""
_INSTANT = 1e-6
"""Seconds: what is told at the end of a second belongs to it, and not to the next."""
_FULL = 0.9
"""A second in which so large a part of the most ever due became due belongs to the plateau."""
_LEAD = 10
"""The first part, of so many, of the plateau is left out: the first answers are under way."""


@dataclass(frozen=True)
class Shard:
    """What is known of one shard."""

    header: Header
    loads: Sequence[Load]
    accepts: Accepts
    offset: float
    """Seconds by which it started later than the first one."""


def aligned(shards: Sequence[tuple[Header, Sequence[Load]]], accepts: Mapping[str, Accepts]) -> list[Shard]:
    """The shards on one clock; a shard whose start is no time lies on it as if it had started with the first."""
    starts = [_start(header) for header, _ in shards]
    first = min((start for start in starts if start is not None), default=0.0)
    return [
        Shard(header, _told(loads), accepts.get(header.shard, Accepts()), 0.0 if start is None else start - first)
        for (header, loads), start in zip(shards, starts, strict=True)
    ]


def _told(loads: Iterable[Load]) -> list[Load]:
    """By their moments, but for what no run reaches: a journal may be anybody's."""
    told = [
        replace(load, due=int(load.due), offered=int(load.offered), active=int(load.active))
        for load in loads
        if 0 <= load.at <= _LONGEST and all(0 <= each <= _MOST for each in (load.due, load.offered, load.active))
    ]
    return sorted(told, key=lambda load: load.at)


def _start(header: Header) -> float | None:
    try:
        moment = datetime.fromisoformat(header.started)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True)
class Course:
    """What happened in each second, the first of which is number `begin`."""

    begin: int
    due: Sequence[float]
    """Chats that became due in it."""
    offered: Sequence[float]
    """Chats that were offered in it."""
    accepted: Sequence[int]
    """Accepts that were sent in it."""
    under_way: Sequence[int]
    """Chats under way at its end; the most that were, where it is known more closely."""

    def accepted_at(self, at: float) -> int:
        """Accepts in the second of a moment."""
        return self.accepted[self.place(at)]

    def under_way_at(self, at: float) -> int:
        """Chats under way in the second of a moment."""
        return self.under_way[self.place(at)]

    def place(self, at: float) -> int:
        """Which of the seconds a moment lies in, or is nearest to."""
        return _place(at, self.begin, len(self.accepted))

    @cached_property
    def plateau(self) -> tuple[int, int]:
        """The first second of the full load and the one behind its last.

        Full is the load while as many chats became due as ever, but for its beginning; without such knowledge it is
        the time from the first Accept to the last.
        """
        counts: Sequence[float] = self.due if any(self.due) else self.accepted
        least = _FULL * max(counts, default=0) if any(self.due) else 1
        full = [number for number, count in enumerate(counts) if count >= least]
        if not full:
            return self.begin, self.begin
        first, behind = full[0], full[-1] + 1
        return self.begin + first + (behind - first) // _LEAD, self.begin + behind

    @property
    def rate(self) -> float | None:
        """Accepts a second over the plateau; None if there was none."""
        begin, end = self.plateau
        found = self.accepted[begin - self.begin : end - self.begin]
        return sum(found) / len(found) if found else None


def course(shards: Sequence[Shard]) -> Course:
    """The course of a run."""
    begin, end = _span(shards)
    seconds = range(begin, end)
    accepted = [0] * len(seconds)
    for shard in shards:
        for sent in shard.accepts.sent:
            accepted[_place(sent + shard.offset, begin, len(accepted))] += 1
    return Course(
        begin,
        due=_flow(seconds, ([(load.at + shard.offset, load.due) for load in shard.loads] for shard in shards)),
        offered=_flow(seconds, ([(load.at + shard.offset, load.offered) for load in shard.loads] for shard in shards)),
        accepted=accepted,
        under_way=[sum(each) for each in zip(*(_under_way(seconds, shard) for shard in shards), strict=True)],
    )


def _place(at: float, begin: int, number: int) -> int:
    return floor(min(at - begin, number - 1.0)) if at > begin else 0


def _span(shards: Iterable[Shard]) -> tuple[int, int]:
    """The first second in which something is known to have happened, and the one behind the last."""
    moments = [moment for shard in shards for moment in _moments(shard) if 0 <= moment <= _LONGEST]
    return (floor(min(moments)), floor(max(moments)) + 1) if moments else (0, 1)


def _moments(shard: Shard) -> Iterator[float]:
    if shard.loads:
        yield max(shard.loads[0].at - 1, 0.0) + shard.offset
        yield shard.loads[-1].at - _INSTANT + shard.offset
    for sent in (min(shard.accepts.sent, default=None), max(shard.accepts.sent, default=None)):
        if sent is not None:
            yield sent + shard.offset


def _flow(seconds: range, totals: Iterable[Sequence[tuple[float, int]]]) -> list[float]:
    """By how much sums grew in each second, which were told at other moments: evenly from one to the next."""
    grown = [0.0] * len(seconds)
    for told in totals:
        if not told:
            continue
        known = [(told[0][0] - 1, 0), *told]
        at = [_between(known, second) for second in (*seconds, seconds.stop)]
        grown = [before + to - since for before, (since, to) in zip(grown, pairwise(at), strict=True)]
    return [round(each, 1) for each in grown]


def _between(known: Sequence[tuple[float, int]], moment: float) -> float:
    place = bisect_right(known, moment, key=lambda each: each[0])
    if place in (0, len(known)):
        return float(known[min(place, len(known) - 1)][1])
    (since, before), (until, then) = known[place - 1], known[place]
    return before + (then - before) * (moment - since) / (until - since)


def _under_way(seconds: range, shard: Shard) -> list[int]:
    """In each second the most that was told of it; what was told last, where nothing was; none after the end.

    What is told of the second that ended belongs to the one in which most of it lay.
    """
    most: dict[int, int] = {}
    for load in shard.loads:
        second = floor(load.at + shard.offset - 0.5)
        most[second] = max(load.active, most.get(second, 0))
    last = max(most, default=0)
    found = accumulate(seconds, lambda before, second: most.get(second, before if second <= last else 0), initial=0)
    return list(found)[1:]
