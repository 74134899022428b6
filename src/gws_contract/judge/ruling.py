"""From checks to rulings: one check over one conversation, one clause over a whole journal. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.records import MOST_DELIVERIES
from gws_contract.verdict import Ballot, Tally, Verdict, fold, settle


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found in one chat."""

    conversation: Conversation
    verdict: Verdict
    documented: str = ""
    received: str = ""
    reason: str = ""
    """Why it is inconclusive, not testable or a harness error."""


_TOO_EARLY = "the run ended before everything could arrive"
_FLOODED = f"the chat got {MOST_DELIVERIES:,} notifications, and none beyond them was kept"

DRAWN = ("drawn", "kept", "given")
"""The sources of the chats that are counted; those of misuse, machine, replay and shrinking are counted apart."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How often something broke."""

    broken: int
    chats: int
    """Those in which it was kept or broken or inconclusive."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict of one clause, with what is needed to explain it."""

    clause: Clause
    tally: Tally
    """Over all chats of the run, whatever their source."""
    example: Outcome | None = None
    """The smallest chat that broke the clause, or else one that left it open."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Why chats of the clause's own verdict were inconclusive or not testable, the most frequent first."""
    by_source: tuple[tuple[str, Odds], ...] = ()
    """How often it broke in the chats of each source; `drawn` holds all that are counted."""
    repeated: Odds | None = None
    """Of the same scenario performed more than once: how often it broke; None if none that broke was repeated."""
    broken_in: frozenset[int] = frozenset()
    """The numbers of the chats that broke it."""

    @property
    def advisory(self) -> bool:
        """Whether a break of it fails a run only with --strict."""
        return self.clause.strength == "inferred" or self.tally.exotic_only

    @property
    def intermittent(self) -> bool:
        """Whether the break does not always come back."""
        return self.repeated is not None and self.repeated.broken < self.repeated.chats


def rule_one(check: Check, clause: Clause, conversation: Conversation) -> Outcome:
    """One check over one conversation, settled with what is known about the transport."""
    need = clause.needs or "content"
    if conversation.flooded:
        return Outcome(conversation, Verdict.INCONCLUSIVE, reason=_FLOODED)
    transport = conversation.own_transport
    try:
        check.judge(conversation)
    except Broken as broken:
        if clause.needs == "arrival" and _cut_short(conversation):
            return Outcome(conversation, Verdict.NOT_TESTABLE, reason=_TOO_EARLY)
        verdict = settle(Verdict.BROKEN, need, transport, within_array=broken.within_array)
        reason = "" if verdict is Verdict.BROKEN else "a disturbance of the CometD session may have caused it"
        return Outcome(conversation, verdict, broken.documented, broken.received, reason)
    except Hidden as hidden:
        if _cut_short(conversation):
            # What hides the truth may be that the suite itself gave up.
            return Outcome(conversation, Verdict.NOT_TESTABLE, reason=_TOO_EARLY)
        return Outcome(conversation, Verdict.INCONCLUSIVE, reason=str(hidden))
    except NotTestable as open_:
        return Outcome(conversation, Verdict.NOT_TESTABLE, reason=str(open_))
    except Exception as error:  # noqa: BLE001 - a bug in a check must become a verdict of ours, never a vendor's
        return Outcome(conversation, Verdict.HARNESS_ERROR, reason=f"{type(error).__name__}: {error}")
    verdict = settle(Verdict.KEPT, need, transport)
    reason = "" if verdict is Verdict.KEPT else "the CometD session was disturbed, something may have been lost"
    return Outcome(conversation, verdict, reason=reason)


def _cut_short(conversation: Conversation) -> bool:
    """Whether the run ended while the chat went on, so that nobody waited for what may still have come."""
    return conversation.ended is None or conversation.ended.how == "cut short"


def rule(check: Check, clause: Clause, conversations: Sequence[Conversation], *, declared: bool = False) -> Ruling:
    """One clause over all conversations of a run."""
    outcomes = [rule_one(check, clause, conversation) for conversation in conversations]
    tally = fold([Ballot(o.verdict, o.conversation.ordinary) for o in outcomes], declared=declared)
    reasons = Counter(o.reason for o in outcomes if o.reason and o.verdict is tally.verdict)
    repeated, candidates = _repeated(outcomes)
    shown = candidates if tally.broken else [o for o in outcomes if o.verdict is tally.verdict is not Verdict.KEPT]
    example = min(shown, key=lambda o: o.conversation.size, default=None)
    broken_in = frozenset(o.conversation.chat for o in outcomes if o.verdict is Verdict.BROKEN)
    return Ruling(clause, tally, example, tuple(reasons.most_common(5)), _by_source(outcomes), repeated, broken_in)


def _repeated(outcomes: Sequence[Outcome]) -> tuple[Odds | None, list[Outcome]]:
    """What the repetition of chats says of a break, and the outcomes that may stand as its example.

    If some repeated chat broke it each time, no chat that also kept it is the example. If none did, it is
    intermittent, and an accident of shrinking is not the example either.
    """
    broken = [o for o in outcomes if o.verdict is Verdict.BROKEN]
    if not broken:
        return None, []
    breaks: dict[str, Counter[bool]] = {}
    for (scenario, _), broke in _performances(outcomes).items():
        breaks.setdefault(scenario, Counter())[broke] += 1
    again = {s: Odds(c[True], c.total()) for s, c in breaks.items() if c[True] and c.total() > 1}
    always = [odds for odds in again.values() if odds.broken == odds.chats]
    if always:
        steady = [o for o in broken if not breaks[_canonical(o)][False]]
        return max(always, key=lambda odds: odds.chats), steady
    drawn = [o for o in broken if o.conversation.planned.source != "shrink"]
    return max(again.values(), key=lambda odds: odds.chats, default=None), drawn or broken


def _canonical(outcome: Outcome) -> str:
    return json.dumps(outcome.conversation.planned.scenario, sort_keys=True)


def _performances(outcomes: Iterable[Outcome]) -> dict[tuple[str, int], bool]:
    """Whether each performance of each scenario broke it: of chats beside one another, whether any of them did."""
    found: dict[tuple[str, int], bool] = {}
    for outcome in outcomes:
        if outcome.verdict is not Verdict.NOT_TESTABLE:
            planned = outcome.conversation.planned
            which = (_canonical(outcome), planned.group or planned.chat)
            found[which] = found.get(which, False) or outcome.verdict is Verdict.BROKEN
    return found


def _by_source(outcomes: Iterable[Outcome]) -> tuple[tuple[str, Odds], ...]:
    found: dict[str, Odds] = {}
    for outcome in outcomes:
        if outcome.verdict is Verdict.NOT_TESTABLE:
            continue
        source = outcome.conversation.planned.source
        name = "drawn" if source in DRAWN else source
        so_far = found.get(name, Odds(0, 0))
        found[name] = Odds(so_far.broken + (outcome.verdict is Verdict.BROKEN), so_far.chats + 1)
    return tuple(found.items())
