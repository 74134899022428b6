"""Overview: what the operation is for, its URL, its method, and the feature it needs."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import addressing, answer, form, history, refusal, sequence


@clause("accept.overview.offer")
def test_an_invitation_names_accept_and_reject(conversation: Conversation) -> None:
    """When a new chat is offered, an agent can either accept or reject a new chat invitation."""
    form.offer_names_both(conversation)


@clause("accept.overview.reject")
def test_an_agent_can_reject(conversation: Conversation) -> None:
    """When a new chat is offered, an agent can either accept or reject a new chat invitation."""
    refusal.reject_is_not_refused(conversation)


@clause("accept.refused.not-offered")
def test_who_was_not_offered_the_chat_cannot_accept_it(conversation: Conversation) -> None:
    """When a new chat is offered, an agent can either accept or reject a new chat invitation."""
    refusal.is_refused(conversation, "not-offered", "an Accept by an agent who was not offered the chat")


@clause("accept.refused.rejected")
def test_who_has_rejected_the_chat_cannot_accept_it(conversation: Conversation) -> None:
    """When a new chat is offered, an agent can either accept or reject a new chat invitation."""
    refusal.rejected_cannot_accept(conversation)


@clause("accept.overview.accepts")
def test_a_correct_accept_is_not_refused(conversation: Conversation) -> None:
    """This operation accepts an incoming chat."""
    answer.answered(conversation, "refused", documented="the offered chat is accepted")


@clause("accept.refused.second-accept")
def test_a_chat_is_accepted_once(conversation: Conversation) -> None:
    """This operation accepts an incoming chat."""
    refusal.is_refused(conversation, "second-accept", "an Accept of a chat that is no longer incoming")


@clause("accept.refused.withdrawn")
def test_a_chat_whose_customer_has_left_cannot_be_accepted(conversation: Conversation) -> None:
    """This operation accepts an incoming chat."""
    refusal.withdrawn_cannot_be_accepted(conversation)


@clause("accept.overview.work")
def test_the_agent_can_send_a_message(conversation: Conversation) -> None:
    """Accepting a chat allows an agent to start working on that chat."""
    refusal.work_is_not_refused(conversation)


@clause("accept.delivery.channel")
def test_the_channel_is_that_of_the_agents_chats(conversation: Conversation) -> None:
    """After successfully executing this operation, a CometD notification will arrive with complete chat history."""
    addressing.on_channel(conversation, "/v2/me/chats")


@clause("accept.delivery.data")
def test_the_notification_is_the_data_of_the_message(conversation: Conversation) -> None:
    """After successfully executing this operation, a CometD notification will arrive with complete chat history."""
    addressing.in_data(conversation)


@clause("accept.delivery.addressee")
def test_no_other_agent_hears_of_the_chat(conversation: Conversation) -> None:
    """After successfully executing this operation, a CometD notification will arrive with complete chat history."""
    addressing.only_to_the_invited(conversation)


@clause("accept.history.arrives")
def test_the_history_arrives(conversation: Conversation) -> None:
    """After successfully executing this operation, a CometD notification will arrive with complete chat history."""
    sequence.arrives(conversation, "NewMessages")


@clause("accept.history.complete")
def test_the_history_holds_every_text_of_the_customer(conversation: Conversation) -> None:
    """a CometD notification will arrive with complete chat history"""
    history.holds_every_text(conversation)


@clause("accept.history.in-order")
def test_the_history_keeps_the_order_of_the_texts(conversation: Conversation) -> None:
    """complete chat history"""
    history.keeps_the_order(conversation)


@clause("accept.history.earlier-agents")
def test_the_history_holds_what_earlier_agents_did(conversation: Conversation) -> None:
    """complete chat history"""
    history.holds_earlier_agents(conversation)


@clause("accept.request.url")
def test_the_server_knows_the_url(conversation: Conversation) -> None:
    """| Request URL | /api/v2/me/chats/{id} |"""
    answer.answered(conversation, "url", documented="the server knows the URL")


@clause("accept.refused.unknown-chat")
def test_an_unknown_chat_cannot_be_accepted(conversation: Conversation) -> None:
    """| Request URL | /api/v2/me/chats/{id} |"""
    refusal.is_refused(conversation, "unknown-chat", "an Accept of a chat that does not exist")


@clause("accept.request.method")
def test_the_method_is_allowed(conversation: Conversation) -> None:
    """| HTTP Method | POST |"""
    answer.answered(conversation, "method", documented="the method POST is allowed")


@clause("accept.refused.wrong-method")
def test_another_method_is_refused(conversation: Conversation) -> None:
    """| HTTP Method | POST |"""
    refusal.is_refused(conversation, "wrong-method", "the body of an Accept with another method")


@clause("accept.feature.required")
def test_an_account_without_the_feature_cannot_accept(conversation: Conversation) -> None:
    """| Required Features | api-multimedia |"""
    refusal.is_refused(conversation, "without-feature", "an Accept by an account without the feature api-multimedia")
