"""The contact center behind the mock: what every operation does to chats and agents, and who is told.

No I/O and no clock of its own. An operation returns its effects, in order: each is a cause with the notices it has.
That an operation is permitted was settled before (`chat.permitted`, the guards of `agent_api`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gws_contract.mock import payloads
from gws_contract.mock.books import Books, next_reference, pacific_now
from gws_contract.mock.chat import Agent, Chat, State
from gws_contract.mock.routing import Queue
from gws_contract.mock.variation import Cause, Notice

if TYPE_CHECKING:
    from datetime import datetime

History = Callable[[Cause, list[dict[str, Any]]], list[dict[str, Any]]]


@dataclass(slots=True)
class Effect:
    """Something that happened, and what is to be told of it."""

    cause: Cause
    notices: tuple[Notice, ...] = ()


class Desk:
    """Chats, agents and the queue of a server whose URL is `base`.

    `capacity` is the number of chats an agent may hold at once; `history` may change the complete history that an
    Accept sends.
    """

    def __init__(
        self,
        base: str,
        agents: Iterable[str],
        without_feature: Iterable[str] = (),
        *,
        capacity: int = 3,
        clock: Callable[[], datetime] = pacific_now,
        history: History = lambda _, entries: entries,
    ) -> None:
        self.agents = {name: Agent(name, uuid.uuid4().hex) for name in agents}
        self.agents |= {name: Agent(name, uuid.uuid4().hex, may_chat=False) for name in without_feature}
        self._by_id = {agent.id: agent for agent in self.agents.values()}
        self.books = Books(base, clock)
        self._queue = Queue(self.agents.values(), capacity)
        self._history = history

    def chat(self, chat_id: str | None) -> Chat | None:
        """The chat with this id on the agents' side."""
        return self.books.chats.get(chat_id or "")

    def chat_of_customer(self, chat_id: str | None) -> Chat | None:
        """The chat with this id on the customer's side."""
        return self.books.by_customer.get(chat_id or "")

    def target(self, uri: str) -> Agent | None:
        """The agent that a targetUri names by user name or id; None if nobody does."""
        tail = uri.rstrip("/").rpartition("/")[2]
        return self.agents.get(tail) or self._by_id.get(tail)

    # the customer's side

    def request_chat(
        self, nickname: str, subject: str | None = None, user_data: Mapping[str, Any] | None = None
    ) -> list[Effect]:
        """A customer asks for a chat: the `cause.chat` of the first effect."""
        known = {**(user_data or {}), **({"Subject": subject} if subject is not None else {})}
        chat = self.books.open(nickname, subject, known)
        self._queue.add(chat)
        return [Effect(self.books.cause("request", chat, None, nickname)), *self._route()]

    def customer_leaves(self, chat: Chat) -> list[Effect]:
        """The customer ends the chat. Invitations are revoked; an agent in the chat stays until Complete or Leave."""
        chat.customer_here = False
        line = self.books.enter(chat, "ParticipantLeft", chat.customer)
        cause = self.books.cause("customer-left", chat, None, chat.customer.nickname)
        effects = [Effect(cause, tuple(payloads.announced(chat, line))), *self._revoke_invitations(chat)]
        if not chat.joined:
            self._end(chat)
        return [*effects, *self._route()]

    def rename_customer(self, chat: Chat, nickname: str) -> list[Effect]:
        """The customer is called otherwise from now on; agents in the chat are told who is there."""
        chat.customer = replace(chat.customer, nickname=nickname)
        notices = [Notice(agent, payloads.participants_updated(chat, agent)) for agent in chat.joined]
        return [Effect(self.books.cause("rename", chat, None, nickname), tuple(notices))]

    def update_data(self, chat: Chat, user_data: Mapping[str, Any]) -> list[Effect]:
        """The customer adds to the data of the chat; agents in it are told."""
        chat.user_data.update(user_data)
        notices = [Notice(agent, payloads.properties_updated(chat, agent)) for agent in chat.joined]
        return [Effect(self.books.cause("data", chat, None, chat.customer.nickname), tuple(notices))]

    # both sides

    def say(self, chat: Chat, agent: Agent | None, text: str, kind: str = "Text") -> list[Effect]:
        """A live message of the agent, or of the customer; `kind` is the type of its entry."""
        return self._live("message", kind, chat, agent, text)

    def typing(self, chat: Chat, agent: Agent | None, *, started: bool) -> list[Effect]:
        """The agent, or the customer, starts or stops typing."""
        return self._live("typing", "TypingStarted" if started else "TypingStopped", chat, agent)

    # the agent's side

    def start_session(self, agent: Agent, channels: Iterable[str]) -> None:
        """The agent has a contact center session with these channels; he is not ready yet."""
        agent.channels = tuple(channels)
        self._queue.changed(agent)

    def set_ready(self, agent: Agent, *, ready: bool) -> list[Effect]:
        """The agent takes offers from now on, or none."""
        if ready and not agent.ready:
            agent.idle_since = self.books.tick()
        agent.ready = ready
        self._queue.changed(agent)
        return self._route() if ready else []

    def end_session(self, agent: Agent) -> list[Effect]:
        """The agent goes; his invitations are revoked, his chats left, and both offered to others."""
        agent.channels, agent.ready = (), False
        self._queue.changed(agent)
        effects: list[Effect] = []
        for chat in list(agent.chats.values()):
            state, lines = agent.state_of(chat), []
            if state is State.CHATTING:
                lines = payloads.announced(chat, self.books.depart(chat, agent))
            self._close(chat, agent, State.REVOKED if state is State.INVITED else State.COMPLETED)
            if state is not State.LEFT:
                effects.append(self._told("session-end", chat, agent, lines, referred=False))
                self._release(chat)
        return [*effects, *self._route()]

    def accept(self, chat: Chat, agent: Agent, nickname: str) -> list[Effect]:
        """The agent joins under this nickname; he is told the status, the participants and the complete history.

        Other agents in the chat are told of the join.
        """
        me = self.books.participant("Agent", nickname)
        line = self.books.enter(chat, "ParticipantJoined", me)
        chat.states[agent.name] = State.CHATTING
        chat.joined[agent.name] = me
        cause = self.books.cause("accept", chat, agent, nickname, me.id)
        entries = self._history(cause, [payloads.entry(each) for each in chat.history])
        notices = payloads.accepted(chat, agent.name, next_reference(agent), entries)
        notices += [notice for notice in payloads.announced(chat, line) if notice.to != agent.name]
        return [Effect(cause, tuple(notices))]

    def reject(self, chat: Chat, agent: Agent) -> list[Effect]:
        """The agent does not want the chat; it is offered to others."""
        chat.rejected.add(agent.name)
        chat.avoided.add(agent.name)
        self._close(chat, agent, State.COMPLETED)
        cause = self.books.cause("reject", chat, agent)
        notice = Notice(agent.name, payloads.rejected(chat, agent.name, next_reference(agent)))
        self._release(chat)
        return [Effect(cause, (notice,)), *self._route()]

    def leave(self, chat: Chat, agent: Agent) -> list[Effect]:
        """The agent leaves: LeftChat, and the chat is offered again; Completed out of a conference or an ended chat."""
        if agent.state_of(chat) is State.LEFT:
            self._close(chat, agent, State.COMPLETED)
            return [self._told("leave", chat, agent)]
        lines = payloads.announced(chat, self.books.depart(chat, agent))
        chat.avoided.add(agent.name)
        self._close(chat, agent, State.COMPLETED)
        if chat.customer_here and not chat.joined:
            chat.states[agent.name] = State.LEFT
            agent.chats[chat.id] = chat
        effect = self._told("leave", chat, agent, lines, referred=not chat.joined)
        self._release(chat)
        return [effect, *self._route()]

    def complete(self, chat: Chat, agent: Agent) -> list[Effect]:
        """The agent ends the chat for everybody; who had left it before, only for himself if somebody else has it."""
        if agent.state_of(chat) is State.LEFT and (chat.joined or chat.invited):
            self._close(chat, agent, State.COMPLETED)
            return [self._told("complete", chat, agent)]
        if agent.name in chat.joined:
            self.books.depart(chat, agent)
        others = [self.agents[name] for name in chat.joined]
        chat.joined.clear()
        for each in (agent, *others):
            self._close(chat, each, State.COMPLETED)
        notices = [Notice(each.name, payloads.status_change(chat, each.name)) for each in others]
        effects = [self._told("complete", chat, agent, notices), *self._revoke_invitations(chat)]
        self._end(chat)
        return [*effects, *self._route()]

    def transfer(self, chat: Chat, agent: Agent, target: Agent | None) -> list[Effect]:
        """The agent hands the chat to the target, or back to the queue."""
        lines = payloads.announced(chat, self.books.depart(chat, agent)) if agent.name in chat.joined else []
        chat.avoided.add(agent.name)
        self._close(chat, agent, State.COMPLETED)
        effects = [self._told("transfer", chat, agent, lines)]
        if target is None:
            self._release(chat)
        else:
            self._queue.discard(chat)
            effects.append(self._invite(chat, target))
        return [*effects, *self._route()]

    def invite(self, chat: Chat, agent: Agent, target: Agent) -> list[Effect]:
        """The agent asks another one into the chat."""
        return [Effect(self.books.cause("invite", chat, agent)), self._invite(chat, target)]

    def focus(self, chat: Chat, agent: Agent) -> list[Effect]:
        """The agent looks at the chat; nobody is told."""
        return [Effect(self.books.cause("focus", chat, agent))]

    # what operations share

    def _told(
        self, operation: str, chat: Chat, agent: Agent, more: Iterable[Notice] = (), *, referred: bool = True
    ) -> Effect:
        """The agent is told how the chat stands after his operation, with its referenceId if `referred`."""
        reference = next_reference(agent)
        data = payloads.status_change(chat, agent.name, reference if referred else None)
        return Effect(self.books.cause(operation, chat, agent), (Notice(agent.name, data), *more))

    def _live(
        self, operation: str, kind: str, chat: Chat, agent: Agent | None, text: str | None = None
    ) -> list[Effect]:
        sender = chat.customer if agent is None else chat.joined[agent.name]
        line = self.books.enter(chat, kind, sender, text)
        if agent is not None:
            next_reference(agent)
        cause = self.books.cause(operation, chat, agent, sender.nickname)
        return [Effect(cause, tuple(payloads.announced(chat, line)))]

    def _route(self) -> list[Effect]:
        return [self._invite(chat, agent) for chat, agent in self._queue.take()]

    def _invite(self, chat: Chat, agent: Agent) -> Effect:
        chat.rejected.discard(agent.name)
        chat.states[agent.name] = State.INVITED
        agent.chats[chat.id] = chat
        self._queue.changed(agent)
        return self._offered("offer", chat, agent)

    def _revoke_invitations(self, chat: Chat) -> list[Effect]:
        invited = [self.agents[name] for name in chat.invited]
        for agent in invited:
            self._close(chat, agent, State.REVOKED)
        return [self._offered("revoke", chat, agent) for agent in invited]

    def _offered(self, operation: str, chat: Chat, agent: Agent) -> Effect:
        notice = Notice(agent.name, payloads.status_change(chat, agent.name))
        return Effect(self.books.cause(operation, chat, agent), (notice,))

    def _close(self, chat: Chat, agent: Agent, state: State) -> None:
        self.books.close(chat, agent, state)
        self._queue.changed(agent)

    def _release(self, chat: Chat) -> None:
        """If nobody has the chat any more: back to the queue, or over."""
        if chat.joined or chat.invited:
            return
        if chat.customer_here:
            self._queue.add(chat)
        else:
            self._end(chat)

    def _end(self, chat: Chat) -> None:
        self.books.end(chat)
        self._queue.discard(chat)
        for name, state in chat.states.items():
            if state is State.LEFT:
                self._close(chat, self.agents[name], State.COMPLETED)
