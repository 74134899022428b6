from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import notification
from gws_contract.contract import load
from gws_contract.notification import chat_ids, chat_of, joined, kind_of, payload_of, state_of, tail

STATUS = load().sample("status_change")
LOG = load().sample("new_messages")
ID = "0000Na9B26EF002X"

patiently = settings(deadline=None)
names = st.sampled_from(
    ["data", "chat", "id", "uri", "chatUri", "chatPath", "state", "notificationType", "messageType", "x"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["StatusChange", "a/b/", "/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
messages = st.dictionaries(names, json_values, max_size=4)


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ({"channel": "/v2/me/chats", "data": STATUS}, STATUS),
        ({"channel": "/v2/me/chats", "data": {"data": STATUS}}, STATUS),
        ({"channel": "/v2/me/chats", **LOG}, {"channel": "/v2/me/chats", **LOG}),
        ({"data": {"notificationType": "Error", "data": {"x": 1}}}, {"notificationType": "Error", "data": {"x": 1}}),
        ({"data": {"anything": 1}}, {"anything": 1}),
        ({"data": {"data": "text"}}, {"data": "text"}),
        ({"data": "text", "messageType": "MessageLogUpdated"}, {"data": "text", "messageType": "MessageLogUpdated"}),
        ({"data": "text"}, {}),
        ({"data": []}, {}),
        ({"channel": "/meta/connect", "successful": True}, {}),
        ({}, {}),
    ],
)
def test_the_payload_is_found_wrapped_bare_and_wrapped_twice(message: dict[str, Any], payload: dict[str, Any]) -> None:
    assert payload_of(message) == payload


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("StatusChange", "StatusChange"),
        ("statusChange", "StatusChange"),
        ("STATUS_CHANGE", "StatusChange"),
        ("Participants Updated", "ParticipantsUpdated"),
        ("NewMessages", "NewMessages"),
        ("PropertiesUpdated", "PropertiesUpdated"),
        ("error", "Error"),
        ("StatusChanged", None),
        ("", None),
        (None, None),
        (17, None),
        (["StatusChange"], None),
    ],
)
def test_a_kind_is_recognised_by_its_letters(name: object, kind: str | None) -> None:
    assert kind_of({"notificationType": name}) == kind


def test_without_notification_type_there_is_no_kind() -> None:
    assert kind_of({"messageType": "ChatStateChangeMessage"}) is None


@pytest.mark.parametrize(
    ("uri", "end"),
    [
        (f"http://localhost:8080/api/v2/chats/{ID}", ID),
        (f"/chats/{ID}", ID),
        (f"/chats/{ID}/", ID),
        (ID, ID),
        ("", None),
        ("/", None),
        (None, None),
        (17, None),
    ],
)
def test_the_tail_of_a_uri_is_its_last_segment(uri: int | str | None, end: str | None) -> None:
    assert tail(uri) == end


def test_a_payload_names_its_chat_by_id_uri_chat_uri_or_chat_path() -> None:
    chat = {"id": "a", "uri": "/chats/b"}
    payload = {"chat": chat, "chatUri": "/chats/c", "chatPath": "/chats/d"}
    assert chat_ids(payload) == ("a", "b", "c", "d")
    assert chat_ids(LOG) == (ID,)
    assert chat_ids(STATUS) == (ID,), "each id once"


@pytest.mark.parametrize("payload", [{}, {"chat": None}, {"chat": {"id": 17, "uri": ""}}, {"chatUri": 5}, {"chat": []}])
def test_a_payload_that_names_no_chat_has_no_ids(payload: dict[str, Any]) -> None:
    assert chat_ids(payload) == ()


@pytest.mark.parametrize(("state", "read"), [("Chatting", "Chatting"), ("", ""), (None, None), (3, None), ([], None)])
def test_a_state_is_a_text_or_none(state: int | str | None, read: str | None) -> None:
    assert state_of({"chat": {"state": state}}) == read


def test_without_a_chat_there_is_an_empty_one_and_no_state() -> None:
    assert chat_of({"chat": "text"}) == {}
    assert state_of({"chat": "text"}) is None
    assert chat_of(STATUS) == STATUS["chat"]


@pytest.mark.parametrize(
    ("entry", "joins"),
    [
        ({"type": "ParticipantJoined", "from": {"type": "Agent", "nickname": "Marat"}}, True),
        ({"type": "ParticipantRejoined", "from": {"type": "Agent", "nickname": "Marat"}}, True),
        ({"type": "ParticipantLeft", "from": {"type": "Agent", "nickname": "Marat"}}, False),
        ({"type": "ParticipantJoined", "from": {"type": "Agent", "nickname": "marat"}}, False),
        ({"type": "ParticipantJoined", "from": {"type": "Customer", "nickname": "Marat"}}, False),
        ({"type": "ParticipantJoined", "from": "Marat"}, False),
        ({"type": "ParticipantJoined", "from": {"type": "Agent", "nickname": 7}}, False),
        ({"type": "ParticipantJoined"}, False),
    ],
)
def test_a_join_is_an_agents_under_its_nickname(entry: dict[str, Any], joins: bool) -> None:
    assert (joined(entry) == "Marat") is joins


def test_the_three_documented_kinds_stand_in_the_order_of_the_page() -> None:
    assert notification.DOCUMENTED == ("StatusChange", "ParticipantsUpdated", "NewMessages")


@given(messages)
@patiently
def test_no_message_is_too_strange_to_be_read(message: dict[str, Any]) -> None:
    payload = payload_of(message)
    assert kind_of(payload) in {None, *notification.DOCUMENTED}
    assert all(isinstance(name, str) and name for name in chat_ids(payload))
    assert isinstance(state_of(payload), str | None)
