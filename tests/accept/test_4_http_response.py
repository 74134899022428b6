"""HTTP Response: statusCode 0, and what the Return Values page says about the others."""

from __future__ import annotations

from gws_contract import contract
from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import answer, refusal


@clause("accept.response.json")
def test_the_answer_is_a_json_object(conversation: Conversation) -> None:
    """{
    "statusCode": 0
    }
    """
    answer.answered(conversation, "json", documented="one JSON object")


@clause("accept.response.status-code")
def test_the_status_code_is_an_integer(conversation: Conversation) -> None:
    """ "statusCode": 0"""
    answer.answered(conversation, "status-code", documented="the member statusCode, an integer")


@clause("accept.response.http-success")
def test_status_code_0_comes_with_http_success(conversation: Conversation) -> None:
    """ "statusCode": 0"""
    answer.answered(conversation, "http-success", documented="statusCode 0 with an HTTP status of success")


@clause("accept.response.http-200")
def test_status_code_0_comes_with_http_200(conversation: Conversation) -> None:
    """ "statusCode": 0"""
    answer.is_http_200(conversation)


@clause("accept.response.content-type")
def test_the_answer_is_labelled_json(conversation: Conversation) -> None:
    """{
    "statusCode": 0
    }
    """
    answer.is_labelled_json(conversation)


@clause("accept.response.no-message")
def test_status_code_0_has_no_message(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    answer.has_no_message(conversation)


@clause("accept.return-values.code")
def test_the_code_of_a_refusal_is_in_the_table(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    refusal.codes_are_known(conversation, contract.load().codes(conversation.header.table))


@clause("accept.return-values.message")
def test_a_refusal_has_a_message_and_nothing_else(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    refusal.has_message(conversation)


@clause("accept.refused.no-effect")
def test_a_refused_request_has_no_effect(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    refusal.has_no_effect(conversation)


@clause("accept.refused.no-credentials")
def test_without_credentials_it_is_refused(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    refusal.is_refused(conversation, "no-credentials", "an Accept without credentials")


@clause("accept.refused.wrong-credentials")
def test_with_a_wrong_password_it_is_refused(conversation: Conversation) -> None:
    """For details on the statusCode value, please refer to the All Methods sub-section of the Return Values page."""
    refusal.is_refused(conversation, "wrong-credentials", "an Accept with a wrong password")
