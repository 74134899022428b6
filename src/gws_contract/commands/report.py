"""report: the Allure results of a run as one HTML file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gws_contract.commands import EXIT_NOT_READY, EXIT_USAGE, Commands
from gws_contract.report import leaves, rendering
from gws_contract.report.text import printable


def add(commands: Commands) -> None:
    """The command `report`."""
    report = commands.add("report", _report, "render the Allure results of a run (certify --allure) to one HTML file")
    report.add_argument("folder", metavar="DIR", type=Path, help="the report directory of the run, or its results")
    report.add_argument(
        "--output", metavar="FILE", type=Path, help="file to write (default: DIR-allure.html, beside the folder)"
    )
    report.add_argument(
        "--history", metavar="FILE", type=Path, help="show trends over the runs of this file, and append this run to it"
    )


def _report(options: argparse.Namespace) -> int:
    """0 if it was rendered; 2 if Allure is not at hand or failed; 4 without results, or if no file can be written."""
    folder: Path = options.folder
    results = folder / leaves.ALLURE if (folder / leaves.ALLURE).is_dir() else folder
    if not any(results.glob("*-result.json")):
        print(f"gws-contract: There are no Allure results in {folder}; certify --allure leaves them.", file=sys.stderr)
        return EXIT_USAGE
    # Not into the folder: what lies there is sealed.
    output: Path = options.output or folder.parent / f"{folder.resolve().name}-allure.html"
    try:
        page = rendering.render(results, _title(folder), options.history)
    except rendering.RenderingError as error:
        print(f"gws-contract: {printable(str(error))}", file=sys.stderr)
        return EXIT_NOT_READY
    try:
        output.write_text(page, "utf-8")
    except OSError as error:
        print(f"gws-contract: {output} cannot be written: {error.strerror}.", file=sys.stderr)
        return EXIT_USAGE
    print(f"report: {output}")
    return 0


def _title(folder: Path) -> str:
    """What the report is called: the verdict of the run, where its certificate is beside the results."""
    try:
        verdict = json.loads((folder / leaves.CERTIFICATE).read_text("utf-8"))["verdict"]
    except (OSError, ValueError, KeyError, TypeError):
        return "gws-contract"
    return f"gws-contract: {verdict}"
