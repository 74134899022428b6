"""The Bayeux core of the mock, without sockets and with a clock that stands still."""

from __future__ import annotations

from typing import Any

import pytest

from gws_contract.mock.broker import Broker
from gws_contract.mock.options import Options
from gws_contract.mock.session import Session, Turn

CHATS = "/v2/me/chats"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Poll:
    """A poll as its client sees it: how it ended, if it did."""

    def __init__(self, broker: Broker, session: Session, **message: Any) -> None:
        self.ends: list[Turn | None] = []
        self.wake = self.ends.append
        answered = broker.connect(session, {"channel": "/meta/connect", "id": "9", **message}, self.wake)
        self.held = None if isinstance(answered, Turn) else answered
        if isinstance(answered, Turn):
            self.ends.append(answered)

    @property
    def parked(self) -> bool:
        return not self.ends

    @property
    def turn(self) -> Turn:
        (turn,) = self.ends
        assert turn is not None
        return turn


def broker_with(**options: Any) -> tuple[Broker, Clock]:
    clock = Clock()
    return Broker(Options(**options), clock), clock


def shake(broker: Broker, owner: str = "ann", browser: str = "b1", **message: Any) -> Session:
    asked = {"channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"], **message}
    session, reply = broker.handshake(asked, owner, browser, ["long-polling"])
    assert session is not None
    assert reply["successful"] is True
    return session


def polling(broker: Broker, owner: str = "ann", browser: str = "b1", **message: Any) -> Session:
    """A session that is subscribed and has had its first connect."""
    session = shake(broker, owner, browser, **message)
    broker.command(session, {"channel": "/meta/subscribe", "subscription": CHATS})
    Poll(broker, session)
    return session


def test_a_handshake_is_advised_and_names_the_client() -> None:
    broker, _ = broker_with(hold=20.0)
    _, reply = broker.handshake(
        {"channel": "/meta/handshake", "id": "1", "supportedConnectionTypes": ["long-polling"]},
        "a",
        "b",
        ["long-polling"],
    )
    assert reply["id"] == "1"
    assert len(reply["clientId"]) == 32
    assert reply["advice"] == {"reconnect": "retry", "interval": 0, "timeout": 20000}


def test_a_handshake_without_a_common_transport_fails() -> None:
    broker, _ = broker_with()
    session, reply = broker.handshake({"supportedConnectionTypes": ["iframe"]}, "ann", None, ["long-polling"])
    assert session is None
    assert reply["successful"] is False
    assert reply["advice"] == {"reconnect": "none"}


def test_the_first_connect_is_never_parked_and_carries_advice() -> None:
    broker, _ = broker_with()
    poll = Poll(broker, shake(broker))
    assert poll.turn.reply["advice"]["reconnect"] == "retry"


def test_a_later_connect_is_parked_for_the_hold_and_then_answered_empty() -> None:
    broker, _ = broker_with(hold=7.0)
    session = polling(broker)
    poll = Poll(broker, session)
    assert poll.held == 7.0
    broker.release(session, poll.wake)
    assert poll.turn == Turn([], {"channel": "/meta/connect", "id": "9", "successful": True})


def test_a_connect_that_wants_no_hold_is_answered_at_once_with_advice() -> None:
    broker, _ = broker_with()
    poll = Poll(broker, polling(broker), advice={"timeout": 0})
    assert "advice" in poll.turn.reply


def test_the_first_of_several_messages_wakes_the_poll_alone() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    first = Poll(broker, session)
    broker.publish("ann", CHATS, ["1", "2", "3"])
    assert first.turn.notifications == ["1"]
    assert Poll(broker, session).turn.notifications == ["2", "3"]


def test_messages_of_one_moment_can_leave_together() -> None:
    broker, _ = broker_with(together=True)
    poll = Poll(broker, polling(broker))
    broker.publish("ann", CHATS, ["1", "2", "3"])
    assert poll.turn.notifications == ["1", "2", "3"]


def test_a_message_goes_to_all_sessions_of_its_agent_and_to_nobody_else() -> None:
    broker, _ = broker_with()
    sessions = [polling(broker, "ann", "b1"), polling(broker, "ann", "b2"), polling(broker, "bob", "b3")]
    polls = [Poll(broker, session) for session in sessions]
    broker.publish("ann", CHATS, ["1"])
    assert [poll.parked for poll in polls] == [False, False, True]


@pytest.mark.parametrize(
    ("subscription", "heard"),
    [("/v2/me/chats", True), ("/v2/me/*", True), ("/**", True), ("/v2/**", True), ("/v2/*", False), ("/v2/me", False)],
)
def test_wildcards_reach_as_far_as_they_say(subscription: str, heard: bool) -> None:
    broker, _ = broker_with()
    session = shake(broker)
    broker.command(session, {"channel": "/meta/subscribe", "subscription": [subscription]})
    broker.publish("ann", CHATS, ["1"])
    assert session.queue == (["1"] if heard else [])


def test_nothing_comes_after_unsubscribing() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    broker.command(session, {"channel": "/meta/unsubscribe", "subscription": CHATS})
    broker.publish("ann", CHATS, ["1"])
    assert session.queue == []


def test_a_subscription_to_a_meta_channel_is_denied() -> None:
    broker, _ = broker_with()
    reply = broker.command(shake(broker), {"channel": "/meta/subscribe", "subscription": "/meta/connect"})
    assert reply["successful"] is False


@pytest.mark.parametrize("subscription", [None, [], 5, [5], {"a": 1}])
def test_a_subscription_that_is_no_channel_is_refused(subscription: object) -> None:
    broker, _ = broker_with()
    reply = broker.command(shake(broker), {"channel": "/meta/subscribe", "subscription": subscription})
    assert reply["error"] == "403::subscription_missing"


def test_a_second_connect_takes_the_place_of_the_first() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    older, newer = Poll(broker, session), Poll(broker, session)
    broker.publish("ann", CHATS, ["1"])
    assert older.ends == [None]
    assert newer.turn.notifications == ["1"]


def test_disconnect_wakes_the_poll_and_ends_the_session() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    poll = Poll(broker, session)
    assert broker.command(session, {"channel": "/meta/disconnect", "id": "5"})["successful"] is True
    assert poll.turn.reply["advice"] == {"reconnect": "none"}
    assert broker.session(session.id, "ann", "b1") is None


def test_a_session_that_does_not_poll_expires_with_its_queue() -> None:
    broker, clock = broker_with(max_interval=10.0)
    session = polling(broker)
    clock.now += 10.0
    broker.sweep()
    assert broker.session(session.id, "ann", "b1") is session
    clock.now += 0.1
    broker.sweep()
    assert broker.session(session.id, "ann", "b1") is None


def test_a_parked_session_does_not_expire() -> None:
    broker, clock = broker_with(max_interval=10.0)
    session = polling(broker)
    poll = Poll(broker, session)
    clock.now += 1000
    broker.sweep()
    assert poll.parked
    assert broker.session(session.id, "ann", "b1") is session


def test_a_session_belongs_to_its_browser_and_its_agent() -> None:
    broker, _ = broker_with()
    session = shake(broker)
    assert broker.session(session.id, "ann", None) is None
    assert broker.session(session.id, "bob", "b1") is None
    assert broker.session(session.id, "ann", "b1") is session


def test_without_the_cookie_option_a_session_belongs_to_its_agent_only() -> None:
    broker, _ = broker_with(cookie=False)
    session = shake(broker)
    assert broker.session(session.id, "ann", None) is session
    assert broker.session(session.id, "bob", None) is None


def test_two_polls_of_one_browser_are_told_of_multiple_clients() -> None:
    broker, _ = broker_with()
    Poll(broker, polling(broker))
    advice = Poll(broker, polling(broker)).turn.reply["advice"]
    assert advice["multiple-clients"] is True
    assert advice["interval"] == 2000


def test_what_is_not_acknowledged_comes_again() -> None:
    broker, _ = broker_with()
    session = polling(broker, ext={"ack": True})
    lost = Poll(broker, session, ext={"ack": session.batch})
    broker.publish("ann", CHATS, ["1", "2"])
    batch = lost.turn.reply["ext"]["ack"]
    again = Poll(broker, session, ext={"ack": batch - 1})
    assert again.turn.notifications == ["1", "2"]
    assert Poll(broker, session, ext={"ack": again.turn.reply["ext"]["ack"]}).parked


def test_without_the_extension_on_the_server_nothing_is_acknowledged() -> None:
    broker, _ = broker_with(ack=False)
    session = polling(broker, ext={"ack": True})
    assert not session.ack
    assert "ext" not in Poll(broker, session, advice={"timeout": 0}).turn.reply


def test_notifications_wait_while_a_command_is_processed_and_may_ride_with_its_reply() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    poll = Poll(broker, session)
    with broker.processing(session):
        broker.publish("ann", CHATS, ["1"])
        assert poll.parked
        assert broker.take(session, connect=False) == ["1"]
    assert poll.parked


@pytest.mark.parametrize("options", [{"meta_connect_only": True}, {"ack": True}])
def test_a_session_that_listens_to_connects_only_gets_nothing_with_other_replies(options: dict[str, Any]) -> None:
    broker, _ = broker_with(**options)
    session = polling(broker, ext={"ack": True})
    poll = Poll(broker, session, ext={"ack": session.batch})
    with broker.processing(session):
        broker.publish("ann", CHATS, ["1"])
        assert broker.take(session, connect=False) == []
    assert poll.turn.notifications == ["1"]


def test_a_forgotten_poll_ends_as_if_its_hold_had_ended() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    poll = Poll(broker, session)
    broker.forget("ann")
    assert poll.turn.reply == {"channel": "/meta/connect", "id": "9", "successful": True}
    assert broker.session(session.id, "ann", "b1") is None


def test_what_a_client_publishes_stays_with_its_agent() -> None:
    broker, _ = broker_with()
    ann, bob = polling(broker), polling(broker, "bob", "b2")
    reply = broker.command(ann, {"channel": CHATS, "data": {"n": 1}, "id": "7"})
    assert reply == {"channel": CHATS, "id": "7", "successful": True}
    assert (len(ann.queue), len(bob.queue)) == (1, 0)


def test_an_unknown_meta_channel_is_refused() -> None:
    broker, _ = broker_with()
    assert broker.command(shake(broker), {"channel": "/meta/dance"})["error"] == "404:/meta/dance:Unknown Channel"


def test_a_websocket_is_pushed_to_one_by_one() -> None:
    broker, _ = broker_with()
    session = polling(broker)
    pushed: list[str] = []
    session.push = pushed.append
    broker.publish("ann", CHATS, ["1", "2"])
    assert pushed == ["1", "2"]
