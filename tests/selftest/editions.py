"""Copies of the contract that say something else, and what is told about them."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gws_contract.contract import directory
from gws_contract.contract_diff.change import Change
from gws_contract.contract_diff.comparison import ContractDifference, compare
from gws_contract.contract_diff.reading import SHIPPED, Edition, read_both
from gws_contract.derive import write_schemas

ACCEPT = Path(str(directory("accept")))

Edit = Callable[[Path], None]
"""Changes the folder of a contract."""


def copy_of(target: Path, *edits: Edit) -> Path:
    """The shipped contract with some edits, its schemas derived."""
    shutil.copytree(ACCEPT, target, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        edit(target)
    write_schemas(target)
    return target


def says(file: str, old: str, new: str, after: str = "") -> Edit:
    """Replaces the first `old` that comes after a text of a file."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        head, found, tail = text.partition(after) if after else ("", "", text)
        assert old in tail, (file, after, old)
        (folder / file).write_text(head + found + tail.replace(old, new, 1), "utf-8")

    return edit


def clause(id_: str, old: str, new: str) -> Edit:
    """Changes a line of a clause."""
    return says("clauses.toml", old, new, after=f'id = "{id_}"\n')


def refinement(schema: str, at: str, what: str) -> str:
    """The beginning of a refinement."""
    return f'[[refinement]]\nschema = "{schema}"\nat = "{at}"\nwhat = "{what}"\n'


def without_refinement(schema: str, at: str, what: str) -> Edit:
    """Takes a refinement away."""

    def edit(folder: Path) -> None:
        file = folder / "refinements.toml"
        head, found, tail = file.read_text("utf-8").partition(refinement(schema, at, what))
        assert found
        file.write_text(head + "\n" + tail[tail.find("\n\n") :], "utf-8")

    return edit


def with_rows(file: str, rows: str) -> Edit:
    """Adds rows at the end of a file."""

    def edit(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as end:
            end.write(f"\n{rows}\n")

    return edit


@dataclass(frozen=True)
class Told:
    """What was told of one change, as a test names it."""

    name: str
    server: str
    client: str


def told(change: Change) -> Told:
    return Told(change.name, change.server.value, change.client.value)


@functools.cache
def shipped() -> Edition:
    """The contract of the package."""
    return read_both(SHIPPED, SHIPPED)[0]


def edition(folder: Path) -> Edition:
    return read_both(str(folder), str(folder))[0]


def since_shipped(folder: Path, *, strict: bool = False) -> ContractDifference:
    """What changed from the shipped contract to that of a folder."""
    return compare(shipped(), edition(folder), strict=strict)
