"""A journal judged as it is plainest: everything in memory, every outcome with its conversation. Long runs cannot be.

What the suite concludes without keeping anything must be the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gws_contract import contract
from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence
from gws_contract.judge.ruling import DRAWN, Odds, Outcome, Ruling, rule_one
from gws_contract.report.docket import Docket
from gws_contract.report.latency import timed as timed_of
from gws_contract.report.latency import times_of
from gws_contract.verdict import Ballot, Verdict, fold


def rule(check: Check, clause: Clause, conversations: Sequence[Conversation], *, declared: bool = False) -> Ruling:
    """One clause over all conversations of a run."""
    outcomes = [rule_one(check, clause, conversation) for conversation in conversations]
    tally = fold([Ballot(o.verdict, o.conversation.ordinary) for o in outcomes], declared=declared)
    reasons = Counter(o.reason for o in outcomes if o.reason and o.verdict is tally.verdict)
    repeated, candidates = _repeated(outcomes)
    shown = candidates if tally.broken else [o for o in outcomes if o.verdict is tally.verdict is not Verdict.KEPT]
    example = min(shown, key=lambda o: o.conversation.scenario.size, default=None)
    broken_in = frozenset(o.conversation.chat for o in outcomes if o.verdict is Verdict.BROKEN)
    return Ruling(clause, tally, example, tuple(reasons.most_common(5)), _by_source(outcomes), repeated, broken_in)


def _repeated(outcomes: Sequence[Outcome]) -> tuple[Odds | None, list[Outcome]]:
    broken = [o for o in outcomes if o.verdict is Verdict.BROKEN]
    performances: dict[tuple[str, int], bool] = {}
    for outcome in outcomes:
        if broken and outcome.verdict is not Verdict.NOT_TESTABLE:
            planned = outcome.conversation.planned
            which = (_plan(outcome), planned.group or planned.chat)
            performances[which] = performances.get(which, False) or outcome.verdict is Verdict.BROKEN
    breaks: dict[str, Counter[bool]] = {}
    for (scenario, _), broke in performances.items():
        breaks.setdefault(scenario, Counter())[broke] += 1
    again = [Odds(c[True], c.total()) for c in breaks.values() if c[True] and c.total() > 1]
    always = [odds for odds in again if odds.broken == odds.chats]
    if always:
        return max(always, key=lambda odds: odds.chats), [o for o in broken if not breaks[_plan(o)][False]]
    drawn = [o for o in broken if o.conversation.planned.source != "shrink"]
    return max(again, key=lambda odds: odds.chats, default=None), drawn or broken


def _plan(outcome: Outcome) -> str:
    return json.dumps(outcome.conversation.planned.scenario, sort_keys=True)


def _by_source(outcomes: Sequence[Outcome]) -> tuple[tuple[str, Odds], ...]:
    found: dict[str, Odds] = {}
    for outcome in outcomes:
        if outcome.verdict is not Verdict.NOT_TESTABLE:
            source = outcome.conversation.planned.source
            name = "drawn" if source in DRAWN else source
            so_far = found.get(name, Odds(0, 0))
            found[name] = Odds(so_far.broken + (outcome.verdict is Verdict.BROKEN), so_far.chats + 1)
    return tuple(found.items())


@dataclass(frozen=True)
class Facts:
    """What two judgements of one journal must have in common, as plain data."""

    rulings: list[Any]
    counts: dict[str, Any]


def of_docket(docket: Docket) -> Facts:
    """What the suite says."""
    census = docket.census
    counts = {
        "sources": list(census.sources.items()),
        "counted": census.counted,
        "brought about": census.brought_about,
        "accepted": census.accepted,
        "performed": census.performed,
        "deliveries": census.deliveries,
        "times": {what: list(times) for what, times in census.times.items()},
        "replayed": dict(census.replayed),
    }
    return Facts(list(map(told, docket.rulings)), counts)


def of_evidence(evidence: Evidence, checks: Sequence[Check]) -> Facts:
    """What is plainly so."""
    document = contract.load()
    conversations = tuple(evidence.conversations)
    rulings = [
        rule(check, document.clause(check.clause), conversations, declared=evidence.declared(check.clause))
        for check in sorted(checks, key=lambda check: [c.id for c in document.clauses].index(check.clause))
    ]
    counted = [c for c in conversations if c.planned.source in DRAWN]
    ended = [
        c for c in conversations if c.ended and c.ended.how not in ("cut short", "not offered", "not offered again")
    ]
    times = [time for c in counted for time in times_of(c)]
    counts = {
        "sources": list(Counter(c.planned.source for c in conversations).items()),
        "counted": len(counted),
        "brought about": sum(c.planned.source in DRAWN for c in ended),
        "accepted": sum(c.accept is not None for c in conversations),
        "performed": sum(c.accept is not None for c in conversations if c.planned.source in DRAWN),
        "deliveries": sum(len(c.notifications) for c in conversations),
        "times": {
            what: [seconds for timed, seconds in times if timed == what] for what in timed_of(contract.load().performed)
        },
        "replayed": {c.chat: c.scenario for c in ended if c.planned.source == "stored"},
    }
    return Facts(list(map(told, rulings)), counts)


def told(ruling: Ruling) -> Any:
    """A ruling as plain data; of its example all but how it is kept."""
    example = ruling.example
    shown = example and (
        example.conversation.chat,
        example.verdict,
        example.documented,
        example.received,
        example.reason,
        example.conversation.exchanges,
        example.conversation.notifications,
    )
    rest = (ruling.reasons, ruling.by_source, ruling.repeated, frozenset(ruling.broken_in))
    return (ruling.clause.id, asdict(ruling.tally), shown, *rest)
