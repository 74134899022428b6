"""Waiting for what an agent should receive of a chat. Decides only how long to wait, never what it means."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from gws_contract import customer_side
from gws_contract import notification as notice
from gws_contract.announced import Announced, announced
from gws_contract.journal import Clock, Delivery, Exchange
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
        self._so_far: dict[tuple[str, int, float], Heard] = {}

    def sequence(self, agent: Agent, accept: Exchange) -> bool:
        """Wait until the three notifications have come, or the operation has visibly failed; False at the deadline."""
        wanted = set(notice.DOCUMENTED)
        until = accept.sent + self._target.deadline
        return self._live.wait(
            lambda: wanted <= self._heard(agent, accept.sent).kinds or self._heard(agent, accept.sent).failed,
            until,
            self._clock,
            self._stop,
        )

    def failed(self, agent: Agent, accept: Exchange) -> bool:
        """Whether the server has taken its yes back: it told of a failure and never of Chatting."""
        heard = self._heard(agent, accept.sent)
        return heard.failed and notice.STATUS_CHANGE not in heard.kinds

    def history(self, agent: Agent, accept: Exchange, nickname: str, joins: int) -> None:
        """Wait for the rest of a history that comes in parts: until it holds so many joins under the agent's nickname.

        The last of them is the agent's own. If it never comes: until nothing more does.
        """
        before = -1
        while self._heard(agent, accept.sent).joins[nickname] < joins and len(self._live.deliveries) > before:
            before = len(self._live.deliveries)
            self._more_than(before, self._target.patience)

    def hears(self, agent: Agent, accept: Exchange, texts: Sequence[str]) -> bool:
        """Wait until the agent has received every one of these texts; False at the deadline."""
        wanted = Counter(texts)
        return not texts or self._live.wait(
            lambda: wanted <= self._heard(agent, accept.sent).texts,
            self._clock.now() + self._target.deadline,
            self._clock,
            self._stop,
        )

    def echo(self, agent: Agent, sent: Exchange, text: str) -> None:
        """Wait a little until an agent has received what was just said."""
        self._soon(lambda: text in self._heard(agent, sent.sent).texts)

    def change_of_state(self, agent: Agent, since: Exchange) -> None:
        """Wait a little until an agent is told that the state of the chat has changed."""
        self._soon(lambda: self._heard(agent, since.sent).changed)

    def brings(self, agent: Agent, done: Exchange, wanted: Callable[[Heard], bool]) -> bool:
        """Wait a little for what an operation should bring; False if an Error takes it back."""
        heard = functools.partial(self._heard, agent, done.sent)
        self._soon(lambda: wanted(heard()) or notice.ERROR in heard().kinds)
        return notice.ERROR not in heard().kinds

    def announced(self, agent: Agent, accept: Exchange) -> Announced:
        """What capabilities an agent was told of since an Accept."""
        observer = agent.best_observer(accept.sent)
        with self._live.changed:
            heard = [d for d in self._live.deliveries if d.agent == agent.name and d.at > accept.sent]
        return announced(notice.payload_of(d.message) for d in heard if d.observer == observer)

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

    def error_follows(self, agent: Agent, since: float = 0.0) -> bool:
        """Whether a notification of type Error takes a yes back, within the settling time."""
        until = self._clock.now() + self._target.settle
        return self._live.wait(lambda: notice.ERROR in self._heard(agent, since).kinds, until, self._clock, self._stop)

    def settle(self) -> None:
        """Give the effect of a refused request its time to show."""
        self._live.wait(lambda: False, self._clock.now() + self._target.settle, self._clock, self._stop)

    def _more_than(self, number: int, seconds: float) -> None:
        until = self._clock.now() + seconds
        self._live.wait(lambda: len(self._live.deliveries) > number, until, self._clock, self._stop)

    def _heard(self, agent: Agent, since: float) -> Heard:
        """What an agent has received after a moment. Only news are looked at: a server may send without end."""
        observer = agent.best_observer(since)
        heard = self._so_far.setdefault((agent.name, observer, since), Heard(self._meanwhile))
        with self._live.changed:
            news = self._live.deliveries[heard.position :]
        heard.position += len(news)
        for delivery in news:
            if delivery.agent == agent.name and delivery.observer == observer and delivery.at > since:
                heard.take(notice.payload_of(delivery.message))
        return heard

    @functools.cached_property
    def _meanwhile(self) -> list[str]:
        """What the customer does during the Accept; asked for when the chat is offered, and so is what it will be."""
        return _doings(self._live.scenario.during)


class Heard:
    """The sum of some deliveries."""

    def __init__(self, meanwhile: Collection[str]) -> None:
        self.position = 0
        """Of the first delivery that was not looked at."""
        self.kinds: set[str | None] = set()
        """Those that came; of changes of state only the one to Chatting counts, of NewMessages no live one."""
        self.changed = False
        """Whether anything told of the state of the chat."""
        self.failed = False
        self.texts: Counter[str] = Counter()
        self.types: set[str] = set()
        """Of the entries."""
        self.joins: Counter[str] = Counter()
        """Of agents, by nickname."""
        self._meanwhile = meanwhile

    def take(self, payload: Mapping[str, Any]) -> None:
        """Add one."""
        kind, state = notice.kind_of(payload), notice.state_of(payload)
        found = payload.get("messages")
        entries = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
        if (kind != notice.STATUS_CHANGE or state == "Chatting") and not self._is_live(found, entries):
            self.kinds.add(kind)
        self.changed = self.changed or bool(state)
        self.failed = self.failed or kind == notice.ERROR or state in _FAILED
        for entry in entries:
            self.types.add(str(entry.get("type")))
            if isinstance(entry.get("text"), str):
                self.texts[entry["text"]] += 1
            if joined := notice.joined(entry):
                self.joins[joined] += 1

    def _is_live(self, found: object, entries: Sequence[Mapping[str, Any]]) -> bool:
        """Whether it holds nothing but what the customer does during the Accept, and so is not the history."""
        if not self._meanwhile or not entries or len(entries) != len(found if isinstance(found, list) else ()):
            return False
        return all((entry.get("text") or entry.get("type")) in self._meanwhile for entry in entries)


def _doings(steps: Sequence[DuringStep]) -> list[str]:
    """The texts of these steps, and the types of the entries that typing causes."""
    texts = [text for step in steps if isinstance(step, Stream) for text in step.said]
    texts += [step.text for step in steps if isinstance(step, Say)]
    typing = ["TypingStarted", "TypingStopped"] if any(isinstance(step, Typing) for step in steps) else []
    return [*texts, *typing]


def completed_at(deliveries: Sequence[Delivery], agent: str, since: float, texts: Sequence[str]) -> float | None:
    """When an agent had the three notifications, and in the history all of these texts; None if never.

    Of these deliveries, in their order, those that the agent's first observer received after a moment.
    """
    heard, wanted = Heard(()), Counter(texts)
    for delivery in deliveries:
        if delivery.agent == agent and delivery.observer == 1 and delivery.at > since:
            heard.take(notice.payload_of(delivery.message))
            if set(notice.DOCUMENTED) <= heard.kinds and wanted <= heard.texts:
                return delivery.at
    return None
