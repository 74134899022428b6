"""The REST API of agents below /api/v2/me: the agent himself, his session, his channels, his chats (gws.md 2 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.mock import payloads
from gws_contract.mock.accounts import Identity, csrf_valid
from gws_contract.mock.chat_operations import ChatOperations
from gws_contract.mock.guards import refused
from gws_contract.mock.outcome import Outcome, failure, json_answer, not_found, spoken, success, wrong_method

if TYPE_CHECKING:
    from gws_contract.mock.chat import Agent
    from gws_contract.mock.desk import Desk
    from gws_contract.mock.options import Options
    from gws_contract.mock.variation import Request, Variation

FEATURES = ("api-voice", "api-multimedia", "api-multimedia-chat")
_BACKEND_DOWN = "Interaction server connection is not opened"


class AgentApi:
    """Answers requests below /api/v2/me."""

    def __init__(self, desk: Desk, options: Options, variation: Variation) -> None:
        self._desk, self._options, self._variation = desk, options, variation
        self._chat_operations = ChatOperations(desk, options, variation)

    def handle(self, request: Request, identity: Identity, rest: list[str]) -> Outcome:
        """The outcome of a request; `rest` is the path behind /api/v2/me, split."""
        match rest:
            case ["chats", _] if request.method != "GET":
                return self._chat_operations.handle(request, identity)
            case [] | ["channels"] | ["channels", "chat"]:
                allowed = ("GET",) if rest == ["channels"] else ("GET", "POST")
            case ["chats"] | ["chats", _] | ["chats", _, "messages"]:
                allowed = ("GET",)
            case _:
                return not_found()
        if request.method not in allowed:
            return wrong_method(*allowed)
        if identity.agent is None:
            return Outcome(refused("credentials"))
        agent = self._desk.agents[identity.agent]
        if request.method == "GET":
            return self._read(request, agent, rest)
        if self._options.csrf and not csrf_valid(identity, request.headers):
            return Outcome(refused("csrf"))
        return self._change(request, agent, rest)

    def _read(self, request: Request, agent: Agent, rest: list[str]) -> Outcome:
        if rest == []:
            return Outcome(success(user=self._user(agent)))
        if rest[0] == "channels":
            channels = self._channels(agent)
            return Outcome(success(channels=channels) if len(rest) == 1 else success(channel=channels[0]))
        if not agent.may_chat:
            return Outcome(refused("feature"))
        if rest == ["chats"]:
            return Outcome(success(chats=[payloads.resource(chat, agent.name) for chat in agent.chats.values()]))
        if request.chat is None:
            return Outcome(refused("unknown-chat"))
        if agent.state_of(request.chat) is None:
            return Outcome(refused("not-offered"))
        if len(rest) == 2:
            return Outcome(success(chat=payloads.resource(request.chat, agent.name)))
        start, count = _number(request, "startIndex", 1), _number(request, "count", len(request.chat.history))
        lines = [line for line in request.chat.history if line.index >= start]
        return Outcome(success(messages=[payloads.entry(line) for line in lines[:count]]))

    def _change(self, request: Request, agent: Agent, rest: list[str]) -> Outcome:
        if not isinstance(request.data, dict):
            return Outcome(refused("json"))
        if "operationName" not in request.data:
            return Outcome(refused("operation-missing"))
        match request.operation, rest:
            case "StartContactCenterSession", []:
                return self._start_session(request, agent)
            case "EndContactCenterSession", []:
                return Outcome(success(), spoken(self._variation, self._desk.end_session(agent)))
            case "Ready" | "NotReady", _:
                if not agent.channels:
                    return Outcome(failure(403, 2, "There is no contact center session"))
                effects = self._desk.set_ready(agent, ready=request.operation == "Ready")
                return Outcome(success(), spoken(self._variation, effects))
            case _:
                return Outcome(refused("operation-unknown"))

    def _start_session(self, request: Request, agent: Agent) -> Outcome:
        channels = request.data.get("channels", ["chat"])
        if not isinstance(channels, list) or not channels or not all(isinstance(each, str) for each in channels):
            return Outcome(failure(400, 1, "The parameter channels is no list of channel names"))
        if "chat" in channels and not agent.may_chat:
            return Outcome(refused("feature"))
        if not (self._options.partial_session and "chat" in channels):
            self._desk.start_session(agent, channels)
            return Outcome(success())
        others = [channel for channel in channels if channel != "chat"]
        self._desk.start_session(agent, others)
        failed = {"channel": "multimedia", "statusCode": 4, "statusMessage": _BACKEND_DOWN}
        if not others:
            return Outcome(failure(500, 4, _BACKEND_DOWN))
        return Outcome(
            json_answer(200, {"statusCode": 7, "failed": [failed], "succeeded": [{"channel": each} for each in others]})
        )

    def _user(self, agent: Agent) -> dict[str, object]:
        return {
            "id": agent.id,
            "userName": agent.name,
            "firstName": agent.name,
            "lastName": "Mock",
            "roles": ["ROLE_AGENT"],
            "features": [name for name in FEATURES if agent.may_chat or "multimedia" not in name],
            "channels": self._channels(agent),
            "chats": [payloads.resource(chat, agent.name) for chat in agent.chats.values()],
            "devices": [],
            "settings": {},
        }

    def _channels(self, agent: Agent) -> list[dict[str, object]]:
        on = "chat" in agent.channels
        state = ("Ready" if agent.ready else "NotReady") if on else "LoggedOut"
        return [{"channel": "chat", "userState": {"state": state}, "dndState": "Off"}]


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
