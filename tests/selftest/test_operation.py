"""What an operation is, as data, and a chat judged as one: which request, whose notifications, until when."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import contract
from gws_contract.contract import ContractError
from gws_contract.journal import Incident, Invited, Session
from gws_contract.judge import addressing, offering, sequence
from gws_contract.judge.answer import carried_out, sent
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.said import trouble
from gws_contract.operation import Expected, Operation, operation_from
from gws_contract.scenario import Depart, Say, Scenario, Visit
from gws_contract.verdict import Verdict, of_performances
from gws_contract.wish import Wish

from .conversations import BYSTANDER, JUDGED, STATUS, VISITOR, Chat, delivery, performed

REJECT = Operation(
    name="Reject",
    steps=("visit:reject",),
    sequence=(Expected(STATUS, "status-change", "status_change", "Completed"),),
    success=("statusCode", "status", "nothing"),
    offered=("Invited",),
    fails=("Revoked",),
    until=("complete", "customer-leaves"),
    until_own=("accept", "visit:accept", "visit:reject", "complete"),
    least=3,
)
REJECTED = Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")))
CHAT = performed(REJECTED)
GOOD = performed()
SOURCE = tomllib.loads((Path(str(contract.directory())) / "source.toml").read_text("utf-8"))


def reject_of(chat: Chat) -> Any:
    (one,) = chat.conversation.judged_as(REJECT)
    return one


def test_a_chat_is_judged_as_accept_if_nobody_asks_for_another_operation() -> None:
    accept = contract.load().performed
    assert CHAT.conversation.operation is accept
    assert CHAT.conversation.judged_as(accept) == (CHAT.conversation,)
    assert CHAT.conversation.request == CHAT.accept


def test_judged_as_another_operation_request_agent_and_notifications_are_its_own() -> None:
    chat = reject_of(CHAT)
    assert (chat.request, chat.agent) == (CHAT.step("visit:reject"), VISITOR)
    assert [(n.kind, n.state) for n in chat.received] == [(STATUS, "Completed")]
    assert chat.accept == CHAT.accept
    assert chat.operation is REJECT


def test_a_chat_is_made_once_for_every_operation_it_is_judged_as() -> None:
    whole = CHAT.conversation
    assert whole.judged_as(REJECT) is whole.judged_as(REJECT)


def test_every_performance_of_a_chat_is_judged() -> None:
    chat = performed(Scenario("Pat", "Sam", (Visit("reject"), Visit("reject"))))
    assert [one.request for one in chat.conversation.judged_as(REJECT)] == list(chat.conversation.steps("visit:reject"))


def test_a_chat_without_the_operation_is_not_testable() -> None:
    with pytest.raises(NotTestable, match=r"^no Reject was sent in this chat$"):
        sent(reject_of(GOOD))


@pytest.mark.parametrize(
    ("verdicts", "which"),
    [
        ([Verdict.KEPT, Verdict.NOT_TESTABLE], 0),
        ([Verdict.NOT_TESTABLE, Verdict.KEPT], 1),
        ([Verdict.KEPT, Verdict.BROKEN, Verdict.BROKEN], 1),
        ([Verdict.INCONCLUSIVE, Verdict.KEPT], 0),
        ([Verdict.NOT_TESTABLE, Verdict.NOT_TESTABLE], 0),
    ],
)
def test_the_worst_testable_performance_stands_for_the_chat(verdicts: list[Verdict], which: int) -> None:
    assert of_performances(verdicts) == which


def test_what_the_same_agent_does_next_ends_what_is_the_operations() -> None:
    alone = performed(REJECTED, visitor=JUDGED)
    chat = reject_of(alone)
    assert chat.horizon == alone.accept.sent
    assert [n.state for n in chat.status_changes] == ["Completed"]


def test_what_others_do_to_the_chat_does_not() -> None:
    chat = reject_of(CHAT)
    assert chat.horizon == float("inf")
    assert chat.own_until == min(CHAT.step("complete").sent, chat.request.sent + 12.0)


def test_a_change_of_state_that_the_next_operation_may_have_caused_is_not_taken_for_the_requests() -> None:
    alone = performed(REJECTED, visitor=JUDGED)
    first = next(d for d in alone.records if getattr(d, "kind", "") == "delivery" and _state(d) == "Completed")
    chat = reject_of(alone.mapped(lambda record: None if record is first else record))
    with pytest.raises(NotTestable, match="came only after the next operation of the agent"):
        sequence.arrives(chat, STATUS)
    with pytest.raises(NotTestable, match="no StatusChange came"):
        sequence.changes_to(chat, "Completed")


def test_a_change_of_state_that_never_comes_is_a_break() -> None:
    with pytest.raises(Broken, match="StatusChange after the Reject"):
        sequence.arrives(reject_of(_silently(CHAT)), STATUS)


def _silently(chat: Chat) -> Chat:
    """Without what the rejecting agent is told of the Reject."""
    return chat.mapped(
        lambda r: None if getattr(r, "agent", "") == VISITOR and _state(r) == "Completed" else r,
    )


def _state(record: Any) -> Any:
    return getattr(record, "message", {}).get("data", {}).get("chat", {}).get("state")


def test_an_offer_that_was_taken_back_before_the_request_excuses_a_refusal() -> None:
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS}
    revoked = {**payload, "chat": {"id": "0000Na9B26EF002X", "state": "Revoked"}}
    reject = CHAT.step("visit:reject")
    chat = CHAT.plus(delivery(revoked, at=reject.sent - 0.001, agent=VISITOR, chat=1))
    with pytest.raises(NotTestable, match="the offer was withdrawn before the Reject: the chat was Revoked"):
        sent(reject_of(chat))


def test_a_request_in_another_state_than_the_documented_one_is_not_judged() -> None:
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS}
    chatting = {**payload, "chat": {"id": "0000Na9B26EF002X", "state": "Chatting"}}
    reject = CHAT.step("visit:reject")
    chat = CHAT.plus(delivery(chatting, at=reject.sent - 0.001, agent=VISITOR, chat=1))
    with pytest.raises(NotTestable, match="the chat was Chatting to the agent, not Invited"):
        sent(reject_of(chat))
    untold = CHAT.mapped(lambda r: None if getattr(r, "agent", "") == VISITOR and _state(r) == "Invited" else r)
    with pytest.raises(NotTestable, match="the chat was unknown to the agent"):
        sent(reject_of(untold))


@pytest.mark.parametrize(
    "body", ["", " \n", "{}", '{"status": 0}', '{"statusCode": 0}', '{"statusCode": 0, "status": 9}']
)
def test_every_answer_that_the_data_calls_a_success_is_one(body: str) -> None:
    assert carried_out(reject_of(CHAT.answered("visit:reject", body))).answer == body


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("", 405, "method"),
        ("", 404, "url"),
        ("", 500, "refused"),
        ("{}", 403, "refused"),
        ('{"status": 0}', 500, "http-success"),
        ('{"status": 4}', 200, "refused"),
        ('{"status": "success"}', 200, "status-code"),
        ('{"result": 0}', 200, "status-code"),
        ("<html>", 200, "json"),
    ],
)
def test_any_other_answer_is_not(body: str, status: int, why: str) -> None:
    chat = CHAT.answered("visit:reject", body, status=status)
    assert trouble(chat.step("visit:reject"), REJECT.success) == why


def test_the_customers_leave_during_the_accept_excuses_no_other_request() -> None:
    chat = performed(Scenario("Pat", "Sam", (Visit("reject"),), (Depart(),)))
    assert carried_out(reject_of(chat)) == chat.step("visit:reject")
    with pytest.raises(NotTestable, match="the customer left during the Accept"):
        carried_out(chat.conversation)


def test_a_disturbance_is_that_of_the_agent_of_the_request() -> None:
    chat = CHAT.plus(Incident(VISITOR, 1, CHAT.step("visit:reject").sent + 0.01, "session-lost", "lost"))
    assert reject_of(chat).own_transport.may_have_lost
    assert not chat.conversation.own_transport.may_have_lost


def test_the_chat_goes_to_another_agent() -> None:
    offering.is_offered_to_another(reject_of(CHAT))


def test_a_chat_that_comes_back_to_who_gave_it_away_is_a_break() -> None:
    with pytest.raises(Broken, match="Invited to agent1 again"):
        offering.is_offered_to_another(reject_of(performed(REJECTED, visitor=JUDGED)))


def test_to_whom_a_chat_goes_is_not_asked_of_one_agent_alone_nor_if_it_goes_to_nobody() -> None:
    alone = performed(REJECTED, visitor=JUDGED)
    only = _listening(alone, JUDGED)
    with pytest.raises(NotTestable, match="no other agent was listening"):
        offering.is_offered_to_another(reject_of(only))
    reject = CHAT.step("visit:reject")
    nobody = CHAT.mapped(lambda r: None if isinstance(r, Invited) and r.at > reject.sent else r)
    with pytest.raises(NotTestable, match="the chat was not offered again"):
        offering.is_offered_to_another(reject_of(nobody))


def _listening(chat: Chat, *agents: str) -> Chat:
    """With sessions of these agents only."""
    return replace(chat, sessions=tuple(s for s in chat.sessions if isinstance(s, Session) and s.agent in agents))


def completed(agent: str, after: float) -> Any:
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS}
    data = {**payload, "chat": {"id": "0000Na9B26EF002X", "state": "Completed"}}
    return delivery(data, at=CHAT.step("visit:reject").sent + after, agent=agent, chat=1)


@pytest.mark.parametrize("agent", [JUDGED, BYSTANDER])
def test_what_another_agent_is_told_of_the_request_is_a_break(agent: str) -> None:
    addressing.only_to_its_agent(reject_of(CHAT))
    with pytest.raises(Broken, match=f"StatusChange Completed to {agent}"):
        addressing.only_to_its_agent(reject_of(CHAT.plus(completed(agent, 0.02))))


def test_what_another_agent_is_told_of_its_own_doings_or_of_the_end_is_none() -> None:
    own = completed(JUDGED, CHAT.accept.sent + 0.01 - CHAT.step("visit:reject").sent)
    over = completed(BYSTANDER, CHAT.step("complete").sent + 0.01 - CHAT.step("visit:reject").sent)
    addressing.only_to_its_agent(reject_of(CHAT.plus(own, over)))


def test_nobody_hears_of_it_only_if_somebody_could() -> None:
    with pytest.raises(NotTestable, match="no other agent was listening"):
        addressing.only_to_its_agent(reject_of(_listening(CHAT, VISITOR)))
    at = CHAT.step("visit:reject").sent + 0.01
    disturbed = CHAT.plus(*(Incident(agent, 1, at, "session-lost", "lost") for agent in (JUDGED, BYSTANDER)))
    with pytest.raises(Hidden, match="the sessions of all other agents were disturbed"):
        addressing.only_to_its_agent(reject_of(disturbed))


@pytest.mark.parametrize(
    ("scenario", "steps", "performs"),
    [
        (Scenario("P", "A", (Visit("reject"),)), ("visit:reject",), True),
        (Scenario("P", "A", (Visit("leave"),)), ("visit:reject",), False),
        (Scenario("P", "A", (Visit("transfer"),)), ("visit:transfer",), True),
        (Scenario("P", "A", (Visit("leave"),)), ("visit:accept",), True),
        (Scenario("P", "A"), ("accept",), True),
        (Scenario("P", "A", reply="Yes?"), ("reply",), True),
        (Scenario("P", "A"), ("reply",), False),
        (Scenario("P", "A", (Depart(),)), ("accept", "complete"), False),
    ],
)
def test_a_scenario_performs_an_operation_if_its_steps_are_among_its_own(
    scenario: Scenario, steps: tuple[str, ...], performs: bool
) -> None:
    assert Operation("Any", steps, ()).performed_by(scenario) is performs


def _without_steps(source: dict[str, Any]) -> None:
    source["operation"]["steps"] = []


def _with_a_strange_word(source: dict[str, Any]) -> None:
    source["operation"]["untill"] = ["complete"]


def _with_a_strange_member(source: dict[str, Any]) -> None:
    source["notification"][0]["status"] = "Chatting"


def _with_two_of_a_kind(source: dict[str, Any]) -> None:
    source["notification"].append(source["notification"][0])


def _with_numbers(source: dict[str, Any]) -> None:
    source["operation"]["fails"] = [1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without_steps, '"steps" is missing'),
        (_with_a_strange_word, "What does untill mean in the table operation of source.toml?"),
        (_with_a_strange_member, "What does status mean in a notification of source.toml?"),
        (_with_two_of_a_kind, "are of one kind"),
        (_with_numbers, '"fails" is no list of texts'),
    ],
)
def test_data_that_makes_no_sense_is_told_in_one_sentence(change: Callable[[dict[str, Any]], None], words: str) -> None:
    source = copy.deepcopy(SOURCE)
    change(source)
    with pytest.raises(ContractError, match=words.replace("?", r"\?")):
        operation_from(source)


def test_what_an_operation_brings_is_told_in_words() -> None:
    accept = contract.load().performed
    assert (accept.brings, accept.brought_nothing) == (
        "three notifications",
        "none of the three notifications came",
    )
    assert (REJECT.brings, REJECT.brought_nothing) == ("notification", "the notification did not come")


def test_an_unknown_operation_cannot_be_wished_for() -> None:
    with pytest.raises(Exception, match=r'no contract of an operation "rejekt"; there is one of .*accept'):
        Wish(operation="rejekt", mock="").check()


def test_an_operation_without_a_change_of_state_has_no_state() -> None:
    assert Operation("Any", ("reply",), (Expected("NewMessages", "s", "new_messages"),)).state is None
