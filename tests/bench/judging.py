"""Judging a journal in one process: how much faster than the same judge on `json` and `jsonschema` alone.

The journal is that of good chats with six entries in their histories, performed against the mock by several agents and
told again and again (`long_journal.stretch`). Both judge it in turn, and must conclude the same. The slow side is the
suite itself without its bulk path: every line read by `json`, every schema and condition asked of `jsonschema`.

    python -m tests.bench.judging [CHATS]
"""

from __future__ import annotations

import contextlib
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from jsonschema import Draft202012Validator

from gws_contract import conversation, parsing, record_lines
from gws_contract.campaign import Campaign, Plan
from gws_contract.check import Check, shipped
from gws_contract.journal import JournalWriter
from gws_contract.judge import form, shape
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import judge
from gws_contract.scenario import Say, Scenario

from .long_journal import stretch
from .stand_in import stand_in

PERFORMED, CHATS = 300, 1_500
AGENTS = 8
TEXTS = 4
"""With the joins of customer and agent six entries."""
ROUNDS = 5
FASTER = 6.0


class Alone:
    """In the place of `shape.Quick`: `jsonschema`."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = Draft202012Validator(dict(schema))

    def says_yes(self, instance: object) -> bool:
        return self._validator.is_valid(instance)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Judge with `json` and `jsonschema` alone."""

    def forget() -> None:
        form._shapes.cache_clear()
        form._rules.cache_clear()

    def spelled(value: Any) -> bytes:
        return json.dumps(value, sort_keys=True).encode("ascii")

    with contextlib.ExitStack() as changed:
        changed.callback(forget)
        for where in (form, shape):
            changed.enter_context(mock.patch.object(where, "Quick", Alone))
        changed.enter_context(mock.patch.object(record_lines, "_USUAL", {}))
        changed.enter_context(mock.patch.object(parsing, "loads", json.loads))
        changed.enter_context(mock.patch.object(conversation, "sameness", spelled))
        forget()
        yield


def campaign(path: Path) -> None:
    """Perform good chats, each with names and texts of its own, and write their journal."""
    rows = []
    for number in range(PERFORMED):
        texts = tuple(Say(f"This is line {line} of complaint {number}.") for line in range(1, TEXTS + 1))
        rows.append(("drawn", Scenario(f"Person {number}", f"Agent {number}", before=texts)))
    with stand_in(AGENTS) as target:
        writer = JournalWriter(path)
        Campaign(target, Plan(tuple(rows), seed=0, depth="bench"), writer).run()
        writer.close()


@dataclass(frozen=True)
class Judged:
    """What it took to judge a journal, and what was said of it."""

    seconds: float
    busy: float
    """Seconds of processor time."""
    said: str
    """The certificate."""


def judged(path: Path, checks: Sequence[Check]) -> Judged:
    """Judge it here."""
    gc.collect()
    start, busy = time.perf_counter(), time.process_time()
    docket = judge(path, checks)
    busy, seconds = time.process_time() - busy, time.perf_counter() - start
    if docket.conclusion.status not in (0, 2) or not docket.complete:
        raise RuntimeError(docket.headline)
    return Judged(seconds, busy, json.dumps(certificate(docket)))


def bar(chats: int = CHATS) -> tuple[str, bool]:
    """Six times as fast; of processor time, in interleaved rounds, the median of the ratios."""
    checks = shipped()
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder) / "campaign.ndjson", Path(folder) / "journal.ndjson"
        campaign(source)
        stretch(source, path, chats)
        rounds = []
        for _ in range(ROUNDS):
            quick = judged(path, checks)
            with alone():
                slow = judged(path, checks)
            if quick.said != slow.said:
                raise RuntimeError("json and jsonschema alone say something else")
            rounds.append((quick, slow))
    ratio = statistics.median(slow.busy / quick.busy for quick, slow in rounds)
    ratios = sorted(slow.busy / quick.busy for quick, slow in rounds)
    quick_busy, slow_busy = (statistics.median(side.busy for side in sides) for sides in zip(*rounds, strict=True))
    wall = statistics.median(quick.seconds for quick, _ in rounds)
    words = (
        f"judging {chats:,} chats with six entries: {chats / quick_busy:,.0f} a second of a processor"
        f" ({chats / wall:,.0f} of the clock), {chats / slow_busy:,.0f} on json and jsonschema alone:"
        f" {ratio:.2f} times as fast (bar {FASTER:g}; rounds {ratios[0]:.2f} to {ratios[-1]:.2f})"
    )
    return words, ratio >= FASTER


if __name__ == "__main__":
    print(bar(*map(int, sys.argv[1:]))[0], flush=True)
