"""The fault swapped-under-concurrency: only an Accept beside another one goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gws_contract.mock.faults import FAULTS, conditional

from .mock_stage import AgentClient, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

RIGHT = ["StatusChange", "ParticipantsUpdated", "NewMessages"]
SWAPPED = ["ParticipantsUpdated", "StatusChange", "NewMessages"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def invited(stage: Stage) -> list[tuple[AgentClient, str]]:
    """Two agents, each with an invitation."""
    scene = stage(FAULTS["swapped-under-concurrency"].make())
    agents = [scene.agent(name).sign_in() for name in ("agent1", "agent2")]
    for _ in agents:
        scene.customer().request()
    return [(agent, agent.invitation()) for agent in agents]


def sequence(agent: AgentClient) -> list[str]:
    return [agent.hear()["data"]["notificationType"] for _ in RIGHT]


def test_the_later_of_two_accepts_that_are_under_way_is_swapped(stage: Stage) -> None:
    pairs = invited(stage)
    for agent, chat in pairs:
        agent.operate("Accept", chat, nickname="M")
    assert [sequence(agent) for agent, _ in pairs] == [RIGHT, SWAPPED]


def test_an_accept_whose_notifications_were_fetched_is_under_way_no_longer(stage: Stage) -> None:
    for agent, chat in invited(stage):
        agent.operate("Accept", chat, nickname="M")
        assert sequence(agent) == RIGHT


def test_an_accept_that_nobody_polls_for_is_forgotten(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "_FORGOTTEN", 0.0)
    pairs = invited(stage)
    for agent, chat in pairs:
        agent.operate("Accept", chat, nickname="M")
    assert [sequence(agent) for agent, _ in pairs] == [RIGHT, RIGHT]
