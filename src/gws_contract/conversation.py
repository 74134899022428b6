"""One chat as the journal tells it: its scenario and every record of it, from all observers and the customer.

Conversations are put together from a journal (`evidence`) and never change. What they mean is for the judge.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gws_contract import contract
from gws_contract import notification as notice
from gws_contract.happenings import Happenings
from gws_contract.journal import Ended, Exchange, Header, Incident, Invited, Planned
from gws_contract.lazy import lazy
from gws_contract.notified import Notification, union
from gws_contract.operation import Operation
from gws_contract.records import MOST_DELIVERIES
from gws_contract.scenario import Scenario, to_json
from gws_contract.verdict import Transport

_sorted = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True)
class Conversation:
    """One chat, judged as one operation: that of Accept, if nobody asks for another (`judged_as`).

    Times are seconds on the journal's clock.
    """

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
    operation: Operation = field(default_factory=lambda: contract.load().performed)
    """What it is judged as."""
    chosen: Exchange | None = None
    """Which of the requests that perform the operation is judged; None: the last one."""

    def judged_as(self, operation: Operation) -> tuple[Conversation, ...]:
        """The chat as it is judged as an operation: once for every request that performed it, or once if none did."""
        if operation.id == self.operation.id:
            return (self,)
        if operation.id not in self._views:
            sent: tuple[Exchange | None, ...] = self.steps(*operation.steps) or (None,)
            self._views[operation.id] = tuple(replace(self, operation=operation, chosen=one) for one in sent)
        return self._views[operation.id]

    @lazy
    def _views(self) -> dict[str, tuple[Conversation, ...]]:
        """How it was judged, by operation: made once, for thirty checks ask."""
        return {}

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
        """The invitation that the request answers; without a request the last one."""
        before = [i for i in self.invitations if self.request is None or i.at <= self.request.sent]
        return (before or self.invitations or (None,))[-1]

    @lazy
    def agent(self) -> str | None:
        """The agent whose request is judged; before it is sent, the last one invited."""
        if self.request is not None:
            return self.request.actor.removeprefix("agent:")
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
        """The correct Accept of the chat; of several the last one."""
        sent = self.steps("accept")
        return sent[-1] if sent else None

    @lazy
    def request(self) -> Exchange | None:
        """The request that is judged: the Accept, if the chat is judged as Accept."""
        if self.chosen is not None:
            return self.chosen
        sent = self.steps(*self.operation.steps)
        return sent[-1] if sent else None

    @lazy
    def horizon(self) -> float:
        """When the request that ends the chat was sent: a change of state after it is not the operation's any more.

        Of an operation after which others of the same agent may follow: when the next one was sent.
        """
        request, own = self.request, self.operation.until_own
        if request is None or not own:
            return self.over_at
        following = (e.sent for e in self.steps(*own) if e.actor == request.actor and e.sent > request.sent)
        return min(following, default=float("inf"))

    @lazy
    def over_at(self) -> float:
        """When anybody ended the chat after the request."""
        request = self.request
        ends = (e.sent for e in self.steps(*self.operation.until) if request and e.sent > request.sent)
        return min(ends, default=float("inf"))

    @lazy
    def own_until(self) -> float:
        """Until when the operation's own notifications are expected once: a second Accept may cause its own."""
        again = [e.sent for e in self.steps("refusal:second-accept")]
        searched = self.request.sent + self.header.deadline + self.header.quiet_period if self.request else 0.0
        return min([searched, self.horizon, self.over_at, *again])

    @lazy
    def epoch(self) -> int | None:
        """The CometD session of the agent at the moment of the request."""
        if self.request is None:
            return None
        session = self.happenings.line(self.agent or "").session(self.request.sent)
        return session.epoch if session else None

    @lazy
    def heard(self) -> tuple[Notification, ...]:
        """What the agent received of this chat after the request was sent, in the same epoch, to the end of the run."""
        if self.request is None:
            return ()
        sent, agent, epoch = self.request.sent, self.agent, self.epoch
        told = ((n, n.delivery) for n in self.notifications)
        return tuple(n for n, d in told if d.agent == agent and d.at > sent and d.epoch == epoch)

    @lazy
    def received(self) -> tuple[Notification, ...]:
        """What of it the operation may have caused: all, but what another operation of the agent may have caused."""
        if not self.operation.until_own:
            return self.heard
        return tuple(n for n in self.heard if n.at <= self.horizon)

    def of(self, kind: str) -> tuple[Notification, ...]:
        """Those of a kind that were received after the request."""
        return self._by_kind.get(kind, ())

    @lazy
    def _by_kind(self) -> Mapping[str | None, tuple[Notification, ...]]:
        by_kind: dict[str | None, list[Notification]] = defaultdict(list)
        for n in self.received:
            by_kind[n.kind].append(n)
        return {kind: tuple(found) for kind, found in by_kind.items()}

    @lazy
    def status_changes(self) -> tuple[Notification, ...]:
        """The changes of state that the operation may have caused; no repeated invitation, not the end of the chat."""
        documented = self.operation.state
        return tuple(
            n
            for n in self.of(notice.STATUS_CHANGE)
            if n.state != "Invited" and (n.at <= self.horizon or n.state == documented)
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

        Left out, it is from the request until its notifications are no longer looked for.
        """
        asked = self.request.sent if self.request else (self.invitations[0].at if self.invitations else 0.0)
        start = asked if since is None else since
        end = start + self.header.deadline + self.header.quiet_period if until is None else until
        return self.happenings.line(agent).transport(start, end, self._over)

    @property
    def _over(self) -> float:
        """When the performance was over: a session that is given up afterwards takes nothing from this chat."""
        return self.ended.at if self.ended else float("inf")

    @lazy
    def own_transport(self) -> Transport:
        """The transport of the agent whose request is judged."""
        return self.transport(self.agent or "")


def _meant(name: str, steps: Mapping[str, object]) -> Iterable[str]:
    """Those of the steps that a name means."""
    if name.endswith(":"):
        return [step for step in steps if step.startswith(name)]
    return [name] if name in steps else []


def _sent(exchange: Exchange) -> float:
    return exchange.sent
