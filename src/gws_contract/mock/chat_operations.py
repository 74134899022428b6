"""POST on /api/v2/me/chats/{id}: an agent's operation on a chat, past the guards and to the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gws_contract.mock.accounts import Identity, csrf_valid
from gws_contract.mock.chat import Agent, Chat, State, permitted
from gws_contract.mock.encoding import repeats_a_name
from gws_contract.mock.guards import CARRIED_OUT, is_labelled_json, refused
from gws_contract.mock.outcome import Outcome, done, success
from gws_contract.mock.variation import Cause, Request, Variation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gws_contract.mock.desk import Desk, Effect
    from gws_contract.mock.options import Options

OPERATIONS = {
    "Accept": "accept",
    "Reject": "reject",
    "SendMessage": "message",
    "SendStartTypingNotification": "typing",
    "SendStopTypingNotification": "typing",
    "Leave": "leave",
    "Complete": "complete",
    "Transfer": "transfer",
    "Invite": "invite",
    "InFocus": "focus",
    "SetInFocus": "focus",
}
"""operationName to `Cause.operation`."""
_MEANT = {name.lower(): name for name in OPERATIONS}


@dataclass
class Attempt:
    """A request on its way through the guards: what is known of it so far."""

    request: Request
    identity: Identity
    agent: Agent
    operation: str = ""
    nickname: str = ""
    text: str = ""
    target: Agent | None = None


class ChatOperations:
    """Judges and performs the operations of agents on chats."""

    def __init__(self, desk: Desk, options: Options, variation: Variation) -> None:
        self._desk, self._options, self._variation = desk, options, variation

    def handle(self, request: Request, identity: Identity) -> Outcome:
        """The outcome of one operation, refused or carried out."""
        attempt = Attempt(request, identity, self._actor(request, identity))
        for guard in self._objections(attempt):
            if not self._variation.waives(guard, request):
                return self._refuse(attempt, guard)
            if guard not in CARRIED_OUT:
                return Outcome(success())
        assert request.chat is not None, "the guard unknown-chat lets nothing pass"
        return done(self._variation, request, self._perform(attempt, request.chat))

    def _actor(self, request: Request, identity: Identity) -> Agent:
        """Who acts; if nobody proved to be anybody, who would if credentials were not asked for."""
        if identity.agent in self._desk.agents:
            return self._desk.agents[identity.agent]
        offered = request.chat.invited + list(request.chat.joined) if request.chat else []
        names = [identity.agent, identity.claimed, *offered]
        known = [self._desk.agents[name] for name in names if name is not None and name in self._desk.agents]
        return known[0] if known else next(iter(self._desk.agents.values()))

    def _objections(self, attempt: Attempt) -> Iterator[str]:
        """The guards that object, in order. Going on after one means that it was waived."""
        request, agent, chat = attempt.request, attempt.agent, attempt.request.chat
        if request.method != "POST":
            yield "method"
        if request.agent is None:
            yield "credentials"
        elif self._options.csrf and not csrf_valid(attempt.identity, request.headers, self._options.csrf_lifetime):
            yield "csrf"
        if not agent.may_chat:
            yield "feature"
        if request.body and not is_labelled_json(request):
            yield "content-type"
        if not request.is_json:
            yield "json"
            return
        if repeats_a_name(request.body, request.data):
            yield "repeated-name"
        data = request.data
        if not isinstance(data, dict):
            yield "object"
            return
        if "operationName" not in data:
            yield "operation-missing"
        elif request.operation is None:
            yield "operation-type"
        attempt.operation = request.operation or ""
        if attempt.operation not in OPERATIONS:
            attempt.operation = _MEANT.get(attempt.operation.lower(), "")
            yield "operation-case" if attempt.operation else "operation-unknown"
        if chat is None:
            yield "unknown-chat"
            return
        state = agent.state_of(chat)
        if state is None:
            yield "not-offered"
        if agent.name in chat.rejected:
            yield "rejected"
        if state is State.REVOKED:
            yield "withdrawn"
        if attempt.operation not in permitted(chat, agent.name):
            yield "state"
        yield from self._parameters(attempt)

    def _parameters(self, attempt: Attempt) -> Iterator[str]:
        data, operation = attempt.request.data, attempt.operation
        if operation == "Accept":
            nickname = data.get("nickname", attempt.agent.name)
            attempt.nickname = str(nickname)
            if "nickname" not in data:
                yield "nickname"
            elif not isinstance(nickname, str):
                yield "nickname-type"
        elif operation == "SendMessage":
            attempt.text = str(data.get("text", ""))
            if not isinstance(data.get("text"), str):
                yield "text"
        elif operation == "Invite" or (operation == "Transfer" and data.get("queueName") is None):
            uri = data.get("targetUri")
            attempt.target = self._desk.target(uri) if isinstance(uri, str) else None
            if not _may_be_offered(attempt.target, attempt):
                yield "target"

    def _perform(self, attempt: Attempt, chat: Chat) -> list[Effect]:
        desk, agent = self._desk, attempt.agent
        match attempt.operation:
            case "Accept":
                return desk.accept(chat, agent, attempt.nickname)
            case "Reject":
                return desk.reject(chat, agent)
            case "SendMessage":
                return desk.say(chat, agent, attempt.text)
            case "SendStartTypingNotification" | "SendStopTypingNotification":
                return desk.typing(chat, agent, started=attempt.operation == "SendStartTypingNotification")
            case "Leave":
                return desk.leave(chat, agent)
            case "Complete":
                return desk.complete(chat, agent)
            case "Transfer":
                return desk.transfer(chat, agent, attempt.target)
            case "Invite" if attempt.target is not None:
                return desk.invite(chat, agent, attempt.target)
            case _:
                return desk.focus(chat, agent)

    def _refuse(self, attempt: Attempt, guard: str) -> Outcome:
        request = attempt.request
        answer, notices = self._variation.refusal(request, guard, refused(guard))
        if notices and request.chat is not None:
            operation = OPERATIONS.get(_MEANT.get((request.operation or "").lower(), ""), "")
            cause = Cause(operation, request.chat, attempt.agent, refused=guard, entries=len(request.chat.history))
            notices = self._variation.notices(cause, notices)
        return Outcome(answer, (notices,) if notices else ())


def _may_be_offered(target: Agent | None, attempt: Attempt) -> bool:
    if target is None or target is attempt.agent or not target.takes_chats:
        return False
    chat = attempt.request.chat
    return chat is not None and chat.states.get(target.name) not in (State.INVITED, State.CHATTING)
