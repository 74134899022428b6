"""Notification: the list of three, their order and their time."""

from __future__ import annotations

from gws_contract.check import clause
from gws_contract.conversation import Conversation
from gws_contract.judge import sequence


@clause("accept.notifications.order")
def test_the_three_come_in_the_order_of_the_page(conversation: Conversation) -> None:
    """Here are the list of notifications received after accepting a chat"""
    sequence.in_order(conversation)


@clause("accept.notifications.timely")
def test_the_three_come_within_the_deadline(conversation: Conversation) -> None:
    """Here are the list of notifications received after accepting a chat:"""
    sequence.in_time(conversation)
