"""How a contract was kept under load: what was asked and reached, what broke, at which load first, how often. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, isnan

from gws_contract.bottleneck import bottleneck
from gws_contract.evidence import Evidence
from gws_contract.judge.ruling import Odds, Ruling
from gws_contract.report.accepts import Accepts
from gws_contract.report.course import Course, Shard, aligned, course
from gws_contract.report.fisher import p_value
from gws_contract.verdict import Verdict, fails

SHARES = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
"""The percentiles that are told; the last one is the longest."""
CHANCE = 0.01
"""It breaks more often under more load if odds would differ so much by chance in fewer runs than this part."""
_CLASSES = 6
"""At most so many classes of load."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first break of a clause: when, where, and under which load."""

    at: float
    """Seconds into the run, when the Accept of its chat was sent."""
    chat: int
    """Its number in the run."""
    shard: str
    number: int
    """That in the journal of its shard."""
    accepts: int
    """Accepts that were sent in the same second."""
    under_way: int
    """Chats under way in that second."""


@dataclass(frozen=True, slots=True)
class Class:
    """The chats that were accepted under a load from `low` to `high`, both included, and how many of them broke it."""

    low: int
    high: int
    odds: Odds


@dataclass(frozen=True, slots=True)
class ByLoad:
    """How often chats broke something, by a measure of the load at their Accept."""

    classes: tuple[Class, ...]
    """In the order of the load, those without chats left out."""
    half: int
    """The middle load: as many chats were accepted below it as from it on, or nearly."""
    below: Odds
    above: Odds
    """Under this load and more."""

    @property
    def chance(self) -> float:
        """How likely the two differ as much by chance."""
        return p_value(self.below.broken, self.below.chats, self.above.broken, self.above.chats)

    @property
    def more_under_more(self) -> bool | None:
        """Whether it breaks more often under more load; None if nothing broke, or there was one load only."""
        if not (self.below.chats and self.above.chats and self.below.broken + self.above.broken):
            return None
        more = self.above.broken * self.below.chats > self.below.broken * self.above.chats
        return more and self.chance < CHANCE


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, of so many chats; seconds by percentile, none without a chat."""

    chats: int
    percentiles: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one clause."""

    clause: str
    verdict: Verdict
    counts: bool
    """Whether a break of it makes the run fail."""
    odds: Odds
    first: Break | None
    """None if it is not broken, or broken only where no Accept was sent."""


@dataclass(frozen=True)
class UnderLoad:
    """A load run, told."""

    shards: int
    agents: int
    asked: float
    """Chats a second."""
    course: Course
    due: int
    offered: int
    accepted: int
    complete: int
    """Chats whose three notifications came, with the complete history."""
    response: Times
    history: Times
    """From the Accept to the last of the three notifications, the history complete."""
    bottlenecks: tuple[str, ...]
    """What the client says for itself where it did not keep up; empty if it did."""
    clauses: tuple[Found, ...]
    """Those that the chats brought about."""
    odds: Odds
    """Of the chats that were accepted, those that broke a clause whose break makes the run fail."""
    broken: Sequence[int]
    """Of them, by the second of the course in which they were accepted."""
    by_accepts: ByLoad
    """The same by the accepts a second."""
    by_under_way: ByLoad
    """The same by the chats under way."""

    @property
    def first(self) -> Found | None:
        """The clause that makes the run fail and broke first."""
        found = [(each.first.at, each) for each in self.clauses if each.first and each.counts]
        return min(found, key=lambda each: each[0])[1] if found else None

    @property
    def most_under_way(self) -> int:
        return max(self.course.under_way, default=0)


def parts(evidence: Evidence) -> Sequence[Evidence]:
    """The shards of a run; one, if it has a single journal."""
    return evidence.shards or (evidence,)


def bottlenecks(evidence: Evidence) -> tuple[str, ...]:
    """Where the client of a load run did not keep up: a sentence for each shard that says so."""
    of_shards = parts(evidence)
    said = [(part.header.shard, bottleneck(part.loads)) for part in of_shards if part.header.rate is not None]
    return tuple(f"Shard {name}: {words}" if len(of_shards) > 1 else words for name, words in said if words)


def under_load(
    evidence: Evidence, accepts: Mapping[str, Accepts], rulings: Iterable[Ruling], *, strict: bool = False
) -> UnderLoad | None:
    """What a run tells of the load; None if it is no load run. `accepts`: by the name of the shard."""
    of_shards = [part for part in parts(evidence) if part.header.rate is not None]
    if not of_shards:
        return None
    shards = aligned([(part.header, part.loads) for part in of_shards], accepts)
    way = course(shards)
    brought_about = [ruling for ruling in rulings if ruling.tally.verdict is not Verdict.NOT_TESTABLE]
    counting = {
        ruling.clause.id: ruling.broken_in
        for ruling in brought_about
        if fails(ruling.tally.verdict, advisory=ruling.advisory, strict=strict)
    }
    broken = _broken(shards, frozenset[int]().union(*counting.values()), way)
    accepted = sum(way.accepted)
    complete = _times(shard.accepts.complete for shard in shards)
    return UnderLoad(
        shards=len(shards),
        agents=len({agent for shard in shards for agent in shard.header.agents}),
        asked=sum(shard.header.rate or 0.0 for shard in shards),
        course=way,
        due=sum(shard.loads[-1].due for shard in shards if shard.loads),
        offered=sum(shard.loads[-1].offered for shard in shards if shard.loads),
        accepted=accepted,
        complete=complete.chats,
        response=_times(shard.accepts.response for shard in shards),
        history=complete,
        bottlenecks=bottlenecks(evidence),
        clauses=tuple(_found(ruling, shards, way, counts=ruling.clause.id in counting) for ruling in brought_about),
        odds=Odds(sum(broken), accepted),
        broken=broken,
        by_accepts=_by_load(way.accepted, way.accepted, broken),
        by_under_way=_by_load(way.under_way, way.accepted, broken),
    )


def _broken(shards: Iterable[Shard], broken: frozenset[int], way: Course) -> list[int]:
    """How many of the chats accepted in each second are among these."""
    found = [0] * len(way.accepted)
    for shard in shards:
        for sent, _ in _accepted(shard, broken):
            found[way.place(sent)] += 1
    return found


def _accepted(shard: Shard, chats: frozenset[int]) -> Iterator[tuple[float, int]]:
    """When those of a shard's chats were accepted that are among these: on the clock of the run, with their numbers
    in the shard.
    """
    accepts, offset = shard.accepts, shard.offset
    for chat, sent in zip(accepts.chats, accepts.sent, strict=True):
        if chat + accepts.higher in chats:
            yield sent + offset, chat


def _found(ruling: Ruling, shards: Iterable[Shard], way: Course, *, counts: bool) -> Found:
    tally, broken = ruling.tally, frozenset(ruling.broken_in)
    moments = (
        (at, number + shard.accepts.higher, shard.header.shard, number)
        for shard in shards
        for at, number in _accepted(shard, broken)
    )
    first = min(moments, default=None) if broken else None
    return Found(
        clause=ruling.clause.id,
        verdict=tally.verdict,
        counts=counts,
        odds=Odds(tally.broken, tally.kept + tally.broken + tally.inconclusive),
        first=_break(*first, way) if first else None,
    )


def _break(at: float, chat: int, shard: str, number: int, way: Course) -> Break:
    return Break(round(at, 3), chat, shard, number, way.accepted_at(at), way.under_way_at(at))


def _times(arrays: Iterable[Iterable[float]]) -> Times:
    seconds = sorted(each for of_shard in arrays for each in of_shard if not isnan(each))
    return Times(len(seconds), {share: round(_percentile(seconds, share / 100), 6) for share in SHARES if seconds})


def _percentile(ascending: Sequence[float], share: float) -> float:
    """Evenly between the two values that are next to it."""
    place = share * (len(ascending) - 1)
    low = floor(place)
    high = min(low + 1, len(ascending) - 1)
    return ascending[low] + (ascending[high] - ascending[low]) * (place - low)


def _by_load(load: Sequence[int], chats: Sequence[int], broken: Sequence[int]) -> ByLoad:
    """By the load of each second, the chats accepted in it, and how many of them broke something."""
    accepted, broke = Counter[int](), Counter[int]()
    for much, many, of_them in zip(load, chats, broken, strict=True):
        accepted[much] += many
        broke[much] += of_them
    loads = sorted(much for much, many in accepted.items() if many)
    width = _width(max(loads, default=0))
    classes = []
    for low in range(0, max(loads, default=-1) + 1, width):
        within = [much for much in loads if low <= much < low + width]
        if within:
            classes.append(Class(low, low + width - 1, _sum(within, broke, accepted)))
    half = _half(loads, accepted)
    below, above = ([m for m in loads if m < half], [m for m in loads if m >= half])
    return ByLoad(tuple(classes), half, _sum(below, broke, accepted), _sum(above, broke, accepted))


def _sum(loads: Iterable[int], broken: Mapping[int, int], chats: Mapping[int, int]) -> Odds:
    loads = list(loads)
    return Odds(sum(broken[much] for much in loads), sum(chats[much] for much in loads))


def _width(most: int) -> int:
    """The width of a class: a round number, so that there are few of them."""
    power = 1
    while most >= 5 * power * _CLASSES:
        power *= 10
    return next(width * power for width in (1, 2, 5) if most < width * power * _CLASSES)


def _half(loads: Sequence[int], chats: Mapping[int, int]) -> int:
    """The load below which at most half of the chats lie."""
    below, whole = 0, sum(chats[much] for much in loads)
    for much in loads:
        below += chats[much]
        if 2 * below > whole:
            return much
    return 0
