"""Faults: deliberate breaches of the contract, each declaring the exact set of clauses it breaks."""

from __future__ import annotations

from itertools import chain

from gws_contract.mock.faults import answers, capabilities, conditional, form, history, people, refusals, seam, sequence
from gws_contract.mock.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in chain(
        answers.faults(),
        refusals.faults(),
        sequence.faults(),
        form.faults(),
        capabilities.faults(),
        people.faults(),
        history.faults(),
        seam.faults(),
        conditional.faults(),
    )
}
"""Every fault by name."""

__all__ = ["FAULTS", "Fault"]
