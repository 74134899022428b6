"""The scripts of `gws-contract completion` in the shells they are for, as a person types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.selftest.terminal import Terminal

Typed = Callable[..., str]


@dataclass(frozen=True)
class Shell:
    """How it starts without anybody's settings, and how it reads the script from a folder."""

    name: str
    start: tuple[str, ...]
    file: str
    read: str


SHELLS = (
    Shell("bash", ("bash", "--norc", "--noprofile", "-i"), "gws-contract", "source scripts/gws-contract"),
    Shell(
        "zsh", ("zsh", "-f", "-i"), "_gws-contract", "fpath=($PWD/scripts $fpath); autoload -U compinit; compinit -D"
    ),
    Shell("tcsh", ("tcsh", "-f"), "gws-contract.tcsh", "source scripts/gws-contract.tcsh"),
)


@pytest.fixture(params=SHELLS, ids=lambda shell: shell.name)
def typed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Typed]:
    """Types a line and the Tab key, then Enter: what the command was called with."""
    shell: Shell = request.param
    if shutil.which(shell.start[0]) is None:
        pytest.fail(f"There is no {shell.name} on the PATH (Debian: {shell.name}).", pytrace=False)
    (tmp_path / "scripts").mkdir()
    made = subprocess.run(
        [sys.executable, "-m", "gws_contract", "completion", shell.name], capture_output=True, check=True
    )
    (tmp_path / "scripts" / shell.file).write_bytes(made.stdout)
    program = tmp_path / "bin" / "gws-contract"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "called with <$*>"\n')
    program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "vt100"}
    terminal = Terminal(200)
    process = terminal.start(*shell.start, cwd=tmp_path, env=environment)
    terminal.press(f"{shell.read}; echo re''ady\n".encode())
    terminal.until(lambda text: "ready" in text)

    def type_it(line: str, *, seen: str) -> str:
        before = len(terminal.text)
        terminal.press(f"{line}\t".encode())
        terminal.until(lambda text: seen in text[before:])
        terminal.press(b"\n")
        text = terminal.until(lambda text: "called with <" in text[before:] and ">" in text[before:].rsplit("<", 1)[1])
        return text.rsplit("called with <", 1)[1].partition(">")[0].strip()

    yield type_it
    terminal.press(b"exit\n")
    process.wait(30)
    terminal.close()


@pytest.mark.parametrize(
    ("begun", "whole"),
    [
        ("cert", "certify"),
        ("certify --customer-c", "certify --customer-command"),
        ("certify --mock participants-f", "certify --mock participants-first"),
        ("certify --clause accept.notifications.o", "certify --clause accept.notifications.order"),
        ("explain accept.notifications.o", "explain accept.notifications.order"),
        ("certify --report-dir scri", "certify --report-dir scripts"),
    ],
)
def test_a_shell_completes_what_was_begun(typed: Typed, begun: str, whole: str) -> None:
    assert typed(f"gws-contract {begun}", seen=whole).rstrip("/") == whole
