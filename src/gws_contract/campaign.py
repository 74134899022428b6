"""A campaign: log in, perform the scenarios over a pool of agents, listen for one quiet period, log out.

Writes the journal and nothing else; what the journal means is decided afterwards.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gws_contract import __version__, contract
from gws_contract.journal import Clock, Footer, Header, Sink
from gws_contract.scenario import Scenario
from gws_contract.stage.agent import Agent
from gws_contract.stage.customer import Customer
from gws_contract.stage.perform import Performance, Stage
from gws_contract.stage.reply import members
from gws_contract.stage.switchboard import Switchboard
from gws_contract.stage.target import NotReady, Target
from gws_contract.wire.rest import Identity, RestLine, Wiring

SILENT_CHATS = 3
"""After so many chats that stayed incomplete until their deadline, no more are offered."""
ATTEMPTS_AT_ROUTING = 2
"""After so many chats that were not offered again, no more are performed that need it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is to do. Seconds."""

    scenarios: tuple[Scenario, ...]
    seed: int
    depth: str
    time_limit: float | None = None
    table: str | None = None
    """The product version whose table of return values applies; None: that of the server's own version."""


@dataclass
class _Progress:
    """What the performers share. Guarded by `lock`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    performed: int = 0
    silent: int = 0
    not_offered: int = 0
    not_offered_again: int = 0
    trouble: str = ""
    crash: BaseException | None = None


class Campaign:
    """One run against one target. `run` may be interrupted with KeyboardInterrupt and still clears up."""

    def __init__(
        self, target: Target, plan: Plan, sink: Sink, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        self._target, self._plan, self._sink = target, plan, sink
        self._on_progress = on_progress
        self._clock = Clock()
        self._stop = threading.Event()
        self._wiring = Wiring(base_url=target.url, read_timeout=max(30.0, 2 * target.deadline))
        self._switchboard = Switchboard(sink, self._clock, secrets.token_hex(4))
        self._progress = _Progress()
        self._agents: dict[str, Agent] = {}
        self._stage: Stage | None = None
        self._ended = "complete"

    def run(self) -> Footer:
        """Perform the plan; the journal's last line says how it ended. Raises NotReady when no run can begin."""
        stranger = RestLine(self._wiring, actor="stranger", identity=Identity(None), clock=self._clock, sink=_Discard())
        version = _version(stranger)
        guest = self._guest_line()
        self._sink.write(self._header(version))
        alarm = self._alarm()
        detail = ""
        try:
            self._log_in()
            self._stage = Stage(
                self._target, self._agents, guest=guest, clock=self._clock, sink=self._sink, stop=self._stop
            )
            self._perform()
            self._stop.wait(0 if self._stop.is_set() else self._target.quiet_period)
        except KeyboardInterrupt:
            self._halt("interrupted")
        except NotReady as error:
            self._ended, detail = "not ready", str(error)
            raise
        finally:
            if alarm is not None:
                alarm.cancel()
            self._log_out()
            for line in filter(None, (guest, stranger)):
                line.close()
            footer = self._footer(detail)
            self._sink.write(footer)
        if self._progress.crash is not None:
            raise self._progress.crash
        return footer

    # ---- beginning and end ------------------------------------------------------------------------------------------

    def _header(self, version: str | None) -> Header:
        document = contract.load()
        return Header(
            suite=__version__,
            contract=document.digest,
            target=self._target.name,
            target_version=version,
            table=self._plan.table or contract.table_for(version),
            seed=self._plan.seed,
            depth=self._plan.depth,
            deadline=self._target.deadline,
            quiet_period=self._target.quiet_period,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            agents=tuple(account.user for account in self._target.agents),
        )

    def _footer(self, detail: str) -> Footer:
        progress = self._progress
        return Footer(
            at=self._clock.now(),
            ended="harness error" if progress.crash else self._ended,
            chats=progress.performed,
            detail=detail or progress.trouble,
            lacks=tuple(self._lacks()),
        )

    def _lacks(self) -> Iterable[str]:
        if self._target.without_feature is None:
            yield "account-without-feature"
        if len(self._target.agents) < 2:
            yield "second-agent"
        if self._progress.not_offered_again >= ATTEMPTS_AT_ROUTING:
            yield "routing"

    def _guest_line(self) -> RestLine | None:
        account = self._target.without_feature
        if account is None:
            return None
        identity = Identity((account.user, account.password))
        return RestLine(
            self._wiring, actor=f"agent:{account.user}", identity=identity, clock=self._clock, sink=self._sink
        )

    def _alarm(self) -> threading.Timer | None:
        if self._plan.time_limit is None:
            return None
        alarm = threading.Timer(self._plan.time_limit, self._halt, ("time limit",))
        alarm.daemon = True
        alarm.start()
        return alarm

    def _halt(self, why: str) -> None:
        if not self._stop.is_set():
            self._ended = why
            self._stop.set()
        self._switchboard.nudge()

    def _log_in(self) -> None:
        serials = itertools.count(1)
        for account in self._target.agents:
            agent = Agent(
                account,
                self._wiring,
                clock=self._clock,
                sink=self._sink,
                serials=serials,
                on_delivery=self._switchboard.receive,
            )
            self._agents[agent.name] = agent
            agent.log_in()

    def _log_out(self) -> None:
        for agent in self._agents.values():
            agent.log_out()

    # ---- the chats --------------------------------------------------------------------------------------------------

    def _perform(self) -> None:
        """The first chat alone, to see that chats are offered at all; then the others side by side."""
        single = deque(s for s in self._plan.scenarios if not s.together)
        pairs = [s for s in self._plan.scenarios if s.together]
        if single:
            first = self._one(single.popleft())
            if first.how == "not offered" and not first.not_offered_again:
                raise NotReady(first.detail)
        self._side_by_side(single)
        while len(pairs) >= 2 and not self._stop.is_set():
            self._together(pairs.pop(), pairs.pop())

    def _side_by_side(self, waiting: deque[tuple[Scenario, str]] | deque[Scenario]) -> None:
        queue: deque[tuple[Scenario, str]] = deque((s, "drawn") if isinstance(s, Scenario) else s for s in waiting)
        threads = [
            threading.Thread(target=self._performer, args=(queue,), name=f"performer {n}", daemon=True)
            for n in range(len(self._agents))
        ]
        for thread in threads:
            thread.start()
        try:
            _join(threads)
        except KeyboardInterrupt:
            self._halt("interrupted")
            _join(threads)
            raise

    def _performer(self, queue: deque[tuple[Scenario, str]]) -> None:
        customer = self._customer()
        try:
            while not self._stop.is_set():
                try:
                    scenario, source = queue.popleft()
                except IndexError:
                    return
                if scenario.needs_routing and self._progress.not_offered_again >= ATTEMPTS_AT_ROUTING:
                    continue
                performance = self._one(scenario, source, customer=customer)
                for name in performance.left_over:
                    queue.append((replace(scenario, refusals=(name,), accept_again=False), "refusal alone"))
        except BaseException as error:  # noqa: BLE001 - a bug of ours must end the run as a harness error
            self._progress.crash = error
            self._halt("harness error")
        finally:
            customer.close()

    def _one(
        self,
        scenario: Scenario,
        source: str = "drawn",
        *,
        customer: Customer | None = None,
        companion: threading.Barrier | None = None,
    ) -> Performance:
        with self._progress.lock:
            self._progress.number += 1
            number = self._progress.number
        live = self._switchboard.open(number, scenario, source)
        borrowed = customer or self._customer()
        try:
            if self._stage is None:
                raise RuntimeError("the stage is not set")
            performance = self._stage.perform(live, borrowed, companion)
        finally:
            if customer is None:
                borrowed.close()
        self._note(performance)
        return performance

    def _note(self, performance: Performance) -> None:
        progress = self._progress
        with progress.lock:
            progress.performed += 1
            progress.silent += performance.how == "deadline"
            progress.not_offered += performance.how == "not offered" and not performance.not_offered_again
            progress.not_offered_again += performance.not_offered_again
            silent, not_offered, performed = progress.silent, progress.not_offered, progress.performed
            if performance.how not in ("complete", "cut short"):
                progress.trouble = progress.trouble or performance.detail
        if self._on_progress is not None:
            self._on_progress(performed, len(self._plan.scenarios))
        if silent >= SILENT_CHATS:
            self._halt("silent server")
        if not_offered >= SILENT_CHATS:
            self._halt("no more offers")

    def _together(self, one: Scenario, other: Scenario) -> None:
        """Two chats with the only agent who is Ready, the second accepted while the first is open."""
        resting = list(self._agents.values())[1:]
        for agent in resting:
            agent.not_ready()
        companion = threading.Barrier(2)
        threads = [
            threading.Thread(target=self._companion, args=(scenario, companion), daemon=True)
            for scenario in (one, other)
        ]
        for thread in threads:
            thread.start()
        _join(threads)
        for agent in resting:
            agent.ready()

    def _companion(self, scenario: Scenario, companion: threading.Barrier) -> None:
        try:
            self._one(scenario, companion=companion)
        except BaseException as error:  # noqa: BLE001 - as in _performer
            self._progress.crash = error
            self._halt("harness error")

    def _customer(self) -> Customer:
        return Customer(self._wiring, self._target.contact_center_id or "", clock=self._clock, sink=self._sink)


class _Discard:
    """A sink for what is no evidence."""

    def write(self, record: object) -> None:
        del record


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)


def _version(line: RestLine) -> str | None:
    """The server's version from its diagnostics page, which needs no credentials; None if it does not say."""
    answer = line.call("GET", "/api/v2/diagnostics/version", step="version", anonymous=True)
    version = members(answer).get("version")
    return version if isinstance(version, str) else None
