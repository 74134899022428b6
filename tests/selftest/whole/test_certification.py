"""One certification from wish to files, in this process."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gws_contract import check, contract, planning
from gws_contract.campaign import Plan
from gws_contract.certification import FLOOR, Certification
from gws_contract.embedded import target_of
from gws_contract.evidence import assemble
from gws_contract.journal import Header, read
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request
from gws_contract.planning import DEPTHS
from gws_contract.records import Terms
from gws_contract.report import certificate, leaves, pdf, text
from gws_contract.report.docket import Docket, judge
from gws_contract.scenario import Say, Scenario, from_json, to_json
from gws_contract.seal import files, keys
from gws_contract.stage import kept
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.target import NotReady, UsageError
from gws_contract.verification import verify
from gws_contract.wish import Wish

from ..stages import Scripted, credentials, interrupt, nobody_is_left, secrets_of, varied

CHECKS = check.shipped()
SHORT: dict[str, Any] = {"chats": FLOOR, "deadline": 1.0, "quiet_period": 0.05}


MANY = 40
"""Chats of a run that is ended before it has performed them."""


def own_cache() -> dict[str, str]:
    """The environment of somebody who has said nothing but where to keep things."""
    return {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}


class Run:
    """A certification that was run, and everything it left."""

    def __init__(self, here: Path, wish: Wish, environment: dict[str, str] | None = None) -> None:
        self.certification = Certification(wish, own_cache() | (environment or {}), here)
        self.certification.begin()
        self.folder = self.certification.folder
        self.docket: Docket = self.certification.run(CHECKS)
        self.certification.write_reports(self.docket)
        self.certificate = json.loads((self.folder / "certificate.json").read_text())
        self.junit = ET.parse(self.folder / "junit.xml").getroot()
        self.screen = text.summary(replace(self.docket, again=self.certification.again))

    @property
    def status(self) -> int:
        return self.docket.conclusion.status

    def row(self, clause: str) -> dict[str, Any]:
        return next(row for row in self.certificate["clauses"] if row["id"] == clause)

    def case(self, clause: str) -> ET.Element:
        return next(case for case in self.junit.iter("testcase") if case.get("name") == clause)


def run(here: Path, mock: str | None = "", environment: dict[str, str] | None = None, **wish: Any) -> Run:
    return Run(here, Wish(mock=mock, **{"report_dir": "out", **SHORT, **wish}), environment)


def begun(here: Path, **wish: Any) -> Certification:
    """A certification whose folder is made."""
    certification = Certification(Wish(mock="", **{"chats": 1, **wish}), own_cache(), here)
    certification.begin()
    return certification


@pytest.fixture
def _nothing_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong requests take a second to generate, and these tests do not look at them."""
    for name in ("coverage", "fuzz"):
        monkeypatch.setattr(planning, name, lambda *_: [])


def sources(plan: Plan) -> Counter[str]:
    """How many chats of a plan come from where."""
    return Counter(source for source, _ in plan.rows)


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("conformant"), seed=7, report_dir=None)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("broken"), "history-first")


# ---- wishes that cannot come true -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock."),
        ({"url": "gws"}, "The URL 'gws' is not that of a server; it should look like https://gws.example.com:8080."),
        ({"mock": "histry-first"}, "There is no fault or quirk named histry-first; did you mean history-first?"),
        ({"mock": "", "chats": 0}, "--chats must be greater than 0, not 0."),
        ({"mock": "", "chats": -3}, "--chats must be greater than 0, not -3."),
        ({"mock": "", "deadline": 0.0}, "--deadline must be greater than 0, not 0.0."),
        ({"mock": "", "deadline": float("nan")}, "--deadline must be greater than 0, not nan."),
        ({"mock": "", "offer_timeout": -1.0}, "--offer-timeout must be greater than 0, not -1.0."),
        ({"mock": "", "max_rate": 0.0}, "--max-rate must be greater than 0, not 0.0."),
        ({"mock": "", "time_limit": 0.0}, "--time-limit must be greater than 0, not 0.0."),
        ({"mock": "", "quiet_period": -0.1}, "--quiet-period must be 0 or more, not -0.1."),
        (
            {"mock": "", "clause": ["accept.notifications.ordr"]},
            "There is no tested clause accept.notifications.ordr; did you mean accept.notifications.order?",
        ),
        ({"mock": "", "clause": ["zzz"]}, "There is no tested clause zzz; gws-contract clauses lists them."),
        (
            {"mock": "", "table": "7.6"},
            f"There is no table of return values for 7.6; there are {', '.join(contract.load().versions)}.",
        ),
    ],
)
def test_a_wish_that_cannot_come_true_is_refused_before_any_file(
    tmp_path: Path, wish: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as refused:
        Certification(Wish(**wish), {}, tmp_path)
    assert str(refused.value) == words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["deadline", "time_limit", "offer_timeout"])
def test_a_number_of_seconds_without_end_is_refused_for_what_it_is(tmp_path: Path, option: str) -> None:
    wish: dict[str, Any] = {"mock": "", option: float("inf")}
    with pytest.raises(UsageError) as refused:
        Certification(Wish(**wish), {}, tmp_path)
    assert "greater than 0, not inf" not in str(refused.value)


def test_mock_and_url_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Certification(Wish(mock="", url="https://gws.example.com"), {}, tmp_path)


def test_a_clause_that_is_not_tested_cannot_be_asked_for(tmp_path: Path) -> None:
    untested = next(clause.id for clause in contract.load().clauses if clause.not_tested)
    with pytest.raises(UsageError, match=f"There is no tested clause {untested}"):
        Certification(Wish(mock="", clause=[untested]), {}, tmp_path)


def test_a_report_directory_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for wished in ("file", "file/out"):
        with pytest.raises(UsageError, match=r"^The report directory .* cannot be written: .*\.$"):
            begun(tmp_path, report_dir=wished)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_report_directory_in_which_a_folder_bears_the_name_of_a_report_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out" / "certificate.json").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be written"):
        begun(tmp_path, report_dir="out")


def test_the_environment_is_not_asked_when_the_mock_is_certified(tmp_path: Path) -> None:
    Certification(Wish(mock="", report_dir="out"), {"GWS_AGENTS": "nonsense"}, tmp_path)


# ---- what is planned ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_nothing_generated")
@pytest.mark.parametrize("depth", ["quick", "nightly"])
def test_the_depth_says_how_many_chats_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: str) -> None:
    monkeypatch.setattr(planning, "draw", lambda count, *_, **__: [Scenario()] * count)
    plan = Certification(Wish(mock="", depth=depth), own_cache(), tmp_path).plan
    assert sources(plan)["drawn"] == DEPTHS[depth].chats
    assert plan.digest is None


def test_at_depth_certify_the_scenarios_are_those_kept_with_the_release(tmp_path: Path) -> None:
    plan = Certification(Wish(mock="", depth="certify"), own_cache(), tmp_path).plan
    assert sources(plan).keys() == {"kept", "misuse"}
    assert sources(plan)["kept"] == DEPTHS["certify"].chats
    assert plan.digest == kept.read().digest


@pytest.mark.usefixtures("_nothing_generated")
@pytest.mark.parametrize("wish", [{"chats": 5}, {"seed": 0}], ids=str)
def test_chats_or_a_seed_at_depth_certify_mean_drawn_ones(tmp_path: Path, wish: dict[str, Any]) -> None:
    plan = Certification(Wish(mock="", depth="certify", **wish), own_cache(), tmp_path).plan
    assert sources(plan)["drawn"] == wish.get("chats", DEPTHS["certify"].chats)
    assert plan.digest is None


@pytest.mark.usefixtures("_nothing_generated")
def test_chats_and_seed_go_before_the_depth(tmp_path: Path) -> None:
    wish = Wish(mock="", depth="nightly", chats=14, seed=5, time_limit=9.0, max_rate=2.5)
    plan = Certification(wish, own_cache(), tmp_path).plan
    assert sources(plan)["drawn"] == 14
    assert (plan.seed, plan.depth, plan.time_limit, plan.max_rate) == (5, "nightly", 9.0, 2.5)


def abroad(here: Path, **wish: Any) -> Plan:
    """What a run against a server given by URL would do."""
    environment = own_cache() | {"GWS_AGENTS": "ann:one", "GWS_CONTACT_CENTER_ID": "x"}
    return Certification(Wish(url="http://gws.example.com", **wish), environment, here).plan


@pytest.mark.usefixtures("_nothing_generated")
@pytest.mark.parametrize("wish", [{"depth": "certify"}, {"depth": "quick", "chats": 120}], ids=str)
def test_on_a_foreign_server_histories_are_short_unless_asked_for(tmp_path: Path, wish: dict[str, Any]) -> None:
    longest = {long: max(s.entries for _, s in abroad(tmp_path, **wish, long_histories=long).rows) for long in (0, 1)}
    assert longest[False] <= planning.LONGEST_ABROAD < longest[True] <= planning.LONGEST


@pytest.mark.usefixtures("_nothing_generated")
def test_the_seed_is_random_at_night_and_else_0(tmp_path: Path) -> None:
    seeds = {d: [Certification(Wish(mock="", depth=d, chats=1), {}, tmp_path).plan.seed for _ in "12"] for d in DEPTHS}
    assert seeds["quick"] == seeds["certify"] == [0, 0]
    assert seeds["nightly"][0] != seeds["nightly"][1]


def test_without_a_report_directory_every_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, other = (begun(tmp_path) for _ in "12")
    assert one.folder != other.folder
    assert one.folder.parent == other.folder.parent == tmp_path / "reports" / "out"


def test_a_file_is_shown_by_its_short_name_where_it_has_one(tmp_path: Path) -> None:
    here = tmp_path / "here"
    inside = begun(here, report_dir="out")
    outside = begun(here, report_dir=str(tmp_path / "there"))
    assert inside.shown("certificate.json") == str(Path("out") / "certificate.json")
    assert outside.shown("certificate.json") == str(tmp_path / "there" / "certificate.json")


def test_a_mock_as_a_target_is_named_with_its_fault_and_shows_no_password() -> None:
    with Mock() as mock, Mock(without_feature={}) as alone:
        target = target_of(mock, "silence")
        assert target.name == "the embedded mock with silence"
        assert target_of(alone).without_feature is None
        assert not [secret for secret in secrets_of(mock) if secret in repr(target)]


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

HARMLESS, QUOTED = Scenario("Jo", "Kim", (Say("Hello"),)), Scenario("Jo", "O'Neil")


def in_file(here: Path, scenario: Scenario, name: str = "one.json") -> str:
    (here / name).write_text(json.dumps(to_json(scenario)))
    return name


def test_a_given_scenario_and_no_other_is_performed(tmp_path: Path) -> None:
    left = run(tmp_path, scenario=in_file(tmp_path, HARMLESS))
    assert [(c.planned.source, c.scenario) for c in left.docket.evidence.conversations] == [("given", HARMLESS)]
    assert (left.status, left.certificate["verdict"]) == (0, "partial")
    assert "only what these chats bring about was asked" in left.certificate["headline"]


def test_a_given_scenario_that_breaks_something_ends_with_status_1(tmp_path: Path) -> None:
    left = run(tmp_path, "apostrophe-refused", scenario=in_file(tmp_path, QUOTED))
    assert (left.status, left.certificate["verdict"]) == (1, "partial")
    assert left.row("accept.request.body")["verdict"] == "broken"
    assert left.certificate["counts"]["shrink"] == 0, "what is given is performed as it is given, and nothing else"


def test_a_given_scenario_that_misses_the_fault_ends_with_status_0(tmp_path: Path) -> None:
    assert run(tmp_path, "apostrophe-refused", scenario=in_file(tmp_path, HARMLESS)).status == 0


@pytest.mark.parametrize("scenario", SITUATIONS, ids=lambda s: f"{s.customer} {s.agent}")
def test_every_situation_can_be_given_alone(tmp_path: Path, scenario: Scenario) -> None:
    left = run(tmp_path, scenario=in_file(tmp_path, scenario))
    assert (left.status, left.certificate["verdict"]) == (0, "partial"), left.screen
    assert left.certificate["counts"]["chats"] == 1


def test_a_given_scenario_with_what_json_can_carry_and_utf_8_cannot_is_no_error_of_ours(tmp_path: Path) -> None:
    odd = Scenario("Pat \ud83d", "Sam \udc4d", (Say("\ud800"),))
    assert run(tmp_path, scenario=in_file(tmp_path, odd)).status != 3


def test_scenarios_one_a_line_are_performed_like_one(tmp_path: Path) -> None:
    kept.write(tmp_path / "some.ndjson", [("kept", HARMLESS), ("misuse", QUOTED)])
    plan = Certification(Wish(mock="", scenario="some.ndjson"), own_cache(), tmp_path).plan
    assert plan.rows == (("given", HARMLESS), ("given", QUOTED))


def test_a_file_of_one_line_as_draw_writes_it_is_one_scenario(tmp_path: Path) -> None:
    kept.write(tmp_path / "some.ndjson", [("kept", HARMLESS)])
    assert Certification(Wish(mock="", scenario="some.ndjson"), own_cache(), tmp_path).plan.rows == (
        ("given", HARMLESS),
    )


def test_a_run_of_given_scenarios_improvises_nothing_and_remembers_nothing(tmp_path: Path) -> None:
    left = run(tmp_path, "apostrophe-refused", scenario=in_file(tmp_path, QUOTED))
    left.certification.remember(left.docket)
    assert left.certification.plan.machine_runs == 0
    assert not list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "The scenario one.json cannot be read: No such file or directory."),
        ("", "one.json holds no scenario."),
        ("{", "Line 1 of one.json is no kept scenario: "),
        ("[]", "one.json"),
        ("17", "one.json"),
        ('"PersonP"', "one.json"),
        ('{"customer": "Pat"}', "This is not a scenario: it lacks 'agent'."),
        ('{"customer": "Pat", "agent": 5}', "This is not a scenario: 5 stands for a name or text."),
        ("[" * 100_000, "one.json"),
        (b"\xff\xfe", "one.json"),
    ],
    ids=["missing", "empty", "cut", "list", "number", "string", "incomplete", "wrong type", "deep", "not UTF-8"],
)
def test_a_file_without_a_scenario_is_refused_in_one_sentence(
    tmp_path: Path, text: str | bytes | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "one.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as refused:
        Certification(Wish(mock="", scenario="one.json"), {}, tmp_path)
    said = str(refused.value).replace(f"{tmp_path}{os.sep}", "")
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory\.$"):
        Certification(Wish(mock="", scenario="."), {}, tmp_path)


def test_the_smallest_chats_lie_beside_the_certificate_and_the_command_names_them(broken: Run) -> None:
    clause = "accept.notifications.order"
    path = broken.folder / "scenarios" / f"{clause}.json"
    assert from_json(json.loads(path.read_text())) == broken.docket.broken[clause]
    (again,) = [line for line in broken.screen.splitlines() if line.strip().startswith("again: ")]
    assert again.split()[:4] == ["again:", "gws-contract", "certify", "--mock=history-first"]
    assert again.endswith(f"--scenario out/scenarios/{clause}.json")


def test_the_chats_of_an_earlier_run_do_not_lie_beside_a_new_certificate(tmp_path: Path) -> None:
    run(tmp_path, "history-first")
    run(tmp_path, "apostrophe-refused", scenario=in_file(tmp_path, QUOTED))
    assert [path.name for path in (tmp_path / "out" / "scenarios").iterdir()] == ["accept.request.body.json"]


# ---- counter-examples between runs ----------------------------------------------------------------------------------


def night(here: Path, mock: str | None, *, chats: int = FLOOR, **wish: Any) -> Run:
    """A run that keeps its counter-examples for the next one."""
    left = run(here, mock, chats=chats, **wish)
    left.certification.remember(left.docket)
    return left


def replayed(left: Run) -> list[Scenario]:
    return [c.scenario for c in left.docket.evidence.conversations if c.planned.source == "stored"]


def test_what_broke_last_night_is_performed_again_before_everything_but_the_first_chat(tmp_path: Path) -> None:
    assert replayed(night(tmp_path, "apostrophe-refused")) == []
    second = night(tmp_path, "apostrophe-refused")
    assert replayed(second) == [Scenario("0", "'")]
    assert [source for source, _ in second.certification.plan.rows[:3]] == ["drawn", "stored", "drawn"]


def test_counter_examples_are_those_of_one_server(tmp_path: Path) -> None:
    night(tmp_path, "apostrophe-refused")
    assert replayed(night(tmp_path, "", chats=1)) == []


@pytest.mark.usefixtures("_nothing_generated")
def test_at_depth_certify_nothing_is_replayed(tmp_path: Path) -> None:
    night(tmp_path, "apostrophe-refused")
    plan = Certification(Wish(mock="apostrophe-refused", depth="certify"), own_cache(), tmp_path).plan
    assert "stored" not in sources(plan)
    plan = Certification(Wish(mock="apostrophe-refused", depth="nightly"), own_cache(), tmp_path).plan
    assert sources(plan)["stored"] == 1


def test_the_store_is_where_it_was_asked_for(tmp_path: Path) -> None:
    night(tmp_path, "apostrophe-refused", store="mine")
    assert len(list((tmp_path / "mine").rglob("*.json"))) == 1
    assert not list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json"))


def unheard(here: Path, mock: str, **wish: Any) -> None:
    """A run in which nobody performs what is stored."""
    left = Certification(Wish(mock=mock, report_dir="out", **SHORT, **wish), own_cache(), here)
    left.begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gws_contract.campaign.Campaign._log_in", not_today)
        left.remember(left.run(CHECKS))


def not_today(_: object) -> None:
    raise NotReady("The server does not answer.")


def test_nights_without_a_server_make_nothing_forgotten(tmp_path: Path) -> None:
    night(tmp_path, "apostrophe-refused")
    for _ in range(3):
        unheard(tmp_path, "apostrophe-refused")
    plan = Certification(Wish(mock="apostrophe-refused", chats=1), own_cache(), tmp_path).plan
    assert sources(plan)["stored"] == 1


def test_runs_about_other_clauses_make_nothing_forgotten(tmp_path: Path) -> None:
    night(tmp_path, "apostrophe-refused")
    for _ in range(3):
        night(tmp_path, "apostrophe-refused", chats=1, clause=["accept.response.json"])
    plan = Certification(Wish(mock="apostrophe-refused", chats=1), own_cache(), tmp_path).plan
    assert sources(plan)["stored"] == 1


# ---- known deviations -----------------------------------------------------------------------------------------------

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


# ---- signals --------------------------------------------------------------------------------------------------------


class Signalling(Scripted):
    """Sends this process a signal when the chat with this number is accepted."""

    def __init__(self, number: int, *signals: signal.Signals) -> None:
        super().__init__(self._look)
        self._number, self._signals = number, list(signals)

    def _look(self, request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == self._number:
            while self._signals:
                interrupt(self._signals.pop())
        return None


@pytest.fixture
def own_handlers() -> Iterator[None]:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_the_certificate_says_so(tmp_path: Path, number: signal.Signals) -> None:
    with Mock(variations=[Signalling(5, number), *varied("slow-server")]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url, chats=MANY)
        assert nobody_is_left(mock)
    assert left.status == 2
    assert left.certificate["ended"] == "interrupted"
    assert "incomplete: interrupted" in left.certificate["headline"]


@pytest.mark.usefixtures("own_handlers")
def test_impatience_does_not_disturb_the_clearing_up(tmp_path: Path) -> None:
    both = Signalling(1, signal.SIGTERM, signal.SIGINT)
    again = Scripted(lambda r: interrupt() if r.operation == "EndContactCenterSession" else None)
    with Mock(variations=[both, again]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url)
        assert nobody_is_left(mock)
    assert left.certificate["ended"] == "interrupted"


@pytest.mark.usefixtures("own_handlers")
def test_a_break_already_found_survives_the_interruption(tmp_path: Path) -> None:
    with Mock(variations=[Signalling(8, signal.SIGINT), *varied("history-first", "slow-server")]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url, chats=MANY)
    assert (left.status, left.certificate["verdict"], left.certificate["ended"]) == (1, "not conformant", "interrupted")
    assert left.row("accept.notifications.order")["verdict"] == "broken"


def test_outside_the_main_thread_signals_are_left_alone(tmp_path: Path) -> None:
    runs: list[Run] = []
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: runs.append(run(tmp_path, chats=1)))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
    assert runs[0].certificate["ended"] == "complete"


def test_a_time_limit_leaves_an_incomplete_certificate(tmp_path: Path) -> None:
    left = run(tmp_path, "slow-server", chats=MANY, time_limit=0.5)
    assert (left.status, left.certificate["ended"]) == (2, "time limit")
    assert "incomplete: time limit" in left.screen


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
