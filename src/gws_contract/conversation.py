"""One chat as the journal tells it: its scenario and every record of it, from all observers and the customer.

Conversations are put together from a journal (`evidence`) and never change. What they mean is for the judge.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gws_contract import notification as notice
from gws_contract.happenings import Happenings
from gws_contract.journal import Delivery, Ended, Exchange, Header, Incident, Invited, Planned
from gws_contract.lazy import lazy
from gws_contract.parsing import sameness
from gws_contract.records import MOST_DELIVERIES
from gws_contract.scenario import Scenario, to_json
from gws_contract.verdict import Transport

_sorted = json.JSONEncoder(sort_keys=True).encode


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
    def incidents(self) -> tuple[Incident, ...]:
        """Of all agents of the run."""
        return self.happenings.incidents

    @lazy
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

    @lazy
    def chat_id(self) -> str | None:
        """The server's id of the chat, on the agent's side."""
        return self.offer.chat_id if self.offer else None

    @lazy
    def offer(self) -> Invited | None:
        """The invitation that the Accept answers; without an Accept the last one."""
        before = [i for i in self.invitations if self.accept is None or i.at <= self.accept.sent]
        return (before or self.invitations or (None,))[-1]

    @lazy
    def agent(self) -> str | None:
        """The agent whose Accept is judged; before it is sent, the last one invited."""
        if self.accept is not None:
            return self.accept.actor.removeprefix("agent:")
        return self.offer.agent if self.offer else None

    def steps(self, *names: str) -> tuple[Exchange, ...]:
        """The exchanges made for one of these steps, in the order of sending; a name may end with `:` as a prefix."""
        if len(names) == 1 and not names[0].endswith(":"):
            return self._by_step.get(names[0], ())
        found = self._asked.get(names)
        if found is None:
            wanted = dict.fromkeys(step for name in names for step in _meant(name, self._by_step))
            exchanges = (exchange for step in wanted for exchange in self._by_step[step])
            found = self._asked[names] = tuple(sorted(exchanges, key=_sent))
        return found

    @lazy
    def _asked(self) -> dict[tuple[str, ...], tuple[Exchange, ...]]:
        """The steps that were asked for: ninety checks ask for the same few."""
        return {}

    @lazy
    def concluded(self) -> dict[Any, Any]:
        """Room for what a judge concludes from it, by question: it never changes, so neither does that."""
        return {}

    @lazy
    def canonical(self) -> str:
        """Its plan as canonical JSON, by which performances of the same scenario are found."""
        return _sorted(self.planned.scenario)

    @lazy
    def size(self) -> tuple[bool, int, int, str]:
        """The size of its scenario, by which the smallest example is found."""
        scenario, told = self.scenario, self.planned.scenario
        return scenario.size_told_as(self.canonical) if to_json(scenario) == told else scenario.size

    @lazy
    def _by_step(self) -> dict[str, tuple[Exchange, ...]]:
        by_step: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in sorted(self.exchanges, key=_sent):
            by_step[exchange.step].append(exchange)
        return {step: tuple(exchanges) for step, exchanges in by_step.items()}

    @lazy
    def ordinary(self) -> bool:
        """Whether nothing in its scenario goes beyond what every vendor expects."""
        exotic, *_ = self.size
        return not exotic

    @lazy
    def accept(self) -> Exchange | None:
        """The correct Accept that is judged."""
        sent = self.steps("accept")
        return sent[-1] if sent else None

    @lazy
    def horizon(self) -> float:
        """When the agent sent what ends the chat, or parts him from it: a later change of state is not the Accept's."""
        ends = self.steps("complete", "use:Complete", "use:Leave", "use:Transfer")
        return min((e.sent for e in ends if self.accept and e.sent > self.accept.sent), default=float("inf"))

    @lazy
    def own_until(self) -> float:
        """Until when the Accept's own notifications are expected once: a second Accept may cause its own."""
        again = [e.sent for e in self.steps("refusal:second-accept")]
        searched = self.accept.sent + self.header.deadline + self.header.quiet_period if self.accept else 0.0
        return min([searched, self.horizon, *again])

    @lazy
    def epoch(self) -> int | None:
        """The CometD session of the accepting agent at the moment of the Accept."""
        if self.accept is None:
            return None
        session = self.happenings.line(self.agent or "").session(self.accept.sent)
        return session.epoch if session else None

    @lazy
    def received(self) -> tuple[Notification, ...]:
        """What the accepting agent received of this chat after the Accept was sent, in the same epoch."""
        if self.accept is None:
            return ()
        sent, agent, epoch = self.accept.sent, self.agent, self.epoch
        told = ((n, n.delivery) for n in self.notifications)
        return tuple(n for n, d in told if d.agent == agent and d.at > sent and d.epoch == epoch)

    def of(self, kind: str) -> tuple[Notification, ...]:
        """Those of a kind that were received after the Accept, to the end of the run."""
        return self._by_kind.get(kind, ())

    @lazy
    def _by_kind(self) -> Mapping[str | None, tuple[Notification, ...]]:
        by_kind: dict[str | None, list[Notification]] = defaultdict(list)
        for n in self.received:
            by_kind[n.kind].append(n)
        return {kind: tuple(found) for kind, found in by_kind.items()}

    @lazy
    def status_changes(self) -> tuple[Notification, ...]:
        """The changes of state that the Accept may have caused; no repeated invitation, not the end of the chat."""
        return tuple(
            n
            for n in self.of(notice.STATUS_CHANGE)
            if n.state != "Invited" and (n.at <= self.horizon or n.state == "Chatting")
        )

    @lazy
    def history(self) -> tuple[Mapping[str, Any], ...]:
        """The union of the batches: all entries in order of arrival, an entry delivered again only once."""
        return union(self.of(notice.NEW_MESSAGES))

    @lazy
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

    @lazy
    def own_transport(self) -> Transport:
        """The transport of the accepting agent."""
        return self.transport(self.agent or "")


def union(notifications: Iterable[Notification]) -> tuple[Mapping[str, Any], ...]:
    """The entries of several NewMessages in order of arrival, an entry delivered again only once."""
    unique: dict[bytes, Mapping[str, Any]] = {}
    for n in notifications:
        for spelled, entry in zip(n.spelled, n.entries, strict=True):
            unique.setdefault(spelled, entry)
    return tuple(unique.values())


def _meant(name: str, steps: Mapping[str, object]) -> Iterable[str]:
    """Those of the steps that a name means."""
    if name.endswith(":"):
        return [step for step in steps if step.startswith(name)]
    return [name] if name in steps else []


def _sent(exchange: Exchange) -> float:
    return exchange.sent
