from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Session
from gws_contract.wire import messages
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.identity import Identity
from gws_contract.wire.messages import Advice

from .observing import EVENT, Watch, event
from .scripted_server import (
    CometServer,
    Request,
    Script,
    answering,
    bayeux,
    hang_up,
    http,
)

BROKEN: dict[str, tuple[bytes | Script, str, str]] = {
    "closed": (hang_up(), "poll-broken", "closed the connection without an answer"),
    "reset": (hang_up(reset=True), "poll-broken", "broke before an answer came"),
    "500": (http(status=500), "poll-broken", "status 500"),
    "truncated": (hang_up(http(json.dumps([EVENT]), length=99)), "poll-broken", "of the 99 bytes"),
    "surplus": (http("[{}]", length=2), "poll-broken", "goes on for 2 bytes"),
    "gzip": (http("[]", Content_Encoding="gzip"), "poll-broken", "cannot be unpacked"),
    "chunks": (hang_up(http("5\r\n[]", length=-1, Transfer_Encoding="chunked")), "poll-broken", "broken chunks"),
    "redirect": (http("", 302, Location="/login"), "poll-broken", "status 302"),
    "empty array": (http("[]"), "poll-broken", "holds no reply to it"),
    "HTML": (http("<html>"), "not-json", "is not JSON"),
    "empty": (http(""), "not-json", "is not JSON"),
    "NaN": (http('[{"data": NaN}]'), "not-json", "NaN is not a JSON number"),
    "Infinity": (http('[{"data": -Infinity}]'), "not-json", "-Infinity is not a JSON number"),
    "byte order mark": (http(b"\xef\xbb\xbf[]"), "not-json", "BOM"),
    "latin-1": (http(b'[{"data": "\xeb"}]'), "not-json", "not UTF-8: byte 11"),
    "UTF-16": (http("[]".encode("utf-16")), "not-json", "not UTF-8"),
    "nested": (http("[" * 90_000), "too-large", "it holds 90,000 arrays and objects, more than 50,000"),
    "numbers": (http("[{}, 1]"), "not-json", "no Bayeux message at position 1"),
    "too large": (http(b"[" + b" " * 100_000 + b"]"), "too-large", "larger than 100000 bytes"),
    "refused for now": (
        bayeux({"channel": "/meta/connect", "successful": False, "error": "busy", "advice": {"reconnect": "retry"}}),
        "poll-broken",
        "'busy': poll again",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_poll_is_an_incident_and_polling_goes_on_in_the_same_session(case: str) -> None:
    poll, what, detail = BROKEN[case]
    with CometServer(poll) as server, Watch(server) as watch:
        server.event(EVENT)
        (delivery,) = watch.records.until(Delivery)
        (incident,) = watch.records.incidents()
        assert not watch.observer.healthy
    assert (incident.agent, incident.epoch, incident.what) == ("agent1", 1, what)
    assert detail in incident.detail
    assert delivery.message == EVENT
    assert {message["clientId"] for message in server.polls_received()} == {"client1"}
    assert "/meta/handshake" not in server.channels()[1:]


def test_a_broken_poll_hides_what_came_since_the_last_good_one() -> None:
    with CometServer(hang_up(), hang_up()) as server, Watch(server) as watch:
        watch.records.until_incident("poll-broken")
        server.event(EVENT)
        (delivery,) = watch.records.until(Delivery)
        server.poll(hang_up())
        first, *_, last = watch.records.until(Incident, 3)
    assert (first.begun, last.begun) == (watch.records.of(Session)[0].at, delivery.at)
    assert last.begun < last.at


def test_a_poll_held_longer_than_advised_is_broken() -> None:
    with CometServer(advice={"timeout": 50}) as server, Watch(server, slack=0.05) as watch:
        incident = watch.records.until_incident("poll-broken")
    assert incident.detail.startswith("No answer came: nothing more was heard for 0.1 s")


def test_new_advice_replaces_the_old_one_and_is_not_merged() -> None:
    def advise(request: Request) -> bytes:
        return server.connected(request, advice={"timeout": 50})

    def silence(_: Request) -> bytes:
        return server.never()

    with CometServer(advise, silence, advice={"interval": 3_600_000, "timeout": 60_000}) as server:
        server.connect_at_once = lambda request: server.connected(request, advice={"timeout": 60_000})
        with Watch(server, slack=0.05) as watch:
            assert "0.1 s" in watch.records.until_incident("poll-broken").detail


@pytest.mark.parametrize(
    ("advice", "understood"),
    [
        ({}, Advice()),
        ({"timeout": 20000, "interval": 250}, Advice(timeout=20.0, interval=0.25)),
        ({"reconnect": "none", "multiple-clients": True}, Advice(reconnect="none", multiple_clients=True)),
        ({"reconnect": "perhaps", "timeout": "20000", "interval": -1}, Advice()),
        ({"timeout": True, "interval": 10**400}, Advice(interval=86_400.0)),
    ],
)
def test_advice_is_in_milliseconds_and_nonsense_is_not_heeded(advice: dict[str, Any], understood: Advice) -> None:
    assert messages.advised({"channel": "/meta/connect", "advice": advice}) == understood


def test_the_advised_interval_is_waited_and_closing_does_not_wait_for_it() -> None:
    with CometServer() as server:
        server.poll(lambda request: server.connected(request, EVENT, advice={"interval": 3_600_000}))
        with Watch(server) as watch:
            watch.events(1)
            incident = watch.records.until_incident("told-to-wait")
        assert len(server.polls_received()) == 2
    assert incident.detail == "The server advised to wait 3600 s before the next poll."


def test_the_sixth_broken_poll_in_a_row_is_the_last() -> None:
    with CometServer(*[http(status=500)] * 5) as server, Watch(server) as watch:
        server.event(EVENT)
        for _ in range(6):
            server.poll(http(status=502))
        watch.records.until_incident("stopped")
        assert not watch.observer.healthy
        assert [incident.what for incident in watch.records.incidents()] == ["poll-broken"] * 11 + ["stopped"]


def test_pauses_grow_and_end_before_the_server_forgets_the_session() -> None:
    pauses = inspect.signature(Observer).parameters["pauses"].default
    assert list(pauses) == sorted(set(pauses))
    assert sum(pauses) < 10


LOST: dict[str, dict[str, Any]] = {
    "CometD 3": {"successful": False, "error": "402::Unknown client", "advice": {"reconnect": "handshake"}},
    "CometD 5": {"successful": False, "error": "402::session_unknown", "advice": {"reconnect": "handshake"}},
    "faye": {"successful": False, "error": "401:client1:Unknown client", "advice": {"reconnect": "handshake"}},
    "no advice": {"successful": False, "error": "402::Unknown client"},
    "no successful": {"advice": {"interval": 0}, "successful": None},
    "a string": {"successful": "true"},
    "polite": {"successful": True, "advice": {"reconnect": "handshake"}},
}


@pytest.mark.parametrize("case", LOST)
def test_a_lost_session_begins_a_new_epoch_with_new_subscriptions(case: str) -> None:
    with CometServer(bayeux({"channel": "/meta/connect"} | LOST[case])) as server, Watch(server) as watch:
        watch.records.until_incident("new-session")
        server.event(EVENT)
        (delivery,) = watch.records.until(Delivery)
        assert (delivery.epoch, watch.observer.epoch) == (2, 2)
        assert watch.observer.healthy
    expected = ["/meta/handshake", "/meta/connect", "/meta/subscribe", "/meta/connect"]
    assert server.channels()[:8] == expected * 2
    assert {message["clientId"] for message in server.polls_received()[2:]} == {"client2"}
    assert [session.epoch for session in watch.records.of(Session)] == [1, 2]
    assert [(i.what, i.epoch) for i in watch.records.incidents()] == [("session-lost", 1), ("new-session", 2)]


def test_a_new_session_forgets_the_advice_and_the_batches_of_the_old_one() -> None:
    lost = {"channel": "/meta/connect", "successful": False, "advice": {"reconnect": "handshake", "timeout": 0}}
    with CometServer(bayeux(lost), ack=True) as server, Watch(server) as watch:
        assert [session.timeout for session in watch.records.until(Session, 2)] == [30.0, 30.0]
        watch.records.until_incident("new-session")
    assert [message["ext"]["ack"] for message in server.polls_received()][:4] == [-1, 1, -1, 1]


def test_events_on_the_reply_to_a_later_subscription_are_an_incident_of_the_new_epoch() -> None:
    with CometServer(bayeux({"channel": "/meta/connect"} | LOST["CometD 3"])) as server:
        plain = server.subscribe
        later: Script = lambda request: bayeux(EVENT, *server.subscribed(request))  # noqa: E731
        scripts = iter([plain, later])
        server.subscribe = lambda request: next(scripts)(request)
        with Watch(server) as watch:
            assert watch.records.until_incident("direct-delivery").epoch == 2


def test_a_new_session_is_tried_again_while_the_server_is_away() -> None:
    with CometServer(bayeux({"channel": "/meta/connect"} | LOST["CometD 3"])) as server:
        first = server.handshake
        scripts = iter([first, hang_up(), answering(http(status=503)), first])
        server.handshake = lambda request: next(scripts)(request)
        with Watch(server) as watch:
            watch.records.until_incident("new-session")
    assert [i.what for i in watch.records.incidents()] == ["session-lost", "poll-broken", "poll-broken", "new-session"]
    assert watch.records.incidents()[2].detail.endswith(" failed. The answer has status 503, not 200.")


def test_a_refused_new_session_stops_the_observer() -> None:
    with CometServer(bayeux({"channel": "/meta/connect"} | LOST["CometD 3"])) as server:
        scripts = iter([server.handshake, answering(http(status=401))])
        server.handshake = lambda request: next(scripts)(request)
        with Watch(server) as watch:
            incident = watch.records.until_incident("stopped")
    assert incident.detail.startswith("There is no new session. The handshake at ")
    assert "are the credentials of agent1 right?" in incident.detail


def test_a_server_that_loses_every_session_is_given_up() -> None:
    lost = bayeux({"channel": "/meta/connect"} | LOST["CometD 3"])
    with CometServer(*[lost] * 6) as server, Watch(server) as watch:
        watch.records.until_incident("stopped")
    assert len(watch.records.incidents("session-lost")) == 6


@pytest.mark.parametrize("successful", [True, False])
def test_advice_never_to_reconnect_stops_the_observer(successful: bool) -> None:
    no_more = {"channel": "/meta/connect", "successful": successful, "advice": {"reconnect": "none"}}
    with CometServer(bayeux(EVENT, no_more)) as server, Watch(server) as watch:
        incident = watch.records.until_incident("stopped")
        assert watch.events(1) == [1]
    assert "wants no more polls" in incident.detail
    assert len(server.polls_received()) == 2


def test_two_sessions_in_one_browser_are_an_incident_once_an_epoch() -> None:
    crowded = {"multiple-clients": True, "interval": 1, "reconnect": "retry"}
    with CometServer() as server, Watch(server) as watch:

        def in_a_crowd(number: int) -> Script:
            return lambda request: server.connected(request, event(number), advice=crowded)

        for n in range(3):
            server.poll(in_a_crowd(n))
        watch.events(3)
    (incident,) = watch.records.incidents()
    assert incident.what == "multiple-clients"
    assert incident.detail == "The server takes two sessions for one browser and slows their polls down."


def test_a_client_id_that_another_agent_has_is_refused() -> None:
    with CometServer() as server, Watch(server) as watch:
        server._clients = 0
        wiring = watch.observer._wiring
        other = Observer(wiring, agent="agent2", identity=Identity(("agent2", "x")), clock=Clock(), sink=watch.records)
        with pytest.raises(ObserverError, match="the clientId is that of another session"):
            other.open()
        assert watch.observer.healthy


def test_an_acknowledge_id_that_runs_backwards_is_not_followed() -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.poll(lambda request: server.connected(request, EVENT, ext={"ack": -3}))
        watch.records.until_incident("ack-order")
        server.until_polled(3)
    assert [message["ext"]["ack"] for message in server.polls_received()][2] == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('[{"x": ' + "1" * 301 + "}]", "an integer of it has 301 digits"),
        ('[{"x": 1e999}]', "the number 1e999 is too large"),
        ("[{" + '"x": {' * 100 + "}" * 101 + "]", "it is nested deeper than 100"),
    ],
)
def test_what_goes_beyond_the_bounds_of_reading_is_an_incident(body: str, detail: str) -> None:
    with CometServer(http(body)) as server, Watch(server) as watch:
        assert watch.records.until_incident("too-large").detail == f"The body is more than is read: {detail}."
