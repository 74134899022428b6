"""Faults and quirks by name, and the rules of the small variations they are made of."""

from __future__ import annotations

import pytest

from gws_contract import contract
from gws_contract.mock import alterations, catalogue
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.options import MockError
from gws_contract.mock.quirks import QUIRKS


def test_names_are_separated_by_commas() -> None:
    assert len(catalogue.named("history-first, slow-server,,")) == 2
    assert catalogue.named(" ") == ()


def test_every_name_gives_a_fresh_variation_every_time() -> None:
    for name in (*FAULTS, *QUIRKS):
        (one,), (other,) = catalogue.named(name), catalogue.named(name)
        assert one is not other


def test_no_quirk_has_the_name_of_a_fault() -> None:
    assert not FAULTS.keys() & QUIRKS.keys()
    assert "," not in "".join((*FAULTS, *QUIRKS))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("histry-first", "did you mean history-first?"), ("zzz", "gws-contract mock --list shows them.")],
)
def test_an_unknown_name_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(MockError) as refused:
        catalogue.named(f"metrics,{name}")
    assert str(refused.value) == f"There is no fault or quirk named {name}; {hint}"


def test_the_listing_names_every_fault_with_its_clauses_and_every_quirk() -> None:
    text = "\n".join(catalogue.listing())
    for fault in FAULTS.values():
        assert f"  {fault.name:<36} {fault.says}\n" in text
    for quirk in QUIRKS.values():
        assert f"  {quirk.name:<36} {quirk.says} ({quirk.axis})" in text
    listed = {word.strip(",") for line in text.splitlines() if " breaks " in line for word in line.split()[1:]}
    assert listed == {clause for fault in FAULTS.values() for clause in fault.breaks}


def test_faults_break_clauses_that_exist() -> None:
    documents = map(contract.load, contract.operations())
    tested = {clause.id for each in documents for clause in each.clauses if clause.not_tested is None}
    assert {clause for fault in FAULTS.values() for clause in fault.breaks} == tested


def test_a_renumbered_history_counts_from_1_and_keeps_the_stamps_of_the_places() -> None:
    entries = [{"type": "b", "timestamp": "2"}, {"type": "x"}, {"type": "a", "timestamp": "1"}]
    assert alterations.renumbered(entries) == [
        {"type": "b", "index": 1, "timestamp": "1"},
        {"type": "x", "index": 2, "timestamp": "2"},
        {"type": "a", "index": 3, "timestamp": "2"},
    ]
    assert alterations.renumbered([{"type": "x"}]) == [{"type": "x", "index": 1}]
