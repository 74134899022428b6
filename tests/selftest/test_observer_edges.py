"""What mutants of the observer would get away with."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Session
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.identity import Identity

from .observing import EVENT, Watch, event
from .scripted_server import CometServer, Request, bayeux, http


def test_every_request_says_that_it_is_json() -> None:
    with CometServer() as server, Watch(server):
        pass
    assert {request.headers["content-type"] for request in server.requests} == {"application/json;charset=UTF-8"}


def test_every_request_behind_the_handshake_says_whose_it_is() -> None:
    with CometServer() as server, Watch(server):
        pass
    _, *others = server.requests
    assert server.channels()[-1] == "/meta/disconnect"
    assert {message["clientId"] for request in others for message in request.messages} == {"client1"}


def test_messages_are_numbered_and_no_number_comes_twice() -> None:
    with CometServer() as server, Watch(server, topics=("/v2/me/chats", "/v2/me/devices")):
        pass
    numbers = [message["id"] for request in server.requests for message in request.messages]
    assert sorted(numbers, key=int) == [str(1 + at) for at in range(len(numbers))]


def test_an_observer_that_was_never_opened_knows_of_nothing() -> None:
    with CometServer() as server:
        observer = Watch(server).observer
        assert (observer.epoch, observer.ack, observer.healthy) == (0, False, False)
        assert observer.troubled_at == float("-inf")
        observer.close()
        assert server.requests == []


def test_an_observer_is_closed_once() -> None:
    with CometServer() as server:
        with Watch(server) as watch:
            watch.observer.close()
        assert server.channels().count("/meta/disconnect") == 1


def test_the_thread_of_an_observer_says_whose_it_is_and_holds_nobody_up() -> None:
    with CometServer() as server, Watch(server):
        (thread,) = [each for each in threading.enumerate() if each.name == "observer of agent1"]
        assert thread.daemon


@pytest.mark.parametrize("number", [1, 2])
def test_all_that_an_observer_writes_says_which_of_an_agents_observers_it_is(number: int) -> None:
    more: dict[str, Any] = {} if number == 1 else {"number": number}
    with CometServer() as server, Watch(server, **more) as watch:
        server.event(EVENT)
        watch.records.until(Delivery, 1)
        server.poll(http("no JSON"))
        incident = watch.records.until_incident("not-json")
        (session,), (delivery,) = watch.records.of(Session), watch.records.of(Delivery)
    assert (session.observer, delivery.observer, incident.observer) == (number, number, number)


def test_what_comes_with_the_subscription_is_no_direct_delivery() -> None:
    with CometServer() as server:
        server.subscribe = lambda request: bayeux(EVENT, *server.subscribed(request))
        with Watch(server) as watch:
            assert watch.events(1) == [1]
            assert watch.observer.healthy
        assert watch.records.incidents() == []


def test_a_refused_handshake_may_advise_and_deliver() -> None:
    def refuse(request: Request) -> bytes:
        reply = {"channel": "/meta/handshake", "id": request.message["id"], "successful": False, "error": "403::no"}
        return bayeux(event(1), reply)

    with CometServer() as server:
        server.handshake = refuse
        watch = Watch(server)
        with pytest.raises(ObserverError, match=r"The handshake at .* was refused: .*403::no"):
            watch.observer.open()
        assert watch.events(1) == [1]
        assert watch.records.incidents() == []
        assert not watch.observer.healthy


def test_a_refused_handshake_may_say_that_there_are_two_sessions_in_one_browser() -> None:
    reply = {"channel": "/meta/handshake", "successful": False, "advice": {"multiple-clients": True}}
    with CometServer() as server:
        server.handshake = lambda _: bayeux(reply)
        watch = Watch(server)
        with pytest.raises(ObserverError):
            watch.observer.open()
    assert [incident.what for incident in watch.records.incidents()] == ["multiple-clients"]


def test_an_observer_that_gives_up_says_why_and_since_when() -> None:
    with CometServer(*[http(status=503)] * 3) as server, Watch(server, pauses=(0, 0)) as watch:
        stopped = watch.records.until_incident("stopped")
        (session,) = watch.records.of(Session)
    assert stopped.detail == "3 polls in a row came to nothing."
    assert stopped.since == session.at


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_observer_that_fails_says_since_when() -> None:
    def fail(_: Delivery) -> None:
        raise RuntimeError("full")

    with CometServer() as server, Watch(server, on_delivery=fail) as watch:
        server.event(EVENT)
        stopped = watch.records.until_incident("stopped")
        (session,) = watch.records.of(Session)
    assert stopped.since == session.at


def test_two_sessions_of_one_run_have_two_client_ids_and_both_are_known() -> None:
    with CometServer() as server, Watch(server) as first:
        wiring = first.observer._wiring
        second = Observer(
            wiring, agent="agent2", identity=Identity(("agent2", "x")), clock=Clock(), sink=first.records, pauses=(0,)
        )
        second.open()
        second.close()
        assert [session.agent for session in first.records.of(Session)] == ["agent1", "agent2"]
        assert wiring.clients == {"client1": ("agent1", 1), "client2": ("agent2", 1)}


def test_the_client_id_of_a_session_is_a_secret_of_its_agent() -> None:
    client = "2a91c6b0f3d84e57q"

    def shaken(request: Request) -> bytes:
        reply = {"channel": "/meta/handshake", "id": request.message["id"], "successful": True, "clientId": client}
        return bayeux(reply | {"version": "1.0", "supportedConnectionTypes": ["long-polling"]})

    with CometServer() as server:
        server.handshake = shaken
        with Watch(server) as watch:
            assert watch.observer._wiring.secrets.mask(f"of {client}") == "of <masked: CometD session of agent1>"


def test_one_client_id_for_two_sessions_is_refused() -> None:
    with CometServer() as server, Watch(server) as first:
        first.observer._wiring.clients["client2"] = ("agent1", 1)
        second = Observer(
            first.observer._wiring,
            agent="agent2",
            identity=Identity(("agent2", "x")),
            clock=Clock(),
            sink=first.records,
        )
        with pytest.raises(ObserverError, match=r"was refused: the clientId is that of another session$"):
            second.open()


def answered_with(*messages: dict[str, Any]) -> str:
    """What an observer says of the first poll that is answered so."""
    with CometServer(bayeux(*messages)) as server, Watch(server) as watch:
        return str(watch.records.until(Incident)[0].detail)


def test_what_is_wrong_with_the_answer_to_a_poll_is_said() -> None:
    assert answered_with(EVENT) == "The answer to a poll holds no reply to it."
    refused = {"channel": "/meta/connect", "successful": False, "error": "402::unknown"}
    assert answered_with(refused | {"advice": {"reconnect": "retry"}}).startswith(
        "A poll was answered with '402::unknown'"
    )
    given_up = {"channel": "/meta/connect", "successful": True, "advice": {"reconnect": "handshake"}}
    assert answered_with(given_up).startswith("A poll was answered with success: ")


def test_an_observer_is_not_healthy_until_its_new_session_is_subscribed() -> None:
    healthy: list[bool] = []
    lost = {"channel": "/meta/connect", "successful": False, "advice": {"reconnect": "handshake"}}
    with CometServer() as server:
        with Watch(server) as watch:

            def subscribe(request: Request) -> bytes:
                healthy.append(watch.observer.healthy)
                return bayeux(*server.subscribed(request))

            server.subscribe = subscribe
            server.poll(bayeux(lost))
            watch.records.until(Session, 2)
        assert healthy == [False]
