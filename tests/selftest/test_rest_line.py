from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from gws_contract.journal import Clock, Exchange, to_json
from gws_contract.wire.failures import sentence
from gws_contract.wire.identity import Identity
from gws_contract.wire.ration import FREE, SCRAP, Ration
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

from .scripted_server import GUARD, Records, Request, Script, ScriptedServer, hang_up, http


class Caller:
    """A REST line to a scripted server, and what it wrote."""

    def __init__(self, server: ScriptedServer | str, identity: Identity | None = None, **settings: Any) -> None:
        url = server if isinstance(server, str) else server.url
        self.records = Records()
        self.identity = identity or Identity(("agent1", "secret"))
        self.line = RestLine(
            Wiring(url, **settings), actor="agent:agent1", identity=self.identity, clock=Clock(), sink=self.records
        )

    def __enter__(self) -> RestLine:
        return self.line

    def __exit__(self, *_: object) -> None:
        self.line.close()


def one_call(script: Script, **settings: Any) -> Exchange:
    with ScriptedServer(script) as server, Caller(server, **settings) as line:
        return line.call("GET", "/api/v2/me", step="me")


def test_an_answer_may_take_longer_than_a_connection() -> None:
    def held(_: Request) -> bytes:
        threading.Event().wait(0.3)
        return http("{}")

    assert one_call(held, connect_timeout=0.1, read_timeout=GUARD).failure is None


def test_an_exchange_records_what_was_sent_and_answered() -> None:
    answer = http('{"statusCode": 0}', Content_Type="application/json", Set_Cookie="JSESSIONID=abc", X_Other="x")
    with ScriptedServer(lambda _: answer) as server:
        caller = Caller(server)
        with caller as line:
            exchange = line.call("POST", "/api/v2/me/chats/1", step="accept", chat=7, json={"nickname": "Zoë 😀"})
    request = server.requests[0]
    assert request.body.decode("utf-8") == exchange.request == '{"nickname": "Zoë 😀"}'
    assert request.headers["content-type"] == "application/json"
    assert (request.method, request.path) == (exchange.method, exchange.path) == ("POST", "/api/v2/me/chats/1")
    assert (exchange.actor, exchange.step, exchange.chat, exchange.status) == ("agent:agent1", "accept", 7, 200)
    assert exchange.answer == '{"statusCode": 0}'
    assert exchange.headers == {"content-type": "application/json", "content-length": "17"}
    assert exchange.failure is None
    assert exchange.headers_at is not None
    assert exchange.sent <= exchange.headers_at <= exchange.done
    assert caller.records.all == [exchange]


def test_the_path_is_put_under_the_prefix_of_the_base_url() -> None:
    with ScriptedServer(lambda _: http()) as server, Caller(server.url + "/gws/") as line:
        exchange = line.call("GET", "/api/v2/me", step="me")
    assert server.requests[0].path == "/gws/api/v2/me"
    assert exchange.path == "/api/v2/me"


def test_a_path_is_sent_as_it_is() -> None:
    with ScriptedServer(lambda _: http()) as server, Caller(server) as line:
        line.call("GET", "/a/../b%2F%20c?x=%7E", step="misuse")
    assert server.requests[0].path == "/a/../b%2F%20c?x=%7E"


def test_a_header_of_a_call_wins_over_that_of_the_wiring_however_it_is_spelled() -> None:
    with (
        ScriptedServer(lambda _: http()) as server,
        Caller(server, headers={"accept": "text/html", "X-A": "a"}) as line,
    ):
        line.call("GET", "/", step="me", headers={"ACCEPT": "text/plain"})
    assert server.requests[0].headers["accept"] == "text/plain"
    assert server.requests[0].headers["x-a"] == "a"


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nX-B: b"}, {"X-A": " a"}, {"X-A\nX-B": "b"}])
def test_a_header_that_cannot_be_sent_is_a_failure_and_nothing_is_sent(headers: dict[str, str]) -> None:
    with ScriptedServer(lambda _: http()) as server, Caller(server) as line:
        exchange = line.call("GET", "/", step="misuse", headers=headers)
    assert exchange.failure == "A header of the request or of the answer is not a valid one."
    assert server.requests == []


def test_one_connection_serves_calls_that_follow_each_other() -> None:
    with ScriptedServer(lambda _: http("{}")) as server, Caller(server) as line:
        for _ in range(3):
            line.call("GET", "/", step="me")
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_lone_surrogates_are_sent_as_escapes() -> None:
    with ScriptedServer(lambda _: http()) as server, Caller(server) as line:
        line.call("POST", "/", step="say", json={"text": "\ud800"})
    assert json.loads(server.requests[0].body) == {"text": "\ud800"}


def test_a_body_of_bytes_is_sent_as_it_is() -> None:
    with ScriptedServer(lambda _: http()) as server, Caller(server) as line:
        exchange = line.call("POST", "/", step="misuse", body=b"\xff{", content_type="text/plain")
    assert server.requests[0].body == b"\xff{"
    assert server.requests[0].headers["content-type"] == "text/plain"
    assert exchange.request == "\udcff{"


def test_a_body_that_is_not_utf8_is_kept_byte_for_byte() -> None:
    assert one_call(lambda _: http(b"\xff\xfe\x00")).body == b"\xff\xfe\x00"


def test_a_gzipped_body_is_unpacked() -> None:
    exchange = one_call(lambda _: http(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))
    assert (exchange.answer, exchange.failure) == ('{"a": 1}', None)


def test_a_chunked_body_is_put_together() -> None:
    answer = http(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", length=-1, Transfer_Encoding="chunked")
    exchange = one_call(lambda _: answer)
    assert (exchange.answer, exchange.failure) == ("abcde", None)


def test_a_refused_connection_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Caller(f"http://127.0.0.1:{port}") as line:
        exchange = line.call("GET", "/", step="me")
    assert exchange.failure == f"127.0.0.1:{port} refused the connection."
    assert (exchange.status, exchange.answer, exchange.headers_at) == (None, None, None)


def test_an_unknown_name_is_a_failure() -> None:
    with Caller("http://nowhere.invalid") as line:
        exchange = line.call("GET", "/", step="me")
    assert exchange.failure == "The name in nowhere.invalid:80 is not known here."


@pytest.mark.parametrize("host", ["a..b", "*é", "exa mple"])
def test_a_name_that_no_host_can_have_is_a_failure(host: str) -> None:
    with Caller(f"http://{host}:1") as line:
        exchange = line.call("GET", "/", step="me")
    assert exchange.failure == "The request could not be made (LocationParseError)."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ssl.SSLCertVerificationError(1, "x"), "The certificate of gws:443 was not accepted: expired."),
        (ssl.SSLError(1, "x"), "The TLS connection with gws:443 failed: no reason given."),
        (ConnectTimeoutError("x"), "No connection to gws:443 came about within 5 s."),
    ],
)
def test_trouble_with_tls_or_with_connecting_is_told_in_a_sentence(error: Exception, told: str) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "expired"
    wrapped = requests.ConnectionError(MaxRetryError(None, "/", error))  # type: ignore[arg-type]  # of no pool
    assert sentence(wrapped, where="gws:443", connect=5, silence=30, begun=False) == told


CHUNKS: dict[str, Any] = {"length": -1, "Transfer_Encoding": "chunked"}
HEADERS: dict[str, Any] = {f"X{n}": "" for n in range(101)}
BROKEN: dict[str, tuple[Script, str, str | None]] = {
    "closed": (hang_up(), "closed the connection without an answer", None),
    "reset": (hang_up(reset=True), "broke before an answer came", None),
    "not HTTP": (hang_up(b"hello\r\n\r\n"), "is not HTTP", None),
    "cut in the status": (hang_up(b"HTTP/1.1 200"), "broke before an answer came", None),
    "cut in a header": (hang_up(b"HTTP/1.1 200 OK\r\nContent-Le"), "broke before an answer came", None),
    "cut after a header": (hang_up(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), "broke before an answer came", None),
    "shorter than announced": (hang_up(http("abc", length=9)), "ended after 3 of the 9 bytes", "abc"),
    "longer than announced": (hang_up(http("abcdef", length=4)), "goes on for 2 bytes", "abcd"),
    "longer than nothing": (hang_up(http("abc", length=0)), "goes on for 3 bytes", ""),
    "length is no number": (hang_up(http("abc", length=-1, Content_Length="three")), "'three' is not a number", "abc"),
    "two lengths": (hang_up(http("abc", length=-1, Content_Length="3, 4")), "not a valid one", None),
    "negative length": (hang_up(http("abc", length=-3)), "'-3' is not a number", "abc"),
    "chunks end early": (hang_up(http(b"5\r\nabc", **CHUNKS)), "broken chunks, or it ended too early", "abc"),
    "chunk size is no number": (hang_up(http(b"3\r\nabc\r\nzz\r\n", **CHUNKS)), "broken chunks", "abc"),
    "surplus after chunks": (hang_up(http(b"0\r\n\r\nabc", **CHUNKS)), "goes on for 3 bytes", ""),
    "bad gzip": (hang_up(http(b"abc", Content_Encoding="gzip")), "cannot be unpacked", ""),
    "a hundred and one headers": (hang_up(http(**HEADERS)), "is not HTTP", None),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_answer_is_a_failure_with_what_did_come(case: str) -> None:
    script, failure, answer = BROKEN[case]
    exchange = one_call(script)
    assert failure in (exchange.failure or "")
    assert exchange.answer == answer


def test_a_redirect_is_not_followed_and_keeps_no_secret_of_its_target() -> None:
    with ScriptedServer(lambda _: http("moved", 302, Location="/login;jsessionid=1?token=2")) as server:
        caller = Caller(server)
        with caller as line:
            exchange = line.call("GET", "/", step="me")
    assert len(server.requests) == 1
    assert (exchange.status, exchange.answer, exchange.failure) == (302, "moved", None)
    assert exchange.headers["location"] == "/login"


def test_bytes_that_follow_an_answer_do_not_become_the_next_one() -> None:
    with ScriptedServer(lambda _: http("abc") + http("stale")) as server, Caller(server) as line:
        first = line.call("GET", "/", step="me")
        second = line.call("GET", "/", step="me")
    assert first.failure is not None
    assert second.answer == "abc"
    assert [request.connection for request in server.requests] == [1, 2]


def test_a_body_over_the_limit_is_cut() -> None:
    exchange = one_call(lambda _: http(b"a" * 5000), max_body=1000)
    assert exchange.failure == "The body is larger than 1000 bytes; the rest was not read."
    assert exchange.answer == "a" * 1000


def test_the_limit_counts_bytes_after_decoding() -> None:
    exchange = one_call(lambda _: http(gzip.compress(b"a" * 50_000_000), Content_Encoding="gzip"), max_body=1_000_000)
    assert "larger than 1000000 bytes" in (exchange.failure or "")
    assert exchange.answer == "a" * SCRAP


def test_a_server_that_says_nothing_is_a_failure() -> None:
    with ScriptedServer(lambda _: server.never()) as server, Caller(server) as line:
        exchange = line.call("GET", "/", step="me", timeout=0.05)
    assert (exchange.failure or "").startswith("No answer came: ")


def test_a_server_that_stops_in_the_body_is_a_failure_with_the_part_that_came() -> None:
    with ScriptedServer(lambda _: server.stutter(http("abc", length=9))) as server, Caller(server) as line:
        exchange = line.call("GET", "/", step="me", timeout=1.0)
    assert (exchange.failure or "").startswith("The answer was not complete: ")
    assert exchange.answer == "abc"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Long: ", http(length=1000)], ids=["headers", "body"])
def test_an_answer_that_drips_ends_as_a_failure(start: bytes) -> None:
    with ScriptedServer(lambda _: server.stutter(start, b" ")) as server, Caller(server) as line:
        exchange = line.call("GET", "/", step="me", timeout=0.2)
    assert "took too long as a whole" in (exchange.failure or "")


def test_a_line_works_again_after_a_failure() -> None:
    answers: Iterator[Script] = iter([hang_up(), hang_up(http("abc", length=9)), lambda _: http("well")])
    with ScriptedServer(lambda request: next(answers)(request)) as server, Caller(server) as line:
        exchanges = [line.call("GET", "/", step="me") for _ in range(3)]
    assert [exchange.failure is None for exchange in exchanges] == [False, False, True]


def test_closing_leaves_no_socket_open_after_a_failure() -> None:
    answers: Iterator[Script] = iter(
        [hang_up(), lambda _: http("well"), lambda _: http("well", length=2), lambda _: http("well")]
    )
    with ScriptedServer(lambda request: next(answers)(request)) as server:
        caller = Caller(server)
        with caller as line:
            for _ in range(4):
                line.call("GET", "/", step="me")
        assert [sock for sock in line._line._lane.sockets._open if sock.fileno() >= 0] == []


def test_nothing_is_sent_twice() -> None:
    with ScriptedServer(hang_up()) as server, Caller(server) as line:
        line.call("GET", "/", step="me")
    assert len(server.requests) == 1


def test_closing_ends_a_call_that_waits_in_another_thread() -> None:
    arrived = threading.Event()

    def script(_: Request) -> bytes:
        arrived.set()
        return server.never()

    with ScriptedServer(script) as server:
        caller = Caller(server)
        thread = threading.Thread(target=caller.line.call, args=("GET", "/"), kwargs={"step": "me"})
        thread.start()
        assert arrived.wait(GUARD)
        caller.line.close()
        thread.join(GUARD)
        late = caller.line.call("GET", "/", step="me")
    assert caller.records.exchanges()[0].failure is not None
    assert late.failure == "The suite itself closed this connection."


def test_credentials_and_cookies_are_sent_and_kept_out_of_the_records() -> None:
    with ScriptedServer(lambda _: http("{}", Set_Cookie="JSESSIONID=cookie1; Path=/")) as server:
        caller = Caller(server, Identity(("agënt", "sécret")))
        with caller as line:
            line.call("GET", "/", step="me")
            line.call("GET", "/", step="me")
    assert server.requests[0].headers["authorization"] == "Basic YWfDq250OnPDqWNyZXQ="
    assert server.requests[1].headers["cookie"] == "JSESSIONID=cookie1"
    written = json.dumps([to_json(record) for record in caller.records.exchanges()])
    assert not any(secret in written for secret in ("YWfDq250", "cret", "cookie1"))


def with_token(request: Request) -> bytes:
    return http("{}", X_CSRF_HEADER="X-Token", X_CSRF_TOKEN="token1", Set_Cookie="JSESSIONID=guest; Path=/")


def test_a_csrf_token_is_sent_on_what_changes_something() -> None:
    with ScriptedServer(with_token) as server, Caller(server) as line:
        for method in ("GET", "GET", "POST", "PUT", "DELETE"):
            line.call(method, "/", step="me")
    assert [request.headers.get("x-token") for request in server.requests] == [None, None, "token1", "token1", "token1"]


@pytest.mark.parametrize(("name", "value"), [("Bad Name", "x"), ("X-Token", "a b"), ("", "x")])
def test_a_csrf_token_that_cannot_be_sent_is_ignored(name: str, value: str) -> None:
    with ScriptedServer(lambda _: http(X_CSRF_HEADER=name, X_CSRF_TOKEN=value)) as server, Caller(server) as line:
        line.call("GET", "/", step="me")
        assert line.call("POST", "/", step="me").failure is None


@pytest.mark.parametrize("guest", [{"anonymous": True}, {"auth": ("agent1", "wrong")}], ids=["nobody", "wrong"])
def test_a_guest_uses_nothing_of_the_identity_and_leaves_nothing_in_it(guest: dict[str, Any]) -> None:
    with ScriptedServer(with_token) as server:
        caller = Caller(server)
        with caller as line:
            line.call("GET", "/", step="me")
            caller.identity.jar.set("JSESSIONID", "mine", domain="127.0.0.1", path="/")
            line.call("POST", "/", step="refusal:credentials", **guest)
            line.call("GET", "/", step="me")
    guest_request = server.requests[1]
    assert "cookie" not in guest_request.headers
    assert "x-token" not in guest_request.headers
    assert guest_request.headers.get("authorization") != server.requests[0].headers["authorization"]
    assert ("authorization" in guest_request.headers) is ("auth" in guest)
    assert [request.connection for request in server.requests] == [1, 2, 1]
    assert server.requests[2].headers["cookie"] == "JSESSIONID=mine"


def test_the_environment_does_not_choose_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert one_call(lambda _: http("{}")).failure is None


def test_calls_of_several_threads_do_not_wait_for_each_other() -> None:
    together = threading.Barrier(4, timeout=GUARD)

    def script(_: Request) -> bytes:
        together.wait()
        return http("{}")

    with ScriptedServer(script) as server:
        caller = Caller(server)
        threads = [
            threading.Thread(target=caller.line.call, args=("GET", "/"), kwargs={"step": "me"}) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(GUARD)
        caller.line.close()
    assert [record.failure for record in caller.records.exchanges()] == [None] * 4


@pytest.mark.parametrize("url", ["ftp://gws", "gws:8080", "http://", "http://agent1:secret@gws"])
def test_a_wiring_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^The address of the server .*\.$"):
        Wiring(url)


def test_a_wiring_with_credentials_in_its_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="belong to an agent"):
        Wiring("http://gws", headers={"AUTHORIZATION": "Basic x"})


EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def test_informational_responses_in_front_of_an_answer_are_skipped() -> None:
    exchange = one_call(lambda _: EARLY * 3 + http("well", Server="last"))
    assert (exchange.status, exchange.answer, exchange.failure) == (200, "well", None)
    assert exchange.headers["server"] == "last"


def test_an_answer_may_end_within_an_informational_response() -> None:
    assert "closed the connection without an answer" in (one_call(hang_up(EARLY[:-10])).failure or "")


def test_switching_protocols_is_an_answer() -> None:
    exchange = one_call(hang_up(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"))
    assert (exchange.status, exchange.failure) == (101, None)


def test_a_kept_header_is_cut_to_what_evidence_needs() -> None:
    assert len(one_call(lambda _: http(Server="x" * 60_000)).headers["server"]) == 1000


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_what_is_packed_again_and_again_is_unpacked_to_the_limit_only(layers: int) -> None:
    body = b" " * 50_000_000
    for _ in range(layers):
        body = gzip.compress(body)
    coding = ", ".join(["gzip"] * layers)
    tracemalloc.start()
    exchange = one_call(lambda _: http(body, Content_Encoding=coding), max_body=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "larger than 1000000 bytes" in (exchange.failure or "")
    assert peak < 10_000_000


def test_what_is_packed_too_often_is_not_unpacked() -> None:
    exchange = one_call(lambda _: http(b"x", Content_Encoding=", ".join(["gzip"] * 9)))
    assert exchange.failure == "The body cannot be unpacked as its Content-Encoding says."


def test_cookies_that_cannot_be_sent_and_the_largest_of_too_many_are_not_sent() -> None:
    cookies = [f"c{n}={'x' * 2000}" for n in range(5)] + ["bad=a\x01b", "JSESSIONID=abc"]
    answer = http().replace(b"\r\n", "".join(f"\r\nSet-Cookie: {c}; Path=/" for c in cookies).encode() + b"\r\n", 1)
    with ScriptedServer(lambda _: answer) as server, Caller(server) as line:
        for _ in range(3):
            line.call("GET", "/", step="me")
    sent = server.requests[2].headers["cookie"]
    assert "JSESSIONID=abc" in sent
    assert "bad" not in sent
    assert 4000 < len(sent) < 7000


def test_once_the_ration_is_used_up_only_short_bodies_are_read() -> None:
    ration = Ration(100_000)
    answers = iter([http(b"a" * 150_000), http(b"b" * 150_000), http("short")])
    with ScriptedServer(lambda _: next(answers)) as server, Caller(server, ration=ration) as line:
        first, second, third = (line.call("GET", "/", step="me") for _ in range(3))
    assert first.failure == "The server has sent more in this run than can be kept; the rest was not read."
    assert len(first.answer or "") == len(second.answer or "") == SCRAP
    assert (third.answer, third.failure) == ("short", None)


def test_addresses_of_one_host_share_the_time_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as resolve: a host with ten dead addresses takes no ten times as long."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        found = socket.getaddrinfo("127.0.0.1", full.getsockname()[1], socket.AF_INET, socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found * 1000)
        with Caller(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.05) as line:
            exchange = line.call("GET", "/", step="me")
        for sock in waiting:
            sock.close()
    assert "came about within 0.05 s" in (exchange.failure or "")


def test_short_bodies_cost_nothing_of_the_ration() -> None:
    ration = Ration(10)
    with ScriptedServer(lambda _: http(b"a" * FREE)) as server, Caller(server, ration=ration) as line:
        line.call("GET", "/", step="me")
    assert not ration.spent
