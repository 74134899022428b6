"""A campaign: log in, perform the scenarios over a pool of agents, listen for one quiet period, log out.

Writes the journal and nothing else; what the journal means is decided afterwards.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from secrets import token_hex

from gws_contract import __version__, contract, deviations
from gws_contract.check import Check
from gws_contract.deviations import Deviation
from gws_contract.interrupts import heeding
from gws_contract.journal import Clock, Footer, Header, Sink
from gws_contract.onlooker import Onlooker
from gws_contract.records import Terms
from gws_contract.redaction import Redacting, Secrets
from gws_contract.second_look import SecondLook, Witness
from gws_contract.shrinking import SECONDS
from gws_contract.stage import machine, words
from gws_contract.stage.abilities import lacking
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Cast
from gws_contract.stage.customers.front import Front
from gws_contract.stage.customers.person import Tell
from gws_contract.stage.ending import end_anyway
from gws_contract.stage.pool import ATTEMPTS_AT_ROUTING, Halt, Pool, Row
from gws_contract.stage.switchboard import Switchboard
from gws_contract.stage.target import Account, NotReady, Target
from gws_contract.stage.version import version_of
from gws_contract.watchdog import Watchdog
from gws_contract.wire.pace import Pace


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is to do. Seconds."""

    rows: tuple[Row, ...]
    seed: int
    depth: str
    digest: str | None = None
    """sha256 of the file that the scenarios were read from."""
    time_limit: float | None = None
    table: str | None = None
    """The product version whose table of return values applies; None: that of the server's own version."""
    machine_runs: int = 0
    """How often a state machine picks the moves of some chats."""
    max_rate: float | None = None
    """Requests a second."""
    deviations: tuple[Deviation, ...] = ()
    """What the vendor has declared; it becomes part of the evidence."""
    terms: Terms = field(default_factory=Terms)
    """On which terms the journal is to be judged."""
    looks_again: bool = True
    """Whether what broke is performed again, smaller and smaller."""


QUICK = 20.0
"""Seconds after which a quick run looks for no smaller chats any more."""
MACHINE_STEPS = 12
MACHINE_CHATS = 4
"""Of a run of the machine, as a rule."""


class Campaign:
    """One run against one target."""

    def __init__(
        self,
        target: Target,
        plan: Plan,
        sink: Sink,
        *,
        checks: Sequence[Check] = (),
        onlooker: Onlooker | None = None,
        tell: Tell = lambda _: None,
        secrets: Secrets | None = None,
        spent: float = 0.0,
    ) -> None:
        """`checks`: what is broken in them is performed again, and ends the state machine; none: nothing is broken.

        `tell` says a line to the person who plays the customer. What is written is masked by `secrets`, which are told
        what the run says and what the target keeps secret. `spent` are the seconds of the time limit that are used up.
        `onlooker` is told how far the run is.
        """
        self._target, self._plan, self._checks, self._spent = target, plan, checks, spent
        self._secrets = secrets = secrets or Secrets()
        secrets.say(*_said(target, plan))
        for value, what in target.secrets:
            secrets.add(value, what)
        # The second look judges what is on disk, and so after it was masked.
        self._witness = Witness(sink)
        wiring, rows = target.wiring, [scenario for _, scenario in plan.rows]
        self._watchdog = guard = Watchdog(self._witness, rows, patience=wiring.read_timeout, halt=self._end)
        self._sink = sink = Redacting(guard, secrets)
        self._clock = Clock()
        pace = Pace(plan.max_rate, wait=guard.leash.rest) if plan.max_rate else None
        self._wiring = dataclasses.replace(wiring, pace=pace, secrets=secrets, leash=guard.leash, ration=guard.ration)
        customer = target.customer
        self._onlooker = onlooker or Onlooker(len(rows))
        self._switchboard = Switchboard(sink, self._clock, token_hex(4), customer.recognition)
        self._halt = Halt(self._switchboard)
        self._agents: dict[str, Agent] = {}
        self._serials = itertools.count(1)
        self._guest = self._agent(target.without_feature) if target.without_feature else None
        cast = Cast(target, self._agents, self._guest, self._clock, sink, self._halt.event)
        front = Front(target, self._wiring, self._clock, sink, self._halt.event, len(rows), tell)
        self._pool = Pool(
            cast,
            self._switchboard,
            self._halt,
            front.customer,
            self._onlooker.ended,
            side_by_side=not customer.by_hand,
        )
        if checks:
            self._onlooker.breaks = lambda chats: self._second_look().broken_by(chats)
        if plan.deviations:
            self._pool.expected = lambda chat: self._second_look().breaks_what_is_declared(chat)

    def run(self) -> Footer:
        """Perform the plan; the journal's last line says how it ended.

        Ctrl-C, SIGTERM and the time limit end it early, and it clears up all the same. Raises NotReady when no run can
        begin.
        """
        return heeding(self._run, lambda: self._watchdog.stop("interrupted"))

    def _run(self) -> Footer:
        failure: BaseException | None = None
        limit = self._plan.time_limit
        self._watchdog.start(None if limit is None else limit - self._spent)
        try:
            self._sink.write(self._header(version_of(self._wiring, self._clock)))
            self._log_in()
            if self._target.customer.by_hand:
                # So that a stranger's chat that waited for the agents is not taken for the first one asked for.
                self._halt.event.wait(self._target.settle)
            self._onlooker.does("chats")
            self._pool.perform(self._plan.rows)
            self._improvise()
            self._onlooker.does("listening")
            self._halt.event.wait(self._target.quiet_period)
            self._onlooker.does("smaller chats")
            if self._looks_again and self._halt.lift() and self._second_look().shrink():
                self._onlooker.does("listening")
                self._halt.event.wait(self._target.quiet_period)
        except NotReady as error:
            self._halt.because("not ready")
            failure = NotReady(self._secrets.mask(str(error)))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever called run
            self._halt.because("harness error")
            failure = error
        self._onlooker.does("logging out")
        ended = self._halt.reason or "complete"
        for live in self._switchboard.chats:
            end_anyway(self._pool.cast, live)
        self._log_out()
        # Only now: logging out has to end in time too.
        self._watchdog.release()
        footer = self._footer(ended, str(failure) if isinstance(failure, NotReady) else "")
        self._sink.write(footer)
        failure = failure or self._pool.crash
        if failure is not None:
            raise failure
        return footer

    def _end(self, why: str, detail: str) -> None:
        self._halt.because(why, detail)

    @property
    def _looks_again(self) -> bool:
        return self._plan.looks_again and bool(self._checks)

    def _improvise(self) -> None:
        """Let the state machine pick the moves of some more chats."""
        if self._checks and not self._halt.event.is_set():
            self._onlooker.does("state machine")
            runs, seed = self._plan.machine_runs, self._plan.seed
            nothing_broke = self._second_look().broken_in
            machine.run(self._pool, runs=runs, steps=MACHINE_STEPS, seed=seed, nothing_broke=nothing_broke)

    def _second_look(self) -> SecondLook:
        """A quick run is over soon, whatever it finds."""
        left = QUICK - self._clock.now() - self._target.quiet_period
        quick = self._plan.depth == "quick"
        return SecondLook(
            self._pool, self._witness, self._checks, seconds=max(2.0, min(left, SECONDS)) if quick else SECONDS
        )

    def _header(self, version: str | None) -> Header:
        return Header(
            suite=__version__,
            contract=contract.load(self._plan.terms.operation).digest,
            target=self._target.name,
            target_version=version,
            table=self._plan.table or contract.table_for(version, self._plan.terms.operation),
            seed=self._plan.seed,
            depth=self._plan.depth,
            deadline=self._target.deadline,
            quiet_period=self._target.quiet_period,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            agents=tuple(account.user for account in self._target.agents),
            scenarios=self._plan.digest,
            deviations=tuple(map(deviations.to_json, self._plan.deviations)),
            insecure=self._target.access.insecure,
            customer=self._target.customer.kind,
            notes=self._secrets.take_notes(),
            **dataclasses.asdict(self._plan.terms),
        )

    def _footer(self, ended: str, detail: str) -> Footer:
        count = self._pool.count
        return Footer(
            at=self._clock.now(),
            ended=ended,
            chats=count.performed,
            detail=count.trouble
            if ended == "complete"
            else self._watchdog.told(self._halt.detail or detail, count.trouble),
            lacks=tuple(self._lacks()),
            notes=self._secrets.take_notes(),
        )

    def _lacks(self) -> Iterable[str]:
        if self._target.without_feature is None:
            yield "account-without-feature"
        if len(self._target.agents) < 2:
            yield "second-agent"
        if self._pool.count.not_offered_again >= ATTEMPTS_AT_ROUTING:
            yield "routing"
        yield from lacking(chat.abilities for chat in self._switchboard.chats if chat.abilities is not None)

    def _log_in(self) -> None:
        """The first agent alone, so that what is wrong with all of them is said once; then the others at once."""
        for account in self._target.agents:
            self._agents[account.user] = self._agent(account)
        first, *others = self._agents.values()
        if self._halt.event.is_set():
            raise NotReady("The server did not tell its version before the run ended.")
        first.log_in()
        if not self._halt.event.is_set():
            _at_once(agent.log_in for agent in others)

    def _log_out(self) -> None:
        _at_once(agent.log_out for agent in self._agents.values())
        if self._guest is not None:
            self._guest.close()

    def _agent(self, account: Account) -> Agent:
        return Agent(
            account,
            self._target,
            self._wiring,
            clock=self._clock,
            sink=self._sink,
            serials=self._serials,
            on_delivery=self._switchboard.receive,
        )


def _said(target: Target, plan: Plan) -> Iterable[str]:
    """Every word that a verdict rests on and that this run says or hears: a secret within one cannot be masked."""
    yield contract.vocabulary()
    yield resources.files(__package__).joinpath("vocabulary.txt").read_text("ascii")
    yield json.dumps(dict(words.pool()), ensure_ascii=False)
    yield from (target.url, target.name, *(account.user for account in target.accounts))
    for _, scenario in plan.rows:
        yield from (*scenario.names, *scenario.texts)
        yield json.dumps(dict(scenario.user_data or {}), ensure_ascii=False)


def _at_once(work: Iterable[Callable[[], None]]) -> None:
    """Do all of it side by side; raises what the first of them, in their order, raised."""
    steps = list(work)
    if not steps:
        return
    with ThreadPoolExecutor(len(steps)) as threads:
        done = [threads.submit(step) for step in steps]
    for one in done:
        one.result()
