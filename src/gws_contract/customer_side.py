"""What an exchange of a customer says: which text was sent, whether it was taken, which agents the customer saw.

Customers speak three dialects, and the journal holds each as it is on the wire: the Customer Chat API of GWS (JSON),
the Chat API v2 of Genesys Mobile Services (forms, `gws.md` 5.2), and the lines of a program (`stage/customers/lines`).
Pure; used by who performs and by who judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from gws_contract import parsing
from gws_contract.foreign import DEPTH
from gws_contract.journal import Exchange
from gws_contract.nesting import is_deeper
from gws_contract.notification import JOINS

GMS = "/genesys/2/chat/"
"""What the path of a request to Genesys Mobile Services begins with."""
RUN = "RUN"
"""The method of an exchange with a program; its path is the program's name."""

_SHOWS = {"look": "agents", "read": "entries"}
"""The member in which a program answers what the customer sees, by step."""


def text_of(exchange: Exchange) -> str:
    """The text that was sent, by a customer or in the SendMessage of an agent; empty if there is none."""
    if exchange.path.startswith(GMS):
        sent = parse_qs(exchange.request or "", keep_blank_values=True, errors="surrogateescape")
        return sent.get("message", [""])[0]
    return str(_members(exchange.request).get("text", ""))


def was_taken(exchange: Exchange) -> bool:
    """Whether the customer was told that it was done: `ok` of a program, else 2xx with statusCode 0."""
    if exchange.method == RUN:
        answer, shows = _members(exchange.answer), _SHOWS.get(exchange.step)
        seen = shows is not None and isinstance(answer.get(shows), list)
        return exchange.failure is None and answer.get("ok", seen) is True and (seen or shows is None)
    return _is_2xx(exchange) and _code(exchange) == 0


def may_be_taken(exchange: Exchange) -> bool:
    """As `was_taken`, but an answer of success without a statusCode counts too."""
    return was_taken(exchange) or (exchange.method != RUN and _is_2xx(exchange) and not _code(exchange))


def present(exchange: Exchange) -> list[str]:
    """The nicknames of the agents who are in the chat, as far as this look of the customer shows them."""
    answer = _members(exchange.answer)
    if exchange.method == RUN:
        seen = answer.get("agents")
        return [name for name in seen if isinstance(name, str)] if isinstance(seen, list) else _staying(exchange)
    if exchange.path.startswith(GMS):
        return _staying(exchange)
    chat = answer.get("chat")
    people = chat.get("participants") if isinstance(chat, dict) else None
    return [str(person.get("nickname", "")) for person in _mappings(people) if person.get("type") == "Agent"]


def last_joined(exchange: Exchange) -> list[str]:
    """The agent who joined last, by the transcript that the customer was given; none without a transcript."""
    joins = [e["from"] for e in _entries(exchange) if e.get("type") in JOINS and _is_agents(e)]
    return [str(person.get("nickname", "")) for person in joins][-1:]


def _staying(exchange: Exchange) -> list[str]:
    """The agents who have joined by the transcript, and not left."""
    there: dict[object, str] = {}
    for entry in _entries(exchange):
        if not _is_agents(entry):
            continue
        who = entry["from"]
        name = str(who.get("nickname", ""))
        key = str(who.get("participantId", name))
        if entry.get("type") in JOINS:
            there[key] = name
        elif entry.get("type") == "ParticipantLeft":
            there.pop(key, None)
    return list(there.values())


def _entries(exchange: Exchange) -> list[Mapping[str, Any]]:
    return _mappings(_members(exchange.answer).get(_SHOWS["read"] if exchange.method == RUN else "messages"))


def _is_agents(entry: Mapping[str, Any]) -> bool:
    author = entry.get("from")
    return isinstance(author, dict) and author.get("type") == "Agent"


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_2xx(exchange: Exchange) -> bool:
    return exchange.failure is None and 200 <= (exchange.status or 0) < 300


def _code(exchange: Exchange) -> object:
    """The statusCode; a truth value is none."""
    code = _members(exchange.answer).get("statusCode")
    return str(code) if isinstance(code, bool) else code


@lru_cache(maxsize=512)
def _members(text: str | None) -> Mapping[str, Any]:
    """The members of a JSON object; empty if it is none."""
    text = (text or "").removeprefix("\ufeff")
    try:
        value = None if is_deeper(text, DEPTH) else parsing.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
