"""What mutants of the judge of answers would get away with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.journal import Delivery
from gws_contract.judge.answer import FAILED_STATES, accepted, error_after, misuse_taken, sent
from gws_contract.judge.finding import NotTestable
from gws_contract.judge.said import described, parse, succeeded

from .conversations import JUDGED, LOG, PEOPLE, PLAIN, STATUS, Chat, delivery, outcome, performed

GOOD = performed(PLAIN)
SENT = GOOD.accept.sent
TRIED = performed(replace(PLAIN, refusals=("wrong-case",)))


def test_a_status_code_is_a_whole_number() -> None:
    assert [parse(body).code for body in (b'{"statusCode": 0.5}', b'{"statusCode": 2.0}')] == [None, 2]


def test_a_member_that_occurs_twice_is_complained_about() -> None:
    assert parse(b'{"a": 1, "a": 1}').complaint == "a body that is not JSON (a member occurs twice)"


def test_an_answer_is_quoted_up_to_a_hundred_and_sixty_characters() -> None:
    for length, quoted in ((160, "x" * 160), (161, "x" * 157 + "...")):
        assert described(replace(GOOD.accept, answer="x" * length)) == f"HTTP 200 {quoted}"


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (299, True), (300, False), (None, False)])
def test_success_begins_at_200_and_ends_before_300(status: int | None, success: bool) -> None:
    assert succeeded(replace(GOOD.accept, status=status)) is success


def error(at: float) -> Chat:
    """An Error notification at this moment; nothing is asked after the Accept but to complete the chat."""
    return GOOD.plus(delivery({"notificationType": "Error", "errorMessage": "no"}, at=at))


def test_an_error_comes_behind_its_request_and_up_to_the_next_one() -> None:
    end = GOOD.step("complete").sent
    for at, message in ((SENT, None), (SENT + 0.01, "no"), (end, "no"), (end + 0.01, None)):
        assert error_after(error(at).conversation, GOOD.accept) == message


def test_an_error_may_come_when_nothing_more_is_asked() -> None:
    chat = error(SENT + 50).without_step("complete")
    assert error_after(chat.conversation, GOOD.accept) == "no"


def withdrawn(state: str, at: float, *, refused: bool = True) -> Chat:
    """The agent is told this state instead of the three; the Accept is refused."""
    change = GOOD.payloads[0]
    chat = GOOD.dropping(STATUS, PEOPLE, LOG)
    chat = chat.answered("accept", {"statusCode": 3}, status=403) if refused else chat
    return chat.plus(delivery({**change, "chat": {**change["chat"], "state": state}}, at=at))


@pytest.mark.parametrize("state", ["JoinFailed", "Completed", "LeftChat", "Revoked"])
def test_in_every_state_that_is_none_of_the_chat_the_offer_is_withdrawn(state: str) -> None:
    assert state in FAILED_STATES
    for at, early in ((SENT - 0.01, True), (SENT, True), (SENT + 0.01, False)):
        reason = outcome(withdrawn(state, at), "overview.accepts").reason
        assert (reason == f"the offer was withdrawn before the Accept: the chat was {state}") is early


def test_an_offer_may_be_withdrawn_while_the_accept_is_on_its_way() -> None:
    end = GOOD.step("complete").sent
    for at, verdict in ((SENT + 0.01, "not testable"), (end, "not testable"), (end + 0.01, "broken")):
        assert outcome(withdrawn("Revoked", at), "overview.accepts").verdict == verdict
    never = withdrawn("Revoked", SENT + 0.01).without_step("complete", "customer-leaves")
    assert outcome(never, "overview.accepts").verdict == "not testable"
    gone = withdrawn("Revoked", end + 0.01).without_step("complete")
    assert outcome(gone, "overview.accepts").verdict == "not testable"
    left = GOOD.step("customer-leaves").sent
    assert outcome(withdrawn("Revoked", left + 0.01).without_step("complete"), "overview.accepts").verdict == "broken"


def test_what_an_earlier_agent_is_told_withdraws_nothing() -> None:
    told = withdrawn("Revoked", SENT + 0.01)
    others = told.mapped(lambda r: replace(r, agent="agent2") if isinstance(r, Delivery) and r.at == SENT + 0.01 else r)
    assert outcome(others, "overview.accepts").verdict == "broken"


def test_an_operation_may_fail_up_to_the_end_of_the_chat() -> None:
    for state in FAILED_STATES:
        chat = withdrawn(state, SENT + 0.01, refused=False)
        with pytest.raises(NotTestable, match=f"^the operation failed after statusCode 0: the chat is {state}$"):
            accepted(chat.conversation)


def test_an_error_behind_success_is_told() -> None:
    chat = error(SENT + 0.01)
    silent = replace(chat, records=tuple(r for r in chat.records if r not in GOOD.sequence))
    with pytest.raises(NotTestable, match=r"^the operation failed after statusCode 0: Error, no$"):
        accepted(silent.conversation)


def test_a_misuse_in_the_moment_of_the_accept_does_not_spoil_it() -> None:
    for early, taken in ((0.1, "wrong-case"), (0.0, None)):
        chat = GOOD.refused("wrong-case", '{"statusCode": 0}', 200, early=early)
        assert misuse_taken(chat.conversation) == taken


def test_a_misuse_that_was_taken_counts_without_any_accept() -> None:
    chat = TRIED.answered("refusal:wrong-case", '{"statusCode": 0}', status=200).without_step("accept")
    assert misuse_taken(chat.conversation) == "wrong-case"
    with pytest.raises(NotTestable, match=r"^the server carried out a request that it should refuse: wrong-case$"):
        sent(chat.conversation)


def test_the_accept_is_the_judged_agents() -> None:
    assert accepted(GOOD.conversation).actor == f"agent:{JUDGED}"


def told(chat: Chat, state: str, at: float) -> Chat:
    """The agent is told one more state."""
    change = GOOD.payloads[0]
    return chat.plus(delivery({**change, "chat": {**change["chat"], "state": state}}, at=at))


def test_of_several_states_before_the_accept_the_last_one_counts() -> None:
    chat = withdrawn("Revoked", SENT - 0.01)
    found = outcome(told(chat, "Waiting", SENT - 0.02), "overview.accepts")
    assert found.reason == "the offer was withdrawn before the Accept: the chat was Revoked"
    renewed = told(withdrawn("Revoked", SENT), "Invited", SENT)
    assert outcome(renewed, "overview.accepts").verdict == "broken"


def test_only_what_is_asked_behind_the_accept_ends_the_time_of_a_withdrawal() -> None:
    complete = GOOD.step("complete")
    chat = withdrawn("Revoked", SENT + 0.01).mapped(lambda r: replace(complete, sent=SENT) if r == complete else r)
    assert outcome(chat, "overview.accepts").verdict == "not testable"


@pytest.mark.parametrize(
    ("body", "status", "clause", "documented", "received"),
    [
        ("<html>", 404, "request.url", "the server knows the URL", "HTTP 404 <html>"),
        ("[]", 200, "response.json", "one JSON object", "HTTP 200 []"),
        ("", 200, "response.json", "one JSON object", "HTTP 200: an empty body"),
    ],
)
def test_the_answer_that_is_no_success_is_quoted_with_what_is_wrong_with_its_json(
    body: str, status: int, clause: str, documented: str, received: str
) -> None:
    chat = GOOD.answered("accept", body, status=status)
    found = outcome(chat, clause)
    assert (found.documented, found.received) == (documented, received)
    assert outcome(chat, "request.method").reason == f"the Accept was answered {received.partition(':')[0]}"


def test_an_operation_fails_in_the_moment_of_the_end_and_not_behind_it() -> None:
    end = GOOD.step("complete").sent
    with pytest.raises(NotTestable):
        accepted(withdrawn("JoinFailed", end, refused=False).conversation)
    assert accepted(withdrawn("JoinFailed", end + 0.01, refused=False).conversation)


def test_what_stands_behind_the_first_equals_sign_is_the_charset() -> None:
    chat = GOOD.answered("accept", headers={"content-type": "application/json; charset=x=utf-8"})
    assert outcome(chat, "response.content-type").verdict == "broken"


def test_another_success_than_200_is_quoted() -> None:
    found = outcome(GOOD.answered("accept", {"statusCode": 0}, status=201), "response.http-200")
    assert (found.documented, found.received) == ("HTTP 200", 'HTTP 201 {"statusCode": 0}')


def test_of_several_errors_the_first_is_told() -> None:
    both = error(SENT + 0.01).plus(delivery({"notificationType": "Error", "errorMessage": "later"}, at=SENT + 0.02))
    assert error_after(both.conversation, GOOD.accept) == "no"
