"""The second pass with a server that is none: which scenarios are performed, and when it has to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.journal import Planned
from gws_contract.judge.finding import Broken
from gws_contract.judge.roll import rule
from gws_contract.judge.ruling import Ruling
from gws_contract.scenario import Say, Scenario, to_json
from gws_contract.shrinking import AGAIN, CHATS, SECONDS, Shrinking
from gws_contract.stage.smaller import TRIVIAL

from .conversations import Chat, evidence_of, performed

Breaks = Callable[[Conversation], bool]
BUSY = Scenario("Ann-Marie O'Neil", "Jürgen D'Arcy", (Say("Good morning"), Say("Hello?")), reply="How can I help?")


def quoted(conversation: Conversation) -> bool:
    return "'" in conversation.scenario.agent


def always(_: Conversation) -> bool:
    return True


def never(_: Conversation) -> bool:
    return False


class Live:
    """A server on which a clause breaks when a test says so, a clock, and everything that was performed."""

    def __init__(self, breaks: Mapping[str, Breaks], *drawn: Scenario, takes: float = 0.0, **limits: Any) -> None:
        self.now, self._takes = 0.0, takes
        self.batches: list[list[Scenario]] = []
        self.conversations: list[Conversation] = []
        self.checks = {
            name: (Check(name, self._judge(when)), Clause(name, "overview", "a quote", "stated", "content", "a fact"))
            for name, when in breaks.items()
        }
        for scenario in drawn:
            self._play(scenario, "drawn", None)
        self.shrinking = Shrinking(self._live, self.checks, clock=lambda: self.now, **limits)

    @staticmethod
    def _judge(when: Breaks) -> Callable[[Conversation], None]:
        def judge(conversation: Conversation) -> None:
            if when(conversation):
                raise Broken("one thing", "another")

        return judge

    def _play(self, scenario: Scenario, source: str, group: int | None) -> Conversation:
        number = len(self.conversations) + 1
        chat: Chat = performed(scenario, number=number, start=100.0 * number)
        planned = Planned(number, 0.0, to_json(scenario), source, group)
        (conversation,) = evidence_of(chat.plus(planned)).conversations
        self.conversations.append(conversation)
        return conversation

    def _live(self, scenarios: Sequence[Scenario]) -> Sequence[Conversation]:
        self.batches.append(list(scenarios))
        self.now += self._takes
        played = []
        for scenario in scenarios:
            group = len(self.conversations) + 1 if scenario.beside != "nobody" else None
            size = 1 if group is None else 2
            played += [self._play(scenario, "shrink", group) for _ in range(size)]
        return played

    @property
    def rulings(self) -> dict[str, Ruling]:
        return {name: rule(check, clause, self.conversations) for name, (check, clause) in self.checks.items()}

    def shrink(self) -> Live:
        self.shrinking.learn(self.conversations)
        self.shrinking.shrink(self.rulings.values())
        return self

    @property
    def performed(self) -> list[Scenario]:
        return [scenario for batch in self.batches for scenario in batch]

    def example(self, clause: str) -> Scenario:
        ruling = self.rulings[clause]
        assert ruling.example is not None
        return ruling.example.conversation.scenario


def test_the_smallest_chat_of_a_broken_clause_is_found() -> None:
    live = Live({"accept.a": quoted}, BUSY).shrink()
    assert live.example("accept.a") == Scenario("0", "'")
    assert not live.rulings["accept.a"].intermittent


def test_a_clause_that_is_kept_costs_nothing() -> None:
    assert Live({"accept.a": never}, BUSY).shrink().performed == []


def test_a_ruling_without_an_example_costs_nothing() -> None:
    live = Live({"accept.a": never})
    live.shrink()
    assert live.performed == []


def test_nothing_is_performed_twice_but_to_see_whether_it_comes_back() -> None:
    live = Live({"accept.a": quoted, "accept.b": lambda c: len(c.scenario.before) > 1}, BUSY).shrink()
    again = {scenario: count for scenario, count in Counter(map(str, live.performed)).items() if count > 1}
    confirmed = {str(BUSY), *(str(live.example(name)) for name in live.checks)}
    assert set(again) <= confirmed
    assert max(Counter(map(str, live.performed)).values()) <= AGAIN + 1


def test_what_the_run_has_shown_already_is_not_performed_again() -> None:
    live = Live({"accept.a": quoted}, BUSY, TRIVIAL).shrink()
    assert TRIVIAL not in live.performed


def test_chats_performed_for_one_clause_serve_the_others() -> None:
    alone = [len(Live({name: breaks}, BUSY).shrink().performed) for name, breaks in BOTH.items()]
    both = Live(BOTH, BUSY).shrink()
    assert len(both.performed) < sum(alone)
    assert both.example("accept.a") == Scenario("0", "'")
    assert both.example("accept.b") == Scenario("0", "0", reply="0")


BOTH: dict[str, Breaks] = {"accept.a": quoted, "accept.b": lambda c: bool(c.scenario.reply)}


def test_what_everything_breaks_is_found_with_the_first_try() -> None:
    live = Live({"accept.a": always}, BUSY, at_once=4).shrink()
    assert live.example("accept.a") == TRIVIAL
    assert len(set(map(str, live.performed))) <= 5


# ---- the budget -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chats", [0, 1, 2, 5, 12])
def test_no_more_chats_are_performed_than_allowed(chats: int) -> None:
    live = Live({"accept.a": quoted}, BUSY, chats=chats).shrink()
    assert len(live.performed) <= chats


def test_all_clauses_share_one_budget() -> None:
    def longer(length: int) -> Breaks:
        return lambda c: len(c.scenario.customer) > length

    breaks = {f"accept.{n}": longer(n) for n in range(12)}
    live = Live(breaks, BUSY, chats=15).shrink()
    assert len(live.performed) <= 15


def test_a_batch_that_is_larger_than_what_is_left_is_not_begun() -> None:
    live = Live({"accept.a": quoted}, BUSY, at_once=4, chats=10).shrink()
    assert len(live.performed) <= 10


def test_after_the_seconds_are_over_nothing_is_performed() -> None:
    live = Live({"accept.a": quoted}, BUSY, takes=4.0, seconds=10.0).shrink()
    assert len(live.batches) == 3


def test_what_was_found_until_then_is_not_lost() -> None:
    whole = Live({"accept.a": quoted}, BUSY).shrink()
    cut = Live({"accept.a": quoted}, BUSY, chats=len(whole.performed) // 2).shrink()
    assert whole.example("accept.a").size <= cut.example("accept.a").size < BUSY.size


def test_the_bounds_of_a_run_are_those_of_the_design() -> None:
    assert (CHATS, SECONDS) == (60, 15.0)


def test_chats_that_a_server_never_ends_are_bounded_too() -> None:
    """A run that stops while it shrinks performs nothing any more, and nothing is learnt."""
    live = Live({"accept.a": quoted}, BUSY)
    asked: list[int] = []

    def stopped(scenarios: Sequence[Scenario]) -> Sequence[Conversation]:
        asked.append(len(scenarios))
        return []

    shrinking = Shrinking(stopped, live.checks, clock=lambda: 0.0)
    shrinking.learn(live.conversations)
    shrinking.shrink(live.rulings.values())
    assert sum(asked) <= CHATS


# ---- what does not come back ----------------------------------------------------------------------------------------


def once(scenario: Scenario) -> Breaks:
    """Breaks the first time only."""
    return lambda c: c.chat == 1 and c.scenario == scenario


def test_a_break_that_does_not_come_back_is_not_shrunk() -> None:
    live = Live({"accept.a": once(BUSY)}, BUSY).shrink()
    assert live.performed == [BUSY]
    assert live.rulings["accept.a"].intermittent
    assert live.example("accept.a") == BUSY


@pytest.mark.parametrize(("every", "behind"), [(every, n) for every in (2, 3, 5, 7) for n in range(every)])
def test_what_every_few_chats_show_is_intermittent_wherever_shrinking_begins(every: int, behind: int) -> None:
    other = Scenario("Lee", "Max", (Say("Hi."),))
    drawn = [*[other] * (every - 1), BUSY, *[other] * behind]
    live = Live({"accept.a": lambda c: c.chat % every == 0}, *drawn, at_once=4).shrink()
    assert live.rulings["accept.a"].intermittent
    assert live.example("accept.a") == BUSY


def test_an_intermittent_break_does_not_use_up_the_budget_of_the_others() -> None:
    live = Live({"accept.a": once(BUSY), "accept.b": quoted}, BUSY).shrink()
    assert live.example("accept.b") == Scenario("0", "'")
    assert live.example("accept.a") == BUSY


def test_behind_an_accident_the_break_that_comes_back_is_looked_for() -> None:
    """The smallest chat that broke it did so by chance; a larger one does every time."""
    accident = Scenario("Lee", "Max")
    live = Live({"accept.a": lambda c: once(accident)(c) or quoted(c)}, accident, BUSY).shrink()
    assert live.example("accept.a") == Scenario("0", "'")
    assert not live.rulings["accept.a"].intermittent


def test_a_break_that_was_seen_twice_need_not_come_back_once_more() -> None:
    live = Live({"accept.a": quoted}, *[BUSY] * 3).shrink()
    assert BUSY not in live.performed


def test_what_fails_a_run_is_shrunk_before_what_is_advisory() -> None:
    live = Live({"accept.a": quoted, "accept.b": lambda c: bool(c.scenario.reply)}, BUSY, chats=9)
    check, clause = live.checks["accept.a"]
    advisory = Clause(clause.id, clause.section, clause.quote, "inferred", "content", clause.says)
    live.checks["accept.a"] = check, advisory
    live.shrink()
    assert live.example("accept.b") == Scenario("0", "0", reply="0")


# ---- chats in company -----------------------------------------------------------------------------------------------


def second_of_a_pair(conversation: Conversation) -> bool:
    group = conversation.planned.group
    return group is not None and conversation.chat == group + 1


PAIR = Scenario("Uma", "Ben", (Say("First of two."),), beside="same-agent")


def test_chats_beside_one_another_show_it_together() -> None:
    live = Live({"accept.a": second_of_a_pair})
    live._play(PAIR, "drawn", 1)
    live._play(PAIR, "companion", 1)
    live.shrink()
    assert live.example("accept.a") == Scenario("0", "0", beside="same-agent")
    assert not live.rulings["accept.a"].intermittent
