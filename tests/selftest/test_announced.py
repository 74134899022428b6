"""Which capabilities a server announces, list by list and state by state."""

from __future__ import annotations

from typing import Any

import pytest

from gws_contract.announced import Announced, announced

WORK = ["Transfer", "Complete", "Leave", "InFocus", "SendMessage"]


def told(state: str | None, listed: object = None, kind: str = "StatusChange") -> dict[str, Any]:
    """A notification about a chat."""
    chat = {"state": state} if state is not None else {}
    return {"notificationType": kind, "chat": chat | ({"capabilities": listed} if listed is not None else {})}


def test_what_the_list_names_is_announced_and_everything_else_is_not() -> None:
    found = announced([told("Chatting", WORK)])
    assert [found.says_of(name) for name in ("Transfer", "SendMessage")] == ["yes", "yes"]
    assert found.says_of("SendStartTypingNotification") == "no"


def test_without_a_list_nothing_is_said_of_anything() -> None:
    for payloads in ([], [told("Chatting")], [told("Chatting", "Leave")], [told("Chatting", [1, "Leave"])]):
        assert announced(payloads) == Announced("Chatting" if payloads else None)
        assert announced(payloads).says_of("Leave") == "nothing"


def test_an_empty_list_announces_nothing() -> None:
    assert announced([told("Chatting", [])]).says_of("Leave") == "no"


def test_a_list_may_come_with_any_notification_that_has_a_chat() -> None:
    found = announced([told("Chatting"), told("Chatting", WORK, "ParticipantsUpdated"), {"messages": []}])
    assert found.says_of("Leave") == "yes"
    assert announced([told("Chatting", []), told(None, WORK, "PropertiesUpdated")]).says_of("Leave") == "yes"


def test_of_several_lists_the_last_one_announces() -> None:
    assert announced([told("Chatting", []), told("Chatting", ["Leave"])]).says_of("Leave") == "yes"


def test_of_what_was_announced_and_is_no_longer_nothing_is_said() -> None:
    found = announced([told("Chatting", WORK), told("Chatting", ["Leave"])])
    assert (found.says_of("Leave"), found.says_of("Transfer")) == ("yes", "nothing")
    assert found.says_of("SendStopTypingNotification") == "no"


def test_a_list_speaks_of_the_state_with_which_it_comes() -> None:
    found = announced([told("Chatting", WORK), told("LeftChat", ["Complete"])])
    assert (found.says_of("Complete"), found.says_of("SendMessage")) == ("yes", "no")
    assert announced([told("Chatting", WORK), told("LeftChat")]).says_of("Complete") == "nothing"


@pytest.mark.parametrize("state", ["Completed", "Revoked", "JoinFailed", "Invited"])
def test_nothing_is_said_to_whoever_is_not_in_the_chat(state: str) -> None:
    assert announced([told("Chatting", WORK), told(state, ["Complete"])]).says_of("Complete") == "nothing"


def test_an_error_is_no_change_of_state() -> None:
    found = announced([told("LeftChat", ["Complete"]), told("Chatting", None, "Error")])
    assert found.says_of("Complete") == "yes"


def test_in_focus_has_two_names_and_the_one_that_is_announced_comes_first() -> None:
    one, other = announced([told("Chatting", ["InFocus"])]), announced([told("Chatting", ["SetInFocus"])])
    assert one.says_of("InFocus") == other.says_of("InFocus") == "yes"
    assert one.names_of("InFocus") == ("InFocus", "SetInFocus")
    assert other.names_of("InFocus") == ("SetInFocus", "InFocus")
    assert other.names_of("Leave") == ("Leave",)


def test_what_is_not_announced_is_tried_under_the_name_of_the_page() -> None:
    assert announced([told("Chatting", [])]).names_of("InFocus") == ("InFocus",)
