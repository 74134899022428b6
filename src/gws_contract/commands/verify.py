"""verify: is a bundle what its run left, and what does its journal say?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gws_contract import __version__
from gws_contract.commands import EXIT_USAGE, Commands
from gws_contract.report.text import printable
from gws_contract.seal import keys
from gws_contract.verification import Verification, verify


def add(commands: Commands) -> None:
    """The command `verify`."""
    command = commands.add("verify", _verify, "check what a run left: signature, files, and the verdict of its journal")
    command.add_argument("bundle", metavar="BUNDLE", type=Path, help="the report directory of the run")
    command.add_argument("--key", metavar="PUB", type=Path, help="public key that it must be signed with")
    command.epilog = (
        "Exit status: that of certify, from the journal as it is judged again; 1 also if something was altered, 2 if"
        " the run did not come to its end, 4 if the command cannot work as given."
    )


def _verify(options: argparse.Namespace) -> int:
    bundle: Path = options.bundle
    if not bundle.is_dir():
        print(f"gws-contract: {bundle} is no directory.", file=sys.stderr)
        return EXIT_USAGE
    try:
        key = None if options.key is None else keys.public(options.key)
    except keys.BadKeyError as error:
        print(f"gws-contract: {error}", file=sys.stderr)
        return EXIT_USAGE
    result = verify(bundle, key)
    print(f"gws-contract {__version__}")
    for step in result.steps:
        print(f"  {step.name:<10} {step.state:<9} {printable(step.says)}")
    print(printable(_in_one_sentence(result)))
    return result.status


def _in_one_sentence(result: Verification) -> str:
    if result.altered:
        failed = ", ".join(step.name for step in result.steps if step.state == "FAILED")
        return f"NOT VERIFIED, failed: {failed}"
    headline = result.docket.headline if result.docket else "nothing can be judged"
    if not result.complete:
        return f"INCOMPLETE, the run did not come to its end: {headline}"
    signed = any(step.name == "signature" and step.state == "ok" for step in result.steps)
    return f"{'verified' if signed else 'consistent, but verified by no signature'}: {headline}"
