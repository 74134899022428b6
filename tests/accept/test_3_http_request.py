"""HTTP Request: the documented body is understood."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import answer


@clause("accept.request.body")
def test_the_documented_body_is_understood(conversation: Conversation) -> None:
    """{
    "operationName":"Accept",
    "nickname":agent-nickname-to-be-displayed-in-chat
    }
    """
    answer.answered(conversation, "body", documented="the body with operationName and nickname is understood")
