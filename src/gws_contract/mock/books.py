"""Numbers, times and entries: what every operation of the desk writes down in the same way."""

from __future__ import annotations

import secrets
import uuid
from collections import Counter, deque
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from gws_contract.mock.chat import Agent, Chat, Entry, Participant, State
from gws_contract.mock.variation import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

PACIFIC = timezone(timedelta(hours=-8))
"""The zone of the page's samples."""
REMEMBERED = 5000
"""Chats that are over and can still be asked for; a server that runs for days forgets the others."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pacific_now() -> datetime:
    """The wall clock in the zone of the samples."""
    return datetime.now(PACIFIC)


class Books:
    """All chats of a server whose URL is `base`; `clock` tells the time of every entry."""

    def __init__(self, base: str, clock: Callable[[], datetime]) -> None:
        self.chats: dict[str, Chat] = {}
        self.by_customer: dict[str, Chat] = {}
        self._base, self._clock = base, clock
        self._last = datetime.min.replace(tzinfo=PACIFIC)
        self._ordinals: Counter[str] = Counter()
        self._participant = secrets.randbits(40)
        self._tick = self._opened = 0
        self._ended: deque[Chat] = deque()

    def open(self, nickname: str, subject: str | None, user_data: dict[str, Any]) -> Chat:
        """A new chat, its customer in it."""
        self._opened += 1
        number = self._opened
        chat_id = f"0000{_base36(secrets.randbelow(36**7)):0>7}{_base36(number):0>5}"
        chat = Chat(
            id=chat_id,
            customer_id=str(uuid.uuid4()),
            number=number,
            uri=f"{self._base}/api/v2/chats/{chat_id}",
            customer=self.participant("Customer", nickname),
            subject=subject,
            user_data=user_data,
            received=self.now(),
        )
        self.chats[chat.id] = self.by_customer[chat.customer_id] = chat
        self.enter(chat, "ParticipantJoined", chat.customer)
        return chat

    def participant(self, kind: str, nickname: str) -> Participant:
        """A new presence in a chat."""
        self._participant += 1
        return Participant(kind, nickname, f"{self._participant:016X}")

    def enter(self, chat: Chat, kind: str, sender: Participant, text: str | None = None) -> Entry:
        """A new last entry of the chat's history."""
        line = Entry(len(chat.history) + 1, kind, sender, self.now(), text)
        chat.history.append(line)
        if kind == "ParticipantJoined":
            chat.numbers[sender.id] = len(chat.numbers) + 1
        return line

    def depart(self, chat: Chat, agent: Agent) -> Entry:
        """The agent is no longer in the chat; the entry that says so."""
        me = chat.joined.pop(agent.name)
        chat.former.append(me)
        return self.enter(chat, "ParticipantLeft", me)

    def close(self, chat: Chat, agent: Agent, state: State) -> None:
        """The chat is over for this agent."""
        chat.states[agent.name] = state
        agent.chats.pop(chat.id, None)
        agent.idle_since = self.tick()

    def cause(
        self, operation: str, chat: Chat, agent: Agent | None, nickname: str = "", participant_id: str = ""
    ) -> Cause:
        """The next cause of this operation, with how things stand now."""
        self._ordinals[operation] += 1
        return Cause(
            operation=operation,
            chat=chat,
            agent=agent,
            nickname=nickname,
            number=self._ordinals[operation],
            participant_id=participant_id,
            entries=len(chat.history),
            elsewhere=tuple([each.id for each in agent.chatting if each is not chat]) if agent else (),
            left_before=tuple([who.nickname for who in chat.former]),
        )

    def end(self, chat: Chat) -> None:
        """The chat is over for everybody; of those that are only the latest are remembered."""
        assert not chat.ended
        chat.ended = True
        self._ended.append(chat)
        if len(self._ended) > REMEMBERED:
            forgotten = self._ended.popleft()
            del self.chats[forgotten.id], self.by_customer[forgotten.customer_id]

    def now(self) -> datetime:
        """The time on the clock, never going back."""
        self._last = max(self._last, self._clock())
        return self._last

    def tick(self) -> int:
        """A number higher than all before."""
        self._tick += 1
        return self._tick


def next_reference(agent: Agent) -> int:
    """The referenceId of the agent's next operation."""
    agent.reference += 1
    return agent.reference


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
