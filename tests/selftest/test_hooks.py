"""The hooks of pre-commit: what tox asks of linters and types is asked before every commit too, by the same tools."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOX = ConfigParser(interpolation=None)
TOX.read(ROOT / "tox.ini", encoding="utf-8")
((REPOSITORY, HOOKS),) = (
    (repository["repo"], {hook["id"]: hook for hook in repository["hooks"]})
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
)


def lines_of(environment: str, setting: str) -> list[str]:
    return TOX[f"testenv:{environment}"][setting].split("\n")


def of_tool(tool: str) -> list[dict[str, Any]]:
    return [hook for hook in HOOKS.values() if hook["entry"].partition(" ")[0] == tool]


@pytest.mark.parametrize(("environment", "tool"), [("lint", "ruff"), ("types", "mypy")])
def test_the_hooks_of_a_tool_are_the_commands_of_tox(environment: str, tool: str) -> None:
    """Over all files, as there: a change of one file may be an error in another."""
    commands = [line for line in lines_of(environment, "commands") if line.startswith(tool)]
    assert [hook["entry"] for hook in of_tool(tool)] == commands != []
    assert not any(hook["pass_filenames"] for hook in of_tool(tool))


def test_ruff_is_of_the_versions_of_tox() -> None:
    (known,) = (line for line in lines_of("lint", "deps") if line.startswith("ruff"))
    assert [hook["additional_dependencies"] for hook in of_tool("ruff")] == [[known]] * 2


def test_what_is_derived_is_checked_as_a_command() -> None:
    assert [hook["entry"] for hook in of_tool("gws-contract")] == ["gws-contract derive --check"]


def test_no_hook_needs_another_repository() -> None:
    assert REPOSITORY == "local"
    assert {hook["language"] for hook in HOOKS.values()} == {"python", "system"}


@pytest.mark.parametrize("hook", ["trailing-whitespace", "end-of-file", "line-endings"])
def test_samples_stay_as_they_were_printed_and_examples_as_they_were_written(hook: str) -> None:
    """Their digests stand elsewhere."""
    left_alone = re.compile(HOOKS[hook]["exclude"])
    for folder in ("contracts/accept/samples", "reports/example"):
        kept = [path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.*")]
        assert [path for path in kept if not left_alone.search(path)] == []
