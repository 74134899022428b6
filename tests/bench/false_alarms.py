"""No legal variation raises an alarm, at depth nightly: python -m tests.bench.false_alarms [QUIRK[,QUIRK] ...]

Every quirk alone, and the array that covers every two of them: 500 chats each, wrong requests and the machine too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from allpairspy import AllPairs

from gws_contract import planning
from gws_contract.mock.catalogue import named
from gws_contract.mock.quirks import AXES, QUIRKS
from gws_contract.verdict import Verdict

from .campaigns import campaign, side_by_side

QUIET = 0.8
"""Seconds; some quirks send a history in many parts, and no stall of this machine may look like its end."""


@dataclass(frozen=True)
class Night:
    """What one nightly run found."""

    names: str
    chats: int
    seconds: float
    status: int
    broken: tuple[str, ...]
    open: tuple[str, ...]


def night(case: tuple[int, str]) -> Night:
    """One nightly run; every variation has a seed of its own."""
    seed, names = case
    depth = planning.DEPTHS["nightly"]
    rows = planning.drawn("nightly", None, seed).rows
    run = campaign(
        named(names),
        rows,
        depth="nightly",
        seed=seed,
        quiet_period=QUIET,
        machine_runs=depth.machine_runs,
        deadline=10.0,
    )
    rulings = run.docket.rulings
    broken = tuple(f"{r.clause.id}: {r.example.received}" for r in rulings if r.tally.broken and r.example)
    undecided = tuple(r.clause.id for r in rulings if r.tally.verdict in (Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR))
    chats = len(run.docket.evidence.conversations)
    return Night(names, chats, run.seconds, run.docket.conclusion.status, broken, undecided)


def bar(names: Sequence[str] = ()) -> tuple[str, bool]:
    """Nothing is broken or inconclusive, and every run ends with exit status 0."""
    array = AllPairs([list(axis) for axis in sorted(AXES.values(), key=len, reverse=True)])
    every = list(names) or ["", *QUIRKS, *(",".join(row) for row in array)]
    alarms = chats = 0
    for found in side_by_side(night, list(enumerate(every))):
        alarm = bool(found.broken or found.open or found.status)
        alarms += alarm
        chats += found.chats
        print(f"  {found.names or 'the honest mock':<60.60} {found.chats} chats {found.seconds:6.1f} s", flush=True)
        if alarm:
            print(f"      exit {found.status}; broken: {found.broken}; open: {found.open}", flush=True)
    return f"nightly on {len(every)} legal variations: {alarms} false alarms in {chats:,} chats (bar 0)", alarms == 0


if __name__ == "__main__":
    words, met = bar(sys.argv[1:])
    print(words)
    sys.exit(not met)
