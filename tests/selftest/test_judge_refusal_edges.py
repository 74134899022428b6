"""What mutants of the judge of refusals would get away with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.journal import Invited
from gws_contract.judge.answer import READS, misuse_taken
from gws_contract.judge.refusal import withdrawn_cannot_be_accepted
from gws_contract.scenario import Depart, Say, Scenario, Visit

from .conversations import CHAT_ID, LOG, PEOPLE, PLAIN, QUIET, VISITOR, Chat, delivery, outcome, performed

TRIED = performed(replace(PLAIN, refusals=("wrong-case",)))
LEFT = performed(replace(PLAIN, before=(*PLAIN.before, Depart())))
REJECTED = performed(Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")), refusals=("rejected",)))
WORKING = performed(replace(PLAIN, reply="Hello."))
OK = '{"statusCode": 0}'
NO_EFFECT = "refused.no-effect"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "QUERY", "TRACE"])
def test_a_request_that_reads_is_no_misuse(method: str) -> None:
    read = TRIED.answered("refusal:wrong-case", OK, status=200, method=method)
    assert method in READS
    assert misuse_taken(read.conversation) is None
    assert outcome(read, NO_EFFECT).verdict == "kept"


def leaving(after: float) -> Chat:
    """The customer's leave has its answer so long after the Accept is sent."""
    left, tried = LEFT.step("customer-leaves-before"), LEFT.step("refusal:withdrawn")
    return LEFT.mapped(lambda record: replace(left, done=tried.sent + after) if record == left else record)


def test_a_customer_who_left_in_the_moment_of_the_accept_had_left() -> None:
    withdrawn_cannot_be_accepted(leaving(0.0).conversation)
    assert outcome(leaving(0.01), "refused.withdrawn").reason == "the customer could not leave before the Accept"


def test_a_customer_who_left_says_nothing_of_an_accept_that_was_not_tried() -> None:
    untried = LEFT.without_step("refusal:withdrawn")
    assert outcome(untried, "refused.withdrawn").reason == "not tried in this chat"


@pytest.mark.parametrize(("status", "verdict"), [(200, "kept"), (299, "kept"), (300, "broken"), (199, "broken")])
def test_a_reject_was_taken_with_a_success_of_http(status: int, verdict: str) -> None:
    found = outcome(REJECTED.answered("visit:reject", "", status=status), "overview.reject")
    assert found.verdict == verdict
    assert found.received == ("" if verdict == "kept" else f"HTTP {status}")


def offered(at: float) -> Chat:
    """After a Reject the same agent is invited once more, at this moment, and accepts."""
    carried_out = REJECTED.answered("refusal:rejected", OK, status=200)
    return carried_out.mapped(lambda r: None if isinstance(r, Invited) else r).plus(Invited(1, CHAT_ID, VISITOR, at))


def test_an_offer_is_a_new_one_behind_the_reject_and_for_a_quiet_period() -> None:
    until = REJECTED.step("refusal:rejected").done + QUIET
    moments = (REJECTED.step("visit:reject").sent, REJECTED.step("visit:reject").sent + 0.01, until, until + 0.01)
    found = [outcome(offered(at), "refused.rejected").verdict for at in moments]
    assert found == ["broken", "not testable", "not testable", "broken"]


def test_what_became_of_a_request_without_an_answer_is_told() -> None:
    silent = REJECTED.answered("visit:reject", status=None, answer=None, failure="timed out")
    assert outcome(silent, "overview.reject").reason == "the Reject was not answered: timed out"
    silent = WORKING.answered("reply", status=None, answer=None, failure="timed out")
    assert outcome(silent, "overview.work").reason == "the message was not answered: timed out"


@pytest.mark.parametrize(
    ("body", "status", "clause", "received"),
    [
        (
            {"statusCode": 99, "statusMessage": "x"},
            403,
            "return-values.code",
            '{"statusCode": 99, "statusMessage": "x"}',
        ),
        ({"statusCode": 0}, 400, "return-values.code", OK),
        ({"statusCode": 3}, 403, "return-values.message", '{"statusCode": 3}'),
    ],
)
def test_the_answer_that_is_no_proper_refusal_is_quoted(body: object, status: int, clause: str, received: str) -> None:
    found = outcome(TRIED.answered("refusal:wrong-case", body, status=status), clause)
    assert (found.verdict, found.received) == ("broken", f"HTTP {status} {received}")


def test_a_request_in_the_moment_of_the_accept_was_not_refused_before_it() -> None:
    chat = performed(PLAIN)
    found = outcome(chat.refused("wrong-case", early=0.0), NO_EFFECT)
    assert found.reason == "no request was refused before an Accept in this chat"


def test_all_effects_are_named() -> None:
    at = TRIED.step("refusal:wrong-case").sent + 0.04
    _, people, history = TRIED.payloads
    chat = TRIED.plus(delivery(people, at=at), delivery(history, at=at + 0.01))
    assert outcome(chat, NO_EFFECT).received == f"{PEOPLE} to agent1, {LOG} to agent1"


def test_a_disturbance_behind_the_accept_is_told_as_one() -> None:
    found = outcome(TRIED.disturbed("poll-broken"), NO_EFFECT)
    assert found.reason == "the CometD session was disturbed, something may have been lost"


def test_the_accept_of_an_unknown_chat_has_no_effect_on_this_one() -> None:
    chat = performed(replace(PLAIN, refusals=("unknown-chat",))).answered("refusal:unknown-chat", OK, status=200)
    assert outcome(chat, NO_EFFECT).verdict == "kept"
