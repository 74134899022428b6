"""What changed between two runs, clause by clause, read from their certificates. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gws_contract.judge.ruling import Odds
from gws_contract.report.fisher import p_value
from gws_contract.report.readback import Certificate, Row, Timing
from gws_contract.verdict import Verdict, fails

CHANCE = 0.01
"""Odds have changed if they would differ so much by chance in fewer runs than this part."""
_SLOWER = 1.25
"""A median so many times the other is slower."""
_FEW = 5
"""Fewer chats have no quartiles worth the name."""
_TROUBLED = (2, 3)
"""Exit statuses of a run that does not answer what it was asked."""


class Turn(StrEnum):
    """What became of a clause, the worst first."""

    BROKEN = "newly broken"
    HARNESS_ERROR = "newly a harness error"
    ADVISORY = "newly broken, advisory"
    DECLARED = "newly a declared deviation"
    INCONCLUSIVE = "newly inconclusive"
    UNTESTED = "no longer tested"
    GONE = "no longer in the contract"
    LESSER = "still broken, now advisory"
    KEPT = "newly kept"
    DECIDED = "kept, not decided before"
    NEW = "new in the contract"


@dataclass(frozen=True, slots=True)
class Turned:
    """A clause of which the two runs do not say the same. One of `old` and `new` may not know it."""

    clause: str
    turn: Turn
    old: Row | None
    new: Row | None
    p: float | None
    """How likely the odds differ as much by chance; None if one of the runs has no chat that counts."""


@dataclass(frozen=True, slots=True)
class Shifted:
    """A clause that is broken more or less often than chance explains."""

    clause: str
    old: Odds
    new: Odds
    p: float

    @property
    def more(self) -> bool:
        """Whether it breaks more often than before."""
        return self.new.broken * self.old.chats > self.old.broken * self.new.chats


@dataclass(frozen=True, slots=True)
class Pace:
    """Something that takes longer than before, or less long."""

    what: str
    old: Timing
    new: Timing

    @property
    def slower(self) -> bool:
        return self.new.median > self.old.median


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something in which the two runs differ beside what they found."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything in which two runs differ."""

    old: Certificate
    new: Certificate
    incomparable: str
    """Why nothing can be compared, without a full stop; empty if something can."""
    hidden: str
    """Why it is not known whether more is broken than is told, without a full stop; empty if it is known."""
    turned: tuple[Turned, ...]
    """The worst first, in the order of the page."""
    odds: tuple[Shifted, ...]
    paces: tuple[Pace, ...]
    circumstances: tuple[Circumstance, ...]

    @property
    def status(self) -> int:
        """The exit status: 0 nothing newly broken, 1 something, 2 it cannot be told."""
        if self.incomparable:
            return 2
        if any(each.turn is Turn.BROKEN for each in self.turned):
            return 1
        return 2 if self.hidden else 0

    @property
    def essence(self) -> str:
        """All of it in one sentence."""
        return f"{_essence(self)}."

    @property
    def more_often(self) -> list[Shifted]:
        """The odds that grew, of clauses that were broken before."""
        return [each for each in self._only_odds if each.more]

    @property
    def less_often(self) -> list[Shifted]:
        """The odds that shrank, of clauses that are broken still."""
        return [each for each in self._only_odds if not each.more]

    @property
    def _only_odds(self) -> list[Shifted]:
        turned = {each.clause for each in self.turned}
        return [each for each in self.odds if each.clause not in turned]

    def of(self, turn: Turn) -> list[Turned]:
        """The clauses of which one thing became."""
        return [each for each in self.turned if each.turn is turn]


def compare(old: Certificate, new: Certificate) -> Difference:
    """What `new` says that `old` did not."""
    incomparable = _incomparable(old, new)
    comparable = not incomparable
    return Difference(
        old=old,
        new=new,
        incomparable=incomparable,
        hidden=_hidden(old, new) if comparable else "",
        turned=tuple(sorted(_turned(old, new), key=lambda each: list(Turn).index(each.turn))) if comparable else (),
        odds=tuple(_shifted(old, new)) if comparable else (),
        paces=tuple(_paces(old, new)) if comparable else (),
        circumstances=tuple(_circumstances(old, new)),
    )


def _incomparable(old: Certificate, new: Certificate) -> str:
    if old.operation != new.operation:
        return f"the old run is about {old.operation}, the new one about {new.operation}"
    for which, run in (("old", old), ("new", new)):
        if run.status == 3:
            return f"the {which} run ended with an error of the suite"
        if not any(row.decided for row in run.asked.values()):
            return f"the {which} run decided nothing ({run.verdict})"
    if not old.asked.keys() & new.asked.keys():
        return "the two runs judged no clause in common"
    return ""


def _hidden(old: Certificate, new: Certificate) -> str:
    """What keeps the new run from a whole answer; that something optional was not at hand does not."""
    if new.status in _TROUBLED:
        return f"the new run is {new.verdict}"
    if new.partial:
        open_ = [row for row in old.asked.values() if row.decided and not _decided(new.rows.get(row.clause))]
        if open_:
            return f"the new run is a part only and leaves {_clauses(len(open_))} open that the old one had decided"
    return ""


def _decided(row: Row | None) -> bool:
    return row is not None and row.decided


def _turned(old: Certificate, new: Certificate) -> Iterator[Turned]:
    """Both are asked as strictly as the new run: what is only judged more strictly is not newly broken."""
    for clause in [*new.rows, *(clause for clause in old.rows if clause not in new.rows)]:
        before, now = old.rows.get(clause), new.rows.get(clause)
        turn = _turn(before, now, strict=new.strict)
        if turn is not None:
            yield Turned(clause, turn, before, now, _p(before, now))


def _turn(before: Row | None, now: Row | None, *, strict: bool) -> Turn | None:
    was, verdict = _verdict(before), _verdict(now)
    failed = before is not None and before.tested and fails(before.verdict, advisory=before.advisory, strict=strict)
    if now is None or not now.tested:
        if before is None or not before.tested:
            return None
        return Turn.GONE if now is None else Turn.UNTESTED
    if fails(now.verdict, advisory=now.advisory, strict=strict):
        return None if failed else Turn.BROKEN
    if verdict is Verdict.BROKEN and failed:
        return Turn.LESSER
    if verdict is was:
        return None
    match verdict:
        case Verdict.BROKEN:
            return Turn.ADVISORY
        case Verdict.DEVIATION:
            return Turn.DECLARED
        case Verdict.HARNESS_ERROR:
            return Turn.HARNESS_ERROR
        case Verdict.INCONCLUSIVE:
            return Turn.INCONCLUSIVE
        case Verdict.KEPT if was in (Verdict.BROKEN, Verdict.DEVIATION):
            return Turn.KEPT
    if before is None:
        return Turn.NEW
    if verdict is Verdict.KEPT:
        return Turn.DECIDED
    return Turn.UNTESTED if before.tested else None


def _verdict(row: Row | None) -> Verdict | None:
    """None of what was not asked."""
    return row.verdict if row is not None and row.tested else None


def _p(before: Row | None, now: Row | None) -> float | None:
    if before is None or now is None or not before.drawn.chats or not now.drawn.chats:
        return None
    return p_value(before.drawn.broken, before.drawn.chats, now.drawn.broken, now.drawn.chats)


def _shifted(old: Certificate, new: Certificate) -> Iterator[Shifted]:
    for clause, now in new.asked.items():
        before = old.asked.get(clause)
        if before is not None and (before.drawn.broken or now.drawn.broken):
            p = _p(before, now)
            if p is not None and p < CHANCE:
                yield Shifted(clause, before.drawn, now.drawn, p)


def _paces(old: Certificate, new: Certificate) -> Iterator[Pace]:
    for what, now in new.latencies.items():
        before = old.latencies.get(what)
        if before is not None and min(before.chats, now.chats) >= _FEW and _differ(before, now):
            yield Pace(what, before, now)


def _differ(one: Timing, other: Timing) -> bool:
    """Whether a median is a quarter slower than the other, and each lies outside the quartiles of the other."""
    fast, slow = sorted((one, other), key=lambda timing: timing.median)
    return slow.median >= _SLOWER * fast.median and slow.median > fast.quartiles[1] and fast.median < slow.quartiles[0]


def _circumstances(old: Certificate, new: Certificate) -> Iterator[Circumstance]:
    for what, now in new.circumstances.items():
        before = old.circumstances[what]
        if before != now:
            yield Circumstance(what, before, now)
    for clause in [*new.deviations, *(clause for clause in old.deviations if clause not in new.deviations)]:
        declared, now = (run.deviations.get(clause, "not declared") for run in (old, new))
        if declared != now:
            yield Circumstance(f"deviation from {clause}", declared, now)
    if new.started < old.started:
        yield Circumstance("beginning (the new run is the earlier one)", old.date, new.date)


def _essence(difference: Difference) -> str:
    if difference.incomparable:
        return f"Not comparable: {difference.incomparable}"
    broken, *others = [(turn, len(difference.of(turn))) for turn in Turn]
    hidden = difference.hidden
    if broken[1]:
        first = f"{_clauses(broken[1])} {Turn.BROKEN}" + (f" (perhaps more: {hidden})" if hidden else "")
    else:
        first = f"Not known whether anything is newly broken: {hidden}" if hidden else "Nothing newly broken"
    words = [f"{number} {turn}" for turn, number in others if number]
    for how, odds in (("more", difference.more_often), ("less", difference.less_often)):
        words += [f"{len(odds)} broken {how} often"] if odds else []
    for how, slower in (("slower", True), ("faster", False)):
        paces = [each.what for each in difference.paces if each.slower is slower]
        words += [f"{how}: {', '.join(paces)}"] if paces else []
    if not words and not broken[1] and not hidden:
        words = ["what was found is the same"]
    return "; ".join([first, *words])


def _clauses(number: int) -> str:
    return f"{number} clause{'' if number == 1 else 's'}"
