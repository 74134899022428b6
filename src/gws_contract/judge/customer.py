"""What the customer said, before and during the Accept, and which entries say so.

What is said during the Accept may stand in the history or come live behind it, so a NewMessages that holds nothing
else is live and no part of the history. A person who plays the customer may say at any time what nobody asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.customer_side import text_of as said
from gws_contract.customer_side import was_taken
from gws_contract.journal import Exchange
from gws_contract.judge.answer import FAILED_STATES, accepted
from gws_contract.judge.concluding import concluded
from gws_contract.notified import Notification

Entry = Mapping[str, Any]
_TYPINGS = ("TypingStarted", "TypingStopped")

__all__ = [
    "author",
    "batches",
    "by_customer",
    "meanwhile",
    "perhaps",
    "planted",
    "said",
    "texts",
    "without_meanwhile",
]


@concluded
def planted(conversation: Conversation) -> tuple[str, ...]:
    """The texts that the customer had sent, and the server had taken, before the Accept was sent."""
    return tuple(said(e) for e in _planting(conversation))


@concluded
def meanwhile(conversation: Conversation) -> tuple[str, ...]:
    """The texts that the customer sent during the Accept and the server took while the chat went on."""
    return tuple(said(e) for e in _taken_meanwhile(conversation))


@concluded
def perhaps(conversation: Conversation) -> Counter[str]:
    """Texts that may or may not reach the agent: not answered with success, or said when the chat may have been over.

    And what the customer said after the Accept, to which nobody waited for an echo.
    """
    certain = {id(e) for e in (*_planting(conversation), *_taken_meanwhile(conversation))}
    spoken = conversation.steps("say", "say-during", "say-after")
    return Counter([said(e) for e in spoken if id(e) not in certain])


@concluded
def _planting(conversation: Conversation) -> list[Exchange]:
    accept = accepted(conversation)
    return [e for e in conversation.steps("say") if was_taken(e) and e.done <= accept.sent]


def _taken_meanwhile(conversation: Conversation) -> list[Exchange]:
    over = [n.at for n in conversation.status_changes if n.state in FAILED_STATES]
    until = min([conversation.horizon, *over])
    return [e for e in conversation.steps("say-during") if was_taken(e) and e.done <= until]


def author(entry: Entry) -> Mapping[str, Any]:
    """Who an entry is from; empty if nobody is named."""
    who = entry.get("from")
    return who if isinstance(who, dict) else {}


def texts(entries: Iterable[Entry]) -> list[str]:
    """The texts of the entries of type Text."""
    return [e["text"] for e in entries if e.get("type") == "Text" and isinstance(e.get("text"), str)]


def by_customer(conversation: Conversation, entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries that are this chat's customer's, and those without author."""
    is_customers = _recogniser(conversation)
    return [e for e in entries if is_customers(e)]


def _recogniser(conversation: Conversation) -> Callable[[Entry], bool]:
    """The customer is known by nickname, or by an id that goes with it; if nobody bears the nickname, by type."""
    nicknames, ids = _known(conversation)

    def is_customers(entry: Entry) -> bool:
        who = author(entry)
        if who and who.get("type") != "Agent":
            return _text(who, "nickname") in nicknames or _text(who, "participantId") in ids
        return not who

    return is_customers


@concluded
def _known(conversation: Conversation) -> tuple[set[str | None], set[str | None]]:
    """The nicknames and the ids of the customer."""
    nickname = conversation.customer
    people = [p for n in conversation.received for p in n.participants] + [author(e) for e in conversation.history]
    called = [p for p in people if nickname is not None and p.get("nickname") == nickname]
    named = [p for p in called if p.get("type") != "Agent"]
    named = named or [p for p in people if p.get("type") == "Customer"]
    return {_text(p, "nickname") for p in named} - {None}, {_text(p, "participantId") for p in named} - {None}


def _text(person: Mapping[str, Any], member: str) -> str | None:
    value = person.get(member)
    return value if isinstance(value, str) else None


def without_meanwhile(conversation: Conversation, entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries that are not the customer's doings during the Accept: texts said then, typing."""
    if conversation.speaks_unasked:
        return [e for e in entries if not _is_chatter(e)]
    spoken = {said(e) for e in conversation.steps("say-during")}
    types = _TYPINGS if conversation.steps("typing-during") else ()
    if not spoken and not types:
        return list(entries)
    is_customers = _recogniser(conversation)
    return [e for e in entries if not ((e.get("type") in types or spoken & set(texts([e]))) and is_customers(e))]


@concluded
def batches(conversation: Conversation) -> tuple[Sequence[Notification], Sequence[Notification]]:
    """The NewMessages after the Accept: those of the history, and the live ones.

    Live are those that hold nothing but what the customer did during the Accept, or what the same agent had said in an
    earlier visit: its echo may be slow. Of a customer who speaks unasked, those that hold nothing but what customers
    do, unless there are no others.
    """
    found = conversation.of(notice.NEW_MESSAGES)
    if conversation.speaks_unasked:
        chatter = [bool(n.entries) and all(map(_is_chatter, n.entries)) for n in found]
        if all(chatter):
            return found, ()
        return [n for n, is_chat in zip(found, chatter, strict=True) if not is_chat], [
            n for n, is_chat in zip(found, chatter, strict=True) if is_chat
        ]
    echoes = _of_earlier_visits(conversation)
    if not echoes and not conversation.steps("say-during", "typing-during"):
        return found, ()
    rest = {id(e) for e in without_meanwhile(conversation, [e for n in found for e in n.entries])}
    rest -= {id(e) for n in found for e in n.entries if author(e).get("type") == "Agent" and echoes & set(texts([e]))}
    live = [bool(n.entries) and not any(id(e) in rest for e in n.entries) for n in found]
    return (
        [n for n, is_live in zip(found, live, strict=True) if not is_live],
        [n for n, is_live in zip(found, live, strict=True) if is_live],
    )


def _is_chatter(entry: Entry) -> bool:
    """Whether it is something that was said or typed, and not by an agent."""
    return entry.get("type") in ("Text", *_TYPINGS) and author(entry).get("type") != "Agent"


def _of_earlier_visits(conversation: Conversation) -> set[str]:
    """What the accepting agent had said in the chat before."""
    return {said(e) for e in conversation.steps("visit:say") if e.actor == f"agent:{conversation.agent}"}
