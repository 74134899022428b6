"""Brings every delivery to the chat it belongs to, and keeps those of strangers out of the journal.

A chat is recognised by its marker in the invitation (userData or subject), from then on by its id. Of a delivery that
belongs to nobody's scenario only channel, types, chat id, size and sha256 are kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gws_contract import notification as notice
from gws_contract.journal import Clock, Delivery, Incident, Invited, Planned, Sink, Stray
from gws_contract.records import MOST_DELIVERIES, MOST_STRAYS
from gws_contract.scenario import Scenario, to_json

_LONGEST = 100
"""Characters that are kept of what names a stranger's delivery."""
MARKER = "gws-contract"
"""The key of userData under which a chat carries its marker."""


@dataclass(eq=False)
class LiveChat:
    """A chat that is being performed. Everything that changes is guarded by `changed`."""

    number: int
    marker: str
    scenario: Scenario
    source: str
    group: int | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    invitations: list[Invited] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    received: Counter[int] = field(default_factory=Counter)
    """How many were brought to it by first and by second observers, those that were not kept among them."""
    busy_agent: str | None = None
    """The agent with an operation on this chat under way."""
    over: bool = False
    """Whether its performance has ended."""

    def wait(self, condition: Callable[[], bool], until: float, clock: Clock, stop: threading.Event) -> bool:
        """Wait for news until the condition holds; False at `until` (journal clock, seconds) or when the run stops."""
        with self.changed:
            while not condition():
                left = until - clock.now()
                if left <= 0 or stop.is_set():
                    return False
                self.changed.wait(left)
            return True

    def nudge(self) -> None:
        """Let the waiting look again."""
        with self.changed:
            self.changed.notify_all()


class Switchboard:
    """Knows the chats of a run by marker and by id."""

    def __init__(self, sink: Sink, clock: Clock, run: str) -> None:
        self._sink = sink
        self._clock = clock
        self._run = run
        self._lock = threading.Lock()
        self._by_marker: dict[str, LiveChat] = {}
        self._by_id: dict[str, LiveChat] = {}
        self._strays = 0

    def open(self, number: int, scenario: Scenario, source: str, group: int | None = None) -> LiveChat:
        """A new chat; its scenario goes into the journal before anything happens."""
        live = LiveChat(number, f"{MARKER}-{self._run}-{number}", scenario, source, group)
        self.plan(live)
        with self._lock:
            self._by_marker[live.marker] = live
        return live

    def plan(self, live: LiveChat) -> None:
        """Put the scenario of a chat into the journal as it is now; the last one counts."""
        self._sink.write(Planned(live.number, self._clock.now(), to_json(live.scenario), live.source, live.group))

    def receive(self, delivery: Delivery) -> None:
        """Take a delivery from an observer: into the journal, and to the chat it belongs to."""
        payload = notice.payload_of(delivery.message)
        chats = self._chats_of(delivery, payload)
        if not chats and delivery.observer == 1:
            self._strays += 1
            if self._strays <= MOST_STRAYS:
                self._sink.write(_stray(delivery, payload))
        for live in chats:
            self._bring(live, delivery, payload)

    def _bring(self, live: LiveChat, delivery: Delivery, payload: Any) -> None:
        if not self._has_room(live, delivery):
            return
        delivery = dataclasses.replace(delivery, chat=live.number)
        self._sink.write(delivery)
        invitation = self._invitation(live, delivery, payload)
        with live.changed:
            live.deliveries.append(delivery)
            if invitation is not None:
                live.invitations.append(invitation)
            live.changed.notify_all()

    def _has_room(self, live: LiveChat, delivery: Delivery) -> bool:
        """Whether a chat may be brought one more; that it has too many is said once."""
        with live.changed:
            live.received[delivery.observer] += 1
            received = live.received[delivery.observer]
        if received == MOST_DELIVERIES + 1:
            told = f"Chat {live.number} got more than {MOST_DELIVERIES:,} notifications; no more of them are kept."
            self._sink.write(Incident(delivery.agent, delivery.epoch, delivery.at, "flooded", told))
        return received <= MOST_DELIVERIES

    def nudge(self) -> None:
        """Let everybody who waits look again, because the run stops."""
        with self._lock:
            chats = list(self._by_marker.values())
        for live in chats:
            live.nudge()

    def _chats_of(self, delivery: Delivery, payload: Any) -> list[LiveChat]:
        """The chat it belongs to; of an Error without a chat, every chat with an operation of its agent under way."""
        named = notice.chat_ids(payload)
        with self._lock:
            known = [self._by_id[name] for name in named if name in self._by_id]
            if known:
                return [next((live for live in known if _is_of(live, delivery.agent)), known[0])]
            marker = marker_of(notice.chat_of(payload))
            if marker in self._by_marker:
                return [self._by_marker[marker]]
            if not named and notice.kind_of(payload) == notice.ERROR:
                return [live for live in self._by_marker.values() if live.busy_agent == delivery.agent]
            return []

    def _invitation(self, live: LiveChat, delivery: Delivery, payload: Any) -> Invited | None:
        if notice.kind_of(payload) != notice.STATUS_CHANGE or notice.state_of(payload) != "Invited":
            return None
        if delivery.observer != 1:  # one invitation is not two
            return None
        named = notice.chat_ids(payload)
        if not named:
            return None
        with self._lock:
            self._by_id.setdefault(named[0], live)
        invitation = Invited(live.number, named[0], delivery.agent, delivery.at)
        self._sink.write(invitation)
        return invitation


def _is_of(live: LiveChat, agent: str) -> bool:
    return bool(live.invitations) and live.invitations[-1].agent == agent


def marker_of(chat: Mapping[str, Any]) -> str:
    """The marker that a chat of this suite carries, of whatever run; of other chats anything else."""
    data = chat.get("userData")
    if isinstance(data, dict) and isinstance(data.get(MARKER), str):
        return str(data[MARKER])
    subject = chat.get("subject") or (data.get("Subject") if isinstance(data, dict) else None)
    return subject if isinstance(subject, str) else ""


def _stray(delivery: Delivery, payload: Any) -> Stray:
    raw = json.dumps(delivery.message, sort_keys=True, separators=(",", ":")).encode("ascii")
    types = [payload.get(name) for name in ("messageType", "notificationType")]
    named = notice.chat_ids(payload)
    return Stray(
        agent=delivery.agent,
        at=delivery.at,
        channel=str(delivery.message.get("channel", ""))[:_LONGEST],
        types=tuple(name[:_LONGEST] for name in types if isinstance(name, str)),
        chat_id=named[0][:_LONGEST] if named else None,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
