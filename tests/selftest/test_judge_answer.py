from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.journal import Delivery, Ended, Incident
from gws_contract.judge.answer import accepted, error_after, misuse_taken, refused, why_not_accepted
from gws_contract.judge.finding import Hidden, NotTestable
from gws_contract.judge.said import described, parse, succeeded, trouble
from gws_contract.scenario import Depart, Outage, Say, Scenario
from gws_contract.verdict import Verdict

from .conversations import (
    BYSTANDER,
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    TICK,
    Chat,
    broken,
    delivery,
    having,
    kept,
    never_offered,
    outcome,
    performed,
)

patiently = settings(deadline=None)
GOOD = performed(PLAIN)
ANSWER = {
    "overview.accepts",
    "request.url",
    "request.method",
    "request.body",
    "response.json",
    "response.status-code",
    "response.http-success",
}
"""Of these an Accept that was not answered with success breaks one."""
INFERRED = {"response.http-200", "response.content-type", "response.no-message"}


def answer(body: object, status: int | None = 200, **changes: Any) -> Chat:
    return GOOD.answered("accept", body, status=status, **changes)


# ---- reading a body -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"statusCode": 0}', {"statusCode": 0}),
        (b' {"statusCode" : 0 }\r\n', {"statusCode": 0}),
        (b'\xef\xbb\xbf{"statusCode": 0}', {"statusCode": 0}),
        (b"[0]", [0]),
        (b"null", None),
        ('"Grüße"'.encode(), "Grüße"),
    ],
)
def test_a_json_body_is_read(body: bytes, value: object) -> None:
    assert parse(body).value == value
    assert parse(body).complaint is None


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "an empty body"),
        (b'{"statusCode": "\xff"}', "a body that is not UTF-8 at byte 16"),
        (b"<html>", "a body that is not JSON ("),
        (b'{"statusCode": 0} x', "a body that is not JSON ("),
        (b'{"statusCode": NaN}', "a body that is not JSON (NaN is not a JSON number)"),
        (b'{"statusCode": -Infinity}', "a body that is not JSON (-Infinity is not a JSON number)"),
        (b'{"statusCode": 0, "statusCode": 0}', "a body that is not JSON (a member occurs twice)"),
        (b"[" * 100_000, "a body that is more than is read ("),
        (b'{"statusCode": ' + b"9" * 5000 + b"}", "a body that is more than is read ("),
    ],
)
def test_a_body_that_is_no_json_is_complained_about(body: bytes, complaint: str) -> None:
    assert (parse(body).complaint or "").startswith(complaint)
    assert parse(body).members == {}
    assert parse(body).code is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"statusCode": 0}', 0),
        ('{"statusCode": 0.0}', 0),
        ('{"statusCode": -0}', 0),
        ('{"statusCode": 20}', 20),
        ('{"statusCode": 0.5}', None),
        ('{"statusCode": "0"}', None),
        ('{"statusCode": false}', None),
        ('{"statusCode": null}', None),
        ('{"statusCode": [0]}', None),
        ('{"status": 0}', None),
        ("[0]", None),
        ("0", None),
    ],
)
def test_a_status_code_is_an_integer(body: str, code: int | None) -> None:
    assert parse(body.encode()).code == code


def test_a_status_code_beyond_all_numbers_is_none() -> None:
    assert parse(b'{"statusCode": 1e999}').code is None


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.floats(-9, 9) | st.text(), st.lists).map(json.dumps).map(str.encode)
)
@patiently
def test_every_body_is_read_or_complained_about(body: bytes) -> None:
    parsed = parse(body)
    assert parsed.complaint is None or parsed.value is None
    assert isinstance(parsed.code, int | None)


def test_an_answer_is_described_in_a_few_words() -> None:
    assert described(answer("", 204).accept) == "HTTP 204"
    assert described(answer("<html>" + "x" * 500, 500).accept).startswith("HTTP 500 <html>xxx")
    assert len(described(answer("x" * 500, 500).accept)) < 180
    assert described(answer(None, None, failure="connection reset").accept) == "connection reset"
    assert described(answer('{"a', 200, failure="cut").accept).startswith("HTTP 200 {")


def test_a_described_body_is_quoted_as_received_in_one_line() -> None:
    assert described(GOOD.accept) == 'HTTP 200 {"statusCode": 0}'
    assert described(answer('{\n  "statusCode": 4\n}', 500).accept) == 'HTTP 500 { "statusCode": 4 }'


# ---- success, refusal, trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, '{"statusCode": 0}', None),
        (201, '{"statusCode": 0, "referenceId": 17}', None),
        (404, "", "url"),
        (410, "<html>", "url"),
        (404, '{"statusCode": 6}', "refused"),
        (405, "", "method"),
        (405, '{"statusCode": 3}', "method"),
        (501, '{"statusCode": 4}', "method"),
        (400, "", "body"),
        (415, "", "body"),
        (422, '{"statusCode": 3}', "body"),
        (200, '{"statusCode": 1}', "body"),
        (200, '{"statusCode": 2}', "body"),
        (500, '{"statusCode": 10}', "body"),
        (200, '{"statusCode": 3}', "refused"),
        (200, '{"statusCode": 7}', "refused"),
        (403, '{"statusCode": 20}', "refused"),
        (401, "", "refused"),
        (302, "", "refused"),
        (500, "<html>", "refused"),
        (500, '{"statusCode": 0}', "http-success"),
        (404, '{"statusCode": 0}', "http-success"),
        (302, '{"statusCode": 0}', "http-success"),
        (200, "", "json"),
        (200, "OK", "json"),
        (200, "[]", "json"),
        (200, "{}", "status-code"),
        (200, '{"statusCode": "0"}', "status-code"),
        (200, '{"status": 0}', "status-code"),
    ],
)
def test_the_trouble_with_an_answer_is_the_most_specific_one(status: int, body: str, why: str | None) -> None:
    assert trouble(answer(body, status).accept) == why
    assert succeeded(answer(body, status).accept) is (why is None)


def test_an_answer_that_broke_off_is_no_success_whatever_came_of_it() -> None:
    assert not succeeded(answer('{"statusCode": 0}', failure="the connection was reset").accept)


TROUBLES = {
    "url": (404, "", "request.url"),
    "method": (405, "", "request.method"),
    "body": (400, '{"statusCode": 1, "statusMessage": "x"}', "request.body"),
    "json": (200, "OK", "response.json"),
    "status-code": (200, '{"result": "ok"}', "response.status-code"),
    "http-success": (500, '{"statusCode": 0}', "response.http-success"),
    "refused": (500, '{"statusCode": 4, "statusMessage": "Internal error"}', "overview.accepts"),
}


@pytest.mark.parametrize("why", TROUBLES)
def test_one_broken_answer_breaks_one_clause_and_leaves_the_rest_not_testable(why: str) -> None:
    status, body, clause = TROUBLES[why]
    chat = answer(body, status).dropping(STATUS, PEOPLE, LOG)
    assert broken(chat) == {clause}
    assert kept(chat) <= {"overview.offer"}
    assert having(chat, Verdict.INCONCLUSIVE) == set()
    assert f"HTTP {status}" in outcome(chat, clause).received


def test_a_good_answer_keeps_all_that_is_said_about_answers() -> None:
    assert kept(GOOD) >= ANSWER | INFERRED


def test_an_accept_without_an_answer_leaves_everything_inconclusive_and_nothing_broken() -> None:
    chat = answer(None, None, failure="the connection was reset").answered("accept", answer=None)
    assert broken(chat) == set()
    assert having(chat, Verdict.INCONCLUSIVE) >= ANSWER
    assert outcome(chat, "overview.accepts").reason == "the Accept was not answered: the connection was reset"


def test_an_answer_that_goes_beyond_what_is_read_hides_the_truth() -> None:
    chat = GOOD.answered("accept", answer='{"statusCode": 0, "x": ' + "[" * 200 + "]" * 200 + "}")
    found = outcome(chat, "response.json")
    assert (found.verdict, found.reason) == (
        Verdict.INCONCLUSIVE,
        "the Accept was answered with a body that is more than is read (it is nested deeper than 100)",
    )
    assert broken(chat) == set()


def test_a_chat_that_was_never_offered_tests_nothing() -> None:
    chat = never_offered()
    assert set(kept(chat)) | broken(chat) == set()
    assert outcome(chat, "overview.accepts").reason == "the chat was never offered to an agent"


@pytest.mark.parametrize(
    ("chat", "why"),
    [
        (never_offered(), "the chat was never offered to an agent"),
        (GOOD.without_step("accept"), "the Accept was never sent"),
        (
            GOOD.without_step("accept").mapped(
                lambda r: replace(r, detail="time is up") if isinstance(r, Ended) else r
            ),
            "time is up",
        ),
        (
            GOOD.refused("wrong-case", {"statusCode": 0}, 200).without_step("accept"),
            "the server carried out a request that it should refuse: wrong-case",
        ),
        (
            GOOD.without_step("accept").mapped(lambda r: None if isinstance(r, Ended) else r),
            "the Accept was never sent",
        ),
    ],
)
def test_why_no_accept_was_sent(chat: Chat, why: str) -> None:
    assert why_not_accepted(chat.conversation) == why


# ---- refused --------------------------------------------------------------------------------------------------------


def error(at: float, agent: str = JUDGED, **members: Any) -> Delivery:
    return delivery({"notificationType": "Error", **members}, at=at, agent=agent)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (403, "", True),
        (500, "<html>", True),
        (404, '{"statusCode": 0}', True),
        (200, '{"statusCode": 3}', True),
        (200, '{"statusCode": 7}', True),
        (302, "", True),
        (200, '{"statusCode": 0}', False),
        (204, '{"statusCode": 0}', False),
    ],
)
def test_a_request_is_refused_by_http_or_by_its_status_code(status: int, body: str, verdict: bool) -> None:
    chat = GOOD.refused("wrong-case", body, status)
    assert refused(chat.conversation, chat.step("refusal:wrong-case")) is verdict


@pytest.mark.parametrize("body", ["", "OK", "{}", "[]", '{"statusCode": "3"}'])
def test_a_success_without_a_status_code_says_neither_yes_nor_no(body: str) -> None:
    chat = GOOD.refused("wrong-case", body, 200)
    with pytest.raises(NotTestable, match=r"^the answer says neither yes nor no: HTTP 200"):
        refused(chat.conversation, chat.step("refusal:wrong-case"))


def test_a_request_that_was_not_answered_is_neither_refused_nor_taken() -> None:
    chat = GOOD.refused("wrong-case").answered("refusal:wrong-case", failure="reset")
    with pytest.raises(Hidden, match=r"^the request was not answered: reset$"):
        refused(chat.conversation, chat.step("refusal:wrong-case"))


def test_an_error_notification_after_status_code_0_is_a_refusal() -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    sent = chat.step("refusal:wrong-case").sent
    told = chat.plus(error(sent + 0.05, errorMessage="Request failed"))
    assert refused(told.conversation, told.step("refusal:wrong-case"))
    assert misuse_taken(told.conversation) is None
    assert misuse_taken(chat.conversation) == "wrong-case"


@pytest.mark.parametrize(("offset", "message"), [(-0.01, None), (0.05, "Request failed"), (1.5 * TICK + 0.01, None)])
def test_an_error_belongs_to_the_request_before_it(offset: float, message: str | None) -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    exchange = chat.step("refusal:wrong-case")
    told = chat.plus(error(exchange.sent + offset, errorMessage="Request failed"))
    assert error_after(told.conversation, exchange) == message


def test_an_error_that_another_agent_received_answers_nothing() -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    exchange = chat.step("refusal:wrong-case")
    assert error_after(chat.plus(error(exchange.sent + 0.05, BYSTANDER)).conversation, exchange) is None


def test_an_error_after_the_next_request_of_another_agent_still_belongs_to_ones_own() -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    exchange = chat.step("refusal:wrong-case")
    other = replace(exchange, actor=f"agent:{BYSTANDER}", sent=exchange.sent + 0.01, step="refusal:not-offered")
    assert error_after(chat.plus(other, error(exchange.sent + 0.05)).conversation, exchange) == "without errorMessage"


def test_clearing_up_after_a_misuse_does_not_take_the_error_for_itself() -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    exchange = chat.step("refusal:wrong-case")
    cleared = replace(exchange, step="complete", sent=exchange.sent + 0.01)
    told = chat.plus(cleared, error(exchange.sent + 0.05))
    assert error_after(told.conversation, exchange) == "without errorMessage"
    assert error_after(told.conversation, told.accept) is None


def test_an_error_without_a_message_is_one_all_the_same() -> None:
    chat = GOOD.plus(error(GOOD.accept.sent + 0.01))
    assert error_after(chat.conversation, chat.accept) == "without errorMessage"


# ---- what can be judged at all --------------------------------------------------------------------------------------


def failing(state: str) -> Chat:
    payload = GOOD.payloads[0]
    return GOOD.arriving({**payload, "chat": {"id": payload["chat"]["id"], "state": state}})


@pytest.mark.parametrize("state", ["JoinFailed", "Completed", "LeftChat", "Revoked"])
def test_an_operation_that_fails_after_status_code_0_breaks_nothing(state: str) -> None:
    chat = failing(state)
    assert broken(chat) == set()
    assert kept(chat) == ANSWER | INFERRED | {"overview.offer"}
    assert outcome(chat, "history.arrives").reason == f"the operation failed after statusCode 0: the chat is {state}"


def test_an_error_after_status_code_0_breaks_nothing() -> None:
    chat = GOOD.dropping(STATUS, PEOPLE, LOG).plus(error(GOOD.accept.sent + 0.2, errorMessage="Request failed"))
    assert broken(chat) == set()
    assert kept(chat) == ANSWER | INFERRED | {"overview.offer"}
    assert outcome(chat, "history.arrives").reason.endswith("after statusCode 0: Error, Request failed")


def test_an_error_does_not_excuse_a_chat_that_is_chatting() -> None:
    chat = GOOD.dropping(LOG).plus(error(GOOD.accept.sent + 0.2, errorMessage="Request failed"))
    assert broken(chat) == {"history.arrives"}


def test_a_failing_state_does_not_excuse_a_chat_that_is_chatting() -> None:
    payload = GOOD.payloads[0]
    chat = GOOD.dropping(LOG).later({**payload, "chat": {**payload["chat"], "state": "Revoked"}}, 0.3)
    assert broken(chat) == {"history.arrives"}


def test_the_end_of_the_chat_does_not_excuse_silence() -> None:
    chat = GOOD.dropping(STATUS, PEOPLE, LOG)
    assert broken(chat) == {"status-change.arrives", "participants.arrives", "history.arrives"}


@pytest.mark.parametrize("state", ["Revoked", "Completed", "JoinFailed"])
def test_an_offer_that_was_withdrawn_before_the_accept_tests_nothing(state: str) -> None:
    payload = GOOD.payloads[0]
    withdrawn = delivery({**payload, "chat": {**payload["chat"], "state": state}}, at=GOOD.accept.sent - 0.01)
    chat = answer({"statusCode": 2, "statusMessage": "x"}).dropping(STATUS, PEOPLE, LOG).plus(withdrawn)
    assert broken(chat) == set()
    assert outcome(chat, "request.body").reason == f"the offer was withdrawn before the Accept: the chat was {state}"


def test_an_offer_that_was_renewed_after_a_withdrawal_is_an_offer() -> None:
    payload = GOOD.payloads[0]
    states = [("Revoked", 0.03), ("Invited", 0.02)]
    again = [delivery({**payload, "chat": {**payload["chat"], "state": s}}, at=GOOD.accept.sent - t) for s, t in states]
    assert kept(GOOD.plus(*again)) >= ANSWER


def test_a_withdrawal_that_another_agent_hears_of_is_not_ones_own() -> None:
    payload = GOOD.payloads[0]
    elsewhere = delivery(
        {**payload, "chat": {**payload["chat"], "state": "Revoked"}}, at=GOOD.accept.sent - 0.01, agent="agent2"
    )
    assert kept(GOOD.plus(elsewhere)) >= ANSWER


def test_after_a_misuse_that_was_carried_out_the_accept_is_not_judged() -> None:
    chat = GOOD.refused("wrong-case", {"statusCode": 0}, 200)
    assert broken(chat) == {"refused.wrong-case"}
    assert kept(chat) == {"overview.offer"}
    assert outcome(chat, "overview.accepts").reason.endswith("that it should refuse: wrong-case")


def test_carrying_out_the_accept_of_an_unknown_chat_does_not_spoil_this_one() -> None:
    chat = GOOD.refused("unknown-chat", {"statusCode": 0}, 200)
    assert broken(chat) == {"refused.unknown-chat"}
    assert kept(chat) >= ANSWER
    assert misuse_taken(chat.conversation) is None


def test_a_misuse_after_the_accept_does_not_spoil_it() -> None:
    chat = GOOD.plus(replace(GOOD.accept, step="refusal:second-accept", sent=GOOD.accept.sent + 1))
    assert misuse_taken(chat.conversation) is None


def test_the_accept_of_a_good_chat_can_be_judged() -> None:
    assert accepted(GOOD.conversation) == GOOD.accept


# ---- what else is said about the answer -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "good"),
    [
        ("application/json", True),
        ("application/json;charset=UTF-8", True),
        ("Application/JSON; charset=utf-8; x=y", True),
        ('application/json; charset="UTF8"', True),
        ("text/html", False),
        ("application/json;charset=ISO-8859-1", False),
        ("", False),
        (None, False),
    ],
)
def test_a_json_answer_is_labelled_so(label: str | None, good: bool) -> None:
    chat = GOOD.answered("accept", headers={} if label is None else {"content-type": label})
    assert broken(chat) == (set() if good else {"response.content-type"})
    if not good:
        assert outcome(chat, "response.content-type").received == f"Content-Type {label or 'missing'}"


def test_a_byte_order_mark_breaks_the_label_and_nothing_else() -> None:
    chat = answer('\ufeff{"statusCode": 0}')
    assert broken(chat) == {"response.content-type"}
    assert outcome(chat, "response.content-type").received == "a byte order mark in front of it"


def test_success_with_a_status_message_breaks_that_clause_alone() -> None:
    chat = answer({"statusCode": 0, "statusMessage": "OK"})
    assert broken(chat) == {"response.no-message"}
    assert outcome(chat, "response.no-message").received == 'statusMessage "OK"'


def test_other_members_beside_status_code_0_are_legal() -> None:
    assert broken(answer({"statusCode": 0, "referenceId": 17, "x": None})) == set()


@pytest.mark.parametrize("status", [201, 202, 204, 299])
def test_another_success_than_200_breaks_the_inferred_clause_alone(status: int) -> None:
    assert broken(answer({"statusCode": 0}, status)) == {"response.http-200"}


# ---- a customer who leaves, an agent who is away for a moment -------------------------------------------------------

LEAVING = [performed(replace(PLAIN, during=(Say("Bye."), Depart())), early=early) for early in (0, 1, 2)]
LEFT = "the customer left during the Accept"


@pytest.mark.parametrize("chat", LEAVING)
def test_if_the_customer_leaves_during_the_accept_only_its_answer_is_judged(chat: Chat) -> None:
    assert broken(chat) == set()
    assert having(chat, Verdict.INCONCLUSIVE) == set()
    assert kept(chat) == ANSWER | INFERRED | {"overview.offer"}
    assert outcome(chat, "history.complete").reason == LEFT


@pytest.mark.parametrize("chat", LEAVING)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"statusCode": 2, "statusMessage": "The chat is over"}),
        (404, {"statusCode": 6, "statusMessage": "no"}),
        (404, "<html>"),
        (405, ""),
        (400, ""),
        (500, ""),
        (200, {"statusCode": 6, "statusMessage": "no"}),
    ],
)
def test_an_accept_may_be_refused_if_the_customer_leaves_meanwhile(
    chat: Chat, status: int, body: dict[str, Any] | str
) -> None:
    refusal = chat.answered("accept", body, status=status).arriving()
    assert broken(refusal) == set()
    assert kept(refusal) == {"overview.offer"}
    assert outcome(refusal, "overview.accepts").reason == LEFT


@pytest.mark.parametrize(
    ("status", "body", "clause"),
    [(200, "OK", "json"), (200, {"status": 0}, "status-code"), (500, {"statusCode": 0}, "http-success")],
)
def test_the_form_of_the_answer_is_judged_though_the_customer_leaves(
    status: int, body: dict[str, int] | str, clause: str
) -> None:
    assert broken(LEAVING[1].answered("accept", body, status=status)) == {f"response.{clause}"}


@pytest.mark.parametrize("state", ["Completed", "Revoked", "JoinFailed"])
def test_a_chat_whose_customer_leaves_may_end_in_any_state(state: str) -> None:
    status = LEAVING[1].payloads[0]
    over = {**status, "chat": {**status["chat"], "state": state, "capabilities": ["Complete"]}}
    assert broken(LEAVING[1].arriving(over)) == set()


def test_a_request_to_leave_that_failed_leaves_it_open_too() -> None:
    chat = LEAVING[1].answered("customer-leaves-during", failure="reset")
    assert outcome(chat, "history.complete").reason == LEFT


def test_if_the_customer_leaves_before_there_is_no_accept_to_judge() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"), Depart())))
    assert why_not_accepted(chat.conversation) == "the customer left while the chat was Invited"
    assert broken(chat) == set()
    assert kept(chat) == {"overview.offer", "refused.withdrawn", "return-values.code", "return-values.message"}
    assert outcome(chat, "overview.accepts").reason == "the customer left while the chat was Invited"


@pytest.mark.parametrize("what", ["observer", "session"])
def test_an_agent_who_was_away_for_a_moment_is_judged_like_any_other(what: Literal["observer", "session"]) -> None:
    chat = performed(replace(PLAIN, before=(*PLAIN.before, Outage(what))))
    assert having(chat, Verdict.BROKEN, Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR) == set()
    assert kept(chat) == kept(GOOD)
    assert chat.conversation.epoch == (2 if what == "observer" else 1)
    lost = chat.dropping(LOG)
    assert broken(lost) == {"history.arrives"}


@pytest.mark.parametrize("incident", ["session-lost", "new-session", "stopped", "poll-broken"])
def test_what_befell_the_session_that_was_given_up_hides_nothing(incident: str) -> None:
    chat = performed(replace(PLAIN, before=(*PLAIN.before, Outage("observer")))).dropping(LOG)
    for after in (-0.15, -0.05, 0.05):
        assert broken(chat.disturbed(incident, after)) == {"history.arrives"}
    disturbance = chat.disturbed(incident).records[-1]
    assert isinstance(disturbance, Incident)
    mine = replace(disturbance, epoch=2)
    assert "history.arrives" in having(chat.plus(mine), Verdict.INCONCLUSIVE)
