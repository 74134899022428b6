"""certify: start pytest on the shipped checks, in a child process and under our own ini."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from gws_contract import cache, check
from gws_contract.certification import Certification
from gws_contract.commands import EXIT_USAGE, Commands, add_options
from gws_contract.options import CERTIFY
from gws_contract.settings import settled
from gws_contract.wish import Wish

_STRANGERS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
"""Variables with which somebody else's pytest could change a certification."""


def add(commands: Commands) -> None:
    """The command `certify`."""
    certify = commands.add("certify", _certify, "offer chats, accept them, and give a verdict on every clause")
    add_options(certify, CERTIFY)


def _certify(options: argparse.Namespace) -> int:
    """Start pytest on the shipped checks, in a child process and under our own ini."""
    if options.plan:
        print(Certification(_wish(options), os.environ, Path.cwd()).outlook())
        return 0
    plugin = ["-p", "gws_contract.plugin"]
    said = (option.words(getattr(options, option.attribute), "--gws-") for option in CERTIFY)
    given = [*plugin, *(word for words in said for word in words)]
    folder = check.folder()
    with resources.as_file(resources.files("gws_contract") / "certify.ini") as ini:
        command = [sys.executable, "-m", "pytest", "-c", str(ini), "--rootdir", str(folder.parent), *given, str(folder)]
        return _as_one(command)


def _wish(options: argparse.Namespace) -> Wish:
    given = {option.attribute: getattr(options, option.attribute) for option in CERTIFY}
    return settled(given, os.environ, Path.cwd())


def _as_one(command: list[str]) -> int:
    """Run a child as if it were this process: Ctrl-C reaches it from the terminal, SIGTERM is passed on."""
    environment = {name: value for name, value in os.environ.items() if name not in _STRANGERS}
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace",
    }
    environment.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache.folder(os.environ) / "hypothesis"))
    running: list[subprocess.Popen[bytes]] = []
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _terminate(running))
    try:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            env=environment,
            preexec_fn=_listen_to_interrupts,  # noqa: PLW1509 - there is no thread yet
        )
        running.append(child)
        status = running[0].wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if -status in (signal.SIGINT, signal.SIGTERM):
        print("gws-contract: the run was ended before its first chat.", file=sys.stderr)
        return 2
    return status if 0 <= status <= EXIT_USAGE else 3


def _terminate(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()


def _listen_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
