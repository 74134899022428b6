"""A run about another operation than Accept: what it is judged on, and what its reports say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gws_contract import cli, contract
from gws_contract.certification import Certification
from gws_contract.certifying import Certifying
from gws_contract.check import shipped
from gws_contract.evidence import assemble
from gws_contract.journal import JournalError, JournalWriter, Record
from gws_contract.load.errand import Errand
from gws_contract.report import certificate_page, junit, readback, summary, text
from gws_contract.report.certificate import OF_A_RECORD, certificate, schema
from gws_contract.report.difference import compare
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.report.history import gather
from gws_contract.report.shards import judge_anybodys
from gws_contract.scenario import Scenario, Visit
from gws_contract.settings import settled
from gws_contract.stage.drawing import SITUATIONS, draw
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

from .conversations import HEADER, Chat, journal_of, performed

REJECT = contract.load("reject")
CHAT = performed(Scenario("Pat", "Sam", (Visit("reject"),))).answered("visit:reject", {"statusCode": 0})
ABOUT_REJECT = {"operation": "reject", "contract": REJECT.digest}


def records(*chats: Chat, **header: Any) -> tuple[Record, ...]:
    _, *rest = journal_of(*chats)
    return (replace(HEADER, **{**ABOUT_REJECT, **header}), *rest)


def docket(*chats: Chat, **header: Any) -> Docket:
    return judge_evidence(assemble(records(*chats, **header)), shipped("reject"))


def leave(folder: Path, found: Docket) -> Path:
    folder.mkdir(parents=True)
    path = folder / "certificate.json"
    path.write_text(json.dumps(certificate(found)), "ascii")
    return path


def test_a_journal_says_which_operation_its_run_is_about() -> None:
    found = docket(CHAT)
    assert [ruling.clause.id for ruling in found.rulings] == [check.clause for check in shipped("reject")]
    assert found.conclusion.verdict == "conformant"
    assert found.headline.startswith("a server, Reject: conformant (23 of 23 clauses kept")


def test_a_run_in_which_the_operation_was_performed_too_seldom_certifies_nothing() -> None:
    found = docket(CHAT, performed(number=2), performed=2)
    assert (found.conclusion.status, found.conclusion.verdict) == (2, "inconclusive")
    assert "every clause needs at least 2 chats with a Reject, of which there was 1" in found.headline


def test_a_run_without_the_operation_is_never_conformant() -> None:
    assert docket(performed()).conclusion.status == 2
    assert "there were 0" in docket(performed(), performed=1).headline


def test_the_certificate_names_the_operation_and_that_its_quotes_are_those_of_a_record() -> None:
    data = certificate(docket(CHAT))
    jsonschema.validate(data, schema())
    named = {name: data["contract"][name] for name in ("operation", "title", "wording", "digest")}
    assert named == {"operation": "reject", "title": "Reject", "wording": "record", "digest": REJECT.digest}
    assert OF_A_RECORD in data["means_not"]
    assert any("operations other than Reject" in sentence for sentence in data["means_not"])
    assert set(data["latencies"]) == {"response", "StatusChange"}
    assert data["counts"]["performed"] == 1


def broken() -> Docket:
    refused = CHAT.answered("visit:reject", {"statusCode": 4, "statusMessage": "Internal error"}, status=500)
    return docket(refused)


def test_the_page_shows_the_documented_reject_beside_the_received_one() -> None:
    page = certificate_page.render(broken())
    assert "POST Reject" in page
    assert "Documented: Reject, its answer, StatusChange" in page
    assert "The page was not at hand" in page
    assert "ChatReject#:~:text=" not in page, "the words of a record do not stand there"


def test_junit_summary_and_screen_speak_of_the_operation(tmp_path: Path) -> None:
    found = broken()
    junit.write(found, tmp_path / "junit.xml")
    assert 'name="gws-contract reject"' in (tmp_path / "junit.xml").read_text()
    assert 'classname="reject.overview"' in (tmp_path / "junit.xml").read_text()
    assert "Reject against a server" in summary.summary(found)
    said = text.summary(found)
    assert said.startswith("gws-contract 1.2.3: Reject against a server")
    assert "Reject (a record in our words, not the page's), section Overview" in said


def test_a_journal_is_judged_as_the_operation_that_its_header_names(tmp_path: Path) -> None:
    assert judge_anybodys([_written(tmp_path / "a.ndjson", records(CHAT))]).operation == "reject"
    old = _written(tmp_path / "old.ndjson", journal_of(CHAT))
    assert judge_anybodys([old]).operation == "accept"


def test_a_journal_about_an_operation_that_nobody_knows_is_refused_in_one_sentence(tmp_path: Path) -> None:
    strange = _written(tmp_path / "a.ndjson", records(CHAT, operation="../accept"))
    with pytest.raises(
        JournalError, match=r"^a\.ndjson is about an operation that this release does not know: \.\./ac"
    ):
        judge_anybodys([strange])


def _written(path: Path, of: tuple[Record, ...]) -> Path:
    writer = JournalWriter(path)
    for record in of:
        writer.write(record)
    writer.close()
    return path


def test_runs_about_two_operations_are_not_compared(tmp_path: Path) -> None:
    old = judge_evidence(assemble(journal_of(CHAT)), shipped())
    runs = [readback.read(leave(tmp_path / name, one)) for name, one in (("a", old), ("b", docket(CHAT)))]
    assert compare(*runs).essence == "Not comparable: the old run is about Accept, the new one about Reject."


def test_a_history_keeps_the_operations_of_a_server_apart(tmp_path: Path) -> None:
    leave(tmp_path / "a", judge_evidence(assemble(journal_of(CHAT)), shipped()))
    leave(tmp_path / "b", docket(CHAT))
    courses = gather(tmp_path, 30).courses
    assert sorted(course.name for course in courses) == ["a server, Accept", "a server, Reject"]
    assert all(course.nights[0].since is None for course in courses)


def test_draws_that_are_favoured_perform_the_operation() -> None:
    drawn = draw(len(SITUATIONS) + 3, 0, favoured=REJECT.performed.performed_by)
    assert drawn[: len(SITUATIONS)] == list(SITUATIONS)
    assert all(map(REJECT.performed.performed_by, drawn[len(SITUATIONS) :]))


@pytest.mark.parametrize(("chats", "least"), [(None, 3), (1, 1)])
def test_a_run_asks_for_as_many_performances_as_its_plan_has_but_for_one_at_least(
    chats: int | None, least: int, tmp_path: Path
) -> None:
    certification = Certification(Wish(operation="reject", mock="", chats=chats), {}, tmp_path)
    terms = certification._terms(shipped("reject"))
    assert (terms.operation, terms.performed, terms.only) == ("reject", least, ())
    assert "--operation=reject" in terms.again


def test_the_operation_may_be_said_in_the_environment(tmp_path: Path) -> None:
    assert settled({"mock": ""}, {"GWS_OPERATION": "reject"}, tmp_path).operation == "reject"


def test_checks_of_another_operation_than_the_wished_one_are_refused(tmp_path: Path) -> None:
    certifying = Certifying(Certification(Wish(mock=""), {}, tmp_path))
    assert certifying.stranger(shipped()) is None
    words = "accept is to be certified, but the checks are about reject: say --gws-operation=reject."
    assert certifying.stranger(shipped("reject")) == words


def test_a_load_run_is_about_accept_alone(tmp_path: Path) -> None:
    errand = Errand({}, str(tmp_path), "", 1, 1.0, 1.0)
    with pytest.raises(UsageError, match="A load run is about accept, not reject"):
        errand.wish({"GWS_OPERATION": "reject", "GWS_URL": "http://localhost:1"})


def test_a_clause_of_the_other_operation_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "reject.status-change.once"]) == 0
    said = capsys.readouterr().out
    assert "Reject (a record in our words, not the page's), section Status changed to Completed" in said
    assert "reject-told-twice" in said


def test_the_clauses_of_an_operation_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clauses", "--operation", "reject"]) == 0
    assert "reject.overview.rejects" in capsys.readouterr().out
    assert cli.main(["clauses", "--operation", "rejekt"]) == 4
    assert "there is one of accept and reject." in capsys.readouterr().err


def test_deviations_may_be_declared_of_any_operation() -> None:
    assert contract.of_clause("reject.overview.rejects") is REJECT
    assert contract.of_clause("nonsense.x.y") is contract.load()
