"""Tests run against mutants: each in a fork of a process that has loaded the tests and run none of them."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal, NoReturn

import pytest

from .living import Living, users_of
from .mutants import TOP, Key, Mutant, Source

Fate = Literal["killed", "survived", "timed out"]
Line = tuple[str, str, int]
"""A file, a function in it as mutants name it, and a line in that."""
Says = Callable[[str], None]
TraceFunction = Callable[[FrameType, str, Any], Any]

PLAIN = (
    "--assert=plain",
    "--noconftest",
    "-pno:schemathesis",
    "-pno:terminal",
    "-pno:cacheprovider",
)
"""How pytest is run here."""
_CPU = 10
"""Seconds of processor that the tests of a mutant may take."""
_WALL = 20
"""Seconds that one test may take: a test with sockets waits."""
_OWN = 40
_NEVER_LIVED = "never lived"


class HarnessError(Exception):
    """It cannot be said what the tests notice."""


@dataclass(frozen=True)
class Baseline:
    """What the tests do without any mutant: which lines of which functions each runs, and the seconds it takes."""

    runs: Mapping[str, frozenset[Line]]
    seconds: Mapping[str, float]
    failed: tuple[str, ...]


class Loop:
    """A plugin of pytest that takes the place of its loop: judges mutants where the tests would be run."""

    def __init__(
        self, sources: Sequence[Source], mutants: Sequence[Mutant], at_once: int, most: int | None, say: Says
    ) -> None:
        self._sources, self._mutants, self._at_once, self._most, self._say = sources, mutants, at_once, most, say
        self.fates: dict[Key, Fate] = {}
        """Of those that can be put in the place of what is loaded."""
        self._sound: set[str] = set()
        self.files: dict[str, list[str]] = {}
        """The files of tests that run anything of a module, by its path."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Called by pytest of each file of tests."""
        if report.failed:
            self._say(str(report.longrepr))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Called by pytest when everything is collected."""
        if session.testsfailed:
            raise HarnessError("The tests cannot be collected.")
        items = {item.nodeid: item for item in session.items}
        living = Living(self._sources)
        baseline = recorded(items, self._sources, living)
        if baseline.failed:
            raise HarnessError(f"Tests fail without any mutant: {', '.join(baseline.failed[:5])}")
        self._say(f"{len(items)} tests, {sum(baseline.seconds.values()):.0f} s")
        choice = Choice(baseline, self._most)
        for source in self._sources:
            self.files[source.path.as_posix()] = choice.files(source)
        gc.collect()
        gc.freeze()
        pool = Pool(self._at_once)
        for number, mutant in enumerate(self._mutants):
            tests = choice.tests(mutant)
            if tests:
                self._try(mutant, tests, choice, items, living, pool)
            if number % 200 == 0:
                self._say(f"{number} of {len(self._mutants)}")
        pool.finish()
        return True

    def _try(
        self,
        mutant: Mutant,
        tests: Sequence[str],
        choice: Choice,
        items: Mapping[str, pytest.Item],
        living: Living,
        pool: Pool,
    ) -> None:
        def child(say: Says) -> None:
            gc.disable()
            if living.exchange(mutant):
                say(next((test for test in tests if _fails(items[test], _WALL)), ""))
            else:
                say(_NEVER_LIVED)

        def done(fate: Fate | None, killer: str) -> None:
            if killer and killer not in self._sound:
                if _fails_alone(items[killer]):
                    raise HarnessError(f"Without any mutant, this test fails when it is run alone: {killer}")
                self._sound.add(killer)
            if fate is not None:
                self.fates[mutant.key] = fate
            if fate == "survived":
                self._say(f"survived in {mutant.source.path.as_posix()} {mutant.function}\n{mutant.diff}")
            if killer:
                choice.prefer(mutant, killer)

        pool.start(child, done)


class Choice:
    """Which tests are asked about a mutant, in which order.

    Those that killed its neighbours first, then some of the files that bear the name of its module. Of a test with
    parameters all others of its file come before its second set of them; the fast ones come first.
    """

    def __init__(self, baseline: Baseline, most: int | None) -> None:
        self._most = most
        self._of_line: dict[Line, list[str]] = defaultdict(list)
        self._of_function: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        sets: Counter[str] = Counter()
        turn: dict[str, tuple[int, float]] = {}
        for test, seconds in sorted(baseline.seconds.items(), key=lambda each: each[1]):
            name = test.partition("[")[0]
            turn[test] = (sets[name], seconds)
            sets[name] += 1
        self._order = {test: at for at, test in enumerate(sorted(turn, key=turn.__getitem__))}
        self._killers: dict[tuple[str, str], list[str]] = defaultdict(list)
        for test in self._order:
            for file, function, line in baseline.runs[test]:
                self._of_line[file, function, line].append(test)
                self._of_function[file, function][test] = None

    def tests(self, mutant: Mutant) -> list[str]:
        """None if no test calls the function of the mutant, or any that names its constant."""
        file = mutant.source.file
        if mutant.at_import:
            named = [mutant.function] if mutant.function != TOP else users_of(mutant.source, mutant.constants)
            found = {test for name in named for test in self._of_function[file, name]}
        else:
            found = {test for line in mutant.lines for test in self._of_line.get((file, mutant.function, line), ())}
            found = found or set(self._of_function[file, mutant.function])
        first = [test for test in self._killers[file, mutant.function] if test in found]
        ordered = [test for test in self._order if test in found]
        own = [test for test in ordered if mutant.source.path.stem in test.partition("::")[0]]
        return [*dict.fromkeys([*first, *own[:_OWN], *ordered])][: self._most]

    def prefer(self, mutant: Mutant, killer: str) -> None:
        """Ask this test first about the next mutant of the function."""
        killers = self._killers[mutant.source.file, mutant.function]
        if killer in killers:
            killers.remove(killer)
        killers.insert(0, killer)

    def files(self, source: Source) -> list[str]:
        """The files of tests that run anything of a module."""
        called = (tests for (file, _), tests in self._of_function.items() if file == source.file)
        return sorted({test.partition("::")[0] for tests in called for test in tests})


class Pool:
    """Runs children in forks, some at once. Each says one thing: the test that failed, or nothing."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: dict[int, tuple[int, Callable[[Fate | None, str], None]]] = {}

    def start(self, child: Callable[[Says], None], done: Callable[[Fate | None, str], None]) -> None:
        """Run one as soon as there is room."""
        while len(self._running) >= self._at_once:
            self._reap()
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            _guarded(child, writing)
        os.close(writing)
        self._running[pid] = reading, done

    def finish(self) -> None:
        """Wait for all."""
        while self._running:
            self._reap()

    def _reap(self) -> None:
        pid, status = os.waitpid(-1, 0)
        reading, done = self._running.pop(pid)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            said = pipe.read()
        if said == _NEVER_LIVED:
            done(None, "")
        elif os.WIFSIGNALED(status):
            done("timed out", "")
        elif os.WEXITSTATUS(status) or said:
            done("killed", said)
        else:
            done("survived", "")


def _guarded(child: Callable[[Says], None], writing: int) -> NoReturn:
    """Ends this process, at the latest when its time is over. What the child says goes into a pipe."""

    def say(words: str) -> None:
        os.write(writing, words.encode())

    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    spent = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + _CPU, spent + 2 * _CPU))
    signal.setitimer(signal.ITIMER_REAL, 10 * _WALL)
    _silent()
    try:
        child(say)
    except BaseException:  # noqa: BLE001  # a mutant may raise anything
        os._exit(1)
    os._exit(0)


def _silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


class _Reports:
    """A plugin of pytest that sees whether a test failed."""

    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest of each phase of a test."""
        self.failed = self.failed or report.failed


def _fails(item: pytest.Item, seconds: float = 0) -> bool:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    reports = _Reports()
    item.config.pluginmanager.register(reports)
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    item.config.pluginmanager.unregister(reports)
    return reports.failed


def _fails_alone(item: pytest.Item) -> bool:
    pid = os.fork()
    if not pid:
        _silent()
        os._exit(_fails(item))
    return os.waitpid(pid, 0)[1] != 0


def recorded(items: Mapping[str, pytest.Item], sources: Sequence[Source], living: Living) -> Baseline:
    """Runs the tests as they are, in a process of its own, and looks which functions they call."""
    with tempfile.TemporaryDirectory() as room:
        told = Path(room) / "baseline"
        pid = os.fork()
        if not pid:
            try:
                _silent()
                told.write_bytes(pickle.dumps(_recorded(items, sources, living)))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        if not told.exists():
            raise HarnessError("The tests did not end without any mutant.")
        baseline: Baseline = pickle.loads(told.read_bytes())  # written by this very program
    return baseline


def _recorded(items: Mapping[str, pytest.Item], sources: Sequence[Source], living: Living) -> Baseline:
    files = {source.file for source in sources}
    run: set[Line] = set()

    def line(frame: FrameType, event: str, _: object) -> TraceFunction:
        run.add((frame.f_code.co_filename, _function_of(frame.f_code), frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        return line(frame, event, _) if frame.f_code.co_filename in files else None

    runs: dict[str, frozenset[Line]] = {}
    seconds: dict[str, float] = {}
    failed: list[str] = []
    threading.settrace(call)
    for name, item in items.items():
        run.clear()
        living.forget()
        began = time.thread_time()
        sys.settrace(call)
        fails = _fails(item)
        sys.settrace(None)
        seconds[name] = time.thread_time() - began
        runs[name] = frozenset(run)
        if fails:
            failed.append(name)
    return Baseline(runs, seconds, tuple(failed))


@cache
def _function_of(code: CodeType) -> str:
    name = code.co_qualname.partition(".<locals>")[0]
    return TOP if name.startswith("<") else name
