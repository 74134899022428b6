"""Brings every delivery to the chat it belongs to, and keeps those of strangers out of the journal.

A chat is recognised by its marker in the invitation (userData or subject), from then on by its id. Where the marker may
not reach the agent, the customer's nickname counts too if the invitation shows it; it then is one that nobody else
bears. Only where a person offers the chats is an unmarked invitation taken for the one that is waited for. Of a
delivery that belongs to nobody's scenario only channel, types, chat id, size and sha256 are kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gws_contract import notification as notice
from gws_contract.journal import Clock, Delivery, Incident, Invited, Planned, Sink, Stray
from gws_contract.ordinary import MAX_NAME
from gws_contract.records import MOST_DELIVERIES, MOST_STRAYS
from gws_contract.scenario import Scenario, to_json
from gws_contract.stage.abilities import Ability
from gws_contract.stage.customers.settings import Recognition

MARKER = "gws-contract"
"""The key of userData under which a chat carries its marker."""

_NAME = re.compile(r"[\w/*~.:-]{1,80}", re.ASCII)


@dataclass(eq=False)
class LiveChat:
    """A chat that is being performed. Everything that changes is guarded by `changed`."""

    number: int
    marker: str
    scenario: Scenario
    source: str
    group: int | None = None
    nickname: str = ""
    """What the customer is to be called."""
    abilities: frozenset[Ability] | None = None
    """What the customer of this chat can do; None until it is known."""
    asked: bool = False
    """Whether it was asked for, so that an invitation may come."""
    claimed: bool = False
    """Whether an unmarked invitation was taken for its own."""
    named: bool = False
    """Whether an invitation lists a participant of the nickname."""
    ended_at: float | None = None
    """When it was ended on the server (journal clock, seconds)."""
    told: Planned | None = None
    """Its plan as the journal has it."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    invitations: list[Invited] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    received: Counter[int] = field(default_factory=Counter)
    """How many were brought to it by first and by second observers, those that were not kept among them."""
    busy_agent: str | None = None
    """The agent with an operation on this chat under way."""
    handed_on_at: float | None = None
    """When the agent who accepted it left or transferred it, so that others are offered it (journal clock, seconds)."""
    completed_by: str | None = None
    """The agent who has completed it, before it is cleared up."""
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

    @property
    def awaited(self) -> bool:
        """Whether its first invitation may come now."""
        return self.asked and not (self.invitations or self.claimed or self.over)

    @property
    def left_open(self) -> bool:
        """Whether an agent has an invitation to it that nobody has answered by ending it."""
        return bool(self.invitations) and (self.ended_at is None or self.invitations[-1].at > self.ended_at)

    def can(self, *abilities: Ability) -> bool:
        """Whether its customer has one of these abilities."""
        return self.abilities is not None and not self.abilities.isdisjoint(abilities)

    def plan(self, at: float) -> Planned:
        """Its plan as far as it is known now."""
        return Planned(
            self.number,
            at,
            to_json(self.scenario),
            self.source,
            self.group,
            nickname="" if self.nickname == self.scenario.customer else self.nickname,
            anonymous=self.abilities is not None and "name" not in self.abilities and not self.named,
        )

    def tell(self, sink: Sink, clock: Clock) -> None:
        """Put the plan into the journal, if it is another than was told before."""
        plan = self.plan(clock.now())
        if self.told is None or dataclasses.replace(self.told, at=plan.at) != plan:
            self.told = plan
            sink.write(plan)

    def nudge(self) -> None:
        """Let the waiting look again."""
        with self.changed:
            self.changed.notify_all()


class Switchboard:
    """Knows the chats of a run by marker and by id."""

    def __init__(self, sink: Sink, clock: Clock, run: str, recognition: Recognition = "marker") -> None:
        """`run` tells this run's chats from those of all others; `recognition`: by what besides the marker."""
        self._sink, self._clock = sink, clock
        self._run, self._recognition = run, recognition
        self._lock = threading.Lock()
        self._by_marker: dict[str, LiveChat] = {}
        self._by_id: dict[str, LiveChat] = {}
        self._strays = 0
        self._strangers: set[str] = set()
        """The ids of chats that were nobody's when they came: no later invitation to them is anybody's."""

    def open(self, number: int, scenario: Scenario, source: str, group: int | None = None) -> LiveChat:
        """A new chat; its scenario goes into the journal before anything happens."""
        live = LiveChat(number, f"{MARKER}-{self._run}-{number}", scenario, source, group)
        live.nickname = self._nickname(scenario.customer, number)
        self.plan(live)
        with self._lock:
            self._by_marker[live.marker] = live
        return live

    def _nickname(self, wished: str, number: int) -> str:
        """Where a chat may be known by it alone, one that no stranger has; an ordinary one stays ordinary."""
        if self._recognition != "nickname":
            return wished
        own = f" {self._run}-{number}"
        return (wished[: MAX_NAME - len(own)].rstrip() if len(wished) <= MAX_NAME else wished) + own

    @property
    def chats(self) -> list[LiveChat]:
        """Every chat of the run so far."""
        with self._lock:
            return list(self._by_marker.values())

    def plan(self, live: LiveChat) -> None:
        """Put the scenario of a chat into the journal as it is now; the last one counts."""
        live.tell(self._sink, self._clock)

    def receive(self, delivery: Delivery) -> None:
        """Take a delivery from an observer: into the journal, and to the chat it belongs to."""
        payload = notice.payload_of(delivery.message)
        chats = self._chats_of(delivery, payload)
        if not chats and delivery.observer == 1:
            self._strays += 1
            if self._strays <= MOST_STRAYS:
                self._sink.write(_stray(delivery, payload))
        elif not notice.chat_ids(payload) and notice.kind_of(payload) == notice.ERROR:
            delivery = dataclasses.replace(delivery, message=_flat(delivery.message, payload))
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
            self._sink.write(Incident(delivery.agent, delivery.epoch, delivery.at, "flooded", told, delivery.observer))
        return received <= MOST_DELIVERIES

    def nudge(self) -> None:
        """Let everybody who waits look again, because the run stops."""
        for live in self.chats:
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
            if named and _invites(payload):
                return self._claimed(named[0], notice.chat_of(payload), marker)
            if not named and notice.kind_of(payload) == notice.ERROR:
                return [live for live in self._by_marker.values() if live.busy_agent == delivery.agent]
            return []

    def _claimed(self, chat_id: str, chat: Mapping[str, Any], marker: str) -> list[LiveChat]:
        """The chat that an invitation without a marker of this run is to; nothing for a stranger's."""
        if self._recognition == "marker" or marker.startswith(f"{MARKER}-") or chat_id in self._strangers:
            return []
        awaited = [live for live in self._by_marker.values() if live.awaited]
        shown = {*_listed(chat), *_texts_of(chat.get("userData"))}
        called = [live for live in awaited if live.nickname in shown]
        found = called if called or self._recognition != "only one" else awaited
        if len(found) != 1:
            self._strangers.add(chat_id)
            return []
        found[0].claimed = True
        self._by_id[chat_id] = found[0]
        return found

    def _invitation(self, live: LiveChat, delivery: Delivery, payload: Any) -> Invited | None:
        named = notice.chat_ids(payload)
        # One invitation is not two, whoever hears it twice.
        if delivery.observer != 1 or not named or not _invites(payload):
            return None
        with self._lock:
            self._by_id.setdefault(named[0], live)
            live.named = live.named or live.nickname in _listed(notice.chat_of(payload))
        invitation = Invited(live.number, named[0], delivery.agent, delivery.at)
        self._sink.write(invitation)
        return invitation


def _invites(payload: Any) -> bool:
    return notice.kind_of(payload) == notice.STATUS_CHANGE and notice.state_of(payload) == "Invited"


def _listed(chat: Mapping[str, Any]) -> list[str]:
    """The nicknames of the participants who are no agents."""
    people = chat.get("participants")
    listed = [p for p in people if isinstance(p, Mapping)] if isinstance(people, list) else []
    names = [p.get("nickname") for p in listed if p.get("type") != "Agent"]
    return [name for name in names if isinstance(name, str)]


def _texts_of(data: object) -> list[str]:
    return [value for value in data.values() if isinstance(value, str)] if isinstance(data, Mapping) else []


def _is_of(live: LiveChat, agent: str) -> bool:
    return bool(live.invitations) and live.invitations[-1].agent == agent


def marker_of(chat: Mapping[str, Any]) -> str:
    """The marker that a chat of this suite carries, of whatever run; of other chats anything else."""
    data = chat.get("userData")
    if isinstance(data, dict) and isinstance(data.get(MARKER), str):
        return str(data[MARKER])
    subject = chat.get("subject") or (data.get("Subject") if isinstance(data, dict) else None)
    return subject if isinstance(subject, str) else ""


def _flat(message: Any, payload: Mapping[str, Any]) -> Any:
    """A message whose payload holds no lists and objects: of an Error without a chat, they may be a stranger's."""
    if message is payload:
        return {name: value for name, value in payload.items() if not isinstance(value, dict | list)}
    return {**message, "data": _flat(message["data"], payload)}


def _named(value: str) -> str:
    """A name as it is; anything else may be what somebody said."""
    return value if _NAME.fullmatch(value) else "unusual"


def _stray(delivery: Delivery, payload: Any) -> Stray:
    raw = json.dumps(delivery.message, sort_keys=True, separators=(",", ":")).encode("ascii")
    types = [payload.get(name) for name in ("messageType", "notificationType")]
    named = notice.chat_ids(payload)
    return Stray(
        agent=delivery.agent,
        at=delivery.at,
        channel=_named(str(delivery.message.get("channel"))),
        types=tuple(_named(name) for name in types if isinstance(name, str)),
        chat_id=_named(named[0]) if named else None,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
