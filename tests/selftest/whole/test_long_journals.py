"""The journals of whole runs, judged chat by chat from disk, say what everything in memory says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract.campaign import Campaign, Plan
from gws_contract.certification import FLOOR
from gws_contract.check import shipped
from gws_contract.embedded import target_of
from gws_contract.evidence import assemble
from gws_contract.journal import JournalWriter, read
from gws_contract.mock.catalogue import named
from gws_contract.mock.server import Mock
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import judge, judge_evidence
from gws_contract.scenario import Scenario
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED

from .. import plainly

WRONG = Scenario("Jo", "Kim", refusals=tuple(attempt for attempt in MALFORMED))
ROWS = (
    *(("drawn", scenario) for scenario in SITUATIONS),
    ("misuse", WRONG),
    ("stored", SITUATIONS[0]),
    ("stored", SITUATIONS[-1]),
)
RUNS = {
    "an honest mock": "",
    "one clause broken everywhere": "status-change-twice",
    "a break that comes and goes": "sometimes-out-of-order",
    "wrong requests that succeed": "operation-of-any-type-succeeds",
    "a history that never comes": "history-empty",
}


def performed(path: Path, variations: str, *, second_observer: bool = False) -> Path:
    """The journal of a run with everything in it: wrong requests, a state machine, smaller chats."""
    with Mock(variations=named(variations)) as mock:
        short: dict[str, Any] = {
            "deadline": 1.5,
            "quiet_period": 0.2,
            "offer_timeout": 5.0,
            "second_observer": second_observer,
        }
        writer = JournalWriter(path)
        plan = Plan(ROWS, 0, "quick", machine_runs=1)
        Campaign(replace(target_of(mock), **short), plan, writer, checks=shipped()).run()
        writer.close()
    return path


def alike(path: Path) -> None:
    docket, whole = judge(path, shipped(), floor=FLOOR), assemble(read(path))
    assert plainly.of_docket(docket) == plainly.of_evidence(whole, shipped())
    in_memory = judge_evidence(whole, shipped(), floor=FLOOR)
    assert json.dumps(certificate(docket)) == json.dumps(certificate(in_memory))
    assert docket.replayed_in_vain == in_memory.replayed_in_vain


@pytest.mark.parametrize("what", RUNS)
def test_a_whole_run_is_judged_alike_from_disk_and_in_memory(tmp_path: Path, what: str) -> None:
    path = performed(tmp_path / "journal.ndjson", RUNS[what])
    alike(path)
    lines = path.read_bytes().splitlines(keepends=True)
    for part in (len(lines) // 3, 2 * len(lines) // 3):
        path.write_bytes(b"".join(lines[:part]) + lines[part][:-1])
        alike(path)


def test_a_run_with_two_observers_is_judged_alike_from_disk_and_in_memory(tmp_path: Path) -> None:
    alike(performed(tmp_path / "journal.ndjson", "", second_observer=True))
