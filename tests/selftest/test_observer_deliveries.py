from __future__ import annotations

import gzip
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gws_contract.journal import Delivery, Session

from .observing import EVENT, Watch, event
from .scripted_server import (
    GUARD,
    CometServer,
    HangUpError,
    Records,
    Request,
    bayeux,
    hang_up,
    http,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_delivery_says_whose_it_is_where_it_rode_and_all_that_it_said() -> None:
    whole = EVENT | {"id": "7", "ext": {"x": 1}, "data": {"n": 1, "text": "Zoë 😀 \ud800"}}
    with CometServer() as server, Watch(server, serials=itertools.count(100)) as watch:
        server.event(event(0), whole)
        _, delivery = watch.records.until(Delivery, 2)
    assert delivery.message == whole
    assert (delivery.agent, delivery.epoch, delivery.link, delivery.serial) == ("agent1", 1, "poll", 101)
    assert (delivery.poll, delivery.position) == (4, 1)
    assert delivery.at > watch.records.of(Session)[0].at


@pytest.mark.parametrize("split", [[[1, 2, 3]], [[1], [2, 3]], [[1, 2], [], [3]], [[1], [2], [3]]])
def test_order_is_kept_however_the_events_are_split(split: list[list[int]]) -> None:
    with CometServer() as server, Watch(server) as watch:
        for part in split:
            server.event(*map(event, part))
        assert watch.events(3) == [1, 2, 3]
        places = [(delivery.poll, delivery.position) for delivery in watch.records.of(Delivery)]
    assert places == [(4 + poll, position) for poll, part in enumerate(split) for position in range(len(part))]


def test_events_may_follow_the_reply() -> None:
    def reply_first(request: Request) -> bytes:
        return bayeux({"channel": "/meta/connect", "id": request.message["id"], "successful": True}, EVENT)

    with CometServer(reply_first) as server, Watch(server) as watch:
        assert watch.events(1) == [1]
        assert not watch.records.incidents()


def zipped(body: bytes) -> bytes:
    return http(gzip.compress(body), Content_Encoding="gzip")


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 7] for start in range(0, len(body), 7)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return http(coded + b"0\r\n\r\n", length=-1, Transfer_Encoding="chunked")


@pytest.mark.parametrize("coding", [http, zipped, chunked])
def test_a_coded_body_is_read(coding: Callable[[bytes], bytes]) -> None:
    body = json.dumps([EVENT, {"channel": "/meta/connect", "successful": True}]).encode()
    with CometServer(coding(body)) as server, Watch(server) as watch:
        assert watch.events(1) == [1]
        assert not watch.records.incidents()


def test_a_bare_object_is_read_as_an_array_of_one() -> None:
    with CometServer(http('{"channel": "/meta/connect", "successful": true}')) as server, Watch(server) as watch:
        server.event(EVENT)
        assert watch.events(1) == [1]
        assert not watch.records.incidents()


def test_a_message_without_data_and_without_successful_is_delivered() -> None:
    with CometServer() as server, Watch(server) as watch:
        server.event({"channel": "/v2/me/chats"}, {"channel": "/v2/me/chats", "successful": True}, {"data": 1})
        (first, second) = watch.records.until(Delivery, 2)
    assert first.message == {"channel": "/v2/me/chats"}
    assert second.message == {"data": 1}


def test_events_on_the_reply_to_the_first_subscription_are_delivered_without_an_incident() -> None:
    with CometServer() as server:
        server.subscribe = lambda request: bayeux(EVENT, *server.subscribed(request))
        with Watch(server) as watch:
            (delivery,) = watch.records.of(Delivery)
            assert (delivery.link, delivery.poll, delivery.position, delivery.epoch) == ("command", 3, 0, 1)
            assert watch.observer.healthy


def test_events_on_the_command_connection_after_opening_are_an_incident_once_a_response() -> None:
    with CometServer() as server:
        server.disconnect = lambda _: bayeux(EVENT, EVENT, {"channel": "/meta/disconnect", "successful": True})
        with Watch(server) as watch:
            pass
    assert [delivery.link for delivery in watch.records.of(Delivery)] == ["command", "command"]
    (incident,) = watch.records.incidents()
    assert incident.what == "direct-delivery"
    assert incident.detail == "Response 4 brought events on the connection for commands."


def test_deliveries_go_to_the_callback_alone_if_there_is_one() -> None:
    handed: Records = Records()
    with CometServer() as server, Watch(server, on_delivery=handed.write) as watch:
        server.event(EVENT)
        assert len(handed.until(Delivery)) == 1
    assert not watch.records.of(Delivery)
    assert watch.records.of(Session)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_callback_that_fails_stops_the_observer_with_an_incident() -> None:
    def fail(_: Delivery) -> None:
        raise RuntimeError("full")

    with CometServer() as server, Watch(server, on_delivery=fail) as watch:
        server.event(EVENT)
        assert watch.records.until_incident("stopped").detail == "The observer itself failed: RuntimeError: full"


def test_a_callback_may_close_the_observer() -> None:
    closed = threading.Event()

    def close(_: Delivery) -> None:
        watch.observer.close()
        closed.set()

    with CometServer() as server, Watch(server, on_delivery=close) as watch:
        server.event(EVENT)
        assert closed.wait(GUARD)
        watch.observer._thread.join(GUARD)
    assert not watch.records.incidents()


def test_two_observers_share_the_count_of_deliveries() -> None:
    records, serials = Records(), itertools.count()
    shared: dict[str, Any] = {"records": records, "serials": serials}
    with CometServer() as one, CometServer() as two, Watch(one, **shared), Watch(two, **shared):
        for _ in range(20):
            one.event(EVENT)
            two.event(EVENT)
        records.until(Delivery, 40)
    assert sorted(delivery.serial for delivery in records.of(Delivery)) == list(range(40))


def test_each_poll_acknowledges_the_last_batch_received() -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.event(event(1))
        server.event(event(2))
        watch.events(2)
        assert watch.observer.ack
    assert [message["ext"]["ack"] for message in server.polls_received()][:3] == [-1, 1, 2]
    assert not watch.records.incidents()


def test_a_batch_that_was_not_read_to_its_end_is_not_acknowledged() -> None:
    def truncated(request: Request) -> bytes:
        raise HangUpError(server.connected(request, event(1))[:-4])

    with CometServer(truncated, ack=True) as server, Watch(server) as watch:
        server.event(event(1))
        watch.events(1)
    assert [message["ext"]["ack"] for message in server.polls_received()][:3] == [-1, 1, 1]


def test_no_batch_is_acknowledged_to_a_server_that_does_not_offer_it() -> None:
    with CometServer() as server, Watch(server) as watch:
        assert not watch.observer.ack
    assert not [message for message in server.polls_received() if "ext" in message]


@pytest.mark.parametrize(
    ("ext", "detail"),
    [({"ack": 1}, "batch 1"), ({"ack": 0}, "batch 0"), ({}, "no id"), ({"ack": "2"}, "no id")],
)
def test_an_acknowledge_id_that_does_not_increase_is_an_incident(ext: dict[str, Any], detail: str) -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.poll(lambda request: server.connected(request, EVENT, ext=ext))
        incident = watch.records.until_incident("ack-order")
        assert watch.events(1) == [1]
    assert incident.detail == f"After batch 1 came {detail}."


def test_what_is_sent_again_is_delivered_again() -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.event(event(1))
        server.poll(hang_up())
        server.event(event(1), event(2))
        assert watch.events(3) == [1, 1, 2]
