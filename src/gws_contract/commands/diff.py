"""diff: what changed since last night."""

from __future__ import annotations

import argparse
from pathlib import Path

from gws_contract.commands import Commands
from gws_contract.report import readback
from gws_contract.report.difference import compare
from gws_contract.report.difference_shown import refusal, shown
from gws_contract.report.readback import Certificate, ReadbackError
from gws_contract.report.text import printable
from gws_contract.stage.target import UsageError

_NOT_COMPARABLE = 2


def add(commands: Commands) -> None:
    """The command `diff`."""
    diff = commands.add("diff", _diff, "compare two certificates: what is newly broken")
    for name, which in (("OLD", "earlier"), ("NEW", "later")):
        text = f"the {which} certificate.json, or the report directory that holds it"
        diff.add_argument(name.lower(), metavar=name, type=Path, help=text)
    forms = diff.add_mutually_exclusive_group()
    for form, text in (("markdown", "in Markdown"), ("json", "as JSON: report/difference.schema.json")):
        forms.add_argument(f"--{form}", dest="form", action="store_const", const=form, help=text)
    diff.set_defaults(form="text")


def _diff(options: argparse.Namespace) -> int:
    """0, 1 or 2; raises UsageError if a file cannot be read."""
    try:
        old, new = _read(options.old), _read(options.new)
    except ReadbackError as error:
        print(refusal(str(error), options.form))
        return _NOT_COMPARABLE
    difference = compare(old, new)
    print(shown(difference, options.form))
    return difference.status


def _read(path: Path) -> Certificate:
    try:
        return readback.read(path)
    except ReadbackError as error:
        raise ReadbackError(printable(f"{path} {error}.")) from error
    except OSError as error:
        raise UsageError(printable(f"{error.filename or path} cannot be read: {error.strerror}.")) from error
