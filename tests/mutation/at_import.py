"""Mutants that act when their module is imported: it is imported anew, with the mutant's text."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from .mutants import Key, Mutant
from .running import PLAIN, Fate, Pool, Says


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Of its module only."""
        if fullname != self._mutant.source.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._mutant.source.file, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's text."""
        code = compile(self._mutant.text, self._mutant.source.file, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # the purpose of it all


def try_at_import(mutant: Mutant, tests: Sequence[str], pool: Pool, fates: dict[Key, Fate]) -> None:
    """Judges one by whole files of tests. Nothing of the package may have been imported yet."""

    def child(say: Says) -> None:
        sys.meta_path.insert(0, Instead(mutant))
        if pytest.main([*PLAIN, "-x", *tests]):
            say("a test")

    def done(fate: Fate | None, _: str) -> None:
        assert fate is not None
        fates[mutant.key] = fate

    pool.start(child, done)
