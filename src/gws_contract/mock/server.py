"""The mock as a thing to start and stop: a GWS stand-in on a port, or on several, one event loop in a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import secrets
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from gws_contract.mock.accounts import Accounts
from gws_contract.mock.agent_api import AgentApi
from gws_contract.mock.broker import Broker
from gws_contract.mock.cometd import Cometd
from gws_contract.mock.customer_api import CustomerApi
from gws_contract.mock.desk import Desk
from gws_contract.mock.gate import Apis, Gate
from gws_contract.mock.gms_api import GmsApi
from gws_contract.mock.listening import BACKLOG, listen, name_of
from gws_contract.mock.options import MockError, Options
from gws_contract.mock.publisher import Publisher
from gws_contract.mock.swift import Door
from gws_contract.mock.variation import Combined, Variation

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import TracebackType

__all__ = ["Mock", "MockError", "Options"]

AGENTS = ("agent1", "agent2", "agent3", "agent4")
GUEST = "guest"
_SWEEP = 0.25
_HANG_GUARD = 30.0

_T = TypeVar("_T")


class Mock:
    """A GWS stand-in: REST as agent, Customer Chat API, GMS Chat API, CometD at /api/v2/notifications.

    `agents` and `without_feature` map user names to passwords; left out, they are four agents and one account without
    api-multimedia, with random passwords. `variations` compose in their order and may override `options`. Port 0 is any
    free port; only loopback is listened on unless `host` says otherwise. With `tls` it speaks https. A mock of several
    `nodes` is a cluster: each listens on a port of its own (behind a `port` that is given, on the next ones) and has
    its own HTTP sessions, CSRF tokens and CometD sessions, while agents and chats are the same everywhere. A mock can
    be started again after `stop`, and then knows nothing of what was. `loop` makes its event loop, if not asyncio does.
    """

    def __init__(
        self,
        *,
        agents: Mapping[str, str] | None = None,
        without_feature: Mapping[str, str] | None = None,
        variations: Sequence[Variation] = (),
        options: Options | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        nodes: int = 1,
        loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        self.agents = dict(agents) if agents is not None else {name: secrets.token_urlsafe(12) for name in AGENTS}
        self.without_feature = (
            dict(without_feature) if without_feature is not None else {GUEST: secrets.token_urlsafe(12)}
        )
        self.contact_center_id = str(uuid.uuid4())
        self.variation = Combined(variations)
        self.options = (options or Options()).overridden(self.variation.options())
        self.urls: tuple[str, ...] = ()
        """Where its nodes listen, once started."""
        self._host, self._port, self._tls, self._nodes = host, port, tls, nodes
        self._new_loop = loop
        self._thread: threading.Thread | None = None
        self._waiting: list[tuple[Callable[[], bool], threading.Event]] = []

    def __enter__(self) -> Mock:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, once started; of a cluster the first node."""
        return self.urls[0] if self.urls else ""

    @property
    def broker(self) -> Broker:
        """The Bayeux core; of a cluster that of the first node."""
        return self.brokers[0]

    @property
    def cometd(self) -> Cometd:
        """The CometD endpoint; of a cluster that of the first node."""
        return self.cometds[0]

    def start(self) -> Mock:
        """Listen. Raises MockError if that is impossible, for example because the port is in use."""
        if self._thread is not None:
            raise MockError("The mock is running already.")
        listening = _listening(self._host, self._port, self._nodes)
        address = f"{'https' if self._tls else 'http'}://{name_of(self._host)}"
        self.urls = tuple(f"{address}:{each[0].getsockname()[1]}{self.options.prefix}" for each in listening)
        self._build()
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(self._serve(listening, started),), name="gws-mock", daemon=True
        )
        self._thread.start()
        try:
            started.result(_HANG_GUARD)
        except MockError:
            self._thread.join(_HANG_GUARD)
            self._thread = None
            raise
        return self

    def _build(self) -> None:
        """One desk, and a gate with brokers and accounts for every node."""
        options, variation = self.options, self.variation
        self.desk = Desk(
            self.url, self.agents, self.without_feature, capacity=options.capacity, history=variation.history
        )
        self.brokers = [Broker(options, time.monotonic) for _ in self.urls]
        self.cometds = [Cometd(broker, self._changed) for broker in self.brokers]
        apis = Apis(
            AgentApi(self.desk, options, variation),
            CustomerApi(self.desk, self.contact_center_id, options.prefix, variation),
            GmsApi(self.desk, options, variation),
        )
        publisher = Publisher(self.brokers, self._changed)
        passwords = {**self.agents, **self.without_feature}
        self._gates = [
            Gate(
                self.desk,
                apis,
                Accounts(passwords, f"node{number}"),
                cometd,
                publisher,
                options,
                variation,
                self._changed,
            )
            for number, cometd in enumerate(self.cometds, 1)
        ]

    def stop(self) -> None:
        """Close every connection and end the thread; parked polls are cut. A stopped mock may be stopped again."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_HANG_GUARD)
        self._thread = None

    def call(self, work: Callable[[], _T]) -> _T:
        """What `work` returns, run on the mock's own thread, where `desk` and `broker` may be read and changed."""
        result: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def run() -> None:
            try:
                result.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is the caller's
                result.set_exception(error)
            self._changed()

        self._loop.call_soon_threadsafe(run)
        return result.result(_HANG_GUARD)

    def until(self, holds: Callable[[], bool], timeout: float = _HANG_GUARD) -> None:
        """Wait until `holds()`, looked at on the mock's thread after every request, publishing and parking of a poll.

        Raises MockError after `timeout` seconds.
        """
        come = threading.Event()
        self.call(lambda: self._waiting.append((holds, come)))
        if not come.wait(timeout):
            raise MockError(f"What was waited for did not come within {timeout:g} s.")

    def forget(self, agent: str) -> None:
        """Drop the agent's CometD sessions, as a restart would: the next connect of each is told 402."""

        def everywhere() -> None:
            for broker in self.brokers:
                broker.forget(agent)

        self.call(everywhere)

    def hang_up(self, agent: str) -> int:
        """Cut the connections of the agent's parked polls behind the broker's back; how many there were.

        The next notification is written into a dead socket, as on Jetty.
        """
        return self.call(lambda: sum(cometd.hang_up(agent) for cometd in self.cometds))

    def _run(self, serving: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            runner.run(serving)

    async def _serve(
        self, listening: Sequence[Sequence[socket.socket]], started: concurrent.futures.Future[None]
    ) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with contextlib.AsyncExitStack() as doors:
            try:
                for gate, sockets in zip(self._gates, listening, strict=True):
                    door = Door(gate)
                    doors.push_async_callback(door.close)
                    for sock in sockets:
                        doors.callback(sock.close)
                        server = await self._loop.create_server(door, sock=sock, backlog=BACKLOG, ssl=self._tls)
                        doors.callback(server.close)
            except OSError as error:
                started.set_exception(MockError(f"The mock cannot serve at {self.url}: {error.strerror}."))
                return
            self._loop.call_later(_SWEEP, self._sweep)
            started.set_result(None)
            await self._stopping.wait()

    def _sweep(self) -> None:
        for broker in self.brokers:
            broker.sweep()
        self._changed()
        self._loop.call_later(_SWEEP, self._sweep)

    def _changed(self) -> None:
        if self._waiting:
            for waiting in [each for each in self._waiting if each[0]()]:
                self._waiting.remove(waiting)
                waiting[1].set()


def _listening(host: str, port: int, nodes: int) -> list[list[socket.socket]]:
    """The sockets of every node, the nodes behind the first on the ports behind its own. Raises MockError."""
    listening: list[list[socket.socket]] = []
    try:
        for number in range(nodes):
            listening.append(listen(host, port + number if port else 0))  # noqa: PERF401 - what is open must be closed
    except MockError:
        for sock in (sock for node in listening for sock in node):
            sock.close()
        raise
    return listening
