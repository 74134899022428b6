from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import check as checks_room
from gws_contract import conversation
from gws_contract.check import Check, clause, folder, shipped
from gws_contract.contract import Clause, load
from gws_contract.conversation import Conversation
from gws_contract.journal import Ended, Planned
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.roll import rule
from gws_contract.judge.ruling import Odds, Ruling, rule_one
from gws_contract.scenario import Say, Scenario, Typing, Visit, to_json
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED
from gws_contract.verdict import Need, Tally, Verdict

from .conversations import (
    JUDGED,
    PLAIN,
    VISITOR,
    Chat,
    broken,
    checks,
    evidence_of,
    having,
    kept,
    never_offered,
    performed,
)
from .dockets import example_of

patiently = settings(deadline=None, max_examples=40)
GOOD = performed(PLAIN)
CLAUSE = Clause("accept.x", "overview", "a quote", "stated", "content", "a fact")
SMALL, BIG, EXOTIC = (
    performed(Scenario("P", "A"), number=1),
    performed(Scenario("Pat", "Sam", (Say("A long text."),)), number=2),
    performed(Scenario("P", "  "), number=3),
)


What = BaseException | Mapping[int, BaseException | None] | None


def finding(what: What) -> Check:
    """A check that finds this in every chat; a mapping says what in which."""

    def judge(conversation: Conversation) -> None:
        found = what.get(conversation.chat) if isinstance(what, Mapping) else what
        if found is not None:
            raise found

    return Check("accept.x", judge)


# ---- a good server --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SITUATIONS, ids=lambda scenario: scenario.agent)
def test_a_server_that_does_what_the_page_says_breaks_nothing_in_any_situation(scenario: Scenario) -> None:
    chat = performed(scenario)
    assert broken(chat) == set()
    assert having(chat, Verdict.INCONCLUSIVE) == set()


def test_together_the_situations_and_the_wrong_requests_test_every_clause_that_is_tested() -> None:
    wrong = Scenario("Jo", "Kim", refusals=tuple({each.kind: each for each in MALFORMED}.values()))
    tested = set().union(*(kept(performed(scenario)) for scenario in (*SITUATIONS, wrong)))
    assert set(checks()) - tested == set()


names = st.sampled_from(["Pat", "Sam", "x", "李雷", "Pat ", "", "\ud83d"])
"""Few, so that people share a name."""
texts = st.sampled_from(["ok", "no", "ok ok", "👍", "<b>", ""])
visited = st.builds(
    Visit, st.sampled_from(["reject", "leave", "transfer"]), names, st.lists(texts, max_size=2).map(tuple)
)
steps = st.builds(Say, texts) | st.builds(Typing, st.sampled_from(["started", "stopped"])) | visited
scenarios = st.builds(
    Scenario,
    names,
    names,
    st.lists(steps, max_size=6).map(tuple),
    st.lists(st.builds(Say, texts), max_size=2).map(tuple),
    reply=texts,
    refusals=st.lists(st.sampled_from(["rejected", "unknown-chat", "wrong-case"]), unique=True, max_size=3).map(tuple),
    accept_again=st.booleans(),
    uses=st.sampled_from([(), ("InFocus", "SendMessage", "Complete"), ("Leave", "SendMessage"), ("Transfer",)]),
)


@given(scenarios, st.sampled_from([VISITOR, JUDGED]))
@settings(deadline=None, max_examples=100)
def test_a_server_that_does_what_the_page_says_breaks_nothing_whoever_shares_a_name_or_a_text(
    scenario: Scenario, visitor: str
) -> None:
    chat = performed(scenario, visitor=visitor)
    assert broken(chat) == set()
    assert having(chat, Verdict.INCONCLUSIVE) == set()


def test_a_chat_that_never_came_about_is_not_testable_by_any_check() -> None:
    assert having(never_offered(), Verdict.NOT_TESTABLE) == set(checks())


# ---- one check, one chat --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "verdict", "reason"),
    [
        (None, Verdict.KEPT, ""),
        (Broken("a", "b"), Verdict.BROKEN, ""),
        (NotTestable("nothing there"), Verdict.NOT_TESTABLE, "nothing there"),
        (Hidden("no answer"), Verdict.INCONCLUSIVE, "no answer"),
        (KeyError("oops"), Verdict.HARNESS_ERROR, "KeyError: 'oops'"),
        (AssertionError("oops"), Verdict.HARNESS_ERROR, "AssertionError: oops"),
        (RecursionError("deep"), Verdict.HARNESS_ERROR, "RecursionError: deep"),
    ],
)
def test_what_a_check_finds_is_a_verdict(found: Exception | None, verdict: Verdict, reason: str) -> None:
    one = rule_one(finding(found), CLAUSE, GOOD.conversation)
    assert (one.verdict, one.reason) == (verdict, reason)
    assert (one.documented, one.received) == (("a", "b") if isinstance(found, Broken) else ("", ""))


def test_ctrl_c_in_a_check_is_not_taken_for_a_verdict() -> None:
    with pytest.raises(KeyboardInterrupt):
        rule_one(finding(KeyboardInterrupt()), CLAUSE, GOOD.conversation)


def test_a_finding_is_settled_with_what_the_clause_needs() -> None:
    lost = GOOD.disturbed("poll-broken").conversation
    needs: tuple[Need | None, ...] = ("content", "arrival", "order", "once", "absence", None)
    verdicts = {
        need: rule_one(finding(Broken("a", "b")), replace(CLAUSE, needs=need), lost).verdict.value for need in needs
    }
    assert verdicts.pop("arrival") == "inconclusive"
    assert set(verdicts.values()) == {"broken"}
    kept_ = {need: rule_one(finding(None), replace(CLAUSE, needs=need), lost).verdict.value for need in verdicts}
    assert kept_.pop("absence") == "inconclusive"
    assert set(kept_.values()) == {"kept"}


def test_what_is_opened_by_the_transport_says_so_and_keeps_the_words_of_the_break() -> None:
    lost = GOOD.disturbed("poll-broken").conversation
    opened = rule_one(finding(Broken("a", "b")), replace(CLAUSE, needs="arrival"), lost)
    assert (opened.documented, opened.received) == ("a", "b")
    assert opened.reason == "a disturbance of the CometD session may have caused it"
    absent = rule_one(finding(None), replace(CLAUSE, needs="absence"), lost)
    assert absent.reason == "the CometD session was disturbed, something may have been lost"


def test_a_break_inside_one_array_is_the_servers() -> None:
    noisy = GOOD.disturbed("direct-delivery").conversation
    order = replace(CLAUSE, needs="order")
    assert rule_one(finding(Broken("a", "b", within_array=True)), order, noisy).verdict is Verdict.BROKEN
    assert rule_one(finding(Broken("a", "b")), order, noisy).verdict is Verdict.INCONCLUSIVE


def ended(how: str | None) -> Conversation:
    """The good chat, but its performance ended like this; None: nobody knows how."""
    return GOOD.mapped(lambda r: (replace(r, how=how) if how else None) if isinstance(r, Ended) else r).conversation


@pytest.mark.parametrize("how", ["cut short", None])
def test_what_is_hidden_in_a_chat_that_was_cut_short_is_not_testable_for_we_may_have_given_up_ourselves(
    how: str | None,
) -> None:
    one = rule_one(finding(Hidden("no answer")), CLAUSE, ended(how))
    assert (one.verdict, one.reason) == (Verdict.NOT_TESTABLE, "the run ended before everything could arrive")
    assert rule_one(finding(Hidden("no answer")), CLAUSE, ended("failed")).verdict is Verdict.INCONCLUSIVE


def test_a_chat_that_got_more_notifications_than_are_kept_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MOST_DELIVERIES", len(GOOD.conversation.notifications))
    one = rule_one(finding(Broken("a", "b")), CLAUSE, GOOD.conversation)
    assert (one.verdict, one.reason) == (
        Verdict.INCONCLUSIVE,
        "the chat got 10,000 notifications, and none beyond them was kept",
    )


# ---- one clause, many chats -----------------------------------------------------------------------------------------


def ruled(what: What, *chats: Chat, declared: bool = False) -> Ruling:
    return rule(finding(what), CLAUSE, evidence_of(*chats).conversations, declared=declared)


def test_a_clause_is_ruled_over_all_chats() -> None:
    ruling = ruled({1: Broken("a", "b"), 2: NotTestable("x")}, SMALL, BIG, EXOTIC)
    assert ruling.tally == Tally(Verdict.BROKEN, kept=1, broken=1, not_testable=1)
    assert example_of(ruling).conversation.chat == 1


def test_a_declared_break_is_a_deviation_and_still_has_its_example() -> None:
    ruling = ruled(Broken("a", "b"), SMALL, declared=True)
    assert ruling.tally.verdict is Verdict.DEVIATION
    assert (example_of(ruling).documented, example_of(ruling).received) == ("a", "b")


def test_the_example_is_the_smallest_chat_and_an_ordinary_one_before_an_exotic_one() -> None:
    assert example_of(ruled(Broken("a", "b"), BIG, SMALL, EXOTIC)).conversation.chat == 1
    assert example_of(ruled(Broken("a", "b"), BIG, EXOTIC)).conversation.chat == 2
    assert example_of(ruled({3: Broken("a", "b")}, BIG, EXOTIC)).conversation.chat == 3


def test_a_chat_in_which_less_happens_is_smaller_though_its_names_are_longer() -> None:
    busy = performed(Scenario("P", "A", (Say("a"), Say("b"))), number=1)
    wordy = performed(Scenario("P", "A", (Say("A text that is longer than two letters."),)), number=2)
    assert example_of(ruled(Broken("a", "b"), busy, wordy)).conversation.chat == 2


def test_a_kept_clause_has_no_example_and_an_open_one_has() -> None:
    assert ruled(None, SMALL).example is None
    assert ruled({1: NotTestable("x")}, SMALL, BIG).example is None
    assert example_of(ruled(Hidden("x"), SMALL)).verdict is Verdict.INCONCLUSIVE
    assert example_of(ruled(NotTestable("x"), SMALL)).verdict is Verdict.NOT_TESTABLE


def test_a_clause_over_no_chats_is_not_testable() -> None:
    ruling = rule(finding(None), CLAUSE, [])
    assert ruling == Ruling(CLAUSE, Tally(Verdict.NOT_TESTABLE))


def test_reasons_are_counted_and_the_most_frequent_comes_first() -> None:
    many = [performed(PLAIN, number=n) for n in range(1, 10)]
    what = {n: NotTestable(f"reason {max(0, n - 3)}") for n in range(1, 10)}
    reasons = ruled(what, *many).reasons
    assert reasons[0] == ("reason 0", 3)
    assert len(reasons) == 5


def test_a_break_that_only_exotic_chats_show_is_advisory() -> None:
    assert ruled({3: Broken("a", "b")}, SMALL, EXOTIC).advisory
    assert not ruled(Broken("a", "b"), SMALL, EXOTIC).advisory
    inferred = replace(CLAUSE, strength="inferred")
    assert rule(finding(Broken("a", "b")), inferred, [SMALL.conversation]).advisory


@given(st.permutations([SMALL, BIG, EXOTIC]), st.sets(st.integers(1, 3)))
@patiently
def test_a_ruling_does_not_depend_on_the_order_of_the_chats(order: list[Chat], breaking: set[int]) -> None:
    what = {number: Broken("a", str(number)) for number in breaking}
    conversations = [chat.conversation for chat in order]
    one = rule(finding(what), CLAUSE, conversations)
    other = rule(finding(what), CLAUSE, sorted(conversations, key=lambda c: c.chat))
    assert one.tally == other.tally
    assert (one.example and one.example.received) == (other.example and other.example.received)


# ---- chats of several sources, and the same chat more than once ------------------------------------------------------

TINY, LARGE = Scenario("0", "0"), Scenario("Pat", "Sam", (Say("A long text."),))


class Rows:
    """A ruling over chats that are told in a word each: scenario, source, whether it broke, and the group."""

    def __init__(self, *rows: Any) -> None:
        self._what, chats = {}, []
        for number, (scenario, source, broke, *group) in enumerate(rows, 1):
            chat = performed(scenario, number=number, start=100.0 * number)
            planned = Planned(number, 0.0, to_json(scenario), source, group[0] if group else None)
            chats.append(chat.plus(planned))
            found = {True: Broken("a", "b"), False: None, None: NotTestable("x")}[broke]
            self._what[number] = found
        self.ruling = rule(finding(self._what), CLAUSE, evidence_of(*chats).conversations)

    @property
    def example(self) -> Conversation:
        return example_of(self.ruling).conversation


def test_how_often_it_broke_is_counted_by_source() -> None:
    ruling = Rows(
        (LARGE, "drawn", True),
        (LARGE, "kept", False),
        (LARGE, "given", False),
        (LARGE, "drawn", None),
        (TINY, "shrink", True),
        (LARGE, "misuse", False),
    ).ruling
    assert dict(ruling.by_source) == {"drawn": Odds(1, 3), "shrink": Odds(1, 1), "misuse": Odds(0, 1)}


def test_a_break_that_nobody_repeated_is_neither_steady_nor_intermittent() -> None:
    ruling = Rows((LARGE, "drawn", True), (TINY, "drawn", False), (TINY, "drawn", False)).ruling
    assert ruling.repeated is None
    assert not ruling.intermittent


def test_a_kept_clause_says_nothing_of_repetition() -> None:
    assert Rows((LARGE, "drawn", False), (LARGE, "shrink", False)).ruling.repeated is None


def test_a_break_that_always_comes_back_is_steady() -> None:
    ruling = Rows(*[(LARGE, source, True) for source in ("drawn", "shrink", "shrink")]).ruling
    assert ruling.repeated == Odds(3, 3)
    assert not ruling.intermittent


def test_the_example_of_a_steady_break_is_the_smallest_chat_be_it_one_of_shrinking() -> None:
    rows = Rows(*[(LARGE, "drawn", True)] * 3, *[(TINY, "shrink", True)] * 3)
    assert rows.example.scenario == TINY
    assert not rows.ruling.intermittent


def test_a_break_that_comes_back_in_the_smallest_chat_only_is_steady() -> None:
    """The larger one broke and was kept: something else in it hides the break now and then."""
    rows = Rows((LARGE, "drawn", True), (LARGE, "shrink", False), *[(TINY, "shrink", True)] * 3)
    assert not rows.ruling.intermittent
    assert rows.example.scenario == TINY


def test_a_chat_that_also_kept_it_is_not_the_example_of_a_steady_break() -> None:
    rows = Rows(*[(LARGE, "drawn", True)] * 3, (TINY, "shrink", True), (TINY, "shrink", False))
    assert rows.example.scenario == LARGE


def test_a_break_that_does_not_come_back_is_intermittent_with_its_odds() -> None:
    ruling = Rows((LARGE, "drawn", True), *[(LARGE, "shrink", False)] * 3).ruling
    assert ruling.intermittent
    assert ruling.repeated == Odds(1, 4)


def test_the_odds_of_an_intermittent_break_are_those_of_the_chat_that_was_repeated_most() -> None:
    ruling = Rows(
        (TINY, "drawn", True), (TINY, "drawn", False), (LARGE, "drawn", True), *[(LARGE, "shrink", False)] * 3
    ).ruling
    assert ruling.repeated == Odds(1, 4)


def test_the_example_of_an_intermittent_break_is_never_an_accident_of_shrinking() -> None:
    rows = Rows((LARGE, "drawn", True), *[(LARGE, "shrink", False)] * 3, (TINY, "shrink", True))
    assert rows.ruling.intermittent
    assert (rows.example.scenario, rows.example.planned.source) == (LARGE, "drawn")


def test_an_intermittent_break_that_only_shrinking_met_has_its_example_all_the_same() -> None:
    rows = Rows((LARGE, "drawn", False), (TINY, "shrink", True), (TINY, "shrink", False))
    assert rows.ruling.intermittent
    assert rows.example.scenario == TINY


def test_chats_in_which_it_could_not_be_tested_are_no_repetition() -> None:
    assert Rows((LARGE, "drawn", True), (LARGE, "shrink", None)).ruling.repeated is None


def test_chats_beside_one_another_are_one_performance() -> None:
    """One of two chats at once shows it, the other cannot: together they showed it each time."""
    pair = [(LARGE, "shrink", True, 5), (LARGE, "shrink", False, 5)]
    ruling = Rows(*pair, *[(*row[:3], 7) for row in pair]).ruling
    assert ruling.repeated == Odds(2, 2)
    assert not ruling.intermittent


# ---- checks ---------------------------------------------------------------------------------------------------------


def test_every_tested_clause_has_one_shipped_check_and_no_check_is_without_a_clause() -> None:
    tested = [c.id for c in load().clauses if c.not_tested is None]
    assert sorted(check.clause for check in shipped()) == sorted(tested)


def test_a_check_quotes_the_words_of_its_clause() -> None:
    assert {check.clause: check.quote for check in shipped()} == {
        c.clause: load().clause(c.clause).quote for c in shipped()
    }


def test_shipped_checks_are_loaded_once() -> None:
    assert shipped() == shipped()
    assert folder().name == "accept"


def test_the_source_of_a_check_can_be_shown() -> None:
    assert 'sequence.arrives(conversation, "NewMessages")' in checks()["history.arrives"].source


def test_a_check_file_that_is_none_is_an_import_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks_room, "folder", lambda _operation: tmp_path)
    monkeypatch.setattr(importlib.util, "spec_from_file_location", lambda *_: None)
    (tmp_path / "test_none.py").touch()
    with pytest.raises(ImportError, match=r"^The check file test_none\.py cannot be loaded\.$"):
        shipped("nothing")


@clause("accept.overview.accepts")
def example(conversation: Conversation) -> None:
    """ "statusCode": 0
    in two lines
    """
    raise Broken("a", f"chat {conversation.chat}")


def test_a_bound_check_hands_itself_to_the_rulings() -> None:
    reported: list[Check] = []

    class Rulings:
        def report(self, check: Check) -> None:
            reported.append(check)

    example(Rulings())
    (check,) = reported
    assert check is vars(example)["check"]
    assert check.clause == "accept.overview.accepts"
    assert check.quote == '"statusCode": 0\nin two lines'
    with pytest.raises(Broken, match="Received: chat 1"):
        check.judge(GOOD.conversation)


def test_pytest_sees_a_bound_check_as_a_test_of_the_fixture_rulings() -> None:
    assert example.__name__ == example.__qualname__ == "example"
    assert example.__module__ == __name__
    assert list(inspect.signature(example).parameters) == ["rulings"]
    assert example.__code__.co_filename == __file__
    assert example.__code__.co_firstlineno == vars(example)["check"].judge.__code__.co_firstlineno


def test_a_check_without_words_quotes_nothing() -> None:
    assert Check("accept.x", lambda _: None).quote == ""
