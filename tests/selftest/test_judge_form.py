from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.contract import load
from gws_contract.journal import Delivery
from gws_contract.judge.form import Members, Rules, missing
from gws_contract.scenario import Say, Scenario
from gws_contract.verdict import Verdict

from .conversations import (
    CAPABILITIES,
    CHAT_ID,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    Chat,
    Data,
    broken,
    delivery,
    kept,
    outcome,
    performed,
)

patiently = settings(deadline=None, max_examples=40)
GOOD = performed(PLAIN)
SECTION = {STATUS: "status-change", PEOPLE: "participants", LOG: "history"}


Change = Callable[[Any], None]
"""What changes a payload in place."""


def put(path: str, value: object) -> Change:
    """A change that sets a member deep in a payload."""
    *steps, last = path.split(".")

    def change(payload: Any) -> None:
        for step in steps:
            payload = payload[int(step) if step.isdigit() else step]
        payload[last] = value

    return change


def drop(path: str) -> Change:
    *steps, last = path.split(".")

    def change(payload: Any) -> None:
        for step in steps:
            payload = payload[int(step) if step.isdigit() else step]
        del payload[last]

    return change


# ---- schemas --------------------------------------------------------------------------------------------------------

BREAKS: list[tuple[str, str, object, set[str]]] = [
    (STATUS, "messageType", "MessageLogUpdated", {"status-change.message-type"}),
    (STATUS, "messageType", None, {"status-change.message-type"}),
    (STATUS, "notificationType", "statusChange", {"status-change.notification-type"}),
    (STATUS, "referenceId", "17", {"status-change.reference-id"}),
    (STATUS, "referenceId", None, {"status-change.reference-id"}),
    (STATUS, "referenceId", 1.5, {"status-change.reference-id"}),
    (STATUS, "chat.state", 2, {"status-change.state"}),
    (STATUS, "chat.id", 17, {"status-change.chat-id"}),
    (STATUS, "chat.uri", 17, {"status-change.uri"}),
    (STATUS, "chat.capabilities", "Transfer", {"status-change.capabilities"}),
    (STATUS, "chat.participants", {}, {"status-change.participants"}),
    (STATUS, "chat.participants", [{"type": "Agent"}], {"status-change.participants"}),
    (PEOPLE, "messageType", "MessageLogUpdated", {"participants.message-type"}),
    (PEOPLE, "notificationType", "PARTICIPANTS_UPDATED", {"participants.notification-type"}),
    (PEOPLE, "chat.state", 2, {"participants.state"}),
    (PEOPLE, "chat.capabilities", [1, 2], {"participants.capabilities"}),
    (PEOPLE, "chat.uri", None, {"participants.uri"}),
    (PEOPLE, "chat.participants.0.participantId", 9, {"participants.participant-id"}),
    (LOG, "messageType", "ChatStateChangeMessage", {"history.message-type"}),
    (LOG, "notificationType", "Newmessages", {"history.notification-type"}),
    (LOG, "messages.0.index", 0, {"history.index"}),
    (LOG, "messages.0.index", "1", {"history.index"}),
    (LOG, "messages.0.visibility", None, {"history.visibility"}),
    (LOG, "messages.0.timestamp", "2014-01-02", {"history.timestamp"}),
    (LOG, "messages.0.timestamp", 1388701398000, {"history.timestamp"}),
    (LOG, "chatPath", 17, {"history.chat-uri"}),
]


@pytest.mark.parametrize(("kind", "path", "value", "clauses"), BREAKS)
def test_a_member_of_another_form_breaks_its_clause(kind: str, path: str, value: object, clauses: set[str]) -> None:
    assert broken(GOOD.edited(kind, put(path, value))) == clauses


@pytest.mark.parametrize(
    ("kind", "path", "clauses"),
    [
        (STATUS, "messageType", {"status-change.message-type"}),
        (STATUS, "chat.state", {"status-change.state"}),
        (STATUS, "chat.id", {"status-change.chat-id"}),
        (PEOPLE, "messageType", {"participants.message-type"}),
        (PEOPLE, "chat.state", {"participants.state"}),
        (PEOPLE, "chat.id", {"participants.chat-id"}),
        (PEOPLE, "chat.participants.0.nickname", {"participants.list", "participants.agent", "history.identity"}),
        (PEOPLE, "chat.participants.1.type", {"participants.list", "participants.customer", "history.identity"}),
        (LOG, "messageType", {"history.message-type"}),
        (LOG, "messages.1.index", {"history.index"}),
        (LOG, "messages.0.from.nickname", {"history.from", "history.identity"}),
        (LOG, "messages.1.text", {"history.text", "history.complete"}),
        (LOG, "chatUri", {"history.chat-uri"}),
    ],
)
def test_a_required_member_that_is_missing_breaks_its_clause(kind: str, path: str, clauses: set[str]) -> None:
    found = broken(GOOD.edited(kind, drop(path)))
    assert found - {f"{SECTION[kind]}.members"} == clauses


OPTIONAL = {
    (STATUS, "referenceId"): "status-change.reference-id",
    (STATUS, "chat.capabilities"): "status-change.capabilities",
    (STATUS, "chat.uri"): "status-change.uri",
    (STATUS, "chat.participants"): "status-change.participants",
    (PEOPLE, "chat.capabilities"): "participants.capabilities",
    (PEOPLE, "chat.uri"): "participants.uri",
}


@pytest.mark.parametrize(("kind", "path"), OPTIONAL, ids=str)
def test_an_optional_member_that_is_not_sent_is_not_testable_and_breaks_only_the_inferred_clause(
    kind: str, path: str
) -> None:
    chat = GOOD.edited(kind, drop(path))
    clause = OPTIONAL[kind, path]
    assert broken(chat) == {f"{SECTION[kind]}.members"}
    found = outcome(chat, clause)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "the server does not send it"
    assert load().clause(f"accept.{clause}").wants == "optional-member", "so the run stays conformant"


@pytest.mark.parametrize("name", ["visibility", "timestamp"])
def test_an_optional_member_of_an_entry_that_is_never_sent_is_not_testable(name: str) -> None:
    chat = GOOD.with_entries(lambda entries: [{k: v for k, v in e.items() if k != name} for e in entries])
    assert broken(chat) == {"history.members"}
    assert outcome(chat, f"history.{name}").reason == "the server does not send it"


def test_a_break_is_named_with_its_place_and_what_belongs_there() -> None:
    found = outcome(GOOD.edited(LOG, put("messages.1.index", "2")), "history.index")
    assert found.documented == "/messages/1/index: an integer of at least 1"
    assert found.received == '"2"'


@pytest.mark.parametrize("kind", [STATUS, PEOPLE, LOG])
def test_the_form_of_what_never_came_is_not_testable(kind: str) -> None:
    chat = GOOD.dropping(kind)
    elsewhere = {"history.identity"}  # ids stand in the participant list, too
    assert {name for name in kept(chat) if name.startswith(SECTION[kind] + ".")} - elsewhere == set()
    assert outcome(chat, f"{SECTION[kind]}.message-type").reason == f"no {kind} came"


def test_the_form_of_a_status_change_is_that_of_the_one_to_chatting() -> None:
    accepting: Data = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS}
    accepting["chat"] = {"id": CHAT_ID, "state": "Accepted", "uri": 17}
    assert broken(GOOD.arriving(accepting, *GOOD.payloads)) == set()


def test_if_none_is_to_chatting_the_first_status_change_is_judged() -> None:
    talking = {"messageType": "x", "notificationType": STATUS, "chat": {"id": CHAT_ID, "state": "Talking"}}
    chat = GOOD.arriving(talking, *GOOD.payloads[1:])
    assert broken(chat) - {"status-change.members"} == {"status-change.message-type", "status-change.state"}


@given(
    st.sampled_from([STATUS, PEOPLE, LOG]),
    st.dictionaries(
        st.sampled_from(["x", "path", "metrics", "subject"]), st.none() | st.integers() | st.lists(st.text())
    ),
)
@patiently
def test_members_that_the_page_does_not_show_break_nothing(kind: str, more: dict[str, Any]) -> None:
    def everywhere(value: object) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                everywhere(inner)
            value.update(more)
        elif isinstance(value, list):
            for inner in value:
                everywhere(inner)

    assert broken(GOOD.edited(kind, everywhere)) == set()


@given(st.sampled_from([STATUS, PEOPLE, LOG]), st.randoms(use_true_random=False))
@patiently
def test_the_order_of_members_breaks_nothing(kind: str, random: Random) -> None:
    def shuffle(value: object) -> None:
        if isinstance(value, dict):
            items = list(value.items())
            random.shuffle(items)
            value.clear()
            value.update(items)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            shuffle(inner)

    assert broken(GOOD.edited(kind, shuffle)) == set()


@pytest.mark.parametrize(
    "stamp", ["2014-01-09 11:58:12.035+0200", "2014-01-02T14:23:18.000-0800", "2014-01-02T14:23:18.000Z"]
)
def test_every_spelling_of_real_servers_is_a_timestamp(stamp: str) -> None:
    assert broken(GOOD.with_entries(lambda entries: [{**e, "timestamp": stamp} for e in entries])) == set()


def test_entries_of_unknown_types_with_members_of_their_own_break_nothing() -> None:
    def more(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first = entries[0]
        notice = {"index": 2, "type": "Notice", "noticeText": "recorded"}
        push = {"index": 3, "type": "PushUrl", "from": first["from"], "url": "http://localhost/"}
        return [first, notice, push, *({**e, "index": e["index"] + 2} for e in entries[1:])]

    assert broken(GOOD.with_entries(more)) == set()


def test_a_history_without_a_text_says_nothing_about_texts() -> None:
    assert outcome(performed(Scenario("Pat", "Sam")), "history.text").verdict is Verdict.NOT_TESTABLE


# ---- what a rule applies to -----------------------------------------------------------------------------------------

RULES = {
    "$comment": "whole",
    "properties": {
        "a": {"$comment": "a"},
        "list": {"$comment": "list", "items": {"$comment": "item", "properties": {"b": {"$comment": "b"}}}},
    },
    "allOf": [{"anyOf": [{"$comment": "any"}]}],
}


@pytest.mark.parametrize(
    ("instance", "spoken_of"),
    [
        ({}, {"whole", "any"}),
        ({"a": None}, {"whole", "any", "a"}),
        ({"list": []}, {"whole", "any", "list"}),
        ({"list": [{}]}, {"whole", "any", "list", "item"}),
        ({"list": [{}, {"b": 1}]}, {"whole", "any", "list", "item", "b"}),
        ({"list": {"b": 1}}, {"whole", "any", "list"}),
        (17, {"whole", "any"}),
    ],
)
def test_a_rule_speaks_of_what_is_there(instance: object, spoken_of: set[str]) -> None:
    assert Rules(RULES).spoken_of(instance) == spoken_of


@pytest.mark.parametrize(("instance", "spoken_of"), [({"a": 1}, {"here"}), ({"a": 2}, set()), ({"\ud800": 1}, set())])
def test_a_rule_with_a_condition_speaks_only_where_it_holds(instance: dict[str, int], spoken_of: set[str]) -> None:
    rules = {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"$comment": "here"}}
    assert Rules(rules).spoken_of(instance) == spoken_of


def test_what_is_no_rule_speaks_of_nothing() -> None:
    assert Rules(True).spoken_of({"a": 1}) == frozenset()
    assert Rules(None).spoken_of([]) == frozenset()


# ---- members of the sample ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "instance", "pointers"),
    [
        ({"a": 1}, {"a": None}, []),
        ({"a": 1, "b": 2}, {"b": 0}, ["/a"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {}}}, ["/a/b/c"]),
        ({"a": {"b": 1}}, {"a": "text"}, []),
        ({"chatUri": 1}, {"chatPath": 1}, []),
        ({"chatUri": 1}, {}, ["/chatUri"]),
        ({"l": [{"a": 1, "b": 1}, {"a": 1}]}, {"l": [{"a": 1}, {}]}, ["/l/1/a"]),
        ({"l": []}, {"l": [{}]}, []),
        ({"l": ["x"]}, {"l": [1]}, []),
        ({"l": [1]}, {"l": {}}, []),
    ],
)
def test_a_missing_member_is_named_by_its_pointer(sample: object, instance: object, pointers: list[str]) -> None:
    assert list(missing(sample, instance)) == pointers
    stands_for_another = instance == {"chatPath": 1}
    assert Members(sample).all_in(instance) is (pointers == [] and not stands_for_another)


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        (STATUS, "referenceId", "without /referenceId"),
        (STATUS, "chat.uri", "without /chat/uri"),
        (PEOPLE, "chat.participants.1.participantId", "without /chat/participants/1/participantId"),
        (LOG, "messages.0.from", "without /messages/0/from"),
        (LOG, "messages.1.visibility", "without /messages/1/visibility"),
    ],
)
def test_a_member_of_the_sample_that_is_missing_breaks_the_inferred_clause_alone(
    kind: str, path: str, words: str
) -> None:
    chat = GOOD.edited(kind, drop(path))
    assert f"{SECTION[kind]}.members" in broken(chat)
    assert outcome(chat, f"{SECTION[kind]}.members").received == words


def test_chat_path_stands_for_chat_uri() -> None:
    assert broken(GOOD.edited(LOG, lambda p: p.update(chatPath="/chats/" + p.pop("chatUri")[-16:]))) == set()


@pytest.mark.parametrize(
    "payload",
    [
        {
            "messageType": "ChatStateChangeMessage",
            "notificationType": PEOPLE,
            "chat": {"id": CHAT_ID, "state": "Completed"},
        },
        {"messageType": "MessageLogUpdated", "notificationType": LOG, "chatPath": f"/chats/{CHAT_ID}"},
    ],
    ids=["a list at the end of the chat", "a NewMessages without messages"],
)
def test_later_notifications_may_lack_what_refinements_call_optional(payload: dict[str, Any]) -> None:
    assert broken(GOOD.plus(delivery(payload, at=GOOD.step("complete").sent + 0.02))) == set()


# ---- capabilities ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [STATUS, PEOPLE])
@pytest.mark.parametrize(
    ("names", "received"),
    [
        (CAPABILITIES[1:], "without Transfer"),
        ([n for n in CAPABILITIES if n != "InFocus"], "without InFocus"),
        ([], "without Transfer, Complete, Leave, InFocus, SendMessage, SendStartTypingNotification, "),
        ([*CAPABILITIES, "Leave"], '["Transfer", "Complete", '),
        ([*CAPABILITIES, "SetInFocus"], '["Transfer", "Complete", '),
        ([*CAPABILITIES, "Accept"], '["Transfer", "Complete", '),
        (["Reject", *CAPABILITIES], '["Reject", "Transfer", '),
    ],
)
def test_capabilities_other_than_those_of_a_chat_break_the_inferred_clause(
    kind: str, names: list[str], received: str
) -> None:
    chat = GOOD.edited(kind, put("chat.capabilities", names))
    clause = f"{SECTION[kind]}.capability-names"
    assert broken(chat) == {clause}
    assert outcome(chat, clause).received.startswith(received)


@pytest.mark.parametrize(
    "names",
    [
        sorted(CAPABILITIES),
        [*CAPABILITIES, "Consult", "SomethingNew"],
        ["SetInFocus" if n == "InFocus" else n for n in CAPABILITIES],
    ],
)
def test_more_capabilities_in_any_order_and_set_in_focus_are_legal(names: list[str]) -> None:
    assert broken(GOOD.edited(STATUS, put("chat.capabilities", names))) == set()


@pytest.mark.parametrize("names", ["Transfer", [1, 2], None])
def test_capabilities_that_are_no_texts_are_judged_by_their_form_alone(names: list[int] | str | None) -> None:
    chat = GOOD.edited(STATUS, put("chat.capabilities", names))
    assert broken(chat) == {"status-change.capabilities"}
    assert outcome(chat, "status-change.capability-names").reason == "it lists no capabilities"


def test_the_capabilities_of_an_ended_chat_are_no_longer_those_of_the_sample() -> None:
    people = GOOD.payloads[1]
    ended = {**people, "chat": {**people["chat"], "state": "Completed", "capabilities": ["Complete"]}}
    assert broken(GOOD.plus(delivery(ended, at=GOOD.step("complete").sent + 0.02))) == set()


def invitation(capabilities: object) -> Chat:
    chat = {"id": CHAT_ID, "state": "Invited", "capabilities": capabilities}
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS, "chat": chat}
    return GOOD.mapped(
        lambda r: (
            delivery(payload, at=r.at) if isinstance(r, Delivery) and r.poll == 1 and r.at < GOOD.accept.sent else r
        )
    )


@pytest.mark.parametrize("names", [["Accept", "Reject"], ["Reject", "Transfer", "Accept"]])
def test_an_invitation_that_names_accept_and_reject_keeps_the_offer(names: list[str]) -> None:
    assert "overview.offer" in kept(invitation(names))


@pytest.mark.parametrize("names", [["Accept"], ["Reject"], ["accept", "reject"], [1, 2]])
def test_an_invitation_that_names_other_capabilities_breaks_the_inferred_offer(names: list[Any]) -> None:
    chat = invitation(names)
    assert broken(chat) == {"overview.offer"}
    assert outcome(chat, "overview.offer").documented == "capabilities Accept and Reject"


@pytest.mark.parametrize("names", [[], None, "Accept"])
def test_an_invitation_without_capabilities_says_nothing(names: str | None) -> None:
    assert outcome(invitation(names), "overview.offer").reason == "no invitation with capabilities"


def test_a_text_entry_needs_a_text_and_others_do_not() -> None:
    said = performed(Scenario("Pat", "Sam", (Say("Hi"),)))
    assert "history.text" in kept(said)
    assert broken(said.with_entries(lambda entries: [{**e, "text": 5} if "text" in e else e for e in entries])) == {
        "history.text",
        "history.complete",
    }
