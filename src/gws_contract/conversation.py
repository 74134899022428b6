"""One chat as the journal tells it: its scenario and every record of it, from all observers and the customer.

Conversations are put together from a journal (`evidence`) and never change. What they mean is for the judge.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gws_contract import notification as notice
from gws_contract.happenings import Happenings
from gws_contract.journal import Delivery, Ended, Exchange, Header, Incident, Invited, Planned, Session
from gws_contract.records import MOST_DELIVERIES
from gws_contract.scenario import Scenario
from gws_contract.verdict import Transport


@dataclass(frozen=True)
class Notification:
    """A delivery that belongs to a chat."""

    delivery: Delivery

    @cached_property
    def payload(self) -> Mapping[str, Any]:
        return notice.payload_of(self.delivery.message)

    @cached_property
    def kind(self) -> str | None:
        return notice.kind_of(self.payload)

    @cached_property
    def state(self) -> str | None:
        return notice.state_of(self.payload)

    @property
    def at(self) -> float:
        return self.delivery.at

    @property
    def agent(self) -> str:
        return self.delivery.agent

    @cached_property
    def canonical(self) -> str:
        """The payload as canonical JSON, without the server's own measurements."""
        kept = {name: value for name, value in self.payload.items() if name != "metrics"}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))

    @cached_property
    def entries(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of a NewMessages that are objects."""
        messages = self.payload.get("messages")
        if not isinstance(messages, list):
            return ()
        return tuple(entry for entry in messages if isinstance(entry, Mapping))

    @cached_property
    def spelled(self) -> tuple[str, ...]:
        """Each of the entries as canonical JSON."""
        return tuple(json.dumps(entry, sort_keys=True) for entry in self.entries)

    @cached_property
    def participants(self) -> tuple[Mapping[str, Any], ...]:
        """The participants of its chat that are objects."""
        listed = notice.chat_of(self.payload).get("participants")
        if not isinstance(listed, list):
            return ()
        return tuple(one for one in listed if isinstance(one, Mapping))


@dataclass(frozen=True)
class Conversation:
    """One chat. Times are seconds on the journal's clock."""

    header: Header
    planned: Planned
    scenario: Scenario
    invitations: tuple[Invited, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    notifications: tuple[Notification, ...] = ()
    """From all observers, in the order of receipt."""
    happenings: Happenings = field(default_factory=Happenings)
    """To the sessions of all agents of the run."""
    ended: Ended | None = None

    @property
    def chat(self) -> int:
        return self.planned.chat

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Of all agents of the run."""
        return self.happenings.sessions

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Of all agents of the run."""
        return self.happenings.incidents

    @property
    def flooded(self) -> bool:
        """Whether it got so many notifications that those beyond them were not kept."""
        return len(self.notifications) >= MOST_DELIVERIES

    @property
    def customer(self) -> str | None:
        """The nickname under which the customer came; None if nobody knows it."""
        if self.planned.anonymous:
            return None
        return self.planned.nickname or self.scenario.customer

    @property
    def speaks_unasked(self) -> bool:
        """Whether the customer may say and do what is in no scenario: a person does."""
        return self.header.customer == "wait"

    @cached_property
    def chat_id(self) -> str | None:
        """The server's id of the chat, on the agent's side."""
        return self.invitations[-1].chat_id if self.invitations else None

    @cached_property
    def agent(self) -> str | None:
        """The agent whose Accept is judged; before it is sent, the last one invited."""
        if self.accept is not None:
            return self.accept.actor.removeprefix("agent:")
        return self.invitations[-1].agent if self.invitations else None

    def steps(self, *names: str) -> tuple[Exchange, ...]:
        """The exchanges made for one of these steps, in the order of sending; a name may end with `:` as a prefix."""
        if names not in self._asked:
            wanted = [step for name in names for step in self._by_step if step == name or _begins(step, name)]
            found = [exchange for step in dict.fromkeys(wanted) for exchange in self._by_step[step]]
            self._asked[names] = tuple(sorted(found, key=lambda exchange: exchange.sent))
        return self._asked[names]

    @cached_property
    def _asked(self) -> dict[tuple[str, ...], tuple[Exchange, ...]]:
        """The steps that were asked for: ninety checks ask for the same few."""
        return {}

    @cached_property
    def concluded(self) -> dict[str, Any]:
        """Room for what a judge concludes from it, by name: it never changes, so neither does that."""
        return {}

    @cached_property
    def canonical(self) -> str:
        """Its plan as canonical JSON, by which performances of the same scenario are found."""
        return json.dumps(self.planned.scenario, sort_keys=True)

    @cached_property
    def size(self) -> tuple[bool, int, int, str]:
        """The size of its scenario, by which the smallest example is found."""
        return self.scenario.size

    @cached_property
    def _by_step(self) -> dict[str, list[Exchange]]:
        by_step: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in self.exchanges:
            by_step[exchange.step].append(exchange)
        return dict(by_step)

    @cached_property
    def ordinary(self) -> bool:
        """Whether nothing in its scenario goes beyond what every vendor expects."""
        return self.scenario.ordinary

    @cached_property
    def accept(self) -> Exchange | None:
        """The correct Accept that is judged."""
        sent = self.steps("accept")
        return sent[-1] if sent else None

    @cached_property
    def horizon(self) -> float:
        """When the request that ends the chat was sent: a change of state after it is not the Accept's any more."""
        ends = [e.sent for e in self.steps("complete") if self.accept and e.sent > self.accept.sent]
        return min(ends, default=float("inf"))

    @cached_property
    def own_until(self) -> float:
        """Until when the Accept's own notifications are expected once: a second Accept may cause its own."""
        again = [e.sent for e in self.steps("refusal:second-accept")]
        searched = self.accept.sent + self.header.deadline + self.header.quiet_period if self.accept else 0.0
        return min([searched, self.horizon, *again])

    @cached_property
    def epoch(self) -> int | None:
        """The CometD session of the accepting agent at the moment of the Accept."""
        if self.accept is None:
            return None
        session = self.happenings.line(self.agent or "").session(self.accept.sent)
        return session.epoch if session else None

    @cached_property
    def received(self) -> tuple[Notification, ...]:
        """What the accepting agent received of this chat after the Accept was sent, in the same epoch."""
        if self.accept is None:
            return ()
        sent = self.accept.sent
        return tuple(
            n for n in self.notifications if n.agent == self.agent and n.at > sent and n.delivery.epoch == self.epoch
        )

    def of(self, kind: str) -> tuple[Notification, ...]:
        """Those of a kind that were received after the Accept, to the end of the run."""
        return tuple(n for n in self.received if n.kind == kind)

    @cached_property
    def status_changes(self) -> tuple[Notification, ...]:
        """The changes of state that the Accept may have caused; no repeated invitation, not the end of the chat."""
        return tuple(
            n
            for n in self.of(notice.STATUS_CHANGE)
            if n.state != "Invited" and (n.at <= self.horizon or n.state == "Chatting")
        )

    @cached_property
    def history(self) -> tuple[Mapping[str, Any], ...]:
        """The union of the batches: all entries in order of arrival, an entry delivered again only once."""
        return union(self.of(notice.NEW_MESSAGES))

    @cached_property
    def visitors(self) -> frozenset[str]:
        """The agents who accepted the chat before the Accept that is judged."""
        return frozenset(e.actor.removeprefix("agent:") for e in self.steps("visit:accept"))

    def transport(self, agent: str, since: float | None = None, until: float | None = None) -> Transport:
        """What happened to an agent's session in a time, on the journal's clock.

        Left out, it is from the Accept until its notifications are no longer looked for.
        """
        asked = self.accept.sent if self.accept else (self.invitations[0].at if self.invitations else 0.0)
        start = asked if since is None else since
        end = start + self.header.deadline + self.header.quiet_period if until is None else until
        return self.happenings.line(agent).transport(start, end, self._over)

    @property
    def _over(self) -> float:
        """When the performance was over: a session that is given up afterwards takes nothing from this chat."""
        return self.ended.at if self.ended else float("inf")

    @cached_property
    def own_transport(self) -> Transport:
        """The transport of the accepting agent."""
        return self.transport(self.agent or "")


def union(notifications: Iterable[Notification]) -> tuple[Mapping[str, Any], ...]:
    """The entries of several NewMessages in order of arrival, an entry delivered again only once."""
    unique: dict[str, Mapping[str, Any]] = {}
    for n in notifications:
        for spelled, entry in zip(n.spelled, n.entries, strict=True):
            unique.setdefault(spelled, entry)
    return tuple(unique.values())


def _begins(step: str, name: str) -> bool:
    return name.endswith(":") and step.startswith(name)
