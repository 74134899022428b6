from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.judge.addressing import names_the_chat
from gws_contract.judge.finding import NotTestable
from gws_contract.verdict import Verdict

from .conversations import (
    BYSTANDER,
    CHAT_ID,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    VISITOR,
    Chat,
    broken,
    delivery,
    having,
    kept,
    outcome,
    performed,
)

GOOD = performed(PLAIN)
THREE = (STATUS, PEOPLE, LOG)
SECTION = {STATUS: "status-change", PEOPLE: "participants", LOG: "history"}
OTHER = "0000NoSuchChat0X"


def carried(chat: Chat, kind: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Chat:
    """The messages of one kind in the sequence, changed as a whole."""
    wanted = [d for d in chat.sequence if d.message["data"]["notificationType"] == kind]
    return chat.mapped(lambda r: replace(r, message=change(dict(r.message))) if r in wanted else r)


# ---- channel and envelope -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", THREE)
@pytest.mark.parametrize("channel", ["/v2/me/calls", "/v2/me/chats/", None])
def test_another_channel_breaks_that_clause_alone(kind: str, channel: str | None) -> None:
    chat = carried(GOOD, kind, lambda m: {**m, "channel": channel})
    assert broken(chat) == {"delivery.channel"}
    assert outcome(chat, "delivery.channel").documented == "channel /v2/me/chats"
    assert outcome(chat, "delivery.channel").received.startswith(f"{kind} on channel ")


@pytest.mark.parametrize("kind", THREE)
@pytest.mark.parametrize(
    ("envelope", "members"),
    [
        (lambda m: {"channel": m["channel"], **m["data"]}, "a message with channel, "),
        (lambda m: {"channel": m["channel"], "data": {"data": m["data"]}}, "a message with channel, data"),
    ],
    ids=["bare", "wrapped twice"],
)
def test_a_payload_that_is_bare_or_wrapped_twice_breaks_that_clause_alone(
    kind: str, envelope: Callable[[dict[str, Any]], Mapping[str, Any]], members: str
) -> None:
    chat = carried(GOOD, kind, envelope)
    assert broken(chat) == {"delivery.data"}
    assert outcome(chat, "delivery.data").received.startswith(members)


def test_more_members_beside_data_are_legal() -> None:
    chat = carried(GOOD, LOG, lambda m: {**m, "id": "7", "clientId": "x", "ext": {"ack": 3}, "advice": {}})
    assert broken(chat) == set()


@pytest.mark.parametrize("payload", [{"notificationType": "PropertiesUpdated", "chat": {"id": CHAT_ID}}, {"x": 1}])
def test_what_is_none_of_the_three_may_come_on_any_channel_in_any_form(payload: dict[str, Any]) -> None:
    other = delivery({}, at=GOOD.accept.sent + 0.2, message={"channel": "/v2/me/devices", **payload})
    assert broken(GOOD.plus(other)) == set()


def test_channel_and_envelope_of_nothing_are_not_testable() -> None:
    chat = GOOD.dropping(*THREE).horizonless()
    for clause in ("delivery.channel", "delivery.data"):
        assert outcome(chat, clause).reason == "none of the three notifications came"


# ---- to whom --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", THREE)
@pytest.mark.parametrize("after", [-0.5, 0.1, 30.0])
def test_a_notification_that_reaches_an_uninvited_agent_breaks_that_clause_alone(kind: str, after: float) -> None:
    payload = GOOD.payloads[THREE.index(kind)]
    chat = GOOD.later(payload, after, agent=BYSTANDER)
    assert broken(chat) == {"delivery.addressee"}
    assert outcome(chat, "delivery.addressee").received == f"{kind} to {BYSTANDER}, who was never invited"


def test_other_notifications_may_reach_other_agents() -> None:
    assert broken(GOOD.later({"notificationType": "PropertiesUpdated"}, agent=BYSTANDER)) == set()


def test_an_agent_who_was_invited_earlier_is_no_stranger() -> None:
    chat = performed()
    assert VISITOR in {n.agent for n in chat.conversation.notifications}
    assert broken(chat) == set()
    assert "delivery.addressee" in kept(chat)


def test_if_nobody_else_is_listening_nothing_can_be_said() -> None:
    chat = replace(GOOD, sessions=GOOD.sessions[:1])
    assert outcome(chat, "delivery.addressee").reason == "no other agent was listening"


@pytest.mark.parametrize("gone", [PEOPLE, LOG])
def test_the_absence_needs_the_accepts_own_notifications(gone: str) -> None:
    assert outcome(GOOD.dropping(gone), "delivery.addressee").verdict is Verdict.NOT_TESTABLE


def test_if_everybody_else_was_disturbed_the_absence_is_hidden() -> None:
    one = GOOD.disturbed("poll-broken", agent=BYSTANDER)
    both = one.disturbed("session-lost", agent=VISITOR)
    assert "delivery.addressee" in kept(one), "one of two other agents listened well"
    assert outcome(both, "delivery.addressee").verdict is Verdict.INCONCLUSIVE
    assert outcome(both, "delivery.addressee").reason == "the sessions of all other agents were disturbed"


def test_a_leak_that_was_seen_is_a_leak_however_disturbed_the_sessions_were() -> None:
    chat = (
        GOOD.later(GOOD.payloads[0], 0.1, agent=BYSTANDER)
        .disturbed("session-lost")
        .disturbed("stopped", agent=BYSTANDER)
    )
    assert broken(chat) == {"delivery.addressee"}


def test_if_ones_own_session_was_disturbed_the_absence_is_open() -> None:
    assert "delivery.addressee" in having(GOOD.disturbed("new-session"), Verdict.INCONCLUSIVE)


# ---- about which chat -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [STATUS, PEOPLE])
@pytest.mark.parametrize(("member", "value"), [("id", OTHER), ("uri", f"http://localhost/api/v2/chats/{OTHER}")])
def test_a_notification_that_names_another_chat_breaks_that_clause_alone(kind: str, member: str, value: str) -> None:
    chat = GOOD.edited(kind, lambda p: p["chat"].update({member: value}))
    clause = f"{SECTION[kind]}.{'chat-id' if member == 'id' else 'uri'}"
    assert broken(chat) == {clause}
    found = outcome(chat, clause)
    assert found.documented == f"chat.{member}: the chat {CHAT_ID}"
    assert found.received == f'chat.{member} "{value}"'


@pytest.mark.parametrize("member", ["chatUri", "chatPath"])
def test_a_history_that_names_another_chat_breaks_that_clause_alone(member: str) -> None:
    chat = GOOD.edited(LOG, lambda p: p.update({member: f"/chats/{OTHER}"}))
    assert broken(chat) == {"history.chat-uri"}
    assert outcome(chat, "history.chat-uri").received == f'{member} "/chats/{OTHER}"'


@pytest.mark.parametrize(
    "uri", [f"https://gws.example.com/prefix/v2/chats/{CHAT_ID}", f"/chats/{CHAT_ID}", f"/chats/{CHAT_ID}/", CHAT_ID]
)
def test_any_uri_that_ends_with_the_id_names_the_chat(uri: str) -> None:
    chat = GOOD.edited(LOG, lambda p: p.update(chatUri=uri)).edited(STATUS, lambda p: p["chat"].update(uri=uri))
    assert broken(chat) == set()


def test_an_id_is_compared_as_it_stands() -> None:
    assert broken(GOOD.edited(STATUS, lambda p: p["chat"].update(id=f"/chats/{CHAT_ID}"))) == {"status-change.chat-id"}
    assert broken(GOOD.edited(STATUS, lambda p: p["chat"].update(id=CHAT_ID.lower()))) == {"status-change.chat-id"}


def test_a_chat_without_a_uri_says_nothing_about_uris() -> None:
    chat = GOOD.edited(PEOPLE, lambda p: p["chat"].pop("uri"))
    assert outcome(chat, "participants.uri").verdict is Verdict.NOT_TESTABLE


def test_a_chat_id_that_can_be_read_nowhere_is_judged_by_its_form() -> None:
    chat = GOOD.edited(LOG, lambda p: p.update(chatUri=17))
    with pytest.raises(NotTestable, match=r"^it has no chatUri and no chatPath$"):
        names_the_chat(chat.conversation, "history", "chatUri", "chatPath")
    assert broken(chat) == {"history.chat-uri"}
