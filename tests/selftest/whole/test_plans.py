"""Wishes that cannot come true, and what is planned of those that can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gws_contract import contract, planning
from gws_contract.campaign import Plan
from gws_contract.certification import Certification
from gws_contract.embedded import target_of
from gws_contract.mock.server import Mock
from gws_contract.planning import DEPTHS
from gws_contract.scenario import Scenario
from gws_contract.stage import kept
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

from ..stages import secrets_of
from .certified import begun, own_cache, sources


@pytest.fixture
def _nothing_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong requests take a second to generate, and these tests do not look at them."""
    for name in ("coverage", "fuzz"):
        monkeypatch.setattr(planning, name, lambda *_: [])


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
