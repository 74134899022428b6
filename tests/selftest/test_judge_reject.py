"""The checks of Reject over scripted chats: what breaks which clause, and what a real server may do otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gws_contract import contract
from gws_contract.check import shipped
from gws_contract.journal import Incident
from gws_contract.judge.ruling import Outcome, rule_one
from gws_contract.scenario import Say, Scenario, Visit
from gws_contract.verdict import Verdict

from .conversations import JUDGED, STATUS, VISITOR, Chat, delivery, performed

CHECKS = {check.clause.removeprefix("reject."): check for check in shipped("reject")}
REJECTED = Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")))
CHAT = performed(REJECTED).answered("visit:reject", {"statusCode": 0})
ALONE = performed(REJECTED, visitor=JUDGED).answered("visit:reject", {"statusCode": 0})


def outcomes(chat: Chat) -> dict[str, Outcome]:
    known = contract.load("reject")
    return {name: rule_one(check, known.clause(check.clause), chat.conversation) for name, check in CHECKS.items()}


def having(chat: Chat, verdict: Verdict) -> set[str]:
    return {name for name, found in outcomes(chat).items() if found.verdict is verdict}


def told(told_of: Chat, **changes: Any) -> Chat:
    """The chat with another StatusChange of the Reject: None takes a member away."""

    def change(record: Any) -> Any:
        message = getattr(record, "message", {})
        data = message.get("data", {})
        if getattr(record, "agent", "") != VISITOR or data.get("chat", {}).get("state") != "Completed":
            return record
        of_chat = {k: v for k, v in {**data["chat"], **changes.get("chat", {})}.items() if v is not None}
        top = {k: v for k, v in changes.items() if k != "chat"}
        data = {k: v for k, v in {**data, **top}.items() if v is not None}
        return delivery({**data, "chat": of_chat}, at=record.at, agent=VISITOR, chat=1)

    return told_of.mapped(change)


def test_the_documented_reject_keeps_every_clause() -> None:
    assert having(CHAT, Verdict.KEPT) == set(CHECKS)


def test_a_chat_without_a_reject_breaks_nothing() -> None:
    assert having(performed(), Verdict.NOT_TESTABLE) == set(CHECKS)


@pytest.mark.parametrize("body", ["", "{}", '{"status": 0}', '{"statusCode": 0}'])
def test_none_of_the_answers_that_the_page_tells_of_breaks_anything(body: str) -> None:
    assert having(CHAT.answered("visit:reject", body), Verdict.BROKEN) == set()


def test_a_notification_before_the_answer_breaks_nothing() -> None:
    reject = CHAT.step("visit:reject")
    slow = CHAT.answered("visit:reject", {"statusCode": 0}, headers_at=reject.sent + 0.09, done=reject.sent + 0.09)
    assert having(slow, Verdict.BROKEN) == set()


def test_a_notification_without_reference_id_uri_and_participants_breaks_the_advisory_clause_alone() -> None:
    bare = told(CHAT, referenceId=None, chat={"uri": None, "participants": None, "capabilities": None})
    assert having(bare, Verdict.BROKEN) == {"status-change.members"}


def test_further_members_break_nothing() -> None:
    more = told(CHAT, metrics={"at": 1}, chat={"chatType": "Inbound", "userData": {}})
    assert having(more, Verdict.BROKEN) == set()


def test_one_agent_alone_who_is_invited_again_breaks_nothing() -> None:
    only = [session for session in ALONE.sessions if session.agent == JUDGED]
    alone = Chat(ALONE.scenario, ALONE.records, ALONE.number, tuple(only))
    assert having(alone, Verdict.BROKEN) == set()
    assert having(alone, Verdict.NOT_TESTABLE) == {"overview.presented", "delivery.addressee"}


def test_who_rejects_the_chat_and_then_has_it_and_completes_it_is_told_completed_for_each_once() -> None:
    assert "status-change.once" not in having(ALONE, Verdict.BROKEN)


def test_a_lost_session_hides_a_missing_notification() -> None:
    silent = CHAT.mapped(
        lambda r: (
            None
            if getattr(r, "agent", "") == VISITOR
            and getattr(r, "message", {}).get("data", {}).get("chat", {}).get("state") == "Completed"
            else r
        )
    )
    assert having(silent, Verdict.BROKEN) == {"status-change.arrives"}
    lost = silent.plus(Incident(VISITOR, 1, CHAT.step("visit:reject").sent + 0.01, "session-lost", "lost"))
    assert outcomes(lost)["status-change.arrives"].verdict is Verdict.INCONCLUSIVE
    other = silent.plus(Incident(JUDGED, 1, CHAT.step("visit:reject").sent + 0.01, "session-lost", "lost"))
    assert outcomes(other)["status-change.arrives"].verdict is Verdict.BROKEN


def test_a_refusal_for_a_withdrawn_offer_breaks_nothing() -> None:
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS}
    revoked = {**payload, "chat": {"id": "0000Na9B26EF002X", "state": "Revoked"}}
    at = CHAT.step("visit:reject").sent + 0.01
    refused = CHAT.answered("visit:reject", {"statusCode": 6, "statusMessage": "gone"}, status=404)
    assert having(refused, Verdict.BROKEN) == {"overview.rejects"}
    assert having(refused.plus(delivery(revoked, at=at, agent=VISITOR, chat=1)), Verdict.BROKEN) == set()


def test_another_state_breaks_the_state_alone() -> None:
    assert having(told(CHAT, chat={"state": "LeftChat"}), Verdict.BROKEN) == {"status-change.state"}


def test_of_two_rejects_of_a_chat_each_is_judged() -> None:
    twice = performed(Scenario("Pat", "Sam", (Visit("reject"), Visit("reject"))))
    first, second = twice.conversation.steps("visit:reject")
    answered = twice.mapped(lambda record: replace(second, status=500) if record is second else record)
    assert first.status == 200
    assert "response.http-200" not in having(twice, Verdict.BROKEN)
    assert having(answered, Verdict.BROKEN) >= {"overview.rejects"}
