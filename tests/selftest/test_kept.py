"""Scenarios in a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gws_contract.scenario import Say, Scenario
from gws_contract.stage import kept
from gws_contract.stage.drawing import SITUATIONS, draw
from gws_contract.stage.kept import NotKept

ROWS = (("drawn", Scenario("𠮷", "a\u0000b\u2028", (Say("é"),))), ("store", Scenario(user_data={"": None})))


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    rows = (*ROWS, *(("kept", scenario) for scenario in draw(60, 1)))
    kept.write(tmp_path / "kept.ndjson", rows)
    assert kept.read(tmp_path / "kept.ndjson").rows == rows


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "kept.ndjson"
    kept.write(file, ROWS)
    assert kept.read(file).digest == hashlib.sha256(file.read_bytes()).hexdigest()


def test_every_scenario_stands_in_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "kept.ndjson"
    kept.write(file, ROWS)
    assert len(file.read_text("ascii").splitlines()) == len(ROWS)
    assert file.read_bytes().endswith(b"}\n")


def test_what_stood_in_the_file_is_gone(tmp_path: Path) -> None:
    kept.write(tmp_path / "kept.ndjson", ROWS)
    kept.write(tmp_path / "kept.ndjson", ROWS[:1])
    assert kept.read(tmp_path / "kept.ndjson").rows == ROWS[:1]


def test_the_packaged_file_holds_200_chats_with_the_situations_first() -> None:
    chats = [scenario for source, scenario in kept.read().rows if source == "kept"]
    assert len(chats) == 200
    assert tuple(chats[: len(SITUATIONS)]) == SITUATIONS


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"source": "drawn", "scenario": {"customer": "a"', "delimiter"),
        ('{"source": "drawn"}', "should look like"),
        ('{"source": 1, "scenario": {}}', "should look like"),
        ("[]", "should look like"),
        ('{"source": "drawn", "scenario": {"customer": "a"}}', "it lacks 'agent'"),
        ('{"source": "drawn", "scenario": {"customer": "a", "agent": "b", "mood": 1}}', "it has no mood"),
        ("[" * 50_000, "nested deeper than 100"),
    ],
)
def test_a_line_that_is_no_scenario_is_named(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "kept.ndjson"
    kept.write(file, ROWS)
    file.write_text(f"{file.read_text('ascii')}{line}\n", encoding="ascii")
    with pytest.raises(NotKept, match=rf"^Line 3 of kept.ndjson is no kept scenario: .*{why}"):
        kept.read(file)


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept.ndjson").write_bytes(b"\xff\n")
    with pytest.raises(NotKept, match=r"^Line 1 of kept.ndjson is no kept scenario"):
        kept.read(tmp_path / "kept.ndjson")


def test_an_empty_file_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.ndjson").write_text("\n")
    with pytest.raises(NotKept, match=r"^kept.ndjson holds no scenario\.$"):
        kept.read(tmp_path / "kept.ndjson")


def test_a_file_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotKept, match=r"^The scenarios in none.ndjson cannot be read: No such file or directory\.$"):
        kept.read(tmp_path / "none.ndjson")
