"""What mutants of the judge of addresses, and of the words about names, would get away with."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from gws_contract.judge.addressing import names_the_chat
from gws_contract.judge.finding import Broken
from gws_contract.judge.names import change

from .conversations import BYSTANDER, CHAT_ID, LOG, PLAIN, STATUS, Chat, outcome, performed

GOOD = performed(PLAIN)


def carried(**message: object) -> Chat:
    """The first notification in another message."""
    first = GOOD.sequence[0]
    return GOOD.mapped(lambda record: replace(first, message=message) if record == first else record)


@pytest.mark.parametrize(("channel", "shown"), [("/v2/me/calls", '"/v2/me/calls"'), (None, "null")])
def test_the_channel_that_a_notification_came_on_is_told(channel: str | None, shown: str) -> None:
    found = outcome(carried(channel=channel, data=GOOD.payloads[0]), "delivery.channel")
    assert found.received == f"{STATUS} on channel {shown}"


def test_the_envelope_that_is_documented_is_told() -> None:
    bare = carried(channel="/v2/me/chats", **GOOD.payloads[0])
    assert outcome(bare, "delivery.data").documented == "the notification is the object data of the message"


def test_whom_a_notification_is_for_is_told() -> None:
    found = outcome(GOOD.later(GOOD.payloads[0], 0.1, agent=BYSTANDER), "delivery.addressee")
    assert found.documented == "notifications of this chat to its own agent only"


def test_a_member_that_is_no_text_does_not_hide_the_next_one() -> None:
    chat = GOOD.edited(LOG, lambda p: p.update(chatUri=17, chatPath="/chats/another"))
    with pytest.raises(Broken, match="chatPath: the chat " + CHAT_ID):
        names_the_chat(chat.conversation, "history", "chatUri", "chatPath")


@pytest.mark.parametrize("received", ["?", "??", "", "\ufffd"])
def test_the_first_character_outside_the_bmp_is_outside(received: str) -> None:
    assert (change("é\U00010000", f"é{received}") or "").startswith("characters outside the BMP ")


def test_half_a_surrogate_pair_is_compared_like_any_name() -> None:
    assert change("\ud83d", "Marat") is None


@pytest.mark.parametrize("parting", ["Leave", "Transfer"])
def test_who_is_given_the_chat_may_be_told_behind_the_request_that_gives_it(
    parting: Literal["Leave", "Transfer"],
) -> None:
    chat = performed(replace(PLAIN, uses=(parting,)))
    given = chat.step(f"use:{parting}").sent - chat.accept.sent
    for late, verdict in ((0.0, "broken"), (0.001, "kept")):
        told = chat.later(GOOD.payloads[1], given + late, agent=BYSTANDER)
        assert outcome(told, "delivery.addressee").verdict == verdict
