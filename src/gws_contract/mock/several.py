"""Several mocks, each in a process of its own with agents of its own, and what a mock says of itself.

A process knows nothing of the others: agent, customer and observer of a chat live in one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import secrets
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gws_contract.mock import catalogue
from gws_contract.mock.listening import allow_many_connections
from gws_contract.mock.server import AGENTS, Mock, MockError, Options

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

_HANG_GUARD = 30.0

Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Setup:
    """One mock to be started; `faults` is a list of names separated by commas."""

    agents: tuple[str, ...] = AGENTS
    """Their user names; every mock makes passwords of its own."""
    faults: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    prefix: str = ""

    def mock(self) -> Mock:
        """The mock, not started. Raises MockError with a sentence."""
        agents = {name: secrets.token_urlsafe(12) for name in self.agents}
        options = Options(prefix=self.prefix)
        variations = catalogue.named(self.faults)
        loop = fast_loop()
        return Mock(agents=agents, variations=variations, options=options, host=self.host, port=self.port, loop=loop)


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes an event loop of uvloop (extra `target`), under which a mock does more; None if it is not there."""
    try:
        import uvloop  # noqa: PLC0415 - it is an extra, and harms nobody who has a mock in his own process
    except ImportError:
        return None
    return uvloop.new_event_loop


def facts(mock: Mock) -> Facts:
    """What a client must know of a running mock."""
    return {
        "url": mock.url,
        "agents": ",".join(f"{user}:{password}" for user, password in mock.agents.items()),
        "contact_center_id": mock.contact_center_id,
        "gms_service": mock.options.gms_service,
        "agent_without_feature": ",".join(f"{user}:{password}" for user, password in mock.without_feature.items()),
    }


def names(agents: int) -> tuple[str, ...]:
    """The user names of so many agents."""
    return tuple(f"agent{number}" for number in range(1, agents + 1))


def shared_out(agents: Sequence[str], processes: int) -> list[tuple[str, ...]]:
    """The agents that each process owns: as many as the others, or one more. Raises MockError if one would own none."""
    if processes > len(agents):
        raise MockError(f"There are {processes} processes and only {len(agents)} agents; each process needs one.")
    share, more = divmod(len(agents), processes)
    starts = [number * share + min(number, more) for number in range(processes + 1)]
    return [tuple(agents[start:end]) for start, end in itertools.pairwise(starts)]


class Several:
    """Mocks that run while it is entered, a process each. Raises MockError if one cannot start.

    They end with this process, whatever becomes of it; signals are left to it.
    """

    def __init__(self, setups: Sequence[Setup]) -> None:
        self._setups = setups
        self.facts: list[Facts] = []
        """Of every mock, in the order of the setups."""
        self._running: list[tuple[SpawnProcess, Connection]] = []

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._enough, self._told = context.Pipe(duplex=False)
        try:
            for setup in self._setups:
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, setup), daemon=True)
                process.start()
                theirs.close()
                self._running.append((process, ours))
            self.facts = [_said(ours) for _, ours in self._running]
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def when_one_dies(self, tell: Callable[[str], None]) -> None:
        """Call `tell` with a sentence, from a thread, as soon as one of them ends before its time."""
        threading.Thread(target=self._watch, args=(tell,), name="mock-watch", daemon=True).start()

    def _watch(self, tell: Callable[[str], None]) -> None:
        sentinels = {process.sentinel: number for number, (process, _) in enumerate(self._running)}
        fallen = [each for each in multiprocessing.connection.wait([self._enough, *sentinels]) if each in sentinels]
        if fallen and not self._enough.poll():
            tell(f"The mock at {self.facts[sentinels[int(fallen[0])]]['url']} ended before its time.")

    def _end(self) -> None:
        self._told.close()
        for _, ours in self._running:
            ours.close()
        for process, _ in self._running:
            process.join(_HANG_GUARD)
            process.kill()


def _said(pipe: Connection) -> Facts:
    try:
        said: Facts | str = pipe.recv()
    except EOFError:
        said = "A process of the mock ended before it was ready."
    if isinstance(said, str):
        raise MockError(said)
    return said


def _serve(pipe: Connection, setup: Setup) -> None:
    """Serve until the other end of the pipe is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    allow_many_connections()
    try:
        with setup.mock() as mock:
            pipe.send(facts(mock))
            with contextlib.suppress(EOFError):
                pipe.recv()
    except MockError as error:
        pipe.send(str(error))
    except BrokenPipeError:
        return
