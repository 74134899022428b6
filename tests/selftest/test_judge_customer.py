"""Whoever plays the customer: what is judged of one who came otherwise than over the Customer Chat API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange, Record
from gws_contract.scenario import Say, Visit, to_json
from gws_contract.verdict import Verdict

from .conversations import (
    CHAT_ID,
    LOG,
    PLAIN,
    Chat,
    broken,
    having,
    kept,
    outcome,
    performed,
)

GOOD = performed(replace(PLAIN, before=(Say("One"), Visit("leave", "Zoë"), Say("Two")), reply="Hi."))


def by_hand(chat: Chat, **planned: Any) -> Conversation:
    """The same chat, offered by a person: nothing is known from the customer's side."""
    chat = chat.mapped(lambda r: None if isinstance(r, Exchange) and r.actor == "customer" else r)
    told = chat.conversation
    silent = replace(told.scenario, before=told.scenario.before[1:2], during=(), after=())
    return replace(
        told,
        header=replace(told.header, customer="wait"),
        scenario=silent,
        planned=replace(told.planned, scenario=to_json(silent), **{"anonymous": True, **planned}),
    )


def as_gms(chat: Chat) -> Chat:
    """The same chat, its customer over Genesys Mobile Services."""

    def change(record: Record) -> Record:
        if not isinstance(record, Exchange) or record.actor != "customer":
            return record
        sent = json.loads(record.request or "{}")
        answer = json.loads(record.answer or "{}")
        entries = [*answer.get("messages", ())] or [
            {"type": "ParticipantJoined", "from": person} for person in answer.get("chat", {}).get("participants", ())
        ]
        given = {"statusCode": answer.get("statusCode"), "messages": entries, "secureKey": "masked"}
        return replace(
            record,
            path=f"/genesys/2/chat/support/{CHAT_ID}/send",
            request=urlencode({"message": sent.get("text", ""), "secureKey": "masked"}),
            answer=json.dumps(given),
        )

    return replace(chat.mapped(change), header=replace(chat.header, customer="gms"))


def as_program(chat: Chat, **seen: Any) -> Chat:
    """The same chat, its customer a program."""

    def change(record: Record) -> Record:
        if not isinstance(record, Exchange) or record.actor != "customer":
            return record
        answer = json.loads(record.answer or "{}")
        people = answer.get("chat", {}).get("participants", ())
        agents = [person["nickname"] for person in people if person["type"] == "Agent"]
        shown = {"look": {"agents": agents}, "read": {"entries": answer.get("messages", [])}}.get(record.step, {})
        said = {"ok": answer.get("statusCode") == 0, **shown, **(seen if record.step in ("look", "read") else {})}
        return replace(record, method="RUN", path="the program x", status=None, answer=json.dumps(said))

    return replace(chat.mapped(change), header=replace(chat.header, customer="command"))


# ---- every dialect --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [as_gms, as_program])
def test_a_good_chat_is_good_whatever_its_customer_speaks(told: Any) -> None:
    assert broken(told(GOOD)) == set()
    assert kept(told(GOOD)) == kept(GOOD)


@pytest.mark.parametrize("told", [as_gms, as_program])
def test_a_text_that_is_missing_is_missed_whatever_the_customer_speaks(told: Any) -> None:
    chat = told(GOOD.with_entries(lambda entries: [e for e in entries if e.get("text") != "Two"]))
    assert broken(chat) == {"history.complete"}


@pytest.mark.parametrize("told", [as_gms, as_program])
def test_a_text_that_was_not_taken_is_not_missed(told: Any) -> None:
    chat = told(GOOD.answered("say", {"statusCode": 2}))
    assert outcome(chat, "history.complete").verdict is Verdict.NOT_TESTABLE


def test_a_program_that_sees_another_name_breaks_the_promise_of_the_nickname() -> None:
    chat = as_program(GOOD, agents=["agent1"], entries=[])
    assert broken(chat) == {"parameters.nickname"}
    assert outcome(chat, "parameters.nickname").received == 'the customer sees "agent1"'


def test_a_program_that_does_not_answer_what_it_sees_hides_the_nickname() -> None:
    chat = as_program(GOOD, agents=None, entries=None)
    assert outcome(chat, "parameters.nickname").verdict is Verdict.INCONCLUSIVE


# ---- a person -------------------------------------------------------------------------------------------------------


def test_of_a_person_nothing_is_compared_that_nobody_knows() -> None:
    chat = by_hand(GOOD)
    assert broken(chat) == set()
    for name, why in {
        "participants.customer": "nobody knows under which nickname the customer came",
        "parameters.nickname": "nobody looked at the chat from the customer's side",
        "history.complete": "the customer sent no text before the Accept",
    }.items():
        found = outcome(chat, name)
        assert (found.verdict, found.reason) == (Verdict.NOT_TESTABLE, why)


def as_kim(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [p if p["type"] == "Agent" else {**p, "nickname": "Kim"} for p in people]


def named(chat: Chat, **planned: Any) -> Conversation:
    told = chat.conversation
    return replace(told, planned=replace(told.planned, **planned))


def test_another_name_than_was_asked_for_is_no_break_if_nobody_knows_it() -> None:
    other = GOOD.with_people(as_kim)
    assert "participants.customer" in broken(other)
    assert "participants.customer" not in broken(by_hand(other))
    assert "participants.customer" in broken(by_hand(other, anonymous=False))


def test_a_name_that_is_known_is_compared_even_if_it_is_not_the_scenarios() -> None:
    assert "participants.customer" in broken(named(GOOD, nickname="PersonP ab-1"))
    other = GOOD.with_people(as_kim)
    assert "participants.customer" in kept(named(other, nickname="Kim"))


def spoken(text: str, index: int = 90, kind: str = "Text", role: str = "Customer") -> dict[str, Any]:
    """A live message of somebody whom nobody asked."""
    entry = {"index": index, "type": kind, "from": {"type": role, "nickname": "Kim", "participantId": "00" * 8}}
    entry |= {"visibility": "All", "timestamp": "2014-01-02T14:23:20.171-0800", **({"text": text} if text else {})}
    return {
        "messageType": "MessageLogUpdated",
        "notificationType": "NewMessages",
        "messages": [entry],
        "chatUri": f"http://localhost:8080/api/v2/chats/{CHAT_ID}",
    }


@pytest.mark.parametrize("kind", ["Text", "TypingStarted"])
def test_what_a_person_says_during_the_accept_is_not_taken_for_the_history(kind: str) -> None:
    early = spoken("Hello?" if kind == "Text" else "", kind=kind)
    chat = GOOD.arriving(early, *GOOD.payloads)
    assert "notifications.order" in broken(chat)
    assert broken(by_hand(chat)) == set()
    assert {"notifications.order", "history.arrives"} <= kept(by_hand(chat))


def test_a_history_that_comes_first_is_first_though_a_person_may_speak() -> None:
    history = [p for p in GOOD.payloads if p["notificationType"] == LOG]
    others = [p for p in GOOD.payloads if p["notificationType"] != LOG]
    assert "notifications.order" in broken(by_hand(GOOD.arriving(*history, *others)))


def test_what_a_person_says_behind_the_join_is_no_part_of_the_history() -> None:
    (entry,) = spoken("Hello?")["messages"]
    chat = GOOD.with_entries(lambda entries: [*entries, entry])
    assert "history.ends-with-join" in broken(chat)
    assert broken(by_hand(chat)) == set()


def test_what_an_agent_says_is_no_chatter() -> None:
    early = spoken("Hello?", role="Agent")
    assert "notifications.order" in broken(by_hand(GOOD.arriving(early, *GOOD.payloads)))


def test_a_history_of_nothing_but_texts_has_come() -> None:
    chat = by_hand(GOOD.with_entries(lambda entries: [e for e in entries if e["type"] == "Text"]))
    assert "history.arrives" in kept(chat)
    assert "history.own-join" in broken(chat)


def test_only_a_person_may_have_left_before_the_agent_spoke() -> None:
    refused = GOOD.answered("reply", {"statusCode": 2, "statusMessage": "The chat is over"}, status=403)
    assert "overview.work" in broken(by_hand(refused))
    left = refused.later(spoken("", kind="ParticipantLeft"), after=0.2)
    assert outcome(by_hand(left), "overview.work").reason == "the customer had left the chat"
    assert "overview.work" in broken(left)


def test_the_clauses_about_participants_need_the_accept_first() -> None:
    chat = by_hand(GOOD.answered("accept", {"statusCode": 4}, status=500))
    assert "participants.customer" in having(chat, Verdict.NOT_TESTABLE)
    assert "answered HTTP 500" in outcome(chat, "participants.customer").reason
