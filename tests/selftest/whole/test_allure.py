"""Allure results: what Allure is told of every clause, from the rulings alone."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gws_contract.certification import WITHOUT_ALLURE, Certification
from gws_contract.check import Check, shipped
from gws_contract.contract import load
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.journal import Exchange, Footer, from_json
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.report import allure, leaves
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario_json import from_json as to_scenario
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

from ..conversations import FOOTER, HEADER, LOG, PLAIN, STATUS, Chat, evidence_of, journal_of, performed
from ..stages import Finished, environment, started

ORDER, ARRIVES, JOIN_LAST = "accept.notifications.order", "accept.history.arrives", "accept.history.ends-with-join"
GOOD = performed(PLAIN)
TURNED = GOOD.arriving(*(GOOD.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
KNOWN = Deviation(ORDER, "Until release 9.", "https://tickets.example/GWS-1", date(2027, 3, 31))
SHORT = ("--chats=20", "--quiet-period=0.1", "--report-dir=out")


@cache
def docket(*chats: Chat, footer: Footer | None = FOOTER, **how: Any) -> Docket:
    return judge_evidence(evidence_of(*chats, footer=footer), shipped(), floor=1, **how)


def declaring(deviation: Deviation, *chats: Chat, floor: int = 1) -> Docket:
    _, *records = journal_of(*chats)
    declared = replace(HEADER, deviations=(to_data(deviation),))
    return judge_evidence(assemble([declared, *records]), shipped(), floor=floor)


def corpus() -> list[Chat]:
    return [performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)]


def finding(what: Exception, chat: Chat = GOOD) -> Docket:
    def judge(_: object) -> None:
        raise what

    return judge_evidence(evidence_of(chat), [Check(ORDER, judge)], floor=1)


class Results:
    """What Allure is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all = [json.loads(path.read_text("ascii")) for path in sorted(folder.glob("*-result.json"))]

    def of(self, clause: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = [result for result in self.all if result["fullName"] == clause]
        return found

    def attached(self, clause: str) -> list[dict[str, str]]:
        return [one for step in self.of(clause).get("steps", ()) for one in step["attachments"]]

    def content(self, attachment: dict[str, str]) -> bytes:
        return (self.folder / attachment["source"]).read_bytes()


def written(found: Docket, folder: Path) -> Results:
    allure.write(found, folder)
    return Results(folder)


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


# ---- what a result says ---------------------------------------------------------------------------------------------


def test_every_clause_that_was_asked_about_has_one_result_under_operation_section_and_clause(tmp_path: Path) -> None:
    results = written(docket(TURNED), tmp_path)
    document = load()
    assert Counter(r["fullName"] for r in results.all) == Counter(r.clause.id for r in docket(TURNED).rulings)
    for result in results.all:
        clause = document.clause(result["fullName"])
        assert labels(result, "epic") == ["Accept"]
        assert labels(result, "feature") == [document.section(clause.section).title]
        assert labels(result, "story") == [clause.id]
        assert result["name"] == clause.says
        assert result["links"][0]["url"] == document.section(clause.section).url


def test_results_lie_in_the_order_of_the_page(tmp_path: Path) -> None:
    results = written(docket(TURNED), tmp_path)
    in_time = sorted(results.all, key=lambda result: result["start"])
    assert [result["fullName"] for result in in_time] == [r.clause.id for r in docket(TURNED).rulings]


def test_the_description_is_the_quotation_of_the_page(tmp_path: Path) -> None:
    description = written(docket(TURNED), tmp_path).of(ORDER)["description"]
    assert description == "> Here are the list of notifications received after accepting a chat  "


@pytest.mark.parametrize(
    ("strength", "severity"),
    [("stated", "critical"), ("shown", "normal"), ("linked", "minor"), ("inferred", "trivial")],
)
def test_the_severity_is_that_of_the_strength(tmp_path: Path, strength: str, severity: str) -> None:
    results = written(docket(GOOD), tmp_path)
    found = [r for r in results.all if labels(r, "strength") == [strength]]
    assert found
    assert {labels(r, "severity")[0] for r in found} == {severity}


def test_a_broken_clause_has_failed_with_documented_and_received(tmp_path: Path) -> None:
    result = written(docket(TURNED), tmp_path).of(ORDER)
    assert result["status"] == "failed"
    details = result["statusDetails"]
    assert details["expected"] == "StatusChange, ParticipantsUpdated, NewMessages"
    assert details["actual"].startswith("ParticipantsUpdated (+0.010 s)")
    assert details["message"].startswith("broken: documented StatusChange, ")
    assert "Documented: StatusChange" in details["trace"]


def test_a_declared_deviation_is_none_of_failed_passed_and_skipped_and_says_what_it_is(tmp_path: Path) -> None:
    results = written(declaring(KNOWN, TURNED), tmp_path)
    result = results.of(ORDER)
    assert result["status"] == "unknown"
    assert [r["fullName"] for r in results.all if r["status"] == "unknown"] == [ORDER]
    assert result["name"].startswith("Deviation: ")
    assert "deviation" in labels(result, "tag")
    assert labels(result, "verdict") == ["deviation"]
    assert result["statusDetails"]["known"] is True
    assert {"type": "issue", "url": KNOWN.ticket, "name": KNOWN.ticket} in result["links"]
    for words in ("Until release 9.", "Documented: StatusChange", "Received: ParticipantsUpdated"):
        assert words in result["description"]
    assert results.attached(ORDER)


def test_a_ticket_that_is_no_address_is_a_label_and_no_link(tmp_path: Path) -> None:
    result = written(declaring(replace(KNOWN, ticket="GWS-1"), TURNED), tmp_path).of(ORDER)
    assert labels(result, "ticket") == ["GWS-1"]
    assert [link["type"] for link in result["links"]] == ["link"]


def test_what_is_out_of_date_is_broken_and_says_so(tmp_path: Path) -> None:
    result = written(declaring(KNOWN, *corpus(), floor=len(SITUATIONS)), tmp_path).of(ORDER)
    assert result["status"] == "broken"
    assert result["statusDetails"]["message"].startswith("deviations file out of date: ")
    assert "deviations file out of date" in labels(result, "tag")


def test_an_advisory_break_has_passed_under_a_tag_with_what_was_received(tmp_path: Path) -> None:
    entries = GOOD.with_entries(lambda entries: [*entries[:-2], *_swapped(entries[-2:])])
    result = written(docket(entries), tmp_path).of(JOIN_LAST)
    assert result["status"] == "passed"
    assert "advisory break" in labels(result, "tag")
    assert result["statusDetails"]["message"].startswith("advisory break: documented ")


def _swapped(two: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first, second = two
    return [{**second, "index": 3, "timestamp": first["timestamp"]}, {**first, "index": 4}]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (Broken("a", "b"), "failed"),
        (NotTestable("x"), "skipped"),
        (Hidden("reset"), "broken"),
        (KeyError("x"), "broken"),
    ],
)
def test_the_status_is_that_of_the_docket(tmp_path: Path, what: Exception, status: str) -> None:
    found = finding(what)
    assert written(found, tmp_path).of(ORDER)["status"] == status


def test_every_result_but_the_kept_ones_is_in_one_category_of_both_allures(tmp_path: Path) -> None:
    """Allure 2 wants the whole message to match, Allure 3 any part of it."""
    kinds = json.loads(allure.categories())
    dockets = [docket(TURNED), declaring(KNOWN, TURNED), declaring(KNOWN, *corpus(), floor=len(SITUATIONS))]
    dockets += [
        finding(Hidden("reset")),
        finding(KeyError("x")),
        docket(GOOD.dropping(STATUS).disturbed("poll-broken")),
    ]
    seen = set()
    for number, found in enumerate(dockets):
        for result in written(found, tmp_path / str(number)).all:
            message = result["statusDetails"]["message"]
            for match in (re.search, re.fullmatch):
                fitting = [
                    kind["name"]
                    for kind in kinds
                    if result["status"] in kind["matchedStatuses"]
                    and match(kind.get("messageRegex", r"[\s\S]*"), message)
                ]
                assert len(fitting) == (message != "kept"), (message, fitting)
            seen.update(fitting)
    assert seen >= {kind["name"] for kind in kinds} - {"Advisory breaks"}


# ---- what is attached -----------------------------------------------------------------------------------------------


def test_a_broken_clause_has_the_diagram_the_scenario_and_the_records_of_its_chat_once(tmp_path: Path) -> None:
    results = written(docket(TURNED, replace(TURNED, number=2)), tmp_path)
    chat, wire = results.of(ORDER)["steps"]
    diagram, scenario, records = (results.content(one) for one in chat["attachments"])
    assert b"ParticipantsUpdated" in diagram
    assert diagram.startswith(b'<svg style="background:#fff;color:#111" '), "it can be read on a dark page"
    assert to_scenario(json.loads(scenario)) == PLAIN
    found = [from_json(json.loads(line)) for line in records.decode("ascii").splitlines()]
    assert {getattr(record, "chat", None) for record in found} == {1}
    assert found[0].kind == "planned"
    assert {record.kind for record in found} >= {"planned", "invited", "exchange", "delivery", "ended"}
    assert {one["type"] for one in wire["attachments"]} == {"application/vnd.allure.http+json"}


def test_an_http_exchange_has_allures_form(tmp_path: Path) -> None:
    results = written(docket(TURNED), tmp_path)
    (accept,) = [one for one in results.attached(ORDER) if one["name"].startswith("accept: POST ")]
    exchange = json.loads(results.content(accept))
    assert accept["source"].endswith(".httpexchange")
    assert exchange["schemaVersion"] == 1
    assert exchange["request"]["method"] == "POST"
    assert json.loads(exchange["request"]["body"]["value"])["operationName"] == "Accept"
    assert exchange["response"]["status"] == 200
    assert exchange["stop"] >= exchange["start"] > 1_700_000_000_000


def test_an_exchange_without_an_answer_says_why(tmp_path: Path) -> None:
    cut = TURNED.mapped(
        lambda r: (
            replace(r, status=None, answer=None, failure="reset") if isinstance(r, Exchange) and r.step == "look" else r
        )
    )
    results = written(docket(cut), tmp_path)
    (look,) = [one for one in results.attached(ORDER) if one["name"].startswith("look: ")]
    exchange = json.loads(results.content(look))
    assert exchange["error"] == {"message": "reset"}
    assert "response" not in exchange


def test_a_kept_clause_has_no_attachments_and_a_chat_that_several_show_is_written_once(tmp_path: Path) -> None:
    silent = GOOD.dropping(STATUS).dropping(LOG)
    results = written(docket(silent), tmp_path)
    broken = [r for r in results.all if r["status"] == "failed"]
    assert len(broken) > 1
    assert all("steps" not in r for r in results.all if r["status"] in ("passed", "skipped"))
    files = list(tmp_path.glob("*-attachment.*"))
    assert {one["source"] for r in broken for one in results.attached(r["fullName"])} == {path.name for path in files}
    assert len(files) < 20


# ---- the run --------------------------------------------------------------------------------------------------------


def test_the_environment_says_what_was_judged(tmp_path: Path) -> None:
    allure.write(docket(TURNED), tmp_path)
    lines = (tmp_path / "environment.properties").read_text("ascii").splitlines()
    facts = dict(line.split(" = ", 1) for line in lines)
    assert (facts["target"], facts["target.version"], facts["seed"], facts["depth"]) == (
        "a server",
        "8.5.202.96",
        "7",
        "quick",
    )
    assert facts["verdict"] == "not conformant"
    assert facts["contract.digest"] == load().digest


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("a\nb = c", "a b = c"), ("C:\\x", "C:\\\\x"), ("Grüße 👍", "Gr\\u00fc\\u00dfe \\ud83d\\udc4d")],
)
def test_a_target_of_any_name_is_one_line_of_properties(tmp_path: Path, name: str, spelled: str) -> None:
    _, *records = journal_of(GOOD)
    found = judge_evidence(assemble([replace(HEADER, target=name), *records]), shipped(), floor=1)
    allure.write(found, tmp_path)
    assert f"target = {spelled}\n" in (tmp_path / "environment.properties").read_text("ascii")


def test_what_kept_a_run_from_its_end_is_an_error_of_the_whole(tmp_path: Path) -> None:
    found = docket(GOOD, footer=Footer(3.0, "not ready", 0, detail="Nobody logs in."))
    allure.write(found, tmp_path)
    (path,) = tmp_path.glob("*-globals.json")
    assert json.loads(path.read_text())["errors"][0]["message"] == "not ready: Nobody logs in."


def test_the_same_run_gives_the_same_bytes_and_another_run_other_ids(tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first, second = tmp_path / "a", tmp_path / "b"
    written(docket(TURNED), first)
    written(docket(TURNED), second)
    assert files(first) == files(second)
    _, *records = journal_of(TURNED)
    later = replace(HEADER, started="2026-01-03T03:04:05+00:00")
    other = written(judge_evidence(assemble([later, *records]), shipped(), floor=1), tmp_path / "c")
    assert {r["uuid"] for r in other.all}.isdisjoint(r["uuid"] for r in Results(first).all)
    assert {r["historyId"] for r in other.all} == {r["historyId"] for r in Results(first).all}


def test_no_result_names_host_process_or_thread(tmp_path: Path) -> None:
    results = written(docket(TURNED), tmp_path)
    assert {name for r in results.all for name in (label["name"] for label in r["labels"])}.isdisjoint(
        {"host", "thread", "package"}
    )


@pytest.mark.parametrize("text", ["\x1b[2J", "\udcff", "<script>alert(1)</script>", "[x](http://evil.example)"])
def test_whatever_a_server_said_the_results_are_json_and_its_markup_is_text(tmp_path: Path, text: str) -> None:
    results = written(finding(NotTestable(text), TURNED.answered("look", text)), tmp_path)
    description = results.of(ORDER)["description"]
    assert "\x1b" not in description
    assert "<script>" not in description
    assert "](" not in description


# ---- how a user gets them -------------------------------------------------------------------------------------------


def test_certify_leaves_results_where_it_is_asked_to_and_none_otherwise(tmp_path: Path) -> None:
    (tmp_path / "out" / leaves.ALLURE).mkdir(parents=True)
    for stale in ("0-result.json", "1-attachment.txt"):
        (tmp_path / "out" / leaves.ALLURE / stale).write_text("{}")
    (tmp_path / "out" / leaves.ALLURE / "history").mkdir()
    (tmp_path / "out" / leaves.ALLURE / "history" / "history-trend.json").touch()
    words = ("certify", "--mock=participants-first", *SHORT, "--allure", "--clause", ORDER)
    ran = Finished(started(*words, cwd=tmp_path, env=environment()))
    assert ran.status == 1, ran.said
    results = Results(tmp_path / "out" / leaves.ALLURE)
    assert [r["fullName"] for r in results.all] == [ORDER]
    assert results.of(ORDER)["status"] == "failed"
    assert (results.folder / "history" / "history-trend.json").exists()
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in results.folder.iterdir() if path.is_file())


def test_without_allures_packages_nothing_is_sent_and_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "allure_commons", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=re.escape("pip install 'gws-contract[allure]'")) as error:
        Certification(Wish(mock="", allure=True), {}, tmp_path)
    assert str(error.value) == WITHOUT_ALLURE
    assert Certification(Wish(mock="", store="s"), {}, tmp_path).plan.rows


def test_in_a_strangers_alluredir_stand_our_results_beside_theirs(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef thing():\n    return 1\n\n"
        "def test_theirs(thing):\n    assert thing == 2\n"
    )
    (tmp_path / "known.toml").write_text(
        f'["{ORDER}"]\nreason = "Until release 9."\nticket = "GWS-1"\nexpires = 2099-01-01\n'
    )
    words = (
        *("-p", "no:schemathesis", "-p", "no:cacheprovider", "-q", "--alluredir=results"),
        *("--gws-mock=participants-first", "--gws-chats=20", "--gws-quiet-period=0.1", "--gws-report-dir=out"),
        *(f"--gws-clause={ORDER}", f"--gws-clause={ARRIVES}", "--gws-deviations=known.toml"),
        *("--pyargs", "gws_contract.tests.accept", "test_theirs.py"),
    )
    ran = Finished(started(*words, cwd=tmp_path, env=environment(), module="pytest"))
    assert ran.status == 1, ran.said
    results = Results(tmp_path / "results")
    assert sorted(r["fullName"] for r in results.all) == [ARRIVES, ORDER, "test_theirs#test_theirs"]
    assert (results.of(ORDER)["status"], results.of(ARRIVES)["status"]) == ("unknown", "passed")
    theirs = results.of("test_theirs#test_theirs")
    assert theirs["status"] == "failed"
    assert labels(theirs, "host")
    assert not labels(results.of(ORDER), "host")
    containers = [json.loads(path.read_text()) for path in results.folder.glob("*-container.json")]
    assert {child for one in containers for child in one["children"]} == {theirs["uuid"]}
    assert "rulings" not in {before["name"] for one in containers for before in one.get("befores", ())}
    assert (results.folder / "environment.properties").exists()


def test_without_an_alluredir_the_plugin_asks_for_nothing(tmp_path: Path) -> None:
    """Wherever allure-pytest is not installed, its option is not there either."""
    words = ("-p", "no:schemathesis", "-p", "no:allure_pytest", "-p", "no:cacheprovider", "--gws-mock", "--gws-chats=1")
    more = ("--gws-quiet-period=0.1", f"--gws-clause={ORDER}", "--gws-report-dir=out")
    run = started(
        *words, *more, "--pyargs", "gws_contract.tests.accept", cwd=tmp_path, env=environment(), module="pytest"
    )
    assert Finished(run).status == 2
    assert not (tmp_path / "out" / leaves.ALLURE).exists()
