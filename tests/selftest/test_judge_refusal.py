from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gws_contract.contract import load
from gws_contract.journal import Delivery, Incident, Invited, Session
from gws_contract.scenario import Attempt, Depart, Say, Scenario, Visit
from gws_contract.stage.misuse import MISUSES
from gws_contract.verdict import Verdict

from .conversations import (
    BYSTANDER,
    CHAT_ID,
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    VISITOR,
    Chat,
    Data,
    broken,
    delivery,
    having,
    kept,
    outcome,
    performed,
)

GOOD = performed(replace(PLAIN, refusals=("unknown-chat", "wrong-case"), reply="Hello.", accept_again=True))
ALL = performed(replace(PLAIN, refusals=tuple(MISUSES), accept_again=True))
REJECTED = performed(Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")), refusals=("rejected",)))
CLAUSES = {f"refused.{name}" for name in MISUSES if name != "without-feature"} | {"feature.required"}
OF_REFUSALS = CLAUSES | {"return-values.code", "return-values.message", "refused.no-effect"}


def yes(chat: Chat, name: str) -> Chat:
    return chat.answered(f"refusal:{name}", {"statusCode": 0}, status=200)


# ---- that it is refused ---------------------------------------------------------------------------------------------


def test_a_server_that_refuses_every_misuse_keeps_every_clause_about_refusing() -> None:
    assert broken(ALL) == set()
    assert kept(ALL) >= OF_REFUSALS | {"refused.second-accept"}


@pytest.mark.parametrize("name", MISUSES)
def test_a_misuse_that_is_carried_out_breaks_its_own_clause_alone(name: str) -> None:
    chat = yes(performed(replace(PLAIN, refusals=(name,))), name)
    clause = "feature.required" if name == "without-feature" else f"refused.{name}"
    assert broken(chat) == {clause}
    found = outcome(chat, clause)
    assert found.documented.endswith(" is refused")
    assert found.received.startswith("HTTP 200 ")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, ""),
        (403, "<html>"),
        (500, "{}"),
        (404, "[]"),
        (200, '{"statusCode": 3, "statusMessage": "x"}'),
        (400, '{"statusCode": 1, "statusMessage": "x"}'),
    ],
)
def test_any_http_error_and_any_other_status_code_is_a_refusal(status: int, body: str) -> None:
    chat = performed(replace(PLAIN, refusals=("wrong-case",))).answered("refusal:wrong-case", body, status=status)
    assert broken(chat) == set()
    assert kept(chat) >= {"refused.wrong-case", "refused.no-effect"}


def test_a_misuse_that_was_not_tried_is_not_testable() -> None:
    assert outcome(GOOD, "refused.not-offered").verdict is Verdict.NOT_TESTABLE
    assert outcome(GOOD, "refused.not-offered").reason == "not tried in this chat"


def test_a_misuse_without_an_answer_is_inconclusive() -> None:
    chat = GOOD.answered("refusal:wrong-case", failure="timed out")
    assert having(chat, Verdict.INCONCLUSIVE) == {"refused.wrong-case", "refused.no-effect"}
    assert broken(chat) == set()


def test_one_try_that_is_carried_out_breaks_the_clause_though_another_was_refused() -> None:
    chat = GOOD.refused("unknown-chat", {"statusCode": 0}, 200)
    assert broken(chat) == {"refused.unknown-chat"}


def test_a_second_accept_with_success_breaks_its_own_clause_alone() -> None:
    assert broken(yes(GOOD, "second-accept")) == {"refused.second-accept"}


def test_a_second_accept_with_success_and_its_own_notifications_breaks_its_own_clause_alone() -> None:
    status, people, log = GOOD.payloads
    chat = yes(GOOD, "second-accept")
    sent = chat.step("refusal:second-accept").sent
    again = [delivery(p, at=sent + 0.01 * n, poll=500 + n) for n, p in enumerate((status, people, log), 1)]
    assert broken(chat.plus(*again)) == {"refused.second-accept"}


# ---- spelled out ----------------------------------------------------------------------------------------------------

KINDS = ("wrong-type", "malformed-json", "duplicate-keys", "wrong-method", "content-type")


def spelled_out(*attempts: Attempt) -> Chat:
    """A chat in which these attempts were refused before the Accept."""
    return performed(replace(PLAIN, refusals=attempts))


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_that_is_refused_keeps_the_clause_of_its_kind(kind: str) -> None:
    chat = spelled_out(Attempt(kind, "so and so", "{"))
    assert broken(chat) == set()
    assert kept(chat) >= {f"refused.{kind}", "refused.no-effect"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_that_is_carried_out_breaks_the_clause_of_its_kind_alone(kind: str) -> None:
    assert broken(yes(spelled_out(Attempt(kind, "so and so", "{")), kind)) == {f"refused.{kind}"}


@pytest.mark.parametrize(("status", "body"), [(405, ""), (415, ""), (501, "<html>"), (404, ""), (400, "{")])
def test_an_error_with_an_empty_body_refuses_a_method_or_a_label(status: int, body: str) -> None:
    chat = spelled_out(Attempt("wrong-method", "PUT", "{", "PUT"), Attempt("content-type", "text", "{"))
    chat = chat.answered("refusal:wrong-method", body, status=status).answered(
        "refusal:content-type", body, status=status
    )
    assert kept(chat) >= {"refused.wrong-method", "refused.content-type", "refused.no-effect"}
    assert broken(chat) == set()


def test_a_finding_says_which_of_several_attempts_was_carried_out() -> None:
    chat = spelled_out(*(Attempt("wrong-type", f"way {n}", "[]") for n in range(3)))
    second = chat.conversation.steps("refusal:wrong-type")[1]
    chat = chat.mapped(lambda r: replace(r, status=200, answer='{"statusCode": 0}') if r == second else r)
    found = outcome(chat, "refused.wrong-type")
    assert (found.documented, found.received) == (
        "a body in which an object or a string is of another type is refused",
        'HTTP 200 {"statusCode": 0} (way 1)',
    )


def test_an_attempt_beside_a_misuse_of_the_same_kind_is_not_taken_for_it() -> None:
    refusals = ("wrong-case", Attempt("wrong-case", "in capitals", "{}"))
    chat = performed(replace(PLAIN, refusals=("wrong-case",))).refused(
        "wrong-case", {"statusCode": 0}, 200, early=0.001
    )
    found = outcome(replace(chat, scenario=replace(PLAIN, refusals=refusals)), "refused.wrong-case")
    assert found.received == 'HTTP 200 {"statusCode": 0} (in capitals)'


def test_more_tries_than_the_scenario_knows_are_judged_all_the_same() -> None:
    chat = spelled_out(Attempt("wrong-type", "one way", "[]")).refused(
        "wrong-type", {"statusCode": 0}, 200, early=0.0001
    )
    assert outcome(chat, "refused.wrong-type").received == 'HTTP 200 {"statusCode": 0}'


def test_reading_the_chat_is_no_misuse_and_its_effect_is_one() -> None:
    chat = spelled_out(Attempt("open", "GET with a body", "{}", "GET"), Attempt("wrong-type", "an array", "[]"))
    chat = chat.answered("refusal:open", {"statusCode": 0, "chat": {}}, status=200)
    assert broken(chat) == set()
    assert "refused.no-effect" in kept(chat)
    early = delivery(chat.payloads[0], at=chat.step("refusal:open").done)
    assert "refused.no-effect" in broken(chat.plus(early))


def test_an_open_attempt_that_is_carried_out_makes_what_follows_not_testable() -> None:
    chat = yes(spelled_out(Attempt("open", "no label", "{}", content_type=None)), "open")
    assert broken(chat) == set()
    assert outcome(chat, "refused.no-effect").verdict is Verdict.NOT_TESTABLE
    assert outcome(chat, "overview.accepts").verdict is Verdict.NOT_TESTABLE


def test_an_open_attempt_without_an_answer_hides_nothing_and_may_have_an_effect() -> None:
    chat = spelled_out(Attempt("open", "a megabyte", "{}")).answered("refusal:open", failure="reset by the server")
    assert having(chat, Verdict.INCONCLUSIVE) == set()
    assert "refused.no-effect" in kept(chat)
    early = delivery(chat.payloads[0], at=chat.step("refusal:open").done)
    assert outcome(chat.plus(early), "refused.no-effect").verdict is Verdict.NOT_TESTABLE


# ---- withdrawn ------------------------------------------------------------------------------------------------------


WITHDRAWN = performed(replace(PLAIN, before=(*PLAIN.before, Depart())))


def withdrawn(body: object = None, status: int = 403, *, left: bool = True) -> Chat:
    """The customer leaves while the chat is Invited; the agent accepts it nevertheless."""
    chat = WITHDRAWN if body is None else WITHDRAWN.answered("refusal:withdrawn", body, status=status)
    return chat if left else chat.answered("customer-leaves-before", "", status=500)


def test_an_accept_of_a_chat_whose_customer_has_left_is_refused() -> None:
    assert "refused.withdrawn" in kept(withdrawn())
    assert broken(withdrawn()) == set()
    assert outcome(performed(PLAIN), "refused.withdrawn").reason == "not tried in this chat"


def test_an_accept_of_a_chat_whose_customer_has_left_that_succeeds_breaks_one_clause() -> None:
    assert broken(withdrawn({"statusCode": 0}, 200)) == {"refused.withdrawn"}


@pytest.mark.parametrize(("status", "body"), [(200, {"statusCode": 0}), (403, None)])
def test_of_a_customer_who_could_not_leave_nothing_is_known(status: int, body: dict[str, int] | None) -> None:
    found = outcome(withdrawn(body, status, left=False), "refused.withdrawn")
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "the customer could not leave before the Accept"


# ---- reject and work ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "body"), [(200, ""), (200, '{"status":0}'), (200, '{"statusCode": 0}'), (204, "")])
def test_every_printed_form_of_a_taken_reject_is_one(status: int, body: str) -> None:
    chat = REJECTED.answered("visit:reject", body, status=status)
    assert broken(chat) == set()
    assert "overview.reject" in kept(chat)


@pytest.mark.parametrize(
    ("status", "body"), [(500, ""), (403, "x"), (200, '{"statusCode": 3}'), (404, '{"statusCode": 0}')]
)
def test_a_refused_reject_breaks_its_clause(status: int, body: str) -> None:
    chat = REJECTED.answered("visit:reject", body, status=status)
    assert broken(chat) == {"overview.reject"}
    assert outcome(chat, "overview.reject").documented == "an agent can reject the invitation"


def test_a_reject_without_an_answer_is_inconclusive() -> None:
    chat = REJECTED.answered("visit:reject", failure="reset")
    assert outcome(chat, "overview.reject").verdict is Verdict.INCONCLUSIVE


def test_a_redirected_reject_is_not_kept() -> None:
    assert "overview.reject" not in kept(REJECTED.answered("visit:reject", "", status=302))


def test_without_a_reject_nothing_is_known_of_rejecting() -> None:
    assert outcome(GOOD, "overview.reject").reason == "no offer was rejected in this chat"


def test_an_accept_after_a_reject_that_is_refused_keeps_its_clause_and_one_that_is_carried_out_breaks_it() -> None:
    assert "refused.rejected" in kept(REJECTED)
    assert broken(yes(REJECTED, "rejected")) == {"refused.rejected"}


@pytest.mark.parametrize(("after", "again"), [(0.05, True), (1.5, True), (2.5, False)])
def test_an_agent_who_is_offered_the_rejected_chat_once_more_may_accept_it(after: float, again: bool) -> None:
    """Up to a quiet period behind the answer: the invitation may be on its way."""
    chat = yes(REJECTED, "rejected").mapped(lambda r: None if isinstance(r, Invited) else r)
    offered = Invited(1, CHAT_ID, VISITOR, chat.step("refusal:rejected").done + after)
    found = outcome(chat.plus(offered), "refused.rejected")
    assert found.verdict is (Verdict.NOT_TESTABLE if again else Verdict.BROKEN)


def test_an_offer_to_another_agent_does_not_allow_the_one_who_rejected_to_accept() -> None:
    chat = yes(REJECTED, "rejected")
    offered = Invited(1, CHAT_ID, BYSTANDER, chat.step("refusal:rejected").done + 0.05)
    assert "refused.rejected" in broken(chat.plus(offered))


def test_the_agent_who_can_send_a_message_can_work() -> None:
    assert "overview.work" in kept(GOOD)
    assert outcome(performed(PLAIN), "overview.work").reason == "the agent sent no message in this chat"


@pytest.mark.parametrize(("status", "body"), [(500, ""), (200, '{"statusCode": 3, "statusMessage": "no"}')])
def test_a_refused_message_breaks_the_promise_of_work(status: int, body: str) -> None:
    chat = GOOD.answered("reply", body, status=status)
    assert broken(chat) == {"overview.work"}
    assert outcome(chat, "overview.work").received.startswith(f"SendMessage was answered HTTP {status}")


def test_a_message_that_an_error_takes_back_is_refused() -> None:
    error = {"notificationType": "Error", "chat": {"id": CHAT_ID}}
    assert broken(GOOD.plus(delivery(error, at=GOOD.step("reply").sent + 0.02))) == {"overview.work"}


def test_an_error_that_names_no_chat_is_not_held_against_a_message() -> None:
    chat = GOOD.plus(delivery({"notificationType": "Error"}, at=GOOD.step("reply").sent + 0.02))
    assert broken(chat) == set()
    assert outcome(chat, "overview.work").verdict is Verdict.NOT_TESTABLE


def test_a_message_without_an_answer_is_inconclusive() -> None:
    assert outcome(GOOD.answered("reply", failure="reset"), "overview.work").verdict is Verdict.INCONCLUSIVE


# ---- in which words -------------------------------------------------------------------------------------------------


def refusing(body: object, status: int = 403) -> Chat:
    return performed(replace(PLAIN, refusals=("wrong-case",))).answered("refusal:wrong-case", body, status=status)


@pytest.mark.parametrize("code", sorted(load().codes("8.5.2") - {0}))
def test_every_code_of_the_table_may_answer_any_failure(code: int) -> None:
    chat = refusing({"statusCode": code, "statusMessage": "no"})
    assert broken(chat) == set()
    assert "return-values.code" in kept(chat)


@pytest.mark.parametrize("code", [21, 99, -1, "3", None, 3.5, True, [3]])
def test_a_code_that_the_table_does_not_know_breaks_the_clause(code: object) -> None:
    chat = refusing({"statusCode": code, "statusMessage": "no"})
    assert broken(chat) == {"return-values.code"}
    assert outcome(chat, "return-values.code").documented == "a statusCode of the table of version 8.5.2 (0 to 20)"


def test_the_table_is_that_of_the_products_version() -> None:
    chat = refusing({"statusCode": 7, "statusMessage": "partly"})
    older = replace(chat, header=replace(chat.header, table="8.5.0"))
    assert outcome(chat, "return-values.code").verdict is Verdict.KEPT
    assert outcome(older, "return-values.code").documented == "a statusCode of the table of version 8.5.0 (0 to 6)"


def test_an_http_error_with_status_code_0_breaks_the_clause() -> None:
    chat = refusing({"statusCode": 0, "statusMessage": "OK"}, 500)
    assert broken(chat) == {"return-values.code"}
    assert outcome(chat, "return-values.code").documented == "a statusCode other than 0 with an HTTP error"


@pytest.mark.parametrize("body", ["", "<html>", "{}", "[]"])
def test_a_refusal_without_a_status_code_says_nothing_about_codes(body: str) -> None:
    chat = refusing(body)
    assert outcome(chat, "return-values.code").verdict is Verdict.NOT_TESTABLE
    assert outcome(chat, "return-values.message").verdict is Verdict.NOT_TESTABLE


def test_a_misuse_that_is_carried_out_says_nothing_about_codes_of_refusals() -> None:
    assert outcome(refusing({"statusCode": 0}, 200), "return-values.code").verdict is Verdict.NOT_TESTABLE


def test_a_refusal_without_an_answer_says_nothing_about_codes() -> None:
    chat = refusing({"statusCode": 99}).answered("refusal:wrong-case", failure="cut")
    assert outcome(chat, "return-values.code").verdict is Verdict.NOT_TESTABLE


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 3},
        {"statusCode": 3, "statusMessage": None},
        {"statusCode": 3, "statusMessage": "no", "stackTrace": "at x"},
    ],
)
def test_a_refusal_without_message_or_with_more_breaks_the_inferred_clause(body: dict[str, Any]) -> None:
    assert broken(refusing(body)) == {"return-values.message"}


def test_partial_success_may_have_other_members() -> None:
    assert "return-values.message" not in broken(refusing({"statusCode": 7, "failed": [], "succeeded": []}, 200))


def test_partial_success_alone_says_nothing_about_messages() -> None:
    found = outcome(refusing({"statusCode": 7, "failed": [], "succeeded": []}, 200), "return-values.message")
    assert found.verdict is Verdict.NOT_TESTABLE


# ---- without effect -------------------------------------------------------------------------------------------------

TRIED = performed(replace(PLAIN, refusals=("wrong-case",)))


def after_refusal(chat: Chat, payload: Data, agent: str = JUDGED, wait: float = 0.04) -> Chat:
    return chat.plus(delivery(payload, at=chat.step("refusal:wrong-case").sent + wait, agent=agent))


@pytest.mark.parametrize("kind", [STATUS, PEOPLE, LOG])
@pytest.mark.parametrize("agent", [JUDGED, BYSTANDER])
def test_each_of_the_three_after_a_refused_request_is_an_effect(kind: str, agent: str) -> None:
    payload = TRIED.payloads[(STATUS, PEOPLE, LOG).index(kind)]
    chat = after_refusal(TRIED, payload, agent)
    assert "refused.no-effect" in broken(chat)
    assert outcome(chat, "refused.no-effect").received == f"{kind} to {agent}"
    assert "history.arrives" in having(chat, Verdict.NOT_TESTABLE), "the Accept was not the one that was judged"


@pytest.mark.parametrize("kind", [STATUS, PEOPLE, LOG])
def test_an_effect_on_the_invited_agent_breaks_one_clause(kind: str) -> None:
    assert broken(after_refusal(TRIED, TRIED.payloads[(STATUS, PEOPLE, LOG).index(kind)])) == {"refused.no-effect"}


@pytest.mark.parametrize(
    "payload",
    [
        {"notificationType": "StatusChange", "chat": {"state": "Invited"}},
        {"notificationType": "Error", "errorMessage": "Request failed"},
        {"notificationType": "PropertiesUpdated", "chat": {"state": "Invited"}},
        {"messageType": "DeviceStateChangeMessage"},
    ],
)
def test_other_notifications_are_no_effect(payload: dict[str, Any]) -> None:
    assert "refused.no-effect" in kept(after_refusal(TRIED, payload))


def test_what_came_before_the_refused_request_is_not_its_effect() -> None:
    assert "refused.no-effect" in kept(after_refusal(TRIED, TRIED.payloads[2], wait=-0.01))


def test_a_participant_list_of_a_chat_that_is_still_invited_is_no_effect() -> None:
    people = TRIED.payloads[1]
    waiting = {
        **people,
        "chat": {**people["chat"], "state": "Invited", "participants": people["chat"]["participants"][1:]},
    }
    assert "refused.no-effect" not in broken(after_refusal(TRIED, waiting))


def test_without_a_refused_request_there_is_nothing_to_have_an_effect() -> None:
    found = outcome(performed(PLAIN), "refused.no-effect")
    assert found.reason == "no request was refused before an Accept in this chat"


def test_a_misuse_that_was_carried_out_has_an_effect_by_right() -> None:
    found = outcome(after_refusal(yes(TRIED, "wrong-case"), TRIED.payloads[0]), "refused.no-effect")
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "a request that should be refused was not"


@pytest.mark.parametrize("kind", [PEOPLE, LOG])
def test_the_absence_of_effects_is_testable_only_if_the_accept_itself_delivered(kind: str) -> None:
    found = outcome(TRIED.dropping(kind), "refused.no-effect")
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "the Accept itself did not deliver its three notifications"


@pytest.mark.parametrize("clause", ["refused.no-effect", "delivery.addressee"])
def test_the_end_of_the_chat_is_no_proof_that_the_accept_itself_delivered(clause: str) -> None:
    assert outcome(TRIED.dropping(STATUS), clause).verdict is Verdict.NOT_TESTABLE


def test_the_absence_of_effects_is_testable_only_if_the_accept_was_answered_with_success() -> None:
    found = outcome(TRIED.answered("accept", {"statusCode": 4, "statusMessage": "x"}, status=500), "refused.no-effect")
    assert found.verdict is Verdict.NOT_TESTABLE


def test_the_notifications_of_an_earlier_agent_are_no_effects() -> None:
    assert broken(REJECTED) == set()
    chat = performed(Scenario("Pat", "Sam", (Visit("reject"), Visit("leave", "Lee", ("Hi",))), refusals=("rejected",)))
    assert broken(chat) == set()
    assert "refused.no-effect" in kept(chat)


def test_of_an_agent_who_had_been_in_the_chat_before_nothing_can_be_said() -> None:
    before = (Visit("leave", "Lee"),)
    chat = performed(Scenario("Pat", "Sam", before, refusals=("wrong-case",)), visitor=JUDGED)
    assert broken(chat) == set()
    assert outcome(chat, "refused.no-effect").reason == "the agent had been in this chat before"


def test_a_repeated_invitation_is_no_earlier_stay() -> None:
    invited = next(r for r in TRIED.records if isinstance(r, Invited))
    assert "refused.no-effect" in kept(TRIED.plus(replace(invited, at=invited.at + 0.001)))


def test_a_disturbed_session_after_the_accept_leaves_the_absence_open() -> None:
    assert "refused.no-effect" in having(TRIED.disturbed("poll-broken"), Verdict.INCONCLUSIVE)
    assert "refused.no-effect" in kept(TRIED.disturbed("poll-broken", ack=True))


def in_the_window(what: str, epoch: int = 1) -> Incident:
    return Incident(JUDGED, epoch, TRIED.step("refusal:wrong-case").sent + 0.02, what, "")


def test_a_disturbed_session_between_refusal_and_accept_leaves_the_absence_open() -> None:
    assert "refused.no-effect" not in kept(TRIED.plus(in_the_window("poll-broken")))


def test_a_new_session_between_refusal_and_accept_leaves_the_absence_open() -> None:
    sent = TRIED.accept.sent
    renewed = TRIED.mapped(lambda r: replace(r, epoch=2) if isinstance(r, Delivery) and r.at > sent else r)
    renewed = replace(renewed, sessions=(*TRIED.sessions, Session(JUDGED, 2, sent - 0.01, False, 20.0)))
    renewed = renewed.plus(in_the_window("session-lost"), in_the_window("new-session", 2))
    assert broken(renewed) == set()
    assert "refused.no-effect" not in kept(renewed)
