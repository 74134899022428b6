"""Waiting for what an agent should receive of a chat. Decides only how long to wait, never what it means."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from gws_contract import customer_side
from gws_contract import notification as notice
from gws_contract.journal import Clock, Exchange
from gws_contract.scenario import DuringStep, Say, Stream, Typing
from gws_contract.stage.agent import Agent
from gws_contract.stage.customers.customer import Customer
from gws_contract.stage.switchboard import LiveChat
from gws_contract.stage.target import Target

_LOOK_AGAIN = (0.02, 0.05, 0.1, 0.25)
"""Seconds between two looks of the customer, who can only poll; the last one repeats."""
_FAILED = ("JoinFailed", "Completed", "LeftChat", "Revoked")


class Watch:
    """Looks at one chat. Every wait ends at its limit, or when the run stops."""

    def __init__(self, live: LiveChat, target: Target, clock: Clock, stop: threading.Event) -> None:
        self._live, self._target, self._clock, self._stop = live, target, clock, stop

    def sequence(self, agent: Agent, accept: Exchange) -> bool:
        """Wait until the three notifications have come, or the operation has visibly failed; False at the deadline."""
        wanted = set(notice.DOCUMENTED)
        until = accept.sent + self._target.deadline
        return self._live.wait(
            lambda: wanted <= self._kinds(agent, accept.sent) or self._failed(agent, accept.sent),
            until,
            self._clock,
            self._stop,
        )

    def failed(self, agent: Agent, accept: Exchange) -> bool:
        """Whether the server has taken its yes back: it told of a failure and never of Chatting."""
        return self._failed(agent, accept.sent) and notice.STATUS_CHANGE not in self._kinds(agent, accept.sent)

    def history(self, agent: Agent, accept: Exchange, nickname: str, joins: int) -> None:
        """Wait for the rest of a history that comes in parts: until it holds so many joins under the agent's nickname.

        The last of them is the agent's own. If it never comes: until nothing more does.
        """
        heard = -1
        while self._joins(agent, accept.sent, nickname) < joins and len(self._live.deliveries) > heard:
            heard = len(self._live.deliveries)
            self._more_than(heard, self._target.patience)

    def hears(self, agent: Agent, accept: Exchange, texts: Sequence[str]) -> bool:
        """Wait until the agent has received every one of these texts; False at the deadline."""
        wanted = Counter(texts)
        return not texts or self._live.wait(
            lambda: wanted <= Counter(self._texts(agent, accept.sent)),
            self._clock.now() + self._target.deadline,
            self._clock,
            self._stop,
        )

    def echo(self, agent: Agent, sent: Exchange, text: str) -> None:
        """Wait a little until an agent has received what was just said."""
        self._soon(lambda: text in self._texts(agent, sent.sent))

    def change_of_state(self, agent: Agent, since: Exchange) -> None:
        """Wait a little until an agent is told that the state of the chat has changed."""
        self._soon(lambda: any(notice.state_of(p) for p in self._payloads(agent, since.sent)))

    def _soon(self, condition: Callable[[], bool]) -> None:
        self._live.wait(condition, self._clock.now() + self._target.patience, self._clock, self._stop)

    def sees(self, customer: Customer, nickname: str, earlier: Collection[str], accept: Exchange) -> bool:
        """Let the customer look until an agent of this nickname is there, or one of a name that is not `earlier`."""
        until = accept.sent + self._target.deadline
        pauses = iter(_LOOK_AGAIN)
        pause = 0.0
        while True:
            seen = customer_side.present(customer.look() if self._live.can("look") else customer.read())
            if nickname in seen or set(seen) - set(earlier):
                return True
            pause = next(pauses, pause)
            if self._clock.now() + pause >= until or self._stop.wait(pause):
                return False

    def error_follows(self, agent: Agent) -> bool:
        """Whether a notification of type Error takes a yes back, within the settling time."""
        until = self._clock.now() + self._target.settle
        return self._live.wait(lambda: notice.ERROR in self._kinds(agent, 0.0), until, self._clock, self._stop)

    def settle(self) -> None:
        """Give the effect of a refused request its time to show."""
        self._live.wait(lambda: False, self._clock.now() + self._target.settle, self._clock, self._stop)

    def _more_than(self, number: int, seconds: float) -> None:
        until = self._clock.now() + seconds
        self._live.wait(lambda: len(self._live.deliveries) > number, until, self._clock, self._stop)

    def _payloads(self, agent: Agent, since: float) -> Iterator[Mapping[str, Any]]:
        observer = agent.best_observer(since)
        for delivery in self._live.deliveries:
            if delivery.agent == agent.name and delivery.at > since and delivery.observer == observer:
                yield notice.payload_of(delivery.message)

    def _kinds(self, agent: Agent, since: float) -> set[str | None]:
        """The kinds that came; of the changes of state only the one to Chatting counts, of NewMessages no live one."""
        return {
            notice.kind_of(payload)
            for payload in self._payloads(agent, since)
            if (notice.kind_of(payload) != notice.STATUS_CHANGE or notice.state_of(payload) == "Chatting")
            and not self._is_live(payload)
        }

    @functools.cached_property
    def _meanwhile(self) -> list[str]:
        """What the customer does during the Accept; asked for when the chat is offered, and so is what it will be."""
        return _doings(self._live.scenario.during)

    def _is_live(self, payload: Mapping[str, Any]) -> bool:
        """Whether it holds nothing but what the customer does during the Accept, and so is not the history."""
        entries = payload.get("messages")
        if not self._meanwhile or not isinstance(entries, list) or not entries:
            return False
        return all(isinstance(e, Mapping) and (e.get("text") or e.get("type")) in self._meanwhile for e in entries)

    def _failed(self, agent: Agent, since: float) -> bool:
        return any(
            notice.kind_of(payload) == notice.ERROR or notice.state_of(payload) in _FAILED
            for payload in self._payloads(agent, since)
        )

    def _entries(self, agent: Agent, since: float) -> Iterator[Any]:
        for payload in self._payloads(agent, since):
            entries = payload.get("messages")
            yield from entries if isinstance(entries, list) else ()

    def _texts(self, agent: Agent, since: float) -> list[str]:
        said = [entry.get("text") for entry in self._entries(agent, since) if isinstance(entry, Mapping)]
        return [text for text in said if isinstance(text, str)]

    def _joins(self, agent: Agent, since: float, nickname: str) -> int:
        return sum(notice.is_join_of(entry, nickname) for entry in self._entries(agent, since))


def _doings(steps: Sequence[DuringStep]) -> list[str]:
    """The texts of these steps, and the types of the entries that typing causes."""
    texts = [text for step in steps if isinstance(step, Stream) for text in step.said]
    texts += [step.text for step in steps if isinstance(step, Say)]
    typing = ["TypingStarted", "TypingStopped"] if any(isinstance(step, Typing) for step in steps) else []
    return [*texts, *typing]
