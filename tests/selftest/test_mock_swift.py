"""The mock's own HTTP and aiohttp's: nothing tells them apart, whatever is sent and however it arrives."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from aiohttp import web

from gws_contract.mock import swift
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.thorough import _send
from gws_contract.mock.variation import Answer, Request, Variation

GUARD = 20.0
MET = b"GET /api/v2/diagnostics/version HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By which door each request came in."""
    used: list[str] = []
    read, leave = swift.Swift._reply, swift.Swift._leave_to_aiohttp

    def noted_reply(self: swift.Swift, answer: Answer, cookies: Mapping[str, str]) -> bool:
        used.append("swift")
        return read(self, answer, cookies)

    def noted_leaving(self: swift.Swift) -> None:
        used.append("aiohttp")
        leave(self)

    monkeypatch.setattr(swift.Swift, "_reply", noted_reply)
    monkeypatch.setattr(swift.Swift, "_leave_to_aiohttp", noted_leaving)
    return used


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock(agents={"agent1": "pw"}) as mock:
        yield mock


def connected(mock: Mock) -> closing[socket.socket]:
    sock = socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), GUARD)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return closing(sock)


def one_answer(sock: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of the next answer."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += sock.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)content-length: (\d+)", head)
    assert announced is not None
    length = int(announced[1])
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


@pytest.fixture
def line(mock: Mock) -> Iterator[socket.socket]:
    with connected(mock) as sock:
        yield sock


def headers(head: bytes) -> dict[str, str]:
    lines = head.decode().split("\r\n")
    named = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines[1:])}
    named.pop("date")
    return {"": lines[0], **named}


ODD = [
    MET.replace(b"Host", b"TE: trailers\r\nHost"),
    MET.replace(b"/version", b"/versi%6Fn"),
    MET.replace(b"/version", b"/version?a=%20"),
    MET.replace(b"Host: localhost", b"Host: localhost\r\nX-A: \xc3\xa9"),
    MET.replace(b"Host: localhost", b"X-A: 1\r\nX-A: 2\r\nHost: localhost"),
    MET.replace(b"GET", b"OPTIONS").replace(b"GET", b"HEAD"),
    MET.replace(b"Host: localhost", b'Cookie: a="b"\r\nHost: localhost'),
    MET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    MET.replace(b"\r\n\r\n", b"\r\nContent-Length: 2000000\r\n\r\n" + b" " * 2000000),
]


def test_an_ordinary_request_needs_no_aiohttp(line: socket.socket, doors: list[str]) -> None:
    line.sendall(MET)
    assert one_answer(line)[1] == b'{"statusCode":0,"version":"8.5.202.96"}'
    assert doors == ["swift"]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_is_not_ordinary_is_left_to_aiohttp(line: socket.socket, doors: list[str], odd: bytes) -> None:
    line.sendall(odd)
    one_answer(line)
    assert doors == ["aiohttp"]


def test_both_answer_alike(line: socket.socket, doors: list[str]) -> None:
    answers = []
    for asked in (MET, MET.replace(b"Host", b"TE: trailers\r\nHost")):
        line.sendall(asked)
        head, body = one_answer(line)
        answers.append((headers(head), body))
    assert doors == ["swift", "aiohttp"]
    assert answers[0] == answers[1]


def test_a_connection_that_was_left_to_aiohttp_stays_with_it(line: socket.socket, doors: list[str]) -> None:
    for asked in (MET.replace(b"Host", b"TE: trailers\r\nHost"), MET):
        line.sendall(asked)
        assert one_answer(line)[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert doors == ["aiohttp"]


def test_a_request_may_come_byte_by_byte(line: socket.socket, doors: list[str]) -> None:
    for byte in MET:
        line.sendall(bytes([byte]))
    assert one_answer(line)[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert doors == ["swift"]


def test_requests_that_are_sent_ahead_are_answered_in_turn(line: socket.socket, doors: list[str]) -> None:
    line.sendall(MET * 3 + MET.replace(b"/version", b"/nothing?b=%20") + MET)
    got = b""
    while got.count(b"HTTP/1.1 ") < 5 or not got.endswith(b"}"):
        got += line.recv(65536)
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"200", b"200", b"200", b"404", b"200"]
    assert doors == ["swift"] * 3 + ["aiohttp"]


def test_a_flood_that_is_sent_ahead_is_answered_to_its_end(line: socket.socket) -> None:
    number = 3000
    line.sendall(MET * number)
    got = 0
    while got < number:
        got += line.recv(1 << 20).count(b"HTTP/1.1 200")
    assert got == number


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 10000], ids=["", "endless"])
def test_what_is_no_http_is_a_bad_request(line: socket.socket, sent: bytes) -> None:
    line.sendall(sent)
    assert b" 400 " in one_answer(line)[0].partition(b"\r\n")[0]


def test_an_error_of_our_own_is_answered_500_and_told(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Variation):
        def intercept(self, request: Request) -> Answer | None:
            raise RuntimeError("of our own")

    with Mock(variations=[Broken()]) as mock, connected(mock) as sock:
        sock.sendall(MET)
        assert one_answer(sock)[0].startswith(b"HTTP/1.1 500 ")
    assert "of our own" in caplog.text


ANSWERS = [
    Answer(200, b"{}", {"Content-Type": "application/json"}),
    Answer(200, b"", {}),
    Answer(200, b"x", {}),
    Answer(404, b"no", {"Content-Type": "text/plain", "X-A": "b"}),
    Answer(204, b"", {}),
    Answer(304, b"abc", {}),
    Answer(405, b"{}", {"Allow": "GET", "Content-Type": "application/json"}),
    Answer(599, b"{}", {"content-type": "application/json"}),
    Answer(200, b"0123456789", {"Content-Type": "text/plain"}, cut=4),
]


class Given(Variation):
    """Answers every request with this."""

    def __init__(self, answer: Answer) -> None:
        self.given = answer

    def intercept(self, request: Request) -> Answer | None:
        return self.given


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_every_answer_is_written_as_aiohttp_writes_it(answer: Answer, doors: list[str]) -> None:
    with Mock(variations=[Given(answer)]) as mock:
        got = [exchanged(mock, extra) for extra in (b"", b"TE: trailers\r\n")]
    assert (doors[0], doors[-1]) == ("swift", "aiohttp")
    (head, body), (other_head, other_body) = got
    assert (headers(head), body) == (headers(other_head), other_body)


def exchanged(mock: Mock, extra: bytes = b"") -> tuple[bytes, bytes]:
    """Head and body; a second request, and what is answered to it, tell where the body ends."""
    with connected(mock) as sock:
        sock.sendall(MET.replace(b"Host", extra + b"Host") + MET.replace(b"Host", b"Connection: close\r\nHost"))
        got = b""
        while data := sock.recv(65536):
            got += data
    first = got.partition(b"HTTP/1.1 ")[2].partition(b"HTTP/1.1 ")[0]
    head, _, body = (b"HTTP/1.1 " + first).partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("cookies", [{}, {"JSESSIONID": "A.node1", "BAYEUX_BROWSER": "b"}])
def test_cookies_are_spelled_as_aiohttp_spells_them(cookies: dict[str, str]) -> None:
    written = swift.written(Answer(200, b"{}"), cookies, "/gws")
    sent = asyncio.run(_send(None, Answer(200, b"{}"), cookies, "/gws"))  # type: ignore[arg-type]  # of no request
    assert isinstance(sent, web.Response)
    theirs = sorted(morsel.output(header="Set-Cookie:") for morsel in sent.cookies.values())
    ours = sorted(line for line in written.decode().split("\r\n") if line.startswith("Set-Cookie"))
    assert ours == theirs


def test_an_answer_may_come_late() -> None:
    with Mock(variations=[Given(Answer(200, b"{}", delay=0.01))]) as late:
        assert exchanged(late)[1] == b"{}"


def test_whoever_is_gone_is_answered_into_the_void(mock: Mock) -> None:
    with Mock(options=Options(latency=0.01)) as late:
        with connected(late) as sock:
            sock.sendall(MET)
        with connected(late) as sock:
            sock.sendall(MET)
            assert one_answer(sock)[0].startswith(b"HTTP/1.1 200 ")
