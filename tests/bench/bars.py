"""The bars of the issues, measured on this machine and printed: python -m tests.bench.bars [NAME ...].

No test asserts these figures; this command does, and exits 1 when one is missed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import (
    false_alarms,
    generated,
    hostile,
    judging,
    load,
    long_journal,
    memory,
    notifications,
    pages,
    parked,
    peers,
    schemathesis_cli,
)
from .floor import floor_4, floor_8
from .scale import cost_of_an_entry, more_agents
from .seal import kills, random_changes

ROOT = Path(__file__).parents[2]


def _timed(command: list[str]) -> tuple[float, int]:
    start = time.perf_counter()
    status = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode
    return time.perf_counter() - start, status


def certify_100() -> tuple[str, bool]:
    """`certify --mock --chats 100`: exit 0 in under 15 s of wall time; median of three."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gws_contract", "certify", "--mock", "--chats", "100", "--report-dir", folder]
        runs = sorted(_timed(command) for _ in range(3))
    seconds, status = runs[1]
    met = seconds < 15 and all(status == 0 for _, status in runs)
    return f"certify --mock --chats 100: {seconds:.1f} s (bar 15 s), exit {status}", met


def kill_matrix() -> tuple[str, bool]:
    """The kill matrix, in process on every core, in under 90 s."""
    matrix = "tests/selftest/whole/test_kill_matrix.py"
    seconds, status = _timed([sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-n", "3", matrix])
    return f"kill matrix: {seconds:.1f} s (bar 90 s), exit {status}", seconds < 90 and status == 0


BARS: dict[str, Callable[[], tuple[str, bool]]] = {
    "certify-100": certify_100,
    "kill-matrix": kill_matrix,
    "floor-4": floor_4,
    "floor-8": floor_8,
    "entry": cost_of_an_entry,
    "agents": more_agents,
    "generated": generated.bar,
    "peers": peers.bar,
    "schemathesis": schemathesis_cli.bar,
    "false-alarms": false_alarms.bar,
    "hostile": hostile.bar,
    "long-journal": long_journal.bar,
    "judging": judging.bar,
    "load": load.faithful,
    "load-fault": load.faulty,
    "memory": memory.growth,
    "shards": memory.together,
    "page": pages.bar,
    "load-page": pages.under_load,
    "changed-bytes": random_changes,
    "kills": kills,
    "notifications": notifications.bar,
    "parked": parked.bar,
}


def main(names: Sequence[str]) -> int:
    """Measure and print these bars, or all of them, which takes more than half an hour; 1 if one is missed."""
    missed = False
    for name in names or BARS:
        words, met = BARS[name]()
        missed = missed or not met
        print(("met     " if met else "MISSED  ") + words, flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
