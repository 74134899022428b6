"""Which chat a delivery is brought to, and what is kept of those that belong to nobody."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Invited, Memory, Planned, Stray, to_json
from gws_contract.scenario import Say, Scenario
from gws_contract.stage import switchboard
from gws_contract.stage.customers.settings import Recognition
from gws_contract.stage.switchboard import MARKER, LiveChat, Switchboard

from .stages import HANG, Scripted, play

SECRET = "the stranger's credit card 4711"


class Room:
    """A switchboard, what it writes, and the chats opened on it."""

    def __init__(self) -> None:
        self.memory, self.clock = Memory(), Clock()
        self.board = Switchboard(self.memory, self.clock, "run")

    def open(self, number: int = 1) -> LiveChat:
        return self.board.open(number, Scenario(), "drawn")

    def hear(self, data: dict[str, Any], agent: str = "ann") -> Delivery:
        delivery = Delivery(agent, 1, 1, 0, self.clock.now(), "poll", {"channel": "/v2/me/chats", "data": data})
        self.board.receive(delivery)
        return delivery

    def invite(self, live: LiveChat, chat_id: str, agent: str = "ann", **chat: Any) -> None:
        named = chat or {"userData": {MARKER: live.marker}}
        self.hear(status("Invited", id=chat_id, **named), agent)

    def written(self, kind: type) -> list[Any]:
        return [record for record in self.memory.records if isinstance(record, kind)]


def status(state: str, **chat: Any) -> dict[str, Any]:
    return {
        "messageType": "ChatStateChangeMessage",
        "notificationType": "StatusChange",
        "chat": {"state": state, **chat},
    }


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_scenario_is_written_before_anything_happens(room: Room) -> None:
    live = room.open(4)
    (planned,) = room.memory.records
    assert isinstance(planned, Planned)
    assert (planned.chat, planned.source) == (4, "drawn")
    assert live.marker == "gws-contract-run-4"


def test_two_runs_have_different_markers() -> None:
    one, other = (Switchboard(Memory(), Clock(), run).open(1, Scenario(), "drawn") for run in ("a", "b"))
    assert one.marker != other.marker


@pytest.mark.parametrize(
    "named",
    [
        lambda marker: {"userData": {MARKER: marker}},
        lambda marker: {"userData": {"Subject": marker}},
        lambda marker: {"subject": marker},
        lambda marker: {"subject": marker, "userData": {MARKER: 5}},
        lambda marker: {"subject": marker, "userData": ["odd"]},
    ],
)
def test_an_invitation_is_known_by_its_marker_in_user_data_or_subject(room: Room, named: Any) -> None:
    live = room.open()
    room.invite(live, "A1", **named(live.marker))
    assert [invited.chat_id for invited in live.invitations] == ["A1"]
    assert room.written(Invited) == live.invitations
    assert [delivery.chat for delivery in room.written(Delivery)] == [1]
    assert not room.written(Stray)


@pytest.mark.parametrize("chat", [{"userData": {}}, {"subject": 5}, {"subject": "mine"}, {}])
def test_an_invitation_without_the_marker_is_a_strangers(room: Room, chat: dict[str, Any]) -> None:
    live = room.open()
    room.hear(status("Invited", id="A1", **chat))
    assert not live.invitations
    assert [stray.chat_id for stray in room.written(Stray)] == ["A1"]


def test_a_known_chat_is_heard_by_any_of_its_names(room: Room) -> None:
    live = room.open()
    room.invite(live, "A1")
    room.hear({"notificationType": "NewMessages", "chatUri": "http://elsewhere/api/v2/chats/A1", "messages": []})
    room.hear({"notificationType": "NewMessages", "chatPath": "/chats/A1", "messages": []})
    room.hear(status("Chatting", uri="http://elsewhere/api/v2/chats/A1/"))
    assert len(live.deliveries) == 4


def test_an_invitation_that_names_no_chat_invites_nobody(room: Room) -> None:
    live = room.open()
    room.hear(status("Invited", userData={MARKER: live.marker}))
    assert not live.invitations
    assert len(live.deliveries) == 1


def test_two_chats_are_kept_apart(room: Room) -> None:
    one, other = room.open(1), room.open(2)
    room.invite(one, "A1")
    room.invite(other, "A2")
    room.hear(status("Chatting", id="A2"))
    assert (len(one.deliveries), len(other.deliveries)) == (1, 2)
    assert [delivery.chat for delivery in room.written(Delivery)] == [1, 2, 2]


def test_a_message_that_names_two_chats_belongs_to_that_of_its_agent(room: Room) -> None:
    one, other = room.open(1), room.open(2)
    room.invite(one, "A1", agent="ann")
    room.invite(other, "A2", agent="bob")
    room.hear(status("Chatting", id="A1", uri="http://gws/api/v2/chats/A2"), agent="bob")
    room.hear(status("Chatting", id="A1", uri="http://gws/api/v2/chats/A2"), agent="eve")
    assert (len(one.deliveries), len(other.deliveries)) == (2, 2)


def test_an_error_without_a_chat_belongs_to_every_chat_its_agent_is_busy_with(room: Room) -> None:
    lives = [room.open(number) for number in (1, 2, 3)]
    lives[0].busy_agent = lives[1].busy_agent = "ann"
    lives[2].busy_agent = "bob"
    room.hear({"notificationType": "Error", "errorMessage": "Request failed"})
    assert [len(live.deliveries) for live in lives] == [1, 1, 0]


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: {"data": data}])
def test_of_an_error_without_a_chat_only_the_error_is_kept(room: Room, wrap: Any) -> None:
    """It may be about a stranger's chat."""
    live = room.open()
    live.busy_agent = "ann"
    error = {"notificationType": "Error", "errorMessage": "Request failed", "code": 5}
    room.hear(wrap({**error, "chat": {"subject": SECRET}, "messages": [{"text": SECRET}]}))
    (delivery,) = room.written(Delivery)
    assert delivery.message == {"channel": "/v2/me/chats", "data": wrap(error)}


def test_of_an_error_without_an_envelope_only_the_error_is_kept(room: Room) -> None:
    live = room.open()
    live.busy_agent = "ann"
    message = {"channel": "/v2/me/chats", "notificationType": "Error", "messages": [SECRET]}
    room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", message))
    (delivery,) = room.written(Delivery)
    assert delivery.message == {"channel": "/v2/me/chats", "notificationType": "Error"}


def test_an_error_of_a_strangers_chat_belongs_to_nobody(room: Room) -> None:
    live = room.open()
    live.busy_agent = "ann"
    room.hear({"notificationType": "Error", "errorMessage": SECRET, "chat": {"id": "X9"}})
    assert not live.deliveries
    assert len(room.written(Stray)) == 1


def test_of_a_strangers_message_the_content_is_not_kept_but_its_digest(room: Room) -> None:
    data = {"messageType": "MessageLogUpdated", "notificationType": "NewMessages", "chatUri": "/chats/X9"}
    heard = room.hear({**data, "messages": [{"text": SECRET + " \ud800"}]})
    (stray,) = room.memory.records
    assert isinstance(stray, Stray)
    assert (stray.channel, stray.chat_id) == ("/v2/me/chats", "X9")
    assert stray.types == ("MessageLogUpdated", "NewMessages")
    raw = json.dumps(heard.message, sort_keys=True, separators=(",", ":")).encode()
    assert (stray.size, stray.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert SECRET not in json.dumps(to_json(stray))


@pytest.mark.parametrize("words", ["What do you mean?", "x" * 81, "\u00dcber", "a\nb", ""])
def test_what_is_no_name_is_not_kept_of_a_strangers_message_either(room: Room, words: str) -> None:
    data = {"messageType": words, "notificationType": words, "chatUri": f"/chats/{words or '?'}"}
    room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", {"channel": words, "data": data}))
    (stray,) = room.memory.records
    assert isinstance(stray, Stray)
    assert (stray.channel, stray.types, stray.chat_id) == ("unusual", ("unusual", "unusual"), "unusual")


def test_a_message_without_anything_known_is_a_stray_without_types(room: Room) -> None:
    room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", {"channel": 5, "data": [SECRET]}))
    (stray,) = room.memory.records
    assert isinstance(stray, Stray)
    assert (stray.channel, stray.types, stray.chat_id) == ("5", (), None)


def test_in_a_campaign_a_strangers_chat_leaves_only_digests() -> None:
    def gossip(cause: Any, notices: list[Any]) -> list[Any]:
        if cause.operation != "accept":
            return notices
        chat = {"id": "0000STRANGER", "state": "Chatting", "userData": {"card": SECRET}}
        data = {"messageType": SECRET.__class__.__name__, "notificationType": "PropertiesUpdated", "chat": chat}
        return [type(notices[0])(cause.agent.name, data), *notices]

    run = play(Scenario(before=(Say("Hello"),)), variations=[Scripted(sends=gossip)])
    assert run.hows == ["complete"]
    (stray,) = [record for record in run.records if isinstance(record, Stray)]
    assert (stray.chat_id, len(stray.sha256)) == ("0000STRANGER", 64)
    assert not [record for record in run.records if SECRET in json.dumps(to_json(record))]


def test_who_waits_for_what_never_comes_looks_again_when_nudged(room: Room) -> None:
    live, stop = room.open(), threading.Event()
    looked = threading.Event()
    came: list[bool] = []

    def look() -> bool:
        looked.set()
        return False

    waiting = threading.Thread(target=lambda: came.append(live.wait(look, HANG, room.clock, stop)))
    waiting.start()
    assert looked.wait(HANG)
    stop.set()
    room.board.nudge()
    waiting.join(HANG)
    assert came == [False]


def test_waiting_ends_with_the_news_or_at_its_time(room: Room) -> None:
    live, stop = room.open(), threading.Event()
    assert live.wait(lambda: True, 0.0, room.clock, stop)
    assert not live.wait(lambda: False, 0.0, room.clock, stop)
    waiting = threading.Thread(target=lambda: room.invite(live, "A1"))
    waiting.start()
    assert live.wait(lambda: bool(live.invitations), HANG, room.clock, stop)
    waiting.join(HANG)


# ---- who cannot mark a chat ------------------------------------------------------------------------------------------


def asking(recognition: Recognition) -> tuple[Room, LiveChat]:
    """A room with a chat that was asked for."""
    room = Room()
    room.board = Switchboard(room.memory, room.clock, "run", recognition)
    live = room.open()
    live.asked = True
    return room, live


def customers(*nicknames: str) -> list[dict[str, str]]:
    return [{"type": "Customer", "nickname": name} for name in nicknames]


def test_where_the_nickname_counts_it_is_one_that_no_stranger_has() -> None:
    room, live = asking("nickname")
    assert live.nickname == "PersonP run-1"
    (planned,) = room.written(Planned)
    assert (planned.scenario["customer"], planned.nickname) == ("PersonP", "PersonP run-1")
    other = room.board.open(12, Scenario("x" * 64), "drawn")
    assert other.nickname == "x" * 57 + " run-12"
    assert room.board.open(3, Scenario("😀" * 200), "drawn").nickname == "😀" * 200 + " run-3"


@pytest.mark.parametrize(
    "chat", [{"participants": customers("Eve", "PersonP run-1")}, {"userData": {"Name": "PersonP run-1"}}]
)
def test_an_unmarked_invitation_is_known_by_that_nickname(chat: dict[str, Any]) -> None:
    room, live = asking("nickname")
    room.hear(status("Invited", id="A1", **chat))
    assert [invited.chat_id for invited in live.invitations] == ["A1"]
    assert live.named is ("participants" in chat)
    room.hear(status("Chatting", id="A1"))
    assert len(live.deliveries) == 2


@pytest.mark.parametrize(
    "chat",
    [
        {},
        {"participants": customers("PersonP")},
        {"participants": [{"type": "Agent", "nickname": "PersonP run-1"}]},
        {"participants": ["PersonP run-1", 5]},
        {"userData": {"PersonP run-1": "x"}},
        {"userData": {"gws-contract": "gws-contract-other-1", "Name": "PersonP run-1"}},
    ],
)
def test_an_invitation_that_does_not_show_the_nickname_is_a_strangers(chat: dict[str, Any]) -> None:
    room, live = asking("nickname")
    room.hear(status("Invited", id="A1", **chat))
    assert not live.invitations
    assert len(room.written(Stray)) == 1


def test_where_the_marker_counts_a_stranger_of_the_same_nickname_is_a_stranger() -> None:
    room, live = asking("marker")
    room.hear(status("Invited", id="A1", participants=customers("PersonP"), userData={"Name": "PersonP"}))
    assert not live.invitations
    assert len(room.written(Stray)) == 1


@pytest.mark.parametrize("recognition", ["marker", "nickname"])
def test_being_the_only_one_is_not_enough(recognition: Recognition) -> None:
    room, live = asking(recognition)
    room.hear(status("Invited", id="A1", userData={}))
    assert not live.invitations


@pytest.mark.parametrize("shown", ["PersonP", "somebody else"])
def test_by_hand_the_only_one_that_is_waited_for_is_meant(shown: str) -> None:
    room, live = asking("only one")
    room.hear(status("Invited", id="A1", participants=customers(shown)))
    assert [invited.chat_id for invited in live.invitations] == ["A1"]
    assert live.named is (shown == "PersonP")


def test_by_hand_a_second_chat_is_a_strangers() -> None:
    room, live = asking("only one")
    room.hear(status("Invited", id="A1"))
    room.hear(status("Invited", id="A2"))
    assert [invited.chat_id for invited in live.invitations] == ["A1"]
    assert [stray.chat_id for stray in room.written(Stray)] == ["A2"]


def test_by_hand_a_chat_that_came_before_it_was_asked_for_stays_a_strangers() -> None:
    room, live = asking("only one")
    live.asked = False
    room.hear(status("Invited", id="A1"), "ann")
    live.asked = True
    room.hear(status("Invited", id="A1"), "bob")
    assert not live.invitations
    room.hear(status("Invited", id="A2"), "bob")
    assert [invited.chat_id for invited in live.invitations] == ["A2"]


def test_by_hand_a_chat_that_is_over_is_not_waited_for() -> None:
    room, live = asking("only one")
    live.over = True
    room.hear(status("Invited", id="A1"))
    assert not live.invitations


def test_by_hand_of_two_that_are_waited_for_the_nickname_decides() -> None:
    room, one = asking("only one")
    other = room.board.open(2, Scenario("Kim"), "drawn")
    other.asked = True
    room.hear(status("Invited", id="A1"))
    room.hear(status("Invited", id="A2", participants=customers("Kim")))
    assert (len(one.invitations), [i.chat_id for i in other.invitations]) == (0, ["A2"])


def test_two_observers_of_one_invitation_invite_once() -> None:
    room, live = asking("only one")
    invitation = {"channel": "/v2/me/chats", "data": status("Invited", id="A1")}
    room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", invitation, observer=2))
    room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", invitation))
    assert [invited.chat_id for invited in live.invitations] == ["A1"]
    assert not room.written(Stray)


def test_what_a_second_observer_heard_first_is_taken() -> None:
    room, live = asking("only one")
    for name in ("A1", "A2"):
        heard = {"channel": "/v2/me/chats", "data": status("Invited", id=name)}
        room.board.receive(Delivery("ann", 1, 1, 0, 0.0, "poll", heard, observer=2))
    assert [delivery.chat for delivery in room.written(Delivery)] == [live.number]
    room.hear(status("Invited", id="A2"))
    assert [stray.chat_id for stray in room.written(Stray)] == ["A2"]
    assert not live.invitations


def test_a_plan_is_told_again_only_if_it_is_another(room: Room) -> None:
    live = room.open()
    live.tell(room.memory, room.clock)
    assert len(room.written(Planned)) == 1
    live.abilities = frozenset({"say"})
    live.tell(room.memory, room.clock)
    live.named = True
    live.tell(room.memory, room.clock)
    assert [planned.anonymous for planned in room.written(Planned)] == [False, True, False]


# a server that sends without end


def test_a_chat_is_brought_so_many_notifications_and_that_there_were_more_is_said_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard, "MOST_DELIVERIES", 3)
    live, other = room.open(1), room.open(2)
    room.invite(live, "a")
    room.invite(other, "b")
    for _ in range(5):
        room.hear(status("Chatting", id="a"))
    room.hear(status("Chatting", id="b"))
    assert (len(live.deliveries), len(other.deliveries)) == (3, 2)
    assert len(room.written(Delivery)) == 5
    (incident,) = room.written(Incident)
    assert (incident.agent, incident.what) == ("ann", "flooded")
    assert incident.detail == "Chat 1 got more than 3 notifications; no more of them are kept."


def test_of_strangers_deliveries_so_many_are_written(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "MOST_STRAYS", 2)
    for _ in range(5):
        room.hear(status("Chatting", id="stranger"))
    assert len(room.written(Stray)) == 2
