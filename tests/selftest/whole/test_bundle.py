"""A bundle from the hands of a vendor to those of a certifier, by the commands of the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..stages import HANG, environment

PAGE = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
(CHAPTER,) = re.findall(r"^## Verify a certificate\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(bash|python)\n(.*?)^```", CHAPTER, re.DOTALL | re.MULTILINE)


def ran(kind: str, text: str, here: Path) -> subprocess.CompletedProcess[str]:
    """What a reader pastes."""
    commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = ["bash", "-ec", text] if kind == "bash" else [sys.executable, "-c", text]
    env = environment(PATH=commands, XDG_CACHE_HOME=str(here / "cache"))
    return subprocess.run(words, cwd=here, env=env, check=False, capture_output=True, text=True, timeout=HANG)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of the chapter was pasted."""
    place = tmp_path_factory.mktemp("readme")
    for kind, text in BLOCKS:
        done = ran(kind, text, place)
        assert done.returncode == 0, done.stdout + done.stderr
    return place


def test_the_commands_of_the_readme_work_as_they_are(here: Path) -> None:
    assert [kind for kind, _ in BLOCKS] == ["bash", "bash", "python"]
    verifying = ran(*BLOCKS[1], here)
    assert [line.split()[1] for line in verifying.stdout.splitlines()[1:6]] == ["ok"] * 5, verifying.stdout
    assert verifying.stdout.splitlines()[-1].startswith("verified: the embedded mock: conformant")


def test_both_verifiers_find_another_word(here: Path) -> None:
    path = here / "bundle" / "certificate.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"conformant", b"conformist", 1))
    try:
        ours, theirs = ran(*BLOCKS[1], here), ran(*BLOCKS[2], here)
    finally:
        path.write_bytes(whole)
    assert ours.returncode == 1
    assert ours.stdout.splitlines()[-1] == "NOT VERIFIED, failed: digests, judgement, rendering"
    assert "AssertionError" in theirs.stderr
