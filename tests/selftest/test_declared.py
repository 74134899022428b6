"""What a vendor declared, and what becomes of it in the docket and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gws_contract.check import shipped
from gws_contract.contract import load
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.report import certificate
from gws_contract.report.docket import judge_evidence
from gws_contract.report.text import summary
from gws_contract.verdict import Conclusion, Verdict

from .conversations import (
    FOOTER,
    HEADER,
    PEOPLE,
)
from .dockets import ruling_of
from .reported import (
    ARRIVES,
    DAY,
    FLOOR,
    GOOD,
    KNOWN,
    ORDER,
    STARTED,
    TURNED,
    corpus,
    declaring,
    is_accepted,
    whole_journal,
)

WORDS = "The participants come first until release 9. (GWS-1234, until 2026-01-02)"


def test_a_declared_break_leaves_a_run_conformant_and_is_counted_in_the_headline() -> None:
    found = declaring(KNOWN, TURNED)
    tested = len(shipped())
    assert found.conclusion == Conclusion("conformant", 0)
    assert ruling_of(found, ORDER).tally.verdict is Verdict.DEVIATION
    assert found.headline == (
        f"a server: conformant ({tested - 1} of {tested} clauses kept in {FLOOR + 1} chats; 1 declared deviation)"
    )


def test_a_declared_break_leaves_an_undeclared_one_what_it_is() -> None:
    found = declaring(KNOWN, TURNED, GOOD.dropping(PEOPLE))
    assert found.conclusion == Conclusion("not conformant", 1)
    assert found.headline == (f"a server: not conformant (1 clause broken in {FLOOR + 2} chats; 1 declared deviation)")


def test_what_is_kept_again_is_out_of_date() -> None:
    found = declaring(KNOWN)
    tested = len(shipped())
    assert found.conclusion == Conclusion("deviations out of date", 4)
    assert found.headline == (
        f"a server: deviations out of date ({tested} of {tested} clauses kept in {FLOOR} chats;"
        f" deviations file out of date: {ORDER} is kept)"
    )


@pytest.mark.parametrize(("days", "status"), [(0, 0), (1, 1)])
def test_a_declaration_counts_on_its_last_day_and_no_longer(days: int, status: int) -> None:
    found = declaring(replace(KNOWN, expires=STARTED - days * DAY), TURNED)
    assert found.conclusion.status == status
    assert (f"expired: the deviation from {ORDER}" in found.headline) is (status == 1)


def test_an_expired_declaration_is_not_out_of_date() -> None:
    found = declaring(replace(KNOWN, expires=STARTED - DAY))
    assert found.conclusion == Conclusion("conformant", 0)
    assert found.headline.endswith(f"; expired: the deviation from {ORDER})")


def test_what_comes_and_goes_may_be_kept() -> None:
    assert declaring(replace(KNOWN, intermittent=True)).conclusion == Conclusion("conformant", 0)


@pytest.mark.parametrize(
    "how", [{"floor": FLOOR + 1}, {"given": True}, {"only": (ARRIVES,)}], ids=["too few", "given", "not asked for"]
)
def test_what_a_run_could_not_know_is_not_out_of_date(how: dict[str, Any]) -> None:
    found = declaring(KNOWN, **how)
    assert found.stale == frozenset()
    assert found.conclusion.status != 4


def test_a_run_that_was_asked_about_the_declared_clause_knows_that_it_is_out_of_date() -> None:
    assert declaring(KNOWN, only=(ORDER,)).conclusion == Conclusion("partial", 4)


def test_in_an_incomplete_run_nothing_is_out_of_date() -> None:
    header = replace(HEADER, deviations=(to_data(KNOWN),))
    records = whole_journal(footer=replace(FOOTER, ended="interrupted"))
    found = judge_evidence(assemble((header, *records[1:])), shipped(), floor=FLOOR)
    assert (found.conclusion.status, found.stale) == (2, frozenset())


def test_many_clauses_out_of_date_are_not_all_named_in_the_headline() -> None:
    names = [clause.id for clause in load().clauses if clause.not_tested is None][:5]
    found = judge_evidence(
        assemble(
            (replace(HEADER, deviations=tuple(to_data(replace(KNOWN, clause=n)) for n in names)), *whole_journal()[1:])
        ),
        shipped(),
        floor=FLOOR,
    )
    assert f"out of date: {', '.join(names[:3])} and 2 more are kept" in found.headline


def test_the_summary_shows_a_declared_break_in_short() -> None:
    text = summary(declaring(KNOWN, TURNED, again="gws-contract certify --mock --scenario out/"))
    counted = sum(map(is_accepted, corpus()[:FLOOR])) + 1
    head, *block = text.partition("DEVIATION ")[2].partition("\n\n")[0].splitlines()
    assert head.split() == [ORDER, "(shown)", "in", "1", "of", str(counted), "chats"]
    assert block == [
        f"  declared: {WORDS}",
        "  Documented: StatusChange, ParticipantsUpdated, NewMessages",
        "  Received:   ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)",
        f"  chat {len(corpus()) + 1} of the journal",
        f"  again: gws-contract certify --mock --scenario out/{ORDER}.json",
    ]
    assert "BROKEN" not in text


def test_the_summary_says_what_is_out_of_date_and_what_to_do() -> None:
    assert (
        "\ndeviations file out of date:\n"
        f"  {ORDER} (shown): it is kept; remove its entry, or let it say intermittent = true: {WORDS}\n"
    ) in summary(declaring(KNOWN))


def test_the_summary_says_what_expired() -> None:
    over = replace(KNOWN, expires=STARTED - DAY)
    assert f"\ndeviations expired:\n  {ORDER}: {over}\n" in summary(declaring(over, TURNED))


def test_a_certificate_lists_what_was_declared_and_shows_it_with_its_clause() -> None:
    found = certificate.certificate(declaring(replace(KNOWN, intermittent=True), TURNED))
    entry = {
        "clause": ORDER,
        "reason": KNOWN.reason,
        "ticket": "GWS-1234",
        "expires": "2026-01-02",
        "intermittent": True,
        "expired": False,
        "stale": False,
    }
    rows = {row["id"]: row for row in found["clauses"]}
    assert found["deviations"] == [entry]
    assert (rows[ORDER]["verdict"], rows[ORDER]["deviation"]) == ("deviation", entry)
    assert rows[ORDER]["first_counter_example"]["received"].startswith("ParticipantsUpdated")
    assert {row["deviation"] for row in rows.values() if row["id"] != ORDER} == {None}


@pytest.mark.parametrize(
    ("deviation", "expired", "stale"),
    [(KNOWN, False, True), (replace(KNOWN, expires=STARTED - DAY), True, False)],
    ids=["out of date", "expired"],
)
def test_a_certificate_says_what_became_of_a_declaration(deviation: Deviation, expired: bool, stale: bool) -> None:
    (entry,) = certificate.certificate(declaring(deviation))["deviations"]
    assert (entry["expired"], entry["stale"]) == (expired, stale)
