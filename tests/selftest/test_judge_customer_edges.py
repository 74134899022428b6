"""What mutants of the judge of the customer's words would get away with."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from gws_contract.judge.customer import (
    author,
    batches,
    by_customer,
    meanwhile,
    perhaps,
    planted,
    texts,
    without_meanwhile,
)
from gws_contract.scenario import Say, Scenario, Typing, Visit

from .conversations import JUDGED, PLAIN, Chat, Data, performed

GOOD = performed(PLAIN)
MEANWHILE = performed(replace(PLAIN, during=(Say("Now."),)), early=1)
PERSON = GOOD.payloads[2]["messages"][0]["from"]


def done(chat: Chat, step: str, at: float) -> Chat:
    """With the last answer to a step at another moment."""
    return chat.mapped(lambda record: replace(chat.step(step), done=at) if record == chat.step(step) else record)


def test_what_is_answered_in_the_moment_of_the_accept_was_said_before() -> None:
    moment = GOOD.accept.sent
    assert planted(done(GOOD, "say", moment).conversation) == ("Hello World", "Is anybody there?")
    assert planted(done(GOOD, "say", moment + 0.01).conversation) == ("Hello World",)


def test_what_is_answered_in_the_moment_of_the_end_was_said_meanwhile() -> None:
    end = MEANWHILE.step("complete").sent
    assert meanwhile(done(MEANWHILE, "say-during", end).conversation) == ("Now.",)
    assert meanwhile(done(MEANWHILE, "say-during", end + 0.01).conversation) == ()


@pytest.mark.parametrize("step", ["say", "say-during"])
def test_what_the_server_did_not_take_it_may_have_taken(step: str) -> None:
    refused = MEANWHILE.answered(step, {"statusCode": 3}, status=403).conversation
    assert planted(refused) == (() if step == "say" else ("Hello World", "Is anybody there?"))
    assert meanwhile(refused) == (("Now.",) if step == "say" else ())
    assert dict(perhaps(refused)) == ({"Hello World": 1, "Is anybody there?": 1} if step == "say" else {"Now.": 1})


@pytest.mark.parametrize("who", ["PersonP", None, 17, ["PersonP"]])
def test_an_author_that_is_no_object_is_nobody(who: object) -> None:
    assert author({"from": who}) == {}


def test_a_text_is_a_text_of_an_entry_of_that_type() -> None:
    assert texts([{"type": "Notice", "text": "a"}, {"type": "Text", "text": 5}, {"type": "Text", "text": "b"}]) == ["b"]


@pytest.mark.parametrize(
    ("entry", "is_customers"),
    [
        ({"from": PERSON}, True),
        ({"from": {"type": "Customer", "nickname": "PersonP"}}, True),
        ({"from": {"type": "Supervisor", "nickname": "PersonP"}}, True),
        ({"from": {"type": "Customer", "participantId": PERSON["participantId"]}}, True),
        ({"from": {"type": "Agent", "nickname": "PersonP"}}, False),
        ({"from": {**PERSON, "type": "Agent"}}, False),
        ({"from": {"type": "Customer", "nickname": "Somebody"}}, False),
        ({"from": {"type": "Customer"}}, False),
        ({"from": {"type": "Customer", "nickname": ["PersonP"]}}, False),
        ({}, True),
    ],
)
def test_an_entry_is_the_customers_by_nickname_or_id_and_never_an_agents(entry: Data, is_customers: bool) -> None:
    assert by_customer(GOOD.conversation, [entry]) == [entry] * is_customers


def test_another_customer_is_not_the_customer() -> None:
    other = {"type": "Customer", "nickname": "Somebody", "participantId": "00900000000000FF"}
    chat = GOOD.with_people(lambda people: [*people, other])
    assert by_customer(chat.conversation, [{"from": other}]) == []


def test_an_agent_of_the_customers_name_is_not_the_customer() -> None:
    chat = performed(Scenario("Sam", "Sam", (Say("Hi"),)))
    agent = next(one for one in chat.payloads[1]["chat"]["participants"] if one["type"] == "Agent")
    assert by_customer(chat.conversation, [{"from": {**agent, "type": "Customer", "nickname": "Lee"}}]) == []


@pytest.mark.parametrize("what", ["started", "stopped"])
def test_typing_during_the_accept_is_the_customers_doing(what: Literal["started", "stopped"]) -> None:
    chat = performed(replace(PLAIN, during=(Typing(what),)), early=1)
    entry = {"type": f"Typing{what.capitalize()}", "from": PERSON}
    assert without_meanwhile(chat.conversation, [entry]) == []
    assert without_meanwhile(GOOD.conversation, [entry]) == [entry]


def test_typing_during_the_accept_may_come_live() -> None:
    chat = performed(replace(PLAIN, during=(Typing("started"),)), early=0)
    parts, live = batches(chat.conversation)
    assert (len(parts), len(live)) == (1, 1)


def test_what_another_agent_says_live_stays_in_the_history() -> None:
    again = performed(Scenario("Pat", "Sam", (Visit("leave", "Sam", ("One.",)), Say("Hello"))), visitor=JUDGED)
    log = again.payloads[2]
    spoken = [e for e in log["messages"] if e.get("text") == "One."]
    other = [{**spoken[0], "index": 30, "text": "Two."}]
    chat = again.later({**log, "messages": spoken}, 0.31).later({**log, "messages": other}, 0.32)
    parts, live = batches(chat.conversation)
    assert [[e.get("text") for e in n.entries] for n in live] == [["One."]]
    assert len(parts) == 2
