"""Many chats over a pool of agents: a performer for each agent, then the chats in company, then those apart.

Counts what a campaign must know: chats that stayed silent, chats that nobody was offered, chats not offered again.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gws_contract.scenario import Beside, Outage, Scenario
from gws_contract.stage.agent import Agent
from gws_contract.stage.customer import Customer
from gws_contract.stage.perform import Company, perform
from gws_contract.stage.play import Cast, Performance
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
FILLER = ("companion", Scenario("Companion", "Companion"))
"""Stands in where a chat needs others beside it and there are none."""


class Halt:
    """Why a run stops before its plan is performed; the first reason counts."""

    def __init__(self, switchboard: Switchboard) -> None:
        self.event = threading.Event()
        self.reason: str | None = None
        self._switchboard = switchboard

    def because(self, why: str) -> None:
        """Stop: nothing new is begun, nobody waits any longer."""
        if not self.event.is_set():
            self.reason = why
            self.event.set()
        self._switchboard.nudge()


@dataclass
class Count:
    """How many chats ended how."""

    performed: int = 0
    silent: int = 0
    not_offered: int = 0
    not_offered_again: int = 0
    not_side_by_side: int = 0
    trouble: str = ""
    """What went wrong first."""

    def note(self, performance: Performance, *, in_company: bool = False) -> None:
        """Count one more; of chats in company, one that is not offered says only that routing gives nobody so many."""
        self.performed += 1
        self.silent += performance.how == "deadline"
        self.not_offered += performance.how == "not offered" and not in_company
        self.not_side_by_side += performance.how == "not offered" and in_company
        self.not_offered_again += performance.how == "not offered again"
        if performance.how not in ("complete", "customer left", "cut short"):
            self.trouble = self.trouble or performance.detail


@dataclass
class Pool:
    """Performs scenarios. An error of ours in a thread is kept in `crash` and halts the run."""

    cast: Cast
    switchboard: Switchboard
    halt: Halt
    customers: Callable[[], Customer]
    planned: int
    on_progress: Callable[[int, int], None] | None = None
    count: Count = field(default_factory=Count)
    crash: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0

    def perform(self, rows: Sequence[Row]) -> None:
        """The first chat alone, then the others side by side, then those in company, then those that must be alone.

        Raises NotReady if nobody is offered the first chat.
        """
        rest = list(rows)
        first = next((row for row in rows if _single(row[1])), None)
        if first is not None:
            rest.remove(first)
            self.play([first])
            if self.count.not_offered and not self.halt.event.is_set():
                raise NotReady(self.count.trouble)
        self.play(rest)

    def play(self, rows: Sequence[Row]) -> None:
        """Perform these, in the same order as `perform`, but without waiting for a first one."""
        singles = deque(row for row in rows if _single(row[1]))
        workers = min(len(self.cast.agents), len(singles))
        _until_all_have_ended(
            [threading.Thread(target=self._performer, args=(singles,), daemon=True) for _ in range(workers)]
        )
        groups: tuple[Beside, ...] = ("same-agent", "all-agents")
        for beside in groups:
            waiting = deque(row for row in rows if row[1].beside == beside)
            while waiting and self._may_go_on() and self.count.not_side_by_side < ATTEMPTS_AT_ROUTING:
                size = AT_ONCE - self.count.not_side_by_side if beside == "same-agent" else len(self.cast.agents)
                self._side_by_side([waiting.popleft() for _ in range(min(size, len(waiting)))], beside)
        alone = deque(row for row in rows if row[1].beside == "nobody" and not _single(row[1]))
        _until_all_have_ended([threading.Thread(target=self._performer, args=(alone,), daemon=True)] if alone else [])

    def _may_go_on(self) -> bool:
        return not self.halt.event.is_set()

    def _performer(self, queue: deque[Row]) -> None:
        with self._crashes_halt(), self.customer() as customer:
            while self._may_go_on():
                try:
                    source, scenario = queue.popleft()
                except IndexError:
                    return
                if scenario.needs_routing and self.count.not_offered_again >= ATTEMPTS_AT_ROUTING:
                    continue
                performance = self._one(self.open(scenario, source), customer)
                for wrong in performance.left_over:
                    queue.append(("misuse", replace(scenario, refusals=(wrong,), accept_again=False)))

    def _side_by_side(self, rows: list[Row], beside: Beside) -> None:
        """Chats with the only agent who is Ready, or one for every agent; companions stand in for those that lack."""
        rows += [FILLER] * ((2 if beside == "same-agent" else len(self.cast.agents)) - len(rows))
        agents: list[Agent] = list(self.cast.agents.values())
        resting = agents[1:] if beside == "same-agent" else []
        for agent in resting:
            agent.not_ready()
        company = Company(beside, len(rows))
        _until_all_have_ended(
            [threading.Thread(target=self._companion, args=(*row, company), daemon=True) for row in rows]
        )
        for agent in resting:
            with contextlib.suppress(NotReady):
                agent.ready()

    def _companion(self, source: str, scenario: Scenario, company: Company) -> None:
        with self._crashes_halt(), self.customer() as customer:
            self._one(self.open(scenario, source), customer, company)

    def open(self, scenario: Scenario, source: str) -> LiveChat:
        """The next chat of the run."""
        with self._lock:
            self._number += 1
            return self.switchboard.open(self._number, scenario, source)

    def _one(self, live: LiveChat, customer: Customer, company: Company | None = None) -> Performance:
        performance = perform(self.cast, live, customer, company)
        self.note(performance, in_company=company is not None)
        return performance

    def note(self, performance: Performance, *, in_company: bool = False) -> None:
        """Count a performance, and halt the run if it was one too many of its kind."""
        with self._lock:
            self.count.note(performance, in_company=in_company)
            count = replace(self.count)
        if self.on_progress is not None:
            self.on_progress(count.performed, self.planned)
        if count.silent >= SILENT_CHATS:
            self.halt.because("silent server")
        if count.not_offered >= SILENT_CHATS:
            self.halt.because("no more offers")

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


def _single(scenario: Scenario) -> bool:
    """Whether other chats may go on beside it unawares: an agent who is away would be away from those too."""
    return scenario.beside == "nobody" and not any(isinstance(step, Outage) for step in scenario.before)


def _until_all_have_ended(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
