"""The Chat API version 2 of Genesys Mobile Services below /genesys/2/chat (gws.md 5.2): polling, forms, a secure key.

A chat that comes in here is one of the same desk as those of the Customer Chat API, with the same routing and agents.
Documented are the answer to a request for a chat, the members of all answers and what statusCode 0, 1 and 2 mean. That
a text has the type Message, and that an error is listed in `errors`, is seen in clients.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gws_contract.mock.outcome import Outcome, done, json_answer, not_found, wrong_method

if TYPE_CHECKING:
    from gws_contract.mock.chat import Chat, Entry
    from gws_contract.mock.desk import Desk, Effect
    from gws_contract.mock.options import Options
    from gws_contract.mock.variation import Answer, Request, Variation

Form = dict[str, str]

REQUIRED: dict[str, tuple[str, ...]] = {
    "send": ("message",),
    "refresh": (),
    "disconnect": (),
    "startTyping": (),
    "stopTyping": (),
    "customNotice": ("message",),
    "pushUrl": ("pushUrl",),
    "updateNickname": ("nickname",),
    "updateData": (),
    "readReceipt": ("transcriptPosition",),
}
"""The operations on a chat, each with the parameters it needs beside those that name the party."""

_PARTY = ("userId", "secureKey", "alias")
ERRORS: dict[str, tuple[int, int, int, str]] = {
    "content-type": (415, 2, 415, "The body is not labelled application/x-www-form-urlencoded"),
    "name": (400, 2, 400, "Neither nickname nor firstName and lastName are given"),
    "parameter": (400, 2, 400, "A parameter is missing"),
    "position": (400, 2, 400, "The parameter transcriptPosition is no number"),
    "busy": (200, 1, 503, "Chat Server does not answer"),
    "party": (200, 2, 8201, "No such user in the session"),
    "over": (200, 2, 8209, "User was logged out"),
    "secure-key": (200, 2, 8210, "Bad secure key"),
}
"""By name: HTTP status, statusCode (1: worth repeating), and code and advice in `errors`; those from 8201 are of Chat
Server."""
_ABOUT_CUSTOMER = {"firstName": "FirstName", "lastName": "LastName", "emailAddress": "EmailAddress"}
_TYPES = {"Text": "Message"}
_PARTIES = {"Customer": "Client"}


class GmsApi:
    """Answers requests below /genesys/2/chat."""

    def __init__(self, desk: Desk, options: Options, variation: Variation) -> None:
        self._desk, self._options, self._variation = desk, options, variation
        self._alias = str(100 + secrets.randbelow(100))
        self._keys: dict[str, str] = {}
        self._calls = 0

    def handle(self, request: Request, rest: list[str]) -> Outcome:
        """The outcome of a request; `rest` is the path behind /genesys/2/chat, split."""
        known = rest[1:] in ([], [""]) or (len(rest) == 3 and request.operation in REQUIRED)
        if rest[0] != self._options.gms_service or not known:
            return not_found()
        if request.method != "POST":
            return wrong_method("POST")
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _refused("content-type")
        form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        return self._about_chat(request, form) if len(rest) == 3 else self._request_chat(request, form)

    def _request_chat(self, request: Request, form: Form) -> Outcome:
        nickname = form.get("nickname")
        if nickname is None:
            if "firstName" not in form or "lastName" not in form:
                return _refused("name")
            nickname = f"{form['firstName']} {form['lastName']}"
        user_data = {**{_ABOUT_CUSTOMER[name]: form[name] for name in _ABOUT_CUSTOMER if name in form}, **_data(form)}
        effects = self._desk.request_chat(nickname, form.get("subject"), user_data)
        chat = effects[0].cause.chat
        self._keys[chat.id] = secrets.token_hex(8)
        return done(self._variation, request, effects, self._view(chat, 1))

    def _about_chat(self, request: Request, form: Form) -> Outcome:
        operation, chat = str(request.operation), request.chat
        if any(name not in form for name in (*_PARTY, *REQUIRED[operation])):
            return _refused("parameter")
        position = form.get("transcriptPosition")
        if position is not None and not (position.isascii() and position.isdigit() and len(position) < 10):
            return _refused("position")
        self._calls += 1
        if self._options.gms_busy and self._calls % self._options.gms_busy == 0:
            return _refused("busy")
        if chat is None or chat.id not in self._keys or form["userId"] != chat.customer.id:
            return _refused("party")
        if form["secureKey"] != self._keys[chat.id] or form["alias"] != self._alias:
            return _refused("secure-key")
        if not chat.customer_here or (chat.ended and operation != "refresh"):
            return _refused("over", chatEnded=True)
        effects = self._perform(chat, operation, form)
        # Only refresh shows a transcript without being told where to begin.
        first = int(position) if position is not None else 1 if operation == "refresh" else len(chat.history) + 1
        view = self._view(chat, first)
        return done(self._variation, request, effects, view) if effects else Outcome(view)

    def _perform(self, chat: Chat, operation: str, form: Form) -> list[Effect]:
        desk = self._desk
        match operation:
            case "send":
                return desk.say(chat, None, form["message"])
            case "customNotice":
                return desk.say(chat, None, form["message"], "CustomNotice")
            case "pushUrl":
                return desk.say(chat, None, form["pushUrl"], "PushUrl")
            case "startTyping" | "stopTyping":
                return desk.typing(chat, None, started=operation == "startTyping")
            case "updateNickname":
                return desk.rename_customer(chat, form["nickname"])
            case "updateData":
                return desk.update_data(chat, _data(form))
            case "disconnect":
                return desk.customer_leaves(chat)
            case _:
                return []

    def _view(self, chat: Chat, first: int) -> Answer:
        """What every request is answered that succeeds, with the transcript from an index on."""
        body = {
            "statusCode": 0,
            "chatId": chat.id,
            "userId": chat.customer.id,
            "secureKey": self._keys[chat.id],
            "alias": self._alias,
            "chatEnded": chat.over,
            "nextPosition": len(chat.history) + 1,
            "messages": [_message(chat, line) for line in chat.readable(first)],
        }
        return json_answer(200, self._variation.customer_view(chat, body))


def _message(chat: Chat, line: Entry) -> dict[str, Any]:
    who = line.sender
    return {
        "from": {
            "nickname": who.nickname,
            "participantId": chat.numbers[who.id],
            "type": _PARTIES.get(who.type, who.type),
        },
        "index": line.index,
        "type": _TYPES.get(line.type, line.type),
        **({} if line.text is None else {"text": line.text}),
        "utcTime": int(line.at.timestamp() * 1000),
    }


def _data(form: Form) -> Form:
    """What the form has as userData[name]=value."""
    opening, closing = "userData[", "]"
    return {
        name[len(opening) : -len(closing)]: value
        for name, value in form.items()
        if name.startswith(opening) and name.endswith(closing)
    }


def _refused(name: str, **more: Any) -> Outcome:
    status, code, of_error, advice = ERRORS[name]
    return Outcome(json_answer(status, {"statusCode": code, **more, "errors": [{"code": of_error, "advice": advice}]}))
