"""The commands of `gws-contract`, a module for each or for some that belong together; `add` of each adds its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

EXIT_NOT_READY = 2
EXIT_USAGE = 4

Run = Callable[[argparse.Namespace], int]
"""Does what a command says; returns the exit status."""


class Parser(argparse.ArgumentParser):
    """Of one command, or of all."""

    def error(self, message: str) -> None:  # type: ignore[override]  # exits, as argparse does, with our status
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"gws-contract: {message}\n")


class Commands:
    """Where the modules put their commands."""

    def __init__(self, parser: Parser, *, required: bool = False) -> None:
        self._parsers = parser.add_subparsers(
            title="commands", metavar="COMMAND", parser_class=Parser, required=required
        )

    def add(self, name: str, run: Run, says: str) -> Parser:
        """A command; its options are for the caller to add."""
        command = self._parsers.add_parser(name, help=says, description=_sentence(says))
        command.set_defaults(run=run)
        return command

    def group(self, name: str, says: str) -> Commands:
        """A command that has commands of its own, one of which must be given."""
        return Commands(self._parsers.add_parser(name, help=says, description=_sentence(says)), required=True)


def _sentence(says: str) -> str:
    return says[0].upper() + says[1:] + "."
