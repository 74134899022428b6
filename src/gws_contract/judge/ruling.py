"""One check over one conversation, and what is said of a clause over a whole journal (`roll`). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from gws_contract import contract
from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.records import MOST_DELIVERIES
from gws_contract.verdict import Tally, Verdict, of_performances, settle


class Outcome(msgspec.Struct, frozen=True):
    """What a check found in one chat. Every chat has ninety, and a dataclass costs four times as much."""

    conversation: Conversation
    verdict: Verdict
    documented: str = ""
    received: str = ""
    reason: str = ""
    """Why it is inconclusive, not testable or a harness error."""


_TOO_EARLY = "the run ended before everything could arrive"
_FLOODED = f"the chat got {MOST_DELIVERIES:,} notifications, and none beyond them was kept"

_KEPT, _NOT_TESTABLE = Verdict.KEPT, Verdict.NOT_TESTABLE

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
    broken_in: Collection[int] = field(default=(), compare=False)
    """The numbers of the chats that broke it, ascending."""

    @property
    def advisory(self) -> bool:
        """Whether a break of it fails a run only with --strict."""
        return self.clause.strength == "inferred" or self.tally.exotic_only

    @property
    def intermittent(self) -> bool:
        """Whether the break does not always come back."""
        return self.repeated is not None and self.repeated.broken < self.repeated.chats


def rule_one(check: Check, clause: Clause, conversation: Conversation) -> Outcome:
    """One check over one conversation, settled with what is known about the transport.

    The chat is judged as the operation of the clause; where it was performed several times, each time.
    """
    if clause.id.startswith(conversation.operation.prefix):
        return _rule(check, clause, conversation)
    performances = conversation.judged_as(contract.load(clause.operation).performed)
    found = [_rule(check, clause, one) for one in performances]
    return found[of_performances([one.verdict for one in found])]


def _rule(check: Check, clause: Clause, conversation: Conversation) -> Outcome:
    need = clause.needs or "content"
    if conversation.flooded:
        return Outcome(conversation, Verdict.INCONCLUSIVE, reason=_FLOODED)
    transport = conversation.own_transport
    try:
        check.judge(conversation)
    except NotTestable as open_:
        return Outcome(conversation, _NOT_TESTABLE, "", "", str(open_))
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
    except Exception as error:  # noqa: BLE001 - a bug in a check must become a verdict of ours, never a vendor's
        return Outcome(conversation, Verdict.HARNESS_ERROR, reason=f"{type(error).__name__}: {error}")
    verdict = settle(_KEPT, need, transport)
    if verdict is _KEPT:
        return Outcome(conversation, verdict)
    return Outcome(conversation, verdict, reason="the CometD session was disturbed, something may have been lost")


def _cut_short(conversation: Conversation) -> bool:
    """Whether the run ended while the chat went on, so that nobody waited for what may still have come."""
    return conversation.ended is None or conversation.ended.how == "cut short"
