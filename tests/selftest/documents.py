"""The documents in docs/ that are generated: of the contract, the mock and the parser of the command.

python -m tests.selftest.documents            write them anew, after a change of a clause, a fault, a quirk or an option
python -m tests.selftest.documents --check    write nothing, and say which are stale (exit status 1)

Their templates are in tests/selftest/templates/, why a quirk is legal in docs/allowed.toml.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gws_contract import check, cli, contract
from gws_contract.commands import manual
from gws_contract.contract import Clause, Contract, Section
from gws_contract.mock.faults import FAULTS, Fault
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.quirks import AXES, QUIRKS
from gws_contract.options import CERTIFY, Option

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs"
NAMES = ("clauses.md", "faults.md", "quirks.md", "reference.md")


@dataclass(frozen=True)
class Page:
    """An operation: its contract, and the checks of it."""

    contract: Contract
    checks: Mapping[str, tuple[str, str]]
    """By clause, the file below tests/ and the name of its check."""

    @property
    def name(self) -> str:
        return self.contract.operation

    def clauses(self, section: Section) -> list[Clause]:
        """In the order of the page."""
        return [clause for clause in self.contract.clauses if clause.section == section.id]


@dataclass(frozen=True)
class Command:
    """A command with its own arguments, as its parser knows them."""

    name: str
    parser: argparse.ArgumentParser
    says: str

    @property
    def lesson(self) -> manual.Lesson:
        return manual.lesson(self.parser.prog)

    @property
    def groups(self) -> list[tuple[str, list[argparse.Action]]]:
        """The headings that have arguments, with those; what is not shown is not there."""
        found = []
        for group in self.parser._action_groups:
            shown = [action for action in group._group_actions if is_shown(action)]
            if shown:
                found.append((group.title or "", shown))
        return found

    @property
    def synopsis(self) -> str:
        """The command with everything that has to be said."""
        words = [self.parser.prog]
        optional = False
        for action in self.parser._actions:
            if not is_shown(action):
                continue
            if action.option_strings and not action.required:
                optional = True
            else:
                words.append(spelled(action) if action.option_strings else repeated(action))
        return " ".join([*words[:1], *(["[OPTIONS]"] if optional else []), *words[1:]])


def is_shown(action: argparse.Action) -> bool:
    """Whether an argument is told: --help explains itself, and a list of commands is no argument."""
    hidden = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    return not hidden and action.help != argparse.SUPPRESS


def value(action: argparse.Action) -> str:
    """What --help calls the value of an argument."""
    if action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    return str(action.metavar or action.dest.upper())


def spelled(action: argparse.Action) -> str:
    """An argument as it is written: --url URL, --mock[=FAULT], --quiet, FILE."""
    if not action.option_strings:
        return value(action)
    name = action.option_strings[-1]
    if action.nargs == 0:
        return name
    return f"{name}[={value(action)}]" if action.nargs == "?" else f"{name} {value(action)}"


def repeated(action: argparse.Action) -> str:
    """A positional argument in the synopsis."""
    word = value(action)
    return {"?": f"[{word}]", "+": f"{word}...", "*": f"[{word}...]"}.get(str(action.nargs), word)


def variable(action: argparse.Action) -> str:
    """The variable of the environment that says the same; empty if there is none."""
    known = {f"--{option.name}": option for option in CERTIFY}
    option: Option | None = next((known[name] for name in action.option_strings if name in known), None)
    return option.variable if option is not None and option.where != "words" else ""


def commands(parser: argparse.ArgumentParser | None = None, words: str = "") -> Iterator[Command]:
    """Every command, also those below others, in the order of --help."""
    parser = parser or cli.command_line()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            says = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, below in action.choices.items():
                known = f"{words} {name}".strip()
                if below.get_default("run") is not None:
                    yield Command(known, below, says.get(name, ""))
                yield from commands(below, known)


def operations() -> list[str]:
    """Every folder of a contract, by its name; the first operation first."""
    names = [path.parent.name for path in (ROOT / "contracts").glob("*/clauses.toml")]
    return sorted(names, key=lambda name: (name != "accept", name))


def page(operation: str) -> Page:
    """What there is about an operation."""
    found = {
        one.clause: (f"{operation}/{Path(inspect.getsourcefile(one.judge) or '').name}", one.judge.__name__)
        for one in check.shipped(operation)
    }
    return Page(contract.load(operation), found)


def breaking(clause: str) -> list[Fault]:
    """The faults that break a clause."""
    return [fault for fault in FAULTS.values() if clause in fault.breaks]


def anchor(heading: str) -> str:
    """The fragment under which a page of Markdown shows a heading."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def allowed() -> dict[str, str]:
    """By quirk, which page or server allows it."""
    return {str(name): str(why) for name, why in tomllib.loads((FOLDER / "allowed.toml").read_text("utf-8")).items()}


def cell(text: str) -> str:
    """A text in a cell of a table of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def rendered(name: str) -> str:
    """A document as it is now."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "anchor": anchor,
        "cell": cell,
        "spelled": spelled,
        "variable": variable,
    }
    return environment.get_template(name).render(
        breaking=breaking,
        variable=variable,
        program=Command("", cli.command_line(), ""),
        commands=list(commands()),
        pages=[page(operation) for operation in operations()],
        faults=list(FAULTS.values()),
        axes=AXES,
        quirks=QUIRKS,
        profiles=list(PROFILES.values()),
        allowed=allowed(),
    )


def stale() -> list[str]:
    """The documents that are not what would be written now."""
    return [name for name in NAMES if (FOLDER / name).read_text("utf-8") != rendered(name)]


def main(arguments: Sequence[str]) -> int:
    """Write the documents anew, or look whether they would change."""
    if list(arguments) == ["--check"]:
        for name in (old := stale()):
            print(f"stale: docs/{name}; run python -m tests.selftest.documents", file=sys.stderr)
        return 1 if old else 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 4
    for name in NAMES:
        (FOLDER / name).write_text(rendered(name), "utf-8", newline="\n")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
