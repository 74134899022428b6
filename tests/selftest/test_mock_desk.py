"""The contact center behind the mock: routing, histories and who is told what, without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gws_contract.mock import payloads
from gws_contract.mock.chat import Agent, Chat, State
from gws_contract.mock.desk import Desk, Effect

BASE = "http://localhost:8080"
SAMPLE_TIMES = (
    "2014-01-02T14:23:18.000-0800",
    "2014-01-02T14:23:18.109-0800",
    "2014-01-02T14:23:19.909-0800",
    "2014-01-02T14:23:20.121-0800",
    "2014-01-02T14:23:20.126-0800",
    "2014-01-02T14:23:20.171-0800",
)
CHATTING = ["Transfer", "Complete", "Leave", "InFocus", "SendMessage"]
CHATTING += ["SendStartTypingNotification", "SendStopTypingNotification"]


def desk_of(*names: str, **options: Any) -> Desk:
    desk = Desk(BASE, names, **options)
    for name in names:
        desk.start_session(desk.agents[name], ["chat"])
        desk.set_ready(desk.agents[name], ready=True)
    return desk


def offered(effects: list[Effect]) -> list[str]:
    """Whom these effects offer a chat to."""
    return [effect.cause.agent.name for effect in effects if effect.cause.operation == "offer" and effect.cause.agent]


def requested(desk: Desk, nickname: str = "PersonP") -> tuple[Chat, list[str]]:
    effects = desk.request_chat(nickname, "help", {"k": "v"})
    return effects[0].cause.chat, offered(effects)


def told(effects: list[Effect]) -> list[tuple[str, str, str]]:
    """Recipient, kind of notification, and the chat's state or the types of the entries."""
    out = []
    for effect in effects:
        for notice in effect.notices:
            what = notice.data["chat"]["state"] if "chat" in notice.data else _types(notice.data)
            out.append((notice.to, notice.data["notificationType"], what))
    return out


def _types(data: dict[str, Any]) -> str:
    return " ".join(entry["type"] for entry in data["messages"])


def chatting(desk: Desk, name: str) -> tuple[Chat, Agent]:
    chat, who = requested(desk)
    assert who == [name]
    desk.accept(chat, desk.agents[name], "Marat")
    return chat, desk.agents[name]


def test_the_documented_example_has_the_shapes_of_the_sample() -> None:
    times = iter(datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%f%z") for time in SAMPLE_TIMES)
    now = [next(times)]
    desk = desk_of("marat", clock=lambda: now[0])
    agent = desk.agents["marat"]
    chat = desk.request_chat("PersonP")[0].cause.chat
    steps: list[Callable[[], list[Effect]]] = [
        lambda: desk.accept(chat, agent, "Marat"),
        lambda: desk.leave(chat, agent),
        lambda: desk.typing(chat, None, started=True),
        lambda: desk.say(chat, None, "Hello World"),
        lambda: desk.accept(chat, agent, "Marat"),
    ]
    for step in steps:
        now[0] = next(times)
        effects = step()
    status, participants, history = (notice.data for notice in effects[0].notices)

    customer = {"type": "Customer", "nickname": "PersonP", "participantId": chat.customer.id}
    before = {"type": "Agent", "nickname": "Marat", "participantId": chat.former[0].id}
    now_in = {"type": "Agent", "nickname": "Marat", "participantId": chat.joined["marat"].id}
    uri = f"{BASE}/api/v2/chats/{chat.id}"
    view = {"state": "Chatting", "capabilities": CHATTING, "id": chat.id, "uri": uri}
    assert status == {
        "messageType": "ChatStateChangeMessage",
        "referenceId": agent.reference,
        "notificationType": "StatusChange",
        "chat": {**view, "participants": []},
    }
    assert participants == {
        "messageType": "ChatStateChangeMessage",
        "notificationType": "ParticipantsUpdated",
        "chat": {**view, "participants": [now_in, customer]},
    }
    lines = [
        ("ParticipantJoined", customer, {}),
        ("ParticipantJoined", before, {}),
        ("ParticipantLeft", before, {}),
        ("TypingStarted", customer, {}),
        ("Text", customer, {"text": "Hello World"}),
        ("ParticipantJoined", now_in, {}),
    ]
    assert history == {
        "messageType": "MessageLogUpdated",
        "notificationType": "NewMessages",
        "messages": [
            {
                "index": index,
                "type": kind,
                "from": who,
                **text,
                "visibility": "All",
                "timestamp": SAMPLE_TIMES[index - 1],
            }
            for index, (kind, who, text) in enumerate(lines, 1)
        ],
        "chatUri": uri,
    }
    assert before["participantId"] != now_in["participantId"]


def test_ids_look_like_the_samples() -> None:
    chat, _ = requested(desk_of("a"))
    assert len(chat.id) == 16
    assert chat.id.isalnum()
    assert chat.id == chat.id.upper()
    assert len(chat.customer.id) == 16
    int(chat.customer.id, 16)


def test_timestamps_never_go_back_though_the_clock_does() -> None:
    times = [datetime.fromisoformat("2014-01-02T14:23:18-08:00"), datetime.fromisoformat("2014-01-02T14:23:17-08:00")]
    desk = desk_of("a", clock=lambda: times.pop(0) if len(times) > 1 else times[0])
    chat, _ = requested(desk)
    desk.say(chat, None, "x")
    assert chat.history[0].at <= chat.history[1].at


def test_an_invitation_carries_the_data_of_the_request() -> None:
    desk = desk_of("a")
    chat = desk.request_chat("PersonP", "help", {"k": "v"})[0].cause.chat
    invitation = payloads.status_change(chat, "a")
    assert "referenceId" not in invitation
    assert invitation["chat"]["capabilities"] == ["Accept", "Reject"]
    assert invitation["chat"]["participants"] == []
    assert invitation["chat"]["chatType"] == "Inbound"
    assert invitation["chat"]["userData"] == {"k": "v", "Subject": "help"}
    assert invitation["chat"]["subject"] == "help"


def test_the_agent_with_the_fewest_chats_and_then_the_one_idle_longest_is_asked() -> None:
    desk = desk_of("a", "b", "c")
    assert [requested(desk)[1] for _ in range(4)] == [["a"], ["b"], ["c"], ["a"]]


def test_a_chat_waits_until_somebody_is_free() -> None:
    desk = desk_of("a", capacity=1)
    first, agent = chatting(desk, "a")
    second, nobody = requested(desk)
    assert nobody == []
    assert offered(desk.complete(first, agent)) == ["a"]
    assert agent.state_of(second) is State.INVITED


def test_waiting_chats_are_offered_in_the_order_they_came() -> None:
    desk = desk_of("a", capacity=2)
    desk.set_ready(desk.agents["a"], ready=False)
    chats = [requested(desk)[0] for _ in range(3)]
    effects = desk.set_ready(desk.agents["a"], ready=True)
    assert [effect.cause.chat for effect in effects] == chats[:2]


def test_a_rejected_chat_is_offered_to_another_agent() -> None:
    desk = desk_of("a", "b")
    chat, _ = requested(desk)
    effects = desk.reject(chat, desk.agents["a"])
    assert told(effects) == [("a", "StatusChange", "Completed"), ("b", "StatusChange", "Invited")]
    assert effects[0].notices[0].data["referenceId"] == 1


def test_who_rejected_is_asked_again_if_nobody_else_is_ready() -> None:
    desk = desk_of("a")
    chat, _ = requested(desk)
    assert offered(desk.reject(chat, desk.agents["a"])) == ["a"]
    assert "a" not in chat.rejected


def test_who_rejected_is_not_asked_again_while_another_agent_is_only_busy() -> None:
    desk = desk_of("a", "b", capacity=1)
    requested(desk)
    chat, who = requested(desk)
    assert who == ["b"]
    assert offered(desk.reject(chat, desk.agents["b"])) == []


def test_leaving_tells_the_agent_and_offers_the_chat_to_another() -> None:
    desk = desk_of("a", "b")
    chat, agent = chatting(desk, "a")
    effects = desk.leave(chat, agent)
    assert told(effects) == [("a", "StatusChange", "LeftChat"), ("b", "StatusChange", "Invited")]
    data = effects[0].notices[0].data
    assert data["chat"]["capabilities"] == ["Transfer", "Complete", "Leave", "InFocus"]
    assert data["referenceId"] == 2
    assert chat.history[-1].type == "ParticipantLeft"


def test_a_transfer_invites_its_target() -> None:
    desk = desk_of("a", "b", "c")
    chat, agent = chatting(desk, "a")
    target = desk.target(f"{BASE}/api/v2/users/{desk.agents['c'].id}")
    assert target is desk.agents["c"]
    effects = desk.transfer(chat, agent, target)
    assert told(effects) == [("a", "StatusChange", "Completed"), ("c", "StatusChange", "Invited")]


def test_a_transfer_to_a_queue_is_routed_past_its_sender() -> None:
    desk = desk_of("a", "b")
    chat, agent = chatting(desk, "a")
    assert offered(desk.transfer(chat, agent, None)) == ["b"]


def test_a_completed_chat_is_over_and_says_nothing_of_participants() -> None:
    desk = desk_of("a")
    chat, agent = chatting(desk, "a")
    (effect,) = desk.complete(chat, agent)
    assert effect.notices[0].data["chat"] == {"state": "Completed", "id": chat.id, "uri": chat.uri}
    assert chat.ended
    assert agent.chats == {}


def test_an_invitation_is_revoked_when_the_customer_goes() -> None:
    desk = desk_of("a")
    chat, _ = requested(desk)
    assert told(desk.customer_leaves(chat)) == [("a", "StatusChange", "Revoked")]
    assert chat.ended


def test_the_agent_in_the_chat_hears_that_the_customer_left_and_can_complete() -> None:
    desk = desk_of("a")
    chat, agent = chatting(desk, "a")
    assert told(desk.customer_leaves(chat)) == [
        ("a", "ParticipantsUpdated", "Chatting"),
        ("a", "NewMessages", "ParticipantLeft"),
    ]
    assert told(desk.complete(chat, agent)) == [("a", "StatusChange", "Completed")]


def test_a_live_message_goes_to_everybody_in_the_chat_with_one_entry() -> None:
    desk = desk_of("a", "b")
    chat, agent = chatting(desk, "a")
    desk.invite(chat, agent, desk.agents["b"])
    joined = desk.accept(chat, desk.agents["b"], "Zoë")
    assert told(joined)[3:] == [("a", "ParticipantsUpdated", "Chatting"), ("a", "NewMessages", "ParticipantJoined")]
    assert told(desk.say(chat, None, "x")) == [("a", "NewMessages", "Text"), ("b", "NewMessages", "Text")]
    assert told(desk.leave(chat, agent))[0] == ("a", "StatusChange", "Completed")


def test_ending_a_session_gives_every_chat_to_others() -> None:
    desk = desk_of("a", "b")
    held, agent = chatting(desk, "a")
    desk.set_ready(desk.agents["b"], ready=False)
    invited, who = requested(desk)
    assert who == ["a"]
    desk.set_ready(desk.agents["b"], ready=True)
    effects = desk.end_session(agent)
    assert (agent.state_of(held), agent.state_of(invited)) == (State.COMPLETED, State.REVOKED)
    assert offered(effects) == ["b", "b"]


def test_who_only_left_a_chat_completes_it_for_himself_alone() -> None:
    desk = desk_of("a", "b")
    chat, agent = chatting(desk, "a")
    desk.leave(chat, agent)
    desk.complete(chat, agent)
    assert not chat.ended
    assert desk.agents["b"].state_of(chat) is State.INVITED


def test_the_cause_of_an_accept_says_how_things_stand() -> None:
    seen = []

    def history(cause: Any, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen.append(cause)
        return entries[-1:]

    desk = desk_of("a", history=history)
    other, agent = chatting(desk, "a")
    chat, _ = chatting(desk, "a")
    desk.leave(chat, agent)
    (effect,) = desk.accept(chat, agent, "Zoë")
    cause = effect.cause
    assert cause is seen[-1]
    assert (cause.number, cause.nickname, cause.entries) == (3, "Zoë", 4)
    assert cause.elsewhere == (other.id,)
    assert cause.left_before == ("Marat",)
    assert cause.participant_id == chat.joined["a"].id
    assert len(effect.notices[2].data["messages"]) == 1


def test_a_reference_is_a_counter_of_each_agent() -> None:
    desk = desk_of("a", "b")
    for name in ("a", "b"):
        chat, agent = chatting(desk, name)
        desk.say(chat, agent, "x")
        assert desk.complete(chat, agent)[0].notices[0].data["referenceId"] == 3
