"""What a run performs, and in which order."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from gws_contract import planning
from gws_contract.planning import ATTEMPTS_A_CHAT, DEPTHS, Chosen, drawn, for_release, given, released
from gws_contract.records import SOURCES
from gws_contract.scenario import Attempt, Say, Scenario, Stream, to_json
from gws_contract.stage import kept
from gws_contract.stage.drawing import SITUATIONS, draw
from gws_contract.stage.malformed import MALFORMED
from gws_contract.stage.target import UsageError

STORED = (Scenario("0", "'"), Scenario("0", "0", (Say("0" * 17),)))


@pytest.fixture(scope="module")
def quick() -> Chosen:
    return drawn("quick", None, 0, stored=STORED)


def of_source(chosen: Chosen, source: str) -> list[Scenario]:
    return [scenario for name, scenario in chosen.rows if name == source]


def test_the_depths_are_those_of_the_design() -> None:
    assert {name: depth.chats for name, depth in DEPTHS.items()} == {"quick": 25, "nightly": 500, "certify": 200}


def test_the_documented_example_comes_first_and_then_what_broke_before(quick: Chosen) -> None:
    assert quick.rows[0] == ("drawn", SITUATIONS[0])
    assert quick.rows[1:3] == tuple(("stored", scenario) for scenario in STORED)


def test_as_many_chats_are_drawn_as_the_depth_says(quick: Chosen) -> None:
    assert of_source(quick, "drawn") == draw(DEPTHS["quick"].chats, 0)
    assert quick.digest is None


def test_the_wished_number_of_chats_goes_before_the_depth() -> None:
    assert len(of_source(drawn("quick", 3, 0), "drawn")) == 3


def test_every_wrong_request_is_tried_once(quick: Chosen) -> None:
    tried = [attempt for scenario in of_source(quick, "misuse") for attempt in scenario.refusals]
    rows = kept.read().rows
    generated = [attempt for source, scenario in rows if source == "misuse" for attempt in scenario.refusals]
    assert tried == [*MALFORMED, *generated[: DEPTHS["quick"].generated]]


def test_no_chat_has_to_bear_too_many_wrong_requests(quick: Chosen) -> None:
    numbers = [len(scenario.refusals) for scenario in of_source(quick, "misuse")]
    assert max(numbers) == ATTEMPTS_A_CHAT
    assert all(number == ATTEMPTS_A_CHAT for number in numbers[:-1])


def test_chats_with_wrong_requests_are_spread_among_the_others(quick: Chosen) -> None:
    """A run that is cut short has tried some of each."""
    sources = [source for source, _ in quick.rows[3:]]
    half = Counter(sources[: len(sources) // 2])
    for source, number in Counter(sources).items():
        assert abs(half[source] - number / 2) <= 1.5


def test_no_row_has_a_source_that_the_journal_does_not_know(quick: Chosen) -> None:
    assert {source for source, _ in (*quick.rows, *released().rows)} <= set(SOURCES)


def test_what_broke_before_is_shortened_for_a_server_that_is_not_ours() -> None:
    long = Scenario("0", "0", (Stream(("0",), 500),))
    (again,) = of_source(drawn("quick", 1, 0, longest=50, stored=[long]), "stored")
    assert again.entries == 50


def test_another_seed_draws_other_chats(quick: Chosen) -> None:
    assert of_source(drawn("quick", None, 1), "drawn") != of_source(quick, "drawn")


def test_a_seed_draws_the_same_again(quick: Chosen) -> None:
    assert drawn("quick", None, 0, stored=STORED) == quick


# ---- what is kept with a release ------------------------------------------------------------------------------------


def test_what_is_kept_is_performed_with_its_digest() -> None:
    chosen, file = released(), kept.read()
    assert chosen.digest == file.digest
    assert of_source(chosen, "kept") == [scenario for source, scenario in file.rows if source == "kept"]
    assert len(of_source(chosen, "kept")) == DEPTHS["certify"].chats
    assert chosen.rows[0] == ("kept", SITUATIONS[0])


def test_every_named_wrong_request_is_tried_at_depth_certify_too() -> None:
    tried = [attempt for scenario in of_source(released(), "misuse") for attempt in scenario.refusals]
    assert set(map(str, MALFORMED)) <= set(map(str, tried))
    assert len(tried) == len(set(map(str, tried)))


def test_long_histories_that_are_kept_are_shortened_for_a_server_that_is_not_ours() -> None:
    assert max(scenario.entries for _, scenario in released(50).rows) <= 50
    assert max(scenario.entries for _, scenario in released().rows) > 1000


def test_for_a_release_chats_and_wrong_requests_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "fuzz", lambda count, seed: [Attempt("open", f"{count} {seed}", None)])
    rows = list(for_release(20, 3))
    assert rows[:20] == [("kept", scenario) for scenario in draw(20, 3)]
    assert {source for source, _ in rows[20:]} == {"misuse"}
    assert rows[-1][1].refusals[-1] == Attempt("open", f"{DEPTHS['certify'].generated} 3", None)


# ---- what is given --------------------------------------------------------------------------------------------------


def test_a_scenario_as_a_report_leaves_it_is_performed(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(to_json(STORED[0]), indent=2))
    assert given(tmp_path / "one.json") == Chosen((("given", STORED[0]),))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_scenarios_one_a_line_are_performed(tmp_path: Path, count: int) -> None:
    rows = [("kept", Scenario("0", f"Kim {n}")) for n in range(count)]
    kept.write(tmp_path / "some.ndjson", rows)
    assert given(tmp_path / "some.ndjson").rows == tuple(("given", scenario) for _, scenario in rows)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^The scenario .* cannot be read: No such file or directory\.$"):
        given(tmp_path / "none.json")
