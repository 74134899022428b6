from __future__ import annotations

import socket
import threading

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Session
from gws_contract.wire.bayeux import ObserverError
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

from .observing import EVENT, PATH, Watch, event
from .scripted_server import (
    GUARD,
    CometServer,
    HangUpError,
    Records,
    Request,
    ScriptedServer,
    answering,
    bayeux,
    hang_up,
    http,
)


def test_opening_shakes_hands_connects_subscribes_and_leaves_a_poll_under_way() -> None:
    with CometServer() as server, Watch(server, topics=("/v2/me/chats", "/v2/me/devices")):
        server.event(EVENT)
    handshake, first, subscribe, *_ = server.requests
    assert server.channels()[:4] == ["/meta/handshake", "/meta/connect", "/meta/subscribe", "/meta/connect"]
    assert handshake.message["supportedConnectionTypes"] == ["long-polling"]
    assert handshake.message["ext"] == {"ack": True}
    assert first.message["advice"] == {"timeout": 0}
    assert [message["subscription"] for message in subscribe.messages] == ["/v2/me/chats", "/v2/me/devices"]
    assert {request.path for request in server.requests} == {PATH}


def test_a_session_is_written_when_its_subscription_is_acknowledged() -> None:
    with CometServer(advice={"timeout": 20000}, ack=True) as server, Watch(server) as watch:
        (session,) = watch.records.of(Session)
    assert (session.agent, session.epoch, session.ack, session.timeout) == ("agent1", 1, True, 20.0)


def test_a_session_without_advice_expects_polls_of_thirty_seconds() -> None:
    with CometServer() as server, Watch(server) as watch:
        (session,) = watch.records.of(Session)
    assert (session.ack, session.timeout) == (False, 30.0)


def test_an_open_observer_is_healthy_until_it_is_closed() -> None:
    with CometServer() as server, Watch(server) as watch:
        assert watch.observer.healthy
        assert watch.observer.epoch == 1
    assert not watch.observer.healthy


def test_nothing_but_connects_is_sent_after_the_subscription() -> None:
    with CometServer() as server:
        with Watch(server) as watch:
            for n in range(5):
                server.event(event(n))
            watch.events(5)
            server.until_polled(7)
            quiet = server.channels()[3:]
        assert set(quiet) == {"/meta/connect"}
        assert server.channels()[-1] == "/meta/disconnect"
        assert server.most_polls_at_once == 1


def test_polls_and_commands_have_a_connection_each() -> None:
    with CometServer() as server:
        with Watch(server):
            server.event(EVENT)
            server.until_polled(3)
        used = {request.message["channel"]: request.connection for request in server.requests}
    assert used["/meta/handshake"] == used["/meta/subscribe"] == used["/meta/disconnect"]
    assert used["/meta/connect"] != used["/meta/handshake"]
    assert {request.connection for request in server.requests} == {1, 2}


def test_the_cookie_of_the_handshake_is_sent_on_both_connections() -> None:
    with CometServer() as server, Watch(server):
        pass
    assert [request.headers.get("cookie") for request in server.requests[1:]] == (
        ["BAYEUX_BROWSER=browser1"] * (len(server.requests) - 1)
    )


def test_an_agents_requests_share_cookies_credentials_and_csrf_token() -> None:
    token = http("{}", X_CSRF_HEADER="X-Token", X_CSRF_TOKEN="token1", Set_Cookie="JSESSIONID=cookie1; Path=/")
    with CometServer() as server:
        comet, identity = server._answer, Identity(("agent1", "secret"))
        server._script = lambda request: token if request.method == "GET" else comet(request)
        line = RestLine(Wiring(server.url), actor="agent:agent1", identity=identity, clock=Clock(), sink=Records())
        line.call("GET", "/api/v2/me", step="me")
        line.close()
        with Watch(server, identity):
            pass
    for request in server.requests[1:]:
        assert request.headers["x-token"] == "token1"
        assert request.headers["authorization"] == "Basic YWdlbnQxOnNlY3JldA=="
        assert "JSESSIONID=cookie1" in request.headers["cookie"]


REFUSED: dict[str, tuple[bytes | HangUpError, str]] = {
    "401": (http(status=401), "was answered 401; are the credentials of agent1 right?"),
    "403": (http(status=403), "was answered 403; may agent1 use CometD, and does the server want a CSRF token"),
    "404": (http(status=404), "was answered 404; is the path of CometD right?"),
    "503": (http(status=503), "failed. The answer has status 503, not 200."),
    "login page": (http(b"", 302, Location="/login"), "The answer has status 302, not 200."),
    "HTML": (http("<html>", Content_Type="text/html"), "was answered 200 with text/html. The body is not JSON: "),
    "empty": (http(""), "was answered 200 with no content type. The body is not JSON: "),
    "hang up": (HangUpError(), "closed the connection without an answer."),
    "bayeux": (
        bayeux({"channel": "/meta/handshake", "successful": False, "error": "403::Denied"}),
        "was refused: 403::Denied",
    ),
    "no reply": (bayeux(), "was refused: the answer holds no reply to it"),
    "no client": (bayeux({"channel": "/meta/handshake", "successful": True}), "the reply has no clientId"),
    "no long-polling": (
        bayeux(
            {
                "channel": "/meta/handshake",
                "successful": True,
                "clientId": "c",
                "supportedConnectionTypes": ["websocket"],
            }
        ),
        "the server does not offer long-polling",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_handshake_that_fails_is_told_in_a_sentence(case: str) -> None:
    answer, sentence = REFUSED[case]
    with ScriptedServer(answering(answer)) as server:
        with pytest.raises(ObserverError) as raised, Watch(server):
            pass
        assert str(raised.value).startswith(f"The handshake at {server.url}{PATH} ")
        assert sentence in str(raised.value)


def test_a_server_that_is_not_there_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ObserverError, match=rf"The handshake at .* failed\. 127\.0\.0\.1:{port} refused the connect"):
        Watch(f"http://127.0.0.1:{port}").observer.open()


@pytest.mark.parametrize("answers", [[False], [True, False], [True]], ids=["refused", "one of two", "one missing"])
def test_a_refused_subscription_is_told_in_a_sentence_and_the_session_ended(answers: list[bool]) -> None:
    with CometServer() as server:
        server.subscribe = lambda _: bayeux(
            *({"channel": "/meta/subscribe", "successful": good, "error": "403:/v2:no"} for good in answers)
        )
        watch = Watch(server, topics=("/a", "/b"))
        with pytest.raises(ObserverError, match=r"The subscription to /a, /b at .* was refused: (403:/v2:no|the ans)"):
            watch.observer.open()
        assert watch.left_behind() == []
        assert server.channels()[-1] == "/meta/disconnect"


def test_a_refused_first_connect_is_told_in_a_sentence() -> None:
    with CometServer() as server:
        server.connect_at_once = lambda request: server.connected(request, successful=False, error="402::Unknown")
        with pytest.raises(ObserverError, match=r"The first connect at .* was refused: 402::Unknown"):
            Watch(server).observer.open()


def test_closing_disconnects_and_is_no_incident() -> None:
    with CometServer() as server:
        with Watch(server) as watch:
            pass
        assert server.channels()[-1] == "/meta/disconnect"
    assert not watch.records.of(Incident)


def test_what_comes_with_the_last_poll_is_delivered() -> None:
    with CometServer() as server:

        def disconnect(_: Request) -> bytes:
            server.poll(lambda held: server.connected(held, EVENT, advice={"reconnect": "none"}))
            return bayeux({"channel": "/meta/disconnect", "successful": True})

        server.disconnect = disconnect
        with Watch(server) as watch:
            pass
    assert [delivery.link for delivery in watch.records.of(Delivery)] == ["poll"]
    assert not watch.records.incidents()


@pytest.mark.parametrize("disconnect", ["silent", "gone", "dripping"])
def test_closing_ends_a_poll_that_the_server_does_not_end(disconnect: str) -> None:
    with CometServer() as server:
        server.disconnect = {
            "silent": lambda _: server.never(),
            "gone": hang_up(reset=True),
            "dripping": lambda _: server.stutter(b"HTTP/1.1 200 OK\r\nX: ", b" "),
        }[disconnect]
        with Watch(server) as watch:
            pass
        assert not watch.observer._thread.is_alive()
        assert not server.over.is_set()
    assert not watch.records.incidents()


def test_closing_ends_a_poll_in_the_middle_of_its_answer() -> None:
    begun = threading.Event()

    def half(_: Request) -> bytes:
        connection = server._sockets[1]
        connection.sendall(http("[", length=100))
        begun.set()
        return server.never()

    with CometServer(half) as server, Watch(server) as watch:
        assert begun.wait(GUARD)
    assert not watch.records.incidents()


def test_closing_twice_or_before_opening_does_nothing() -> None:
    with CometServer() as server:
        with Watch(server) as watch:
            pass
        watch.observer.close()
        assert server.channels().count("/meta/disconnect") == 1
        Watch(server).observer.close()


def test_closing_after_the_observer_stopped_is_quiet() -> None:
    with (
        CometServer(
            bayeux({"channel": "/meta/connect", "successful": True, "advice": {"reconnect": "none"}})
        ) as server,
        Watch(server) as watch,
    ):
        watch.records.until_incident("stopped")
    assert len(watch.records.incidents()) == 1
