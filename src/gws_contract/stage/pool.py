"""Many chats over a pool of agents: a performer for each agent, then the chats in company, then those apart.

Counts what a campaign must know: chats that stayed silent, chats that nobody was offered, chats not offered again.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gws_contract.scenario import Beside, Outage, Scenario
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Cast, Performance
from gws_contract.stage.customers.customer import Customer
from gws_contract.stage.perform import Company, perform
from gws_contract.stage.switchboard import LiveChat, Switchboard
from gws_contract.stage.target import NotReady

SILENT_CHATS = 3
"""After so many chats that stayed incomplete until their deadline, or were offered to nobody, the run ends."""
ATTEMPTS_AT_ROUTING = 2
"""After so many chats that routing did not bring about, no more are performed that need the same of it."""
AT_ONCE = 3
"""Chats that one agent is offered at once, if routing gives so many to one."""

Row = tuple[str, Scenario]
"""Where a scenario comes from (the source of its `Planned`), and the scenario."""


_SOFT = ("silent server", "no more offers")
"""Reasons of our own, after which a second look may still be taken."""


class Halt:
    """Why a run stops before its plan is performed; the first reason counts."""

    def __init__(self, switchboard: Switchboard) -> None:
        self.event = threading.Event()
        """Set while nothing new may begin and nobody may wait."""
        self.reason: str | None = None
        self.detail = ""
        """The same in a sentence, if there is more to say."""
        self._final = False
        self._lock = threading.Lock()
        self._switchboard = switchboard

    def because(self, why: str, detail: str = "") -> None:
        """Stop: nothing new is begun, nobody waits any longer."""
        with self._lock:
            if self.reason is None:
                self.reason, self.detail = why, detail
            self._final = self._final or why not in _SOFT
        self.cut()

    def cut(self) -> None:
        """Stop for now, without a reason to tell."""
        self.event.set()
        self._switchboard.nudge()

    def lift(self) -> bool:
        """Go on, unless somebody wants the run to end; whether it goes on."""
        with self._lock:
            if not self._final:
                self.event.clear()
            return not self._final


@dataclass
class Count:
    """How many chats ended how."""

    performed: int = 0
    silent: int = 0
    not_offered: int = 0
    not_offered_again: int = 0
    crowded: Counter[str] = field(default_factory=Counter)
    """Attempts to have chats in company in which somebody was not offered a chat, by the kind of company."""
    trouble: str = ""
    """What went wrong first."""

    def note(self, performance: Performance, *, in_company: bool = False, expected: bool = False) -> None:
        """Count one more; of chats in company, one that is not offered says only that routing gives nobody so many.

        `expected`: if it stayed silent, that is known.
        """
        self.performed += 1
        self.silent += performance.how == "deadline" and not expected
        self.not_offered += performance.how == "not offered" and not in_company
        self.not_offered_again += performance.how == "not offered again" and not in_company
        if performance.how not in ("complete", "customer left", "cut short"):
            self.trouble = self.trouble or performance.detail


@dataclass
class Pool:
    """Performs scenarios. An error of ours in a thread is kept in `crash` and halts the run."""

    cast: Cast
    switchboard: Switchboard
    halt: Halt
    customers: Callable[[], Customer]
    on_end: Callable[[int, str], None] | None = None
    """Is told the number and the source of every chat that is over, by any thread."""
    side_by_side: bool = True
    """Whether chats may be performed beside one another; else one after the other."""
    gives_up: bool = True
    """Whether too many silent or lost chats end the run; else the lost ones only end what is under way."""
    expected: Callable[[int], bool] = lambda _: False
    """Whether it is known why the chat of this number stayed silent; such a chat ends nothing."""
    count: Count = field(default_factory=Count)
    crash: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    """Of the last chat."""

    def perform(self, rows: Sequence[Row]) -> None:
        """The first chat alone until it is offered to somebody, then the others side by side, in company and apart.

        Raises NotReady if nobody is offered the first chat.
        """
        singles = deque(row for row in rows if _single(row[1]))
        if singles:
            source, scenario = singles.popleft()
            live = self.open(scenario, source)
            pioneer = threading.Thread(target=self._pioneer, args=(live, singles), daemon=True)
            pioneer.start()
            until = self.cast.clock.now() + self.cast.target.first_offer_timeout
            live.wait(lambda: bool(live.invitations) or live.over, until, self.cast.clock, self.halt.event)
            if live.invitations:
                self._perform_singles(singles, beside=1)
            pioneer.join()
            if self.count.not_offered and not live.invitations and self._may_go_on():
                raise NotReady(self.count.trouble)
        self._perform_others(rows)

    def _pioneer(self, live: LiveChat, singles: deque[Row]) -> None:
        """The performer of the first chat, and one of many afterwards."""
        with self._crashes_halt(), self.customer() as customer:
            try:
                singles.extend(_left_over(self._one(live, customer), live.scenario))
            finally:
                live.over = True
                live.nudge()
            if live.invitations:
                self._perform_all(singles, customer)

    def play(self, rows: Sequence[Row]) -> None:
        """Perform these, in the same order as `perform`, but without waiting for a first one."""
        self._perform_singles(deque(row for row in rows if _single(row[1])))
        self._perform_others(rows)

    def _perform_singles(self, singles: deque[Row], *, beside: int = 0) -> None:
        """Side by side, with a performer for each agent; `beside` of them are at work already."""
        most = len(self.cast.agents) if self.side_by_side else 1
        workers = most - beside if beside else min(most, len(singles))
        _until_all_have_ended(
            [threading.Thread(target=self._performer, args=(singles,), daemon=True) for _ in range(workers)]
        )

    def _perform_others(self, rows: Sequence[Row]) -> None:
        """Those in company, group by group, then those that must be apart."""
        groups: tuple[Beside, ...] = ("same-agent", "all-agents")
        for beside in groups:
            waiting = deque(row for row in rows if row[1].beside == beside)
            while waiting and self._may_go_on() and self.count.crowded[beside] < ATTEMPTS_AT_ROUTING:
                size = AT_ONCE - self.count.crowded[beside] if beside == "same-agent" else len(self.cast.agents)
                self._side_by_side([waiting.popleft() for _ in range(min(size, len(waiting)))], beside)
        apart = deque(row for row in rows if row[1].beside == "nobody" and not _single(row[1]))
        _until_all_have_ended([threading.Thread(target=self._performer, args=(apart,), daemon=True)] if apart else [])

    def _may_go_on(self) -> bool:
        return not self.halt.event.is_set()

    def _performer(self, queue: deque[Row]) -> None:
        with self._crashes_halt(), self.customer() as customer:
            self._perform_all(queue, customer)

    def _perform_all(self, queue: deque[Row], customer: Customer) -> None:
        while self._may_go_on():
            try:
                source, scenario = queue.popleft()
            except IndexError:
                return
            if scenario.needs_routing and self.count.not_offered_again >= ATTEMPTS_AT_ROUTING:
                continue
            queue.extend(_left_over(self._one(self.open(scenario, source), customer), scenario))

    def _side_by_side(self, rows: list[Row], beside: Beside) -> None:
        """Chats with the only agent who is Ready, or one for every agent; the first stands in for those that lack."""
        lacking = (2 if beside == "same-agent" else len(self.cast.agents)) - len(rows)
        rows = rows + [(rows[0][0] if rows[0][0] == "shrink" else "companion", rows[0][1])] * lacking
        agents: list[Agent] = list(self.cast.agents.values())
        resting = agents[1:] if beside == "same-agent" else []
        for agent in resting:
            agent.not_ready()
        company = Company(beside, len(rows))
        group = self.number + 1
        _until_all_have_ended(
            [threading.Thread(target=self._companion, args=(*row, company, group), daemon=True) for row in rows]
        )
        self.count.crowded[beside] += company.lost
        for agent in resting:
            with contextlib.suppress(NotReady):
                agent.ready()

    def _companion(self, source: str, scenario: Scenario, company: Company, group: int) -> None:
        with self._crashes_halt(), self.customer() as customer:
            self._one(self.open(scenario, source, group), customer, company)

    def open(self, scenario: Scenario, source: str, group: int | None = None) -> LiveChat:
        """The next chat of the run."""
        with self._lock:
            self.number += 1
            return self.switchboard.open(self.number, scenario, source, group)

    def _one(self, live: LiveChat, customer: Customer, company: Company | None = None) -> Performance:
        performance = perform(self.cast, live, customer, company)
        if company is not None and performance.how == "not offered":
            company.lost = True
        self.note(live, performance, in_company=company is not None)
        return performance

    def note(self, live: LiveChat, performance: Performance, *, in_company: bool = False) -> None:
        """Count a performance, and halt the run if it was one too many of its kind."""
        expected = self.gives_up and performance.how == "deadline" and self.expected(live.number)
        with self._lock:
            self.count.note(performance, in_company=in_company, expected=expected)
            count = replace(self.count)
        if self.on_end is not None:
            self.on_end(live.number, live.source)
        lost = count.not_offered >= SILENT_CHATS
        if self.gives_up and count.silent >= SILENT_CHATS:
            self.halt.because("silent server")
        elif self.gives_up and lost:
            self.halt.because("no more offers")
        elif lost:
            self.halt.cut()

    @contextlib.contextmanager
    def _crashes_halt(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - a bug of ours must end the run as a harness error
            self.crash = error
            self.halt.because("harness error")

    @contextlib.contextmanager
    def customer(self) -> Iterator[Customer]:
        """A customer whose connection is given back afterwards."""
        customer = self.customers()
        try:
            yield customer
        finally:
            customer.close()


def _left_over(performance: Performance, scenario: Scenario) -> list[Row]:
    """The misuses that could not be tried after one was carried out, each in a chat of its own."""
    return [("misuse", replace(scenario, refusals=(wrong,), accept_again=False)) for wrong in performance.left_over]


def _single(scenario: Scenario) -> bool:
    """Whether other chats may go on beside it unawares: an agent who is away would be away from those too."""
    return scenario.beside == "nobody" and not any(isinstance(step, Outage) for step in scenario.before)


def _until_all_have_ended(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
