"""Where the mock listens and under which name, and what becomes of connections that are not as usual."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any, cast

import pytest
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.test_utils import make_mocked_request

from gws_contract.mock import listening
from gws_contract.mock.gate import Gate, Incoming
from gws_contract.mock.options import MockError
from gws_contract.mock.server import Mock
from gws_contract.mock.session import Turn
from gws_contract.mock.thorough import Thorough
from gws_contract.mock.variation import Answer, Request

from .stages import Scripted
from .test_mock_broker import CHATS, Poll, broker_with, polling

GUARD = 20.0
MET = b"GET /api/v2/diagnostics/version HTTP/1.1\r\nHost: localhost\r\n\r\n"
LOOKED_UP = socket.getaddrinfo


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "localhost"),
        ("::1", "localhost"),
        ("0.0.0.0", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "[2001:db8::7]"),
        ("gws.example.com", "gws.example.com"),
    ],
)
def test_clients_call_a_loopback_address_localhost_and_others_by_their_name(host: str, name: str) -> None:
    assert listening.name_of(host) == name


@pytest.fixture
def _localhost_is_ipv6_first(monkeypatch: pytest.MonkeyPatch) -> None:
    six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))

    def looked_up(host: str, port: Any, *more: Any, **named: Any) -> Any:
        found = LOOKED_UP("127.0.0.1" if host == "localhost" else host, port, *more, **named)
        return [six, *found] if host == "localhost" else found

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


@pytest.mark.usefixtures("_localhost_is_ipv6_first")
def test_where_localhost_is_ipv6_first_it_listens_on_both_at_one_port() -> None:
    four, six = listening.listen("127.0.0.1", 0)
    with closing(four), closing(six):
        assert (four.family, six.family) == (socket.AF_INET, socket.AF_INET6)
        assert port_of(four) == port_of(six)


@pytest.mark.usefixtures("_localhost_is_ipv6_first")
def test_a_port_that_is_free_on_one_of_both_only_is_no_use() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = port_of(taken)
        with pytest.raises(MockError, match=rf"cannot listen on both 127\.0\.0\.1 and ::1, port {port}"):
            listening.listen("127.0.0.1", port)


def test_a_localhost_that_cannot_be_looked_up_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(host: str, port: Any, *more: Any, **named: Any) -> Any:
        if host == "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return LOOKED_UP(host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    (sock,) = listening.listen("127.0.0.1", 0)
    with closing(sock):
        assert sock.family == socket.AF_INET


def test_a_host_that_is_none_is_told_in_a_sentence() -> None:
    with pytest.raises(MockError, match=r"^The mock cannot listen on no\.such\.invalid: .+\.$"):
        listening.listen("no.such.invalid", 0)


def test_as_many_sockets_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1] - 1, before[1]))
    try:
        for _ in range(2):
            listening.allow_many_connections()
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_mock_that_cannot_serve_says_so_and_may_be_started_again() -> None:
    refusing = True

    class Loop(asyncio.SelectorEventLoop):
        async def create_server(self, *how: Any, **named: Any) -> Any:
            if refusing:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return await super().create_server(*how, **named)

    mock = Mock(loop=Loop)
    with pytest.raises(MockError, match=r"^The mock cannot serve at http://localhost:\d+: Too many open files\.$"):
        mock.start()
    refusing = False
    with mock, socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), GUARD) as line:
        line.sendall(MET)
        assert line.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("number", [1, 3000])
def test_what_is_sent_while_an_answer_is_waited_for_is_answered_behind_it(number: int) -> None:
    """A few requests are kept; of many the rest is left in the system until the answer has gone."""
    seen = threading.Event()

    def late(request: Request) -> Answer | None:
        if request.path != "/late":
            return None
        seen.set()
        return Answer(200, b"late", delay=0.3)

    with (
        Mock(variations=(Scripted(late),)) as mock,
        socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), GUARD) as line,
    ):
        line.sendall(MET.replace(b"/api/v2/diagnostics/version", b"/late"))
        assert seen.wait(GUARD)
        line.sendall(MET * number)
        got = b""
        while got.count(b"HTTP/1.1 200") <= number:
            got += line.recv(1 << 20)
    assert got.count(b"HTTP/1.1 200") == number + 1
    assert got.partition(b"\r\n\r\n")[2].startswith(b"late")


def test_the_answer_to_a_request_that_was_given_up_goes_nowhere() -> None:
    replies: list[Any] = []

    class Silent:
        def upgrade(self, incoming: Incoming) -> None:
            return None

        def ask(self, incoming: Incoming, reply: Any) -> None:
            replies.append(reply)

    async def run() -> bool:
        request = make_mocked_request("GET", "/", payload=EMPTY_PAYLOAD)
        task = asyncio.create_task(cast(Any, Thorough(cast(Gate, Silent())).handle(request)))
        while not replies and not task.done():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cookies: Mapping[str, str] = {}
        return bool(replies[0](Answer(200, b""), cookies))

    assert asyncio.run(run()) is False


def test_the_end_of_a_hold_is_no_news_to_a_poll_that_was_woken_before() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    woken = Poll(broker, session)
    broker.publish("ann", CHATS, ["1"])
    waiting = Poll(broker, session)
    broker.release(session, woken.wake)
    assert waiting.parked
    assert [turn.notifications for turn in woken.ends if isinstance(turn, Turn)] == [["1"]]
