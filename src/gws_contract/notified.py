"""A delivery that belongs to a chat, and what it tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gws_contract import notification as notice
from gws_contract.journal import Delivery
from gws_contract.lazy import lazy
from gws_contract.parsing import sameness


@dataclass(frozen=True)
class Notification:
    """A delivery that belongs to a chat."""

    delivery: Delivery

    @lazy
    def payload(self) -> Mapping[str, Any]:
        return notice.payload_of(self.delivery.message)

    @lazy
    def kind(self) -> str | None:
        return notice.kind_of(self.payload)

    @lazy
    def state(self) -> str | None:
        return notice.state_of(self.payload)

    @property
    def at(self) -> float:
        return self.delivery.at

    @property
    def agent(self) -> str:
        return self.delivery.agent

    @lazy
    def substance(self) -> Mapping[str, Any]:
        """The payload without the server's own measurements."""
        payload = self.payload
        return {name: payload[name] for name in payload if name != "metrics"} if "metrics" in payload else payload

    @lazy
    def canonical(self) -> str:
        """Its substance as canonical JSON."""
        return json.dumps(self.substance, sort_keys=True, separators=(",", ":"))

    @lazy
    def entries(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of a NewMessages that are objects."""
        messages = self.payload.get("messages")
        if not isinstance(messages, list):
            return ()
        return tuple(entry for entry in messages if isinstance(entry, dict))

    @lazy
    def spelled(self) -> tuple[bytes, ...]:
        """Of each of the entries what tells it from others."""
        return tuple(map(sameness, self.entries))

    @lazy
    def participants(self) -> tuple[Mapping[str, Any], ...]:
        """The participants of its chat that are objects."""
        listed = notice.chat_of(self.payload).get("participants")
        if not isinstance(listed, list):
            return ()
        return tuple(one for one in listed if isinstance(one, dict))


def union(notifications: Iterable[Notification]) -> tuple[Mapping[str, Any], ...]:
    """The entries of several NewMessages in order of arrival, an entry delivered again only once."""
    unique: dict[bytes, Mapping[str, Any]] = {}
    for n in notifications:
        for spelled, entry in zip(n.spelled, n.entries, strict=True):
            unique.setdefault(spelled, entry)
    return tuple(unique.values())
