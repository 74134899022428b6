"""Counter-examples kept between runs: the smallest chats that broke something, for each server, as scenario JSON.

A quick or nightly run performs them again before anything else, so that what broke last night is looked at first
tonight. One that breaks nothing any more, three times in a row, is forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gws_contract import foreign
from gws_contract.scenario import Scenario, to_json
from gws_contract.scenario_json import from_json

MOST = 20
"""Counter-examples kept for one server, the latest."""
FORGOTTEN_AFTER = 3
"""Runs in which a counter-example broke nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """One counter-example and the clauses it broke when it was last performed."""

    scenario: Scenario
    clauses: tuple[str, ...]


class Store:
    """The counter-examples of one server, in a folder of its own. An unreadable file counts as none."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder / hashlib.sha256(target.encode()).hexdigest()[:16]
        self._target = target

    def scenarios(self) -> list[Scenario]:
        """What is performed again, the latest first."""
        return [from_json(data["scenario"]) for _, data in self._entries()]

    def remember(self, found: Iterable[Found], broke_nothing: Collection[Scenario]) -> None:
        """Keep what was found; of what was performed again, count what `broke_nothing`. Raises OSError."""
        broken = {_name(each.scenario): each for each in found}
        again = {_name(scenario) for scenario in broke_nothing} - set(broken)
        for path, data in self._entries():
            if path.stem not in again:
                continue
            kept = data.get("kept")
            data["kept"] = kept + 1 if isinstance(kept, int) else 1
            if data["kept"] >= FORGOTTEN_AFTER:
                path.unlink(missing_ok=True)
            else:
                times = path.stat()
                path.write_text(json.dumps(data, indent=2), "ascii")
                # The latest are those that broke something latest.
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        if broken:
            self._folder.mkdir(parents=True, exist_ok=True)
        for name, each in broken.items():
            data = {"target": self._target, "clauses": list(each.clauses), "scenario": to_json(each.scenario)}
            (self._folder / f"{name}.json").write_text(json.dumps(data, indent=2), "ascii")
        for path, _ in self._entries()[MOST:]:
            path.unlink(missing_ok=True)

    def _entries(self) -> list[tuple[Path, dict[str, Any]]]:
        """File and content of every readable counter-example, the latest first."""
        found = []
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                data = foreign.loads(path.read_text("ascii"))
                from_json(data["scenario"])
                found.append((path.stat().st_mtime_ns, path, data))
        return [(path, data) for _, path, data in sorted(found, key=lambda each: each[:2], reverse=True)]


def _name(scenario: Scenario) -> str:
    canonical = json.dumps(to_json(scenario), sort_keys=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:16]
