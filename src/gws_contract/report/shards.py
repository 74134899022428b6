"""Many journals of one run, judged each in a process of its own and put together as if all were one journal."""

from __future__ import annotations

import os
import re
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from itertools import accumulate, combinations
from pathlib import Path
from typing import cast, overload

from gws_contract import check, contract, journal
from gws_contract.check import Check
from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence
from gws_contract.interrupts import heeding
from gws_contract.journal import Footer, Header, JournalError
from gws_contract.operation import DEFAULT
from gws_contract.report.census import Census
from gws_contract.report.docket import Docket, concluded, judge, roll_of
from gws_contract.report.one_shard import MADE_UP, Crew, DiedError, Judged, judged

__all__ = ["MADE_UP", "ShardsError", "judge_anybodys", "judge_shards"]

_ALIKE = {
    "suite": "suite",
    "contract": "contract",
    "target": "target",
    "target_version": "version of the target",
    "table": "table of return values",
    "insecure": "check of the server's TLS certificate",
    "customer": "customer",
    "depth": "depth",
    "scenarios": "scenarios",
    "deadline": "deadline",
    "quiet_period": "quiet period",
    "deviations": "declared deviations",
    "floor": "floor",
    "operation": "operation",
    "performed": "floor of chats that perform the operation",
    "strict": "strictness",
    "only": "clauses that were asked for",
    "given": "given scenarios",
}
"""What the headers of shards must have in common, and how it is called."""
CUT_OFF, MISSING = "cut off", "shards missing"
"""How a shard ended that has no footer, and a run of which not all shards are there."""
_OF = re.compile(r"([1-9]\d{0,3}) of ([1-9]\d{0,3})")
_WORST = ("harness error", "not ready", "too much data", "silent server", "no more offers", "time limit", "interrupted")
"""How a shard may have ended, what weighs most first; all else weighs less."""


class ShardsError(Exception):
    """Journals that cannot be judged together; the message is a sentence."""


def judge_shards(paths: Sequence[Path], checks: Sequence[Check], *, processes: int | None = None) -> Docket:
    """Judge journals, plain or packed, that are shards of one run, on the terms of their headers.

    Verdicts, odds, quantiles and examples are those of one journal that holds the chats of all, in this order. The
    chats of a shard are numbered on after the highest number of the shards before it. The run is complete only if each
    of its shards is, and there; what none of them could do, it lacks.

    So many are judged at once, or as many as there are processors, and of those alone the chats are looked at: each in
    a process of its own, unless the checks are others than those that are shipped. Of one journal it is `judge`.
    Raises JournalError, ShardsError if they are not of one run, and KeyboardInterrupt.
    """
    if len(paths) == 1:
        return judge(paths[0], checks)
    if not paths:
        raise ShardsError("There is no journal to judge.")
    _all_others(paths)
    if set(checks) <= {one for each in {one.operation for one in checks} for one in check.shipped(each)}:
        return _together(_apart(paths, checks, processes or _processors()), checks)
    return _together([judged(path, checks) for path in paths], checks)


def judge_anybodys(paths: Sequence[Path]) -> Docket:
    """As `judge_shards`, by the shipped checks, of journals that may hold anything: then it raises JournalError."""
    try:
        return judge_shards(paths, check.shipped(_operation(paths)))
    except (JournalError, ShardsError):
        raise
    except Exception as error:
        raise JournalError(f"{MADE_UP} ({type(error).__name__}: {error})") from error


def _operation(paths: Sequence[Path]) -> str:
    """The operation that the first journal is about. Raises JournalError if there is no contract of it."""
    if not paths:
        return DEFAULT
    with closing(journal.read(paths[0])) as records:
        first = next(records, None)
    operation = first.operation if isinstance(first, Header) else DEFAULT
    if operation not in contract.operations():
        raise JournalError(f"{paths[0].name} is about an operation that this release does not know: {operation:.40}")
    return operation


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - macOS and Windows


def _apart(paths: Sequence[Path], checks: Sequence[Check], processes: int) -> list[Judged]:
    """Judged by children. Raises KeyboardInterrupt for SIGINT and SIGTERM, when all of them have ended."""
    crew = Crew()
    interrupted = threading.Event()

    def work() -> list[Judged]:
        with ThreadPoolExecutor(processes) as threads:
            try:
                waiting = [threads.submit(crew.judged, path, checks) for path in paths]
                done, _ = wait(waiting, return_when=FIRST_EXCEPTION)
                for one in done:
                    if isinstance(one.exception(), DiedError):
                        raise cast("DiedError", one.exception())
                # Of several journals that cannot be judged the first one is told, in whatever order they were found.
                return [one.result() for one in waiting]
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
                crew.end()

    def end() -> None:
        interrupted.set()
        crew.end()

    try:
        return heeding(work, end)
    except JournalError:
        if interrupted.is_set():
            raise KeyboardInterrupt from None
        raise


def _all_others(paths: Sequence[Path]) -> None:
    for one, other in combinations(paths, 2):
        if one.resolve() == other.resolve():
            raise ShardsError(f"{other} is named twice.")


def _together(shards: Sequence[Judged], checks: Sequence[Check]) -> Docket:
    """What all of them come to. Raises ShardsError."""
    first = shards[0]
    for other in shards[1:]:
        _are_of_one_run(first, other)
    for one, other in combinations(shards, 2):
        if _is_the_same(one, other):
            raise ShardsError(f"{one.path} and {other.path} are the same shard.")
        if _name(one) is not None and _name(one) == _name(other):
            raise ShardsError(f"{one.path} and {other.path} are of two load runs: both are shard {_name(one)}.")
    terms = first.evidence.header.terms
    roll, census, higher = roll_of(checks, terms), Census(terms.operation), []
    for shard in shards:
        higher.append(roll.append(shard.lines, shard.found))
        census.append(shard.census, higher[-1])
    conversations = Together([shard.conversations for shard in shards], higher)
    return concluded(_evidence(shards, conversations), roll, census, terms)


def _are_of_one_run(one: Judged, other: Judged) -> None:
    """Raises ShardsError."""
    for name, words in _ALIKE.items():
        ours, theirs = (getattr(shard.evidence.header, name) for shard in (one, other))
        if ours != theirs:
            values = f": {theirs!s:.80}, not {ours!s:.80}" if isinstance(ours, str | int | float) else ""
            raise ShardsError(f"{other.path} is not of the same run as {one.path}: it has another {words}{values}.")


def _name(shard: Judged) -> str | None:
    """Which shard of a load run it says that it is; None if it is of no load run."""
    header = shard.evidence.header
    return None if header.rate is None else header.shard


def _is_the_same(one: Judged, other: Judged) -> bool:
    """Whether one is a copy of the other: nothing may count twice."""
    if not one.lines or one.evidence.header != other.evidence.header:
        return False
    return one.lines.plans == other.lines.plans and one.census.times == other.census.times


class Together(Sequence[Conversation]):
    """The conversations of several journals, with the numbers that they have together."""

    def __init__(self, parts: Sequence[Sequence[Conversation]], higher: Sequence[int]) -> None:
        """`higher`: by how much the numbers of each part are higher here."""
        self._parts, self._higher = parts, higher
        self._begin = [0, *accumulate(map(len, parts))]

    def __len__(self) -> int:
        return self._begin[-1]

    def __iter__(self) -> Iterator[Conversation]:
        for part, more in zip(self._parts, self._higher, strict=True):
            for conversation in part:
                yield _numbered(conversation, more)

    @overload
    def __getitem__(self, which: int) -> Conversation: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[Conversation]: ...
    def __getitem__(self, which: int | slice) -> Conversation | Sequence[Conversation]:
        if isinstance(which, slice):
            return [self[place] for place in range(len(self))[which]]
        place = range(len(self))[which]
        part = bisect_right(self._begin, place) - 1
        return _numbered(self._parts[part][place - self._begin[part]], self._higher[part])


def _numbered(conversation: Conversation, more: int) -> Conversation:
    planned = conversation.planned
    return replace(conversation, planned=replace(planned, chat=planned.chat + more)) if more else conversation


def _evidence(shards: Sequence[Judged], conversations: Sequence[Conversation]) -> Evidence:
    """That of all together. A deviation that had expired when one of them began had expired."""
    told = [shard.evidence for shard in shards]
    first = told[0]
    return Evidence(
        header=_header([one.header for one in told]),
        conversations=conversations,
        exchanges=tuple(exchange for one in told for exchange in one.exchanges),
        incidents=tuple(incident for one in told for incident in one.incidents),
        strays=sum(one.strays for one in told),
        footer=_footer(shards),
        deviations=first.deviations,
        expired=frozenset().union(*(one.expired for one in told)),
        loads=tuple(load for one in told for load in one.loads),
        shards=tuple(told),
    )


def _header(headers: Sequence[Header]) -> Header:
    """The first, with the agents and notes of all."""
    agents = _once(agent for header in headers for agent in header.agents)
    return replace(headers[0], agents=agents, notes=_once(note for header in headers for note in header.notes))


def _footer(shards: Sequence[Judged]) -> Footer:
    """One that says how all of them ended: the worst, and in its detail which of them did not come to their end."""
    footers = [shard.evidence.footer or Footer(0.0, CUT_OFF, 0) for shard in shards]
    troubles = [(s.path.name, f) for s, f in zip(shards, footers, strict=True) if f.ended != "complete"]
    said = [f"{name}: {f.ended}{f' ({f.detail})' if f.detail else ''}" for name, f in troubles]
    if len(troubles) == len(footers) and len({(f.ended, f.detail) for f in footers}) == 1:
        # What ended all of them alike is told once: whoever leads a load run ends every worker for the same reason.
        said = list(filter(None, [footers[0].detail]))
    ends = sorted((f.ended for _, f in troubles), key=lambda end: _WORST.index(end) if end in _WORST else len(_WORST))
    if absent := _absent([shard.evidence.header.shard for shard in shards]):
        said.append(f"not here: shard {', '.join(absent)}")
        ends.append(MISSING)
    return Footer(
        at=max(f.at for f in footers),
        ended=ends[0] if ends else "complete",
        chats=sum(f.chats for f in footers),
        detail="; ".join(said),
        lacks=tuple(lack for lack in footers[0].lacks if all(lack in f.lacks for f in footers)),
        notes=_once(note for f in footers for note in f.notes),
    )


def _absent(names: Sequence[str]) -> list[str]:
    """Which shards are missing of a load run, whose shards are named `2 of 3`."""
    found = [match for name in names if (match := _OF.fullmatch(name))]
    most = max((int(match[2]) for match in found), default=0)
    there = {int(match[1]) for match in found}
    return [f"{number} of {most}" for number in range(1, most + 1) if number not in there]


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
