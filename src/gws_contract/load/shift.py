"""One worker's part of a load run: its agents, its chats, its shard of the journal.

Offers are open-loop: a chat is due at its moment whatever became of those before it, so that a slow server is not
spared. Threads and locks are the plain ones; under Locust they are greenlets.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gws_contract import __version__, contract, deviations
from gws_contract.journal import Clock, Delivery, Footer, Header, JournalWriter
from gws_contract.load.astray import Astray
from gws_contract.load.gauge import Gauge
from gws_contract.load.ledger import Entry, Ledger
from gws_contract.load.task import Task
from gws_contract.redaction import Redacting, Secrets
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Cast
from gws_contract.stage.customers.customer import Customer
from gws_contract.stage.customers.front import Front
from gws_contract.stage.ending import end_anyway
from gws_contract.stage.perform import perform
from gws_contract.stage.pool import Count, Halt
from gws_contract.stage.switchboard import Switchboard
from gws_contract.stage.target import Account, NotReady, Target
from gws_contract.stage.version import version_of
from gws_contract.watchdog import UNANSWERED, Watchdog

SOURCE = "drawn"
"""Of the chats of a load run."""
_GOODBYE = 30.0
"""Seconds until nobody waits any longer for the agents to log out."""


class Shift:
    """From `open` to `over`. No method raises for what a server does; what went wrong of ours is in `crash`."""

    def __init__(self, target: Target, task: Task, shard: Path, enter: Callable[[Entry], None]) -> None:
        """`shard` is where the journal goes; `enter` is told every entry of the statistics."""
        self.target, self.task, self.shard = target, task, shard
        self.closed = threading.Event()
        """Set when the shard is complete."""
        self.over = threading.Event()
        """Set when the agents may go home."""
        self.crash: BaseException | None = None
        self._writer = JournalWriter(shard)
        self._secrets = secrets = Secrets()
        secrets.say(contract.vocabulary(), target.url, target.name, *(account.user for account in target.accounts))
        for scenario in task.scenarios:
            secrets.say(*scenario.names, *scenario.texts)
        for value, what in target.secrets:
            secrets.add(value, what)
        planned = itertools.islice(itertools.cycle(task.scenarios), task.chats)
        most = max(UNANSWERED, task.chats // UNANSWERED)
        self._watchdog = guard = Watchdog(
            self._writer, planned, patience=target.wiring.read_timeout, halt=self.halt, unanswered=most
        )
        self._ledger = Ledger(Redacting(guard, secrets), enter)
        self._clock, self._started = Clock(), datetime.now(UTC)
        self._wiring = dataclasses.replace(target.wiring, secrets=secrets, leash=guard.leash, ration=guard.ration)
        own = f"{task.run}w{task.worker + 1}"
        self._switchboard = Switchboard(self._ledger, self._clock, own, target.customer.recognition)
        self._astray = Astray(task.run, own)
        self._halt = Halt(self._switchboard)
        self._gauge = Gauge(self._clock, guard)
        self._agents: dict[str, Agent] = {}
        self._cast = Cast(target, self._agents, None, self._clock, self._ledger, self._halt.event)
        self._front = Front(target, self._wiring, self._clock, self._ledger, self._halt.event)
        self._idle: list[Customer] = []
        """Customers whose connection waits for the next chat."""
        self._waiting = list(target.agents)
        self._count, self._serials = Count(), itertools.count(1)
        self._changed = threading.Condition()
        self._aboard = 0
        """Agents who are logged in or about to be."""
        self._manned = 0

    # what Locust's users do

    def open(self) -> None:
        """Begin the shard."""
        self._watchdog.start(None)
        self._ledger.write(self._header(version_of(self._wiring, self._clock)))

    def take_on(self) -> Account | None:
        """The next account that nobody works with yet; None if there is none, or the shift is over."""
        with self._changed:
            if self._halt.event.is_set() or not self._waiting:
                return None
            self._aboard += 1
            return self._waiting.pop(0)

    def log_in(self, account: Account) -> Agent:
        """The agent of an account, ready for chats; if that did not come about, the shift ends."""
        agent = Agent(
            account,
            self.target,
            self._wiring,
            clock=self._clock,
            sink=self._ledger,
            serials=self._serials,
            on_delivery=self._receive,
        )
        self._agents[account.user] = agent
        try:
            agent.log_in()
        except NotReady as error:
            self.halt("not ready", self._secrets.mask(str(error)))
        except Exception as error:  # noqa: BLE001 - a bug of ours must end the run as a harness error
            self._crashed(error)
        with self._changed:
            self._manned += 1
            self._changed.notify_all()
        return agent

    def log_out(self, agent: Agent) -> None:
        """The agent goes home."""
        try:
            agent.log_out()
        finally:
            with self._changed:
                self._aboard -= 1
                self._changed.notify_all()

    # what the worker does

    def wait_until_manned(self) -> bool:
        """Wait until all agents are logged in; False if the shift is to end before."""
        with self._changed:
            self._changed.wait_for(lambda: self._manned == len(self.target.agents) or self._halt.event.is_set())
        return not self._halt.event.is_set()

    @property
    def trouble(self) -> tuple[str, str]:
        """Why it is to end, and the same in a sentence; empty while it is not."""
        return self._halt.reason or "", self._halt.detail

    def halt(self, why: str, detail: str = "") -> None:
        """Begin nothing new; nobody waits any longer."""
        self._halt.because(why, detail)
        with self._changed:
            self._changed.notify_all()

    def stop(self, why: str, detail: str = "") -> None:
        """As `halt`, and what is under way ends soon."""
        self._watchdog.stop(why, detail)

    def work(self) -> None:
        """Offer the chats, wait for their end, listen for the quiet period, let the agents go, close the shard."""
        try:
            self._offer()
            self._gauge.active.wait_for_nobody()
            self._halt.event.wait(self.target.quiet_period)
            self._gauge.stop()
        except BaseException as error:  # noqa: BLE001 - a bug of ours must end the run as a harness error
            self._crashed(error)
        try:
            self._end(self._halt.reason or "complete")
        finally:
            self.over.set()
            self._writer.close()
            self.closed.set()

    def _end(self, ended: str) -> None:
        for live in self._switchboard.chats:
            end_anyway(self._cast, live)
        for customer in self._idle:
            customer.close()
        self.over.set()
        with self._changed:
            self._changed.wait_for(lambda: self._aboard == 0, _GOODBYE)
        self._watchdog.release()
        self._ledger.write(self._footer(ended))

    def _offer(self) -> None:
        begun, task = self._clock.now(), self.task
        self._gauge.start(begun, task)
        for number in range(1, task.chats + 1):
            wait = begun + task.due(number) - self._clock.now()
            # Also when it is late: it must not keep everybody else from their work.
            if self._halt.event.wait(max(0.0, wait)):
                self._gauge.given_up = self._clock.now()
                return
            self._gauge.offered += 1
            self._gauge.active.enter()
            threading.Thread(target=self._chat, args=(number,), name=f"chat {number}", daemon=True).start()

    def _chat(self, number: int) -> None:
        try:
            live = self._switchboard.open(number, self.task.scenario(number), SOURCE)
            customer = self._idle.pop() if self._idle else self._front.customer()
            performance = perform(self._cast, live, customer)
            self._idle.append(customer)
            self._ledger.close(live, performance, self._clock.now())
            with self._changed:
                self._count.note(performance)
            # What it received is in the journal.
            live.deliveries.clear()
        except BaseException as error:  # noqa: BLE001 - as above
            self._crashed(error)
        finally:
            self._gauge.active.leave()

    def _receive(self, delivery: Delivery) -> None:
        self._astray.look_at(delivery)
        self._switchboard.receive(delivery)

    def _crashed(self, error: BaseException) -> None:
        self.crash = self.crash or error
        words = self._secrets.mask(f"{type(error).__name__}: {error}")
        self.halt("harness error", words)

    def _header(self, version: str | None) -> Header:
        task, target = self.task, self.target
        return Header(
            suite=__version__,
            contract=contract.load().digest,
            target=target.name,
            target_version=version,
            table=task.table or contract.table_for(version),
            seed=0,
            depth="load",
            deadline=target.deadline,
            quiet_period=target.quiet_period,
            started=self._started.isoformat(timespec="milliseconds"),
            agents=tuple(account.user for account in target.agents),
            scenarios=task.digest,
            deviations=tuple(map(deviations.to_json, task.deviations)),
            insecure=target.access.insecure,
            customer=target.customer.kind,
            rate=task.own_rate,
            shard=f"{task.worker + 1} of {task.workers}",
            notes=self._secrets.take_notes(),
            **dataclasses.asdict(task.terms),
        )

    def _footer(self, ended: str) -> Footer:
        count, known = self._count, self._halt.detail
        notes = (*self._secrets.take_notes(), self._gauge.bottleneck, self._astray.sentence)
        return Footer(
            at=self._clock.now(),
            ended=ended,
            chats=count.performed,
            detail=count.trouble if ended == "complete" else self._watchdog.told(known, count.trouble),
            notes=tuple(filter(None, notes)),
        )
