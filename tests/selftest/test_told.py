"""What reports say in cases that are rare: of plans, of clauses that nobody asked about, of circumstances."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.check import shipped
from gws_contract.judge.roll import Found
from gws_contract.report import difference_shown, text
from gws_contract.report.difference import compare
from gws_contract.report.folio import Row
from gws_contract.report.narrative import in_one_sentence
from gws_contract.report.readback import ReadbackError, parse
from gws_contract.scenario import Depart, Outage, Say, Scenario
from gws_contract.verdict import Verdict, junit_outcome

from .conversations import PLAIN, performed
from .dockets import declared, judged, turned
from .filing import ORDER, broke, certificate_of, filed, not_asked, says

GOOD = performed(PLAIN)
KNOWN = {
    "clause": ORDER, "reason": "known", "ticket": "GWS-1", "expires": "2027-01-01",
    "intermittent": False, "expired": False, "stale": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario("P", "A", user_data={"Case": 3}), 'user data {"Case": 3}; agent accepts as "A"'),
        (
            Scenario("P", "A", (Outage("observer"),)),
            'the agent\'s CometD session is begun anew; agent accepts as "A"',
        ),
        (Scenario("P", "A", (Depart(),)), "; the customer leaves, and the agent accepts nevertheless"),
        (Scenario("P", "A", accept_again=True), 'agent accepts as "A"; the agent accepts again'),
        (Scenario("P", "A", spelling="escaped"), 'agent accepts as "A" in JSON that is escaped'),
        (Scenario("P", "A", during=(Say("x"),)), 'agent accepts as "A"; meanwhile the customer says "x"'),
        (Scenario("P", "A", during=(Depart(),)), 'agent accepts as "A"; meanwhile the customer leaves'),
        (Scenario("P", "A", reply="Hello"), 'agent accepts as "A"; the agent says "Hello"'),
        (Scenario("P", "A", after=(Say("y"),)), 'agent accepts as "A"; then the customer says "y"'),
    ],
)
def test_every_part_of_a_plan_is_in_its_sentence(scenario: Scenario, words: str) -> None:
    assert in_one_sentence(scenario).endswith(words)


def test_a_declaration_that_both_runs_know_is_no_circumstance() -> None:
    both = certificate_of(deviations=[KNOWN]), certificate_of(deviations=[KNOWN])
    assert compare(*both).circumstances == ()


def test_a_clause_that_is_open_now_is_told_with_its_reason() -> None:
    found = compare(certificate_of(says("kept")), certificate_of(says("inconclusive", reason="the poll broke")))
    assert "the poll broke" in difference_shown.as_text(found)


def test_of_a_clause_that_the_old_run_was_not_asked_about_there_is_one_side() -> None:
    found = compare(certificate_of(not_asked()), certificate_of(broke()))
    (turn,) = difference_shown.as_json(found)["clauses"]
    assert turn["new"]["verdict"] == "broken"


def test_how_often_it_broke_is_said_of_other_chats_if_no_drawn_one_shows_it() -> None:
    odds = {"drawn": {"broken": 0, "chats": 20}, "misuse": {"broken": 2, "chats": 3}}
    (data,) = [row for row in filed(broke(by_source=odds))["clauses"] if row["id"] == ORDER]
    assert Row(data, None).often.startswith("in 2 of 3 chats ")
    odds["drawn"]["broken"] = 1
    (data,) = [row for row in filed(broke(by_source=odds))["clauses"] if row["id"] == ORDER]
    assert Row(data, None).often == "in 1 of 20 chats"


def test_a_certificate_of_more_clauses_than_any_contract_has_is_none() -> None:
    data = filed()
    (first, *_) = data["clauses"]
    data["clauses"] = [{**first, "id": f"accept.made-up.{number}"} for number in range(20_000)]
    with pytest.raises(ReadbackError, match=r"^has 20,000 clauses$"):
        parse(data)


def test_a_declared_break_is_told_where_no_chat_shows_it() -> None:
    docket = judged(turned(GOOD), header=declared())
    (ruling,) = [one for one in docket.rulings if one.clause.id == ORDER]
    assert "Documented: " in text.deviation(ruling, docket)
    told = text.deviation(replace(ruling, example=None), docket)
    assert "declared: " in told
    assert "Documented: " not in told


def test_of_very_many_reasons_the_first_are_counted() -> None:
    found = Found()
    for number in range(1100):
        found.reason(Verdict.NOT_TESTABLE, f"reason {number}")
    found.reason(Verdict.NOT_TESTABLE, "reason 3", 5)
    counted = found.reasons[Verdict.NOT_TESTABLE]
    assert (len(counted), counted["reason 3"], counted["reason 1050"]) == (1000, 6, 0)


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.KEPT, "passed"),
        (Verdict.BROKEN, "failure"),
        (Verdict.DEVIATION, "skipped"),
        (Verdict.NOT_TESTABLE, "skipped"),
        (Verdict.INCONCLUSIVE, "error"),
        (Verdict.HARNESS_ERROR, "error"),
    ],
)
def test_every_verdict_has_an_outcome_in_junit(verdict: Verdict, outcome: str) -> None:
    assert junit_outcome(verdict, advisory=False) == outcome


def test_every_shipped_check_names_its_clause() -> None:
    assert len({check.clause for check in shipped()}) == len(shipped())
