"""Who is offered a chat next: the queue of waiting chats and the choice of an agent.

What an offer costs does not grow with the number of agents.
"""

from __future__ import annotations

import bisect
import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gws_contract.mock.chat import Agent, Chat

Turn = tuple[int, int, int]
"""Open chats, when last idle, and place among the accounts: whoever has the lowest is offered a chat next."""

_OUT_OF_DATE = 8
"""Turns for each agent, more than which are not kept."""


class Queue:
    """Chats that wait for an agent, in the order they came to the server.

    Whoever changes whether an agent takes chats, which are open, or since when he is idle says so with `changed`.
    """

    def __init__(self, agents: Collection[Agent], capacity: int) -> None:
        self._capacity = capacity
        self._agents = list(agents)
        self._places = {agent.name: place for place, agent in enumerate(self._agents)}
        self._waiting: list[Chat] = []
        self._ready: dict[str, Agent] = {}
        """Those who take chats now, busy or not."""
        self._turns: list[Turn] = []
        """A heap with the turn of everybody who is ready and has room; turns that are out of date stand between."""

    def add(self, chat: Chat) -> None:
        """The chat waits; one that waits already stays where it is."""
        if chat not in self._waiting:
            bisect.insort(self._waiting, chat, key=lambda each: each.number)

    def discard(self, chat: Chat) -> None:
        """The chat waits no longer, if it did."""
        if chat in self._waiting:
            self._waiting.remove(chat)

    def changed(self, agent: Agent) -> None:
        """This agent takes chats or none, has others open than before, or is idle since another moment."""
        if not (agent.ready and agent.takes_chats):
            self._ready.pop(agent.name, None)
            return
        self._ready[agent.name] = agent
        turn = self._turn(agent)
        if turn[0] < self._capacity:
            heapq.heappush(self._turns, turn)
        if len(self._turns) > _OUT_OF_DATE * len(self._agents):
            turns = map(self._turn, self._ready.values())
            self._turns = [each for each in turns if each[0] < self._capacity]
            heapq.heapify(self._turns)

    def take(self) -> Iterator[tuple[Chat, Agent]]:
        """Every waiting chat that can be offered now, with the agent; the caller invites before asking for the next."""
        if self._waiting:
            for chat in list(self._waiting):
                if self._next() is None:
                    return
                agent = self._choose(chat)
                if agent is not None:
                    self._waiting.remove(chat)
                    yield chat, agent

    def _choose(self, chat: Chat) -> Agent | None:
        """The ready agent with the fewest open chats, of those the one idle longest; None: the chat waits.

        An agent who gave the chat away is asked again only if no other agent is ready, busy or not.
        """
        others = any(name not in chat.avoided for name in self._ready)
        passed_over: list[Turn] = []
        while (turn := self._next()) is not None and others and self._agents[turn[2]].name in chat.avoided:
            passed_over.append(heapq.heappop(self._turns))
        for each in passed_over:
            heapq.heappush(self._turns, each)
        return None if turn is None else self._agents[turn[2]]

    def _next(self) -> Turn | None:
        """The lowest turn that is still so; None if nobody has room."""
        while self._turns:
            turn = self._turns[0]
            agent = self._agents[turn[2]]
            if agent.name in self._ready and turn == self._turn(agent):
                return turn
            heapq.heappop(self._turns)
        return None

    def _turn(self, agent: Agent) -> Turn:
        return len(agent.open_chats), agent.idle_since, self._places[agent.name]
