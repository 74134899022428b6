"""The REST API of agents below /api/v2/me: the agent himself, his session, his channels, his chats (gws.md 2 and 3)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from gws_contract.mock import payloads
from gws_contract.mock.accounts import Identity, csrf_valid
from gws_contract.mock.chat import CHANNEL
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
_VOICE_DOWN = "Device '5001' is not registered."
_REPORTED = {CHANNEL: "multimedia"}
"""Whoever asked for chat is told of multimedia, as captured with both sentences (gws.md 2.2)."""


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
            case [] | ["channels"]:
                allowed = ("GET",) if rest else ("GET", "POST")
            case ["channels", name] if name == self._options.channel_name:
                allowed = ("GET", "POST")
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
        if self._options.csrf and not csrf_valid(identity, request.headers, self._options.csrf_lifetime):
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
        chat = self._options.channel_name
        channels = request.data.get("channels", [chat])
        if not isinstance(channels, list) or not channels or not all(isinstance(each, str) for each in channels):
            return Outcome(failure(400, 1, "The parameter channels is no list of channel names"))
        if self._options.strict_sessions and agent.channels:
            return Outcome(failure(403, 2, "The agent is already logged in"))
        if not agent.may_chat and not {chat, CHANNEL}.isdisjoint(channels):
            return Outcome(refused("feature"))
        failed = {name: why for name in channels if (why := self._failure_of(name)) is not None}
        succeeded = [name for name in channels if name not in failed]
        if succeeded:
            self._desk.start_session(agent, [CHANNEL if name == chat else name for name in succeeded])
        if not failed:
            return Outcome(success())
        if not succeeded and chat == CHANNEL:
            return Outcome(failure(500, 4, next(iter(failed.values()))))
        whys = [
            {"channel": _REPORTED.get(name, name), "statusCode": 4, "statusMessage": failed[name]} for name in failed
        ]
        results = {"failed": whys, "succeeded": [{"channel": name} for name in succeeded]}
        return Outcome(json_answer(200, {"statusCode": 7, **results}))

    def _failure_of(self, channel: str) -> str | None:
        """Why this channel cannot be opened, in a sentence; None if it can."""
        if channel == "voice":
            return _VOICE_DOWN if self._options.voice_down else None
        if channel == self._options.channel_name:
            return _BACKEND_DOWN if self._options.partial_session else None
        return _BACKEND_DOWN if channel == CHANNEL else None

    def _user(self, agent: Agent) -> dict[str, object]:
        """The account with all its subresources, shaped as in a capture of GET me (gws.md, C-NET-USER)."""
        return {
            "id": agent.id,
            "userName": agent.name,
            "firstName": agent.name,
            "lastName": "Mock",
            "roles": ["ROLE_AGENT"],
            "features": [name for name in FEATURES if agent.may_chat or "multimedia" not in name],
            "channels": self._channels(agent),
            "chats": [payloads.resource(chat, agent.name) for chat in agent.chats.values()],
            "devices": [_device(agent)],
            "skills": [],
            "settings": {"interaction-workspace": {"chat.nickname": "$Agent.UserName$"}, "htcc": {"roles": "Agent"}},
            "calls": [],
            "changePasswordOnFirstLogin": False,
        }

    def _channels(self, agent: Agent) -> list[dict[str, object]]:
        state = ("Ready" if agent.ready else "NotReady") if agent.takes_chats else "LoggedOut"
        return [{"channel": self._options.channel_name, "userState": {"state": state}, "dndState": "Off"}]


def _device(agent: Agent) -> dict[str, object]:
    on = "voice" in agent.channels
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, agent.id)),
        "deviceState": "Active" if on else "Inactive",
        "userState": {"state": ("Ready" if agent.ready else "NotReady") if on else "LoggedOut"},
        "phoneNumber": "5001",
        "doNotDisturb": "Off",
        "capabilities": ["DoNotDisturbOn", "ForwardCallsOn"],
    }


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
