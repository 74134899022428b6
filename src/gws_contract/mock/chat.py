"""What the desk keeps books of: chats with their histories, and agents. Variations read these; only the desk writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


CHANNEL = "chat"
"""The channel of an agent who takes chats, as the desk calls it."""


class State(StrEnum):
    """How a chat stands for one agent (gws.md 3.2)."""

    INVITED = "Invited"
    CHATTING = "Chatting"
    LEFT = "LeftChat"
    COMPLETED = "Completed"
    REVOKED = "Revoked"


@dataclass(frozen=True, slots=True)
class Participant:
    """One presence in a chat; who leaves and joins again is another participant."""

    type: str
    nickname: str
    id: str
    """16 hexadecimal digits, unique on this server."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One line of a chat's history."""

    index: int
    type: str
    sender: Participant
    at: datetime
    text: str | None = None
    """What was said, or the URL or notice that was sent."""
    visibility: str = "All"


@dataclass(slots=True, eq=False)
class Chat:
    """One chat, seen from everywhere."""

    id: str
    """The id on the agents' side."""
    customer_id: str
    """The id on the customer's side, a UUID."""
    number: int
    """Ordinal of the chat on this server, from 1."""
    uri: str
    customer: Participant
    subject: str | None
    user_data: dict[str, Any]
    received: datetime
    history: list[Entry] = field(default_factory=list)
    states: dict[str, State] = field(default_factory=dict)
    """How the chat stands for each agent who was ever offered it, by user name."""
    joined: dict[str, Participant] = field(default_factory=dict)
    """The agents in the chat now, by user name."""
    former: list[Participant] = field(default_factory=list)
    """The agents who joined and left, in the order they left."""
    rejected: set[str] = field(default_factory=set)
    """User names of the agents who rejected it and were not offered it again."""
    avoided: set[str] = field(default_factory=set)
    """User names of the agents who rejected, left or transferred it."""
    numbers: dict[str, int] = field(default_factory=dict)
    """By participantId, which join it was, from 1: the customer's side names participants so."""
    customer_here: bool = True
    ended: bool = False
    shown: int = 0
    """Index of the last entry that the customer was given."""

    @property
    def over(self) -> bool:
        """Whether the customer can say no more."""
        return self.ended or not self.customer_here

    def readable(self, first: int) -> list[Entry]:
        """The entries from this index on that a customer may read."""
        return [line for line in self.history[max(first - 1, 0) :] if line.visibility == "All"]

    @property
    def participants(self) -> list[Participant]:
        """Who is in the chat now, agents first."""
        return [*self.joined.values(), *([self.customer] if self.customer_here else [])]

    @property
    def invited(self) -> list[str]:
        """User names of the agents who have an open invitation."""
        return [name for name, state in self.states.items() if state is State.INVITED]


@dataclass(slots=True, eq=False)
class Agent:
    """One account."""

    name: str
    """User name."""
    id: str
    may_chat: bool = True
    """Whether the account has the feature api-multimedia."""
    channels: tuple[str, ...] = ()
    """Channels of the contact center session; empty without a session."""
    ready: bool = False
    idle_since: int = 0
    """When the agent last became free, on the desk's own count."""
    reference: int = 0
    """The last referenceId."""
    chats: dict[str, Chat] = field(default_factory=dict)
    """The chats that are not over for this agent, by id."""

    def state_of(self, chat: Chat) -> State | None:
        """How the chat stands for this agent; None if it was never offered."""
        return chat.states.get(self.name)

    @property
    def takes_chats(self) -> bool:
        """Whether the contact center session has the channel of chats."""
        return CHANNEL in self.channels

    @property
    def open_chats(self) -> list[Chat]:
        """The chats that count against the agent's capacity."""
        name = self.name
        return [chat for chat in self.chats.values() if chat.states.get(name) in (State.INVITED, State.CHATTING)]

    @property
    def chatting(self) -> list[Chat]:
        """The chats the agent is in now."""
        name = self.name
        return [chat for chat in self.chats.values() if chat.states.get(name) is State.CHATTING]


_SAY = ("SendMessage", "SendStartTypingNotification", "SendStopTypingNotification")


def capabilities(chat: Chat, agent: str) -> list[str]:
    """The operations that the chat announces to this agent, in the order of the page's samples."""
    match chat.states.get(agent):
        case State.INVITED:
            return ["Accept", "Reject"]
        case State.CHATTING if chat.customer_here:
            return ["Transfer", "Complete", "Leave", "InFocus", *_SAY]
        case State.CHATTING:
            return ["Complete", "Leave", "InFocus"]
        case State.LEFT:
            return ["Transfer", "Complete", "Leave", "InFocus"]
        case _:
            return []


def permitted(chat: Chat, agent: str) -> set[str]:
    """The operations that this agent may perform on the chat now: the announced ones, other spellings, Invite."""
    allowed = set(capabilities(chat, agent))
    if "InFocus" in allowed:
        allowed.add("SetInFocus")
    if "SendMessage" in allowed:
        allowed.add("Invite")
    if chat.states.get(agent) is State.LEFT and (chat.joined or chat.invited):
        allowed.discard("Transfer")
    return allowed
