"""500 agents, 100 accepts a second for 60 s, on two mock processes: what becomes of it, and what a chat costs.

python -m tests.bench.load
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

AGENTS, RATE, SECONDS, PROCESSES = 500, 100, 60, 2
FAULT = "swapped-under-concurrency"
LOST = ("not offered", "not offered again", "deadline", "cut short")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ran:
    """A load run and its server."""

    status: int
    chats: int
    lost: int
    broken: str
    """The clauses that broke, with their odds."""
    client: float
    """Milliseconds of processor time a chat, of the workers while they offer."""
    server: float
    """The same of the mocks, with starting and with everybody's logging in."""
    bottleneck: str

    @property
    def words(self) -> str:
        return (
            f"{AGENTS} agents, {RATE} chats a second for {SECONDS} s: exit {self.status}, {self.chats} chats,"
            f" {self.lost} lost, broken: {self.broken or 'nothing'}; processor time a chat {self.client:.1f} ms of the"
            f" client, {self.server:.1f} ms of the mocks (bar 20 ms together). {self.bottleneck}"
        ).strip()


def faithful() -> tuple[str, bool]:
    """A faithful server: nothing broken, nothing lost, exit 0."""
    ran = run()
    return ran.words, ran.status == 0 and not ran.lost and not ran.broken and ran.chats == RATE * SECONDS


def faulty() -> tuple[str, bool]:
    """One that swaps two notifications under concurrency: found, with the odds."""
    ran = run(FAULT)
    return f"with {FAULT}: {ran.words}", ran.status == 1 and "accept.notifications.order" in ran.broken


def run(fault: str = "") -> Ran:
    """One such run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _mocks(fault, folder / "mock.json") as mocks:
            words = ["--rate", str(RATE), "--time", str(SECONDS), "--processes", str(PROCESSES), "--report-dir", "out"]
            command = [sys.executable, "-m", "gws_contract", "load", "--accounts", "mock.json", *words]
            quiet = subprocess.DEVNULL
            status = subprocess.run(command, cwd=folder, check=False, stdout=quiet, stderr=quiet).returncode
            server = _processor_time(mocks.pid)
        records = [list(_records(shard)) for shard in sorted((folder / "out").glob("journal-*"))]
        clauses = json.loads((folder / "out" / "certificate.json").read_text())["clauses"]
    footers = [record for shard in records for record in shard if record["kind"] == "footer"]
    chats = sum(footer["chats"] for footer in footers)
    lost = sum(record["how"] in LOST for shard in records for record in shard if record["kind"] == "ended")
    odds = [f"{c['id']} in {c['broken']} of {c['kept'] + c['broken']} chats" for c in clauses if c["broken"]]
    notes = [note for footer in footers for note in footer.get("notes", ()) if "bottleneck" in note]
    client = sum(map(_busy, records))
    a_chat = 1000 / max(chats, 1)
    return Ran(status, chats, lost, ", ".join(odds), client * a_chat, server * a_chat, notes[0] if notes else "")


@contextlib.contextmanager
def _mocks(fault: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["--agents", str(AGENTS), "--processes", str(PROCESSES), *(["--fault", fault] if fault else [])]
    command = [sys.executable, "-m", "gws_contract", "mock", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as mocks:
        assert mocks.stdout is not None
        file.write_text(mocks.stdout.readline())
        try:
            yield mocks
        finally:
            mocks.terminate()


def _processor_time(parent: int) -> float:
    """Seconds that the children of a process have used."""
    used = 0.0
    for process in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = process.read_text().rpartition(")")[2].split()
            used += (int(fields[11]) + int(fields[12])) / _TICK if int(fields[1]) == parent else 0.0
    return used


def _records(shard: Path) -> Iterator[dict[str, Any]]:
    """What is not an exchange or a delivery: those are many."""
    with gzip.open(shard, "rt") if shard.suffix == ".gz" else shard.open() as lines:
        for line in lines:
            if line.startswith(('{"kind":"load"', '{"kind":"ended"', '{"kind":"footer"')):
                yield json.loads(line)


def _busy(records: list[dict[str, Any]]) -> float:
    """Seconds of processor time that a worker used from its first full second of offering on."""
    loads = [record for record in records if record["kind"] == "load"]
    used: float = sum(load["busy"] * (load["at"] - before["at"]) for before, load in pairwise(loads))
    return used


if __name__ == "__main__":
    for measure in (faithful, faulty):
        said, met = measure()
        print(("met     " if met else "MISSED  ") + said, flush=True)
