from __future__ import annotations

import itertools
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.verdict import (
    Ballot,
    Conclusion,
    Need,
    RunVerdict,
    Standing,
    Strength,
    Tally,
    Transport,
    Verdict,
    conclude,
    fold,
    is_stale,
    junit_outcome,
    settle,
    worst,
)

HARNESS, BROKEN, DEVIATION, OPEN, NEVER, KEPT = (
    Verdict.HARNESS_ERROR,
    Verdict.BROKEN,
    Verdict.DEVIATION,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_TESTABLE,
    Verdict.KEPT,
)
NEEDS = ("content", "arrival", "order", "once", "absence")

patiently = settings(deadline=None)
verdicts = st.sampled_from(list(Verdict))
needs = st.sampled_from(NEEDS)
transports = st.builds(Transport, **{field.name: st.booleans() for field in fields(Transport)})
ballots = st.builds(Ballot, verdicts, st.booleans())


# ---- worst ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worse", "better"), list(itertools.combinations([HARNESS, BROKEN, DEVIATION, OPEN, NEVER, KEPT], 2))
)
def test_of_two_verdicts_about_one_chat_the_worse_counts(worse: Verdict, better: Verdict) -> None:
    assert worst([worse, better]) is worst([better, worse]) is worse


@given(st.lists(verdicts), st.lists(verdicts))
@patiently
def test_the_worst_does_not_depend_on_order_grouping_or_repetition(some: list[Verdict], others: list[Verdict]) -> None:
    together = worst([*some, *others])
    assert together is worst([*others, *some, *some])
    if some and others:
        assert together is worst([worst(some), worst(others)])


def test_the_worst_of_nothing_is_not_testable_and_never_kept() -> None:
    assert worst([]) is NEVER


# ---- settle: bayeux.md 1.6, row by row ------------------------------------------------------------------------------

ROWS = {
    "ack, no incident": (Transport(ack=True), BROKEN, BROKEN, BROKEN, BROKEN, KEPT),
    "no ack, quiet, no incident": (Transport(), BROKEN, BROKEN, BROKEN, BROKEN, KEPT),
    "no ack, noisy": (Transport(direct=True), BROKEN, OPEN, BROKEN, BROKEN, KEPT),
    "ack, poll incident, same session": (Transport(ack=True, poll_broken=True), BROKEN, BROKEN, BROKEN, BROKEN, KEPT),
    "no ack, poll incident": (Transport(poll_broken=True), BROKEN, BROKEN, OPEN, BROKEN, OPEN),
    "another session": (Transport(new_session=True), BROKEN, BROKEN, OPEN, OPEN, OPEN),
    "another session, ack": (Transport(ack=True, new_session=True), BROKEN, BROKEN, OPEN, OPEN, OPEN),
    "ack out of order": (Transport(ack=True, repeating=True), BROKEN, OPEN, BROKEN, OPEN, KEPT),
    "noisy, but ack": (Transport(ack=True, direct=True), BROKEN, BROKEN, BROKEN, BROKEN, KEPT),
}
"""Of a break: order inside an array, order across polls, missing, duplicate; of a keep: absence."""


@pytest.mark.parametrize("row", ROWS)
def test_a_break_or_kept_absence_is_settled_as_the_table_says(row: str) -> None:
    transport, inside, across, missing, duplicate, absence = ROWS[row]
    assert settle(BROKEN, "order", transport, within_array=True) is inside
    assert settle(BROKEN, "order", transport) is across
    assert settle(BROKEN, "arrival", transport) is missing
    assert settle(BROKEN, "once", transport) is duplicate
    assert settle(KEPT, "absence", transport) is absence


@given(verdicts, needs, transports, st.booleans())
@patiently
def test_settling_leaves_a_verdict_as_it_is_or_opens_it(
    verdict: Verdict, need: Need, transport: Transport, inside: bool
) -> None:
    settled = settle(verdict, need, transport, within_array=inside)
    assert settled in (verdict, OPEN)
    if verdict not in (BROKEN, KEPT) or need == "content":
        assert settled is verdict
    if verdict is KEPT and need != "absence":
        assert settled is KEPT
    if verdict is BROKEN and need == "absence":
        assert settled is BROKEN


@given(verdicts, needs, transports, transports, st.booleans())
@patiently
def test_more_trouble_never_makes_a_verdict_more_certain(
    verdict: Verdict, need: Need, one: Transport, other: Transport, inside: bool
) -> None:
    more = Transport(
        ack=one.ack and other.ack,
        poll_broken=one.poll_broken or other.poll_broken,
        new_session=one.new_session or other.new_session,
        direct=one.direct or other.direct,
        repeating=one.repeating or other.repeating,
    )
    if settle(verdict, need, one, within_array=inside) is not verdict:
        assert settle(verdict, need, more, within_array=inside) is OPEN
    if settle(verdict, need, one, within_array=True) is not verdict:
        assert settle(verdict, need, one, within_array=False) is OPEN


# ---- fold -----------------------------------------------------------------------------------------------------------


def cast(kept: int = 0, broken: int = 0, inconclusive: int = 0, never: int = 0) -> list[Ballot]:
    counted = ((KEPT, kept), (BROKEN, broken), (OPEN, inconclusive), (NEVER, never))
    return [Ballot(verdict) for verdict, times in counted for _ in range(times)]


@given(st.lists(ballots, max_size=30), st.randoms(use_true_random=False), st.booleans())
@patiently
def test_the_order_of_the_chats_does_not_matter(votes: list[Ballot], random: Random, declared: bool) -> None:
    shuffled = list(votes)
    random.shuffle(shuffled)
    assert fold(shuffled, declared=declared) == fold(votes, declared=declared)


@given(st.lists(ballots, max_size=30), st.booleans())
@patiently
def test_one_broken_chat_breaks_the_clause_whatever_the_others_say(votes: list[Ballot], declared: bool) -> None:
    others = [vote for vote in votes if vote.verdict is not HARNESS]
    tally = fold([*others, Ballot(BROKEN)], declared=declared)
    assert tally.verdict is (DEVIATION if declared else BROKEN)


@given(st.lists(ballots, max_size=30), st.booleans())
@patiently
def test_an_error_of_ours_is_never_the_vendors_break(votes: list[Ballot], declared: bool) -> None:
    assert fold([*votes, Ballot(HARNESS)], declared=declared).verdict is HARNESS


@given(st.lists(ballots, max_size=30))
@patiently
def test_a_clause_is_kept_only_if_a_chat_kept_it(votes: list[Ballot]) -> None:
    tally = fold(votes)
    found = {vote.verdict for vote in votes}
    if tally.verdict is KEPT:
        assert KEPT in found
    assert (tally.verdict is BROKEN) == (BROKEN in found and HARNESS not in found)
    assert tally.verdict in found | {NEVER}
    if tally.verdict is NEVER:
        assert found <= {NEVER, DEVIATION}


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
@patiently
def test_a_tally_counts_every_chat(kept: int, broken: int, inconclusive: int, never: int) -> None:
    tally = fold(cast(kept, broken, inconclusive, never))
    assert (tally.kept, tally.broken, tally.inconclusive, tally.not_testable) == (kept, broken, inconclusive, never)


@pytest.mark.parametrize(
    ("kept", "inconclusive", "verdict"),
    [
        (0, 0, NEVER),
        (1, 0, KEPT),
        (0, 1, OPEN),
        (0, 2, OPEN),
        (1, 1, KEPT),
        (1, 2, OPEN),
        (18, 2, OPEN),  # 2 of 20 are more than one, and more than 5 %
        (37, 2, OPEN),  # 5 % of 39 are 1.95
        (38, 2, KEPT),  # 5 % of 40 are 2
        (57, 3, KEPT),
        (56, 3, OPEN),
    ],
)
def test_one_chat_or_five_percent_may_be_inconclusive(kept: int, inconclusive: int, verdict: Verdict) -> None:
    assert fold(cast(kept=kept, inconclusive=inconclusive)).verdict is verdict


def test_chats_in_which_nothing_could_be_tested_do_not_dilute_the_inconclusive_ones() -> None:
    assert fold(cast(kept=18, inconclusive=2, never=1000)).verdict is OPEN
    assert fold(cast(never=1000)).verdict is NEVER


@pytest.mark.parametrize(
    ("votes", "exotic"),
    [
        ([Ballot(BROKEN, ordinary=False)], True),
        ([Ballot(BROKEN, ordinary=False), Ballot(KEPT)], True),
        ([Ballot(BROKEN, ordinary=False), Ballot(BROKEN)], False),
        ([Ballot(KEPT, ordinary=False)], False),
        ([Ballot(BROKEN), Ballot(KEPT, ordinary=False)], False),
        ([], False),
    ],
)
def test_a_break_is_exotic_only_if_no_ordinary_chat_broke(votes: list[Ballot], exotic: bool) -> None:
    assert fold(votes).exotic_only is exotic


def test_a_declared_deviation_that_does_not_show_is_kept() -> None:
    assert fold(cast(kept=3), declared=True).verdict is KEPT


def test_a_declared_break_in_exotic_chats_only_is_a_deviation() -> None:
    assert fold([Ballot(BROKEN, ordinary=False), Ballot(KEPT)], declared=True).verdict is DEVIATION


# ---- out of date ----------------------------------------------------------------------------------------------------

OBLIGED = {"declared": True, "intermittent": False, "whole": True}


def test_a_declaration_is_out_of_date_if_a_whole_run_kept_the_clause() -> None:
    assert is_stale(Tally(KEPT, kept=1), **OBLIGED)


@pytest.mark.parametrize("change", [{"declared": False}, {"intermittent": True}, {"whole": False}], ids=str)
def test_what_was_not_declared_comes_and_goes_or_could_not_be_known_is_not_out_of_date(change: dict[str, bool]) -> None:
    assert not is_stale(Tally(KEPT, kept=1), **{**OBLIGED, **change})


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not KEPT])
def test_only_of_a_kept_clause_a_declaration_is_out_of_date(verdict: Verdict) -> None:
    assert not is_stale(Tally(verdict, kept=1), **OBLIGED)


def test_one_inconclusive_chat_may_hide_the_declared_break() -> None:
    tally = fold(cast(kept=20, inconclusive=1), declared=True)
    assert tally.verdict is KEPT
    assert not is_stale(tally, **OBLIGED)


# ---- conclude -------------------------------------------------------------------------------------------------------

GOOD = Standing(KEPT, "stated")
STALE = Standing(KEPT, "stated", stale=True)


def ended(*standings: Standing, **settings_: Any) -> Conclusion:
    return conclude(standings, **{"complete": True, "enough": True, **settings_})


CASES: dict[str, tuple[list[Standing], dict[str, bool], RunVerdict, int]] = {
    "everything kept": ([GOOD], {}, "conformant", 0),
    "a stated clause broken": ([GOOD, Standing(BROKEN, "stated")], {}, "not conformant", 1),
    "a shown clause broken": ([GOOD, Standing(BROKEN, "shown")], {}, "not conformant", 1),
    "a linked clause broken": ([GOOD, Standing(BROKEN, "linked")], {}, "not conformant", 1),
    "an inferred clause broken": ([GOOD, Standing(BROKEN, "inferred")], {}, "conformant", 0),
    "an inferred clause broken, strict": ([GOOD, Standing(BROKEN, "inferred")], {"strict": True}, "not conformant", 1),
    "broken in exotic chats only": ([GOOD, Standing(BROKEN, "stated", exotic_only=True)], {}, "conformant", 0),
    "exotic, strict": ([GOOD, Standing(BROKEN, "stated", True)], {"strict": True}, "not conformant", 1),
    "a declared deviation": ([GOOD, Standing(DEVIATION, "stated")], {}, "conformant", 0),
    "a declared deviation, strict": ([GOOD, Standing(DEVIATION, "stated")], {"strict": True}, "conformant", 0),
    "inconclusive": ([GOOD, Standing(OPEN, "stated")], {}, "inconclusive", 2),
    "an inferred clause inconclusive": ([GOOD, Standing(OPEN, "inferred")], {}, "conformant", 0),
    "not testable": ([GOOD, Standing(NEVER, "linked")], {}, "inconclusive", 2),
    "not testable, inferred": ([GOOD, Standing(NEVER, "inferred")], {}, "conformant", 0),
    "not testable for want of something optional": (
        [GOOD, Standing(NEVER, "linked", False, True)],
        {},
        "conformant",
        0,
    ),
    "inconclusive though something optional lacks": (
        [GOOD, Standing(OPEN, "linked", False, True)],
        {},
        "inconclusive",
        2,
    ),
    "cut short": ([GOOD], {"complete": False}, "inconclusive", 2),
    "too few chats": ([GOOD], {"enough": False}, "inconclusive", 2),
    "cut short after a break": (
        [Standing(BROKEN, "stated")],
        {"complete": False, "enough": False},
        "not conformant",
        1,
    ),
    "a break and an inconclusive clause": (
        [Standing(OPEN, "stated"), Standing(BROKEN, "shown")],
        {},
        "not conformant",
        1,
    ),
    "cut short after an advisory break": ([GOOD, Standing(BROKEN, "inferred")], {"complete": False}, "inconclusive", 2),
    "an error of ours": ([Standing(BROKEN, "stated"), Standing(HARNESS, "inferred")], {}, "harness error", 3),
    "the campaign crashed": ([Standing(BROKEN, "stated")], {"harness_error": True}, "harness error", 3),
    "an error of ours, filtered": ([GOOD], {"harness_error": True, "filtered": True}, "harness error", 3),
    "filtered and kept": ([GOOD], {"filtered": True}, "partial", 0),
    "filtered and broken": ([Standing(BROKEN, "stated")], {"filtered": True}, "partial", 1),
    "filtered and inconclusive": ([Standing(OPEN, "stated")], {"filtered": True}, "partial", 2),
    "given and kept": ([GOOD], {"given": True}, "partial", 0),
    "given, what they do not bring about not testable": (
        [GOOD, Standing(NEVER, "stated"), Standing(NEVER, "linked")],
        {"given": True},
        "partial",
        0,
    ),
    "given and broken": ([GOOD, Standing(NEVER, "stated"), Standing(BROKEN, "shown")], {"given": True}, "partial", 1),
    "given and inconclusive": ([GOOD, Standing(OPEN, "stated")], {"given": True}, "partial", 2),
    "given, nothing testable": ([Standing(NEVER, "stated")], {"given": True}, "partial", 2),
    "given, nothing but an advisory break": ([Standing(BROKEN, "inferred")], {"given": True}, "partial", 0),
    "given and cut short": ([GOOD], {"given": True, "complete": False}, "partial", 2),
    "given, not all performed": ([GOOD], {"given": True, "enough": False}, "partial", 2),
    "an error of ours, given": ([GOOD], {"given": True, "harness_error": True}, "harness error", 3),
    "out of date": ([GOOD, STALE], {}, "deviations out of date", 4),
    "out of date, strict": ([GOOD, STALE], {"strict": True}, "deviations out of date", 4),
    "an advisory declaration out of date": (
        [GOOD, replace(STALE, strength="inferred")],
        {},
        "deviations out of date",
        4,
    ),
    "out of date beside a deviation": ([STALE, Standing(DEVIATION, "stated")], {}, "deviations out of date", 4),
    "out of date beside an advisory break": ([STALE, Standing(BROKEN, "inferred")], {}, "deviations out of date", 4),
    "out of date beside a break": ([STALE, Standing(BROKEN, "stated")], {}, "not conformant", 1),
    "out of date beside an inconclusive clause": ([STALE, Standing(OPEN, "stated")], {}, "inconclusive", 2),
    "out of date beside an error of ours": ([STALE, Standing(HARNESS, "stated")], {}, "harness error", 3),
    "out of date, filtered": ([STALE], {"filtered": True}, "partial", 4),
    "nothing judged": ([], {}, "inconclusive", 2),
    "nothing but what is optional": ([Standing(NEVER, "linked", False, True)], {}, "inconclusive", 2),
    "nothing but inferred, none testable": ([Standing(NEVER, "inferred")], {}, "inconclusive", 2),
}


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_of_a_run_and_its_exit_status(case: str) -> None:
    standings, how, verdict, status = CASES[case]
    assert ended(*standings, **how) == Conclusion(verdict, status)


strengths = st.sampled_from(["stated", "shown", "linked", "inferred"])
standings = st.builds(Standing, verdicts, strengths, st.booleans(), st.booleans(), st.booleans())


@given(st.lists(standings, max_size=12), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
@patiently
def test_the_exit_status_follows_the_design(
    found: list[Standing], complete: bool, enough: bool, strict: bool, filtered: bool, crashed: bool
) -> None:
    how = {"complete": complete, "enough": enough, "strict": strict, "filtered": filtered, "harness_error": crashed}
    conclusion = ended(*found, **how)
    binding = [one for one in found if one.strength != "inferred"]
    if crashed or HARNESS in {one.verdict for one in found}:
        assert conclusion.status == 3
    elif any(one.verdict is BROKEN and not one.exotic_only for one in binding):
        assert conclusion.status == 1
    if conclusion.status == 4:
        assert any(one.stale for one in found)
    if conclusion.status == 0:
        assert not any(one.stale for one in found)
    if conclusion.status in (0, 4):
        assert complete
        assert enough
        assert not any(one.verdict is OPEN for one in binding)
        assert all(one.lacks_something_optional for one in binding if one.verdict is NEVER)
    assert (conclusion.verdict == "partial") == (filtered and conclusion.status != 3)
    assert conclusion.verdict != "conformant" or conclusion.status == 0
    assert conclusion.verdict != "deviations out of date" or conclusion.status == 4


@given(st.lists(standings, max_size=8), st.booleans(), st.booleans())
@patiently
def test_strict_never_makes_a_run_better(found: list[Standing], complete: bool, enough: bool) -> None:
    good = [3, 1, 2, 4, 0]
    easy = ended(*found, complete=complete, enough=enough)
    strict = ended(*found, complete=complete, enough=enough, strict=True)
    assert good.index(strict.status) <= good.index(easy.status)


@pytest.mark.parametrize("found", [[Standing(BROKEN, "inferred")], [Standing(DEVIATION, "stated")]], ids=str)
def test_a_run_in_which_nothing_was_kept_is_never_conformant(found: list[Standing]) -> None:
    assert ended(*found).status != 0


@pytest.mark.parametrize(
    ("strength", "exotic", "advisory"),
    [("stated", False, False), ("stated", True, True), ("inferred", False, True), ("shown", False, False)],
)
def test_a_break_is_advisory_if_we_inferred_it_or_only_exotic_chats_show_it(
    strength: Strength, exotic: bool, advisory: bool
) -> None:
    assert Standing(BROKEN, strength, exotic_only=exotic).advisory is advisory
    assert replace(GOOD, strength=strength, exotic_only=exotic).advisory is advisory


# ---- JUnit ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "advisory", "outcome"),
    [
        (KEPT, False, "passed"),
        (KEPT, True, "passed"),
        (BROKEN, False, "failure"),
        (BROKEN, True, "passed"),
        (DEVIATION, False, "skipped"),
        (DEVIATION, True, "skipped"),
        (NEVER, False, "skipped"),
        (NEVER, True, "skipped"),
        (OPEN, False, "error"),
        (OPEN, True, "error"),
        (HARNESS, False, "error"),
        (HARNESS, True, "error"),
    ],
)
def test_how_junit_shows_a_verdict(verdict: Verdict, advisory: bool, outcome: str) -> None:
    assert junit_outcome(verdict, advisory=advisory) == outcome


@pytest.mark.parametrize("advisory", [False, True])
def test_a_clause_whose_declaration_is_out_of_date_does_not_pass(advisory: bool) -> None:
    assert junit_outcome(KEPT, advisory=advisory, stale=True) == "error"
