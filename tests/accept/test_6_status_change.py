"""Status changed to Chatting."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import addressing, capabilities, form, sequence


@clause("accept.status-change.arrives")
def test_a_status_change_arrives(conversation: Conversation) -> None:
    """Status changed to Chatting"""
    sequence.arrives(conversation, "StatusChange")


@clause("accept.status-change.once")
def test_it_is_delivered_once(conversation: Conversation) -> None:
    """Status changed to Chatting"""
    sequence.comes_once(conversation, "StatusChange")


@clause("accept.status-change.final")
def test_the_chat_is_not_invited_again(conversation: Conversation) -> None:
    """Status changed to Chatting"""
    sequence.does_not_return(conversation)


@clause("accept.status-change.message-type")
def test_its_message_type(conversation: Conversation) -> None:
    """ "messageType": "ChatStateChangeMessage" """
    form.holds(conversation, "accept.status-change.message-type")


@clause("accept.status-change.reference-id")
def test_its_reference_id_is_an_integer(conversation: Conversation) -> None:
    """ "referenceId": 17"""
    form.holds(conversation, "accept.status-change.reference-id")


@clause("accept.status-change.notification-type")
def test_its_notification_type(conversation: Conversation) -> None:
    """ "notificationType": "StatusChange" """
    form.holds(conversation, "accept.status-change.notification-type")


@clause("accept.status-change.state")
def test_the_state_is_chatting(conversation: Conversation) -> None:
    """ "state": "Chatting" """
    sequence.changes_to(conversation, "Chatting")


@clause("accept.status-change.capabilities")
def test_its_capabilities_are_strings(conversation: Conversation) -> None:
    """ "capabilities": [
    "Transfer",
    "Complete",
    "Leave",
    "InFocus",
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification"
    ]
    """
    form.holds(conversation, "accept.status-change.capabilities")


@clause("accept.status-change.capability-names")
def test_its_capabilities_are_those_of_a_chat(conversation: Conversation) -> None:
    """ "Transfer",
    "Complete",
    "Leave",
    "InFocus",
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification"
    """
    form.capabilities(conversation, "status-change")


@clause("accept.capability.transfer")
def test_an_announced_transfer_is_not_refused(conversation: Conversation) -> None:
    """ "Transfer","""
    capabilities.can_be_used(conversation, "Transfer")


@clause("accept.capability.complete")
def test_an_announced_complete_is_not_refused(conversation: Conversation) -> None:
    """ "Complete","""
    capabilities.can_be_used(conversation, "Complete")


@clause("accept.capability.leave")
def test_an_announced_leave_is_not_refused(conversation: Conversation) -> None:
    """ "Leave","""
    capabilities.can_be_used(conversation, "Leave")


@clause("accept.capability.in-focus")
def test_an_announced_focus_is_not_refused(conversation: Conversation) -> None:
    """ "InFocus","""
    capabilities.can_be_used(conversation, "InFocus")


@clause("accept.capability.send-message")
def test_an_announced_message_is_not_refused(conversation: Conversation) -> None:
    """ "SendMessage","""
    capabilities.can_be_used(conversation, "SendMessage")


@clause("accept.capability.typing")
def test_an_announced_typing_notification_is_not_refused(conversation: Conversation) -> None:
    """ "SendStartTypingNotification",
    "SendStopTypingNotification"
    """
    capabilities.can_be_used(conversation, "SendStartTypingNotification", "SendStopTypingNotification")


@clause("accept.capability.not-announced")
def test_what_is_not_announced_is_refused(conversation: Conversation) -> None:
    """ "capabilities": [
    "Transfer",
    "Complete",
    "Leave",
    "InFocus",
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification"
    ]
    """
    capabilities.refused_if_not_announced(conversation)


@clause("accept.status-change.chat-id")
def test_it_names_the_chat(conversation: Conversation) -> None:
    """ "id": "0000Na9B26EF002X" """
    form.holds(conversation, "accept.status-change.chat-id")
    addressing.names_the_chat(conversation, "status-change", "chat.id")


@clause("accept.status-change.uri")
def test_its_uri_names_the_chat(conversation: Conversation) -> None:
    """ "uri": "http://localhost:8080/api/v2/chats/0000Na9B26EF002X" """
    form.holds(conversation, "accept.status-change.uri")
    addressing.names_the_chat(conversation, "status-change", "chat.uri")


@clause("accept.status-change.participants")
def test_its_participants_are_participants(conversation: Conversation) -> None:
    """ "participants": []"""
    form.holds(conversation, "accept.status-change.participants")


@clause("accept.status-change.members")
def test_it_has_every_member_of_the_sample(conversation: Conversation) -> None:
    """{
    "messageType": "ChatStateChangeMessage",
    "referenceId": 17,
    "notificationType": "StatusChange",
    "chat": {
    "state": "Chatting",
    "capabilities": [
    "Transfer",
    "Complete",
    "Leave",
    "InFocus",
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification"
    ],
    "id": "0000Na9B26EF002X",
    "uri": "http://localhost:8080/api/v2/chats/0000Na9B26EF002X",
    "participants": []
    }
    }
    """
    form.has_members_of_sample(conversation, "status-change")
