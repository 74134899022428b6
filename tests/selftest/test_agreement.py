"""Exit status, JUnit, certificate and pytest tell the same about every run, whatever was found and declared."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest

from gws_contract import deviations
from gws_contract.certifying import Certifying, ClauseBroken, ClauseOpen
from gws_contract.check import Check
from gws_contract.contract import load
from gws_contract.conversation import Conversation
from gws_contract.deviations import Deviation
from gws_contract.evidence import assemble
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.report import certificate, junit
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Scenario

from .conversations import FOOTER, HEADER, PLAIN, journal_of, performed

CLAUSES = {"stated": "accept.history.arrives", "inferred": "accept.history.ends-with-join"}
OTHER = "accept.response.json"
"""A clause that is kept in every run, so that none is vacuous."""
STARTED = date.fromisoformat(HEADER.started[:10])
ON_THE_DAY, BEFORE = STARTED, date(2025, 12, 31)

FOUND: dict[str, tuple[Exception | None, Exception | None]] = {
    "kept": (None, None),
    "kept, once hidden": (None, Hidden("reset")),
    "broken": (Broken("this", "that"), None),
    "broken in exotic chats only": (Broken("this", "that"), None),
    "inconclusive": (Hidden("reset"), Hidden("reset")),
    "not testable": (NotTestable("it did not come about"), NotTestable("it did not come about")),
    "harness error": (KeyError("oops"), None),
}
"""In each of two chats."""
DECLARED = {
    "not declared": None,
    "declared": {"expires": ON_THE_DAY},
    "intermittent": {"expires": ON_THE_DAY, "intermittent": True},
    "expired": {"expires": BEFORE},
}
COURSES: dict[str, dict[str, Any]] = {"whole": {}, "interrupted": {"ended": "interrupted"}, "few": {"floor": 3}}
PARTS: dict[str, dict[str, Any]] = {"all": {}, "filtered": {"only": True}, "given": {"given": True}}


@dataclass(frozen=True)
class Case:
    """One run."""

    found: str
    declared: str
    strength: str
    strict: bool
    course: str
    part: str

    @property
    def clause(self) -> str:
        return CLAUSES[self.strength]

    @property
    def judged(self) -> Docket:
        odd = self.found == "broken in exotic chats only"
        chats = [performed(Scenario("P  P", "A") if odd else PLAIN, number=n, start=100.0 * n) for n in (1, 2)]
        terms: Mapping[str, Any] | None = DECLARED[self.declared]
        data = [deviations.to_json(Deviation(self.clause, "It is known.", "GWS-1", **terms))] if terms else []
        course = {"ended": "complete", "floor": 2, **COURSES[self.course]}
        records = journal_of(*chats, footer=replace(FOOTER, ended=course["ended"]))
        return judge_evidence(
            assemble([replace(HEADER, deviations=tuple(data)), *records[1:]]),
            [check(self.clause, FOUND[self.found]), check(OTHER, (None, None))],
            floor=course["floor"],
            strict=self.strict,
            only=(self.clause, OTHER) if PARTS[self.part].get("only") else (),
            given=PARTS[self.part].get("given", False),
        )

    # What should come out, said independently of the code.

    @property
    def in_force(self) -> bool:
        return self.declared in ("declared", "intermittent")

    @property
    def stale(self) -> bool:
        return (self.found, self.declared, self.course) == ("kept", "declared", "whole") and self.part != "given"

    @property
    def verdict(self) -> str:
        if self.found.startswith("broken"):
            return "deviation" if self.in_force else "broken"
        return self.found.partition(",")[0]

    @property
    def advisory(self) -> bool:
        return not self.strict and (self.strength == "inferred" or "exotic" in self.found)

    @property
    def outcome(self) -> str:
        if self.stale:
            return "error"
        if self.verdict == "broken":
            return "passed" if self.advisory else "failure"
        return {"kept": "passed", "deviation": "skipped", "not testable": "skipped"}.get(self.verdict, "error")

    @property
    def status(self) -> int:
        if self.verdict == "harness error":
            return 3
        if self.outcome == "failure":
            return 1
        undecided = self.verdict == "inconclusive" or (self.verdict == "not testable" and self.part != "given")
        if self.course != "whole" or (undecided and self.strength != "inferred"):
            return 2
        return 4 if self.stale else 0


def check(clause: str, found: tuple[Exception | None, Exception | None]) -> Check:
    def judge(conversation: Conversation) -> None:
        what = found[conversation.chat - 1]
        if what is not None:
            raise what

    return Check(clause, judge)


def cases(found: str, declared: str) -> Iterator[Case]:
    for rest in itertools.product(CLAUSES, (False, True), COURSES, PARTS):
        yield Case(found, declared, *rest)


def in_pytest(docket: Docket, clause: str) -> tuple[str, str]:
    """The outcome of a check in pytest in the words of JUnit, and what it says."""
    certifying = Certifying(cast("Any", None))
    certifying.docket = docket
    try:
        certifying.report(Check(clause, lambda _: None))
    except ClauseBroken as broken:
        return "failure", str(broken)
    except ClauseOpen as error:
        return "error", str(error)
    except pytest.skip.Exception as skipped:
        return "skipped", str(skipped)
    return "passed", ""


def in_junit(suite: ET.Element, clause: str) -> tuple[str, str]:
    (case,) = suite.findall(f"testcase[@name='{clause}']")
    element = next((case.find(tag) for tag in ("failure", "error", "skipped") if case.find(tag) is not None), None)
    if element is None:
        return "passed", ""
    return element.tag, (element.text if element.tag == "failure" else element.get("message")) or ""


everything = pytest.mark.parametrize(("found", "declared"), list(itertools.product(FOUND, DECLARED)))


@everything
def test_the_four_outputs_agree(tmp_path: Path, found: str, declared: str) -> None:
    for case in cases(found, declared):
        docket = case.judged
        data = certificate.certificate(docket)
        junit.write(docket, tmp_path / "junit.xml")
        suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
        assert suite is not None
        (row,) = [row for row in data["clauses"] if row["id"] == case.clause]
        outcomes = Counter([case.outcome, "passed"])

        assert (docket.conclusion.status, data["exit_status"]) == (case.status, case.status), case
        assert row["verdict"] == case.verdict, case
        assert in_junit(suite, case.clause) == in_pytest(docket, case.clause), case
        assert in_junit(suite, case.clause)[0] == case.outcome, case
        counts = {name: int(suite.get(name) or 0) for name in ("failures", "errors", "skipped")}
        assert counts == {
            "failures": outcomes["failure"],
            "errors": outcomes["error"],
            "skipped": outcomes["skipped"],
        }, case
        assert ("deviations file out of date" in in_junit(suite, case.clause)[1]) is case.stale, case
        assert ("deviations file out of date" in data["headline"]) is case.stale, case
        assert ((row["deviation"] or {}).get("stale", False)) is case.stale, case


def test_no_run_is_green_on_one_screen_and_red_on_another() -> None:
    """A failure is status 1, and status 4 is an error; only what is advisory may be open in a good run."""
    for found, declared in itertools.product(FOUND, DECLARED):
        for case in cases(found, declared):
            docket = case.judged
            shown = {docket.outcome(ruling) for ruling in docket.rulings}
            status = docket.conclusion.status
            assert ("failure" in shown) is (status == 1) or status == 3, case
            assert status != 4 or "error" in shown, case
            if status == 0:
                assert "failure" not in shown, case
                assert "error" not in shown or (case.found, case.strength) == ("inconclusive", "inferred"), case


@pytest.mark.parametrize(("strength", "clause"), CLAUSES.items())
def test_the_clauses_of_these_runs_are_what_they_are_taken_for(strength: str, clause: str) -> None:
    assert load().clause(clause).strength == strength
    assert load().clause(clause).wants is None
