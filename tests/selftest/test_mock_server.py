"""The mock over real HTTP: the documented conversation, the customer's API, start and stop."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests

from gws_contract.mock.server import Mock, MockError

from .mock_stage import TIMEOUT, Scene, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def test_an_accept_is_answered_and_brings_the_three_notifications(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request(subject="help")
    chat = agent.invitation()
    customer.operate("SendMessage", text="Grüße 🎉")
    response = agent.post(f"/api/v2/me/chats/{chat}", {"operationName": "Accept", "nickname": "Marat", "saveLAR": True})
    assert response.content == b'{"statusCode":0}'
    assert response.headers["Content-Type"].startswith("application/json")
    heard = [agent.hear() for _ in range(3)]
    assert [set(message) for message in heard] == [{"channel", "data"}] * 3
    assert [message["data"]["notificationType"] for message in heard] == [
        "StatusChange",
        "ParticipantsUpdated",
        "NewMessages",
    ]
    entries = heard[2]["data"]["messages"]
    assert [entry["type"] for entry in entries] == ["ParticipantJoined", "Text", "ParticipantJoined"]
    assert entries[1]["text"] == "Grüße 🎉"
    assert heard[2]["data"]["chatUri"] == f"{scene.mock.url}/api/v2/chats/{chat}"


def test_texts_with_lone_surrogates_come_through(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request()
    chat = agent.invitation()
    agent.operate("Accept", chat, nickname="M")
    for _ in range(3):
        agent.hear()
    customer.post(f"/api/v2/chats/{customer.chat}", data=b'{"operationName": "SendMessage", "text": "\\ud800\\u0000"}')
    assert agent.hear()["data"]["messages"][0]["text"] == "\ud800\0"


def test_an_agent_reads_his_chats(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request()
    chat = agent.invitation()
    agent.operate("Accept", chat, nickname="Marat")
    assert [each["id"] for each in agent.get("/api/v2/me/chats?fields=*").json()["chats"]] == [chat]
    seen = agent.get(f"/api/v2/me/chats/{chat}").json()["chat"]
    assert [who["type"] for who in seen["participants"]] == ["Agent", "Customer"]
    messages = agent.get(f"/api/v2/me/chats/{chat}/messages?startIndex=2&count=5").json()["messages"]
    assert [entry["index"] for entry in messages] == [2]


def test_the_account_names_its_features(stage: Stage) -> None:
    scene = stage()
    user = scene.agent().get("/api/v2/me?subresources=*").json()["user"]
    assert user["userName"] == "agent1"
    assert {"api-multimedia", "api-multimedia-chat"} <= set(user["features"])
    ((guest, password),) = scene.mock.without_feature.items()
    assert "api-multimedia" not in scene.stranger(guest, password).get("/api/v2/me").json()["user"]["features"]


def test_a_session_without_the_feature_is_refused(stage: Stage) -> None:
    scene = stage()
    ((guest, password),) = scene.mock.without_feature.items()
    response = scene.stranger(guest, password).post(
        "/api/v2/me", {"operationName": "StartContactCenterSession", "channels": ["chat"]}
    )
    assert (response.status_code, response.json()["statusCode"]) == (403, 5)


def test_a_partial_session_fails_for_the_chat_channel_only(stage: Stage) -> None:
    agent = stage(partial_session=True).agent()
    answer = agent.operate("StartContactCenterSession", channels=["voice", "chat"])
    assert answer["statusCode"] == 7
    assert [each["channel"] for each in answer["failed"]] == ["multimedia"]
    assert [each["channel"] for each in answer["succeeded"]] == ["voice"]


def test_the_version_needs_no_credentials(stage: Stage) -> None:
    assert stage().stranger().get("/api/v2/diagnostics/version").json() == {"statusCode": 0, "version": "8.5.202.96"}


def test_a_session_cookie_alone_authenticates(stage: Stage) -> None:
    agent = stage().agent()
    agent.get("/api/v2/me")
    agent.http.auth = None
    agent.http.trust_env = False
    assert agent.get("/api/v2/me").json()["user"]["userName"] == "agent1"


def test_unknown_urls_and_wrong_methods_are_told_apart(stage: Stage) -> None:
    agent = stage().agent()
    assert agent.get("/api/v2/nothing").status_code == 404
    assert agent.get("/").status_code == 404
    response = agent.http.delete(f"{agent.url}/api/v2/me/chats", timeout=TIMEOUT)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")


# the customer's side


def test_a_customer_needs_the_contact_center_id(stage: Stage) -> None:
    scene = stage()
    body = {"operationName": "RequestChat", "nickname": "P"}
    assert scene.stranger().post("/api/v2/chats", body).status_code == 403
    assert scene.stranger("agent1", scene.mock.agents["agent1"]).post("/api/v2/chats", body).status_code == 403


def test_a_customer_follows_the_chat_by_polling(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request()
    assert customer.look()["chat"]["state"] == "WaitingForAgent"
    chat = agent.invitation()
    agent.operate("Accept", chat, nickname="Marat")
    agent.operate("SendMessage", chat, text="hello")
    seen = customer.look()["chat"]
    assert seen["state"] == "Chatting"
    assert [(who["type"], who["participantId"]) for who in seen["participants"]] == [("Customer", "1"), ("Agent", "2")]
    messages = customer.look("/messages")["messages"]
    assert [message["type"] for message in messages] == ["ParticipantJoined", "ParticipantJoined", "Text"]
    assert set(messages[2]) == {"from", "index", "text", "type"}
    assert customer.look("/messages")["messages"] == []
    assert [message["index"] for message in customer.look("/messages?index=3")["messages"]] == [3]
    assert len(customer.look("/messages?index=0")["messages"]) == 3


def test_after_complete_a_customer_says_nothing_more(stage: Stage) -> None:
    customer = stage().customer()
    customer.request()
    assert customer.operate("Complete").status_code == 200
    assert customer.operate("SendMessage", text="x").status_code == 403
    assert customer.look()["chat"]["state"] == "Idle"


# start and stop


def test_stopping_cuts_parked_polls_and_leaves_no_thread() -> None:
    scene = Scene()
    agent = scene.agent().sign_in()
    cut: list[bool] = []

    def poll() -> None:
        try:
            agent.poll()
        except requests.ConnectionError:
            cut.append(True)

    thread = threading.Thread(target=poll)
    thread.start()
    scene.mock.until(lambda: scene.mock.cometd.parked("agent1") == 1)
    scene.close()
    thread.join(TIMEOUT)
    assert cut == [True]
    assert "gws-mock" not in [each.name for each in threading.enumerate()]


def test_a_stopped_mock_can_be_started_again() -> None:
    mock = Mock()
    mock.start()
    mock.stop()
    mock.stop()
    with mock:
        assert requests.get(f"{mock.url}/api/v2/diagnostics/version", timeout=TIMEOUT).status_code == 200


def test_a_mock_runs_once_at_a_time() -> None:
    with Mock() as mock, pytest.raises(MockError):
        mock.start()


def test_a_port_in_use_is_an_error_with_a_sentence() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MockError, match=f"cannot listen on 127.0.0.1, port {port}"):
            Mock(port=port).start()


def test_only_loopback_is_listened_on_under_the_name_localhost(stage: Stage) -> None:
    mock = stage().mock
    assert mock.url.startswith("http://localhost:")


def test_waiting_for_what_never_comes_ends_with_an_error(stage: Stage) -> None:
    with pytest.raises(MockError, match="did not come"):
        stage().mock.until(lambda: False, timeout=0.01)
