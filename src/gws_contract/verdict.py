"""How verdicts combine: the only module that decides about them. Pure.

One chat and one clause are settled with what is known about the transport (`settle`), many chats give the verdict of a
clause (`fold`), all clauses give the verdict of the run and the exit status (`conclude`). The table of what a broken
poll or a new session hides is that of `bayeux.md` 1.6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, assert_never

Need = Literal["content", "arrival", "order", "once", "absence"]
Strength = Literal["stated", "shown", "linked", "inferred"]


class Verdict(StrEnum):
    """The six verdicts, and no more."""

    KEPT = "kept"
    BROKEN = "broken"
    DEVIATION = "deviation"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTABLE = "not testable"
    HARNESS_ERROR = "harness error"

    # That of Enum is written in Python, and every row of the roll holds ninety.
    __hash__ = str.__hash__


_WORST_FIRST = (
    Verdict.HARNESS_ERROR,
    Verdict.BROKEN,
    Verdict.DEVIATION,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_TESTABLE,
    Verdict.KEPT,
)


_KEPT, _BROKEN = Verdict.KEPT, Verdict.BROKEN
"""A member of an enumeration costs Python 3.11 five times what a name does, and every check of every chat asks."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several verdicts about one chat and one clause the one that counts; of none: not testable."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.NOT_TESTABLE)


def of_performances(verdicts: Sequence[Verdict]) -> int:
    """Which of the verdicts about one clause stands for a chat in which the operation was performed several times.

    The worst, the first of equals; one of a performance that was not testable only if none was.
    """
    testable = [verdict for verdict in verdicts if verdict is not Verdict.NOT_TESTABLE]
    return verdicts.index(worst(testable or verdicts))


@dataclass(frozen=True, slots=True)
class Transport:
    """What happened to the CometD session while a chat was observed."""

    ack: bool = False
    """The acknowledge extension was in force."""
    poll_broken: bool = False
    """A poll failed after the server may have handed over its messages."""
    new_session: bool = False
    """The session was lost, or replaced by a new one."""
    direct: bool = False
    """A notification rode on another answer than that of a poll."""
    repeating: bool = False
    """The server's acknowledgements are out of order, so that anything may have been sent again."""

    @property
    def is_clear(self) -> bool:
        """Whether nothing happened that could hide anything."""
        return not (self.poll_broken or self.new_session or self.direct or self.repeating)

    @property
    def may_have_lost(self) -> bool:
        """Whether a message may be missing without the server being wrong."""
        return self.new_session or (self.poll_broken and not self.ack)


def settle(verdict: Verdict, need: Need, transport: Transport, *, within_array: bool = False) -> Verdict:
    """What a check found in one chat, given the transport.

    A break that the transport may have caused is inconclusive, and so is a kept absence if something may have been
    lost. `within_array`: the break shows inside one response, whose order is the server's.
    """
    if verdict is not _BROKEN:
        absent = verdict is _KEPT and need == "absence"
        return Verdict.INCONCLUSIVE if absent and transport.may_have_lost else verdict
    hidden = {
        "arrival": transport.may_have_lost,
        "order": (transport.repeating or (transport.direct and not transport.ack)) and not within_array,
        "once": transport.new_session or transport.repeating,
    }
    return Verdict.INCONCLUSIVE if hidden.get(need, False) else verdict


@dataclass(frozen=True, slots=True)
class Ballot:
    """The verdict of one chat about one clause."""

    verdict: Verdict
    ordinary: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """The verdict of a clause over all its chats, with the counts."""

    verdict: Verdict
    kept: int = 0
    broken: int = 0
    inconclusive: int = 0
    not_testable: int = 0
    exotic_only: bool = False
    """Broken, but in no ordinary chat."""


def fold(ballots: Iterable[Ballot] | Mapping[Ballot, int], *, declared: bool = False) -> Tally:
    """The verdict of a clause over N chats. `declared`: the vendor declared the break, which makes it a deviation.

    `ballots`: one for each chat, or how many chats cast each.
    """
    cast = Counter(ballots)
    count = {verdict: sum(chats for b, chats in cast.items() if b.verdict is verdict) for verdict in Verdict}
    kept, broken, inconclusive = count[Verdict.KEPT], count[Verdict.BROKEN], count[Verdict.INCONCLUSIVE]
    testable = kept + broken + inconclusive
    if count[Verdict.HARNESS_ERROR]:
        verdict = Verdict.HARNESS_ERROR
    elif broken:
        verdict = Verdict.DEVIATION if declared else Verdict.BROKEN
    elif inconclusive > max(1, testable * 0.05):
        verdict = Verdict.INCONCLUSIVE
    elif kept:
        verdict = Verdict.KEPT
    elif inconclusive:
        verdict = Verdict.INCONCLUSIVE
    else:
        verdict = Verdict.NOT_TESTABLE
    exotic_only = broken > 0 and not cast[Ballot(Verdict.BROKEN, ordinary=True)]
    return Tally(verdict, kept, broken, inconclusive, count[Verdict.NOT_TESTABLE], exotic_only)


def is_stale(tally: Tally, *, declared: bool, intermittent: bool, whole: bool) -> bool:
    """Whether the declaration of a deviation is out of date: the clause is kept again, and the run could know.

    `declared`: a deviation that has not expired; `intermittent`: it says that the break comes and goes; `whole`: the
    campaign came to its end with enough chats, and not with given ones only. One inconclusive chat may hide the break.
    """
    return declared and not intermittent and whole and tally.verdict is Verdict.KEPT and not tally.inconclusive


@dataclass(frozen=True, slots=True)
class Standing:
    """What the verdict of the run needs to know about one clause."""

    verdict: Verdict
    strength: Strength
    exotic_only: bool = False
    lacks_something_optional: bool = False
    """Not testable only because something optional was not at hand."""
    stale: bool = False
    """It was declared a deviation, and that is out of date (`is_stale`)."""

    @property
    def advisory(self) -> bool:
        """Whether a break of it fails a run only with --strict."""
        return self.strength == "inferred" or self.exotic_only


def fails(verdict: Verdict, *, advisory: bool, strict: bool) -> bool:
    """Whether this verdict of one clause makes a run not conformant. A declared break is no `broken`."""
    return verdict is Verdict.BROKEN and (strict or not advisory)


RunVerdict = Literal[
    "conformant", "not conformant", "inconclusive", "harness error", "partial", "deviations out of date"
]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict of a run and the exit status of `certify`."""

    verdict: RunVerdict
    status: int


def conclude(
    standings: Iterable[Standing],
    *,
    complete: bool,
    enough: bool,
    strict: bool = False,
    filtered: bool = False,
    given: bool = False,
    harness_error: bool = False,
) -> Conclusion:
    """The verdict of the run.

    `complete`: the campaign came to its end; `enough`: it performed at least as many chats as its floor;
    `filtered`: only some clauses were asked for; `given`: only given scenarios were performed, and what they do not
    bring about is not asked. Such a run is a part, never called conformant.
    """
    filtered = filtered or given
    standings = list(standings)
    if harness_error or any(s.verdict is Verdict.HARNESS_ERROR for s in standings):
        return Conclusion("harness error", 3)
    if any(fails(s.verdict, advisory=s.advisory, strict=strict) for s in standings):
        return Conclusion("partial" if filtered else "not conformant", 1)
    binding = [s for s in standings if s.strength != "inferred"]
    undecided = any(
        s.verdict is Verdict.INCONCLUSIVE
        or (s.verdict is Verdict.NOT_TESTABLE and not s.lacks_something_optional and not given)
        for s in binding
    )
    # A part may consist of an advisory break; a whole of which nothing was kept is vacuous.
    something = (Verdict.KEPT, Verdict.BROKEN, Verdict.DEVIATION) if filtered else (Verdict.KEPT,)
    nothing = not any(s.verdict in something for s in standings)
    if not complete or not enough or undecided or nothing:
        return Conclusion("partial" if filtered else "inconclusive", 2)
    if any(s.stale for s in standings):
        return Conclusion("partial" if filtered else "deviations out of date", 4)
    return Conclusion("partial" if filtered else "conformant", 0)


JUnitOutcome = Literal["passed", "failure", "skipped", "error"]


def junit_outcome(verdict: Verdict, *, advisory: bool, stale: bool = False) -> JUnitOutcome:
    """How pytest, JUnit and Allure show a verdict. `stale`: the clause was declared a deviation (`is_stale`)."""
    match verdict:
        case Verdict.KEPT:
            return "error" if stale else "passed"
        case Verdict.BROKEN:
            return "passed" if advisory else "failure"
        case Verdict.DEVIATION | Verdict.NOT_TESTABLE:
            return "skipped"
        case Verdict.INCONCLUSIVE | Verdict.HARNESS_ERROR:
            return "error"
        case _:
            assert_never(verdict)
