"""Mutants are made, put in place and told apart as `tox -e mutation` needs it, which brings mutmut."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("mutmut")

from tests.mutation.living import Living
from tests.mutation.mutants import TOP, Mutant, Source

TEXT = '''"""A module."""

from functools import lru_cache

LIMIT = 3
WORDS = "too many"


@lru_cache
def is_few(number):
    return number < LIMIT


class Judge:
    def says(self, number, otherwise="few"):
        return WORDS if not is_few(number) else otherwise
'''
NAME = "gws_contract.made_for_mutants"


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "src" / "gws_contract" / "made_for_mutants.py"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, "utf-8")
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[NAME]


def source_of(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Source:
    path = Path(str(module.__file__))
    monkeypatch.chdir(path.parents[2])
    return Source(Path("src/gws_contract/made_for_mutants.py"))


def mutant(source: Source, change: str) -> Mutant:
    (found,) = [each for each in source.mutants if change in each.diff]
    return found


def test_decorated_functions_constants_and_left_out_parameters_have_mutants(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(module, monkeypatch)
    assert {(each.function, each.at_import) for each in source.mutants} == {
        (TOP, True),
        ("is_few", False),
        ("Judge.says", False),
        ("Judge.says", True),
    }


def test_a_mutant_keeps_its_name_when_lines_move(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [(each.function, each.diff) for each in source_of(module, monkeypatch).mutants]
    Path(str(module.__file__)).write_text(TEXT.replace("LIMIT = 3", "# Why.\n\nLIMIT = 3"), "utf-8")
    assert [(each.function, each.diff) for each in source_of(module, monkeypatch).mutants] == before
    assert ("is_few", "- return number < LIMIT\n+ return number <= LIMIT") in before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("+ return number <= LIMIT", "few"),
        ("+ LIMIT = 4", "few"),
        ('+ WORDS = "XXtoo manyXX"', "XXtoo manyXX"),
        ('+ def says(self, number, otherwise="XXfewXX"):', "too many"),
        ("+ return WORDS if (not is_few(number)) and False else otherwise", "few"),
    ],
)
def test_a_mutant_lives_in_the_place_of_what_is_loaded(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, change: str, says: str
) -> None:
    source = source_of(module, monkeypatch)
    assert module.Judge().says(3) == "too many"
    assert Living([source]).exchange(mutant(source, change))
    assert module.Judge().says(3) == says
    assert module.Judge().says(1).strip("X") == "few"
