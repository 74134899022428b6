"""Counter-examples between runs: what is kept, for how long, and that a broken file is nobody's trouble."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from gws_contract.scenario import Say, Scenario
from gws_contract.store import FORGOTTEN_AFTER, MOST, Found, Store

SERVER = "http://gws.example.com"
ONE, OTHER = Scenario("0", "'"), Scenario("0", "0", (Say("0" * 17),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, SERVER)


def found(*scenarios: Scenario) -> list[Found]:
    return [Found(scenario, ("accept.request.body",)) for scenario in scenarios]


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.json"))


def aged(folder: Path) -> None:
    """Let a moment pass for what is kept: time stamps of files are coarse."""
    for path in files(folder):
        moment = path.stat().st_mtime_ns - 2_000_000_000
        os.utime(path, ns=(moment, moment))


def nights(store: Store, *evenings: Iterable[Scenario]) -> None:
    """Runs one after the other, each performing what is stored, and finding this."""
    for evening in evenings:
        store.remember(found(*evening), store.scenarios())


def test_what_was_found_comes_back(store: Store) -> None:
    store.remember(found(ONE), [])
    assert store.scenarios() == [ONE]


def test_at_first_there_is_nothing(store: Store, tmp_path: Path) -> None:
    assert store.scenarios() == []
    store.remember([], [])
    assert list(tmp_path.iterdir()) == []


def test_the_latest_comes_first(store: Store, tmp_path: Path) -> None:
    for scenario in (ONE, OTHER):
        store.remember(found(scenario), [])
        aged(tmp_path)
    assert store.scenarios() == [OTHER, ONE]


def test_what_breaks_again_is_the_latest(store: Store, tmp_path: Path) -> None:
    for scenario in (ONE, OTHER, ONE):
        store.remember(found(scenario), [])
        aged(tmp_path)
    assert store.scenarios() == [ONE, OTHER]


def test_what_broke_nothing_this_time_does_not_pass_what_broke(store: Store, tmp_path: Path) -> None:
    for scenario in (ONE, OTHER):
        store.remember(found(scenario), [])
        aged(tmp_path)
    store.remember([], [ONE])
    assert store.scenarios() == [OTHER, ONE]


def test_the_same_is_kept_once(store: Store, tmp_path: Path) -> None:
    nights(store, [ONE], [ONE])
    assert len(files(tmp_path)) == 1


def test_no_more_than_the_latest_are_kept(store: Store, tmp_path: Path) -> None:
    many = [Scenario("0", f"Kim {n}") for n in range(MOST + 5)]
    for scenario in many:
        store.remember(found(scenario), [])
        aged(tmp_path)
    assert store.scenarios() == many[:4:-1]
    assert len(files(tmp_path)) == MOST


def test_of_too_many_at_once_no_more_are_kept_either(store: Store) -> None:
    store.remember(found(*(Scenario("0", f"Kim {n}") for n in range(MOST + 5))), [])
    assert len(store.scenarios()) == MOST


def test_what_breaks_nothing_any_more_is_forgotten_after_a_while(store: Store, tmp_path: Path) -> None:
    store.remember(found(ONE, OTHER), [])
    nights(store, *[[OTHER]] * (FORGOTTEN_AFTER - 1))
    assert set(map(str, store.scenarios())) == {str(ONE), str(OTHER)}
    nights(store, [OTHER])
    assert store.scenarios() == [OTHER]
    assert len(files(tmp_path)) == 1


def test_what_breaks_again_in_between_is_counted_anew(store: Store) -> None:
    nights(store, [ONE], *[[]] * (FORGOTTEN_AFTER - 1), [ONE], *[[]] * (FORGOTTEN_AFTER - 1))
    assert store.scenarios() == [ONE]
    nights(store, [])
    assert store.scenarios() == []


def test_what_was_not_performed_is_not_counted(store: Store) -> None:
    store.remember(found(ONE), [])
    for _ in range(FORGOTTEN_AFTER):
        store.remember([], [])
    assert store.scenarios() == [ONE]


def test_every_server_has_a_folder_of_its_own(tmp_path: Path) -> None:
    mine, theirs = Store(tmp_path, SERVER), Store(tmp_path, "http://localhost")
    mine.remember(found(ONE), [])
    theirs.remember(found(OTHER), [])
    assert (mine.scenarios(), theirs.scenarios()) == ([ONE], [OTHER])
    assert len(list(tmp_path.iterdir())) == 2


def test_the_folder_of_a_server_is_the_same_in_every_run(tmp_path: Path) -> None:
    Store(tmp_path, SERVER).remember(found(ONE), [])
    assert Store(tmp_path, SERVER).scenarios() == [ONE]


def test_no_path_tells_the_server(tmp_path: Path) -> None:
    Store(tmp_path, "http://../../etc").remember(found(ONE), [])
    (path,) = files(tmp_path)
    assert path.parent.parent == tmp_path


def test_a_counter_example_names_its_server_and_its_clauses(store: Store, tmp_path: Path) -> None:
    store.remember(found(ONE), [])
    data = json.loads(files(tmp_path)[0].read_text("ascii"))
    assert (data["target"], data["clauses"]) == (SERVER, ["accept.request.body"])


@pytest.mark.parametrize("scenario", [Scenario("𐐔", "\ud800\x00"), Scenario("0", "0", user_data={"n": None, "": 5})])
def test_any_scenario_comes_back_as_it_was(store: Store, scenario: Scenario) -> None:
    store.remember(found(scenario), [])
    assert store.scenarios() == [scenario]


BROKEN = {
    "empty": b"",
    "cut": b'{"scenario": {"customer": "0"',
    "a list": b"[]",
    "nothing in it": b"{}",
    "no scenario": b'{"scenario": 5}',
    "not ASCII": '{"scenario": {"customer": "ü", "agent": "0"}}'.encode(),
    "not UTF-8": b"\xff\xfe",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_harms_nobody(store: Store, tmp_path: Path, content: bytes) -> None:
    store.remember(found(ONE), [])
    (files(tmp_path)[0].parent / "broken.json").write_bytes(content)
    assert ONE in store.scenarios()
    nights(store, [OTHER])
    assert {ONE, OTHER} <= set(store.scenarios())


@pytest.mark.parametrize("count", ["often", None, [], -5])
def test_a_count_that_is_none_harms_nobody(store: Store, tmp_path: Path, count: object) -> None:
    store.remember(found(ONE), [])
    (path,) = files(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"kept": count}))
    nights(store, [])


def test_a_folder_in_the_place_of_a_file_harms_nobody(store: Store, tmp_path: Path) -> None:
    store.remember(found(ONE), [])
    (files(tmp_path)[0].parent / "folder.json").mkdir()
    assert store.scenarios() == [ONE]
    nights(store, [OTHER])


def test_a_file_in_the_place_of_the_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    store = Store(tmp_path / "file", SERVER)
    assert store.scenarios() == []
    with pytest.raises(OSError, match=r"file"):
        store.remember(found(ONE), [])
    assert (tmp_path / "file").read_text() == "mine"


def test_files_of_somebody_else_stay(store: Store, tmp_path: Path) -> None:
    store.remember(found(ONE), [])
    notes = files(tmp_path)[0].parent / "notes.txt"
    notes.write_text("mine")
    nights(store, *[[]] * (FORGOTTEN_AFTER + 1))
    assert notes.read_text() == "mine"
