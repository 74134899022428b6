"""What mutants of the judge of capabilities would get away with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.journal import Exchange
from gws_contract.scenario import Capability

from .conversations import CAPABILITIES, PLAIN, Chat, Data, outcome, performed
from .test_judge_capabilities import TRANSFERRED, WORKED, listing, refused, told, without

TRANSFER, NOT_ANNOUNCED = "capability.transfer", "capability.not-announced"
REFUSED = refused(WORKED, "InFocus")
USED = REFUSED.step("use:InFocus").sent


def listless(chat: Chat, moment: float) -> Chat:
    """With a StatusChange that lists nothing."""
    change = told(chat, moment, "Chatting")
    data: Data = {**change.message["data"], "chat": {"state": "Chatting"}}
    return chat.plus(replace(change, message={**change.message, "data": data}))


def no_more(chat: Chat, moment: float) -> Chat:
    """Without any request behind a moment."""
    return chat.mapped(lambda r: None if isinstance(r, Exchange) and r.sent > moment else r)


# ---- a refusal that may be meant for something else -----------------------------------------------------------------


@pytest.mark.parametrize(("code", "verdict"), [(2, "not testable"), (6, "not testable"), (7, "broken")])
def test_of_a_transfer_two_codes_may_mean_its_target(code: int, verdict: str) -> None:
    assert outcome(refused(TRANSFERRED, "Transfer", {"statusCode": code}), TRANSFER).verdict == verdict


def test_two_agents_are_enough_for_a_transfer() -> None:
    two = replace(performed(PLAIN), sessions=performed(PLAIN).sessions[:2])
    assert outcome(two, TRANSFER).reason == "not used in this chat"


# ---- the moment of the request --------------------------------------------------------------------------------------


def test_a_list_that_comes_in_the_moment_of_the_request_counts() -> None:
    chat = listing(REFUSED, None).plus(told(REFUSED, USED, "Chatting", CAPABILITIES))
    assert outcome(chat, "capability.in-focus").verdict == "broken"


def test_a_list_that_comes_in_the_moment_of_the_end_counts() -> None:
    chat = listing(performed(PLAIN), None)
    end = chat.step("complete").sent
    for late, reason in ((0.0, "not used in this chat"), (0.01, "the server lists no capabilities")):
        listed = chat.plus(told(chat, end + late, "Chatting", CAPABILITIES))
        assert outcome(listed, "capability.leave").reason == reason


def test_what_comes_in_the_moment_of_the_request_came_before_it() -> None:
    missing, there = without("InFocus"), CAPABILITIES
    chat = REFUSED.plus(told(REFUSED, USED, "Chatting", missing), told(REFUSED, USED, "Chatting", there))
    assert outcome(chat, "capability.in-focus").verdict == "broken"


def test_what_says_nothing_withdraws_nothing_that_was_listed_in_the_moment_of_the_request() -> None:
    chat = listing(REFUSED, without("InFocus"))
    listed = listless(chat.plus(told(chat, USED, "Chatting", CAPABILITIES)), USED + 0.01)
    assert outcome(listed, "capability.in-focus").verdict == "broken"


def test_the_state_in_the_moment_of_the_request_is_that_in_which_it_is_tried() -> None:
    chat = listing(TRANSFERRED, without("Transfer"))
    used = chat.step("use:Transfer").sent
    left = chat.plus(told(chat, used, "LeftChat", ["Complete"]), told(chat, used + 0.01, "LeftChat", ["Transfer"]))
    assert outcome(left, NOT_ANNOUNCED).reason == "it was announced while the request was on its way"


# ---- withdrawn meanwhile --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "verdict"), [(0.0, "not testable"), (0.001, "broken")])
def test_up_to_the_next_request_it_may_be_withdrawn(late: float, verdict: str) -> None:
    following = min(e.sent for e in REFUSED.conversation.exchanges if e.sent > USED)
    chat = REFUSED.plus(told(REFUSED, following + late, "Chatting", without("InFocus")))
    assert outcome(chat, "capability.in-focus").verdict == verdict


def test_it_may_be_withdrawn_when_nothing_more_is_asked() -> None:
    chat = no_more(REFUSED, USED).plus(told(REFUSED, USED + 5, "Chatting", without("InFocus")))
    assert outcome(chat, "capability.in-focus").reason == "it was withdrawn while the request was on its way"


# ---- not announced --------------------------------------------------------------------------------------------------


def test_one_refusal_does_not_excuse_the_next_use() -> None:
    tries: tuple[Capability, ...] = ("InFocus", "SendMessage")
    chat = listing(refused(performed(replace(PLAIN, uses=tries)), "InFocus"), ["Complete"])
    found = outcome(chat, NOT_ANNOUNCED)
    assert found.documented == "SendMessage, which is not announced, is refused"
    assert found.received == 'HTTP 200 {"statusCode": 0}'


# ---- what may have been lost ----------------------------------------------------------------------------------------


def test_what_may_have_been_lost_is_told() -> None:
    lost = listing(TRANSFERRED, without("Transfer")).disturbed("poll-broken")
    assert outcome(lost, NOT_ANNOUNCED).reason == "a list of capabilities may have been lost"
    lost = REFUSED.disturbed("poll-broken")
    assert outcome(lost, "capability.in-focus").reason == "that it was withdrawn may have been lost"


def test_what_is_lost_after_the_answer_hides_nothing() -> None:
    after = REFUSED.step("use:InFocus").done - REFUSED.accept.sent
    for late, verdict in ((-0.001, "inconclusive"), (0.001, "broken")):
        assert outcome(REFUSED.disturbed("poll-broken", after + late), "capability.in-focus").verdict == verdict
