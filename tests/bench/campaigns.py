"""Campaigns against mocks of this process, for the bars that need many of them; a few at a time, each in a process."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from gws_contract.campaign import Campaign, Plan
from gws_contract.check import shipped
from gws_contract.embedded import target_of
from gws_contract.evidence import assemble
from gws_contract.journal import Memory
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Variation
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.stage.pool import Row

WORKERS = 4
_T = TypeVar("_T")
_A = TypeVar("_A")


@dataclass(frozen=True)
class Run:
    """A campaign that was judged."""

    docket: Docket
    seconds: float
    """Of the campaign, without starting the mock and judging."""


def campaign(
    variations: Sequence[Variation],
    rows: Sequence[Row],
    *,
    depth: str = "quick",
    seed: int = 0,
    deadline: float = 1.5,
    quiet_period: float = 0.2,
    machine_runs: int = 0,
    shrink: bool = False,
) -> Run:
    """Perform these rows against a mock with these variations, and judge."""
    with Mock(variations=tuple(variations)) as mock:
        target = replace(target_of(mock), deadline=deadline, quiet_period=quiet_period, offer_timeout=5.0)
        journal = Memory()
        plan = Plan(tuple(rows), seed, depth, machine_runs=machine_runs)
        start = time.perf_counter()
        Campaign(target, plan, journal, checks=shipped() if shrink or machine_runs else ()).run()
        seconds = time.perf_counter() - start
    return Run(judge_evidence(assemble(journal.records), shipped(), floor=1), seconds)


def side_by_side(work: Callable[[_A], _T], over: Iterable[_A]) -> Iterator[_T]:
    """The results of `work`, in order, as they come."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        yield from pool.map(work, over)
