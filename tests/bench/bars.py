"""The bars of the issues, measured on this machine and printed: python -m tests.bench.bars.

No test asserts these figures; this command does, and exits 1 when one is missed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .floor import floor_4, floor_8
from .scale import cost_of_an_entry, more_agents

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
    matrix = "tests/selftest/test_kill_matrix.py"
    seconds, status = _timed([sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-n", "3", matrix])
    return f"kill matrix: {seconds:.1f} s (bar 90 s), exit {status}", seconds < 90 and status == 0


BARS: tuple[Callable[[], tuple[str, bool]], ...] = (
    certify_100,
    kill_matrix,
    floor_4,
    floor_8,
    cost_of_an_entry,
    more_agents,
)


def main() -> int:
    """Measure and print every bar; 1 if one is missed."""
    results = [bar() for bar in BARS]
    for words, met in results:
        print(("met     " if met else "MISSED  ") + words, flush=True)
    return 0 if all(met for _, met in results) else 1


if __name__ == "__main__":
    sys.exit(main())
