"""The commands of `gws-contract`, a module for each or for some that belong together; `add` of each adds its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from gws_contract.commands.manual import lesson, width
from gws_contract.options import HEADINGS, Option

EXIT_NOT_READY = 2
EXIT_USAGE = 4

Run = Callable[[argparse.Namespace], int]
"""Does what a command says; returns the exit status."""


class Parser(argparse.ArgumentParser):
    """Of one command, or of all. Its help ends with what the manual says of it."""

    def format_help(self) -> str:
        return super().format_help() + "".join(f"{line}\n" for line in lesson(self.prog).lines(width()))

    def error(self, message: str) -> None:  # type: ignore[override]  # exits, as argparse does, with our status
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"gws-contract: {message}\n")


class Commands:
    """Where the modules put their commands."""

    def __init__(self, parser: Parser, *, required: bool = False) -> None:
        self.parser = parser
        """That of the words before the command."""
        self._parsers = parser.add_subparsers(
            title="commands", metavar="COMMAND", parser_class=Parser, required=required
        )

    def add(self, name: str, run: Run, says: str) -> Parser:
        """A command; its options are for the caller to add."""
        command = self._add(name, says)
        command.set_defaults(run=run)
        return command

    def group(self, name: str, says: str) -> Commands:
        """A command that has commands of its own, one of which must be given."""
        return Commands(self._add(name, says), required=True)

    def _add(self, name: str, says: str) -> Parser:
        command = self._parsers.add_parser(name, help=says)
        command.description = f"{says[0].upper()}{says[1:]}. {lesson(command.prog).about}".strip()
        return command


def add_options(command: Parser, options: Iterable[Option]) -> None:
    """Let a command take these options of a certification, each below its heading."""
    given = list(options)
    for about, title in HEADINGS.items():
        group = command.add_argument_group(title)
        for option in given:
            if option.about == about:
                group.add_argument(f"--{option.name}", **option.settings)
