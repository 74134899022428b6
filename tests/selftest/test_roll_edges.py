"""What mutants of the roll would get away with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from gws_contract import contract
from gws_contract.check import Check
from gws_contract.conversation import Conversation
from gws_contract.judge.finding import Broken
from gws_contract.judge.lines import DIGEST, Length, Line, Lines
from gws_contract.judge.roll import Found, Roll, rule
from gws_contract.judge.ruling import Odds, Ruling
from gws_contract.scenario import Say, Scenario
from gws_contract.verdict import Verdict

from .conversations import performed

CLAUSE = contract.load().clause("accept.history.text")


def chat(number: int, text: str = "Hi", source: str = "drawn") -> Conversation:
    told = performed(Scenario("Pat", "Sam", (Say(text),)), number=number).conversation
    return replace(told, planned=replace(told.planned, source=source))


def breaking(*numbers: int) -> Check:
    """A check that these chats break."""

    def judge(conversation: Conversation) -> None:
        if conversation.chat in numbers:
            raise Broken("a", "b")

    return Check(CLAUSE.id, judge)


def ruled(plans: Mapping[int, str], *broken: int) -> Ruling:
    return rule(breaking(*broken), CLAUSE, [chat(number, text) for number, text in plans.items()])


def test_the_chats_that_broke_a_clause_are_known_by_their_numbers() -> None:
    broken_in = ruled({3: "a", 5: "b", 8: "c"}, 3, 8).broken_in
    assert list(broken_in) == [3, 8]
    assert [number in broken_in for number in (3, 5, 8, 9)] == [True, False, True, False]
    assert len(broken_in) == 2
    assert not list(filter(broken_in.__contains__, ("3", None)))


def test_a_break_that_nobody_declared_is_one() -> None:
    assert ruled({1: "a"}, 1).tally.verdict is Verdict.BROKEN


def test_a_break_is_declared_by_its_clause() -> None:
    roll, conversation = Roll([(breaking(1), CLAUSE)]), chat(1)
    roll.enter(conversation)
    (ruling,) = roll.rulings([conversation], lambda clause: clause == CLAUSE.id)
    assert ruling.tally.verdict is Verdict.DEVIATION


def test_chats_of_all_sources_are_counted_together() -> None:
    chats = [chat(1), chat(2, source="machine"), chat(3, source="replay")]
    assert rule(breaking(1, 2, 3), CLAUSE, chats).tally.broken == 3


def test_of_repeated_plans_the_one_performed_most_tells_how_often_it_broke() -> None:
    plans = {1: "a", 2: "a", 3: "a", 4: "b", 5: "b"}
    assert ruled(plans, 1, 4).repeated == Odds(1, 3)
    assert ruled({6 - number: text for number, text in plans.items()}, 5, 2).repeated == Odds(1, 3)


def test_of_plans_performed_as_often_the_first_tells_how_often_it_broke() -> None:
    plans = {1: "a", 2: "a", 3: "a", 4: "b", 5: "b", 6: "b"}
    assert ruled(plans, 1, 4, 5).repeated == Odds(1, 3)
    assert ruled(plans, 1, 2, 4).repeated == Odds(2, 3)


def test_of_plans_of_one_length_the_words_tell_the_smallest() -> None:
    # In which order plans are looked at is not that of their words, nor that of their chats.
    for small, large in pairwise("abcdef"):
        for plans in ({1: small, 2: small, 3: large, 4: large}, {1: large, 2: large, 3: small, 4: small}):
            example = ruled(plans, 1, 2, 3, 4).example
            assert example is not None
            assert example.conversation.scenario.before == (Say(small),)


def test_a_thousand_different_reasons_are_counted_and_those_go_on_being_counted() -> None:
    found = Found()
    for number in range(1001):
        found.reason(Verdict.BROKEN, f"reason {number}")
    found.reason(Verdict.BROKEN, "reason 1")
    counted = found.reasons[Verdict.BROKEN]
    assert (len(counted), counted["reason 1"], counted["reason 1000"]) == (1000, 2, 0)


def test_a_line_keeps_the_size_of_its_chat() -> None:
    lines = Lines()
    for exotic in (False, True):
        length = Length(exotic, 5 + exotic, 40 + exotic)
        lines.add(Line(3 + exotic, "drawn", True, length, bytes(DIGEST), 0, (Verdict.BROKEN,)))
    assert [lines.length(place) for place in (0, 1)] == [Length(False, 5, 40), Length(True, 6, 41)]
    assert (lines.highest, list(lines.broken(0))) == (4, [3, 4])


def test_the_highest_number_is_that_of_a_chat_or_of_a_group() -> None:
    lines = Lines()
    assert lines.highest == 0
    for number, group, highest in ((1, 0, 1), (2, 7, 7), (9, 0, 9)):
        lines.add(Line(number, "drawn", True, Length(False, 5, 40), bytes(DIGEST), group, (Verdict.BROKEN,)))
        assert lines.highest == highest
