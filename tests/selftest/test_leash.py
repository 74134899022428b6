"""Requests of a run that has to end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from gws_contract.journal import Clock, Exchange
from gws_contract.wire import leash as leashes
from gws_contract.wire.identity import Identity
from gws_contract.wire.leash import CUT, Leash, Purpose
from gws_contract.wire.rest import RestLine
from gws_contract.wire.sockets import Sockets
from gws_contract.wire.wiring import Wiring

from .scripted_server import GUARD, Records, Request, ScriptedServer, http


class Bound:
    """A line on a leash, to a server that never answers `/never`."""

    def __init__(self) -> None:
        self.leash = Leash()
        self.asked: dict[str, threading.Event] = {}
        self.server = ScriptedServer(self._script)
        self.records = Records()

    def _script(self, request: Request) -> bytes:
        self.asked.setdefault(request.path, threading.Event()).set()
        return self.server.never() if request.path.startswith("/never") else http("{}")

    def __enter__(self) -> Bound:
        self.server.__enter__()
        wiring = Wiring(self.server.url, leash=self.leash, read_timeout=GUARD)
        self.line = RestLine(wiring, actor="agent:agent1", identity=Identity(None), clock=Clock(), sink=self.records)
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self.leash.release()
        self.server.__exit__()

    def call(self, path: str, purpose: Purpose = "work") -> Exchange:
        return self.line.call("GET", path, step="me", purpose=purpose)

    def begin(self, path: str, purpose: Purpose = "work") -> threading.Thread:
        """Ask in another thread, until the server has the request."""
        self.asked[path] = threading.Event()
        thread = threading.Thread(target=self.call, args=(path, purpose))
        thread.start()
        assert self.asked[path].wait(GUARD)
        return thread


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bound]:
    monkeypatch.setattr(leashes, "ENDS", {"work": 0.1, "clear up": 0.4, "log out": 0.8, "poll": 0.8})
    monkeypatch.setattr(leashes, "SILENCE", 0.1)
    with Bound() as bound:
        yield bound


def test_while_nothing_hurries_every_request_has_its_time(bound: Bound) -> None:
    assert bound.leash.left("work") == float("inf")
    assert bound.leash.patience("log out", 30.0) == 30.0
    assert bound.call("/", "clear up").failure is None


@pytest.mark.parametrize("purpose", ["work", "clear up", "log out"])
def test_what_is_under_way_when_the_run_has_to_end_is_cut_after_a_moment(purpose: Purpose, bound: Bound) -> None:
    thread = bound.begin("/never", purpose)
    bound.leash.hurry()
    thread.join(GUARD)
    (exchange,) = bound.records.exchanges()
    assert exchange.failure == CUT


def test_what_is_answered_within_the_moment_is_an_answer(bound: Bound) -> None:
    leashes.ENDS["work"] = GUARD
    bound.leash.hurry()
    assert bound.call("/").failure is None


def test_work_is_refused_once_its_time_is_over_and_nothing_is_sent(bound: Bound) -> None:
    bound.begin("/never")
    bound.leash.hurry()
    bound.records.until(Exchange)
    assert bound.call("/work").failure == CUT
    assert "/work" not in bound.asked


def test_clearing_up_goes_over_a_connection_that_nothing_hangs_on(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    leashes.ENDS["clear up"] = GUARD
    thread = bound.begin("/never")
    bound.leash.hurry()
    thread.join(GUARD)
    monkeypatch.setattr(leashes, "SILENCE", GUARD)
    assert bound.call("/end", "clear up").failure is None


def test_clearing_up_waits_a_moment_for_each_answer_and_then_goes_on(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    leashes.ENDS["clear up"] = GUARD
    bound.leash.hurry()
    first = bound.call("/never", "clear up")
    assert (first.failure or "").startswith("No answer came")
    monkeypatch.setattr(leashes, "SILENCE", GUARD)
    assert bound.call("/next", "clear up").failure is None


def test_after_its_time_nothing_is_cleared_up_but_there_is_time_to_log_out(bound: Bound) -> None:
    leashes.ENDS["clear up"] = 0.0
    bound.leash.hurry()
    assert bound.call("/late", "clear up").failure == CUT
    assert bound.call("/last", "log out").failure in (None, CUT)


def test_a_poll_goes_on_to_the_last(bound: Bound) -> None:
    thread = bound.begin("/never", "poll")
    bound.leash.hurry()
    thread.join(GUARD)
    (exchange,) = bound.records.exchanges()
    assert exchange.done - exchange.sent > leashes.ENDS["clear up"]


def test_what_was_waited_for_longest_is_told(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leashes, "_SLOW", 0.0)
    thread = bound.begin("/never")
    bound.begin("/never/2")
    bound.begin("/never/poll", "poll")
    bound.leash.hurry()
    thread.join(GUARD)
    assert bound.leash.pending.startswith("GET /never had not been answered for ")


def test_who_rests_is_woken_when_the_run_has_to_end(bound: Bound) -> None:
    thread = threading.Thread(target=bound.leash.rest, args=(GUARD,))
    thread.start()
    bound.leash.hurry()
    thread.join(GUARD)
    assert not thread.is_alive()


def test_a_leash_that_was_released_cuts_nothing(bound: Bound) -> None:
    bound.leash.release()
    bound.leash.hurry()
    assert not bound.leash.hurried
    assert bound.call("/").failure is None


def test_a_connection_that_does_not_come_about_is_cut_too(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    add = Sockets.add

    def watched(sockets: Sockets, sock: socket.socket) -> None:
        add(sockets, sock)
        begun.set()

    monkeypatch.setattr(Sockets, "add", watched)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        wiring = Wiring(f"http://127.0.0.1:{full.getsockname()[1]}", leash=bound.leash, connect_timeout=GUARD)
        line = RestLine(wiring, actor="customer", identity=Identity(None), clock=Clock(), sink=bound.records)
        thread = threading.Thread(target=line.call, args=("GET", "/"), kwargs={"step": "me"})
        thread.start()
        assert begun.wait(GUARD)
        bound.leash.hurry()
        thread.join(GUARD / 2)
        alive = thread.is_alive()
        line.close()
        for sock in waiting:
            sock.close()
    assert not alive
    assert bound.records.exchanges()[0].failure == CUT


def test_an_agreement_on_tls_that_does_not_come_about_is_cut_too(bound: Bound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        wiring = Wiring(f"https://127.0.0.1:{deaf.getsockname()[1]}", leash=bound.leash, connect_timeout=GUARD)
        line = RestLine(wiring, actor="customer", identity=Identity(None), clock=Clock(), sink=bound.records)
        thread = threading.Thread(target=line.call, args=("GET", "/"), kwargs={"step": "me"})
        thread.start()
        connection, _ = deaf.accept()
        with connection:
            assert connection.recv(1)
            bound.leash.hurry()
            thread.join(GUARD / 2)
        alive = thread.is_alive()
        line.close()
    assert not alive
    assert bound.records.exchanges()[0].failure == CUT
