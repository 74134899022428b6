"""Scenarios in a file: the set that `certify` performs, drawn once per release, one scenario a line (NDJSON)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from gws_contract import foreign
from gws_contract.scenario import Scenario, to_json
from gws_contract.scenario_json import from_json

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PACKAGED = "certify.ndjson"
"""The name of the file that is installed beside this module."""


class NotKept(ValueError):
    """A file holds no scenarios that could be performed. The message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in a file."""

    rows: tuple[tuple[str, Scenario], ...]
    """Where each scenario came from, and the scenario; in the order of the file."""
    digest: str
    """The sha256 of the file, in hexadecimal."""


def write(path: Path | str, rows: Iterable[tuple[str, Scenario]]) -> None:
    """Keep these scenarios, each with its source, in this file; what stood there is gone. Raises OSError."""
    lines = (json.dumps({"source": source, "scenario": to_json(scenario)}) for source, scenario in rows)
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")


def read(path: Path | str | None = None) -> Kept:
    """What was kept in this file, or in the packaged one. Raises NotKept if it holds anything else, or nothing."""
    file: Traversable = resources.files(__package__) / PACKAGED if path is None else Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise NotKept(f"The scenarios in {file.name} cannot be read: {error.strerror}.") from error
    rows = tuple(_rows(raw, file.name))
    if not rows:
        raise NotKept(f"{file.name} holds no scenario.")
    return Kept(rows, hashlib.sha256(raw).hexdigest())


def _rows(raw: bytes, name: str) -> Iterator[tuple[str, Scenario]]:
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _row(foreign.loads(line.decode("utf-8")))
        except ValueError as error:
            raise NotKept(f"Line {number} of {name} is no kept scenario: {str(error).rstrip('.')}.") from error


def _row(row: object) -> tuple[str, Scenario]:
    match row:
        case {"source": str(source), "scenario": Mapping() as scenario}:
            return source, from_json(scenario)
    raise ValueError('it should look like {"source": ..., "scenario": {...}}')
