"""The certificates in reports/example are what this suite makes of the journals beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .examples import FOLDER, JOURNAL, NAMES, render, stored

WAY_OUT = "run python -m tests.selftest.examples, look at what changed, and commit it"


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != JOURNAL)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_rendered_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    render(name, tmp_path)
    expected, found = files(FOLDER / name), files(tmp_path)
    assert found.keys() == expected.keys()
    for file, content in found.items():
        assert content == expected[file], f"{name}/{file} is not what would be written now: {WAY_OUT}"


def test_there_is_one_of_each_kind() -> None:
    assert [stored(name).conclusion.status for name in NAMES] == [0, 1, 1]
    assert all(stored(name).complete for name in NAMES)


def test_the_examples_are_small() -> None:
    for path in FOLDER.rglob("*"):
        assert path.is_dir() or path.stat().st_size < 1_000_000, path.name
