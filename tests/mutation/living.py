"""A mutant put in the place of what is loaded: the code of living functions is exchanged, and constants."""

from __future__ import annotations

import functools
import gc
import importlib
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .mutants import TOP, Mutant, Source

Place = tuple[str, str, int]
"""Where a code object is from: file, qualified name, line."""


def place_of(code: CodeType) -> Place:
    """Where a code object is from."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


class Living:
    """The functions of some modules that are loaded now, by the place of their code."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._originals = {source: _compiled(source, source.text) for source in sources}
        for source in sources:
            # Checks are loaded by the first test that asks them, and with them what they ask.
            importlib.import_module(source.name)
        files = {source.file for source in sources}
        packages = tuple({source.name.rpartition(".")[0] for source in sources})
        self._functions: dict[Place, list[FunctionType]] = defaultdict(list)
        self._caches: list[Any] = []
        for each in gc.get_objects():
            if isinstance(each, FunctionType) and each.__code__.co_filename in files:
                self._functions[place_of(each.__code__)].append(each)
            elif isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(packages):
                self._caches.append(each)

    def forget(self) -> None:
        """Empty the caches of their packages: what they hold was computed by the code as it is."""
        for cache in self._caches:
            cache.cache_clear()

    def exchange(self, mutant: Mutant) -> bool:
        """Whether the mutant lives now in the place of what is loaded; False if it can in a new import only."""
        self.forget()
        if mutant.function != TOP:
            return self._exchange_function(mutant)
        return bool(mutant.constants) and self._exchange_constants(mutant)

    def _exchange_function(self, mutant: Mutant) -> bool:
        old = _inside(self._originals[mutant.source], mutant.function)
        functions = self._functions.get(place_of(old), [])
        if mutant.at_import:
            # The value of a parameter that is left out.
            found: Any = _imported(mutant)
            for part in mutant.function.split("."):
                found = getattr(found, part)
            for function in functions:
                function.__defaults__, function.__kwdefaults__ = found.__defaults__, found.__kwdefaults__
            return bool(functions)
        new = _inside(_compiled(mutant.source, mutant.text), mutant.function)
        exchanged = False
        for inner_old, inner_new in _pairs(old, new):
            for function in self._functions.get(place_of(inner_old), ()):
                if inner_old.co_freevars == inner_new.co_freevars:
                    function.__code__ = inner_new
                    exchanged = True
        return exchanged

    def _exchange_constants(self, mutant: Mutant) -> bool:
        module = sys.modules[mutant.source.name]
        mutated = _imported(mutant)
        for name in mutant.constants:
            old = getattr(module, name)
            for other in [m for loaded, m in sys.modules.items() if loaded.startswith(("gws_contract", "tests."))]:
                if getattr(other, name, None) is old:
                    setattr(other, name, getattr(mutated, name))
        return True


def names_in(code: CodeType) -> set[str]:
    """The globals and attributes that a function and what is inside it name."""
    return set(code.co_names).union(*(names_in(inner) for inner in _inner(code)))


def users_of(source: Source, constants: Sequence[str]) -> Iterator[str]:
    """The functions of a module that name one of these, as mutants name functions."""
    module = _compiled(source, source.text)
    for name in source.functions:
        if names_in(_inside(module, name)) & set(constants):
            yield name


def _compiled(source: Source, text: str) -> CodeType:
    return compile(text, source.file, "exec", dont_inherit=True)


def _imported(mutant: Mutant) -> ModuleType:
    """The module with this mutant, beside the one that is loaded."""
    loaded = sys.modules[mutant.source.name]
    module = ModuleType(mutant.source.name)
    module.__package__ = loaded.__package__
    exec(_compiled(mutant.source, mutant.text), module.__dict__)  # the purpose of it all
    return module


def _inside(module: CodeType, name: str) -> CodeType:
    code = module
    for part in name.split("."):
        # Of two with one name the last one counts.
        code = [inner for inner in _inner(code) if inner.co_name == part][-1]
    return code


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield old, new
    olds, news = _inner(old), _inner(new)
    if [code.co_name for code in olds] == [code.co_name for code in news]:
        for inner_old, inner_new in zip(olds, news, strict=True):
            yield from _pairs(inner_old, inner_new)
