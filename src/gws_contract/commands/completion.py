"""completion: a script that lets a shell complete the command, made by shtab from the parser."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import shtab

from gws_contract import contract
from gws_contract.commands import Commands
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.quirks import QUIRKS

SHELLS = ("bash", "zsh", "tcsh")
_FILES = dict.fromkeys(("FILE", "PUB", "OLD", "NEW", "BUNDLE"), shtab.FILE)
_PLACES: Mapping[Any, Any] = {**_FILES, **dict.fromkeys(("DIR", "A", "B"), shtab.DIRECTORY)}
"""By what --help calls a value, how a shell completes it."""


def add(commands: Commands) -> None:
    """The command `completion`."""
    run = functools.partial(_completion, commands.parser)
    completion = commands.add("completion", run, "print a script that completes this command in a shell")
    completion.add_argument("shell", choices=SHELLS, help="the shell that reads the script")


def _completion(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    names = _names()
    for action in actions(parser):
        if action.metavar in _PLACES:
            action.complete = _PLACES[action.metavar]  # type: ignore[attr-defined]  # which shtab reads
        elif action.dest in names:
            action.choices = names[action.dest]
        elif isinstance(action, argparse._SubParsersAction):
            for command in action._choices_actions:
                # Shells show it beside the command: a line, not what one has to know.
                action.choices[command.dest].description = command.help
    print(shtab.complete(parser, options.shell))
    return 0


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of the commands below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from actions(below)


def _names() -> dict[str, Iterable[str]]:
    """By argument, the names that fit; only offered, for some take several, and all say better what does not fit."""
    variations = [*FAULTS, *QUIRKS, *PROFILES]
    clauses = [clause.id for clause in contract.load().clauses]
    return {"mock": variations, "fault": variations, "clause": clauses, "table": contract.load().versions}
