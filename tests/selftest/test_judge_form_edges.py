"""What mutants of the judge of forms would get away with."""

from __future__ import annotations

from typing import Any

import pytest

from gws_contract.judge.form import Rules, judged, missing

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
    outcome,
    participants,
    performed,
)

GOOD = performed(PLAIN)


def having_capabilities(names: list[str]) -> Chat:
    return GOOD.edited(STATUS, lambda payload: payload["chat"].update(capabilities=names))


@pytest.mark.parametrize(
    ("names", "documented"),
    [
        (CAPABILITIES[1:], ", ".join(sorted(CAPABILITIES, key=CAPABILITIES.index))),
        ([*CAPABILITIES, "Leave"], "each capability once"),
        ([*CAPABILITIES, "Accept"], "no longer Accept or Reject"),
    ],
)
def test_what_is_documented_of_capabilities_is_told(names: list[str], documented: str) -> None:
    assert outcome(having_capabilities(names), "status-change.capability-names").documented == documented


def test_the_capabilities_of_the_invitation_are_quoted() -> None:
    chat = {"id": CHAT_ID, "state": "Invited", "capabilities": ["Accept"]}
    payload = {"messageType": "ChatStateChangeMessage", "notificationType": STATUS, "chat": chat}
    invited = GOOD.plus(delivery(payload, at=GOOD.accept.sent - 0.01))
    assert outcome(invited, "overview.offer").received == '["Accept"]'


def without(*names: str) -> Chat:
    """A participants list in which no participant has these members."""
    return GOOD.with_people(lambda people: [{k: v for k, v in one.items() if k not in names} for one in people])


def test_six_of_the_members_that_are_missing_are_named() -> None:
    def bare(payload: Data) -> None:
        payload["chat"].pop("uri")
        payload["chat"]["participants"] = [
            {"type": one["type"], "nickname": one["nickname"]} for one in participants(payload) * 3
        ]

    found = outcome(GOOD.edited(PEOPLE, bare), "participants.members")
    assert found.documented == "every member of the sample"
    assert found.received == "without /chat/uri, " + ", ".join(
        f"/chat/participants/{number}/participantId" for number in range(5)
    )


def test_a_member_with_a_clause_of_its_own_is_missed_by_that_clause_alone() -> None:
    assert broken(without("type")).isdisjoint({"participants.members"})
    assert outcome(without("type"), "participants.members").verdict == "kept"


def test_a_second_notification_is_looked_at_like_the_first() -> None:
    status, people, log = GOOD.payloads
    lacking = {**log, "messages": [{k: v for k, v in log["messages"][-1].items() if k != "visibility"}]}
    chat = GOOD.arriving(status, people, {**log, "messages": log["messages"][:-1]}, lacking)
    assert outcome(chat, "history.members").received == "without /messages/0/visibility"


def test_what_the_notification_itself_lacks_is_said_of_the_notification() -> None:
    found = outcome(GOOD.edited(STATUS, lambda payload: payload.pop("messageType")), "status-change.message-type")
    assert found.documented == 'the notification: the member "messageType"'


def test_a_change_of_state_may_have_messages_of_its_own() -> None:
    assert broken(GOOD.edited(STATUS, lambda payload: payload.update(messages=[]))) == set()


@pytest.mark.parametrize(("section", "kind", "state"), [("status-change", STATUS, "Waiting"), ("history", LOG, "")])
def test_where_none_is_in_its_place_the_first_of_a_kind_is_judged(section: str, kind: str, state: str) -> None:
    payload = {"notificationType": kind, "chat": {"id": CHAT_ID, "state": state}}
    at = GOOD.accept.sent + 0.1 if state else GOOD.step("complete").sent + 0.1
    chat = GOOD.dropping(kind).horizonless() if state else GOOD.dropping(kind)
    first, second = (delivery({**payload, "n": n}, at=at + n / 100) for n in (1, 2))
    _, found = judged(chat.plus(first, second).conversation, section)
    assert [n.payload.get("n") for n in found] == [1]


def test_what_comes_in_the_very_moment_of_the_end_is_judged() -> None:
    end = GOOD.step("complete").sent
    _, found = judged(GOOD.plus(delivery(GOOD.payloads[1], at=end)).conversation, "participants")
    assert [n.at for n in found][-1] == end


@pytest.mark.parametrize(
    ("instance", "spoken_of"), [([{"l": []}, {"l": [1]}], {"list", "item"}), ([{"l": []}, {"l": []}], {"list"})]
)
def test_a_rule_may_speak_of_a_later_element_only(instance: Any, spoken_of: set[str]) -> None:
    rules = {"items": {"properties": {"l": {"$comment": "list", "items": {"$comment": "item"}}}}}
    assert Rules(rules).spoken_of(instance) == spoken_of


def test_what_is_found_missing_begins_at_the_whole() -> None:
    assert list(missing({"a": 1}, {})) == ["/a"]


def test_a_member_that_may_go_by_another_name_is_missed_by_its_own_clause_alone() -> None:
    nameless = GOOD.edited(LOG, lambda payload: payload.pop("chatUri"))
    assert broken(nameless) == {"history.chat-uri"}
    assert outcome(nameless, "history.members").verdict == "kept"
