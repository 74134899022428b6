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
from gws_contract.scenario import to_json
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

    @property
    def size(self) -> tuple[bool, int, int]:
        """Ordinary before exotic, then by what happens in the chat, then by its length: the smallest shows most."""
        scenario = self.conversation.scenario
        return (not self.conversation.ordinary, scenario.events, len(json.dumps(to_json(scenario))))


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict of one clause, with what is needed to explain it."""

    clause: Clause
    tally: Tally
    example: Outcome | None = None
    """The smallest chat that broke the clause, or else one that left it open."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Why chats of the clause's own verdict were inconclusive or not testable, the most frequent first."""

    @property
    def advisory(self) -> bool:
        """Whether a break of it fails a run only with --strict."""
        return self.clause.strength == "inferred" or self.tally.exotic_only


def rule_one(check: Check, clause: Clause, conversation: Conversation) -> Outcome:
    """One check over one conversation, settled with what is known about the transport."""
    need = clause.needs or "content"
    transport = conversation.own_transport
    try:
        check.judge(conversation)
    except Broken as broken:
        verdict = settle(Verdict.BROKEN, need, transport, within_array=broken.within_array)
        reason = "" if verdict is Verdict.BROKEN else "a disturbance of the CometD session may have caused it"
        return Outcome(conversation, verdict, broken.documented, broken.received, reason)
    except Hidden as hidden:
        return Outcome(conversation, Verdict.INCONCLUSIVE, reason=str(hidden))
    except NotTestable as open_:
        return Outcome(conversation, Verdict.NOT_TESTABLE, reason=str(open_))
    except Exception as error:  # noqa: BLE001 - a bug in a check must become a verdict of ours, never a vendor's
        return Outcome(conversation, Verdict.HARNESS_ERROR, reason=f"{type(error).__name__}: {error}")
    verdict = settle(Verdict.KEPT, need, transport)
    reason = "" if verdict is Verdict.KEPT else "the CometD session was disturbed, something may have been lost"
    return Outcome(conversation, verdict, reason=reason)


def rule(check: Check, clause: Clause, conversations: Sequence[Conversation], *, declared: bool = False) -> Ruling:
    """One clause over all conversations of a run."""
    outcomes = [rule_one(check, clause, conversation) for conversation in conversations]
    tally = fold([Ballot(o.verdict, o.conversation.ordinary) for o in outcomes], declared=declared)
    reasons = Counter(o.reason for o in outcomes if o.reason and o.verdict is tally.verdict)
    return Ruling(clause, tally, _example(tally, outcomes), tuple(reasons.most_common(5)))


def _example(tally: Tally, outcomes: Iterable[Outcome]) -> Outcome | None:
    shows = Verdict.BROKEN if tally.verdict is Verdict.DEVIATION else tally.verdict
    if shows is Verdict.KEPT:
        return None
    return min((o for o in outcomes if o.verdict is shows), key=lambda o: o.size, default=None)
