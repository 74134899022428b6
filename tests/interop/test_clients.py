"""Clients of others, unchanged, at work with our mock: what a desktop developer would do with it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from gws_contract.mock.server import Mock, Options

from .peer import GUARD, Peer

StartPeer = Callable[..., Peer]

CLIENTS = {"cometd": "cometd_client.mjs", "faye": "faye_client.mjs", "aiocometd-ng": "aiocometd_client.py"}
NICKNAME = "𠮷 Zoë 😀"
CUSTOMER = "客 Åsa 🐙"
TEXT = "𝔠𝔲𝔯𝔦𝔬𝔲𝔰? 🧐 日本"


class Desk:
    """A mock, and its REST API as agents and customers use it."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    def ready(self, agent: str) -> None:
        """The agent takes offers from now on."""
        self.operate(agent, "/api/v2/me", "StartContactCenterSession", channels=["chat"])
        self.operate(agent, "/api/v2/me", "Ready")

    def operate(self, agent: str, path: str, name: str, **parameters: Any) -> None:
        credentials = (agent, self.mock.agents[agent])
        answer = self._post(path, {"operationName": name, **parameters}, auth=credentials)
        assert answer == {"statusCode": 0}

    def request_chat(self, nickname: str) -> str:
        """A customer asks for a chat; the customer's id of it."""
        id_: str = self._customer("/api/v2/chats", operationName="RequestChat", nickname=nickname)["id"]
        return id_

    def say(self, chat: str, text: str) -> None:
        self._customer(f"/api/v2/chats/{chat}", operationName="SendMessage", text=text)

    def _customer(self, path: str, **body: Any) -> Any:
        return self._post(path, body, headers={"ContactCenterId": self.mock.contact_center_id})

    def _post(self, path: str, body: dict[str, Any], **more: Any) -> Any:
        response = self._http.post(self.mock.url + path, json=body, timeout=GUARD, **more)
        assert response.status_code == 200, response.text
        self._http.cookies.clear()  # several agents share this session: each request stands for itself
        return response.json()


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    with ExitStack() as stack:

        def open_desk(**options: Any) -> Desk:
            desk = Desk(stack.enter_context(Mock(options=Options(**options))))
            stack.callback(desk.close)
            return desk

        yield open_desk


def log_in(start_peer: StartPeer, desk: Desk, client: str, agent: str, transport: str = "long-polling") -> Peer:
    """The client as the desktop of an agent; it is subscribed once it is heard to be ready."""
    credentials = f"{agent}:{desk.mock.agents[agent]}".encode()
    authorization = f"Basic {base64.b64encode(credentials).decode()}"
    return start_peer(CLIENTS[client], f"{desk.mock.url}/api/v2/notifications", authorization, transport)


def notification(peer: Peer) -> Any:
    return peer.hear("message")["data"]


def invitation(peer: Peer) -> str:
    """The id of the chat that the agent is invited to next."""
    chat = notification(peer)["chat"]
    assert chat["state"] == "Invited"
    id_: str = chat["id"]
    return id_


def sees_the_sequence_of_an_accept(peer: Peer, chat: str, agent: str, customer: str, texts: list[str]) -> None:
    """The next three notifications are those of the page, in its order, about this chat and these people."""
    status, people, history = (notification(peer) for _ in range(3))
    assert (status["messageType"], status["notificationType"]) == ("ChatStateChangeMessage", "StatusChange")
    assert (status["chat"]["state"], status["chat"]["id"]) == ("Chatting", chat)
    assert (people["messageType"], people["notificationType"]) == ("ChatStateChangeMessage", "ParticipantsUpdated")
    assert (people["chat"]["state"], people["chat"]["id"]) == ("Chatting", chat)
    present = [(each["type"], each["nickname"]) for each in people["chat"]["participants"]]
    assert present == [("Agent", agent), ("Customer", customer)]
    assert (history["messageType"], history["notificationType"]) == ("MessageLogUpdated", "NewMessages")
    assert history["chatUri"].endswith(f"/chats/{chat}")
    entries = [
        (each["index"], each["type"], each["from"]["nickname"], each.get("text")) for each in history["messages"]
    ]
    assert entries == [
        (1, "ParticipantJoined", customer, None),
        *((index, "Text", customer, text) for index, text in enumerate(texts, 2)),
        (len(texts) + 2, "ParticipantJoined", agent, None),
    ]


def sees_a_live_message(peer: Peer, text: str) -> None:
    """Nothing came between: what was heard before was all, and the client still listens."""
    data = notification(peer)
    assert [(each["type"], each["text"]) for each in data["messages"]] == [("Text", text)]


def plays_an_accept(desk: Desk, peer: Peer, agent: str) -> None:
    """A chat from its offer over the Accept to a live message."""
    desk.ready(agent)
    customers_id = desk.request_chat(CUSTOMER)
    desk.say(customers_id, TEXT)
    chat = invitation(peer)
    desk.operate(agent, f"/api/v2/me/chats/{chat}", "Accept", nickname=NICKNAME)
    sees_the_sequence_of_an_accept(peer, chat, NICKNAME, CUSTOMER, [TEXT])
    desk.say(customers_id, NICKNAME)
    sees_a_live_message(peer, NICKNAME)


@pytest.mark.parametrize("ack", [True, False], ids=["ack", "no-ack"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_receives_the_sequence_of_an_accept(
    client: str, ack: bool, open_desk: Callable[..., Desk], start_peer: StartPeer
) -> None:
    desk = open_desk(ack=ack)
    peer = log_in(start_peer, desk, client, "agent1")
    ready = peer.hear("ready")
    assert (ready["transport"], ready["ack"]) == ("long-polling", ack and client == "cometd")
    plays_an_accept(desk, peer, "agent1")
    peer.end()
    desk.mock.until(lambda: not desk.mock.broker.sessions_of("agent1"))


@pytest.mark.parametrize("client", ["faye", "aiocometd-ng"])
def test_a_client_receives_the_sequence_over_a_websocket(
    client: str, open_desk: Callable[..., Desk], start_peer: StartPeer
) -> None:
    desk = open_desk()
    peer = log_in(start_peer, desk, client, "agent1", "websocket")
    assert peer.hear("ready")["transport"] == "websocket"
    plays_an_accept(desk, peer, "agent1")
    peer.end()


def test_a_client_that_prefers_a_websocket_but_cannot_log_in_over_one_falls_back_to_polling(
    open_desk: Callable[..., Desk], start_peer: StartPeer
) -> None:
    desk = open_desk()
    peer = log_in(start_peer, desk, "cometd", "agent1", "any")
    assert peer.hear("ready")["transport"] == "long-polling"
    plays_an_accept(desk, peer, "agent1")
    peer.end()


def test_each_of_three_clients_hears_of_the_chats_of_its_own_agent_only(
    open_desk: Callable[..., Desk], start_peer: StartPeer
) -> None:
    desk = open_desk()
    agents = dict(zip(CLIENTS, ("agent1", "agent2", "agent3"), strict=True))
    peers = {agent: log_in(start_peer, desk, client, agent) for client, agent in agents.items()}
    chats: dict[str, tuple[str, str]] = {}
    for agent, peer in peers.items():
        peer.hear("ready")
        desk.ready(agent)
        customers_id = desk.request_chat(f"{CUSTOMER} of {agent}")
        # One at a time: whoever has no chat yet is the next to be invited.
        chats[agent] = (customers_id, invitation(peer))
    for agent, (_, chat) in chats.items():
        desk.operate(agent, f"/api/v2/me/chats/{chat}", "Accept", nickname=f"{NICKNAME} {agent}")
    for agent, (customers_id, _) in chats.items():
        desk.say(customers_id, f"{TEXT} {agent}")
    for agent, peer in peers.items():
        sees_the_sequence_of_an_accept(peer, chats[agent][1], f"{NICKNAME} {agent}", f"{CUSTOMER} of {agent}", [])
        sees_a_live_message(peer, f"{TEXT} {agent}")
        peer.end()
