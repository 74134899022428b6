"""Parameters: operationName and nickname."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import people, refusal


@clause("accept.refused.unknown-operation")
def test_another_operation_name_is_refused(conversation: Conversation) -> None:
    """| operationName | Accept |"""
    refusal.is_refused(conversation, "unknown-operation", "an operationName that is no operation")


@clause("accept.refused.missing-operation")
def test_a_missing_operation_name_is_refused(conversation: Conversation) -> None:
    """| operationName | Accept |"""
    refusal.is_refused(conversation, "missing-operation", "a request without operationName")


@clause("accept.refused.wrong-case")
def test_the_operation_name_has_a_capital(conversation: Conversation) -> None:
    """| operationName | Accept |"""
    refusal.is_refused(conversation, "wrong-case", "the operationName accept")


@clause("accept.parameters.nickname")
def test_the_customer_sees_the_nickname(conversation: Conversation) -> None:
    """agent nickname as will be seen by customer"""
    people.customer_sees(conversation, conversation.scenario.agent)


@clause("accept.refused.missing-nickname")
def test_a_missing_nickname_is_refused(conversation: Conversation) -> None:
    """| nickname | agent nickname as will be seen by customer |"""
    refusal.is_refused(conversation, "missing-nickname", "an Accept without nickname")
