"""Quirks: legal variations, seen in real servers or allowed by the page, which must break nothing.

They are alternatives on axes; two alternatives of one axis exclude each other, any two of different axes go together.
Sources: `gws.md` 2, 3 and 8.7; the false alarms of `bayeux.md` 5.6; what DESIGN 6 calls legal.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gws_contract.mock.alterations import (
    LOG,
    PEOPLE,
    STATUS,
    Answered,
    Data,
    Edit,
    Everywhere,
    Logged,
    Refused,
    Sequenced,
    Set,
    is_own,
    of_accept,
    renumbered,
)
from gws_contract.mock.variation import Answer, Cause, Combined, Notice, Request, Variation

ALL = (STATUS, PEOPLE, LOG)


@dataclass(frozen=True)
class Quirk:
    """One legal variation. `origin` names fault catalogue entries that are legal after all."""

    name: str
    axis: str
    says: str
    make: Callable[[], Variation]
    origin: tuple[str, ...] = ()


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
        stranger = {"messageType": "MessageLogUpdated", "notificationType": "NewMessages", "messages": [],
                    "chatUri": "http://localhost/api/v2/chats/000SomebodyElse0"}  # fmt: skip
        device = {"messageType": "DeviceStateChangeMessage", "devices": []}
        between = [Notice(agent, properties), Notice(agent, stranger), Notice(agent, device)]
        out: list[Notice] = []
        for position, notice in enumerate(notices):
            out += [*between[position : position + 1], notice]
        return out


class RefusedByNotification(Variation):
    """A refused operation is answered with statusCode 0, and an Error notification takes it back."""

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        if guard != "state" or request.agent is None:
            return answer, ()
        data = {"messageType": "ChatStateChangeMessage", "notificationType": "Error", "errorMessage": "Request failed",
                "referenceId": 36, "chat": {"id": request.chat_id, "state": "Chatting"}}  # fmt: skip
        return replace(answer, status=200, body=b'{"statusCode": 0}'), [Notice(request.agent, data)]


def _split_log(own: list[Notice], size: int) -> list[Notice]:
    messages = own[2].data["messages"]
    parts = [messages[at : at + size] for at in range(0, len(messages), size)]
    return [*own[:2], *(replace(own[2], data={**own[2].data, "messages": part}) for part in parts)]


def _apart(own: list[Notice]) -> list[Notice]:
    """Each in a poll of its own."""
    return [own[0], *(replace(n, after=0.015) for n in own[1:])]


def _own_join_apart(own: list[Notice]) -> list[Notice]:
    messages = own[2].data["messages"]
    return [*own[:2], *(replace(own[2], data={**own[2].data, "messages": part}) for part in (messages[:-1], messages[-1:]))]


def _in_chat(change: Callable[[Data], Any]) -> Callable[[Data], None]:
    def edit(data: Data) -> None:
        if isinstance(data.get("chat"), dict):
            change(data["chat"])

    return edit


def _set_in_focus(chat: Data) -> None:
    names = chat.get("capabilities", [])
    chat["capabilities"] = sorted("SetInFocus" if n == "InFocus" else n for n in names) + ["SetDisposition", "Consult"]


def _people(change: Callable[[list[Data]], list[Data]]) -> Everywhere:
    def edit(data: Data) -> None:
        if data.get("notificationType") == PEOPLE:
            data["chat"]["participants"] = change(data["chat"]["participants"])

    return Everywhere((PEOPLE,), edit)


def _other_id(person: Data) -> Data:
    return {**person, "participantId": "00A0" + str(person["participantId"])[4:]}


def _entries(change: Callable[[Data], Data]) -> Everywhere:
    def edit(data: Data) -> None:
        data["messages"] = [change(entry) for entry in data["messages"]]

    return Everywhere((LOG,), edit)


def _newer_from(entry: Data) -> Data:
    who = entry["from"]
    more = {"uri": "http://localhost/api/v2/users/1", "path": "/users/1", "id": who["participantId"], "visibility": "All"}
    return {**entry, "from": {**who, **more}}


def _spaced(entry: Data) -> Data:
    stamp = str(entry["timestamp"]).replace("T", " ")
    return {**entry, "timestamp": stamp, "timestampSeconds": 1389261492035}


def _with_notices(entries: list[Data], cause: Cause) -> list[Data]:
    """A greeting and a notice of the system, with gaps in the indexes around them."""
    del cause
    system = {"type": "Agent", "nickname": "system", "participantId": "00900000000000AA"}
    greeting = {**entries[0], "type": "Text", "from": system, "text": "Welcome!", "messageType": "Greeting"}
    notice = {**entries[0], "type": "Notice", "noticeText": "recorded"}
    notice.pop("from")
    return renumbered([entries[0], greeting, notice, *entries[1:]])


def _without_typing(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return [e for e in entries if not e["type"].startswith("Typing")]


def _code_only_in_200(answer: Answer) -> Answer:
    return replace(answer, status=200)


def _empty_error(answer: Answer) -> Answer:
    return replace(answer, status=401 if answer.status == 403 else answer.status, body=b"", headers={})


def _error_page(answer: Answer) -> Answer:
    return replace(answer, body=b"<html>Error</html>", headers={"Content-Type": "text/html"})


def _internal(answer: Answer) -> Answer:
    body = json.dumps({"statusCode": 4, "statusMessage": "Interaction server refused the request"}).encode()
    return replace(answer, status=500, body=body)


def _reordered_keys(data: Data) -> None:
    for name in sorted(data):
        data[name] = data.pop(name)


_METRICS: Mapping[str, Any] = {
    "metrics": {"eventProcessing": {"nodeProcessingTimeNanos": 1, "serverProcessingTimeTotalMs": -1}}
}


def _quirks() -> Iterator[Quirk]:
    def quirk(axis: str, name: str, says: str, make: Variation | Callable[[], Variation], origin: str = "") -> Quirk:
        maker = (lambda: copy.deepcopy(make)) if isinstance(make, Variation) else make
        return Quirk(name, axis, says, maker, tuple(origin.split()))

    batching = "batching"
    yield quirk(batching, "one-array", "All that is published in one moment leaves in one array.", Set({"together": True}))
    yield quirk(batching, "apart", "Each notification rides in a poll of its own.", Sequenced(_apart))
    yield quirk(batching, "history-in-batches", "The history comes in several NewMessages.",
                Sequenced(lambda own: _split_log(own, 2)))  # fmt: skip
    yield quirk(batching, "own-join-apart", "The agent's own join comes in a NewMessages of its own.",
                Sequenced(_own_join_apart))  # fmt: skip

    moment = "moment"
    yield quirk(moment, "notified-first", "Notifications come before the HTTP answer.", PublishedFirst(), "F11 N14")
    yield quirk(moment, "slow-answer", "The answer takes 0.3 seconds.", Answered(lambda a: replace(a, delay=0.3)), "H13")
    yield quirk(moment, "slow-server", "Every request takes 20 milliseconds more.", Set({"latency": 0.02}))

    extras = "extras"
    yield quirk(extras, "metrics", "Every notification has metrics.", Everywhere(ALL, lambda d: d.update(_METRICS)))
    yield quirk(extras, "newer-members", "Chats carry userData, receivedDate, chatType and path.",
                Everywhere((STATUS, PEOPLE), _in_chat(lambda c: c.update(
                    chatType="Inbound", path="/chats/1", receivedDate="2016-03-16 09:55:18.000+1000",
                    userData=c.get("userData", {"a b ?:>": None, "n": 1})))))  # fmt: skip

    names = "capabilities"
    yield quirk(names, "set-in-focus", "Capabilities are sorted, say SetInFocus, and there are more of them.",
                Everywhere((STATUS, PEOPLE), _in_chat(lambda c: c.get("state") == "Chatting" and _set_in_focus(c))))  # fmt: skip
    yield quirk(names, "capabilities-grow", "StatusChange and ParticipantsUpdated list different capabilities.",
                Edit(PEOPLE, lambda d, _: d["chat"]["capabilities"].append("Invite")), "F43")  # fmt: skip

    chat_name = "chat-name"
    yield quirk(chat_name, "chat-path-only", "The history names its chat by chatPath.",
                Everywhere((LOG,), lambda d: d.update(chatPath="/chats/" + d.pop("chatUri").rpartition("/")[2])))  # fmt: skip
    yield quirk(chat_name, "chat-path-too", "The history names its chat by chatUri and chatPath.",
                Everywhere((LOG,), lambda d: d.update(chatPath="/chats/" + d["chatUri"].rpartition("/")[2])))  # fmt: skip
    yield quirk(chat_name, "uri-of-other-host", "URIs name another host, scheme and prefix.",
                Everywhere(ALL, lambda d: _other_host(d)), "F32")  # fmt: skip

    people = "people"
    yield quirk(people, "agent-twice", "The agent is listed twice, with two participant ids.",
                _people(lambda p: [*p, {**p[0], "participantId": "00900000000000AB"}]), "F48")  # fmt: skip
    yield quirk(people, "other-ids", "Participant ids in list and history differ, as in the samples.",
                _people(lambda p: [_other_id(x) for x in p]), "F33")  # fmt: skip
    yield quirk(people, "customer-first", "The list begins with the customer and a supervisor is there too.",
                _people(lambda p: [*reversed(p), {"type": "External", "nickname": "system", "participantId": "7"}]))  # fmt: skip
    yield quirk(people, "listed-in-status", "The StatusChange lists participants already.",
                Edit(STATUS, lambda d, c: d["chat"].update(participants=[{"type": "Agent", "nickname": c.nickname}])),
                "F50")  # fmt: skip

    log = "log"
    yield quirk(log, "index-gaps", "Indexes have gaps and do not begin at 1.",
                _entries(lambda e: {**e, "index": e["index"] * 3 - 1}), "F51 N09")  # fmt: skip
    yield quirk(log, "greeting-and-notice", "A greeting and a notice without author are in the history.",
                Logged(_with_notices))  # fmt: skip
    yield quirk(log, "no-typing", "The history has no typing entries.", Logged(_without_typing))

    entries = "entries"
    yield quirk(entries, "timestamps-with-space", "Timestamps have a space and there are timestampSeconds.", _entries(_spaced))
    yield quirk(entries, "timestamps-in-utc", "Timestamps end in Z.",
                _entries(lambda e: {**e, "timestamp": str(e["timestamp"])[:23] + "Z"}))  # fmt: skip
    yield quirk(entries, "newer-from", "Authors have uri, path, id and visibility.", _entries(_newer_from))

    failing = "failing"
    yield quirk(failing, "join-fails", "Every fifth Accept ends in JoinFailed.", lambda: FailsAfterwards("JoinFailed"))
    yield quirk(failing, "error-notification", "Every fifth Accept ends in an Error notification.",
                lambda: FailsAfterwards("error"))  # fmt: skip
    yield quirk(failing, "completed-instead", "Every fifth Accept ends in Completed.", lambda: FailsAfterwards("Completed"))

    beside = "beside"
    yield quirk(beside, "interleaved", "Other messages stand between the three.", lambda: Interleaved())
    yield quirk(beside, "keys-in-any-order", "The members of notifications stand in alphabetical order.",
                Everywhere(ALL, _reordered_keys))  # fmt: skip
    yield quirk(beside, "token-in-answer", "The answer has a further member.",
                Answered(lambda a: replace(a, body=b' {"sessionToken": "x",\n "statusCode": 0}\n')), "H17")  # fmt: skip
    yield quirk(beside, "reference-in-answer", "The answer carries a referenceId and a charset.",
                Answered(lambda a: replace(a, body=b'{"referenceId":35,"statusCode":0.0}',
                                           headers={"Content-Type": "application/json;charset=UTF-8"})))  # fmt: skip

    refusing = "refusing"
    yield quirk(refusing, "refused-with-200", "Refusals come with HTTP 200.", Refused(_code_only_in_200), "H03")
    yield quirk(refusing, "refused-without-body", "Refusals have no body.", Refused(_empty_error))
    yield quirk(refusing, "refused-with-page", "Refusals have an HTML body.", Refused(_error_page))
    yield quirk(refusing, "refused-with-500", "Refusals are HTTP 500 with statusCode 4.", Refused(_internal))
    yield quirk(refusing, "refused-by-notification", "A second Accept is taken back by an Error notification.",
                lambda: RefusedByNotification())  # fmt: skip

    cometd = "cometd"
    yield quirk(cometd, "no-ack", "The acknowledge extension is not installed.", Set({"ack": False}))
    yield quirk(cometd, "connect-only", "Notifications leave with polls only.", Set({"ack": False, "meta_connect_only": True}))
    yield quirk(cometd, "replies-first", "Replies stand before notifications in an array.", Set({"replies_first": True}))
    yield quirk(cometd, "short-polls", "Polls are held for 50 milliseconds.", Set({"hold": 0.05}))

    session = "session"
    yield quirk(session, "csrf", "Changing requests need a CSRF token.", Set({"csrf": True}))
    yield quirk(session, "newer-version", "The server is an 8.6.0.", Set({"version": "8.6.000.01"}))
    yield quirk(session, "reject-says-status", "Reject is answered with status instead of statusCode.",
                Answered(lambda a: replace(a, body=b'{"status": 0}'), lambda c: c.operation == "reject"))  # fmt: skip


def _other_host(data: Data) -> None:
    holder, name = (data, "chatUri") if "chatUri" in data else (data.get("chat", {}), "uri")
    if name in holder:
        holder[name] = "https://gws.example.com/prefix/api/v2/chats/" + holder[name].rpartition("/")[2]


QUIRKS: dict[str, Quirk] = {quirk.name: quirk for quirk in _quirks()}
"""Every quirk by name."""

AXES: dict[str, tuple[str, ...]] = {}
for _quirk in QUIRKS.values():
    AXES[_quirk.axis] = (*AXES.get(_quirk.axis, ()), _quirk.name)


def together(names: Sequence[str]) -> Variation:
    """Several quirks as one variation."""
    return Combined([QUIRKS[name].make() for name in names])
