"""The suite at work against a mock in a process of its own, timed."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gws_contract.campaign import Campaign, Plan
from gws_contract.check import Check
from gws_contract.journal import Ended, Exchange, JournalWriter, Planned, read
from gws_contract.report.docket import judge
from gws_contract.scenario import Say, Scenario
from gws_contract.stage.target import Target
from gws_contract.verdict import Verdict

SHORT = Scenario(before=(Say("My order has not arrived."), Say("It is number 4711.")))


@dataclass(frozen=True)
class Timed:
    """What a campaign and its judgement took, in seconds."""

    campaign: float
    """All of it: logging in, the chats, the quiet period, logging out."""
    performing: float
    """From the first chat's beginning to the last one's end."""
    judging: float
    """Reading the journal and asking every check about every chat."""
    calls: float
    """Requests a chat, polls not counted."""

    @property
    def chats(self) -> float:
        """Performing and judging."""
        return self.performing + self.judging


def timed(target: Target, scenarios: Sequence[Scenario], checks: Sequence[Check]) -> Timed:
    """Perform the scenarios, and judge them. Raises RuntimeError if the good mock did not keep its promises."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.ndjson"
        writer = JournalWriter(journal)
        plan = Plan(tuple(("drawn", scenario) for scenario in scenarios), seed=0, depth="bench")
        gc.collect()
        start = time.perf_counter()
        Campaign(target, plan, writer).run()
        campaign = time.perf_counter() - start
        writer.close()
        gc.collect()
        start = time.perf_counter()
        docket = judge(journal, checks, floor=1)
        judging = time.perf_counter() - start
        records = list(read(journal))
    broken = [ruling.clause.id for ruling in docket.rulings if ruling.tally.verdict is Verdict.BROKEN]
    if broken or not docket.complete or len(docket.evidence.conversations) != len(scenarios):
        raise RuntimeError(f"{docket.headline}: {', '.join(broken)}")
    begun = min(record.at for record in records if isinstance(record, Planned))
    ended = max(record.at for record in records if isinstance(record, Ended))
    calls = sum(1 for record in records if isinstance(record, Exchange) and record.chat is not None)
    return Timed(campaign, ended - begun, judging, calls / len(scenarios))
