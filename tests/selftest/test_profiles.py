"""Profiles compose quirks, and a server like those of one version of the product is conformant."""

from __future__ import annotations

import pytest

from gws_contract.mock import catalogue
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.quirks import QUIRKS
from gws_contract.mock.server import Mock
from gws_contract.scenario import Say, Scenario

from .mock_stage import AgentClient, Misuse, Scene

SCENARIO = Scenario("Jo", "Kim", before=(Say("Hello"),))


def test_the_profiles_have_names_of_their_own_and_quirks_that_exist() -> None:
    assert not PROFILES.keys() & (FAULTS.keys() | QUIRKS.keys())
    for profile in PROFILES.values():
        assert set(profile.quirks) <= QUIRKS.keys()
        assert len(set(profile.quirks)) == len(profile.quirks)


def test_a_profile_is_given_by_name_and_fresh_every_time() -> None:
    for name in PROFILES:
        (one,), (other,) = catalogue.named(name), catalogue.named(name)
        assert one is not other
    assert len(catalogue.named("like-8.6,history-first")) == 2


def test_the_listing_has_the_profiles_under_a_heading_of_their_own() -> None:
    lines = list(catalogue.listing())
    heading = next(at for at, line in enumerate(lines) if line.startswith("Profiles"))
    assert lines[heading + 1 :] == [f"  {profile.name:<36} {profile.says}" for profile in PROFILES.values()]


@pytest.mark.parametrize(
    ("name", "version"), [("like-8.5.200", "8.5.200.50"), ("like-8.5.202", "8.5.202.96"), ("like-8.6", "8.6.000.01")]
)
def test_a_profile_sets_the_options_of_its_version(name: str, version: str) -> None:
    options = Mock(variations=catalogue.named(name)).options
    assert (options.version, options.csrf, options.hold) == (version, name != "like-8.5.200", 20.0)
    assert not options.websocket


def test_what_was_captured_of_8_5_202_is_in_its_notifications() -> None:
    scene = Scene(*catalogue.named("like-8.5.202,history-twice"))
    try:
        agent = _signed_in(scene)
        scene.customer().request()
        chat = agent.invitation()
        token = _token(agent)
        agent.post(f"/api/v2/me/chats/{chat}", {"operationName": "Accept", "nickname": "M"}, headers=token)
        status, people, history, again = (agent.hear()["data"] for _ in range(4))
    finally:
        scene.close()
    assert all("metrics" in data for data in (status, people, history))
    assert "SetInFocus" in status["chat"]["capabilities"]
    assert "userData" in people["chat"]
    assert history["chatPath"] == f"/chats/{chat}"
    assert {entry["timestamp"][10] for entry in history["messages"]} == {" "}
    assert history == again, "a fault goes with a profile"


def _token(agent: AgentClient) -> dict[str, str]:
    headers = agent.get("/api/v2/me").headers
    return {headers["X-CSRF-HEADER"]: headers["X-CSRF-TOKEN"]}


def _signed_in(scene: Scene) -> AgentClient:
    agent = scene.agent()
    agent.handshake()
    for operation in ("StartContactCenterSession", "Ready"):
        assert agent.post("/api/v2/me", {"operationName": operation}, headers=_token(agent)).status_code == 200
    return agent


@pytest.mark.parametrize(("guard", "code"), [("json", 10), ("unknown-chat", 12), ("state", 2)])
def test_a_newer_server_refuses_with_codes_of_its_own(guard: str, code: int) -> None:
    scene = Scene(*catalogue.named("newer-version"))
    try:
        response = Misuse(scene).send(guard)
    finally:
        scene.close()
    assert response.json()["statusCode"] == code
