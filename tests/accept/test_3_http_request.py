"""HTTP Request: the documented body is understood, and no other."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import answer, refusal


@clause("accept.request.body")
def test_the_documented_body_is_understood(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    answer.answered(conversation, "body", documented="the body with operationName and nickname is understood")


@clause("accept.refused.wrong-type")
def test_values_of_another_type_are_refused(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    refusal.is_refused(conversation, "wrong-type", "a body in which an object or a string is of another type")


@clause("accept.refused.malformed-json")
def test_a_body_that_is_no_json_is_refused(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    refusal.is_refused(conversation, "malformed-json", "a body that is no JSON")


@clause("accept.refused.duplicate-keys")
def test_a_member_that_occurs_twice_is_refused(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    refusal.is_refused(conversation, "duplicate-keys", "a body with a member twice")


@clause("accept.refused.content-type")
def test_a_body_with_another_label_is_refused(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    refusal.is_refused(conversation, "content-type", "a body labelled as something else than JSON")
