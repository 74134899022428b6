"""What hostile servers cost: how much more memory than an honest one, and how long after its time limit a run ends.

python -m tests.bench.hostile [NAME ...]
python -m tests.bench.hostile fuzz COUNT [FIRST]    so many runs with answers changed at random
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.selftest.hostile_behaviours import HOSTILE
from tests.selftest.hostile_fuzz import mutating
from tests.selftest.hostile_relay import honest
from tests.selftest.hostility import Measured, measured, meet

MORE = 200 * 1024 * 1024
"""Bytes that a run against a hostile server may take more than one against an honest server."""
PLENTY = 30.0
AFTER = 5.0
"""Seconds after its time limit in which a run has ended."""


def _run(name: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        hostile = HOSTILE[name]
        return measured(hostile.make(), Path(folder), limit=hostile.limit, agents=hostile.agents)


def normal() -> Measured:
    """A run of the same chats against an honest server."""
    with tempfile.TemporaryDirectory() as folder:
        return measured(honest, Path(folder), limit=PLENTY)


def bar() -> tuple[str, bool]:
    """Every hostile behaviour: ends within 5 s of its time limit, with its status, and 200 MB more memory at most."""
    usual = normal().peak
    runs = {name: _run(name) for name in HOSTILE}
    wrong = [name for name, run in runs.items() if run.status != HOSTILE[name].status]
    worst = max(runs, key=lambda name: runs[name].peak)
    last = max(runs, key=lambda name: runs[name].seconds - HOSTILE[name].limit)
    more, late = runs[worst].peak - usual, runs[last].seconds - HOSTILE[last].limit
    words = (
        f"{len(runs)} hostile behaviours: {more / 2**20:.0f} MB more than a normal run ({worst}; bar 200 MB),"
        f" {late:.1f} s after the limit ({last}; bar {AFTER:g} s), wrong status: {', '.join(wrong) or 'none'}"
    )
    return words, more < MORE and late < AFTER and not wrong


def fuzz(count: int, first: int = 0) -> None:
    """Print every seed that ended as none may, and how the others did."""
    statuses: Counter[int] = Counter()
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            try:
                ended = meet(mutating(seed), Path(folder), limit=8.0)
            except AssertionError as error:
                print(f"seed {seed}: {error}", flush=True)
                continue
        statuses[ended.status] += 1
        if ended.status == 3:
            print(f"seed {seed}: {ended.said}", flush=True)
    print(", ".join(f"exit {status}: {times}" for status, times in sorted(statuses.items())))


def main(names: Sequence[str]) -> None:
    """Print these, or all."""
    if names[:1] == ["fuzz"]:
        fuzz(*map(int, names[1:]))
        return
    usual = normal()
    print(f"normal: {usual.peak / 2**20:.0f} MB, {usual.seconds:.1f} s", flush=True)
    for name in names or HOSTILE:
        run = _run(name)
        more, late = (run.peak - usual.peak) / 2**20, run.seconds - HOSTILE[name].limit
        print(f"{more:+6.0f} MB {late:+6.1f} s after the limit  exit {run.status}  {name}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
