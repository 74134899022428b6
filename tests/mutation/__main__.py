"""Mutation testing of what decides: python -m tests.mutation [MODULE ...].

Prints per module how many small changes the tests notice. Exits 1 if they miss one that explained.toml does not
explain, or if an explanation is not needed any more.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from . import explained
from .at_import import try_at_import
from .mutants import Key, Source
from .running import PLAIN, Fate, HarnessError, Loop, Pool

HERE = Path(__file__).parent
_HEAVY = ("jsonschema", "jsonschema_rs", "msgspec", "aiohttp", "requests")
"""What every fork would import anew; nothing of ours."""
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="part of a path; without it, all modules")
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1, metavar="N", help="mutants at a time")
    parser.add_argument("--most", type=int, metavar="N", help="ask N tests about a mutant, for a first look")
    parser.add_argument("--target", action="append", help="a table of targets.toml; without it, all")
    arguments = parser.parse_args()
    for heavy in _HEAVY:
        importlib.import_module(heavy)
    # What notices a mutant must notice it every time.
    settings.register_profile("mutation", derandomize=True, database=None)
    settings.load_profile("mutation")
    targets = tomllib.loads((HERE / "targets.toml").read_text("utf-8"))
    bad = 0
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        for name in arguments.target or targets:
            paths = sorted(_found(targets[name]["modules"]))
            asked = arguments.modules or [""]
            chosen = dict.fromkeys(path for part in asked for path in paths if part in path.as_posix())
            sources = [Source(path) for path in chosen]
            if any(source.mutants for source in sources):
                tests = sorted(str(path) for path in _found(targets[name]["tests"]))
                tests += [f"--deselect={test}" for test in targets[name].get("without", ())]
                bad += _report(sources, _judged(sources, tests, arguments.j, arguments.most))
    return min(bad, 1)


def _found(patterns: Iterable[str]) -> Iterable[Path]:
    return (path for pattern in patterns for path in Path().glob(pattern))


def _say(words: str) -> None:
    print(time.strftime("%H:%M:%S"), words, file=sys.__stderr__, flush=True)


def _judged(sources: Sequence[Source], tests: Sequence[str], at_once: int, most: int | None) -> dict[Key, Fate]:
    """What became of all mutants."""
    mutants = [mutant for source in sources for mutant in source.mutants]
    with tempfile.TemporaryDirectory() as room:
        told = Path(room) / "fates"
        pid = os.fork()
        if not pid:
            # What is imported for the tests stays in this fork.
            try:
                loop = Loop(sources, mutants, at_once, most, _say)
                if pytest.main([*PLAIN, *tests], plugins=[loop]) in (
                    pytest.ExitCode.OK,
                    pytest.ExitCode.NO_TESTS_COLLECTED,
                ):
                    told.write_bytes(pickle.dumps((loop.fates, loop.files)))
            except BaseException:  # noqa: BLE001  # it goes nowhere else
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.waitpid(pid, 0)
        if not told.exists():
            raise HarnessError("The mutants could not be tried.")
        fates: dict[Key, Fate]
        fates, files = pickle.loads(told.read_bytes())  # written by this very program
    later = [mutant for mutant in mutants if mutant.key not in fates]
    _say(f"{len(later)} that act at import")
    deselected = [each for each in tests if each.startswith("--")]
    pool = Pool(at_once)
    for mutant in later:
        used = files[mutant.source.path.as_posix()]
        try_at_import(mutant, [*used, *deselected] if used else tests, pool, fates)
    pool.finish()
    return fates


def _report(sources: Sequence[Source], fates: dict[Key, Fate]) -> int:
    """Prints what became of the mutants; returns how much of it is wrong."""
    known = explained.reasons()
    survivors: set[explained.Name] = set()
    print(f"{'':40}{'mutants':>8}{'killed':>8}{'timed out':>10}{'explained':>10}{'left':>6}{'score':>8}")
    total: Counter[str] = Counter()
    for source in sources:
        counted: Counter[str] = Counter()
        for mutant in source.mutants:
            fate: str = fates[mutant.key]
            if fate == "survived":
                name = explained.name_of(mutant)
                survivors.add(name)
                fate = "explained" if known.get(name) else "left"
            counted[fate] += 1
        print(_row(source.path.as_posix(), counted))
        total += counted
    print(_row("together", total))
    for name in sorted(survivors - {name for name, why in known.items() if why}):
        print("\n" + explained.as_entry(name))
    unneeded = explained.unneeded(known, {source.path.as_posix() for source in sources}, survivors)
    for name in unneeded:
        print(f"\nNot needed any more: {' '.join(name[:2])}\n{name[2]}")
    return total["left"] + len(unneeded)


def _row(title: str, counted: Counter[str]) -> str:
    noticed = counted["killed"] + counted["timed out"]
    score = f"{100 * noticed / counted.total():.1f} %" if counted else ""
    numbers = f"{counted.total():8}{counted['killed']:8}{counted['timed out']:10}{counted['explained']:10}"
    return f"{title.removeprefix('src/gws_contract/'):40}{numbers}{counted['left']:6}{score:>8}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as error:
        sys.exit(str(error))
