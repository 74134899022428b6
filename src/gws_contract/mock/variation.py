"""The seams of the mock: what a server may say otherwise, and when.

A fault or a quirk is a `Variation` that overrides the methods it needs; the defaults are the honest server. Several
variations compose: each is given what the one before it made of the answer or the notifications.

What is made for every request or notification is not frozen, which would cost three times as much; nobody changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gws_contract.mock.chat import Agent, Chat

Api = Literal["agent", "customer", "gms", "notifications", "other"]
"""What a request is for."""

CHATS = "/v2/me/chats"
"""The topic of everything about chats."""


@dataclass(slots=True)
class Notice:
    """One notification on its way to one agent. Its `data` may be shared with others: copy before changing."""

    to: str
    """User name of the agent."""
    data: dict[str, Any]
    """What becomes `data` of the Bayeux message."""
    channel: str = CHATS
    after: float = 0.0
    """Seconds after the notice before it in its group; for the first: after the group is published."""
    message: dict[str, Any] | None = None
    """If given, the whole Bayeux message, instead of one made of `channel` and `data`."""
    subscribed: str = CHATS
    """It goes to the sessions of the agent that are subscribed to this channel, whatever `channel` says."""


@dataclass(slots=True)
class Cause:
    """What made the server speak, and how things stood just after it."""

    operation: str
    """offer, accept, reject, leave, complete, transfer, invite, focus, message, typing, request, rename, data,
    customer-left, revoke, or session-end."""
    chat: Chat
    agent: Agent | None
    """Who did it; for offer and revoke the agent it is addressed to; None for the customer."""
    nickname: str = ""
    """As given with Accept, else the sender's or the customer's."""
    number: int = 0
    """Ordinal of this operation on this server, from 1; 0 for a refused one."""
    refused: str | None = None
    """The guard that refused the operation, or None."""
    participant_id: str = ""
    """For accept: the participantId of the new join."""
    entries: int = 0
    """Entries in the history, the ones of this operation included."""
    elsewhere: tuple[str, ...] = ()
    """Ids of the agent's other chats that are Chatting."""
    left_before: tuple[str, ...] = ()
    """Nicknames of the agents who left this chat before, in the order they left."""


@dataclass(slots=True)
class Answer:
    """An HTTP answer. Content-Length is the length of `body`; the headers hold the content type."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before it is sent; neither other requests nor notifications are held up."""
    cut: int | None = None
    """Send only so many bytes of the body and close the connection."""


@dataclass(slots=True)
class Request:
    """An HTTP request as the mock understood it."""

    api: Api
    method: str
    path: str
    """As sent, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    data: Any = None
    """The body as JSON; None if it is none."""
    is_json: bool = False
    """Whether the body is JSON, be it null."""
    agent: str | None = None
    """User name, if the credentials were right."""
    claimed: str | None = None
    """User name as claimed, right or wrong; None without Basic credentials."""
    operation: str | None = None
    """operationName as sent, if it is a string; of the GMS Chat API what stands behind the chat id in the path."""
    chat_id: str | None = None
    """The chat id in the path, decoded."""
    chat: Chat | None = None
    """The chat of that id, if there is one."""


class Variation:
    """A way to differ from the honest server. Every method is a seam; the defaults change nothing."""

    last: ClassVar[bool] = False
    """Whether it is applied behind all others, because it keeps or delays what they made of a notification."""

    def options(self) -> Mapping[str, Any]:
        """Members of `Options` to override; read once, when the mock is made."""
        return {}

    def intercept(self, request: Request) -> Answer | None:
        """An answer to give before anything is looked at, or None. Asked for every HTTP request, polls included."""
        return None

    def waives(self, guard: str, request: Request) -> bool:
        """Whether this guard does not refuse.

        The request is then answered with success and nothing is done; only after the guards in
        `guards.CARRIED_OUT` is the operation carried out, if it can be: as if it were a POST of labelled JSON in which
        the last of equal names counts, as the agent claimed (else the one the chat is offered to), as the operation
        meant, under the user name or the nickname made a string.
        """
        return False

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        """The answer of a refused operation, and notices it causes nevertheless."""
        return answer, ()

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        """The answer of an operation that succeeded, of an agent or of a customer."""
        return answer

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        """Every group of notices that one cause has, for all recipients. A refused cause comes here if it has some."""
        return notices

    def customer_view(self, chat: Chat, body: dict[str, Any]) -> dict[str, Any]:
        """The body of every successful answer of the Customer Chat API and the GMS Chat API about a chat."""
        return body

    def published_first(self, cause: Cause) -> bool:
        """Whether the notices of this operation are published before its HTTP answer is sent."""
        return False

    def history(self, cause: Cause, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The complete history that an Accept sends, before it is wrapped into a notice. The dicts are fresh."""
        return entries


class Combined(Variation):
    """Several variations as one, applied in sequence, those that come `last` behind the others."""

    def __init__(self, parts: Sequence[Variation] = ()) -> None:
        self.parts = tuple(sorted(parts, key=lambda part: part.last))

    def options(self) -> dict[str, Any]:
        return {name: value for part in self.parts for name, value in part.options().items()}

    def intercept(self, request: Request) -> Answer | None:
        for part in self.parts:
            answer = part.intercept(request)
            if answer is not None:
                return answer
        return None

    def waives(self, guard: str, request: Request) -> bool:
        return any(part.waives(guard, request) for part in self.parts)

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, list[Notice]]:
        notices: list[Notice] = []
        for part in self.parts:
            answer, more = part.refusal(request, guard, answer)
            notices += more
        return answer, notices

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        for part in self.parts:
            answer = part.answer(cause, request, answer)
        return answer

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        for part in self.parts:
            notices = part.notices(cause, notices)
        return notices

    def customer_view(self, chat: Chat, body: dict[str, Any]) -> dict[str, Any]:
        for part in self.parts:
            body = part.customer_view(chat, body)
        return body

    def published_first(self, cause: Cause) -> bool:
        return any(part.published_first(cause) for part in self.parts)

    def history(self, cause: Cause, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for part in self.parts:
            entries = part.history(cause, entries)
        return entries
