"""Certifications of given scenarios, and of the counter-examples of earlier runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gws_contract import planning
from gws_contract.certification import FLOOR, Certification
from gws_contract.scenario import Say, Scenario
from gws_contract.stage import kept
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.target import NotReady, UsageError
from gws_contract.wish import Wish

from .certified import CHECKS, HARMLESS, QUOTED, SHORT, Run, in_file, own_cache, run, sources


@pytest.fixture
def _nothing_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong requests take a second to generate, and these tests do not look at them."""
    for name in ("coverage", "fuzz"):
        monkeypatch.setattr(planning, name, lambda *_: [])


# ---- given scenarios ------------------------------------------------------------------------------------------------


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
