"""Who is offered a chat next: the queue of waiting chats and the choice of an agent."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gws_contract.mock.chat import Agent, Chat


class Queue:
    """Chats that wait for an agent, in the order they came to the server."""

    def __init__(self, agents: Collection[Agent], capacity: int) -> None:
        self._agents, self._capacity = agents, capacity
        self._waiting: list[Chat] = []

    def __contains__(self, chat: object) -> bool:
        return chat in self._waiting

    def add(self, chat: Chat) -> None:
        """The chat waits; one that waits already stays where it is."""
        if chat not in self._waiting:
            bisect.insort(self._waiting, chat, key=lambda each: each.number)

    def discard(self, chat: Chat) -> None:
        """The chat waits no longer, if it did."""
        if chat in self._waiting:
            self._waiting.remove(chat)

    def take(self) -> Iterator[tuple[Chat, Agent]]:
        """Every waiting chat that can be offered now, with the agent; the caller invites before asking for the next."""
        for chat in list(self._waiting):
            ready = [agent for agent in self._agents if agent.ready and agent.takes_chats]
            if not any(len(agent.open_chats) < self._capacity for agent in ready):
                return
            agent = choose(chat, ready, self._capacity)
            if agent is not None:
                self._waiting.remove(chat)
                yield chat, agent


def choose(chat: Chat, ready: Collection[Agent], capacity: int) -> Agent | None:
    """The ready agent with the fewest open chats below `capacity`, of those the one idle longest; None: it waits.

    An agent who gave the chat away is asked again only if no other agent is ready, busy or not.
    """
    pool = [agent for agent in ready if agent.name not in chat.avoided] or ready
    free = [(len(agent.open_chats), agent.idle_since, agent) for agent in pool]
    free = [each for each in free if each[0] < capacity]
    return min(free, key=lambda each: each[:2])[2] if free else None
