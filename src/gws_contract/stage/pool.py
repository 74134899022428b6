"""Many chats over a pool of agents: one performer for each agent, then the chats that belong together.

Counts what a campaign must know: chats that stayed silent, chats that nobody was offered, chats not offered again.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gws_contract.scenario import Scenario
from gws_contract.stage.agent import Agent
from gws_contract.stage.customer import Customer
from gws_contract.stage.perform import Performance, Stage
from gws_contract.stage.switchboard import LiveChat, Switchboard
from gws_contract.stage.target import NotReady

SILENT_CHATS = 3
"""After so many chats that stayed incomplete until their deadline, or were offered to nobody, the run ends."""
ATTEMPTS_AT_ROUTING = 2
"""After so many chats that were not offered again, no more are performed that need it."""


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
    trouble: str = ""
    """What went wrong first."""

    def note(self, performance: Performance) -> None:
        """Count one more."""
        self.performed += 1
        self.silent += performance.how == "deadline"
        self.not_offered += performance.how == "not offered" and not performance.not_offered_again
        self.not_offered_again += performance.not_offered_again
        if performance.how not in ("complete", "cut short"):
            self.trouble = self.trouble or performance.detail


@dataclass
class Pool:
    """Performs scenarios. An error of ours in a thread is kept in `crash` and halts the run."""

    stage: Stage
    switchboard: Switchboard
    halt: Halt
    customers: Callable[[], Customer]
    planned: int
    on_progress: Callable[[int, int], None] | None = None
    count: Count = field(default_factory=Count)
    crash: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0

    def perform(self, scenarios: Sequence[Scenario]) -> None:
        """The first chat alone, then the others side by side, then those that belong together.

        Raises NotReady if nobody is offered the first chat.
        """
        single = deque((s, "drawn") for s in scenarios if s.beside == "nobody")
        pairs = [s for s in scenarios if s.beside == "same-agent"]
        if single:
            first = deque([single.popleft()])
            _until_all_have_ended([threading.Thread(target=self._performer, args=(first,), daemon=True)])
            if self.count.not_offered and not self.halt.event.is_set():
                raise NotReady(self.count.trouble)
        performers = [threading.Thread(target=self._performer, args=(single,), daemon=True) for _ in self.stage.agents]
        _until_all_have_ended(performers)
        while len(pairs) >= 2 and not self.halt.event.is_set():
            self._together(pairs.pop(), pairs.pop())

    def _performer(self, queue: deque[tuple[Scenario, str]]) -> None:
        with self._crashes_halt(), self._customer() as customer:
            while not self.halt.event.is_set():
                try:
                    scenario, source = queue.popleft()
                except IndexError:
                    return
                if scenario.needs_routing and self.count.not_offered_again >= ATTEMPTS_AT_ROUTING:
                    continue
                performance = self._one(self._open(scenario, source), customer)
                for name in performance.left_over:
                    queue.append((replace(scenario, refusals=(name,), accept_again=False), "refusal alone"))

    def _together(self, one: Scenario, other: Scenario) -> None:
        """Two chats with the only agent who is Ready, the second accepted while the first is open."""
        resting: list[Agent] = list(self.stage.agents.values())[1:]
        for agent in resting:
            agent.not_ready()
        meeting = threading.Barrier(2)
        threads = [threading.Thread(target=self._companion, args=(s, meeting), daemon=True) for s in (one, other)]
        _until_all_have_ended(threads)
        for agent in resting:
            with contextlib.suppress(NotReady):
                agent.ready()

    def _companion(self, scenario: Scenario, meeting: threading.Barrier) -> None:
        with self._crashes_halt(), self._customer() as customer:
            self._one(self._open(scenario, "drawn"), customer, meeting)

    def _open(self, scenario: Scenario, source: str) -> LiveChat:
        with self._lock:
            self._number += 1
            return self.switchboard.open(self._number, scenario, source)

    def _one(self, live: LiveChat, customer: Customer, meeting: threading.Barrier | None = None) -> Performance:
        performance = self.stage.perform(live, customer, meeting)
        with self._lock:
            self.count.note(performance)
            count = replace(self.count)
        if self.on_progress is not None:
            self.on_progress(count.performed, self.planned)
        if count.silent >= SILENT_CHATS:
            self.halt.because("silent server")
        if count.not_offered >= SILENT_CHATS:
            self.halt.because("no more offers")
        return performance

    @contextlib.contextmanager
    def _crashes_halt(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - a bug of ours must end the run as a harness error
            self.crash = error
            self.halt.because("harness error")

    @contextlib.contextmanager
    def _customer(self) -> Iterator[Customer]:
        customer = self.customers()
        try:
            yield customer
        finally:
            customer.close()


def _until_all_have_ended(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
