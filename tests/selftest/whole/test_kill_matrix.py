"""Every fault breaks exactly the clauses it declares, and every clause has a fault that breaks it."""

from __future__ import annotations

import pytest

from gws_contract import contract
from gws_contract.mock.faults import FAULTS
from gws_contract.verdict import Verdict

from ..killing import broken, certified, undecided

OPERATIONS = contract.operations()
TESTED = [clause for name in OPERATIONS for clause in contract.load(name).clauses if clause.not_tested is None]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_exactly_its_clauses(name: str) -> None:
    dockets = certified(name)
    found = {clause: words for docket in dockets.values() for clause, words in broken(docket).items()}
    assert set(found) == FAULTS[name].breaks, found
    for operation, docket in dockets.items():
        assert undecided(docket) == []
        own = {clause for clause in TESTED if clause.id in FAULTS[name].breaks and clause.operation == operation}
        counts = [clause for clause in own if not clause.advisory]
        assert (docket.conclusion.status == 1) == bool(counts), docket.headline


@pytest.mark.parametrize("clause", [clause.id for clause in TESTED])
def test_a_clause_has_a_fault_that_breaks_it(clause: str) -> None:
    assert any(clause in fault.breaks for fault in FAULTS.values())


def test_faults_name_existing_tested_clauses_only() -> None:
    known = {clause.id for clause in TESTED}
    assert {clause for fault in FAULTS.values() for clause in fault.breaks} <= known


def test_the_honest_mock_keeps_every_clause() -> None:
    for docket in certified().values():
        assert [r.clause.id for r in docket.rulings if r.tally.verdict is not Verdict.KEPT] == []
        assert docket.conclusion.status == 0
