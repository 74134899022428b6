"""What is said of capabilities that are announced, and of those that are not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.contract import load
from gws_contract.journal import Delivery, Exchange, Invited, Record
from gws_contract.scenario import Capability, Say
from gws_contract.verdict import Verdict

from .conversations import (
    BYSTANDER,
    CAPABILITIES,
    CHAT_ID,
    JUDGED,
    PEOPLE,
    PLAIN,
    STATUS,
    TICK,
    Chat,
    Data,
    broken,
    delivery,
    having,
    kept,
    outcome,
    performed,
)

AT_WORK: tuple[Capability, ...] = (
    "SendStartTypingNotification",
    "SendMessage",
    "SendStopTypingNotification",
    "InFocus",
    "Complete",
)
WORKED = performed(replace(PLAIN, uses=AT_WORK, reply="Hello."))
LEFT = performed(replace(PLAIN, uses=("Leave", "SendMessage")))
TRANSFERRED = performed(replace(PLAIN, uses=("Transfer",)))

CLAUSES: dict[str, tuple[Chat, Capability]] = {
    "transfer": (TRANSFERRED, "Transfer"),
    "complete": (WORKED, "Complete"),
    "leave": (performed(replace(PLAIN, uses=("Leave",))), "Leave"),
    "in-focus": (WORKED, "InFocus"),
    "send-message": (WORKED, "SendMessage"),
    "typing": (WORKED, "SendStopTypingNotification"),
}
NO = {"statusCode": 3, "statusMessage": "Operation forbidden"}
OF_CAPABILITIES = {f"capability.{name}" for name in (*CLAUSES, "not-announced")}


def refused(chat: Chat, capability: Capability, body: object = NO, status: int = 403) -> Chat:
    """With a use that is refused, and nothing that it brings."""
    use = chat.step(f"use:{capability}")
    until = min((r.sent for r in chat.records if isinstance(r, Exchange) and r.sent > use.sent), default=float("inf"))

    def without_effect(record: Record) -> Record | None:
        return None if isinstance(record, Delivery | Invited) and use.sent < record.at < until else record

    return chat.answered(f"use:{capability}", body, status=status).mapped(without_effect)


def listing(chat: Chat, capabilities: object, *kinds: str) -> Chat:
    """With other lists of capabilities in the sequence; None: without any."""

    def change(payload: Data) -> None:
        payload["chat"]["capabilities"] = capabilities
        if capabilities is None:
            del payload["chat"]["capabilities"]

    for kind in kinds or (STATUS, PEOPLE):
        chat = chat.edited(kind, change)
    return chat


def told(chat: Chat, moment: float, state: str, capabilities: list[str] | None = None) -> Delivery:
    """A further StatusChange to the agent."""
    payload = chat.payloads[0]
    payload["chat"] |= {"state": state, "capabilities": capabilities or []}
    return delivery(payload, at=moment, poll=700)


def without(capability: Capability) -> list[str]:
    return [name for name in CAPABILITIES if name != capability]


# ---- a good server ------------------------------------------------------------------------------------------------


def test_a_server_on_which_everything_can_be_used_keeps_every_clause() -> None:
    for chat in (WORKED, LEFT, TRANSFERRED):
        assert broken(chat) == set()
    assert kept(WORKED) & OF_CAPABILITIES == {
        f"capability.{n}" for n in ("complete", "in-focus", "send-message", "typing")
    }
    assert kept(LEFT) & OF_CAPABILITIES == {"capability.leave", "capability.not-announced"}
    assert kept(TRANSFERRED) & OF_CAPABILITIES == {"capability.transfer"}


@pytest.mark.parametrize("uses", [AT_WORK, ("Leave", "SendMessage"), ("Transfer",)])
def test_no_other_clause_is_judged_otherwise_because_capabilities_are_used(uses: tuple[Capability, ...]) -> None:
    plan = replace(PLAIN, reply="Hello.", before=(Say("a"), Say("b")), during=(Say("c"),), accept_again=True)
    found, plain = performed(replace(plan, uses=uses)), performed(plan)
    assert kept(found) - OF_CAPABILITIES == kept(plain)
    assert broken(found) == set()


def test_a_server_may_lack_every_list_and_stay_conformant() -> None:
    assert {load().clause(f"accept.{name}").wants for name in OF_CAPABILITIES} == {"optional-member"}


# ---- announced, and refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", CLAUSES)
@pytest.mark.parametrize(("status", "body"), [(403, NO), (500, ""), (200, {"statusCode": 3})])
def test_what_is_announced_and_refused_breaks_its_own_clause_alone(clause: str, status: int, body: Any) -> None:
    chat, capability = CLAUSES[clause]
    bad = refused(chat, capability, body, status)
    assert broken(bad) == {f"capability.{clause}"}
    found = outcome(bad, f"capability.{clause}")
    assert found.documented == f"{capability}, which is announced, can be used"
    assert found.received.startswith(f"HTTP {status}")


def test_a_yes_that_an_error_takes_back_is_a_refusal() -> None:
    bad = refused(WORKED, "InFocus", {"statusCode": 0}, 200)
    error = {"notificationType": "Error", "errorMessage": "Request failed", "chat": {"id": CHAT_ID}}
    assert broken(bad.plus(delivery(error, at=bad.step("use:InFocus").done + 0.01, poll=700))) == {
        "capability.in-focus"
    }


def test_an_error_that_names_no_chat_may_be_of_something_else() -> None:
    bad = refused(WORKED, "InFocus", {"statusCode": 0}, 200)
    error = {"notificationType": "Error", "errorMessage": "Request failed"}
    chat = bad.plus(delivery(error, at=bad.step("use:InFocus").done + 0.01, poll=700))
    found = outcome(chat, "capability.in-focus")
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "an Error came after it that names no chat, and may be of something else"
    again = outcome(refused(chat, "InFocus", {"statusCode": 3}, 200), "capability.in-focus")
    assert again.verdict is Verdict.BROKEN, "the answer itself says no"


def test_either_typing_notification_may_be_refused() -> None:
    assert broken(refused(WORKED, "SendStartTypingNotification")) == {"capability.typing"}


def test_in_focus_is_not_refused_if_one_of_its_names_is_not() -> None:
    bad = refused(WORKED, "InFocus")
    use = bad.step("use:InFocus")
    other = replace(
        use,
        sent=use.sent + TICK / 4,
        done=use.done + TICK / 4,
        status=200,
        request=json.dumps({"operationName": "SetInFocus"}),
        answer='{"statusCode": 0}',
    )
    assert broken(bad.plus(other)) == set()
    assert "capability.in-focus" in kept(bad.plus(other))
    assert broken(bad.plus(replace(other, status=403, answer=use.answer))) == {"capability.in-focus"}


def test_a_use_without_an_answer_is_inconclusive() -> None:
    lost = WORKED.answered("use:InFocus", failure="timed out")
    assert having(lost, Verdict.INCONCLUSIVE) == {"capability.in-focus"}


# ---- what else may be the reason ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [(404, 6), (400, 2), (404, None)])
def test_that_the_target_of_a_transfer_is_refused_says_nothing(status: int, code: int | None) -> None:
    chat = refused(TRANSFERRED, "Transfer", {"statusCode": code} if code else "", status)
    assert broken(chat) == set()
    assert outcome(chat, "capability.transfer").reason.startswith("the target of the Transfer was refused")


def test_that_in_focus_wants_a_parameter_says_nothing() -> None:
    chat = refused(WORKED, "InFocus", {"statusCode": 1}, 400)
    assert outcome(chat, "capability.in-focus").reason.startswith("no page prints the parameters of InFocus")
    assert broken(refused(WORKED, "SendMessage", {"statusCode": 1}, 400)) == {"capability.send-message"}


@pytest.mark.parametrize(
    ("state", "capabilities"), [("Chatting", without("Leave")), ("Completed", None), ("Revoked", None)]
)
def test_what_was_withdrawn_while_the_request_was_on_its_way_may_be_refused(
    state: str, capabilities: list[str] | None
) -> None:
    chat = refused(*CLAUSES["leave"])
    bad = chat.plus(told(chat, chat.step("use:Leave").done + 0.01, state, capabilities))
    assert outcome(bad, "capability.leave").reason == "it was withdrawn while the request was on its way"
    still = chat.plus(told(chat, chat.step("use:Leave").done + 0.01, "Chatting", CAPABILITIES))
    assert broken(still) == {"capability.leave"}


def test_that_it_was_withdrawn_may_have_been_lost() -> None:
    lost = refused(WORKED, "InFocus").disturbed("poll-broken")
    assert outcome(lost, "capability.in-focus").verdict is Verdict.INCONCLUSIVE


def test_a_person_may_have_left_the_chat() -> None:
    chat = refused(WORKED, "SendMessage")
    leaves = {"index": 90, "type": "ParticipantLeft", "from": {"type": "Customer", "nickname": "Pat"}}
    gone = delivery({**chat.payloads[2], "messages": [leaves]}, at=chat.step("use:SendMessage").sent - 0.01, poll=700)
    by_hand = replace(chat, header=replace(chat.header, customer="wait"))
    assert broken(by_hand) == {"capability.send-message"}
    assert outcome(by_hand.plus(gone), "capability.send-message").reason == "the customer had left the chat"


# ---- not announced ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", CLAUSES)
def test_what_is_not_announced_and_not_refused_breaks_an_inferred_clause(clause: str) -> None:
    chat, capability = CLAUSES[clause]
    found = outcome(listing(chat, without(capability)), "capability.not-announced")
    assert (found.verdict, found.documented) == (
        Verdict.BROKEN,
        f"{capability}, which is not announced, is refused",
    )
    assert load().clause("accept.capability.not-announced").advisory


def test_what_is_not_announced_and_refused_keeps_it_and_says_nothing_of_its_capability() -> None:
    chat = listing(refused(WORKED, "InFocus"), without("InFocus"))
    assert "capability.not-announced" in kept(chat)
    assert outcome(chat, "capability.in-focus").reason == "it is not announced"


def test_of_what_was_announced_before_nothing_is_asked() -> None:
    chat = listing(refused(WORKED, "InFocus"), without("InFocus"), PEOPLE)
    assert having(chat, Verdict.NOT_TESTABLE) >= {"capability.in-focus", "capability.not-announced"}
    assert broken(chat) == {"participants.capability-names"}


def test_a_list_that_came_only_in_the_participants_counts() -> None:
    chat = listing(WORKED, None, STATUS)
    assert kept(chat) >= {"capability.in-focus", "capability.typing", "capability.complete"}


def test_what_was_announced_while_the_request_was_on_its_way_may_be_carried_out() -> None:
    chat = listing(TRANSFERRED, without("Transfer"))
    late = chat.plus(told(chat, chat.step("use:Transfer").sent + 0.01, "Chatting", CAPABILITIES))
    reason = outcome(late, "capability.not-announced").reason
    assert reason == "it was announced while the request was on its way"


def test_a_list_may_have_been_lost() -> None:
    lost = listing(TRANSFERRED, without("Transfer")).disturbed("poll-broken")
    assert outcome(lost, "capability.not-announced").verdict is Verdict.INCONCLUSIVE


# ---- not testable -------------------------------------------------------------------------------------------------


def test_without_a_list_nothing_is_testable() -> None:
    for name in OF_CAPABILITIES:
        assert outcome(listing(WORKED, None), name).verdict is Verdict.NOT_TESTABLE
    assert outcome(listing(WORKED, None), "capability.leave").reason == "the server lists no capabilities"


def test_a_chat_in_which_nothing_is_used_says_so() -> None:
    reasons = {outcome(performed(PLAIN), name).reason for name in OF_CAPABILITIES}
    assert reasons == {"not used in this chat", "nothing was tried that is not announced"}


def test_a_transfer_needs_another_agent() -> None:
    alone = replace(performed(PLAIN), sessions=performed(PLAIN).sessions[:1])
    reason = "there was no other agent to whom the chat could be transferred"
    assert outcome(alone, "capability.transfer").reason == reason


def test_after_a_failed_accept_nothing_is_testable() -> None:
    chat = WORKED.answered("accept", NO, status=403)
    assert having(chat, Verdict.NOT_TESTABLE) >= OF_CAPABILITIES


# ---- what it means for other clauses ------------------------------------------------------------------------------


def test_whoever_is_given_the_chat_may_be_told_before_he_is_invited() -> None:
    payload = TRANSFERRED.payloads[1]
    sent = TRANSFERRED.step("use:Transfer").sent
    assert broken(TRANSFERRED.plus(delivery(payload, at=sent + 0.01, agent=BYSTANDER, poll=700))) == set()
    early = TRANSFERRED.plus(delivery(payload, at=sent - 0.01, agent=BYSTANDER, poll=700))
    assert broken(early) == {"delivery.addressee"}


def test_the_accept_answers_the_invitation_before_it() -> None:
    conversation = TRANSFERRED.conversation
    assert [i.agent for i in conversation.invitations][-1] != JUDGED
    assert conversation.offer is not None
    assert conversation.offer.agent == JUDGED
    again = TRANSFERRED.mapped(
        lambda r: replace(r, chat_id="other") if isinstance(r, Invited) and r.agent != JUDGED else r
    )
    assert broken(again) == set()


def _offered_under_another_id(record: Record) -> Record:
    return replace(record, chat_id="other") if isinstance(record, Invited) and record.agent != JUDGED else record


@pytest.mark.parametrize("use", ["use:Leave", "use:Transfer", "use:Complete"])
def test_the_chat_ends_for_the_agent_with_the_use_that_parts_him_from_it(use: str) -> None:
    chat = next(chat for chat in (WORKED, LEFT, TRANSFERRED) if any(e.step == use for e in chat.conversation.exchanges))
    assert chat.conversation.horizon == chat.step(use).sent


def test_what_is_said_to_use_a_capability_is_no_part_of_the_history() -> None:
    plan = replace(PLAIN, before=(Say("Hello"),), during=(Say("a"), Say("b")), uses=AT_WORK)
    assert broken(performed(plan)) == set()
