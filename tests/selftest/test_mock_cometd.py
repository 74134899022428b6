"""CometD of the mock over real HTTP and websocket."""

from __future__ import annotations

import asyncio
import base64
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests

from .mock_stage import CHATS, TIMEOUT, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def test_cometd_needs_credentials(stage: Stage) -> None:
    response = stage().stranger().post("/api/v2/notifications", [{"channel": "/meta/handshake"}])
    assert (response.status_code, response.json()["statusCode"]) == (403, 20)


def test_an_unknown_client_is_told_to_shake_hands(stage: Stage) -> None:
    (reply,) = stage().agent().bayeux({"channel": "/meta/connect", "clientId": "nobody", "id": "3"})
    assert reply["error"] == "402::Unknown client"
    assert reply["advice"] == {"reconnect": "handshake", "interval": 0}


def test_a_bare_object_is_as_good_as_an_array_and_any_tail_of_the_path_will_do(stage: Stage) -> None:
    agent = stage().agent()
    response = agent.post(
        "/api/v2/notifications/handshake", {"channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"]}
    )
    assert response.json()[0]["successful"] is True


def test_the_session_of_one_agent_is_nothing_to_another(stage: Stage) -> None:
    scene = stage(cookie=False)
    agent, other = scene.agent().sign_in(), scene.agent("agent2")
    (reply,) = other.bayeux({"channel": "/meta/connect", "clientId": agent.client_id})
    assert reply["successful"] is False


def test_malformed_bayeux_is_a_bad_request(stage: Stage) -> None:
    agent = stage().agent()
    for body in (b"{not json", b"[1]", b""):
        assert agent.post("/api/v2/notifications", data=body).status_code == 400
    assert agent.post("/api/v2/notifications", data=b"[]").status_code == 500


def test_the_older_of_two_polls_is_answered_with_500(stage: Stage) -> None:
    scene = stage()
    agent, second = scene.agent().sign_in(), scene.agent()
    second.http.cookies.update(agent.http.cookies)
    second.client_id = agent.client_id
    statuses: list[int] = []
    connect = [{"channel": "/meta/connect", "clientId": agent.client_id}]

    def older() -> None:
        statuses.append(agent.post("/api/v2/notifications", connect).status_code)

    thread = threading.Thread(target=older)
    thread.start()
    scene.mock.until(lambda: scene.mock.cometd.parked("agent1") == 1)
    newer = threading.Thread(target=second.poll)
    newer.start()
    thread.join(TIMEOUT)
    scene.customer().request()
    newer.join(TIMEOUT)
    assert statuses == [500]


def test_a_forgotten_session_is_unknown_to_the_next_connect(stage: Stage) -> None:
    scene = stage()
    agent = scene.agent().sign_in()
    scene.mock.forget("agent1")
    assert agent.poll()[0]["error"] == "402::Unknown client"


def test_a_poll_that_was_cut_loses_what_woke_it(stage: Stage) -> None:
    scene = stage()
    agent = scene.agent().sign_in()
    broken: list[bool] = []

    def poll() -> None:
        try:
            agent.poll()
        except requests.ConnectionError:
            broken.append(True)

    thread = threading.Thread(target=poll)
    thread.start()
    scene.mock.until(lambda: scene.mock.cometd.parked("agent1") == 1)
    assert scene.mock.hang_up("agent1") == 1
    thread.join(TIMEOUT)
    customer = scene.customer()
    customer.request("lost")
    customer.request("found")
    assert agent.hear()["data"]["chat"]["id"] == scene.mock.call(lambda: list(scene.mock.desk.books.chats))[1]
    assert broken == [True]


def test_replies_come_first_if_told_so(stage: Stage) -> None:
    scene = stage(replies_first=True)
    agent = scene.agent().sign_in()
    scene.customer().request()
    assert [message["channel"] for message in agent.poll()] == ["/meta/connect", CHATS]


def test_a_websocket_is_pushed_to(stage: Stage) -> None:
    scene = stage()
    scene.agent().sign_in()

    async def listen() -> dict[str, Any]:
        secret = base64.b64encode(f"agent1:{scene.mock.agents['agent1']}".encode()).decode()
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Basic {secret}"}) as http,
            http.ws_connect(f"{scene.mock.url}/api/v2/notifications") as ws,
        ):
            await ws.send_json([{"channel": "/meta/handshake", "supportedConnectionTypes": ["websocket"]}])
            (shaken,) = await ws.receive_json()
            client = shaken["clientId"]
            await ws.send_json([{"channel": "/meta/subscribe", "clientId": client, "subscription": "/v2/me/*"}])
            assert (await ws.receive_json())[0]["successful"] is True
            await ws.send_json([{"channel": "/meta/connect", "clientId": client, "connectionType": "websocket"}])
            await ws.receive_json()
            await asyncio.to_thread(scene.customer().request)
            received: list[dict[str, Any]] = await ws.receive_json()
            (message,) = received
            return message

    assert asyncio.run(listen())["data"]["chat"]["state"] == "Invited"
