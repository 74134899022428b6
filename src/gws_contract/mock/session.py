"""One CometD session, and the wording of replies (wire shapes: bayeux.md 2.3)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Reply = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """What a connect is answered: the notifications that go with it, encoded, and the reply."""

    notifications: list[str]
    reply: Reply


Wake = Callable[[Turn | None], None]
"""Ends a parked poll: with its turn, or with None if another poll took its place."""


@dataclass(slots=True)
class Parked:
    """A connect that waits for something to say."""

    message: Reply
    wake: Wake


@dataclass(slots=True, eq=False)
class Session:
    """One CometD session."""

    owner: str
    """The agent whose credentials made the handshake."""
    browser: str | None
    """The value of BAYEUX_BROWSER it is bound to; None: it is not bound."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    ack: bool = False
    subscriptions: set[str] = field(default_factory=set)
    queue: list[str] = field(default_factory=list)
    batch: int = 0
    unacknowledged: list[tuple[int, str]] = field(default_factory=list)
    """Notifications sent but not acknowledged, each with the batch it went in."""
    connected: bool = False
    expires: float | None = None
    """When the session is dropped; None while a poll is parked."""
    busy: int = 0
    parked: Parked | None = None
    push: Callable[[str], None] | None = None
    """Sends one message over the session's websocket."""


def success(message: Reply) -> Reply:
    """The bare successful reply to a message."""
    return {**{name: message[name] for name in ("channel", "id") if name in message}, "successful": True}


def failure(message: Reply, error: str, advice: Reply | None = None) -> Reply:
    """The unsuccessful reply to a message; `error` is NNN:args:text."""
    named: Reply = {name: message[name] for name in ("channel", "id", "subscription") if name in message}
    return {**named, "successful": False, "error": error, **({"advice": advice} if advice else {})}


def unknown_client(message: Reply) -> Reply:
    """The reply to a message whose clientId is no session."""
    connects = message.get("channel") in ("/meta/connect", "/meta/handshake")
    return failure(message, "402::Unknown client", {"reconnect": "handshake", "interval": 0} if connects else None)


def subscribe(session: Session, message: Reply) -> Reply:
    """The reply to a subscribe or unsubscribe, after the session's subscriptions were changed."""
    given = message.get("subscription")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return failure(message, "403::subscription_missing")
    for name in names:
        if not name.startswith("/") or name.startswith("/meta/"):
            return failure(message, f"403:{name}:Subscribe denied")
    if message["channel"] == "/meta/subscribe":
        session.subscriptions.update(names)
    else:
        session.subscriptions.difference_update(names)
    return {**success(message), "subscription": given}


@lru_cache(maxsize=256)
def patterns(channel: str) -> frozenset[str]:
    """The subscriptions that a message on this channel satisfies: its name, `*` for its last segment, `**` for any."""
    parts = channel.split("/")
    deep = ["/".join([*parts[:depth], "**"]) for depth in range(1, len(parts))]
    return frozenset([channel, "/".join([*parts[:-1], "*"]), *deep])
