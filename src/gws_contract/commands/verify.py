"""verify: is a bundle what its run left, and what does its journal say? Or, what do journals say that nobody sealed?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gws_contract import __version__, shards
from gws_contract.commands import EXIT_NOT_READY, Commands
from gws_contract.journal import JournalError
from gws_contract.report import leaves, text
from gws_contract.report.docket import Docket
from gws_contract.report.shards import ShardsError, judge_anybodys
from gws_contract.report.text import printable
from gws_contract.seal import keys
from gws_contract.stage.target import UsageError
from gws_contract.verification import Verification, verify

_A_BUNDLE = (leaves.SEAL, leaves.JOURNAL, leaves.CERTIFICATE)
"""What a folder holds one of that is the report directory of a run."""


def add(commands: Commands) -> None:
    """The command `verify`."""
    command = commands.add("verify", _verify, "check what a run left: signature, files, and the verdict of its journal")
    command.add_argument(
        "bundle", metavar="BUNDLE", nargs="+", type=Path, help="the report directory of the run, or the shards of one"
    )
    command.add_argument("--key", metavar="PUB", type=Path, help="public key that it must be signed with")
    command.add_argument(
        "--report-dir", metavar="DIR", type=Path, help="of shards: write certificate and reports to this new folder"
    )


def _verify(options: argparse.Namespace) -> int:
    given: list[Path] = options.bundle
    journals = [journal for path in given for journal in _journals(path)]
    try:
        if journals:
            if strays := [path for path in given if not any(_journals(path))]:
                raise UsageError(f"{strays[0]} holds no journal, or is a bundle, which is verified alone.")
            return _unsealed(journals, options.key, options.report_dir)
        return _bundle(given, options.key, options.report_dir)
    except KeyboardInterrupt:
        print("gws-contract: interrupted before the verdict.", file=sys.stderr)
        return EXIT_NOT_READY


def _journals(path: Path) -> Iterator[Path]:
    """The journals that a word of the command stands for, if it is no bundle. Raises UsageError."""
    if path.is_file() and path.name.removesuffix(shards.PACKED).endswith(".ndjson"):
        yield path
    elif path.is_dir():
        try:
            lying = {entry.name for entry in path.iterdir()}
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
        if lying.isdisjoint(_A_BUNDLE):
            yield from (path / name for name in shards.shards(lying))


def _bundle(given: Sequence[Path], public: Path | None, report_dir: Path | None) -> int:
    """Look at everything in a bundle."""
    bundle = given[0]
    for path in given:
        if not path.is_dir():
            raise UsageError(f"{path} is no directory.")
    if len(given) > 1:
        raise UsageError("One bundle is verified at a time.")
    if report_dir is not None:
        raise UsageError("--report-dir is for shards; a bundle has its reports.")
    try:
        key = None if public is None else keys.public(public)
    except keys.BadKeyError as error:
        raise UsageError(str(error)) from error
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


def _unsealed(journals: Sequence[Path], public: Path | None, report_dir: Path | None) -> int:
    """Judge journals that no seal vouches for."""
    if public is not None:
        raise UsageError("--key is for a bundle: these journals are not sealed.")
    if report_dir is not None and report_dir.exists():
        raise UsageError(f"{report_dir} is there already; reports are written to a new folder.")
    try:
        docket = judge_anybodys(journals)
    except ShardsError as error:
        raise UsageError(printable(str(error))) from error
    except JournalError as error:
        print(f"gws-contract: {printable(str(error))}", file=sys.stderr)
        return EXIT_NOT_READY
    many = f"{len(journals)} journals" if len(journals) > 1 else "journal"
    print(f"gws-contract {__version__}: the {many} of a run, not sealed: nothing vouches for what is judged here.")
    print(text.summary(docket))
    if report_dir is not None:
        _report(docket, report_dir)
    return docket.conclusion.status


def _report(docket: Docket, folder: Path) -> None:
    """Write everything that renders from the docket to a new folder."""
    try:
        folder.mkdir(parents=True)
        leaves.write(docket, folder)
    except OSError as error:
        raise UsageError(f"The report directory {folder} cannot be written: {error.strerror}.") from error
    print(f"certificate: {folder / leaves.PAGE}")
