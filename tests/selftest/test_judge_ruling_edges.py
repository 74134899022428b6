"""What mutants of the rulings would get away with: an outcome is told with its conversation and its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gws_contract import contract
from gws_contract.check import Check
from gws_contract.conversation import Conversation
from gws_contract.journal import Ended
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.ruling import rule_one

from .conversations import PLAIN, performed

GOOD = performed(PLAIN).conversation
CUT_SHORT = replace(GOOD, ended=Ended(1, 30.0, "cut short"))
TOO_EARLY = "the run ended before everything could arrive"
CONTENT, ARRIVAL = "accept.history.text", "accept.history.arrives"


def finding(error: Exception | None) -> Callable[[Conversation], None]:
    def judge(_: Conversation) -> None:
        if error is not None:
            raise error

    return judge


@pytest.mark.parametrize(
    ("error", "conversation", "clause", "verdict", "reason"),
    [
        (None, GOOD, CONTENT, "kept", ""),
        (NotTestable("why"), GOOD, CONTENT, "not testable", "why"),
        (Broken("a", "b"), GOOD, CONTENT, "broken", ""),
        (Broken("a", "b"), CUT_SHORT, CONTENT, "broken", ""),
        (Broken("a", "b"), CUT_SHORT, ARRIVAL, "not testable", TOO_EARLY),
        (Hidden("why"), GOOD, CONTENT, "inconclusive", "why"),
        (Hidden("why"), CUT_SHORT, CONTENT, "not testable", TOO_EARLY),
        (KeyError("why"), GOOD, CONTENT, "harness error", "KeyError: 'why'"),
    ],
)
def test_an_outcome_is_told_with_its_conversation_and_its_reason(
    error: Exception | None, conversation: Conversation, clause: str, verdict: str, reason: str
) -> None:
    found = rule_one(Check(clause, finding(error)), contract.load().clause(clause), conversation)
    assert found.conversation is conversation
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_chat_that_was_flooded_is_told_with_its_conversation() -> None:
    flooded = replace(GOOD)
    flooded.__dict__["flooded"] = True
    found = rule_one(Check(CONTENT, finding(None)), contract.load().clause(CONTENT), flooded)
    assert found.conversation is flooded
    assert found.reason.endswith(" notifications, and none beyond them was kept")


def test_a_kept_absence_that_may_be_a_loss_is_told_with_its_conversation() -> None:
    clause = "accept.delivery.addressee"
    disturbed = performed(PLAIN).disturbed("session-lost").conversation
    found = rule_one(Check(clause, finding(None)), contract.load().clause(clause), disturbed)
    assert found.conversation is disturbed
    assert found.reason == "the CometD session was disturbed, something may have been lost"
