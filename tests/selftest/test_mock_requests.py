"""What the mock answers to requests that a run does not make, as a desktop under development may."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import requests

from gws_contract.mock.guards import REFUSALS

from .mock_stage import TIMEOUT, AgentClient, Scene, Stage, staged

NOWHERE = "/api/v2/me/chats/0000AAAAAAAAAAAA"


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def refusal(answer: requests.Response) -> str:
    """The guard that refuses so."""
    said = (answer.status_code, answer.json()["statusCode"], answer.json()["statusMessage"])
    return {words: guard for guard, words in REFUSALS.items()}[said]


def in_a_chat(scene: Scene) -> tuple[AgentClient, str]:
    agent = scene.agent().sign_in()
    scene.customer().request()
    chat = agent.invitation()
    agent.operate("Accept", chat, nickname="Marat")
    return agent, chat


def states(scene: Scene) -> dict[str, str]:
    """Of the only chat, by agent."""
    (chat,) = scene.mock.call(lambda: list(scene.mock.desk.books.chats.values()))
    return {name: str(state) for name, state in chat.states.items()}


# ---- agents


def test_an_agent_without_the_feature_reads_no_chats(stage: Stage) -> None:
    scene = stage()
    ((guest, password),) = scene.mock.without_feature.items()
    assert refusal(scene.stranger(guest, password).get("/api/v2/me/chats")) == "feature"


def test_a_chat_that_there_is_not_cannot_be_read(stage: Stage) -> None:
    assert refusal(stage().agent().get(NOWHERE)) == "unknown-chat"


def test_a_chat_of_somebody_else_cannot_be_read(stage: Stage) -> None:
    scene = stage()
    _, chat = in_a_chat(scene)
    assert refusal(scene.agent("agent2").get(f"/api/v2/me/chats/{chat}")) == "not-offered"


def test_a_change_of_the_session_names_its_operation(stage: Stage) -> None:
    agent = stage().agent()
    assert refusal(agent.post("/api/v2/me", {"channels": ["chat"]})) == "operation-missing"
    assert refusal(agent.post("/api/v2/me", ["Ready"])) == "json"


@pytest.mark.parametrize("channels", ["chat", [], [5]])
def test_channels_are_a_list_of_names(stage: Stage, channels: object) -> None:
    answer = stage().agent().post("/api/v2/me", {"operationName": "StartContactCenterSession", "channels": channels})
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 1)
    assert "list of channel names" in answer.json()["statusMessage"]


def test_an_agent_who_types_is_seen_by_the_customer(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request()
    chat = agent.invitation()
    agent.operate("Accept", chat, nickname="Marat")
    agent.operate("SendStartTypingNotification", chat)
    agent.operate("SendStopTypingNotification", chat)
    seen = [message["type"] for message in customer.look("/messages")["messages"]]
    assert seen[-2:] == ["TypingStarted", "TypingStopped"]


def test_an_agent_may_look_at_a_chat_and_nothing_happens(stage: Stage) -> None:
    scene = stage()
    agent, chat = in_a_chat(scene)
    assert agent.operate("InFocus", chat) == {"statusCode": 0}
    assert states(scene) == {"agent1": "Chatting"}


def test_an_agent_may_ask_another_into_the_chat(stage: Stage) -> None:
    scene = stage()
    agent, chat = in_a_chat(scene)
    other = scene.agent("agent2").sign_in()
    agent.operate("Invite", chat, targetUri=f"{scene.mock.url}/api/v2/users/agent2")
    assert other.invitation() == chat
    assert states(scene) == {"agent1": "Chatting", "agent2": "Invited"}


def test_who_has_left_a_chat_may_complete_it_for_the_customer_who_waits(stage: Stage) -> None:
    scene = stage()
    agent, chat = in_a_chat(scene)
    agent.operate("NotReady")
    agent.operate("Leave", chat)
    assert states(scene) == {"agent1": "LeftChat"}
    agent.operate("Complete", chat)
    (ended,) = scene.mock.call(lambda: list(scene.mock.desk.books.chats.values()))
    assert ended.ended


def test_who_has_left_a_chat_may_leave_it_for_good(stage: Stage) -> None:
    scene = stage()
    agent, chat = in_a_chat(scene)
    agent.operate("NotReady")
    agent.operate("Leave", chat)
    agent.operate("Leave", chat)
    assert states(scene) == {"agent1": "Completed"}


def test_a_chat_that_waits_and_is_handed_to_the_queue_again_is_offered_once(stage: Stage) -> None:
    scene = stage()
    agent, chat = in_a_chat(scene)
    agent.operate("NotReady")
    agent.operate("Leave", chat)
    agent.operate("Transfer", chat, queueName="chats")
    other = scene.agent("agent2").sign_in()
    assert other.invitation() == chat
    other.operate("NotReady")
    agent.operate("Ready")
    other.operate("Reject", chat)
    assert states(scene) == {"agent1": "Invited", "agent2": "Completed"}


# ---- customers


@pytest.mark.parametrize("tail", ["/1/2/3", "/1/history"])
def test_a_customer_finds_nothing_at_other_urls(stage: Stage, tail: str) -> None:
    assert stage().customer().get(f"/api/v2/chats{tail}").status_code == 404


@pytest.mark.parametrize(("tail", "allowed"), [("", "POST"), ("/1", "GET, POST"), ("/1/messages", "GET")])
def test_a_customer_is_told_what_a_url_is_for(stage: Stage, tail: str, allowed: str) -> None:
    customer = stage().customer()
    answer = customer.http.delete(f"{customer.url}/api/v2/chats{tail}", timeout=TIMEOUT)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "no JSON object"),
        ({"nickname": "P"}, "operationName is missing"),
        ({"operationName": "Complete"}, "no such operation"),
        ({"operationName": "RequestChat"}, "nickname is missing"),
        ({"operationName": "RequestChat", "nickname": "P", "userData": []}, "userData is no object"),
        ({"operationName": "RequestChat", "nickname": "P", "subject": 5}, "subject is no string"),
    ],
)
def test_a_request_for_a_chat_that_is_wrong_is_refused(stage: Stage, body: object, words: str) -> None:
    answer = stage().customer().post("/api/v2/chats", body)
    assert answer.status_code == 400
    assert words in answer.json()["statusMessage"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"operationName": "RequestChat", "nickname": "P"}, "no such operation"),
        ({"operationName": "SendMessage"}, "text is missing"),
    ],
)
def test_what_a_customer_cannot_do_in_a_chat_is_refused(stage: Stage, body: object, words: str) -> None:
    customer = stage().customer()
    answer = customer.post(f"/api/v2/chats/{customer.request()}", body)
    assert answer.status_code == 400
    assert words in answer.json()["statusMessage"]


# ---- CometD


def test_cometd_is_posted_to(stage: Stage) -> None:
    answer = stage().agent().get("/api/v2/notifications")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_connect_that_does_not_come_alone_is_not_held(stage: Stage) -> None:
    agent = stage().agent().sign_in()
    connect = {"channel": "/meta/connect", "clientId": agent.client_id, "connectionType": "long-polling"}
    subscribe = {"channel": "/meta/subscribe", "clientId": agent.client_id, "subscription": "/v2/me/calls"}
    assert [reply["channel"] for reply in agent.bayeux(subscribe, connect)] == ["/meta/subscribe", "/meta/connect"]
    assert [reply["channel"] for reply in agent.bayeux(connect, connect)] == ["/meta/connect"] * 2


def test_a_message_without_a_channel_is_an_error(stage: Stage) -> None:
    agent = stage().agent().sign_in()
    (reply,) = agent.bayeux({"clientId": agent.client_id, "data": {}})
    assert (reply["successful"], reply["error"]) == (False, "400::channel_missing")


def test_what_is_published_to_a_service_reaches_nobody(stage: Stage) -> None:
    scene = stage()
    agent = scene.agent().sign_in()
    own = {"clientId": agent.client_id, "channel": "/meta/subscribe", "subscription": "/**"}
    agent.bayeux(own)
    (reply,) = agent.bayeux({"clientId": agent.client_id, "channel": "/service/log", "data": {}})
    assert reply["successful"] is True
    scene.customer().request()
    assert agent.hear()["data"]["chat"]["state"] == "Invited"


def test_a_poll_whose_hold_ends_after_it_was_woken_is_answered_once(stage: Stage) -> None:
    scene = stage(hold=0.2)
    agent = scene.agent().sign_in()
    assert [message["channel"] for message in agent.poll()] == ["/meta/connect"]
    scene.customer().request()
    assert agent.hear()["data"]["chat"]["state"] == "Invited"


def by_websocket(scene: Scene, talk: Any, agent: str = "agent1") -> Any:
    """What `talk` makes of an open websocket."""

    async def run() -> Any:
        secret = base64.b64encode(f"{agent}:{scene.mock.agents.get(agent, '')}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.ws_connect(f"{scene.mock.url}/api/v2/notifications") as ws,
        ):
            return await asyncio.wait_for(talk(ws), TIMEOUT)

    return asyncio.run(run())


async def shaken(ws: aiohttp.ClientWebSocketResponse) -> str:
    await ws.send_json([{"channel": "/meta/handshake", "supportedConnectionTypes": ["websocket"]}])
    (reply,) = await ws.receive_json()
    return str(reply["clientId"])


def test_nobody_without_credentials_opens_a_websocket(stage: Stage) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        by_websocket(stage(), shaken, "nobody")
    assert refused.value.status == 403


def test_binary_frames_of_a_websocket_are_passed_over(stage: Stage) -> None:
    async def talk(ws: aiohttp.ClientWebSocketResponse) -> str:
        await ws.send_bytes(b"[]")
        return await shaken(ws)

    assert by_websocket(stage(), talk)


def test_an_unknown_client_is_told_so_by_websocket(stage: Stage) -> None:
    async def talk(ws: aiohttp.ClientWebSocketResponse) -> Any:
        await ws.send_json([{"channel": "/meta/connect", "clientId": "nobody", "connectionType": "websocket"}])
        return await ws.receive_json()

    assert by_websocket(stage(), talk)[0]["error"] == "402::Unknown client"


def test_the_older_of_two_connects_of_a_websocket_is_not_answered(stage: Stage) -> None:
    async def talk(ws: aiohttp.ClientWebSocketResponse) -> list[Any]:
        client = await shaken(ws)

        async def connect(number: str) -> None:
            message = {"channel": "/meta/connect", "clientId": client, "connectionType": "websocket", "id": number}
            await ws.send_json([message])

        await connect("first")
        answers = [await ws.receive_json()]
        await connect("older")
        await connect("newer")
        await ws.send_json([{"channel": "/meta/disconnect", "clientId": client, "id": "end"}])
        return [*answers, await ws.receive_json(), await ws.receive_json()]

    answers = by_websocket(stage(hold=TIMEOUT), talk)
    assert [reply["id"] for answer in answers for reply in answer] == ["first", "newer", "end"]


def test_a_connect_of_a_websocket_is_answered_when_its_hold_ends(stage: Stage) -> None:
    async def talk(ws: aiohttp.ClientWebSocketResponse) -> Any:
        client = await shaken(ws)
        for _ in range(2):
            await ws.send_json([{"channel": "/meta/connect", "clientId": client, "connectionType": "websocket"}])
            (reply,) = await ws.receive_json()
        return reply

    assert by_websocket(stage(hold=0.1), talk)["successful"] is True


def test_a_handshake_that_fails_leaves_no_session_to_push_to(stage: Stage) -> None:
    async def talk(ws: aiohttp.ClientWebSocketResponse) -> Any:
        await ws.send_json([{"channel": "/meta/handshake", "supportedConnectionTypes": ["callback-polling"]}])
        return await ws.receive_json()

    scene = stage()
    assert by_websocket(scene, talk)[0]["successful"] is False
    assert scene.mock.call(lambda: dict(scene.mock.broker.sessions)) == {}


def test_of_what_is_asked_on_its_thread_the_caller_gets_the_error(stage: Stage) -> None:
    with pytest.raises(ZeroDivisionError):
        stage().mock.call(lambda: 1 / 0)
