"""The GMS Chat API of the mock: a chat that comes in there is one of the same desk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from gws_contract.mock.catalogue import named
from gws_contract.mock.gms_api import REQUIRED
from gws_contract.mock.variation import Request, Variation

from .mock_stage import AgentClient, GmsCustomer, Scene, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def chatting(scene: Scene, **asked: str) -> tuple[AgentClient, GmsCustomer]:
    """An agent who has accepted the chat of a customer and heard all about it."""
    agent, customer = scene.agent().sign_in(), scene.gms_customer()
    customer.request(**asked)
    agent.operate("Accept", agent.invitation(), nickname="Marat")
    for _ in range(3):
        agent.hear()
    return agent, customer


def types(answer: dict[str, Any]) -> list[str]:
    return [message["type"] for message in answer["messages"]]


# asking for a chat


def test_a_chat_is_answered_with_what_later_requests_need(stage: Stage) -> None:
    scene = stage()
    before = int(time.time() * 1000)
    answer = scene.gms_customer().request("Zoë", subject="help")
    (joined,) = answer.pop("messages")
    assert before <= joined.pop("utcTime") <= int(time.time() * 1000)
    assert joined == {
        "from": {"nickname": "Zoë", "participantId": 1, "type": "Client"},
        "index": 1,
        "type": "ParticipantJoined",
    }
    assert (len(answer["chatId"]), len(answer["userId"]), len(answer["secureKey"])) == (16, 16, 16)
    assert answer["alias"].isdigit()
    assert {name: answer[name] for name in ("statusCode", "chatEnded", "nextPosition")} == {
        "statusCode": 0,
        "chatEnded": False,
        "nextPosition": 2,
    }


def test_the_agent_is_invited_with_the_data_of_the_form(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.gms_customer()
    more = {"firstName": "Jo", "lastName": "Doe", "emailAddress": "jo@example.com", "userData[TimeZone]": "-480"}
    customer.request(subject="a & b", **more, **{"userData[a=b]": "ü"})
    chat = agent.hear()["data"]["chat"]
    assert chat["id"] == customer.chat
    assert chat["subject"] == "a & b"
    assert chat["userData"] == {
        "FirstName": "Jo",
        "LastName": "Doe",
        "EmailAddress": "jo@example.com",
        "TimeZone": "-480",
        "a=b": "ü",
        "Subject": "a & b",
    }


def test_first_and_last_name_stand_for_a_nickname(stage: Stage) -> None:
    customer = stage().gms_customer()
    answer = customer.post(customer.service, data={"firstName": "First", "lastName": "Last"}).json()
    assert answer["messages"][0]["from"]["nickname"] == "First Last"


@pytest.mark.parametrize("form", [{}, {"firstName": "First"}, {"lastName": "Last"}, {"subject": "x"}])
def test_nobody_chats_without_a_name(stage: Stage, form: dict[str, str]) -> None:
    customer = stage().gms_customer()
    response = customer.post(customer.service, data=form or b"", headers={"Content-Type": FORM})
    assert (response.status_code, response.json()["statusCode"]) == (400, 2)
    assert response.json()["errors"][0]["advice"]


def test_a_name_may_be_empty_and_the_path_may_end_in_a_slash(stage: Stage) -> None:
    customer = stage().gms_customer()
    answer = customer.post(customer.service + "/", data={"nickname": ""}).json()
    assert (answer["statusCode"], answer["messages"][0]["from"]["nickname"]) == (0, "")


def test_only_forms_are_read(stage: Stage) -> None:
    customer = stage().gms_customer()
    assert customer.post(customer.service, {"nickname": "P"}).status_code == 415
    assert customer.post(customer.service, data=b"nickname=P").status_code == 415
    labelled = {"Content-Type": f"{FORM.upper()}; charset=utf-8"}
    assert customer.post(customer.service, data=b"nickname=P", headers=labelled).status_code == 200


def test_bytes_that_are_no_utf8_are_replaced(stage: Stage) -> None:
    customer = stage().gms_customer()
    answer = customer.post(customer.service, data=b"nickname=%ff\xff", headers={"Content-Type": FORM}).json()
    assert answer["messages"][0]["from"]["nickname"] == "\ufffd\ufffd"


def test_the_service_has_a_name(stage: Stage) -> None:
    scene = stage(gms_service="web-chat")
    assert scene.gms_customer().request()["statusCode"] == 0
    stranger = scene.stranger()
    for path in ("customer-support", "web-chat/1", "web-chat/1/dance", "web-chat/1/send/x", ""):
        assert stranger.post(f"/genesys/2/chat/{path}", data={"nickname": "P"}).status_code == 404
    assert stranger.get("/genesys/2/chat/web-chat").status_code == 405


# the conversation


def test_both_sides_talk(stage: Stage) -> None:
    agent, customer = chatting(stage())
    sent = customer.operate("send", message="Grüße 🎉", messageType="text").json()
    assert (sent["statusCode"], sent["messages"], sent["nextPosition"]) == (0, [], 4)
    entry = agent.hear()["data"]["messages"][0]
    assert (entry["type"], entry["text"], entry["from"]["type"]) == ("Text", "Grüße 🎉", "Customer")
    agent.operate("SendMessage", customer.chat, text="hello")
    answer = customer.look(transcriptPosition=sent["nextPosition"])
    (message,) = answer["messages"]
    assert (message["type"], message["text"], message["index"]) == ("Message", "hello", 4)
    assert message["from"] == {"nickname": "Marat", "participantId": 2, "type": "Agent"}
    assert customer.look(transcriptPosition=answer["nextPosition"])["messages"] == []


def test_a_position_makes_any_request_show_the_transcript_from_there(stage: Stage) -> None:
    _, customer = chatting(stage())
    sent = customer.operate("send", message="x", transcriptPosition=2).json()
    assert types(sent) == ["ParticipantJoined", "Message"]
    whole = ["ParticipantJoined", "ParticipantJoined", "Message"]
    assert types(customer.look()) == types(customer.look(transcriptPosition=0)) == whole
    assert customer.operate("refresh", transcriptPosition="x").status_code == 400


def test_typing_reaches_the_agent(stage: Stage) -> None:
    agent, customer = chatting(stage())
    for operation, kind in (("startTyping", "TypingStarted"), ("stopTyping", "TypingStopped")):
        assert customer.operate(operation, message="prev").json()["statusCode"] == 0
        assert agent.hear()["data"]["messages"][0]["type"] == kind


@pytest.mark.parametrize(
    ("operation", "form", "kind", "member"),
    [
        ("customNotice", {"message": "n"}, "CustomNotice", {"noticeText": "n"}),
        ("pushUrl", {"pushUrl": "http://example.com"}, "PushUrl", {"url": "http://example.com"}),
    ],
)
def test_notices_and_urls_reach_the_agent(
    stage: Stage, operation: str, form: dict[str, str], kind: str, member: dict[str, str]
) -> None:
    agent, customer = chatting(stage())
    answer = customer.operate(operation, **form, transcriptPosition=3).json()
    assert [(message["type"], message["text"]) for message in answer["messages"]] == [(kind, *form.values())]
    entry = agent.hear()["data"]["messages"][0]
    assert entry["type"] == kind
    assert member.items() <= entry.items()
    assert "text" not in entry


def test_a_new_nickname_is_shown_to_the_agent_from_then_on(stage: Stage) -> None:
    agent, customer = chatting(stage())
    assert customer.operate("updateNickname", nickname="Zoë").json()["userId"] == customer.me["userId"]
    people = agent.hear()["data"]
    assert people["notificationType"] == "ParticipantsUpdated"
    assert [who["nickname"] for who in people["chat"]["participants"]] == ["Marat", "Zoë"]
    names = [
        message["from"]["nickname"]
        for message in customer.operate("send", message="x", transcriptPosition=1).json()["messages"]
    ]
    assert names == ["PersonP", "Marat", "Zoë"]


def test_new_data_are_shown_to_the_agent(stage: Stage) -> None:
    agent, customer = chatting(stage(), subject="s")
    customer.operate("updateData", **{"userData[k]": "v", "other": "x"})
    data = agent.hear()["data"]
    assert data["notificationType"] == "PropertiesUpdated"
    assert data["chat"]["userData"] == {"Subject": "s", "k": "v"}


def test_a_read_receipt_changes_nothing(stage: Stage) -> None:
    agent, customer = chatting(stage())
    assert customer.operate("readReceipt", transcriptPosition=2).json()["statusCode"] == 0
    customer.operate("send", message="next")
    assert agent.hear()["data"]["messages"][0]["text"] == "next"


# the end


def test_after_disconnecting_the_customer_is_nobody(stage: Stage) -> None:
    agent, customer = chatting(stage())
    gone = customer.operate("disconnect").json()
    assert (gone["statusCode"], gone["chatEnded"]) == (0, True)
    assert agent.hear()["data"]["notificationType"] == "ParticipantsUpdated"
    assert agent.hear()["data"]["messages"][0]["type"] == "ParticipantLeft"
    for operation in ("refresh", "send", "disconnect"):
        answer = customer.operate(operation, message="x").json()
        assert (answer["statusCode"], answer["chatEnded"]) == (2, True)


def test_a_chat_that_the_agent_ended_can_be_read_and_nothing_else(stage: Stage) -> None:
    agent, customer = chatting(stage())
    agent.operate("Complete", customer.chat)
    answer = customer.look()
    assert (answer["statusCode"], answer["chatEnded"], types(answer)[-1]) == (0, True, "ParticipantLeft")
    assert customer.operate("send", message="x").json()["statusCode"] == 2


def test_a_chat_that_is_offered_again_has_not_ended(stage: Stage) -> None:
    agent, customer = chatting(stage())
    agent.operate("Leave", customer.chat)
    assert customer.look()["chatEnded"] is False


# who may


@pytest.mark.parametrize("operation", REQUIRED)
def test_every_operation_needs_the_party_and_its_parameters(stage: Stage, operation: str) -> None:
    customer = stage().gms_customer()
    customer.request()
    needed = dict.fromkeys(REQUIRED[operation], "1")
    for missing in (*customer.me, *needed):
        form = {name: value for name, value in {**customer.me, **needed}.items() if name != missing}
        response = customer.post(f"{customer.service}/{customer.chat}/{operation}", data=form)
        assert (response.status_code, response.json()["statusCode"]) == (400, 2), missing
    assert customer.operate(operation, **needed).json()["statusCode"] == 0


@pytest.mark.parametrize("wrong", ["userId", "secureKey", "alias"])
def test_who_is_not_the_party_of_the_chat_is_refused(stage: Stage, wrong: str) -> None:
    agent, customer = chatting(stage())
    answer = customer.operate("send", message="x", **{wrong: "0"}).json()
    assert answer["statusCode"] == 2
    assert set(answer) == {"statusCode", "errors"}
    customer.operate("send", message="mine")
    assert agent.hear()["data"]["messages"][0]["text"] == "mine"


def test_a_chat_of_the_other_api_is_unknown(stage: Stage) -> None:
    scene = stage()
    agent = scene.agent().sign_in()
    scene.customer().request()
    customer = scene.gms_customer()
    customer.request()
    customer.chat = agent.invitation()
    customer.me["userId"] = scene.mock.call(lambda: scene.mock.desk.books.chats[customer.chat].customer.id)
    assert customer.look()["statusCode"] == 2
    assert scene.customer().get(f"/api/v2/chats/{customer.chat}").status_code == 404


def test_a_busy_server_asks_for_repetition_and_does_nothing(stage: Stage) -> None:
    scene = stage(gms_busy=2)
    customer = scene.gms_customer()
    customer.request()
    answers = [customer.operate("send", message=text).json() for text in ("a", "b", "b")]
    assert [answer["statusCode"] for answer in answers] == [0, 1, 0]
    customer.look()
    assert [message["text"] for message in customer.look(transcriptPosition=2)["messages"]] == ["a", "b"]


# what variations do with it


def test_a_request_is_understood_with_its_chat(stage: Stage) -> None:
    seen: list[tuple[str, str | None, str | None, bool]] = []

    class Noting(Variation):
        def intercept(self, request: Request) -> None:
            seen.append((request.api, request.operation, request.chat_id, request.chat is not None))

    customer = stage(Noting()).gms_customer()
    customer.request()
    customer.look()
    assert seen == [("gms", None, None, False), ("gms", "refresh", customer.chat, True)]


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ("customer-sees-login-name", ["PersonP", "agent1"]),
        ("customer-sees-nobody", ["PersonP"]),
        ("nickname-lower-case", ["PersonP", "marat"]),
    ],
)
def test_faults_of_the_customers_view_show(stage: Stage, fault: str, names: list[str]) -> None:
    _, customer = chatting(stage(*named(fault)))
    assert [message["from"]["nickname"] for message in customer.look()["messages"]] == names
