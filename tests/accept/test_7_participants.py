"""Updated participant list."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import addressing, form, people, sequence


@clause("accept.participants.arrives")
def test_a_participant_list_arrives(conversation: Conversation) -> None:
    """Updated participant list"""
    sequence.arrives(conversation, "ParticipantsUpdated")


@clause("accept.participants.once")
def test_it_is_delivered_once(conversation: Conversation) -> None:
    """Updated participant list"""
    sequence.comes_once(conversation, "ParticipantsUpdated")


@clause("accept.participants.message-type")
def test_its_message_type(conversation: Conversation) -> None:
    """ "messageType": "ChatStateChangeMessage" """
    form.holds(conversation, "accept.participants.message-type")


@clause("accept.participants.notification-type")
def test_its_notification_type(conversation: Conversation) -> None:
    """ "notificationType": "ParticipantsUpdated" """
    form.holds(conversation, "accept.participants.notification-type")


@clause("accept.participants.state")
def test_its_state_is_chatting(conversation: Conversation) -> None:
    """ "state": "Chatting" """
    form.holds(conversation, "accept.participants.state")
    people.state_of_first_list(conversation, "Chatting")


@clause("accept.participants.capabilities")
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
    form.holds(conversation, "accept.participants.capabilities")


@clause("accept.participants.capability-names")
def test_its_capabilities_are_those_of_a_chat(conversation: Conversation) -> None:
    """ "Transfer",
    "Complete",
    "Leave",
    "InFocus",
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification"
    """
    form.capabilities(conversation, "participants")


@clause("accept.participants.chat-id")
def test_it_names_the_chat(conversation: Conversation) -> None:
    """ "id": "0000Na9B26EF002X" """
    form.holds(conversation, "accept.participants.chat-id")
    addressing.names_the_chat(conversation, "participants", "chat.id")


@clause("accept.participants.uri")
def test_its_uri_names_the_chat(conversation: Conversation) -> None:
    """ "uri": "http://localhost:8080/api/v2/chats/0000Na9B26EF002X" """
    form.holds(conversation, "accept.participants.uri")
    addressing.names_the_chat(conversation, "participants", "chat.uri")


@clause("accept.participants.list")
def test_it_lists_type_and_nickname(conversation: Conversation) -> None:
    """ "participants": [
    {
    "type": "Agent",
    "nickname": "Marat",
    "participantId": "009052C5E743004C"
    },
    {
    "type": "Customer",
    "nickname": "PersonP",
    "participantId": "009052C5E6D6004A"
    }
    ]
    """
    form.holds(conversation, "accept.participants.list")


@clause("accept.participants.agent")
def test_the_agent_is_listed(conversation: Conversation) -> None:
    """ "type": "Agent",
    "nickname": "Marat"
    """
    people.lists(conversation, "Agent", conversation.scenario.agent)


@clause("accept.participants.customer")
def test_the_customer_is_listed(conversation: Conversation) -> None:
    """ "type": "Customer",
    "nickname": "PersonP"
    """
    people.lists_the_customer(conversation)


@clause("accept.participants.participant-id")
def test_a_participant_id_is_a_string(conversation: Conversation) -> None:
    """ "participantId": "009052C5E743004C" """
    form.holds(conversation, "accept.participants.participant-id")


@clause("accept.participants.distinct")
def test_participant_ids_are_distinct(conversation: Conversation) -> None:
    """ "participantId": "009052C5E6D6004A" """
    people.ids_are_distinct(conversation)


@clause("accept.participants.members")
def test_it_has_every_member_of_the_sample(conversation: Conversation) -> None:
    """{
    "messageType": "ChatStateChangeMessage",
    "notificationType": "ParticipantsUpdated",
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
    "participants": [
    {
    "type": "Agent",
    "nickname": "Marat",
    "participantId": "009052C5E743004C"
    },
    {
    "type": "Customer",
    "nickname": "PersonP",
    "participantId": "009052C5E6D6004A"
    }
    ]
    }
    }
    """
    form.has_members_of_sample(conversation, "participants")
