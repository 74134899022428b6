"""Clauses, checks, faults and catalogues meet: nothing is quoted wrongly, and nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gws_contract import contract
from gws_contract.check import Check, folder, shipped
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.faults.fault import Fault
from gws_contract.mock.quirks import QUIRKS, Quirk

DOCUMENT = contract.load()
TESTED = [clause.id for clause in DOCUMENT.clauses if clause.not_tested is None]

CATALOGUES = (
    *(f"F{n}" for n in range(1, 77)),
    *(f"H{n:02}" for n in range(1, 24)),
    *(f"N{n:02}" for n in range(1, 17)),
)
"""F: `bayeux.md` 5; H and N: `peers.md` 2.1."""

ELSEWHERE = {
    "F25": "after a new session nothing is said about repetitions: test_verdict",
    "F35": "a clientId inside a notification neither loses, leaks nor reorders it; the page says nothing",
    "F37": "which number an operation gets is not said by the page",
    "F38": "only one of the three samples carries a referenceId",
    "F40": "a Bayeux fault that neither loses, leaks nor reorders",
    **{f"F{n}": "a Bayeux fault: selftests of the observer" for n in range(63, 77)},
}
"""Why a catalogue entry is neither a fault nor a quirk of the mock."""


def place(check: Check) -> str:
    return Path(check.judge.__code__.co_filename).name


def test_every_tested_clause_has_exactly_one_check() -> None:
    assert sorted(check.clause for check in shipped()) == sorted(TESTED)


@pytest.mark.parametrize("check", shipped(), ids=lambda check: check.clause)
def test_the_docstring_of_a_check_is_the_quote(check: Check) -> None:
    assert check.quote == DOCUMENT.clause(check.clause).quote.strip()


@pytest.mark.parametrize("check", shipped(), ids=lambda check: check.clause)
def test_a_check_stands_in_the_file_of_its_section(check: Check) -> None:
    section = DOCUMENT.section(DOCUMENT.clause(check.clause).section)
    assert Path(section.file).name == place(check)


def test_checks_stand_in_the_order_of_the_page() -> None:
    assert [check.clause for check in shipped()] == TESTED


def test_check_files_are_those_of_the_sections() -> None:
    assert {path.name for path in folder().glob("test_*.py")} == {
        Path(s.file).name for s in DOCUMENT.sections if s.file
    }


@pytest.mark.parametrize("entry", CATALOGUES)
def test_a_catalogued_fault_is_a_fault_a_quirk_or_explained(entry: str) -> None:
    seams: list[Fault | Quirk] = [*FAULTS.values(), *QUIRKS.values()]
    known = {origin for one in seams for origin in one.origin}
    assert (entry in known) != (entry in ELSEWHERE)


def test_no_name_stands_for_a_fault_and_a_quirk() -> None:
    assert set(FAULTS) & set(QUIRKS) == set()
