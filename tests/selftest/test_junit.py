"""The JUnit report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gws_contract.journal import Footer
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.report import junit
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.report.text import broken as failure

from .conversations import (
    evidence_of,
)
from .dockets import ruling_of
from .reported import (
    ARRIVES,
    DAY,
    GOOD,
    JOIN_LAST,
    KNOWN,
    LATE_TEXT,
    ORDER,
    STARTED,
    TURNED,
    declaring,
    disturbed,
    docket,
    finding,
    whole,
)


def written(found: Docket, tmp_path: Path) -> ET.Element:
    junit.write(found, tmp_path / "junit.xml")
    return part(ET.parse(tmp_path / "junit.xml").getroot(), "testsuite")


def part(element: ET.Element, path: str) -> ET.Element:
    """What lies there in an element, which must be there."""
    found = element.find(path)
    assert found is not None
    return found


def properties(element: ET.Element) -> dict[str | None, str | None]:
    return {p.get("name"): p.get("value") for p in part(element, "properties")}


def test_junit_counts_what_it_holds(tmp_path: Path) -> None:
    found = docket(TURNED, disturbed(2), disturbed(3))
    suite = written(found, tmp_path)
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases) == len(found.rulings)
    for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[counted]) == len(suite.findall(f"testcase/{tag}")) > 0
    assert suite.get("timestamp") == "2026-01-02T03:04:05+00:00"
    assert properties(suite) == {"verdict": found.conclusion.verdict, "headline": found.headline}
    assert [case.get("name") for case in cases] == [r.clause.id for r in found.rulings]


def test_a_failure_in_junit_is_the_text_of_the_terminal(tmp_path: Path) -> None:
    found = docket(TURNED)
    (case,) = written(found, tmp_path).findall(f"testcase[@name='{ORDER}']")
    element = part(case, "failure")
    assert element.text == failure(ruling_of(found, ORDER))
    assert "again: " not in (element.text or "")
    assert element.get("message") == (
        "Documented: StatusChange, ParticipantsUpdated, NewMessages."
        " Received: ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)."
    )
    assert case.get("classname") == "accept.notification"
    facts = properties(case)
    assert facts == {
        "clause": ORDER,
        "strength": "shown",
        "verdict": "broken",
        "advisory": "false",
        "quote": "Here are the list of notifications received after accepting a chat",
        "kept": "0",
        "broken": "1",
        "inconclusive": "0",
        "not_testable": "0",
    }


def test_a_failure_in_junit_holds_the_command_that_performs_its_chat_again(tmp_path: Path) -> None:
    found = docket(TURNED, again="gws-contract certify --mock --scenario out/scenarios/")
    (case,) = written(found, tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert (part(case, "failure").text or "").endswith(f"--scenario out/scenarios/{ORDER}.json")


def test_junit_says_how_long_the_run_took_and_of_no_case_nothing(tmp_path: Path) -> None:
    """Some readers make nonsense of a time that is not there."""
    suite = written(docket(GOOD, footer=Footer(12.3456, "complete", 1)), tmp_path)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.get("time") == suite.get("time") == "12.346"
    assert {case.get("time") for case in suite.iter("testcase")} == {"0.000"}
    assert [root.get(name) for name in ("tests", "failures", "errors")] == [
        suite.get(name) for name in ("tests", "failures", "errors")
    ]
    assert written(docket(GOOD, footer=None), tmp_path).get("time") == "0.000"


def test_junit_has_the_attributes_of_xunit1_and_no_host_name(tmp_path: Path) -> None:
    suite = written(whole(TURNED), tmp_path)
    assert {*suite.keys()} == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
    assert {name for case in suite.iter("testcase") for name in case.keys()} == {"classname", "name", "time"}  # noqa: SIM118
    order = ["properties", "skipped", "failure", "error", "system-out"]
    for case in suite.iter("testcase"):
        places = [order.index(element.tag) for element in case]
        assert places == sorted(set(places))


@pytest.mark.parametrize(("strict", "tags"), [(False, ["properties", "system-out"]), (True, ["properties", "failure"])])
def test_an_advisory_break_passes_with_a_property_unless_the_run_is_strict(
    tmp_path: Path, strict: bool, tags: list[str]
) -> None:
    (case,) = written(docket(LATE_TEXT, strict=strict), tmp_path).findall(f"testcase[@name='{JOIN_LAST}']")
    assert [element.tag for element in case] == tags
    assert (properties(case)["verdict"], properties(case)["advisory"]) == ("broken", "true")


def test_a_clause_that_is_not_testable_is_skipped_with_its_reason(tmp_path: Path) -> None:
    (case,) = written(docket(GOOD), tmp_path).findall("testcase[@name='accept.overview.reject']")
    assert part(case, "skipped").get("message") == "not testable: no offer was rejected in this chat"
    assert part(case, "skipped").get("type") == "not testable"


def test_a_declared_deviation_is_skipped_under_its_own_label_with_what_was_declared(tmp_path: Path) -> None:
    (case,) = written(declaring(KNOWN, TURNED), tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert part(case, "skipped").get("message") == f"deviation: {KNOWN}"
    assert part(case, "skipped").get("type") == "deviation"
    assert properties(case)["deviation"] == str(KNOWN)
    assert "Received:   ParticipantsUpdated" in (part(case, "system-out").text or "")


def test_what_is_out_of_date_is_an_error_under_a_label_of_its_own(tmp_path: Path) -> None:
    suite = written(declaring(KNOWN), tmp_path)
    (case,) = suite.findall(f"testcase[@name='{ORDER}']")
    assert suite.get("errors") == "1"
    assert part(case, "error").get("type") == "deviations file out of date"
    assert part(case, "error").get("message") == (
        f"deviations file out of date: it is kept; remove its entry, or let it say intermittent = true: {KNOWN}"
    )


def test_a_declaration_that_expired_leaves_a_failure_and_stands_beside_it(tmp_path: Path) -> None:
    over = replace(KNOWN, expires=STARTED - DAY)
    (case,) = written(declaring(over, TURNED), tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert case.find("failure") is not None
    assert properties(case)["deviation"] == f"{over}, expired"


@pytest.mark.parametrize("found", [Hidden("reset"), KeyError("x")])
def test_an_open_clause_and_an_error_of_ours_are_errors(tmp_path: Path, found: Hidden | KeyError) -> None:
    suite = written(judge_evidence(evidence_of(GOOD), [finding(ORDER, {1: found})], floor=1), tmp_path)
    kind = "inconclusive" if isinstance(found, Hidden) else "harness error"
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")
    assert part(suite, "testcase/error").attrib["message"].startswith(f"{kind}: ")


@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "\ud83d", "\ufffe", "\x0b", "a < b & \"c\" ]]> 'd'", "👍 Grüße"])
def test_characters_that_xml_cannot_hold_do_not_spoil_the_report(tmp_path: Path, text: str) -> None:
    checks = [finding(ORDER, {1: Broken(text, text)}), finding(ARRIVES, {1: NotTestable(text)})]
    suite = written(judge_evidence(evidence_of(GOOD), checks, floor=1), tmp_path)
    kept = "".join(c if c.isprintable() else "\ufffd" for c in text)
    assert part(suite, "testcase/failure").get("message") == f"Documented: {kept}. Received: {kept}."
    escaped = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    assert f"  Documented: {escaped}\n" in (part(suite, "testcase/failure").text or "")
    assert part(suite, "testcase/skipped").get("message") == f"not testable: {kept}"


@pytest.mark.parametrize("text", ["\x1b[2J", "\udcff"], ids=["an escape sequence", "a byte that is not UTF-8"])
def test_a_failure_can_be_printed_whatever_the_server_answered(text: str) -> None:
    shown = failure(ruling_of(docket(TURNED.answered("look", text)), ORDER))
    shown.encode("utf-8")
    assert "\x1b" not in shown
