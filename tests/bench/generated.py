"""The kill matrix through generated chats only, at depth certify: python -m tests.bench.generated [FAULT ...]

Of every fault: how many chats and seconds passed until every clause it declares was broken.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from gws_contract import contract, planning
from gws_contract.check import shipped
from gws_contract.conversation import Conversation
from gws_contract.judge.ruling import rule_one
from gws_contract.mock.faults import FAULTS
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.pool import Row
from gws_contract.verdict import Verdict

from .campaigns import campaign, side_by_side

STAGES = (40, 120, 10_000)
"""So many chats of the depth are tried, until the fault is found."""


@dataclass(frozen=True)
class Kill:
    """How a fault was found."""

    name: str
    chats: int | None
    """Chats that were begun until the last declared clause was broken; None if not all of them were."""
    seconds: float
    missing: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    """Clauses that were broken and are not declared."""


def rows() -> list[Row]:
    """The chats of depth certify without those that are written down as situations."""
    return [row for row in planning.released().rows if row[1] not in SITUATIONS]


def kill(name: str) -> Kill:
    """Perform chats until the fault is found."""
    fault, every = FAULTS[name], rows()
    found = Kill(name, None, 0.0, tuple(sorted(fault.breaks)))
    for count in STAGES:
        run = campaign([fault.make()], every[:count], depth="certify")
        chats = run.docket.evidence.conversations
        first = {clause: _first(clause, chats) for clause in fault.breaks}
        beyond = tuple(r.clause.id for r in run.docket.rulings if r.tally.broken and r.clause.id not in fault.breaks)
        missing = tuple(sorted(clause for clause, chat in first.items() if chat is None))
        last = max((chat.planned.at if chat else 0.0 for chat in first.values()), default=0.0)
        begun = sum(1 for chat in chats if chat.planned.at <= last)
        found = Kill(name, None if missing else begun, last if not missing else run.seconds, missing, beyond)
        if not missing or count >= len(every):
            return found
    return found


def _first(clause: str, chats: Sequence[Conversation]) -> Conversation | None:
    check = next(check for check in shipped() if check.clause == clause)
    text = contract.load().clause(clause)
    broke = (chat for chat in chats if rule_one(check, text, chat).verdict is Verdict.BROKEN)
    return min(broke, key=lambda chat: chat.planned.at, default=None)


def bar(names: Sequence[str] = ()) -> tuple[str, bool]:
    """Every fault is found through generated chats only; the median one within 10 chats."""
    kills = []
    for found in side_by_side(kill, names or tuple(FAULTS)):
        kills.append(found)
        how = f"{found.chats:4d} chats" if found.chats is not None else f"NOT FOUND: {', '.join(found.missing)}"
        also = f"   also broken: {', '.join(found.beyond)}" if found.beyond else ""
        print(f"  {found.name:<40} {how}  {found.seconds:6.2f} s{also}", flush=True)
    needed = [found.chats for found in kills if found.chats is not None]
    median = statistics.median(needed) if needed else 0
    words = f"generated chats only: {len(needed)} of {len(kills)} faults found; median {median:g} chats (bar 10)"
    return words, len(needed) == len(kills) and median <= 10


if __name__ == "__main__":
    words, met = bar(sys.argv[1:])
    print(words)
    sys.exit(not met)
