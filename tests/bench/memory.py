"""How much memory judging takes for each chat more, from 10,000 to 200,000, and how fast many shards are judged.

The chats are small, as those of a load run are: a customer, a text, an Accept. A campaign of some of them is told
again and again, with other numbers, names and ids; the agents log in once.

    python -m tests.bench.memory [FEW MANY]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gws_contract import shards
from gws_contract.campaign import Campaign, Plan
from gws_contract.check import shipped
from gws_contract.journal import JournalWriter
from gws_contract.report import certificate
from gws_contract.report.docket import judge
from gws_contract.report.shards import judge_shards
from gws_contract.scenario import Say, Scenario

from .long_journal import Judged
from .stand_in import stand_in

FEW, MANY = 10_000, 200_000
BYTES = 100.0
SHARDS, OF_ONE, ROUNDS = 4, 1_000, 3
_ROWS = 24
_NUMBERED = ("chat", "serial", "poll")
_TIMED = ("at", "sent", "headers_at", "done")
_NAME = "Pat00000"


@dataclass(frozen=True)
class Telling:
    """A campaign, ready to be told again."""

    before: tuple[bytes, ...]
    """What is told once: the header, and how the agents logged in."""
    lines: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    """Of every line its text, in which numbers are left out, and these numbers by name."""
    footer: dict[str, Any]
    chats: int
    steps: dict[str, float]
    """By how much the numbers are higher each time."""

    def told(self, chats: int) -> Iterator[bytes]:
        """A journal of so many chats, or some more, line by line."""
        turns = -(-chats // self.chats)
        yield from self.before
        for turn in range(turns):
            name = f"Pat{turn:05x}"
            for text, numbers in self.lines:
                values = tuple(round(number + turn * self.steps[which], 6) for which, number in numbers)
                yield (text % values).replace(_NAME, name).encode("ascii")
        yield _line({**self.footer, "chats": turns * self.chats})


def campaign(path: Path) -> Telling:
    """Perform some small chats, and what is to be told again of them."""
    rows = tuple(
        ("drawn", Scenario(_NAME, f"Agent {number}", (Say(f"This is question {number}."),))) for number in range(_ROWS)
    )
    with stand_in(4) as target:
        writer = JournalWriter(path)
        Campaign(target, Plan(rows, seed=0, depth="bench"), writer).run()
        writer.close()
    header, *told, footer = [json.loads(line) for line in path.read_bytes().splitlines()]
    ids = re.compile("|".join(re.escape(line["chat_id"]) for line in told if line["kind"] == "invited"))
    steps: dict[str, float] = {
        name: 1 + max((line.get(name) or 0 for line in told), default=0) for name in (*_NUMBERED, *_TIMED)
    }
    steps |= dict.fromkeys(_TIMED, max(steps[at] for at in _TIMED))
    lines = [_template(line, ids) for line in told if line.get("chat") is not None]
    before = [_line(line) for line in (header, *told) if line.get("chat") is None]
    return Telling(tuple(before), tuple(lines), footer, len(rows), steps)


def _template(line: dict[str, Any], ids: re.Pattern[str]) -> tuple[str, tuple[tuple[str, float], ...]]:
    numbers = [(name, line[name]) for name in (*_NUMBERED, *_TIMED) if line.get(name) is not None]
    marked = {**line, **{name: f"%%{place}%%" for place, (name, _) in enumerate(numbers)}}
    text = ids.sub(lambda found: f"{found[0]}{_NAME[3:]}", _line(marked).decode("ascii"))
    order = [int(place) for place in re.findall(r'"%%(\d+)%%"', text)]
    parts = re.split(r'"%%\d+%%"', text)
    return "%s".join(part.replace("%", "%%") for part in parts), tuple(numbers[place] for place in order)


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def write(telling: Telling, path: Path, chats: int) -> None:
    with path.open("wb") as out:
        out.writelines(telling.told(chats))


def judged(path: Path) -> Judged:
    """Judge it in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.memory", "--judge", str(path)]
    return Judged(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _judge(path: Path) -> None:
    """Judge a journal and say what it took. Small chats leave many clauses not testable, and break none."""
    checks = shipped()
    start, busy = time.perf_counter(), time.process_time()
    docket = judge(path, checks)
    json.dumps(certificate.certificate(docket))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    if docket.conclusion.status not in (0, 2):
        raise RuntimeError(docket.headline)
    # Not ru_maxrss: that of a process begins with what its parent had when it was forked.
    words = Path("/proc/self/status").read_text("ascii").split()
    print(json.dumps({"seconds": seconds, "busy": busy, "peak": int(words[words.index("VmHWM:") + 1]) * 1024}))


def growth(few: int = FEW, many: int = MANY) -> tuple[str, bool]:
    """From 10,000 to 200,000 chats judging takes at most 100 bytes more memory for each."""
    with tempfile.TemporaryDirectory() as folder:
        telling, path = campaign(Path(folder) / "campaign.ndjson"), Path(folder) / "journal.ndjson"
        write(telling, path, few)
        small = judged(path)
        write(telling, path, many)
        large, size = judged(path), path.stat().st_size
    grown = (large.peak - small.peak) / (many - few)
    words = (
        f"{grown:.1f} bytes of memory for each chat from {few:,} to {many:,} (bar {BYTES:g}):"
        f" {small.peak / 2**20:.0f} and {large.peak / 2**20:.0f} MB; {many:,} chats, {size / 2**20:,.0f} MB of journal,"
        f" judged in {large.seconds:.0f} s, of them {large.busy:.0f} s of a processor, {large.busy / many * 1e3:.2f} ms"
        " a chat"
    )
    return words, grown <= BYTES


def together() -> tuple[str, bool]:
    """Packed shards are judged faster by two processes than by one, and say the same. Told, not measured by a bar."""
    checks = shipped()
    with tempfile.TemporaryDirectory() as folder:
        telling = campaign(Path(folder) / "campaign.ndjson")
        paths = []
        for number in range(1, SHARDS + 1):
            plain = Path(folder) / f"journal-{number}.ndjson"
            other = Telling(
                telling.before, telling.lines, {**telling.footer, "at": number}, telling.chats, telling.steps
            )
            write(other, plain, OF_ONE + number * telling.chats)
            paths.append(shards.pack(plain))
        took: dict[int, list[float]] = {1: [], 2: []}
        said = set()
        for _ in range(ROUNDS):
            for processes, seconds in took.items():
                start = time.perf_counter()
                said.add(judge_shards(paths, checks, processes=processes).headline)
                seconds.append(time.perf_counter() - start)
    one, two = (sorted(seconds)[ROUNDS // 2] for seconds in took.values())
    words = (
        f"{SHARDS} packed shards of {OF_ONE:,} chats and more: {one:.1f} s in one process, {two:.1f} s in two,"
        f" {one / two:.2f} times"
    )
    return words, len(said) == 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--judge"]:
        _judge(Path(sys.argv[2]))
        sys.exit()
    print(growth(*map(int, sys.argv[1:]))[0], flush=True)
    print(together()[0], flush=True)
