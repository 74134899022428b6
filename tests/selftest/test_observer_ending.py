"""How long an observer waits: for answers, between polls, and at its end for nobody for ever."""

from __future__ import annotations

import threading

import pytest

from gws_contract.journal import Delivery
from gws_contract.wire import leash as leashes
from gws_contract.wire import rhythm
from gws_contract.wire.bayeux import ObserverError
from gws_contract.wire.leash import Leash, Purpose

from .observing import EVENT, Watch, event
from .scripted_server import GUARD, CometServer, Request, Script, answering, bayeux, hang_up, http


class Left(Leash):
    """With as many seconds left for polls as a test says."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def left(self, purpose: Purpose) -> float:
        return self.seconds if purpose == "poll" else super().left(purpose)


def test_when_work_has_no_time_left_an_observer_still_listens_and_logs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leashes, "ENDS", {"work": 0.0, "clear up": 0.0, "log out": GUARD, "poll": GUARD})
    with CometServer() as server:
        with Watch(server) as watch:
            leash = watch.observer._wiring.leash
            leash.hurry()
            server.event(EVENT)
            assert watch.events(1) == [1]
            server.until_polled(3)
        leash.release()
        assert server.channels()[-1] == "/meta/disconnect"
    assert watch.records.incidents() == []


def test_an_observer_polls_until_the_time_of_polls_is_over_and_then_ends_without_a_word() -> None:
    leash = Left(1.0)
    with CometServer() as server, Watch(server, wiring={"leash": leash}) as watch:
        server.event(event(1))
        server.until_polled(3)
        leash.seconds = 0.0
        server.event(event(2))
        watch.observer._thread.join(GUARD)
        assert watch.events(2) == [1, 2]
        assert len(server.polls_received()) == 3
        assert watch.observer.healthy is False
        assert watch.records.incidents() == []


def test_who_closes_an_observer_that_is_closing_ends_nothing_twice() -> None:
    with CometServer() as server:

        def disconnect(request: Request) -> bytes:
            server.disconnect = server._disconnect
            watch.observer.close()
            return server._disconnect(request)

        server.disconnect = disconnect
        with Watch(server) as watch:
            pass
        assert server.channels().count("/meta/disconnect") == 1


def test_a_poll_that_no_disconnect_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gws_contract.wire.bayeux._GOODBYE", GUARD)
    with CometServer() as server:
        server.disconnect = hang_up()
        with Watch(server) as watch:
            closing = threading.Thread(target=watch.observer.close)
            closing.start()
            closing.join(GUARD / 2)
            assert not closing.is_alive()


@pytest.mark.parametrize("hurried", [False, True])
def test_closing_does_not_wait_for_ever_for_who_was_handed_a_delivery(
    hurried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leashes, "ENDS", dict.fromkeys(leashes.ENDS, GUARD))
    handed, over = threading.Event(), threading.Event()

    def keep(_: Delivery) -> None:
        handed.set()
        over.wait(GUARD)

    with CometServer() as server, Watch(server, on_delivery=keep, wiring={"connect_timeout": 0.25}) as watch:
        server.disconnect = hang_up()
        server.event(EVENT)
        assert handed.wait(GUARD)
        leash = watch.observer._wiring.leash
        if hurried:
            leash.hurry()
        watch.observer.close()
        assert watch.observer._thread.is_alive()
        over.set()
        watch.observer._thread.join(GUARD)
        leash.release()


def test_a_first_connect_has_the_time_that_the_server_says_it_holds_a_poll() -> None:
    with CometServer(advice={"timeout": 50}) as server:
        server.connect_at_once = lambda _: server.never()
        watch = Watch(server, slack=0.05, wiring={"read_timeout": GUARD})
        with pytest.raises(ObserverError, match=r"The first connect at .*: nothing more was heard for 0\.1 s"):
            watch.observer.open()


def test_a_handshake_has_the_time_of_every_request() -> None:
    with CometServer() as server:
        server.handshake = lambda _: server.never()
        watch = Watch(server, slack=GUARD, wiring={"read_timeout": 0.1})
        with pytest.raises(ObserverError, match=r"The handshake at .*: nothing more was heard for 0\.1 s"):
            watch.observer.open()


def test_a_pause_in_which_a_server_forgets_nobody_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gws_contract.wire.bayeux.LONG", 0.0)
    with CometServer() as server, Watch(server) as watch:
        server.event(EVENT)
        server.until_polled(3)
        assert watch.records.incidents() == []


@pytest.mark.parametrize("broken", [hang_up(), bayeux()], ids=["no answer", "no reply"])
def test_after_a_broken_poll_an_observer_polls_when_it_means_to_and_not_as_advised(broken: bytes | Script) -> None:
    with CometServer(broken, advice={"interval": 3_600_000}) as server, Watch(server):
        server.until_polled(3)


def test_a_server_that_answers_polls_at_once_and_with_nothing_is_asked_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rhythm, "IDLE", 2)
    monkeypatch.setattr(rhythm, "AT_ONCE", GUARD)
    monkeypatch.setattr(rhythm, "BREATH", 3_600.0)
    with CometServer() as server:
        watch = Watch(server)
        watch.observer._clock._origin -= 3_600.0  # the run began an hour ago
        for events in [(EVENT,)] * 3 + [()] * 2:
            server.event(*events)
        with watch:
            watch.records.until_incident("told-to-wait")
            assert len(watch.records.of(Delivery)) == 3


def test_an_observer_that_gets_no_new_session_asks_for_nothing_more() -> None:
    with CometServer(bayeux({"channel": "/meta/connect", "successful": False})) as server:
        scripts = iter([server.handshake, answering(http(status=401))])
        server.handshake = lambda request: next(scripts)(request)
        with Watch(server) as watch:
            watch.observer._thread.join(GUARD)
            assert server.channels()[-1] == "/meta/handshake"


def test_a_new_session_says_which_it_is_and_what_is_not_known() -> None:
    with CometServer(bayeux({"channel": "/meta/connect", "successful": False})) as server, Watch(server) as watch:
        incident = watch.records.until_incident("new-session")
    assert incident.detail == "Epoch 2 began; nothing is known of what was sent in between."


def test_while_work_has_time_left_a_lost_session_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leashes, "ENDS", dict.fromkeys(leashes.ENDS, GUARD))
    with CometServer() as server, Watch(server) as watch:
        leash = watch.observer._wiring.leash
        leash.hurry()
        server.poll(bayeux({"channel": "/meta/connect", "successful": False}))
        watch.records.until_incident("new-session")
        leash.release()


def test_closing_waits_for_what_the_last_poll_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gws_contract.wire.bayeux._GOODBYE", GUARD)
    awaited = threading.Event()

    def last(held: Request) -> bytes:
        assert awaited.wait(GUARD)
        return server.connected(held, EVENT, advice={"reconnect": "none"})

    with CometServer(last) as server:
        server.disconnect = lambda _: bayeux({"channel": "/meta/disconnect", "successful": True})
        with Watch(server) as watch:
            join = watch.observer._thread.join

            def wait(timeout: float | None = None) -> None:
                awaited.set()
                join(timeout)

            monkeypatch.setattr(watch.observer._thread, "join", wait)
        assert watch.events(1) == [1]
