"""What the lead of a load run tells its workers to do, as data that travels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from gws_contract import planning
from gws_contract.certification import deviations_of
from gws_contract.load.errand import Errand
from gws_contract.load.task import Task
from gws_contract.records import Terms
from gws_contract.repeating import anywhere
from gws_contract.report.docket import SCENARIOS
from gws_contract.scenario import to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage import kept
from gws_contract.wish import Wish

PACKAGED = "scenarios.ndjson"
"""The name of the file that is installed beside this module."""


def packaged() -> Path:
    """The scenarios that are performed where none are given."""
    return Path(str(resources.files(__package__) / PACKAGED))


def plan_of(errand: Errand) -> dict[str, Any]:
    """What to offer, and how fast. Raises UsageError."""
    wish = errand.wish(os.environ)
    common = {"rate": errand.rate, "seconds": errand.seconds}
    if wish.scenario is None:
        file = kept.read(packaged())
        return {**common, "scenarios": [to_json(one) for _, one in file.rows], "varied": True, "digest": file.digest}
    rows = planning.given(Path(errand.here) / wish.scenario).rows
    return {**common, "scenarios": [to_json(one) for _, one in rows], "varied": False, "digest": None}


def task_of(plan: Mapping[str, Any], worker: int, wish: Wish, here: Path) -> Task:
    """What one worker is to do. Raises UsageError."""
    task = Task(
        run=plan["run"],
        worker=worker,
        workers=plan["workers"],
        rate=plan["rate"],
        seconds=plan["seconds"],
        scenarios=tuple(map(from_json, plan["scenarios"])),
        varied=plan["varied"],
        digest=plan["digest"],
        table=wish.table,
        deviations=deviations_of(wish, here),
    )
    terms = Terms(
        floor=task.of_all,
        strict=wish.strict,
        only=tuple(wish.clause or ()),
        given=True,
        again=anywhere(wish, SCENARIOS),
    )
    return task.on(terms)
