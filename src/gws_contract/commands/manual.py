"""What --help and the reference say of a command beside its options: the data of manual.toml."""

from __future__ import annotations

import functools
import shutil
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

_WIDEST = 100
"""Columns; longer lines are hard to read."""


@dataclass(frozen=True)
class Example:
    """A command that works, and what it is good for."""

    command: str
    says: str


@dataclass(frozen=True)
class Lesson:
    """What one has to know of a command."""

    about: str = ""
    examples: tuple[Example, ...] = ()
    statuses: Mapping[int, str] = field(default_factory=dict)
    """By exit status, what it means."""
    leaves: Mapping[str, str] = field(default_factory=dict)
    """By name, the files that it writes where no option names them."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """By name, what the environment says beside the options."""

    def lines(self, width: int) -> Iterator[str]:
        """What stands below the options in --help, in lines of at most `width` columns; commands are not broken."""
        if self.examples:
            yield from ("", "examples:")
            for example in self.examples:
                yield f"  {example.command}"
                yield from _wrapped(example.says, width, 6)
        for title, table in (("environment:", self.variables), ("files:", self.leaves)):
            if table:
                yield from ("", title)
            for name, says in table.items():
                yield f"  {name}"
                yield from _wrapped(says, width, 6)
        if self.statuses:
            yield from ("", "exit status:")
            for status, says in self.statuses.items():
                yield from _wrapped(f"{status}  {says}", width, 2, 5)


def lesson(command: str) -> Lesson:
    """The lesson of a command, by all its words ("gws-contract certify"); an empty one if manual.toml has none."""
    row = _manual().get(command, {})
    return Lesson(
        about=row.get("about", ""),
        examples=tuple(Example(*example) for example in row.get("examples", ())),
        statuses={int(status): says for status, says in row.get("statuses", {}).items()},
        leaves=row.get("leaves", {}),
        variables=row.get("variables", {}),
    )


def commands() -> tuple[str, ...]:
    """The commands that have a lesson, by all their words."""
    return tuple(_manual())


def width() -> int:
    """Columns for a text on this terminal."""
    return min(shutil.get_terminal_size().columns - 2, _WIDEST)


def _wrapped(text: str, width: int, first: int, then: int | None = None) -> list[str]:
    hanging = " " * (first if then is None else then)
    return textwrap.wrap(text, width, initial_indent=" " * first, subsequent_indent=hanging, break_on_hyphens=False)


@functools.cache
def _manual() -> dict[str, Any]:
    return tomllib.loads((resources.files("gws_contract.commands") / "manual.toml").read_text("utf-8"))
