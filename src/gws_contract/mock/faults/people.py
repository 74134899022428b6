"""Faults of who is listed, under which name, and of the customer's view."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from gws_contract.mock.alterations import (
    LOG,
    PEOPLE,
    Data,
    Edit,
    Everywhere,
    Logged,
    Viewed,
    When,
    always,
)
from gws_contract.mock.chat import Chat
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Cause, Notice, Variation

SEEN_BY_ALL = "parameters.nickname participants.agent history.own-join history.earlier-agents"


class Renamed(Variation):
    """Changes the nickname of an accepting agent wherever it is shown."""

    def __init__(self, change: Callable[[str], str], when: When = always) -> None:
        self.change, self.when = change, when
        self.names: dict[str, str] = {}
        """New nicknames by participantId."""

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if cause.operation == "accept" and cause.participant_id and self.when(cause):
            self.names[cause.participant_id] = self.change(cause.nickname)
        return Everywhere((PEOPLE, LOG), self._rename).notices(cause, notices)

    def customer_view(self, chat: Chat, body: Data) -> Data:
        return Viewed(self._view).customer_view(chat, body)

    def _rename(self, data: Data) -> None:
        chat = data.get("chat", {})
        for person in [*chat.get("participants", ()), *(entry["from"] for entry in data.get("messages", ()))]:
            person["nickname"] = self.names.get(person["participantId"], person["nickname"])

    def _view(self, chat: Chat, body: Data) -> Data:
        by_name = {p.nickname: self.names[p.id] for p in [*chat.joined.values(), *chat.former] if p.id in self.names}
        for person in _people_in_view(body):
            if person.get("type") == "Agent" and person.get("nickname") in by_name:
                person["nickname"] = by_name[person["nickname"]]
        return body


def _people_in_view(body: Data) -> list[Data]:
    return [*body.get("chat", {}).get("participants", ()), *(m["from"] for m in body.get("messages", ()))]


def mojibake(name: str) -> str:
    """UTF-8 read as Latin-1."""
    return name.encode("utf-8", "surrogatepass").decode("latin-1")


def without_non_bmp(name: str) -> str:
    """Characters outside the BMP replaced."""
    return "".join(c if ord(c) < 0x10000 else "?" for c in name)


def _listed(change: Callable[[list[Data]], list[Any]]) -> Edit:
    """Changes the participants of a ParticipantsUpdated."""

    def edit(data: Data, cause: Cause) -> None:
        del cause
        data["chat"]["participants"] = change(data["chat"]["participants"])

    return Edit(PEOPLE, edit)


def _each(role: str, **members: Any) -> Callable[[list[Data]], list[Any]]:
    return lambda people: [{**p, **members} if p["type"] == role else p for p in people]


def _customer_sees(change: Callable[[str], str]) -> Viewed:
    def view(chat: Chat, body: Data) -> Data:
        del chat
        for person in _people_in_view(body):
            if person.get("type") == "Agent":
                person["nickname"] = change(person["nickname"])
        return body

    return Viewed(view)


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    yield from _lists()
    yield from _names()


def _lists() -> Iterator[Fault]:
    listed = "participants.list"
    yield fault("participant-as-text", "A participant is a string.", listed, _listed(lambda p: [*p, "somebody"]))
    yield fault(
        "participant-without-nickname",
        "A participant has no nickname.",
        listed,
        _listed(lambda p: [*p, {"type": "Agent", "participantId": "0090000000000001"}]),
        "F47",
    )
    yield fault(
        "participant-without-type",
        "A participant has no type.",
        listed,
        _listed(lambda p: [*p, {"nickname": "x", "participantId": "0090000000000001"}]),
        "F47",
    )
    yield fault(
        "agent-not-listed",
        "The list lacks the agent.",
        "participants.agent",
        _listed(lambda p: [x for x in p if x["type"] != "Agent"]),
        "F47 N12",
    )
    yield fault(
        "customer-not-listed",
        "The list lacks the customer.",
        "participants.customer",
        _listed(lambda p: [x for x in p if x["type"] != "Customer"]),
        "F47",
    )
    yield fault(
        "empty-list", "The list is empty.", "participants.agent participants.customer", _listed(lambda _: []), "F47"
    )
    yield fault(
        "agent-of-unknown-type",
        "The agent is listed as User.",
        "participants.agent history.identity",
        _listed(_each("Agent", type="User")),
        "F47",
    )
    yield fault(
        "agent-under-login-name",
        "The list shows the agent's login name.",
        "participants.agent history.identity",
        _listed(_each("Agent", nickname="agent1")),
        "F45",
    )
    yield fault(
        "agent-without-name",
        "The agent's nickname in the list is empty.",
        "participants.agent history.identity",
        _listed(_each("Agent", nickname="")),
        "F47",
    )
    yield fault(
        "customer-renamed",
        "The customer is listed as anonymous.",
        "participants.customer history.identity",
        _listed(_each("Customer", nickname="anonymous")),
        "F45",
    )
    yield fault(
        "participant-id-as-number",
        "participantId is a number.",
        "participants.participant-id",
        _listed(_each("Agent", participantId=9)),
    )
    yield fault(
        "participant-id-missing",
        "participantId is missing.",
        "participants.members",
        _listed(lambda p: [{k: v for k, v in x.items() if k != "participantId"} for x in p]),
    )
    yield fault(
        "one-id-for-two",
        "Two participants share a participantId.",
        "participants.distinct history.identity",
        _listed(lambda p: [*p, {**p[-1], "nickname": "Somebody", "type": "External"}]),
        "F48",
    )


def _names() -> Iterator[Fault]:
    changes: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("mojibake", "read as Latin-1", mojibake),
        ("html-escaped", "escaped for HTML", html.escape),
        ("ascii", "reduced to ASCII", lambda n: n.encode("ascii", "replace").decode()),
        ("decomposed", "normalised to NFD", lambda n: unicodedata.normalize("NFD", n)),
        ("lower-case", "changed to lower case", str.lower),
        ("first-word", "cut at the first blank", lambda n: n.split(" ")[0]),
        ("cut", "cut after 32 code points", lambda n: n[:32]),
    )
    for name, how, change in changes:
        yield fault(
            f"nickname-{name}", f"The agent's nickname is {how}.", SEEN_BY_ALL, partial(Renamed, change), "F45 F46 N10"
        )
    yield fault(
        "customer-sees-login-name",
        "The customer sees the agent's login name.",
        "parameters.nickname",
        _customer_sees(lambda _: "agent1"),
        "F45",
    )
    yield fault(
        "customer-sees-mojibake",
        "The customer sees the nickname read as Latin-1.",
        "parameters.nickname",
        _customer_sees(mojibake),
        "F46",
    )
    yield fault(
        "customer-sees-nobody",
        "The customer never sees the agent.",
        "parameters.nickname",
        Viewed(_without_agents),
        "F47",
    )
    yield fault(
        "join-under-login-name",
        "The history shows the agent's join under the login name.",
        "history.own-join history.identity",
        Logged(_login_name),
        "F45",
    )


def _without_agents(chat: Chat, body: Data) -> Data:
    del chat
    if "chat" in body:
        body["chat"]["participants"] = [p for p in body["chat"].get("participants", ()) if p["type"] != "Agent"]
    if "messages" in body:
        body["messages"] = [m for m in body["messages"] if m["from"]["type"] != "Agent"]
    return body


def _login_name(entries: list[Data], cause: Cause) -> list[Data]:
    own = cause.participant_id
    return [
        {**e, "from": {**e["from"], "nickname": "agent1"}} if e["from"].get("participantId") == own else e
        for e in entries
    ]
