"""Chat history up to the point of joining."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import addressing, entries, form, history, people, seam


@clause("accept.history.own-join")
def test_it_reaches_the_point_of_joining(conversation: Conversation) -> None:
    """Chat history up to the point of joining"""
    history.reaches_the_join(conversation, conversation.scenario.agent)


@clause("accept.history.ends-with-join")
def test_it_ends_with_the_join(conversation: Conversation) -> None:
    """Chat history up to the point of joining"""
    history.ends_with_the_join(conversation, conversation.scenario.agent)


@clause("accept.history.once")
def test_no_entry_is_delivered_twice(conversation: Conversation) -> None:
    """Chat history up to the point of joining"""
    entries.delivers_entries_once(conversation)


@clause("accept.history.seam")
def test_what_is_said_meanwhile_is_neither_lost_nor_doubled(conversation: Conversation) -> None:
    """Chat history up to the point of joining"""
    seam.joins_up(conversation)


@clause("accept.history.live-after")
def test_live_messages_follow_the_history(conversation: Conversation) -> None:
    """Chat history up to the point of joining"""
    seam.follows_the_history(conversation)


@clause("accept.history.message-type")
def test_its_message_type(conversation: Conversation) -> None:
    """ "messageType": "MessageLogUpdated" """
    form.holds(conversation, "accept.history.message-type")


@clause("accept.history.notification-type")
def test_its_notification_type(conversation: Conversation) -> None:
    """ "notificationType": "NewMessages" """
    form.holds(conversation, "accept.history.notification-type")


@clause("accept.history.messages")
def test_its_messages_are_objects(conversation: Conversation) -> None:
    """ "messages": ["""
    form.holds(conversation, "accept.history.messages")


@clause("accept.history.index")
def test_an_index_is_a_positive_integer(conversation: Conversation) -> None:
    """ "index": 1"""
    form.holds(conversation, "accept.history.index")


@clause("accept.history.index-rises")
def test_indexes_rise(conversation: Conversation) -> None:
    """ "index": 2"""
    entries.indexes_rise(conversation)


@clause("accept.history.entry-type")
def test_an_entry_has_a_type(conversation: Conversation) -> None:
    """ "type": "ParticipantJoined" """
    form.holds(conversation, "accept.history.entry-type")


@clause("accept.history.from")
def test_the_author_is_a_participant(conversation: Conversation) -> None:
    """ "from": {
    "type": "Customer",
    "nickname": "PersonP",
    "participantId": "009052C5E6D6004A"
    }
    """
    form.holds(conversation, "accept.history.from")


@clause("accept.history.identity")
def test_an_id_has_one_identity(conversation: Conversation) -> None:
    """ "from": {
    "type": "Agent",
    "nickname": "Marat",
    "participantId": "009052C5E743004C"
    }
    """
    people.ids_have_one_identity(conversation)


@clause("accept.history.comings-and-goings")
def test_comings_and_goings_fit(conversation: Conversation) -> None:
    """ "type": "ParticipantLeft" """
    entries.comings_and_goings(conversation)


@clause("accept.history.visibility")
def test_a_visibility_is_a_string(conversation: Conversation) -> None:
    """ "visibility": "All" """
    form.holds(conversation, "accept.history.visibility")


@clause("accept.history.timestamp")
def test_a_timestamp_has_a_known_spelling(conversation: Conversation) -> None:
    """ "timestamp": "2014-01-02T14:23:18.000-0800" """
    form.holds(conversation, "accept.history.timestamp")


@clause("accept.history.timestamps-rise")
def test_timestamps_rise(conversation: Conversation) -> None:
    """ "timestamp": "2014-01-02T14:23:20.171-0800" """
    entries.timestamps_rise(conversation)


@clause("accept.history.text")
def test_a_text_has_a_text(conversation: Conversation) -> None:
    """ "type": "Text",
    "from": {
    "type": "Customer",
    "nickname": "PersonP",
    "participantId": "009052C5E6D6004A"
    },
    "text": "Hello World"
    """
    form.holds(conversation, "accept.history.text")


@clause("accept.history.members")
def test_it_has_every_member_of_the_sample(conversation: Conversation) -> None:
    """{
    "index": 6,
    "type": "ParticipantJoined",
    "from": {
    "type": "Agent",
    "nickname": "Marat",
    "participantId": "009052C5EF51004D"
    },
    "visibility": "All",
    "timestamp": "2014-01-02T14:23:20.171-0800"
    }
    """
    form.has_members_of_sample(conversation, "history")


@clause("accept.history.chat-uri")
def test_it_names_the_chat(conversation: Conversation) -> None:
    """ "chatUri": "http://localhost:8080/api/v2/chats/0000Na9B26EF002X" """
    form.holds(conversation, "accept.history.chat-uri")
    addressing.names_the_chat(conversation, "history", "chatUri", "chatPath")
