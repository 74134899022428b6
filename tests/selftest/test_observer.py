from __future__ import annotations

import gc
import gzip
import itertools
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Session
from gws_contract.wire import messages
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.messages import Advice
from gws_contract.wire.rest import Identity, RestLine, Wiring

from .scripted_server import GUARD, CometServer, HangUpError, Records, Request, Script, ScriptedServer, bayeux, http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATH = "/api/v2/notifications"
EVENT = {"channel": "/v2/me/chats", "data": {"n": 1}}


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """An unclosed socket is a ResourceWarning, which is an error here."""
    yield
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("observer of")]


class Watch:
    """An observer of a server, what it wrote, and its end with the test."""

    def __init__(self, server: ScriptedServer | str, identity: Identity | None = None, **settings: Any) -> None:
        self.server = server
        url = server if isinstance(server, str) else server.url
        max_body = settings.pop("max_body", 100_000)
        self.records = settings.pop("records", None) or Records()
        self.observer = Observer(
            Wiring(url, max_body=max_body),
            agent="agent1",
            identity=identity or Identity(("agent1", "secret")),
            clock=Clock(),
            sink=self.records,
            **{"pauses": (0,) * 5} | settings,
        )

    def __enter__(self) -> Watch:
        self.observer.open()
        if isinstance(self.server, CometServer):
            self.server.until_polled(2)  # sent is not yet received
        return self

    def __exit__(self, *_: object) -> None:
        self.observer.close()

    def events(self, count: int) -> list[Any]:
        return [delivery.message["data"]["n"] for delivery in self.records.until(Delivery, count)]


def event(n: int) -> dict[str, Any]:
    return {"channel": "/v2/me/chats", "data": {"n": n}}


# ---------------------------------------------------------------------------------------------------------- opening


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
    "login page": (
        http(b"", 302, Location="/login"),
        "was answered 302 with no content type. The server redirected to",
    ),
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


def answering(answer: bytes | HangUpError) -> Script:
    def script(_: Request) -> bytes:
        if isinstance(answer, HangUpError):
            raise answer
        return answer

    return script


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
        with pytest.raises(ObserverError, match=r"The subscription to /a, /b at .* was refused: (403:/v2:no|the ans)"):
            Watch(server, topics=("/a", "/b")).observer.open()
        assert server.channels()[-1] == "/meta/disconnect"


def test_a_refused_first_connect_is_told_in_a_sentence() -> None:
    with CometServer() as server:
        server.connect_at_once = lambda request: server.connected(request, successful=False, error="402::Unknown")
        with pytest.raises(ObserverError, match=r"The first connect at .* was refused: 402::Unknown"):
            Watch(server).observer.open()


# -------------------------------------------------------------------------------------------------------- deliveries


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
    assert [incident.what for incident in watch.records.incidents()] == ["direct-delivery"]


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
    shared = {"records": records, "serials": serials}
    with CometServer() as one, CometServer() as two, Watch(one, **shared), Watch(two, **shared):
        for _ in range(20):
            one.event(EVENT)
            two.event(EVENT)
        records.until(Delivery, 40)
    assert sorted(delivery.serial for delivery in records.of(Delivery)) == list(range(40))


# ------------------------------------------------------------------------------------------------------ broken polls


def hang_up(sent: bytes = b"", *, reset: bool = False) -> Script:
    return answering(HangUpError(sent, reset=reset))


BROKEN: dict[str, tuple[bytes | Script, str, str]] = {
    "closed": (hang_up(), "poll-broken", "closed the connection without an answer"),
    "reset": (hang_up(reset=True), "poll-broken", "broke before an answer came"),
    "500": (http(status=500), "poll-broken", "status 500"),
    "truncated": (hang_up(http(json.dumps([EVENT]), length=99)), "poll-broken", "of the 99 bytes"),
    "surplus": (http("[{}]", length=2), "poll-broken", "goes on for 2 bytes"),
    "gzip": (http("[]", Content_Encoding="gzip"), "poll-broken", "cannot be unpacked"),
    "chunks": (hang_up(http("5\r\n[]", length=-1, Transfer_Encoding="chunked")), "poll-broken", "broken chunks"),
    "redirect": (http("", 302, Location="/login"), "poll-broken", "redirects are not followed"),
    "empty array": (http("[]"), "poll-broken", "holds no reply to it"),
    "HTML": (http("<html>"), "not-json", "is not JSON"),
    "empty": (http(""), "not-json", "is not JSON"),
    "NaN": (http('[{"data": NaN}]'), "not-json", "NaN is not a JSON number"),
    "Infinity": (http('[{"data": -Infinity}]'), "not-json", "-Infinity is not a JSON number"),
    "byte order mark": (http(b"\xef\xbb\xbf[]"), "not-json", "BOM"),
    "latin-1": (http(b'[{"data": "\xeb"}]'), "not-json", "not UTF-8: byte 11"),
    "UTF-16": (http("[]".encode("utf-16")), "not-json", "not UTF-8"),
    "nested": (http("[" * 90_000), "not-json", "nested too deep"),
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
        assert len(server.polls_received()) == 2
    assert not watch.records.incidents()


def test_the_sixth_broken_poll_in_a_row_is_the_last() -> None:
    with CometServer(*[http(status=500)] * 5) as server, Watch(server) as watch:
        server.event(EVENT)
        for _ in range(6):
            server.poll(http(status=502))
        watch.records.until_incident("stopped")
        assert not watch.observer.healthy
        assert [incident.what for incident in watch.records.incidents()] == ["poll-broken"] * 11 + ["stopped"]


def test_pauses_grow_and_end_before_the_server_forgets_the_session() -> None:
    pauses = Observer.__init__.__kwdefaults__["pauses"]
    assert list(pauses) == sorted(set(pauses))
    assert sum(pauses) < 10


# ------------------------------------------------------------------------------------------------------ acknowledging


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
    [({"ack": 1}, "came batch 1."), ({"ack": 0}, "came batch 0."), ({}, "no id"), ({"ack": "2"}, "no id")],
)
def test_an_acknowledge_id_that_does_not_increase_is_an_incident(ext: dict[str, Any], detail: str) -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.poll(lambda request: server.connected(request, EVENT, ext=ext))
        incident = watch.records.until_incident("ack-order")
        assert watch.events(1) == [1]
    assert incident.detail.startswith("After batch 1 ")
    assert detail in incident.detail


def test_what_is_sent_again_is_delivered_again() -> None:
    with CometServer(ack=True) as server, Watch(server) as watch:
        server.event(event(1))
        server.poll(hang_up())
        server.event(event(1), event(2))
        assert watch.events(3) == [1, 1, 2]


# ------------------------------------------------------------------------------------------------------- lost sessions


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
        for n in range(3):
            server.poll(lambda request, n=n: server.connected(request, event(n), advice=crowded))
        watch.events(3)
    assert [incident.what for incident in watch.records.incidents()] == ["multiple-clients"]


# ------------------------------------------------------------------------------------------------------------ closing


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
