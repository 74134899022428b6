"""The mutants that may live, each with its reason: data in explained.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from .mutants import Mutant

Name = tuple[str, str, str]
"""A module, a function and the lines that differ: it stays when lines move."""

LIST = Path(__file__).with_name("explained.toml")


def name_of(mutant: Mutant) -> Name:
    """By which a mutant is known in the list. Mutants with one name are alike, and explained together."""
    return mutant.source.path.as_posix(), mutant.function, mutant.diff


def reasons() -> Mapping[Name, str]:
    """The whole list."""
    listed = tomllib.loads(LIST.read_text("utf-8")).get("mutant", [])
    return {(each["module"], each["function"], each["change"].strip()): each["why"] for each in listed}


def unneeded(known: Iterable[Name], modules: Collection[str], survivors: Collection[Name]) -> list[Name]:
    """Entries about these modules for which there is no survivor."""
    return [name for name in known if name[0] in modules and name not in survivors]


def as_entry(name: Name) -> str:
    """An entry of the list, for somebody to explain or to kill."""
    module, function, change = name
    return f"[[mutant]]\nmodule = \"{module}\"\nfunction = \"{function}\"\nchange = '''\n{change}\n'''\nwhy = \"\"\n"
