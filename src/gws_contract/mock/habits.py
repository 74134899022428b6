"""What real servers do, or may do: the alterations that quirks are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gws_contract.mock.alterations import (
    LOG,
    PEOPLE,
    Data,
    Everywhere,
    Intercepted,
    failure,
    is_own,
    kind,
    of_accept,
    renumbered,
)
from gws_contract.mock.chat import capabilities
from gws_contract.mock.variation import Answer, Cause, Combined, Notice, Request, Variation


class PublishedFirst(Variation):
    """Notifications are on their way before the operation is answered, as in GWS logs (`gws.md` 6.1)."""

    def published_first(self, cause: Cause) -> bool:
        return cause.agent is not None

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        del request
        return replace(answer, delay=0.03) if of_accept(cause) else answer


class FailsAfterwards(Variation):
    """Every fifth Accept is answered with success and fails afterwards."""

    def __init__(self, how: str) -> None:
        self.how = how

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not of_accept(cause) or cause.chat.number % 5 or cause.left_before or cause.agent is None:
            return notices
        own = [n for n in notices if is_own(n, cause)]
        if self.how == "error":
            data = {"notificationType": "Error", "errorMessage": "Request failed", "referenceId": 35}
        else:
            chat = {"state": self.how, "id": cause.chat.id, "capabilities": ["SetInFocus", "Complete"]}
            data = {**own[0].data, "chat": chat}
        return [replace(own[0], data=data), *(n for n in notices if not is_own(n, cause))]


class Interleaved(Variation):
    """Other messages of the same agent's chats stand between the three."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not of_accept(cause) or cause.agent is None:
            return notices
        agent = cause.agent.name
        chat = {"state": "Chatting", "id": cause.chat.id, "userData": {"Case": None, "Priority ?:>": 3}}
        properties = {"messageType": "ChatStateChangeMessage", "notificationType": "PropertiesUpdated", "chat": chat}
        stranger = {
            "messageType": "MessageLogUpdated",
            "notificationType": "NewMessages",
            "messages": [],
            "chatUri": "http://localhost/api/v2/chats/000SomebodyElse0",
        }
        device = {"messageType": "DeviceStateChangeMessage", "devices": []}
        between = [Notice(agent, properties), Notice(agent, stranger), Notice(agent, device)]
        out: list[Notice] = []
        for position, notice in enumerate(notices):
            out += [*between[position : position + 1], notice]
        return out


class FocusWithdrawn(Variation):
    """Behind the sequence of an Accept a list of capabilities no longer holds InFocus, which then is refused."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not of_accept(cause) or cause.agent is None:
            return notices
        left = [name for name in capabilities(cause.chat, cause.agent.name) if name != "InFocus"]
        chat = {"state": "Chatting", "id": cause.chat.id, "capabilities": left}
        data = {"messageType": "ChatStateChangeMessage", "notificationType": "PropertiesUpdated", "chat": chat}
        return [*notices, Notice(cause.agent.name, data)]

    def intercept(self, request: Request) -> Answer | None:
        mine = request.api == "agent" and request.operation in ("InFocus", "SetInFocus")
        return failure(403, 2, "The operation is not possible in this state of the chat") if mine else None


_INCOMPLETE = failure(400, 1, "Required parameter missing")
FOCUS_WANTS_MORE = Combined([Intercepted(name, _INCOMPLETE) for name in ("InFocus", "SetInFocus")])
"""The operation needs a parameter that no page prints."""


class RefusedByNotification(Variation):
    """A refused operation is answered with statusCode 0, and an Error notification takes it back."""

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        if guard != "state" or request.agent is None:
            return answer, ()
        data = {
            "messageType": "ChatStateChangeMessage",
            "notificationType": "Error",
            "errorMessage": "Request failed",
            "referenceId": 36,
            "chat": {"id": request.chat_id, "state": "Chatting"},
        }
        return replace(answer, status=200, body=b'{"statusCode": 0}'), [Notice(request.agent, data)]


def _parted(own: list[Notice], part: Callable[[list[Data]], list[list[Data]]]) -> list[Notice]:
    """The NewMessages as several, each with a part of the entries."""
    out: list[Notice] = []
    for notice in own:
        if kind(notice) == LOG:
            parts = part(notice.data["messages"])
            out += [replace(notice, data={**notice.data, "messages": messages}) for messages in parts]
        else:
            out.append(notice)
    return out


def split_log(own: list[Notice]) -> list[Notice]:
    """The history in several NewMessages of two entries each."""
    return _parted(own, lambda entries: [entries[at : at + 2] for at in range(0, len(entries), 2)])


def own_join_apart(own: list[Notice]) -> list[Notice]:
    """The agent's own join in a NewMessages of its own."""
    return _parted(own, lambda entries: [entries[:-1], entries[-1:]])


def in_chat(change: Callable[[Data], Any]) -> Callable[[Data], None]:
    """An alteration of the member `chat`, where there is one."""

    def edit(data: Data) -> None:
        if isinstance(data.get("chat"), dict):
            change(data["chat"])

    return edit


def set_in_focus(chat: Data) -> None:
    """Other spelling, other order, more capabilities."""
    names = chat.get("capabilities", [])
    if chat.get("state") != "Chatting":
        return
    chat["capabilities"] = [*sorted("SetInFocus" if n == "InFocus" else n for n in names), "SetDisposition", "Consult"]


def people(change: Callable[[list[Data]], list[Data]]) -> Everywhere:
    """An alteration of the participants of every ParticipantsUpdated."""

    def edit(data: Data) -> None:
        if data.get("notificationType") == PEOPLE:
            data["chat"]["participants"] = change(data["chat"]["participants"])

    return Everywhere((PEOPLE,), edit)


def other_id(person: Data) -> Data:
    """The same participant under another id, as in the samples."""
    return {**person, "participantId": "00A0" + str(person["participantId"])[4:]}


def entries(change: Callable[[Data], Data]) -> Everywhere:
    """An alteration of every entry of every NewMessages."""

    def edit(data: Data) -> None:
        data["messages"] = [change(entry) for entry in data["messages"]]

    return Everywhere((LOG,), edit)


def newer_from(entry: Data) -> Data:
    """The author as newer servers write it."""
    if "from" not in entry:
        return entry
    who = entry["from"]
    more = {
        "uri": "http://localhost/api/v2/users/1",
        "path": "/users/1",
        "id": who["participantId"],
        "visibility": "All",
    }
    return {**entry, "from": {**who, **more}}


def spaced(entry: Data) -> Data:
    """The timestamp as most pages print it."""
    stamp = str(entry["timestamp"]).replace("T", " ")
    return {**entry, "timestamp": stamp, "timestampSeconds": 1389261492035}


def with_notices(entries: list[Data], cause: Cause) -> list[Data]:
    """A greeting of the system, and a notice without author."""
    del cause
    system = {"type": "Agent", "nickname": "system", "participantId": "00900000000000AA"}
    greeting = {**entries[0], "type": "Text", "from": system, "text": "Welcome!", "messageType": "Greeting"}
    notice = {**entries[0], "type": "Notice", "noticeText": "recorded"}
    notice.pop("from")
    return renumbered([entries[0], greeting, notice, *entries[1:]])


def without_typing(entries: list[Data], cause: Cause) -> list[Data]:
    """Typing is not part of the history."""
    del cause
    return [e for e in entries if not e["type"].startswith("Typing")]


def code_only_in_200(answer: Answer) -> Answer:
    """HTTP 200, the statusCode tells."""
    return replace(answer, status=200)


def empty_error(answer: Answer) -> Answer:
    """No body; 401 for 403."""
    return replace(answer, status=401 if answer.status == 403 else answer.status, body=b"", headers={})


def error_page(answer: Answer) -> Answer:
    """A page for people."""
    return replace(answer, body=b"<html>Error</html>", headers={"Content-Type": "text/html"})


def internal(answer: Answer) -> Answer:
    """HTTP 500 with statusCode 4, whatever was wrong."""
    body = json.dumps({"statusCode": 4, "statusMessage": "Interaction server refused the request"}).encode()
    return replace(answer, status=500, body=body)


def newer_codes(answer: Answer) -> Answer:
    """Input that is wrong and resources that are not there have codes of their own since 8.6.0 (`gws.md` 4.1)."""
    try:
        members = json.loads(answer.body)
    except ValueError:
        return answer
    code = members["statusCode"]
    members["statusCode"] = {1: 10, 6: 12}.get(code, code)
    return replace(answer, body=json.dumps(members).encode())


def reordered_keys(data: Data) -> None:
    """Members in alphabetical order."""
    for name in sorted(data):
        data[name] = data.pop(name)


METRICS: Mapping[str, Any] = {
    "metrics": {"eventProcessing": {"nodeProcessingTimeNanos": 1, "serverProcessingTimeTotalMs": -1}}
}


def other_host(data: Data) -> None:
    """URIs as a server behind a gateway writes them."""
    holder, name = (data, "chatUri") if "chatUri" in data else (data.get("chat", {}), "uri")
    if name in holder:
        holder[name] = "https://gws.example.com/prefix/api/v2/chats/" + holder[name].rpartition("/")[2]
