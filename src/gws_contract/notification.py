"""What a CometD message says about a chat, read as leniently as a client would.

A payload may be unwrapped, wrapped twice, or name its chat only by URI; whether it may is for the checks to say. Here
it is only recognised, so that the right chat hears of it. Objects of JSON are dictionaries here, whoever read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

STATUS_CHANGE = "StatusChange"
PARTICIPANTS_UPDATED = "ParticipantsUpdated"
NEW_MESSAGES = "NewMessages"
PROPERTIES_UPDATED = "PropertiesUpdated"
ERROR = "Error"

DOCUMENTED = (STATUS_CHANGE, PARTICIPANTS_UPDATED, NEW_MESSAGES)
"""The three notifications of an Accept, in the order of the page."""

_KINDS = frozenset((*DOCUMENTED, PROPERTIES_UPDATED, ERROR))
_BY_LETTERS = {kind.lower(): kind for kind in _KINDS}


def _is_payload(value: object) -> bool:
    return isinstance(value, dict) and ("notificationType" in value or "messageType" in value)


def payload_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a Bayeux message that holds messageType and notificationType; empty if there is none."""
    data = message.get("data")
    if isinstance(data, dict):
        inner = data.get("data")
        if not _is_payload(data) and isinstance(inner, dict):
            return inner
        return data
    return message if _is_payload(message) else {}


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """The kind of notification, recognised even if it is spelled with other letters' case; None for no known kind."""
    name = payload.get("notificationType")
    if not isinstance(name, str):
        return None
    if name in _KINDS:
        return name
    return _BY_LETTERS.get("".join(letter for letter in name.lower() if letter.isalpha()))


def chat_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The member `chat`, or an empty mapping."""
    chat = payload.get("chat")
    return chat if isinstance(chat, dict) else {}


def tail(uri: object) -> str | None:
    """The last segment of a URI or path, decoded."""
    if not isinstance(uri, str):
        return None
    return unquote(uri.rstrip("/").rpartition("/")[2]) or None


def chat_ids(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Every chat id that the payload names, the most direct first."""
    chat = chat_of(payload)
    named = [chat.get("id"), tail(chat.get("uri")), tail(payload.get("chatUri")), tail(payload.get("chatPath"))]
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str) and name))


def state_of(payload: Mapping[str, Any]) -> str | None:
    """The state of the chat, if the payload has one."""
    state = chat_of(payload).get("state")
    return state if isinstance(state, str) else None


JOINS = ("ParticipantJoined", "ParticipantRejoined")


def joined(entry: Mapping[str, Any]) -> str | None:
    """The nickname of the agent who joined, if an entry of a history says that."""
    author = entry.get("from") if entry.get("type") in JOINS else None
    named = author.get("nickname") if isinstance(author, dict) and author.get("type") == "Agent" else None
    return named if isinstance(named, str) else None
