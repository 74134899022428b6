"""The result of a run: the rulings over one journal, and the conclusion. Every output renders from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypedDict, Unpack

from gws_contract import contract, filed
from gws_contract.check import Check
from gws_contract.deviations import Deviation
from gws_contract.evidence import Evidence
from gws_contract.judge.roll import Roll
from gws_contract.judge.ruling import Ruling
from gws_contract.records import Terms
from gws_contract.report.census import Census
from gws_contract.report.headline import LACKING, OUT_OF_DATE, headline
from gws_contract.report.under_load import UnderLoad, bottlenecks, under_load
from gws_contract.scenario import Scenario
from gws_contract.verdict import Conclusion, JUnitOutcome, Standing, Verdict, conclude, is_stale, junit_outcome

SCENARIOS = "scenarios"
"""The folder of the smallest chats that broke a clause, beside the certificate."""
_UP_TO_THE_SERVER = ("optional-member", "routing-elsewhere")
"""What a clause may want without which a server is as good: no run lacks it, it just does not come about."""


@dataclass(frozen=True)
class Docket:
    """A judged run. `rulings` are in the order of the page, of the tested clauses that were asked for."""

    evidence: Evidence
    census: Census
    rulings: tuple[Ruling, ...]
    conclusion: Conclusion
    strict: bool
    only: tuple[str, ...]
    floor: int
    given: bool = False
    """Whether only given scenarios were performed."""
    again: str = ""
    """The command that performs a scenario of this run once more, up to the name of its file."""
    stale: frozenset[str] = frozenset()
    """The clauses that are declared to be broken, and are kept."""

    @property
    def broken(self) -> dict[str, Scenario]:
        """The broken clauses, declared or not, each with the smallest chat that shows it."""
        found = [r for r in self.rulings if r.tally.broken and r.example]
        return {r.clause.id: r.example.conversation.scenario for r in found if r.example}

    @property
    def replayed_in_vain(self) -> list[Scenario]:
        """The stored counter-examples that were performed to their end and judged by all clauses, and broke none."""
        replayed = {} if self.only else self.census.replayed
        return [s for chat, s in replayed.items() if not any(chat in r.broken_in for r in self.rulings)]

    @cached_property
    def under_load(self) -> UnderLoad | None:
        """What a load run tells of the load; None of every other."""
        return under_load(self.evidence, self.census.accepts, self.rulings, strict=self.strict)

    @property
    def complete(self) -> bool:
        """Whether the campaign came to its end."""
        footer = self.evidence.footer
        return footer is not None and footer.ended == "complete"

    @property
    def trouble(self) -> str | None:
        """What kept the campaign from its end, in one sentence; None if nothing did."""
        footer = self.evidence.footer
        if footer is None or footer.ended == "complete":
            return None
        return footer.ended + (f": {footer.detail}" if footer.detail else "")

    @property
    def begun(self) -> bool:
        """Whether the run came to its chats, so that there is something to tell of the clauses."""
        footer = self.evidence.footer
        never = footer is not None and footer.ended != "complete" and not self.census.sources
        return not never and (footer is None or footer.ended != "not ready")

    @property
    def headline(self) -> str:
        """The verdict of the run in one sentence."""
        return headline(self)

    def ruling(self, clause: str) -> Ruling | None:
        """The ruling of a clause; None if it was not asked for."""
        return next((r for r in self.rulings if r.clause.id == clause), None)

    def deviation(self, clause: str) -> Deviation | None:
        """What the vendor had declared about a clause."""
        return self.evidence.deviations.get(clause)

    def outcome(self, ruling: Ruling) -> JUnitOutcome:
        """How pytest, JUnit and Allure show a ruling."""
        advisory = ruling.advisory and not self.strict
        return junit_outcome(ruling.tally.verdict, advisory=advisory, stale=ruling.clause.id in self.stale)


class Otherwise(TypedDict, total=False):
    """Other terms than those of a journal's header, as `records.Terms` tells them."""

    floor: int
    strict: bool
    only: tuple[str, ...]
    given: bool
    again: str


def judge(
    journal: Path,
    checks: Sequence[Check],
    **otherwise: Unpack[Otherwise],
) -> Docket:
    """Judge a journal as written, on the terms of its header or `otherwise`. Raises JournalError.

    However many chats there are, there is never more than one of them in memory, and the examples of the rulings.
    """
    return judge_evidence(filed.evidence(journal), checks, **otherwise)


def judge_evidence(evidence: Evidence, checks: Sequence[Check], **otherwise: Unpack[Otherwise]) -> Docket:
    """As `judge`, of evidence already put together."""
    terms = replace(evidence.header.terms, **otherwise)
    return concluded(evidence, *asked(evidence, checks, terms.only), terms)


def asked(evidence: Evidence, checks: Sequence[Check], only: Collection[str]) -> tuple[Roll, Census]:
    """What the checks of these clauses, or all, say of every conversation, and what is counted of it."""
    roll, census = roll_of(checks, only), Census()
    for conversation in evidence.conversations:
        roll.enter(conversation)
        census.count(conversation)
    return roll, census


def roll_of(checks: Sequence[Check], only: Collection[str]) -> Roll:
    """An empty roll of the checks of these clauses, or all, in the order of the page."""
    by_clause = {check.clause: check for check in checks}
    wanted = [c for c in contract.load().clauses if c.id in by_clause and (not only or c.id in only)]
    return Roll([(by_clause[clause.id], clause) for clause in wanted])


def concluded(evidence: Evidence, roll: Roll, census: Census, terms: Terms) -> Docket:
    """The docket of a roll in which all conversations of the evidence stand."""
    floor, strict, only, given = terms.floor, terms.strict, terms.only, terms.given
    rulings = roll.rulings(evidence.conversations, evidence.declared)
    footer = evidence.footer
    lacks = footer.lacks if footer else ()
    complete = footer is not None and footer.ended == "complete"
    # Under a load that the client could not keep up, nobody knows what the load that was asked for would have shown.
    enough = (census.brought_about if given else census.counted) >= floor and not bottlenecks(evidence)
    stale = _stale(evidence, rulings, whole=complete and enough and not given)
    conclusion = conclude(
        (standing(ruling, lacks, stale) for ruling in rulings),
        complete=complete,
        enough=enough,
        strict=strict,
        filtered=bool(only),
        given=given,
        harness_error=footer is not None and footer.ended == "harness error",
    )
    return Docket(evidence, census, rulings, conclusion, strict, tuple(only), floor, given, terms.again, stale)


def _stale(evidence: Evidence, rulings: Iterable[Ruling], *, whole: bool) -> frozenset[str]:
    def stale(ruling: Ruling) -> bool:
        clause = ruling.clause.id
        deviation = evidence.deviations.get(clause)
        intermittent = deviation is not None and deviation.intermittent
        return is_stale(ruling.tally, declared=evidence.declared(clause), intermittent=intermittent, whole=whole)

    return frozenset(ruling.clause.id for ruling in rulings if stale(ruling))


def standing(ruling: Ruling, lacks: Iterable[str], stale: Collection[str] = ()) -> Standing:
    """What the conclusion needs to know of a ruling."""
    clause = ruling.clause
    return Standing(
        verdict=ruling.tally.verdict,
        strength=clause.strength or "inferred",
        exotic_only=ruling.tally.exotic_only,
        lacks_something_optional=clause.wants in {*lacks, *_UP_TO_THE_SERVER},
        stale=clause.id in stale,
    )


def reason(ruling: Ruling, docket: Docket) -> str:
    """Why a clause is inconclusive or not testable, or what was declared about it, in one line; else nothing."""
    deviation = docket.deviation(ruling.clause.id)
    if deviation is not None and ruling.clause.id in docket.stale:
        return f"it is kept; remove its entry, or let it say intermittent = true: {deviation}"
    if deviation is not None and ruling.tally.verdict is Verdict.DEVIATION:
        return str(deviation)
    if ruling.tally.verdict not in (Verdict.INCONCLUSIVE, Verdict.NOT_TESTABLE, Verdict.HARNESS_ERROR):
        return ""
    footer = docket.evidence.footer
    if ruling.tally.verdict is Verdict.NOT_TESTABLE and footer and ruling.clause.wants in footer.lacks:
        return LACKING.get(ruling.clause.wants or "", str(ruling.clause.wants))
    return ruling.reasons[0][0] if ruling.reasons else "no chat was performed"


def label(ruling: Ruling, docket: Docket) -> str:
    """What stands before the reason."""
    return OUT_OF_DATE if ruling.clause.id in docket.stale else ruling.tally.verdict.value
