"""Connections that break in unusual ways: the sentence for each, and what a line that was closed does no more."""

from __future__ import annotations

import errno
import os
import socket
import time

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from gws_contract.redaction import Secrets
from gws_contract.wire import reading, sockets
from gws_contract.wire.failures import mismatch, sentence
from gws_contract.wire.leash import Leash
from gws_contract.wire.sockets import CutError

from .scripted_server import ScriptedServer, http
from .test_rest_line import Caller


def told(error: Exception) -> str:
    wrapped = requests.ConnectionError(MaxRetryError(None, "/", error))  # type: ignore[arg-type]  # as urllib3 wraps it
    return sentence(wrapped, where="gws:443", connect=5, silence=30, begun=False)


def no_connection(cause: Exception) -> Exception:
    error = NewConnectionError(None, "no connection")  # type: ignore[arg-type]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CutError(), "The suite itself closed this connection."),
        (TimeoutError(), "No answer came: nothing more was heard for 30 s, or it took too long as a whole."),
        (
            no_connection(OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))),
            "The connection with gws:443 failed: No route to host.",
        ),
    ],
)
def test_an_unusual_end_of_a_connection_has_a_sentence(error: Exception, words: str) -> None:
    assert told(error) == words


@pytest.mark.parametrize(
    ("headers", "size", "plain", "words"),
    [
        ({"content-length": "5"}, 3, True, "The body has 3 bytes, its Content-Length announces 5."),
        ({"content-length": "3"}, 3, True, None),
        ({"content-length": "5"}, 3, False, None),
        ({}, 3, True, None),
    ],
)
def test_a_body_of_another_length_than_announced_is_told(
    headers: dict[str, str], size: int, plain: bool, words: str | None
) -> None:
    assert mismatch(headers, size=size, surplus=0, plain=plain) == words


@pytest.mark.parametrize("cookie", ["session=0f4e91aa37", "0f4e91aa37", "  0f4e91aa37 ; Path=/", 'a="0f4e91aa37"'])
def test_whatever_of_a_cookie_is_sent_again_is_a_secret(cookie: str) -> None:
    secrets = Secrets()
    with ScriptedServer(lambda _: http(Set_Cookie=f"{cookie}; HttpOnly")) as server:
        with Caller(server, secrets=secrets) as line:
            for _ in range(2):
                line.call("GET", "/", step="me")
        assert "0f4e91aa37" in server.requests[1].headers["cookie"]
    assert "0f4e91aa37" not in secrets.mask("it sent 0f4e91aa37 again")


def test_a_line_that_was_closed_clears_nothing_up_any_more() -> None:
    leash = Leash()
    with ScriptedServer(lambda _: http()) as server:
        caller = Caller(server, leash=leash)
        caller.line.close()
        leash.hurry()
        exchange = caller.line.call("POST", "/", step="complete", purpose="clear up")
        assert exchange.failure == sockets.CLOSED
        assert server.requests == []


def test_an_answer_whose_time_is_over_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5.0)
        theirs.sendall(b"HTTP/1.1 200 OK\r\n")
        response = reading.WatchedResponse(ours)
        later = time.monotonic() + 1000
        monkeypatch.setattr("gws_contract.wire.reading.time.monotonic", lambda: later)
        with pytest.raises(TimeoutError):
            response.begin()
        response.close()


def test_who_waits_for_ever_reads_an_answer_to_its_end() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore")
        response = reading.WatchedResponse(ours)
        response.begin()
        assert response.read() == b"ok"
        for _ in range(2):
            response._reader.close()
            assert response.surplus == 4
        response.close()


def test_a_proxy_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Caller("https://gws.example.com", proxy=proxy, connect_timeout=0.2, read_timeout=0.2) as line:
            failure = line.call("GET", "/", step="me").failure
    assert failure == "No answer came: nothing more was heard for 0.2 s, or it took too long as a whole."


def test_a_tls_that_is_not_agreed_upon_in_time_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with Caller(url, connect_timeout=0.2) as line:
            exchange = line.call("GET", "/", step="me")
    assert "TLS connection" in (exchange.failure or "")
    assert "it was not agreed upon in time" in (exchange.failure or "")
