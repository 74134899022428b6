"""The mock as a thing to start and stop: a GWS stand-in on a port, one event loop in a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import ipaddress
import secrets
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from gws_contract.mock.accounts import Accounts
from gws_contract.mock.agent_api import AgentApi
from gws_contract.mock.broker import Broker
from gws_contract.mock.cometd import Cometd
from gws_contract.mock.customer_api import CustomerApi
from gws_contract.mock.desk import Desk
from gws_contract.mock.gate import Gate
from gws_contract.mock.options import MockError, Options
from gws_contract.mock.variation import Combined, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

__all__ = ["Mock", "MockError", "Options"]

AGENTS = ("agent1", "agent2", "agent3", "agent4")
GUEST = "guest"
_BACKLOG = 4096
_SWEEP = 0.25
_HANG_GUARD = 30.0
_PORT_TRIES = 20

_T = TypeVar("_T")


class Mock:
    """A GWS stand-in: REST as agent, Customer Chat API, CometD at /api/v2/notifications.

    `agents` and `without_feature` map user names to passwords; left out, they are four agents and one account without
    api-multimedia, with random passwords. `variations` compose in their order and may override `options`. Port 0 is any
    free port; only loopback is listened on unless `host` says otherwise. A mock can be started again after `stop`,
    and then knows nothing of what was.
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
    ) -> None:
        self.agents = dict(agents) if agents is not None else {name: secrets.token_urlsafe(12) for name in AGENTS}
        self.without_feature = (
            dict(without_feature) if without_feature is not None else {GUEST: secrets.token_urlsafe(12)}
        )
        self.contact_center_id = str(uuid.uuid4())
        self.variation = Combined(variations)
        self.options = (options or Options()).overridden(self.variation.options())
        self.url = ""
        """Where it listens, once started."""
        self._host, self._port = host, port
        self._thread: threading.Thread | None = None
        self._waiting: list[tuple[Callable[[], bool], threading.Event]] = []

    def __enter__(self) -> Mock:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Mock:
        """Listen. Raises MockError if that is impossible, for example because the port is in use."""
        if self._thread is not None:
            raise MockError("The mock is running already.")
        listening = _listen(self._host, self._port)
        self.url = f"http://{_name(self._host)}:{listening[0].getsockname()[1]}"
        accounts = Accounts({**self.agents, **self.without_feature})
        self.desk = Desk(
            self.url,
            self.agents,
            self.without_feature,
            capacity=self.options.capacity,
            history=self.variation.history,
        )
        self.broker = Broker(self.options, time.monotonic)
        self.cometd = Cometd(self.broker, self._changed)
        self._gate = Gate(
            self.desk,
            accounts,
            AgentApi(self.desk, self.options, self.variation),
            CustomerApi(self.desk, self.contact_center_id, self.variation),
            self.cometd,
            self.options,
            self.variation,
            self._changed,
        )
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening, started)), name="gws-mock", daemon=True
        )
        self._thread.start()
        started.result(_HANG_GUARD)
        return self

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
            except Exception as error:  # noqa: BLE001 it is the caller's
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
        self.call(lambda: self.broker.forget(agent))

    def hang_up(self, agent: str) -> int:
        """Cut the connections of the agent's parked polls behind the broker's back; how many there were.

        The next notification is written into a dead socket, as on Jetty.
        """
        return self.call(lambda: self.cometd.hang_up(agent))

    async def _serve(self, listening: Sequence[socket.socket], started: concurrent.futures.Future[None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self._gate.handle, access_log=None), shutdown_timeout=0.02)
        try:
            await runner.setup()
            for sock in listening:
                await web.SockSite(runner, sock, backlog=_BACKLOG).start()
        except BaseException as error:
            started.set_exception(error)
            raise
        self._loop.call_later(_SWEEP, self._sweep)
        started.set_result(None)
        await self._stopping.wait()
        await runner.cleanup()

    def _sweep(self) -> None:
        self.broker.sweep()
        self._changed()
        self._loop.call_later(_SWEEP, self._sweep)

    def _changed(self) -> None:
        if self._waiting:
            for waiting in [each for each in self._waiting if each[0]()]:
                self._waiting.remove(waiting)
                waiting[1].set()


def _name(host: str) -> str:
    """What clients should call the host: localhost, because cookie jars take no cookies from IP addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_loopback or address.is_unspecified:
        return "localhost"
    return f"[{host}]" if address.version == 6 else host


def _listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on the host; for IPv4 loopback also on ::1, if that is what localhost means first to clients."""
    both = host == "127.0.0.1" and _localhost_is_ipv6()
    for _ in range(_PORT_TRIES if both and port == 0 else 1):
        first = _bind(host, port)
        if not both:
            return [first]
        try:
            return [first, _bind("::1", first.getsockname()[1])]
        except MockError:
            first.close()
    raise MockError(f"The mock cannot listen on both 127.0.0.1 and ::1, port {port}, which localhost means here.")


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Without the protocol asyncio does not set TCP_NODELAY, and every second write of a response waits 40 ms.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise MockError(f"The mock cannot listen on {host}: {error.strerror}.") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        reason = str(error.strerror if isinstance(error, OSError) else error).rstrip(".")
        raise MockError(f"The mock cannot listen on {host}, port {port}: {reason}.") from error
    return sock


def _localhost_is_ipv6() -> bool:
    try:
        families = [each[0] for each in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)]
        if families[:1] != [socket.AF_INET6]:
            return False
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
