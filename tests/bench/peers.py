"""The 39 faults of `peers.md` 2.1, five seeds each, at depth quick: python -m tests.bench.peers [ENTRY ...]

A real run each: everything a quick run does, with the default deadline and quiet period, shrinking included.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gws_contract import planning
from gws_contract.mock.alterations import Intercepted
from gws_contract.mock.catalogue import named
from gws_contract.mock.outcome import failure
from gws_contract.mock.variation import Request, Variation
from gws_contract.verdict import Verdict

from .campaigns import campaign, side_by_side

SEEDS = 5
LONGEST = 30.0
"""Seconds that a failing quick run may last."""
TABLE: Mapping[str, Mapping[str, str]] = tomllib.loads(Path(__file__).with_name("peers.toml").read_text("utf-8"))
_BROKEN = failure(500, 4, "Internal error")


def _nickname(request: Request) -> str:
    return str(request.data["nickname"]) if isinstance(request.data, dict) else ""


MADE = {
    "very-long-names": lambda: Intercepted("Accept", _BROKEN, lambda r: len(_nickname(r)) > 200),
    "every-fortieth": lambda: Intercepted("Accept", _BROKEN, lambda r: r.chat is not None and r.chat.number % 40 == 0),
    "emoji-names": lambda: Intercepted(
        "Accept", _BROKEN, lambda r: any("\U0001f300" <= c < "\U0001fb00" for c in _nickname(r))
    ),
}


@dataclass(frozen=True)
class Found:
    """What one run found."""

    entry: str
    seed: int
    verdict: str
    seconds: float
    clauses: tuple[str, ...]

    @property
    def as_declared(self) -> bool:
        return self.verdict == TABLE[self.entry]["declared"]


def variations(entry: str) -> tuple[Variation, ...]:
    """The mock's variations of an entry."""
    row = TABLE[entry]
    return (MADE[row["made"]](),) if "made" in row else named(row["name"])


def quick(case: tuple[str, int]) -> Found:
    """One quick run."""
    entry, seed = case
    depth = planning.DEPTHS["quick"]
    start = time.perf_counter()
    rows = planning.drawn("quick", None, seed).rows
    run = campaign(
        variations(entry),
        rows,
        seed=seed,
        deadline=10.0,
        quiet_period=2.0,
        machine_runs=depth.machine_runs,
        shrink=True,
    )
    seconds = time.perf_counter() - start
    broken = [r for r in run.docket.rulings if r.tally.verdict is Verdict.BROKEN]
    verdict = "legal" if not broken else "advisory" if all(r.advisory for r in broken) else "breaking"
    return Found(entry, seed, verdict, seconds, tuple(r.clause.id for r in broken))


def bar(entries: Sequence[str] = ()) -> tuple[str, bool]:
    """Every entry is found exactly as declared with every seed, and no failing run lasts longer than 30 s."""
    cases = [(entry, seed) for entry in entries or TABLE for seed in range(SEEDS)]
    runs = []
    for found in side_by_side(quick, cases):
        runs.append(found)
        mark = "" if found.as_declared else f"   DECLARED {TABLE[found.entry]['declared']}"
        print(f"  {found.entry:<5} seed {found.seed}  {found.verdict:<9} {found.seconds:5.1f} s{mark}", flush=True)
        if mark:
            print(f"        {', '.join(found.clauses)}")
    right = sum(found.as_declared for found in runs)
    longest = max((found.seconds for found in runs if found.verdict != "legal"), default=0.0)
    words = f"peers: {right} of {len(runs)} quick runs as declared; the longest failing one {longest:.1f} s (bar 30 s)"
    return words, right == len(runs) and longest <= LONGEST


if __name__ == "__main__":
    words, met = bar(sys.argv[1:])
    print(words)
    sys.exit(not met)
