"""Certifying a mock in process, as fast as evidence allows: the kill matrix and the quirks run on it.

One campaign is judged as every operation there is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from gws_contract import contract
from gws_contract.campaign import Campaign, Plan
from gws_contract.certification import FLOOR
from gws_contract.check import shipped
from gws_contract.embedded import target_of
from gws_contract.evidence import assemble
from gws_contract.journal import Memory
from gws_contract.mock.catalogue import named
from gws_contract.mock.server import Mock
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Scenario
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED, OPEN
from gws_contract.stage.pool import Row
from gws_contract.verdict import Verdict

OPERATIONS = [contract.load(name).performed for name in contract.operations()]
DEADLINE = 1.5
"""Seconds. Only chats that lack something wait so long, and after three of them the campaign ends."""


@cache
def rows() -> tuple[Row, ...]:
    """The situations, and a chat with wrong requests; enough chats for the faults that show in every seventh.

    Of each operation that few chats perform, as many as it needs.
    """
    wrong = Scenario("Jo", "Kim", refusals=tuple(attempt for attempt in MALFORMED if attempt.kind != OPEN))
    rows = [*(("drawn", scenario) for scenario in SITUATIONS), ("misuse", wrong)]
    for operation in OPERATIONS:
        performing = [scenario for scenario in SITUATIONS if operation.performed_by(scenario)]
        while sum(operation.performed_by(scenario) for _, scenario in rows) < operation.least:
            rows += [("drawn", scenario) for scenario in performing]
    return tuple(rows)


def certified(*names: str, quiet_period: float = 0.2) -> dict[str, Docket]:
    """By operation the docket of a campaign against a mock with these faults and quirks.

    A history that comes in parts may pause for a quarter of the quiet period.
    """
    with Mock(variations=named(",".join(names))) as mock:
        target = replace(target_of(mock), deadline=DEADLINE, quiet_period=quiet_period, offer_timeout=5.0)
        journal = Memory()
        Campaign(target, Plan(rows(), 0, "quick"), journal).run()
    evidence = assemble(journal.records)
    return {
        each.id: judge_evidence(evidence, shipped(each.id), floor=FLOOR, operation=each.id, performed=each.least)
        for each in OPERATIONS
    }


def broken(docket: Docket) -> dict[str, str]:
    """The broken clauses, with what was documented and received."""
    return {
        r.clause.id: f"Documented: {r.example.documented}. Received: {r.example.received}."
        for r in docket.rulings
        if r.tally.verdict is Verdict.BROKEN and r.example
    }


def undecided(docket: Docket) -> list[str]:
    """The clauses that are neither kept, nor broken, nor not testable."""
    fine = (Verdict.KEPT, Verdict.BROKEN, Verdict.NOT_TESTABLE)
    return [f"{r.clause.id}: {r.reasons[:1]}" for r in docket.rulings if r.tally.verdict not in fine]
