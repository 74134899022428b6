"""What real servers do with sessions: CSRF tokens that change, channels that fail, agents who are logged in already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .mock_stage import AgentClient, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

START = {"operationName": "StartContactCenterSession"}
BACKEND = "Interaction server connection is not opened"
MULTIMEDIA = {"channel": "multimedia", "statusCode": 4, "statusMessage": BACKEND}
VOICE = {"channel": "voice", "statusCode": 4, "statusMessage": "Device '5001' is not registered."}


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def started(agent: AgentClient, *channels: str) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of a StartContactCenterSession with these channels."""
    response = agent.post("/api/v2/me", {**START, "channels": list(channels)})
    return response.status_code, response.json()


# tokens


def token(agent: AgentClient) -> dict[str, str]:
    headers = agent.get("/api/v2/me").headers
    return {headers["X-CSRF-HEADER"]: headers["X-CSRF-TOKEN"]}


def test_a_token_is_replaced_after_so_many_changing_requests(stage: Stage) -> None:
    agent = stage(csrf=True, csrf_lifetime=2).agent()
    old = token(agent)
    assert [agent.post("/api/v2/me", START, headers=old).status_code for _ in range(3)] == [200, 200, 403]
    refused = agent.post("/api/v2/me/chats/0", {"operationName": "Accept"}, headers=old)
    assert (refused.status_code, refused.json()["statusMessage"]) == (403, "Missing or invalid Csrf token")
    new = token(agent)
    assert new != old
    assert agent.post("/api/v2/me", START, headers=new).status_code == 200


def test_requests_on_chats_use_a_token_up_too(stage: Stage) -> None:
    agent = stage(csrf=True, csrf_lifetime=2).agent()
    old = token(agent)
    statuses = [agent.post("/api/v2/me/chats/0", {"operationName": "Accept"}, headers=old).status_code for _ in "123"]
    assert statuses == [404, 404, 403]


def test_a_wrong_token_uses_nothing_up(stage: Stage) -> None:
    agent = stage(csrf=True, csrf_lifetime=1).agent()
    right = token(agent)
    assert agent.post("/api/v2/me", START, headers={"X-CSRF-TOKEN": "wrong"}).status_code == 403
    assert token(agent) == right


def test_a_token_lives_as_long_as_its_session_if_nothing_is_said(stage: Stage) -> None:
    agent = stage(csrf=True).agent()
    old = token(agent)
    assert {agent.post("/api/v2/me", START, headers=old).status_code for _ in range(5)} == {200}
    assert token(agent) == old


# contact center sessions


def test_a_strict_server_starts_no_second_session(stage: Stage) -> None:
    agent = stage(strict_sessions=True).agent()
    assert started(agent, "chat") == (200, {"statusCode": 0})
    assert started(agent, "chat") == (403, {"statusCode": 2, "statusMessage": "The agent is already logged in"})
    agent.operate("EndContactCenterSession")
    assert started(agent, "chat") == (200, {"statusCode": 0})


def test_where_chats_are_called_multimedia_nobody_finds_the_channel_chat(stage: Stage) -> None:
    scene = stage(channel_name="multimedia")
    agent = scene.agent()
    assert started(agent, "chat") == (200, {"statusCode": 7, "failed": [MULTIMEDIA], "succeeded": []})
    assert agent.post("/api/v2/me", {"operationName": "Ready"}).status_code == 403
    voice = [{"channel": "voice"}]
    assert started(agent, "voice", "chat") == (200, {"statusCode": 7, "failed": [MULTIMEDIA], "succeeded": voice})
    agent.operate("Ready")
    scene.customer().request()
    assert agent.get("/api/v2/me/chats").json()["chats"] == []


def test_where_chats_are_called_multimedia_who_asks_so_is_offered_chats(stage: Stage) -> None:
    scene = stage(channel_name="multimedia")
    agent = scene.agent()
    agent.handshake()
    assert started(agent, "multimedia") == (200, {"statusCode": 0})
    assert agent.post("/api/v2/me/channels/multimedia", {"operationName": "Ready"}).status_code == 200
    (channel,) = agent.get("/api/v2/me/channels").json()["channels"]
    assert (channel["channel"], channel["userState"]["state"]) == ("multimedia", "Ready")
    assert agent.get("/api/v2/me/channels/chat").status_code == 404
    scene.customer().request()
    assert agent.invitation()


def test_a_voice_channel_that_fails_leaves_the_chat_channel(stage: Stage) -> None:
    scene = stage(voice_down=True)
    agent = scene.agent()
    agent.handshake()
    chat = [{"channel": "chat"}]
    assert started(agent, "voice", "chat") == (200, {"statusCode": 7, "failed": [VOICE], "succeeded": chat})
    agent.operate("Ready")
    scene.customer().request()
    assert agent.invitation()


@pytest.mark.parametrize(
    ("options", "channel", "message"),
    [({"voice_down": True}, "voice", VOICE["statusMessage"]), ({"partial_session": True}, "chat", BACKEND)],
)
def test_if_every_channel_fails_there_is_one_code_only(
    stage: Stage, options: dict[str, Any], channel: str, message: str
) -> None:
    assert started(stage(**options).agent(), channel) == (500, {"statusCode": 4, "statusMessage": message})


def test_a_session_that_cannot_be_started_anew_goes_on(stage: Stage) -> None:
    scene = stage(voice_down=True)
    agent = scene.agent().sign_in()
    assert started(agent, "voice")[0] == 500
    scene.customer().request()
    assert agent.invitation()


# what an earlier client left, and who one is


def test_chats_that_an_earlier_client_left_are_listed_with_what_is_known_of_them(stage: Stage) -> None:
    scene = stage()
    agent, customer = scene.agent().sign_in(), scene.customer()
    customer.request(subject="first", userData={"marker": "1"})
    accepted = agent.invitation()
    agent.operate("Accept", accepted, nickname="M")
    customer.request(subject="second", userData={"marker": "2"})
    agent.close()
    later = scene.agent()
    left = later.get("/api/v2/me/chats?fields=*").json()["chats"]
    assert [(chat["state"], chat["subject"], chat["userData"]["marker"]) for chat in left] == [
        ("Chatting", "first", "1"),
        ("Invited", "second", "2"),
    ]
    later.operate("Complete", accepted)
    assert [chat["state"] for chat in later.get("/api/v2/me/chats?fields=*").json()["chats"]] == ["Invited"]


def test_an_account_is_shown_as_a_real_server_shows_it(stage: Stage) -> None:
    agent = stage().agent()
    agent.operate("StartContactCenterSession", channels=["voice", "chat"])
    answer = agent.get("/api/v2/me?subresources=*").json()
    user = answer["user"]
    assert (answer["statusCode"], user["userName"], user["roles"]) == (0, "agent1", ["ROLE_AGENT"])
    assert {"id", "firstName", "lastName", "features", "settings", "skills", "calls", "chats", "channels"} <= set(user)
    assert user["changePasswordOnFirstLogin"] is False
    assert [(each["phoneNumber"], each["userState"]["state"]) for each in user["devices"]] == [("5001", "NotReady")]
