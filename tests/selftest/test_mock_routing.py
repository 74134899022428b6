"""Who is offered a chat, against looking at every agent each time; and what a desk of a night still knows."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator

import pytest

from gws_contract.mock import books, routing
from gws_contract.mock.chat import Agent, Chat
from gws_contract.mock.desk import Desk

AGENTS = 6
CAPACITY = 2


class Plainly(routing.Queue):
    """The same by looking at everybody."""

    def changed(self, agent: Agent) -> None:
        return

    def take(self) -> Iterator[tuple[Chat, Agent]]:
        for chat in list(self._waiting):
            ready = [agent for agent in self._agents if agent.ready and agent.takes_chats]
            if not any(len(agent.open_chats) < self._capacity for agent in ready):
                return
            agent = choose(chat, ready, self._capacity)
            if agent is not None:
                self._waiting.remove(chat)
                yield chat, agent


def choose(chat: Chat, ready: Collection[Agent], capacity: int) -> Agent | None:
    pool = [agent for agent in ready if agent.name not in chat.avoided] or ready
    free = [(len(agent.open_chats), agent.idle_since, agent) for agent in pool]
    free = [each for each in free if each[0] < capacity]
    return min(free, key=lambda each: each[:2])[2] if free else None


def desks(monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Desk]:
    names = [f"agent{number}" for number in range(AGENTS)]
    ours = Desk("http://localhost", names, capacity=CAPACITY)
    monkeypatch.setattr("gws_contract.mock.desk.Queue", Plainly)
    return ours, Desk("http://localhost", names, capacity=CAPACITY)


class Hand:
    """Does the same at a desk as at another: chats go by their ordinals."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.chats: list[Chat] = []

    def do(self, step: int, which: int, who: int, other: int) -> None:
        desk, agent = self.desk, self.desk.agents[f"agent{who}"]
        target = self.desk.agents[f"agent{other}"]
        if step == 0 or not self.chats:
            self.chats.append(desk.request_chat("P")[0].cause.chat)
            return
        chat = self.chats[which % len(self.chats)]
        state = agent.state_of(chat)
        match step:
            case 1:
                desk.start_session(agent, ["chat"])
                desk.set_ready(agent, ready=True)
            case 2:
                desk.set_ready(agent, ready=False)
            case 3:
                desk.end_session(agent)
            case 4 if not chat.over:
                desk.customer_leaves(chat)
            case _ if state == "Invited":
                (desk.reject if step == 5 else lambda c, a: desk.accept(c, a, "M"))(chat, agent)
            case 6 if state in ("Chatting", "LeftChat"):
                desk.leave(chat, agent)
            case 7 if state in ("Chatting", "LeftChat"):
                desk.complete(chat, agent)
            case 8 if state == "Chatting" and chat.customer_here:
                free = (
                    target is not agent and target.takes_chats and target.state_of(chat) not in ("Invited", "Chatting")
                )
                desk.transfer(chat, agent, target if free else None)

    def states(self) -> list[dict[str, str]]:
        return [{name: str(state) for name, state in chat.states.items()} for chat in self.chats]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_offered_to_whom_looking_at_everybody_finds(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    drawn = random.Random(seed)
    ours, plain = (Hand(desk) for desk in desks(monkeypatch))
    for _ in range(300):
        move = (drawn.randrange(9), drawn.randrange(12), drawn.randrange(AGENTS), drawn.randrange(AGENTS))
        ours.do(*move)
        plain.do(*move)
        assert ours.states() == plain.states()


def accepted(desk: Desk) -> Chat:
    chat = desk.request_chat("P")[0].cause.chat
    (agent,) = [desk.agents[name] for name in chat.invited]
    desk.accept(chat, agent, "M")
    desk.complete(chat, agent)
    return chat


def a_desk(agents: int) -> Desk:
    desk = Desk("http://localhost", [f"agent{number}" for number in range(agents)])
    for agent in desk.agents.values():
        desk.start_session(agent, ["chat"])
        desk.set_ready(agent, ready=True)
    return desk


def test_turns_that_are_out_of_date_do_not_pile_up() -> None:
    desk = a_desk(3)
    for _ in range(200):
        accepted(desk)
    assert len(desk._queue._turns) <= 8 * 3


def test_an_agent_is_found_by_his_id() -> None:
    desk = a_desk(2)
    agent = desk.agents["agent1"]
    assert desk.target(f"http://localhost/api/v2/users/{agent.id}") is agent
    assert desk.target("http://localhost/api/v2/users/nobody") is None


def test_only_the_latest_chats_that_are_over_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "REMEMBERED", 3)
    desk = a_desk(1)
    going_on = desk.request_chat("P")[0].cause.chat
    chats = [accepted(desk) for _ in range(5)]
    assert [desk.chat(chat.id) is chat for chat in chats] == [False, False, True, True, True]
    assert [desk.chat_of_customer(chat.customer_id) is chat for chat in chats] == [False, False, True, True, True]
    assert desk.chat(going_on.id) is going_on
    assert desk.request_chat("P")[0].cause.chat.number == 7
