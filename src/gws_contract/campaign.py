"""A campaign: log in, perform the scenarios over a pool of agents, listen for one quiet period, log out.

Writes the journal and nothing else; what the journal means is decided afterwards.
"""

from __future__ import annotations

import dataclasses
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from gws_contract import __version__, contract, watchdog
from gws_contract.check import Check
from gws_contract.journal import Clock, Footer, Header, Memory, Sink
from gws_contract.second_look import SecondLook, Witness
from gws_contract.shrinking import SECONDS
from gws_contract.stage import machine
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Cast
from gws_contract.stage.customer import Customer
from gws_contract.stage.pool import ATTEMPTS_AT_ROUTING, Halt, Pool, Row
from gws_contract.stage.reply import members
from gws_contract.stage.switchboard import Switchboard
from gws_contract.stage.target import Account, NotReady, Target
from gws_contract.watchdog import Watchdog
from gws_contract.wire.leash import Leash
from gws_contract.wire.pace import Pace
from gws_contract.wire.rest import Identity, RestLine


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


_LONGEST_VERSION = 100
QUICK = 20.0
"""Seconds after which a quick run looks for no smaller chats any more."""
MACHINE_STEPS = 12
MACHINE_CHATS = 4
"""Of a run of the machine, as a rule."""


class Campaign:
    """One run against one target. `run` may be interrupted with KeyboardInterrupt and still clears up."""

    def __init__(
        self,
        target: Target,
        plan: Plan,
        sink: Sink,
        *,
        checks: Sequence[Check] = (),
        on_progress: Callable[[int, int], None] | None = None,
        spent: float = 0.0,
    ) -> None:
        """`checks`: what is broken in them is performed again, smaller and smaller; none: nothing is.

        `spent` are the seconds of the time limit that are used up already.
        """
        self._target, self._plan, self._checks, self._spent = target, plan, checks, spent
        self._clock = Clock()
        self._leash = Leash()
        pace = Pace(plan.max_rate, wait=self._leash.rest) if plan.max_rate else None
        self._wiring = dataclasses.replace(
            target.wiring, pace=pace, leash=self._leash, ration=watchdog.ration(len(plan.rows))
        )
        self._watchdog = Watchdog(sink, self._wiring.ration, patience=self._wiring.read_timeout, end=self._had_enough)
        self._sink = sink = Witness(self._watchdog)
        self._switchboard = Switchboard(sink, self._clock, secrets.token_hex(4))
        self._halt = Halt(self._switchboard)
        self._agents: dict[str, Agent] = {}
        self._serials = itertools.count(1)
        self._guest = self._agent(target.without_feature) if target.without_feature else None
        cast = Cast(target, self._agents, self._guest, self._clock, sink, self._halt.event)
        self._pool = Pool(cast, self._switchboard, self._halt, self._customer, len(plan.rows), on_progress)

    def run(self) -> Footer:
        """Perform the plan; the journal's last line says how it ended.

        Ctrl-C and the time limit end it early, and it clears up all the same. Raises NotReady when no run can begin.
        """
        ended: list[Footer | BaseException] = []
        done = threading.Event()

        def work() -> None:
            ended.append(self._run())
            done.set()

        # In a thread of its own, because Ctrl-C strikes the main thread wherever it is.
        thread = threading.Thread(target=work, name="campaign", daemon=True)
        try:
            thread.start()
        except KeyboardInterrupt:
            self._stop("interrupted")
            if not thread.is_alive():
                raise
        # Not Thread.join: interrupted, it takes the thread for ended (bpo-45274).
        while not done.is_set():
            try:
                done.wait()
            except KeyboardInterrupt:
                self._stop("interrupted")
        if isinstance(ended[0], BaseException):
            raise ended[0]
        return ended[0]

    def _run(self) -> Footer | BaseException:
        failure: BaseException | None = None
        alarm = self._alarm()
        try:
            self._sink.write(self._header(self._version()))
            self._log_in()
            self._pool.perform(self._plan.rows)
            self._improvise()
            self._halt.event.wait(self._target.quiet_period)
            if self._checks and self._halt.lift() and self._second_look().shrink():
                self._halt.event.wait(self._target.quiet_period)
        except NotReady as error:
            self._halt.because("not ready")
            failure = error
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever called run
            self._halt.because("harness error")
            failure = error
        ended = self._halt.reason or "complete"
        self._log_out()
        # Only now: logging out has to end in time too.
        if alarm is not None:
            alarm.cancel()
            alarm.join()
        self._leash.release()
        footer = self._footer(ended, str(failure) if isinstance(failure, NotReady) else "")
        self._sink.write(footer)
        return failure or self._pool.crash or footer

    def _stop(self, why: str, detail: str = "") -> None:
        """Let the run end now, whatever the server does."""
        self._halt.because(why, detail)
        self._leash.hurry()

    def _had_enough(self, why: str, detail: str) -> None:
        if why == "too much data":
            self._stop(why, detail)
        else:
            self._halt.because(why, detail)

    def _improvise(self) -> None:
        """Let the state machine pick the moves of some more chats."""
        if self._checks and not self._halt.event.is_set():
            runs, seed = self._plan.machine_runs, self._plan.seed
            nothing_broke = self._second_look().broken_in
            machine.run(self._pool, runs=runs, steps=MACHINE_STEPS, seed=seed, nothing_broke=nothing_broke)

    def _second_look(self) -> SecondLook:
        """A quick run is over soon, whatever it finds."""
        left = QUICK - self._clock.now() - self._target.quiet_period
        quick = self._plan.depth == "quick"
        return SecondLook(
            self._pool, self._sink, self._checks, seconds=max(2.0, min(left, SECONDS)) if quick else SECONDS
        )

    def _header(self, version: str | None) -> Header:
        return Header(
            suite=__version__,
            contract=contract.load().digest,
            target=self._target.name,
            target_version=version,
            table=self._plan.table or contract.table_for(version),
            seed=self._plan.seed,
            depth=self._plan.depth,
            deadline=self._target.deadline,
            quiet_period=self._target.quiet_period,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            agents=tuple(account.user for account in self._target.agents),
            scenarios=self._plan.digest,
        )

    def _version(self) -> str | None:
        """The server's version from its diagnostics page, which needs no credentials; None if it does not say."""
        stranger = RestLine(self._wiring, actor="stranger", identity=Identity(None), clock=self._clock, sink=Memory())
        answer = stranger.call("GET", "/api/v2/diagnostics/version", step="version")
        stranger.close()
        version = members(answer).get("version")
        return version if isinstance(version, str) and len(version) <= _LONGEST_VERSION else None

    def _footer(self, ended: str, detail: str) -> Footer:
        count = self._pool.count
        return Footer(
            at=self._clock.now(),
            ended=ended,
            chats=count.performed,
            detail=detail if ended == "complete" else self._why(detail),
            lacks=tuple(self._lacks()),
        )

    def _why(self, detail: str) -> str:
        """What kept the run from its end, as far as it is known."""
        known = self._halt.detail or detail or self._leash.pending or self._pool.count.trouble
        return " ".join(part for part in (known, self._watchdog.incident) if part)

    def _lacks(self) -> Iterable[str]:
        if self._target.without_feature is None:
            yield "account-without-feature"
        if len(self._target.agents) < 2:
            yield "second-agent"
        if self._pool.count.not_offered_again >= ATTEMPTS_AT_ROUTING:
            yield "routing"

    def _alarm(self) -> threading.Timer | None:
        if self._plan.time_limit is None:
            return None
        alarm = threading.Timer(max(0.0, self._plan.time_limit - self._spent), self._stop, ("time limit",))
        alarm.daemon = True
        alarm.start()
        return alarm

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

    def _customer(self) -> Customer:
        return Customer(self._wiring, self._target.contact_center_id or "", clock=self._clock, sink=self._sink)


def _at_once(work: Iterable[Callable[[], None]]) -> None:
    """Do all of it side by side; raises what the first of them, in their order, raised."""
    steps = list(work)
    if not steps:
        return
    with ThreadPoolExecutor(len(steps)) as threads:
        done = [threads.submit(step) for step in steps]
    for one in done:
        one.result()
