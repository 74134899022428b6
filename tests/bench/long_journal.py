"""Judging a long journal: seconds and peak memory, and how much memory ten times as many chats take.

The journal is that of one campaign against the mock, told again and again with other numbers: each time as if its
agents had logged in anew, later.

    python -m tests.bench.long_journal [CHATS]
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gws_contract.campaign import Campaign, Plan
from gws_contract.check import shipped
from gws_contract.journal import JournalWriter
from gws_contract.planning import released
from gws_contract.report import certificate
from gws_contract.report.docket import judge

from .stand_in import stand_in

CHATS, TIMES = 10_000, 10
SECONDS = 60.0
GROWTH = 1.5
"""So many times the memory of 1,000 chats may 10,000 take."""
_NUMBERED = ("chat", "group", "serial", "epoch", "poll")
_TIMED = ("at", "sent", "headers_at", "done")

Line = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """What it took to judge a journal and to render its certificate, in a process of its own."""

    seconds: float
    busy: float
    """Seconds of processor time: what it would take on an idle machine."""
    peak: int
    """Bytes."""


def campaign(path: Path) -> None:
    """Perform the chats that are kept with the release, wrong requests and all, and write their journal."""
    with stand_in(4) as target:
        writer = JournalWriter(path)
        Campaign(target, Plan(released().rows, seed=0, depth="bench"), writer).run()
        writer.close()


def stretch(source: Path, path: Path, chats: int) -> None:
    """Write a journal of so many chats: those of another, in turn."""
    lines = [json.loads(line) for line in source.read_bytes().splitlines()]
    header, *told, footer = lines
    numbers = [line["chat"] for line in told if line["kind"] == "planned"]
    steps = {name: 1 + max((line.get(name) or 0 for line in told), default=0) for name in (*_NUMBERED, *_TIMED)}
    steps |= dict.fromkeys(("chat", "group"), max(numbers)) | dict.fromkeys(_TIMED, max(steps[at] for at in _TIMED))
    with path.open("w", encoding="ascii") as out:
        for line in (header, *_told(told, steps, chats), {**footer, "chats": chats}):
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def _told(told: Sequence[Line], steps: Mapping[str, float], chats: int) -> Iterator[Line]:
    """The lines again and again, each time later, of chats with other numbers and other ids."""
    numbers = sorted({line["chat"] for line in told if line["kind"] == "planned"})
    ids = {line["chat_id"] for line in told if line["kind"] == "invited"}
    an_id = re.compile("|".join(map(re.escape, sorted(ids))))
    spelled = [json.dumps(line) for line in told]
    for turn in range(-(-chats // len(numbers))):
        left = set(numbers[: chats - turn * len(numbers)])
        other = functools.partial(_other_id, turn)
        for line, text in zip(told, spelled, strict=True):
            if line.get("chat") is None or line["chat"] in left:
                changed = {name: line[name] + turn * step for name, step in steps.items() if line.get(name) is not None}
                yield json.loads(an_id.sub(other, text)) | changed


def _other_id(turn: int, found: re.Match[str]) -> str:
    return f"{found[0][:-4]}{turn:x}{found[0][-4:]}"


def judged(path: Path) -> Judged:
    """Judge it in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.long_journal", "--judge", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return Judged(**found)


def _judge(path: Path) -> None:
    """Judge a journal and say what it took."""
    checks = shipped()
    start, busy = time.perf_counter(), time.process_time()
    docket = judge(path, checks, floor=1)
    json.dumps(certificate.certificate(docket))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    if docket.conclusion.status:
        raise RuntimeError(docket.headline)
    # Not ru_maxrss: that of a process begins with what its parent had when it was forked.
    words = Path("/proc/self/status").read_text("ascii").split()
    peak = int(words[words.index("VmHWM:") + 1]) * 1024
    print(json.dumps({"seconds": seconds, "busy": busy, "peak": peak}))


def bar(chats: int = CHATS) -> tuple[str, bool]:
    """A journal of 10,000 chats is judged in under 60 s, and takes hardly more memory than one of 1,000."""
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder) / "campaign.ndjson", Path(folder) / "journal.ndjson"
        campaign(source)
        stretch(source, path, chats // TIMES)
        few = judged(path)
        stretch(source, path, chats)
        many, size = judged(path), path.stat().st_size
    ratio = many.peak / few.peak
    words = (
        f"{chats:,} chats, {size / 2**20:.0f} MB, judged in {many.seconds:.1f} s (bar {SECONDS:g} s), of them"
        f" {many.busy:.1f} s of a processor, {many.busy / chats * 1000:.2f} ms a chat;"
        f" {many.peak / 2**20:.0f} MB of memory, {ratio:.2f} times that of {chats // TIMES:,} (bar {GROWTH:g})"
    )
    return words, many.seconds < SECONDS and ratio < GROWTH


if __name__ == "__main__":
    if sys.argv[1:2] == ["--judge"]:
        _judge(Path(sys.argv[2]))
    else:
        print(bar(*map(int, sys.argv[1:]))[0], flush=True)
