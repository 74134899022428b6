"""The Customer Chat API below /api/v2/chats (gws.md 5.1): polling, no credentials, a ContactCenterId."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gws_contract.mock.outcome import Outcome, done, failure, json_answer, not_found, wrong_method

if TYPE_CHECKING:
    from gws_contract.mock.chat import Chat, Entry, Participant
    from gws_contract.mock.desk import Desk, Effect
    from gws_contract.mock.variation import Answer, Request, Variation

OPERATIONS = ("SendMessage", "SendStartTypingNotification", "SendStopTypingNotification", "Complete")


class CustomerApi:
    """Answers requests below /api/v2/chats."""

    def __init__(self, desk: Desk, contact_center_id: str, prefix: str, variation: Variation) -> None:
        self._desk, self._contact_center_id, self._variation = desk, contact_center_id, variation
        self._chats = f"{prefix}/api/v2/chats"

    def handle(self, request: Request, rest: list[str]) -> Outcome:
        """The outcome of a request; `rest` is the path behind /api/v2/chats, split."""
        allowed: tuple[str, ...]
        match rest:
            case []:
                allowed = ("POST",)
            case [_]:
                allowed = ("GET", "POST")
            case [_, "messages"]:
                allowed = ("GET",)
            case _:
                return not_found()
        if request.method not in allowed:
            return wrong_method(*allowed)
        if request.headers.get("contactcenterid") != self._contact_center_id:
            return Outcome(failure(403, 5, "The header ContactCenterId is missing or wrong"))
        if rest == []:
            return self._request_chat(request)
        if request.chat is None:
            return Outcome(failure(404, 6, "There is no such chat"))
        if request.method == "POST":
            return self._operate(request, request.chat)
        if len(rest) == 2:
            return Outcome(self._view(request.chat, {"messages": _messages(request, request.chat)}))
        return Outcome(self._view(request.chat, {"chat": _resource(request.chat)}))

    def _view(self, chat: Chat, members: dict[str, Any]) -> Answer:
        return json_answer(200, self._variation.customer_view(chat, {**members, "statusCode": 0}))

    def _request_chat(self, request: Request) -> Outcome:
        if (objection := _objection(request, ("RequestChat",))) is not None:
            return Outcome(objection)
        nickname, subject, user_data = (request.data.get(name) for name in ("nickname", "subject", "userData"))
        if not isinstance(nickname, str):
            return Outcome(failure(400, 1, "The parameter nickname is missing or no string"))
        if not isinstance(user_data, dict | None) or not isinstance(subject, str | None):
            return Outcome(failure(400, 2, "userData is no object or subject is no string"))
        effects = self._desk.request_chat(nickname, subject, user_data)
        chat = effects[0].cause.chat
        answer = self._view(chat, {"id": chat.customer_id, "path": f"{self._chats}/{chat.customer_id}"})
        return done(self._variation, request, effects, answer)

    def _operate(self, request: Request, chat: Chat) -> Outcome:
        if (objection := _objection(request, OPERATIONS)) is not None:
            return Outcome(objection)
        if chat.over:
            return Outcome(failure(403, 2, "The chat is over"))
        effects: list[Effect]
        if request.operation == "SendMessage":
            text = request.data.get("text")
            if not isinstance(text, str):
                return Outcome(failure(400, 1, "The parameter text is missing or no string"))
            effects = self._desk.say(chat, None, text)
        elif request.operation == "Complete":
            effects = self._desk.customer_leaves(chat)
        else:
            started = request.operation == "SendStartTypingNotification"
            effects = self._desk.typing(chat, None, started=started)
        return done(self._variation, request, effects, self._view(chat, {}))


def _objection(request: Request, operations: tuple[str, ...]) -> Answer | None:
    if not isinstance(request.data, dict):
        return failure(400, 1, "The body is no JSON object")
    if request.data.get("operationName") is None:
        return failure(400, 1, "The parameter operationName is missing")
    if request.operation not in operations:
        return failure(400, 2, "There is no such operation")
    return None


def _resource(chat: Chat) -> dict[str, Any]:
    present = [chat.customer, *chat.joined.values()] if chat.customer_here else list(chat.joined.values())
    return {
        "capabilities": [] if chat.over else list(OPERATIONS),
        "id": chat.customer_id,
        "participants": [_participant(chat, who) for who in present],
        "state": "Idle" if chat.over else "Chatting" if chat.joined else "WaitingForAgent",
    }


def _messages(request: Request, chat: Chat) -> list[dict[str, Any]]:
    """From the index asked for; without one, what was not given before."""
    index = request.query.get("index", "")
    first = int(index) if index.isascii() and index.isdigit() and len(index) < 10 else chat.shown + 1
    chat.shown = len(chat.history)
    return [_message(chat, line) for line in chat.readable(first)]


def _message(chat: Chat, line: Entry) -> dict[str, Any]:
    text = {} if line.text is None else {"text": line.text}
    return {"from": _participant(chat, line.sender), "index": line.index, **text, "type": line.type}


def _participant(chat: Chat, who: Participant) -> dict[str, str]:
    """Numbered from "1" in the order of joining, unlike on the agents' side."""
    return {"nickname": who.nickname, "participantId": str(chat.numbers[who.id]), "type": who.type}
