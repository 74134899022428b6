"""What mutants of what is judged of a Reject would get away with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gws_contract import contract
from gws_contract.journal import Delivery, Invited, Record
from gws_contract.judge.answer import sent
from gws_contract.judge.finding import NotTestable
from gws_contract.judge.ruling import Outcome, rule_one

from .conversations import BYSTANDER, JUDGED, PEOPLE, STATUS, TICK, VISITOR, Chat, delivery
from .test_judge_reject import ALONE, CHAT, CHECKS

SENT = CHAT.step("visit:reject").sent
END = CHAT.step("complete").sent
AGAIN = ALONE.step("accept").sent
"""When the agent who rejected asks for something else."""


def outcome(chat: Chat, name: str) -> Outcome:
    check = CHECKS[name]
    return rule_one(check, contract.load("reject").clause(check.clause), chat.conversation)


def completed(at: float, agent: str, kind: str = STATUS, state: str = "Completed") -> Delivery:
    """That the chat is over, as a Reject brings it."""
    told = next(d for d in CHAT.records if isinstance(d, Delivery) and d.at > SENT)
    data: dict[str, Any] = {**told.message["data"], "notificationType": kind}
    return delivery({**data, "chat": {**data["chat"], "state": state}}, at=at, agent=agent)


# ---- to whom the chat is offered ------------------------------------------------------------------------------------


def test_a_chat_that_comes_back_is_told_with_its_moment() -> None:
    found = outcome(ALONE, "overview.presented")
    back = next(r.at for r in ALONE.records if isinstance(r, Invited) and r.at > SENT)
    assert found.documented == "the chat is presented to another agent"
    assert found.received == f"Invited to {JUDGED} again (+{back - SENT:.3f} s)"


def test_an_invitation_in_the_moment_of_the_request_is_no_new_one() -> None:
    assert outcome(CHAT.plus(Invited(1, "x", VISITOR, SENT)), "overview.presented").verdict == "kept"
    assert outcome(CHAT.plus(Invited(1, "x", VISITOR, SENT + 0.001)), "overview.presented").verdict == "broken"


def test_why_nobody_can_say_to_whom_it_was_offered() -> None:
    alone = replace(ALONE, sessions=ALONE.sessions[:1])
    assert outcome(alone, "overview.presented").reason == "no other agent was listening"
    never = CHAT.mapped(lambda r: None if isinstance(r, Invited) and r.at > SENT else r)
    assert outcome(never, "overview.presented").reason == "the chat was not offered again"


# ---- what comes too late --------------------------------------------------------------------------------------------


def silent(*late: Delivery) -> Chat:
    """The agent is told nothing after the Reject but this, if anything."""

    def change(record: Record) -> Record | None:
        return None if isinstance(record, Delivery) and record.agent == JUDGED and record.at > SENT else record

    return ALONE.mapped(change).plus(*late)


def test_what_comes_only_after_the_agents_next_request_may_be_of_that() -> None:
    found = outcome(silent(completed(AGAIN + 0.01, JUDGED)), "status-change.arrives")
    reason = f"a {STATUS} came only after the next operation of the agent, which may have caused it"
    assert (found.verdict, found.reason) == ("not testable", reason)


@pytest.mark.parametrize(("kind", "state"), [(STATUS, "Chatting"), (PEOPLE, "Completed")])
def test_another_notification_after_the_next_request_is_none_of_the_reject(kind: str, state: str) -> None:
    chat = silent(completed(AGAIN + 0.01, JUDGED, kind, state))
    assert outcome(chat, "status-change.arrives").verdict == "broken"


# ---- whom it reaches ------------------------------------------------------------------------------------------------


def test_who_hears_of_a_reject_that_is_not_the_own_one_is_told() -> None:
    found = outcome(CHAT.plus(completed(SENT + 0.01, BYSTANDER)), "delivery.addressee")
    assert found.documented == "what follows a Reject goes to its own agent only"
    assert found.received == f"{STATUS} Completed to {BYSTANDER}"


@pytest.mark.parametrize(
    ("at", "verdict"),
    [(SENT, "kept"), (SENT + 0.001, "broken"), (END, "broken"), (END + 0.001, "kept")],
)
def test_from_the_request_to_the_end_of_the_chat_nobody_else_hears_of_it(at: float, verdict: str) -> None:
    assert outcome(CHAT.plus(completed(at, BYSTANDER)), "delivery.addressee").verdict == verdict


@pytest.mark.parametrize(("kind", "state"), [(STATUS, "Chatting"), (PEOPLE, "Completed")])
def test_what_a_reject_does_not_bring_may_reach_others(kind: str, state: str) -> None:
    assert outcome(CHAT.plus(completed(SENT + 0.01, BYSTANDER, kind, state)), "delivery.addressee").verdict == "kept"


def test_what_an_agent_hears_who_has_asked_for_something_himself_may_be_of_that() -> None:
    accept = CHAT.accept.sent
    for at, verdict in ((accept - 0.001, "broken"), (accept, "kept"), (accept + TICK, "kept")):
        assert outcome(CHAT.plus(completed(at, JUDGED)), "delivery.addressee").verdict == verdict


def test_of_a_person_who_is_the_customer_only_strangers_are_asked() -> None:
    by_hand = replace(CHAT, header=replace(CHAT.header, customer="wait"))
    for agent, verdict in ((JUDGED, "kept"), (BYSTANDER, "broken")):
        chat = by_hand.plus(completed(SENT + 0.01, agent))
        assert outcome(chat, "delivery.addressee").verdict == verdict


def test_why_nobody_can_say_whom_it_reached() -> None:
    alone = replace(ALONE, sessions=ALONE.sessions[:1])
    assert outcome(alone, "delivery.addressee").reason == "no other agent was listening"
    lost = CHAT.disturbed("stopped", SENT + 0.01 - CHAT.accept.sent, agent=BYSTANDER)
    assert outcome(lost, "delivery.addressee").verdict == "kept"
    lost = lost.disturbed("stopped", SENT + 0.01 - CHAT.accept.sent)
    assert outcome(lost, "delivery.addressee").reason == "the sessions of all other agents were disturbed"


# ---- whether it was offered -----------------------------------------------------------------------------------------


def told(*states: str) -> Chat:
    """The agent is told these states before the Reject, and no other."""

    def change(record: Record) -> Record | None:
        return None if isinstance(record, Delivery) and record.agent == VISITOR and record.at < SENT else record

    before = SENT - TICK / 2
    return CHAT.mapped(change).plus(
        *(completed(before + number / 1000, VISITOR, state=state) for number, state in enumerate(states))
    )


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ((), "the chat was unknown to the agent, not Invited"),
        (("Invited", "Waiting", "Chatting"), "the chat was Chatting to the agent, not Invited"),
        (("Chatting", "Waiting", "Invited"), ""),
    ],
)
def test_only_what_is_offered_can_be_rejected(states: tuple[str, ...], reason: str) -> None:
    assert outcome(told(*states), "overview.rejects").reason == reason


def test_every_state_in_which_it_may_be_asked_for_is_told() -> None:
    (conversation,) = told("Chatting").conversation.judged_as(contract.load("reject").performed)
    both = replace(conversation.operation, offered=("Invited", "Waiting"))
    with pytest.raises(NotTestable, match=r"^the chat was Chatting to the agent, not Invited or Waiting$"):
        sent(replace(conversation, operation=both))


def test_an_empty_answer_has_no_label() -> None:
    found = outcome(CHAT.answered("visit:reject", " "), "response.content-type")
    assert (found.verdict, found.reason) == ("not testable", "the answer is empty")
