"""A peer: somebody else's CometD client or server, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
PEERS = HERE / "peers"
GUARD = 30.0
"""Seconds after which a test that hangs fails; nothing is measured by it."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def program(name: str) -> str:
    """The path of node or npm. Fails the test, with what to do about it, where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"There is no {name} on the PATH. The interop tests run CometD clients and servers of others: "
            "install node 20 or newer with its npm.",
            pytrace=False,
        )
    return found


def install() -> None:
    """Install the npm packages of the lock file below this directory, unless they are there. Fails the test if not."""
    wanted = (HERE / "package-lock.json").read_bytes()
    installed = HERE / "node_modules" / ".installed-lock.json"
    program("node")
    if installed.exists() and installed.read_bytes() == wanted:
        return
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    npm = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if npm.returncode != 0:
        pytest.fail(f"npm could not install the peers of the interop tests.\n{npm.stderr}", pytrace=False)
    installed.write_bytes(wanted)  # last, so that an installation that was cut short is done again


class Peer:
    """A running peer. It speaks one JSON object a line, and ends when its input ends."""

    def __init__(self, script: str, arguments: Sequence[object] = ()) -> None:
        self.script = script
        runs = sys.executable if script.endswith(".py") else program("node")
        self._process = subprocess.Popen(
            [runs, str(PEERS / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={name: value for name, value in os.environ.items() if name.lower() not in _PROXIES},
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._complaints: list[str] = []
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._listen, self._overhear)]
        for reader in self._readers:
            reader.start()

    def hear(self, event: str) -> dict[str, Any]:
        """What the peer says next. Fails the test if that is not the event, or nothing."""
        try:
            line = self._lines.get(timeout=GUARD)
        except queue.Empty:
            line = "nothing"
        heard = json.loads(line) if line is not None and line.startswith("{") else {}
        if heard.get("event") != event:
            said = "ended" if line is None else f"said {line.strip()}"
            pytest.fail(f"{self.script} {said}; awaited was {event!r}.\n{''.join(self._complaints)}", pytrace=False)
        return heard

    def order(self, **order: Any) -> None:
        """Tell the peer to do something, and wait until it is done."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a peer that is gone is reported below, with its last words
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        self.hear("done")

    def end(self) -> None:
        """Let the peer come to its end. Fails the test if it says something more or does not end well."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        last = self._lines.get(timeout=GUARD)
        status = self._process.wait(GUARD)
        assert (last, status) == (None, 0), "".join(self._complaints)

    def kill(self) -> None:
        """End the peer at once, whatever it does. A peer that ended may be killed again."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _overhear(self) -> None:
        assert self._process.stderr is not None
        self._complaints.extend(self._process.stderr)
