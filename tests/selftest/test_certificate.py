"""The certificate: what it holds, and that it has one form."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from gws_contract.contract import load
from gws_contract.journal import Incident, Stray
from gws_contract.judge.finding import Hidden
from gws_contract.report import certificate
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.scenario import Scenario, to_json
from gws_contract.verdict import Verdict

from .conversations import (
    FOOTER,
    JUDGED,
    LOG,
    PLAIN,
    evidence_of,
    never_offered,
    performed,
)
from .reported import (
    ARRIVES,
    DAY,
    GOOD,
    KNOWN,
    LATE_TEXT,
    ORDER,
    STARTED,
    TURNED,
    declaring,
    docket,
    finding,
    of_source,
    turned,
    whole,
)


@cache
def dockets() -> dict[str, Docket]:
    checks = [finding(ORDER, {1: KeyError("x")}), finding(ARRIVES, {1: Hidden("x")})]
    return {
        "conformant": whole(),
        "broken": whole(TURNED),
        "advisory": whole(LATE_TEXT),
        "exotic": docket(performed(Scenario("P\x00\ud83d", "A")).dropping(LOG)),
        "cut off": whole(footer=None),
        "partial": docket(GOOD, only=(ORDER,)),
        "never offered": docket(never_offered(), footer=replace(FOOTER, lacks=("routing",))),
        "given": docket(TURNED, of_source("shrink", turned(2)), given=True, again="gws-contract certify --scenario "),
        "harness error": judge_evidence(evidence_of(GOOD), checks, floor=1),
        "deviation": declaring(KNOWN, TURNED),
        "out of date": declaring(KNOWN),
        "expired": declaring(replace(KNOWN, expires=STARTED - DAY), TURNED),
    }


@pytest.mark.parametrize("name", dockets())
def test_a_certificate_has_the_form_of_its_schema(name: str) -> None:
    jsonschema.Draft202012Validator(certificate.schema()).validate(certificate.certificate(dockets()[name]))


def test_the_same_journal_gives_the_same_certificate_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "other"):
        certificate.write(whole(TURNED), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").read_bytes().isascii()
    assert json.loads((tmp_path / "one").read_text()) == certificate.certificate(whole(TURNED))


def test_a_certificate_can_hold_any_name(tmp_path: Path) -> None:
    exotic = docket(performed(Scenario("P\x00\ud83d", "A")).dropping(LOG))
    certificate.write(exotic, tmp_path / "certificate.json")
    (row,) = [
        r for r in json.loads((tmp_path / "certificate.json").read_text("ascii"))["clauses"] if r["id"] == ARRIVES
    ]
    assert row["first_counter_example"]["scenario"]["customer"] == "P\x00\ud83d"
    assert row["first_counter_example"]["exotic"] is True
    assert row["advisory"] is True


def test_a_certificate_says_what_was_judged_against_what_and_how() -> None:
    stray = Stray(JUDGED, 1.0, "/v2/me/chats", ("x",), None, 10, "00")
    found = docket(
        GOOD.plus(stray, stray, Incident(JUDGED, 1, 0.5, "poll-broken", "")), replace(never_offered(), number=2)
    )
    data = certificate.certificate(found)
    assert (data["verdict"], data["exit_status"]) == (found.conclusion.verdict, found.conclusion.status)
    assert data["headline"] == found.headline
    assert data["contract"]["digest"] == load().digest
    target = {"name": "a server", "version": "8.5.202.96", "return_values": "8.5.2", "insecure": False}
    assert data["target"] == target
    assert (data["seed"], data["depth"], data["deadline"], data["quiet_period"]) == (7, "quick", 10.0, 2.0)
    assert (data["seconds"], data["ended"], data["lacks"]) == (60.0, "complete", [])
    counts = data["counts"]
    assert {name: counts[name] for name in ("chats", "misuse", "machine", "shrink", "floor", "accepted")} == {
        "chats": 2,
        "misuse": 0,
        "machine": 0,
        "shrink": 0,
        "floor": 1,
        "accepted": 1,
    }
    assert (counts["strays"], counts["incidents"], counts["deliveries"]) == (2, 1, len(GOOD.conversation.notifications))
    assert sum(counts[v.value.replace(" ", "_")] for v in Verdict) == len(found.rulings)


def test_a_run_that_was_cut_off_has_no_length() -> None:
    data = certificate.certificate(docket(GOOD, footer=None))
    assert (data["seconds"], data["ended"]) == (None, "cut off")


def test_every_row_of_the_page_stands_on_the_certificate_in_its_order() -> None:
    data = certificate.certificate(docket(TURNED, only=(ORDER,)))
    assert [row["id"] for row in data["clauses"]] == [clause.id for clause in load().clauses]
    rows = {row["id"]: row for row in data["clauses"]}
    assert (rows[ORDER]["verdict"], rows[ORDER]["broken"], rows[ORDER]["tested"]) == ("broken", 1, True)
    assert rows[ORDER]["reason"] == ""
    assert rows[ARRIVES]["reason"] == "not asked for in this run"
    assert not rows[ARRIVES]["tested"]
    assert rows["accept.page.title"]["reason"] == load().clause("accept.page.title").not_tested


def test_a_broken_clause_has_its_counter_example_and_no_other_has_one() -> None:
    data = certificate.certificate(docket(TURNED))
    examples = {row["id"]: row["first_counter_example"] for row in data["clauses"] if row["first_counter_example"]}
    assert set(examples) == {ORDER}
    example = examples[ORDER]
    assert example["documented"] == "StatusChange, ParticipantsUpdated, NewMessages"
    assert example["summary"] == in_one_sentence(PLAIN)
    assert [line["text"] for line in example["timeline"]] == [m.text for m in timeline(TURNED.conversation)]
    assert example["exotic"] is False
    assert example["scenario"] == to_json(PLAIN)
    assert example["replay"] == f"scenarios/{ORDER}.json"


def test_a_certificate_says_how_often_it_broke_by_source_and_whether_it_comes_back() -> None:
    once_more = [of_source("shrink", performed(PLAIN, number=n, start=100.0 * n)) for n in (2, 3, 4)]
    row = next(r for r in certificate.certificate(docket(TURNED, *once_more))["clauses"] if r["id"] == ORDER)
    assert row["by_source"] == {"drawn": {"broken": 1, "chats": 1}, "shrink": {"broken": 0, "chats": 3}}
    assert (row["intermittent"], row["repeated"]) == (True, {"broken": 1, "chats": 4})
