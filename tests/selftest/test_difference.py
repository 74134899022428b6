"""What changed between two runs: which clause turned, how often it breaks, how long it takes."""

from __future__ import annotations

from typing import Any

import pytest

from gws_contract.report.difference import Turn, compare
from gws_contract.report.readback import Certificate

from .filing import ARRIVES, INFERRED, ORDER, broke, certificate_of, filed, not_asked, says, timed

GOOD = certificate_of()
LATER = "2026-11-25T02:00:00+00:00"
DECLARED = {
    "clause": ORDER, "reason": "known", "ticket": "GWS-1", "expires": "2027-01-01",
    "intermittent": False, "expired": False, "stale": False,
}  # fmt: skip


def turns(old: Certificate, new: Certificate) -> list[tuple[str, Turn]]:
    return [(each.clause, each.turn) for each in compare(old, new).turned]


def test_two_runs_alike_differ_in_nothing() -> None:
    found = compare(GOOD, certificate_of(started=LATER))
    assert (found.turned, found.odds, found.paces, found.circumstances) == ((), (), (), ())
    assert (found.status, found.essence) == (0, "Nothing newly broken; what was found is the same.")


@pytest.mark.parametrize(
    ("old", "new", "turn", "status"),
    [
        (says("kept"), broke(), Turn.BROKEN, 1),
        (says("inconclusive"), broke(), Turn.BROKEN, 1),
        (says("not testable"), broke(), Turn.BROKEN, 1),
        (not_asked(), broke(), Turn.BROKEN, 1),
        (broke(verdict="deviation"), broke(), Turn.BROKEN, 1),
        (broke(advisory=True), broke(), Turn.BROKEN, 1),
        (broke(tested=False), broke(), Turn.BROKEN, 1),
        (broke(), broke(), None, 0),
        (broke(), broke(advisory=True), Turn.LESSER, 0),
        (says("kept"), broke(advisory=True), Turn.ADVISORY, 0),
        (broke(advisory=True), broke(advisory=True), None, 0),
        (says("kept"), broke(verdict="deviation"), Turn.DECLARED, 0),
        (broke(), broke(verdict="deviation"), Turn.DECLARED, 0),
        (broke(), says("kept"), Turn.KEPT, 0),
        (broke(advisory=True), says("kept"), Turn.KEPT, 0),
        (broke(verdict="deviation"), says("kept"), Turn.KEPT, 0),
        (says("inconclusive"), says("kept"), Turn.DECIDED, 0),
        (not_asked(), says("kept"), Turn.DECIDED, 0),
        (says("kept"), says("inconclusive"), Turn.INCONCLUSIVE, 0),
        (says("kept"), says("not testable"), Turn.UNTESTED, 0),
        (broke(), not_asked(), Turn.UNTESTED, 0),
        (not_asked(), says("not testable"), None, 0),
        (says("not testable"), not_asked(), Turn.UNTESTED, 0),
        (says("kept"), says("harness error"), Turn.HARNESS_ERROR, 0),
    ],
)
def test_a_clause_turns(old: dict[str, Any], new: dict[str, Any], turn: Turn | None, status: int) -> None:
    earlier, later = certificate_of(old), certificate_of(new, started=LATER)
    assert turns(earlier, later) == ([(ORDER, turn)] if turn else [])
    assert compare(earlier, later).status == status


def test_an_advisory_break_is_newly_broken_where_the_new_run_is_strict() -> None:
    new = certificate_of(broke(INFERRED, advisory=True), strict=True)
    assert turns(GOOD, new) == [(INFERRED, Turn.BROKEN)]


def test_a_break_is_not_new_because_it_is_judged_more_strictly() -> None:
    old, new = (certificate_of(broke(INFERRED, advisory=True), strict=strict) for strict in (False, True))
    assert compare(old, new).status == 0
    assert [each.what for each in compare(old, new).circumstances] == ["advisory breaks"]


def test_clauses_of_another_contract_are_compared_where_both_have_them() -> None:
    other = filed(broke(ARRIVES), started=LATER)
    other["contract"]["digest"] = "f" * 64
    row = next(row for row in other["clauses"] if row["id"] == ORDER)
    row["id"] = "accept.notifications.sequence"
    new = certificate_of(**other)
    assert turns(GOOD, new) == [
        (ARRIVES, Turn.BROKEN),
        (ORDER, Turn.GONE),
        ("accept.notifications.sequence", Turn.NEW),
    ]
    assert [each.what for each in compare(GOOD, new).circumstances] == ["contract"]


def test_a_clause_that_the_old_contract_did_not_have_is_newly_broken() -> None:
    other = filed(started=LATER)
    row = next(row for row in other["clauses"] if row["id"] == ORDER)
    row.update(broke("accept.brand-new"))
    assert turns(GOOD, certificate_of(**other))[0] == ("accept.brand-new", Turn.BROKEN)


def test_the_worst_comes_first_and_stands_in_the_essence() -> None:
    old = certificate_of(broke(INFERRED), says("inconclusive", "accept.overview.accepts"))
    new = certificate_of(broke(), broke(ARRIVES), started=LATER)
    found = compare(old, new)
    assert [each.turn for each in found.turned] == [Turn.BROKEN, Turn.BROKEN, Turn.KEPT, Turn.DECIDED]
    assert found.essence == "2 clauses newly broken; 1 newly kept; 1 kept, not decided before."


# ---- what cannot be compared ----------------------------------------------------------------------------------------


def other_operation() -> Certificate:
    data = filed()
    data["contract"]["title"] = "Reject"
    return certificate_of(**data)


def nothing_decided(**members: Any) -> Certificate:
    data = filed(**members)
    for row in data["clauses"]:
        row["verdict"] = "not testable"
    return certificate_of(**data)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (GOOD, other_operation(), "the old run is about Accept, the new one about Reject"),
        (GOOD, certificate_of(broke(), exit_status=3), "the new run ended with an error of the suite"),
        (certificate_of(exit_status=3), GOOD, "the old run ended with an error of the suite"),
        (nothing_decided(), certificate_of(broke()), "the old run decided nothing (conformant)"),
        (GOOD, nothing_decided(verdict="inconclusive", exit_status=2), "the new run decided nothing (inconclusive)"),
    ],
)
def test_what_cannot_be_compared_is_not(old: Certificate, new: Certificate, why: str) -> None:
    found = compare(old, new)
    assert (found.status, found.turned, found.essence) == (2, (), f"Not comparable: {why}.")


def test_two_runs_about_different_clauses_cannot_be_compared() -> None:
    def only(clause: str) -> Certificate:
        data = filed(only=[clause], verdict="partial")
        for row in data["clauses"]:
            row["tested"] = row["id"] == clause
        return certificate_of(**data)

    assert compare(only(ORDER), only(ARRIVES)).essence == "Not comparable: the two runs judged no clause in common."
    assert compare(only(ORDER), only(ORDER)).status == 0


def test_an_incomplete_run_does_not_say_that_nothing_is_newly_broken() -> None:
    new = certificate_of(says("inconclusive"), verdict="inconclusive", exit_status=2)
    found = compare(GOOD, new)
    assert found.status == 2
    assert found.essence == (
        "Not known whether anything is newly broken: the new run is inconclusive; 1 newly inconclusive."
    )


def test_a_break_that_an_incomplete_run_found_is_newly_broken() -> None:
    found = compare(GOOD, certificate_of(broke(), verdict="inconclusive", exit_status=2))
    assert found.status == 1
    assert found.essence == "1 clause newly broken (perhaps more: the new run is inconclusive)."


def test_a_part_does_not_hide_what_it_was_not_asked() -> None:
    found = compare(GOOD, certificate_of(not_asked(), only=[ARRIVES], verdict="partial"))
    assert found.status == 2
    assert "the new run is a part only and leaves 1 clause open that the old one had decided" in found.essence


def test_what_a_whole_run_could_not_test_for_want_of_something_optional_hides_nothing() -> None:
    assert compare(GOOD, certificate_of(says("not testable"))).status == 0


# ---- odds -----------------------------------------------------------------------------------------------------------


def test_odds_that_chance_does_not_explain_have_changed() -> None:
    found = compare(certificate_of(broke(broken=2, chats=200)), certificate_of(broke(broken=20, chats=200)))
    (shifted,) = found.odds
    assert (shifted.clause, shifted.more, found.turned) == (ORDER, True, ())
    assert shifted.p < 0.001
    assert found.essence == "Nothing newly broken; 1 broken more often."


def test_odds_that_shrank_are_told_too() -> None:
    found = compare(certificate_of(broke(broken=20, chats=200)), certificate_of(broke(broken=2, chats=200)))
    assert [each.more for each in found.odds] == [False]
    assert found.essence == "Nothing newly broken; 1 broken less often."


def test_odds_that_chance_explains_have_not_changed() -> None:
    assert compare(certificate_of(broke(broken=2)), certificate_of(broke(broken=5))).odds == ()


def test_a_clause_that_newly_breaks_now_and_then_carries_how_likely_that_is_chance() -> None:
    (turned,) = compare(GOOD, certificate_of(broke(broken=1))).turned
    assert turned.p == pytest.approx(1.0)


def test_where_no_drawn_chat_counts_there_are_no_odds() -> None:
    (turned,) = compare(GOOD, certificate_of(broke(by_source={"misuse": {"broken": 1, "chats": 1}}))).turned
    assert turned.p is None


# ---- how long it takes ----------------------------------------------------------------------------------------------


def paced(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, bool]]:
    latencies = filed()["latencies"]
    old, new = (certificate_of(latencies=latencies | {"StatusChange": row}) for row in (one, other))
    return [(each.what, each.slower) for each in compare(old, new).paces]


def test_a_median_a_quarter_slower_outside_both_quartile_ranges_is_slower() -> None:
    assert paced(timed(0.1), timed(0.13)) == [("StatusChange", True)]
    assert paced(timed(0.13), timed(0.1)) == [("StatusChange", False)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (timed(0.1), timed(0.124)),  # not by a quarter
        (timed(0.1, 0.4), timed(0.13, 0.01)),  # within the old quartiles
        (timed(0.1, 0.01), timed(0.13, 0.4)),  # the old median within the new ones
        (timed(0.1), timed(0.2, chats=4)),  # too few chats
        (timed(0.1), {"chats": 0, "quantiles": []}),
        (timed(0.0), timed(0.0)),
    ],
)
def test_anything_less_is_not_slower(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert paced(old, new) == []


def test_what_is_slower_harms_nothing() -> None:
    latencies = filed()["latencies"]
    old, new = (certificate_of(latencies=latencies | {"response": timed(t)}) for t in (0.1, 0.3))
    assert (compare(old, new).status, compare(old, new).essence) == (0, "Nothing newly broken; slower: response.")


# ---- what else differs ----------------------------------------------------------------------------------------------


def test_circumstances_are_told() -> None:
    other = filed(suite="9.9", depth="certify", seed=7, scenarios="a" * 64, deviations=[DECLARED], started=LATER)
    other["target"] |= {"name": "another server", "version": "8.6"}
    told = {each.what: (each.old, each.new) for each in compare(GOOD, certificate_of(**other)).circumstances}
    assert told["server"] == ("a server", "another server")
    assert told["suite"][1] == "9.9"
    assert told["depth"] == ("quick", "certify")
    assert told["chats"][1] == "those of the release (aaaaaaaaaaaa)"
    assert told[f"deviation from {ORDER}"] == ("not declared", "GWS-1, until 2027-01-01")


def test_a_declaration_that_is_gone_is_told() -> None:
    (told,) = compare(certificate_of(deviations=[DECLARED]), certificate_of()).circumstances
    assert (told.old, told.new) == ("GWS-1, until 2027-01-01", "not declared")


def test_the_random_seeds_of_two_nights_are_no_news() -> None:
    old, new = (certificate_of(depth="nightly", seed=seed) for seed in (1, 2))
    assert compare(old, new).circumstances == ()


def test_runs_in_the_wrong_order_are_told() -> None:
    assert "earlier" in compare(certificate_of(started=LATER), GOOD).circumstances[0].what
