"""Certifications with declared deviations."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from gws_contract.certification import Certification
from gws_contract.journal import Header, read
from gws_contract.report import certificate
from gws_contract.report.docket import judge
from gws_contract.scenario import Scenario
from gws_contract.stage import kept
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

from .certified import CHECKS, HARMLESS, Run, in_file, own_cache, run


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("broken"), "history-first")


ORDER, FAULT = "accept.notifications.order", "participants-first"


def declaring(here: Path, clause: str, expires: date = date(2999, 1, 1)) -> str:
    """A file in which the vendor declares one break."""
    lines = [f'["{clause}"]', 'reason = "Until release 9."', 'ticket = "GWS-1234"', f"expires = {expires.isoformat()}"]
    (here / "known.toml").write_text("\n".join(lines))
    return "known.toml"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Run:
    here = tmp_path_factory.mktemp("known")
    left = run(here, FAULT, deviations=declaring(here, ORDER), store="store")
    left.certification.remember(left.docket)
    return left


def test_a_declared_break_is_a_deviation_in_every_output(known: Run) -> None:
    assert (known.status, known.certificate["verdict"], known.certificate["exit_status"]) == (0, "conformant", 0)
    assert known.row(ORDER)["verdict"] == "deviation"
    assert known.row(ORDER)["deviation"]["ticket"] == "GWS-1234"
    assert [entry["clause"] for entry in known.certificate["deviations"]] == [ORDER]
    assert (known.junit[0].get("failures"), known.junit[0].get("errors")) == ("0", "0")
    assert known.case(ORDER).find("skipped") is not None
    assert "DEVIATION accept.notifications.order (shown)" in known.screen
    assert "; 1 declared deviation)" in known.screen.splitlines()[-1]


def test_what_is_declared_stands_in_the_journal_which_gives_the_same_certificate_again(known: Run) -> None:
    path = known.folder / "journal.ndjson"
    header = next(read(path))
    assert isinstance(header, Header)
    assert [entry["clause"] for entry in header.deviations] == [ORDER]
    assert certificate.certificate(judge(path, CHECKS)) == known.certificate


def test_a_declared_break_is_not_shrunk_and_does_not_end_the_state_machine(known: Run, broken: Run) -> None:
    counts = known.certificate["counts"]
    assert counts["shrink"] == 0 < broken.certificate["counts"]["shrink"]
    assert counts["machine"] > broken.certificate["counts"]["machine"]


def test_a_declared_break_is_not_kept_for_the_next_run(known: Run) -> None:
    assert known.docket.broken
    assert not (known.folder.parent / "store").exists()


def test_the_chat_of_a_declared_break_lies_beside_the_certificate_and_the_command_names_the_file(known: Run) -> None:
    assert [path.name for path in (known.folder / "scenarios").iterdir()] == [f"{ORDER}.json"]
    (again,) = [line for line in known.screen.splitlines() if line.startswith("  again: ")]
    assert "--deviations known.toml" in again.replace("=", " ")
    assert again.endswith(f"--scenario out/scenarios/{ORDER}.json")


def test_a_declared_clause_that_is_kept_again_ends_with_status_4(tmp_path: Path) -> None:
    left = run(tmp_path, deviations=declaring(tmp_path, ORDER))
    assert (left.status, left.certificate["verdict"]) == (4, "deviations out of date")
    assert f"deviations file out of date: {ORDER} is kept" in left.screen.splitlines()[-1]
    assert left.row(ORDER)["verdict"] == "kept"
    assert left.case(ORDER).find("error") is not None
    assert left.junit[0].get("errors") == "1"


def test_an_expired_deviation_is_ignored_and_the_break_is_1_again(tmp_path: Path) -> None:
    left = run(tmp_path, FAULT, deviations=declaring(tmp_path, ORDER, date(2020, 1, 1)))
    assert (left.status, left.certificate["verdict"]) == (1, "not conformant")
    assert left.certificate["counts"]["shrink"] > 0
    assert f"expired: the deviation from {ORDER}" in left.screen.splitlines()[-1]


def test_another_break_fails_the_run_and_gets_its_smallest_chat(tmp_path: Path) -> None:
    left = run(tmp_path, f"{FAULT},apostrophe-refused", deviations=declaring(tmp_path, ORDER))
    left.certification.remember(left.docket)
    assert (left.status, left.certificate["verdict"]) == (1, "not conformant")
    assert {c: s for c, s in left.docket.broken.items() if c != ORDER} == {"accept.request.body": Scenario("0", "'")}
    (stored,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json")
    assert json.loads(stored.read_text())["clauses"] == ["accept.request.body"]


def test_a_given_chat_that_misses_the_declared_break_says_nothing_about_it(tmp_path: Path) -> None:
    left = run(tmp_path, scenario=in_file(tmp_path, HARMLESS), deviations=declaring(tmp_path, ORDER))
    assert (left.status, left.certificate["verdict"]) == (0, "partial")


def test_chats_that_stay_silent_as_it_is_declared_do_not_end_the_run(tmp_path: Path) -> None:
    kept.write(tmp_path / "some.ndjson", [("kept", HARMLESS)] * 9)
    known = declaring(tmp_path, "accept.parameters.nickname")
    silent, heard = (
        run(tmp_path, "customer-sees-nobody", deadline=0.2, scenario="some.ndjson", deviations=declared)
        for declared in (None, known)
    )
    assert (silent.status, silent.certificate["ended"]) == (1, "silent server")
    assert (heard.status, heard.certificate["ended"], heard.certificate["counts"]["chats"]) == (0, "complete", 9)


def test_what_is_declared_does_not_excuse_another_silence(tmp_path: Path) -> None:
    left = run(tmp_path, "silence", deadline=0.1, deviations=declaring(tmp_path, "accept.history.arrives"))
    assert (left.status, left.certificate["ended"]) == (1, "silent server")


def test_what_cannot_be_declared_is_said_before_any_file(tmp_path: Path) -> None:
    declaring(tmp_path, "accept.notifications.ordr")
    with pytest.raises(UsageError, match=r"There is no tested clause accept\.notifications\.ordr; did you mean"):
        Certification(Wish(mock="", deviations="known.toml"), own_cache(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["known.toml"]
