"""Reject: its answer, its one notification, and to whom the chat goes then."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import addressing, answer, form, offering, sequence


@clause("reject.overview.rejects")
def test_a_correct_reject_is_not_refused(conversation: Conversation) -> None:
    """Reject turns an incoming chat down."""
    answer.answered(conversation, "refused", documented="the offered chat is rejected")


@clause("reject.response.http-200")
def test_success_comes_with_http_200(conversation: Conversation) -> None:
    """Success is an HTTP 200 without content."""
    answer.answered(conversation, "http-success", documented="success with HTTP 200")
    answer.is_http_200(conversation)


@clause("reject.overview.presented")
def test_the_chat_is_presented_to_another_agent(conversation: Conversation) -> None:
    """The chat then goes to another agent."""
    offering.is_offered_to_another(conversation)


@clause("reject.request.url")
def test_the_server_knows_the_url(conversation: Conversation) -> None:
    """| Request URL | /api/v2/me/chats/{id} |"""
    answer.answered(conversation, "url", documented="the server knows the URL")


@clause("reject.request.method")
def test_the_method_is_allowed(conversation: Conversation) -> None:
    """| HTTP Method | POST |"""
    answer.answered(conversation, "method", documented="the method POST is allowed")


@clause("reject.request.body")
def test_the_documented_body_is_understood(conversation: Conversation) -> None:
    """{
    "operationName": "Reject"
    }
    """
    answer.answered(conversation, "body", documented="the body with operationName is understood")


@clause("reject.response.success")
def test_the_answer_is_one_that_the_page_tells_of(conversation: Conversation) -> None:
    """{
    "status": 0
    }
    """
    answer.answered(conversation, "json", "status-code", documented="nothing, status 0 or statusCode 0")


@clause("reject.response.content-type")
def test_an_answer_with_content_is_labelled_json(conversation: Conversation) -> None:
    """{
    "status": 0
    }
    """
    answer.is_labelled_json(conversation)


@clause("reject.response.no-message")
def test_a_success_has_no_message(conversation: Conversation) -> None:
    """Of statusCode the page says that the page Return Values explains it."""
    answer.has_no_message(conversation)


@clause("reject.delivery.channel")
def test_the_channel_is_that_of_the_agents_chats(conversation: Conversation) -> None:
    """One notification follows."""
    addressing.on_channel(conversation, "/v2/me/chats")


@clause("reject.delivery.data")
def test_the_notification_is_the_data_of_the_message(conversation: Conversation) -> None:
    """One notification follows."""
    addressing.in_data(conversation)


@clause("reject.delivery.addressee")
def test_no_other_agent_hears_of_it(conversation: Conversation) -> None:
    """One notification follows."""
    addressing.only_to_its_agent(conversation)


@clause("reject.notification.timely")
def test_it_comes_within_the_deadline(conversation: Conversation) -> None:
    """One notification follows."""
    sequence.in_time(conversation)


@clause("reject.status-change.arrives")
def test_a_status_change_arrives(conversation: Conversation) -> None:
    """Status changed to Completed"""
    sequence.arrives(conversation, "StatusChange")


@clause("reject.status-change.once")
def test_it_is_delivered_once(conversation: Conversation) -> None:
    """Status changed to Completed"""
    sequence.comes_once(conversation, "StatusChange")


@clause("reject.status-change.message-type")
def test_its_message_type(conversation: Conversation) -> None:
    """ "messageType": "ChatStateChangeMessage" """
    form.holds(conversation, "reject.status-change.message-type")


@clause("reject.status-change.reference-id")
def test_its_reference_id_is_an_integer(conversation: Conversation) -> None:
    """ "referenceId": 5"""
    form.holds(conversation, "reject.status-change.reference-id")


@clause("reject.status-change.notification-type")
def test_its_notification_type(conversation: Conversation) -> None:
    """ "notificationType": "StatusChange" """
    form.holds(conversation, "reject.status-change.notification-type")


@clause("reject.status-change.participants")
def test_its_participants_are_participants(conversation: Conversation) -> None:
    """ "participants": []"""
    form.holds(conversation, "reject.status-change.participants")


@clause("reject.status-change.state")
def test_the_state_is_completed(conversation: Conversation) -> None:
    """ "state": "Completed" """
    sequence.changes_to(conversation, "Completed")


@clause("reject.status-change.chat-id")
def test_it_names_the_chat(conversation: Conversation) -> None:
    """ "id": "id-of-the-chat" """
    form.holds(conversation, "reject.status-change.chat-id")
    addressing.names_the_chat(conversation, "status-change", "chat.id")


@clause("reject.status-change.uri")
def test_its_uri_names_the_chat(conversation: Conversation) -> None:
    """ "uri": "http: //localhost: 8080/api/v2/chats/id-of-the-chat" """
    form.holds(conversation, "reject.status-change.uri")
    addressing.names_the_chat(conversation, "status-change", "chat.uri")


@clause("reject.status-change.members")
def test_it_has_every_member_of_the_sample(conversation: Conversation) -> None:
    """{
    "messageType": "ChatStateChangeMessage",
    "referenceId": 5,
    "notificationType": "StatusChange",
    "chat": {
    "participants": [],
    "state": "Completed",
    "id": "id-of-the-chat",
    "uri": "http: //localhost: 8080/api/v2/chats/id-of-the-chat"
    }
    }
    """
    form.has_members_of_sample(conversation, "status-change")
