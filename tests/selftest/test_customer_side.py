"""How an exchange of a customer reads, in each of the three dialects."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from gws_contract import customer_side
from gws_contract.journal import Exchange

MARAT = {"type": "Agent", "nickname": "Marat", "participantId": 2}
ZOE = {"type": "Agent", "nickname": "Zoë", "participantId": 3}
PAT = {"type": "Client", "nickname": "Pat", "participantId": 1}


def exchange(
    answer: Any = None, *, path: str = "/api/v2/chats/7", method: str = "POST", step: str = "say", **more: Any
) -> Exchange:
    text = answer if isinstance(answer, str | None) else json.dumps(answer)
    facts = {
        "actor": "customer",
        "chat": 1,
        "request": None,
        "sent": 1.0,
        "headers_at": 1.1,
        "done": 1.2,
        "headers": {},
    }
    return Exchange(**{**facts, "status": 200, "answer": text, "method": method, "path": path, "step": step, **more})


def of_gms(answer: Any = None, **more: Any) -> Exchange:
    return exchange(answer, path="/genesys/2/chat/support/0000A/send", **more)


def of_program(answer: Any = None, **more: Any) -> Exchange:
    return exchange(answer, path="the program offer.py", method="RUN", **{"status": None, **more})


def entry(kind: str, who: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "from": who}


# ---- what was said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Hello", "", " a+b & c=d%20 ", "Grüße 👋🏽\n"])
def test_the_text_is_read_in_every_dialect(text: str) -> None:
    said = json.dumps({"operationName": "SendMessage", "text": text})
    assert customer_side.text_of(exchange(request=said)) == text
    form = urlencode({"message": text, "userId": "7"})
    assert customer_side.text_of(of_gms(request=form)) == text
    assert customer_side.text_of(of_program(request=json.dumps({"do": "say", "text": text}))) == text


@pytest.mark.parametrize("request_", [None, "", "no JSON", "[]", "{}"])
def test_a_request_without_a_text_says_nothing(request_: str | None) -> None:
    assert customer_side.text_of(exchange(request=request_)) == ""
    assert customer_side.text_of(of_gms(request=request_)) == ""


# ---- whether it was taken --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [exchange, of_gms])
@pytest.mark.parametrize(
    ("answer", "changes", "surely", "maybe"),
    [
        ({"statusCode": 0}, {}, True, True),
        ({"statusCode": 0.0}, {}, True, True),
        ("\ufeff" + '{"statusCode": 0}', {}, True, True),
        ({"statusCode": 2}, {}, False, False),
        ({"statusCode": "0"}, {}, False, False),
        ({"statusCode": False}, {}, False, False),
        ({}, {}, False, True),
        ("", {}, False, True),
        ("<html>", {}, False, True),
        ({"statusCode": 0}, {"status": 500}, False, False),
        ({"statusCode": 0}, {"status": 204}, True, True),
        ({"statusCode": 0}, {"failure": "cut off"}, False, False),
        (None, {"status": None, "failure": "nobody answers"}, False, False),
    ],
)
def test_over_http_success_is_2xx_with_status_code_0(
    make: Any, answer: Any, changes: dict[str, Any], surely: bool, maybe: bool
) -> None:
    one = make(answer, **changes)
    assert (customer_side.was_taken(one), customer_side.may_be_taken(one)) == (surely, maybe)


@pytest.mark.parametrize(
    ("answer", "changes", "taken"),
    [
        ({"ok": True}, {}, True),
        ({"ok": False, "reason": "the chat is over"}, {}, False),
        ({"ok": "true"}, {}, False),
        ({}, {}, False),
        ({"ok": True}, {"failure": "the program offer.py gave no answer"}, False),
        ({"agents": []}, {"step": "look"}, True),
        ({"ok": True, "agents": []}, {"step": "look"}, True),
        ({"ok": False, "agents": []}, {"step": "look"}, False),
        ({"ok": True}, {"step": "look"}, False),
        ({"entries": []}, {"step": "read"}, True),
        ({"agents": []}, {"step": "read"}, False),
    ],
)
def test_a_program_says_ok_or_shows_what_is_to_be_seen(answer: Any, changes: dict[str, Any], taken: bool) -> None:
    one = of_program(answer, **changes)
    assert customer_side.was_taken(one) is taken
    assert customer_side.may_be_taken(one) is taken


# ---- who was seen ----------------------------------------------------------------------------------------------------


def test_a_look_over_the_customer_chat_api_shows_the_agents_present() -> None:
    people = [{"type": "Customer", "nickname": "Pat"}, {"type": "Agent", "nickname": "Marat"}, "odd", {"type": "Agent"}]
    assert customer_side.present(exchange({"chat": {"participants": people}}, step="look")) == ["Marat", ""]


def test_a_transcript_of_gms_shows_who_has_joined_and_not_left() -> None:
    messages = [
        entry("ParticipantJoined", PAT),
        entry("ParticipantJoined", ZOE),
        entry("Message", ZOE),
        entry("ParticipantLeft", ZOE),
        entry("ParticipantJoined", MARAT),
    ]
    look = of_gms({"messages": messages}, step="look")
    assert customer_side.present(look) == ["Marat"]
    assert customer_side.last_joined(look) == ["Marat"]
    assert customer_side.present(of_gms({"messages": messages[:-1]}, step="look")) == []
    assert customer_side.last_joined(of_gms({"messages": messages[:-1]}, step="look")) == ["Zoë"]


def test_who_comes_back_under_another_id_is_there_once_the_first_has_left() -> None:
    again = {**MARAT, "participantId": 9}
    moves = [entry("ParticipantJoined", MARAT), entry("ParticipantJoined", again), entry("ParticipantLeft", MARAT)]
    assert customer_side.present(of_gms({"messages": moves}, step="look")) == ["Marat"]


def test_what_a_program_sees_is_what_it_says() -> None:
    assert customer_side.present(of_program({"agents": ["Marat", 7]}, step="look")) == ["Marat"]
    entries = [entry("ParticipantJoined", ZOE), entry("ParticipantLeft", ZOE), entry("ParticipantJoined", MARAT)]
    assert customer_side.present(of_program({"entries": entries}, step="read")) == ["Marat"]
    assert customer_side.last_joined(of_program({"entries": entries}, step="read")) == ["Marat"]


@pytest.mark.parametrize("answer", [None, "", "[]", {}, {"chat": 5}, {"chat": {"participants": 5}}, {"messages": [5]}])
def test_an_answer_without_people_shows_nobody(answer: Any) -> None:
    for make in (exchange, of_gms, of_program):
        look = make(answer, step="look")
        assert customer_side.present(look) == customer_side.last_joined(look) == []
