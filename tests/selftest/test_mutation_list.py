"""The list of mutants that may live is kept like the rest: `tox -e mutation` asks whether it is complete."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MUTATION = ROOT / "tests" / "mutation"
LISTED: list[dict[str, Any]] = tomllib.loads((MUTATION / "explained.toml").read_text("utf-8")).get("mutant", [])


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: f"{entry['module']}:{entry['function']}")
def test_a_mutant_that_may_live_has_its_reason_in_a_sentence(entry: dict[str, Any]) -> None:
    assert set(entry) == {"module", "function", "change", "why"}
    assert entry["why"][:1].isupper()
    assert entry["why"].endswith(".")


def test_the_line_that_a_mutant_changes_stands_in_its_module() -> None:
    for entry in LISTED:
        lines = [line.strip() for line in (ROOT / entry["module"]).read_text("utf-8").splitlines()]
        for line in entry["change"].strip().splitlines():
            if line.startswith("- "):
                assert line[2:] in lines, entry


def test_no_mutant_is_explained_twice() -> None:
    names = Counter((entry["module"], entry["function"], entry["change"].strip()) for entry in LISTED)
    assert [name for name, times in names.items() if times > 1] == []


def test_all_that_decides_is_mutated() -> None:
    targets = tomllib.loads((MUTATION / "targets.toml").read_text("utf-8"))
    modules = {path for target in targets.values() for pattern in target["modules"] for path in ROOT.glob(pattern)}
    assert modules >= {*(ROOT / "src/gws_contract/judge").glob("*.py"), ROOT / "src/gws_contract/wire/bayeux.py"}
    for target in targets.values():
        assert all(any(ROOT.glob(pattern)) for pattern in target["tests"])
