"""Certifications in this process: what they leave, and how they are signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gws_contract import contract
from gws_contract.certification import FLOOR, Certification
from gws_contract.evidence import assemble
from gws_contract.journal import Header, read
from gws_contract.mock.server import Mock
from gws_contract.records import Terms
from gws_contract.report import leaves, pdf, text
from gws_contract.scenario_json import from_json
from gws_contract.seal import files, keys
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.target import UsageError
from gws_contract.verification import verify
from gws_contract.wish import Wish

from ..stages import credentials, secrets_of
from .certified import CHECKS, QUOTED, SHORT, Run, begun, in_file, own_cache, run


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("conformant"), seed=7, report_dir=None)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("broken"), "history-first")


# ---- runs -----------------------------------------------------------------------------------------------------------


def test_a_conformant_server_is_certified(conformant: Run) -> None:
    assert conformant.status == 0
    assert conformant.certificate["verdict"] == "conformant"
    assert conformant.certificate["seed"] == 7
    assert {row["verdict"] for row in conformant.certificate["clauses"] if row["tested"]} == {"kept"}
    assert (conformant.junit[0].get("failures"), conformant.junit[0].get("errors")) == ("0", "0")
    assert sorted(path.name for path in conformant.folder.iterdir()) == sorted(
        {*leaves.NAMES, leaves.CONTRACT} - {pdf.NAME}
    )


def test_screen_certificate_and_junit_tell_the_same_break(broken: Run) -> None:
    assert broken.status == broken.certificate["exit_status"] == 1
    row = broken.row("accept.notifications.order")
    example = row["first_counter_example"]
    assert [r["id"] for r in broken.certificate["clauses"] if r["verdict"] == "broken"] == [row["id"]]
    assert "accept.notifications.order" in broken.screen
    for words in (f"Documented: {example['documented']}", f"Received:   {example['received']}"):
        assert words in broken.screen
    failure = broken.case("accept.notifications.order").find("failure")
    assert failure is not None
    assert failure.get("message") == f"Documented: {example['documented']}. Received: {example['received']}."
    assert "Received:   " + example["received"] in (failure.text or "")
    assert sum(1 for _ in broken.junit.iter("failure")) == 1
    assert broken.screen.endswith(broken.certificate["headline"])


def test_the_journal_on_disk_gives_the_same_plan_again(conformant: Run, broken: Run) -> None:
    for one in (conformant, broken):
        evidence = assemble(read(one.folder / "journal.ndjson"))
        drawn = [str(c.scenario) for c in evidence.conversations if c.planned.source == "drawn"]
        assert sorted(drawn) == sorted(map(str, SITUATIONS))


def test_no_file_holds_a_password(tmp_path: Path) -> None:
    with Mock() as mock:
        run(tmp_path, None, credentials(mock), url=mock.url)
        files = [path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert len(files) > len(leaves.NAMES)
        assert not [secret for secret in secrets_of(mock) for file in files if secret in file]


def test_an_advisory_break_fails_a_strict_run_only(tmp_path: Path) -> None:
    fault, clause = "message-with-success", "accept.response.no-message"
    advisory = next(c.id for c in contract.load().clauses if c.id == clause and c.advisory)
    lenient, strict = run(tmp_path, fault), run(tmp_path, fault, strict=True)
    assert (lenient.status, strict.status) == (0, 1)
    assert lenient.row(advisory)["verdict"] == strict.row(advisory)["verdict"] == "broken"
    assert lenient.case(advisory).find("failure") is None
    assert strict.case(advisory).find("failure") is not None
    assert "1 advisory break" in lenient.certificate["headline"]


def test_a_run_about_some_clauses_is_partial(tmp_path: Path) -> None:
    asked = ["accept.notifications.order", "accept.response.json"]
    kept, failed = run(tmp_path, clause=asked), run(tmp_path, "history-first", clause=asked)
    assert (kept.certificate["verdict"], kept.status) == ("partial", 0)
    assert (failed.certificate["verdict"], failed.status) == ("partial", 1)
    assert [row["id"] for row in kept.certificate["clauses"] if row["tested"]] == sorted(asked, key=order)
    assert len(list(kept.junit.iter("testcase"))) == 2
    assert failed.certificate["only"] == asked


def order(clause: str) -> int:
    return [each.id for each in contract.load().clauses].index(clause)


def test_fewer_chats_than_the_floor_certify_nothing(tmp_path: Path) -> None:
    few = run(tmp_path, chats=FLOOR - 1)
    assert (few.status, few.certificate["verdict"]) == (2, "inconclusive")
    assert f"every clause needs at least {FLOOR} chats" in few.screen


def test_two_runs_into_one_folder_leave_the_files_of_the_second_only(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("not ours")
    run(tmp_path, "history-first", seed=1)
    second = run(tmp_path, seed=2, chats=FLOOR + 1)
    header, *_ = read(second.folder / "journal.ndjson")
    assert getattr(header, "seed", None) == second.certificate["seed"] == 2
    assert second.certificate["counts"]["chats"] == FLOOR + 1
    assert second.status == 0
    assert (tmp_path / "out" / "notes.txt").read_text() == "not ours"


def test_a_run_that_cannot_begin_leaves_no_report_of_an_earlier_one(tmp_path: Path) -> None:
    run(tmp_path)
    with Mock() as mock:
        environment = {**credentials(mock), "GWS_AGENTS": "agent1:not-its-password"}
        second = run(tmp_path, None, environment, url=mock.url)
    assert (second.status, second.certificate["ended"]) == (2, "not ready")
    assert next(read(second.folder / "journal.ndjson")).kind == "header"
    assert second.screen.count("\n") == 1


def test_the_deadlines_of_the_wish_are_those_of_the_run(conformant: Run) -> None:
    header = conformant.docket.evidence.header
    assert (header.deadline, header.quiet_period) == (SHORT["deadline"], SHORT["quiet_period"])


# ---- given scenarios ------------------------------------------------------------------------------------------------


def test_the_smallest_chats_lie_beside_the_certificate_and_the_command_names_them(broken: Run) -> None:
    clause = "accept.notifications.order"
    path = broken.folder / "scenarios" / f"{clause}.json"
    assert from_json(json.loads(path.read_text())) == broken.docket.broken[clause]
    (again,) = [line for line in broken.screen.splitlines() if line.strip().startswith("again: ")]
    assert again.split()[:4] == ["again:", "gws-contract", "certify", "--mock=history-first"]
    assert again.endswith(f"--scenario out/scenarios/{clause}.json")


# ---- signing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read: No such file or directory."), ("nothing", "holds no private key (PEM);")],
)
def test_a_key_that_cannot_sign_is_refused_before_any_traffic(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "mine").write_text(content)
    with pytest.raises(UsageError) as refused:
        Certification(Wish(mock="", sign_key="mine"), own_cache(), tmp_path)
    assert words in str(refused.value)


def test_a_private_key_does_not_lie_in_what_is_handed_on(tmp_path: Path) -> None:
    (tmp_path / "out" / "keys").mkdir(parents=True)
    keys.new(tmp_path / "out" / "keys" / "mine")
    with pytest.raises(UsageError, match=r"lies in the report directory, which is there to be handed on\.$"):
        Certification(Wish(mock="", sign_key="out/keys/mine", report_dir="out"), own_cache(), tmp_path)


def test_what_a_run_leaves_is_signed_with_the_key_that_was_wished_for(tmp_path: Path) -> None:
    public = keys.new(tmp_path / "mine")
    signed, unsigned = run(tmp_path, sign_key="mine", chats=1), run(tmp_path, chats=1, report_dir="other")
    assert not verify(signed.folder, public).altered
    assert [step.name for step in verify(unsigned.folder, public).steps if step.state == "FAILED"] == ["signature"]
    assert signed.certification.seal == f"out/seal.intoto.jsonl (signed with the key {keys.keyid(public)[:16]})"
    assert unsigned.certification.seal == "other/seal.intoto.jsonl (not signed; --sign-key FILE signs it)"


def test_what_lies_in_the_report_directory_besides_is_not_sealed_and_named(tmp_path: Path) -> None:
    left = begun(tmp_path, report_dir="out", clause=["accept.response.json"])
    (tmp_path / "out" / "notes.txt").touch()
    (tmp_path / "out" / "contract").mkdir()
    (tmp_path / "out" / "contract" / "link").symlink_to(tmp_path)
    assert left.write_reports(left.run(CHECKS)) == [text.besides(("contract/link", "notes.txt"))]
    assert "contract/link, notes.txt" in text.besides(("contract/link", "notes.txt"))
    assert [step.name for step in verify(tmp_path / "out").steps if step.state == "FAILED"] == ["files"]


def test_a_folder_with_anything_in_it_can_be_the_report_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of other people's folders nothing is looked at."""
    monkeypatch.setattr(files, "MOST", 100)
    (tmp_path / "modules").mkdir()
    for number in range(101):
        (tmp_path / "modules" / str(number)).touch()
    left = begun(tmp_path, report_dir=".", clause=["accept.response.json"])
    assert left.write_reports(left.run(CHECKS)) == [text.besides(("modules",))]


def test_the_contract_of_an_earlier_run_does_not_lie_beside_a_new_certificate(tmp_path: Path) -> None:
    (tmp_path / "out" / "contract" / "schemas").mkdir(parents=True)
    (tmp_path / "out" / "contract" / "schemas" / "old.json").touch()
    (tmp_path / "out" / f"{leaves.SEAL}.part").touch()
    begun(tmp_path, report_dir="out")
    assert list((tmp_path / "out").rglob("*")) == []


def test_a_second_run_into_the_same_folder_leaves_a_bundle_too(tmp_path: Path) -> None:
    first = run(tmp_path, "history-first", chats=1)
    assert (first.folder / "scenarios").is_dir()
    second = run(tmp_path, chats=1)
    assert not verify(second.folder).altered


def test_on_which_terms_a_run_is_judged_stands_in_its_journal(tmp_path: Path) -> None:
    left = run(tmp_path, chats=1, strict=True, clause=["accept.response.json"], deadline=2.0)
    again = "gws-contract certify --mock --deadline=2.0 --quiet-period=0.05 --strict --scenario scenarios/"
    terms = Terms(floor=FLOOR, strict=True, only=("accept.response.json",), given=False, again=again)
    header = next(read(left.folder / leaves.JOURNAL))
    assert isinstance(header, Header)
    assert header.terms == terms
    assert (left.docket.floor, left.docket.strict, left.docket.only) == (FLOOR, True, terms.only)


def test_given_scenarios_are_all_asked_for(tmp_path: Path) -> None:
    left = run(tmp_path, scenario=in_file(tmp_path, QUOTED))
    assert left.docket.evidence.header.terms.given
    assert (left.docket.given, left.docket.floor) == (True, 1)
