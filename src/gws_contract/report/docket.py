"""The result of a run: the rulings over one journal, and the conclusion. Every output renders from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypedDict, Unpack

from gws_contract import contract, filed
from gws_contract.check import Check
from gws_contract.contract import Contract
from gws_contract.deviations import Deviation
from gws_contract.evidence import Evidence
from gws_contract.judge.roll import Roll
from gws_contract.judge.ruling import Ruling
from gws_contract.operation import DEFAULT
from gws_contract.records import Terms
from gws_contract.report.census import Census
from gws_contract.report.under_load import UnderLoad, bottlenecks, under_load
from gws_contract.scenario import Scenario
from gws_contract.verdict import Conclusion, JUnitOutcome, Standing, Verdict, conclude, is_stale, junit_outcome

SCENARIOS = "scenarios"
"""The folder of the smallest chats that broke a clause, beside the certificate."""
OUT_OF_DATE = "deviations file out of date"
UNVERIFIED = "THE SERVER'S TLS CERTIFICATE WAS NOT VERIFIED (--insecure)"
_NAMED = 3
"""So many clauses are named in the headline."""
_WANTS = {
    "account-without-feature": "no account without the feature was given (GWS_AGENT_WITHOUT_FEATURE)",
    "second-agent": "only one agent was given (GWS_AGENTS)",
    "routing": "the server did not offer a chat again after a reject or leave",
    "customer-side": "nothing is known from the customer's side",
    "customer-texts": "the customer of this run cannot speak",
    "customer-leaves": "the customer of this run cannot leave",
    "customer-name": "nobody knows the customer's nickname",
}

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
    operation: str = DEFAULT
    performed: int = 0
    """As in Terms."""
    stale: frozenset[str] = frozenset()
    """The clauses that are declared to be broken, and are kept."""

    @property
    def contract(self) -> Contract:
        """That of the operation which the run is about."""
        return contract.load(self.operation)

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
        return _headline(self)

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
    operation: str
    performed: int


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
    return concluded(evidence, *asked(evidence, checks, terms), terms)


def asked(evidence: Evidence, checks: Sequence[Check], terms: Terms) -> tuple[Roll, Census]:
    """What the checks of the clauses that were asked for say of every conversation, and what is counted of it."""
    roll, census = roll_of(checks, terms), Census(terms.operation)
    for conversation in evidence.conversations:
        roll.enter(conversation)
        census.count(conversation)
    return roll, census


def roll_of(checks: Sequence[Check], terms: Terms) -> Roll:
    """An empty roll of the checks of the clauses that were asked for, in the order of the page."""
    by_clause, only = {check.clause: check for check in checks}, terms.only
    clauses = contract.load(terms.operation).clauses
    wanted = [clause for clause in clauses if clause.id in by_clause and (not only or clause.id in only)]
    return Roll([(by_clause[clause.id], clause) for clause in wanted])


def concluded(evidence: Evidence, roll: Roll, census: Census, terms: Terms) -> Docket:
    """The docket of a roll in which all conversations of the evidence stand."""
    floor, strict, only, given = terms.floor, terms.strict, terms.only, terms.given
    rulings = roll.rulings(evidence.conversations, evidence.declared)
    footer = evidence.footer
    lacks = footer.lacks if footer else ()
    complete = footer is not None and footer.ended == "complete"
    # Under a load that the client could not keep up, nobody knows what the load that was asked for would have shown.
    enough = (census.brought_about if given else census.counted) >= floor and census.performed >= terms.performed
    enough = enough and not bottlenecks(evidence)
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
    return Docket(
        evidence,
        census,
        rulings,
        conclusion,
        strict,
        tuple(only),
        floor,
        given,
        again=terms.again,
        operation=terms.operation,
        performed=terms.performed,
        stale=stale,
    )


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
        return _WANTS.get(ruling.clause.wants or "", str(ruling.clause.wants))
    return ruling.reasons[0][0] if ruling.reasons else "no chat was performed"


def label(ruling: Ruling, docket: Docket) -> str:
    """What stands before the reason."""
    return OUT_OF_DATE if ruling.clause.id in docket.stale else ruling.tally.verdict.value


def _headline(docket: Docket) -> str:
    evidence, footer = docket.evidence, docket.evidence.footer
    broken = [r for r in docket.rulings if r.tally.verdict is Verdict.BROKEN]
    failing = [r for r in broken if docket.strict or not r.advisory]
    chats = docket.census.counted
    about = "" if docket.operation == DEFAULT else f", {docket.contract.title}"
    words = [f"{evidence.header.target}{about}: {docket.conclusion.verdict}"]
    if evidence.header.insecure:
        words.append(UNVERIFIED)
    if docket.only:
        words.append(f"asked about {len(docket.rulings)} of the clauses only")
    if failing:
        words.append(f"{_count(len(failing), 'clause')} broken in {_chats(docket)}")
    else:
        kept = sum(1 for r in docket.rulings if r.tally.verdict is Verdict.KEPT)
        words.append(f"{kept} of {len(docket.rulings)} clauses kept in {_chats(docket)}")
    advisory = len(broken) - len(failing)
    if advisory:
        words.append(_count(advisory, "advisory break"))
    words += _declared(docket)
    words += _of_load(docket)
    if footer is None:
        words.append("incomplete: the run was cut off")
    elif footer.ended != "complete":
        words.append(f"incomplete: {footer.ended}")
    if docket.given:
        words.append("only what these chats bring about was asked")
        lost = docket.floor - docket.census.brought_about
        if lost > 0:
            words.append(f"{_count(lost, 'chat')} did not come to an end")
    elif chats < docket.floor:
        words.append(f"every clause needs at least {_count(docket.floor, 'chat')}")
    elif docket.census.performed < docket.performed:
        words.append(
            f"every clause needs at least {_count(docket.performed, 'chat')} with a {docket.contract.title},"
            f" of which there {'was' if docket.census.performed == 1 else 'were'} {docket.census.performed}"
        )
    untested = {r.clause.wants for r in docket.rulings if r.tally.verdict is Verdict.NOT_TESTABLE}
    words += [_WANTS.get(want, want) for want in (footer.lacks if footer else ()) if want in untested]
    return words[0] + " (" + "; ".join(words[1:]) + ")"


def _chats(docket: Docket) -> str:
    """How many chats there were, and under which load."""
    chats, told = docket.census.counted, docket.under_load
    if told is None:
        return _count(chats, "chat")
    return (
        f"{chats:,} chat{'' if chats == 1 else 's'} at {told.asked:g} chats a second of {_count(told.agents, 'agent')}"
    )


def _of_load(docket: Docket) -> list[str]:
    """What the headline says of a load run: the load at which it broke first, and who was too slow."""
    told = docket.under_load
    first = told.first.first if told and told.first else None
    words = []
    if first:
        words.append(
            f"the first after {first.at:.1f} s, at {_count(first.accepts, 'accept')} a second and"
            f" {_count(first.under_way, 'chat')} under way"
        )
    return [*words, "the client was the bottleneck"] if told and told.bottlenecks else words


def _declared(docket: Docket) -> list[str]:
    """What the headline says of deviations: how many there are, what is out of date, what expired."""
    deviations = sum(1 for r in docket.rulings if r.tally.verdict is Verdict.DEVIATION)
    words = [_count(deviations, "declared deviation")] if deviations else []
    names = [r.clause.id for r in docket.rulings]
    if stale := [name for name in names if name in docket.stale]:
        words.append(f"{OUT_OF_DATE}: {_listed(stale)} {'is' if len(stale) == 1 else 'are'} kept")
    if expired := [name for name in names if name in docket.evidence.expired]:
        words.append(f"expired: the deviation{'s' if len(expired) > 1 else ''} from {_listed(expired)}")
    return words


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
