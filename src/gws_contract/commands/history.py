"""history: every clause over many nights, on one page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gws_contract.commands import Commands
from gws_contract.report import history_page
from gws_contract.report.history import gather
from gws_contract.report.text import printable
from gws_contract.stage.target import UsageError

PAGE = "history.html"
_NIGHTS = 30


def add(commands: Commands) -> None:
    """The command `history`."""
    history = commands.add("history", _history, "write one HTML page: every clause over the last nights")
    history.add_argument("dir", metavar="DIR", type=Path, help="folder below which the report directories lie")
    history.add_argument("--out", metavar="FILE", type=Path, help=f"the page to write (default: DIR/{PAGE})")
    history.add_argument(
        "--nights",
        metavar="N",
        type=int,
        default=_NIGHTS,
        help=f"the last N nights of each server (default: {_NIGHTS})",
    )


def _history(options: argparse.Namespace) -> int:
    """Write the page; raises UsageError if there is nothing to tell or nowhere to write."""
    folder: Path = options.dir
    if options.nights < 1:
        raise UsageError("--nights must be 1 or more.")
    if not folder.is_dir():
        raise UsageError(printable(f"{folder} is no folder."))
    found = gather(folder, options.nights)
    for skipped in found.skipped:
        print(printable(f"gws-contract: skipped: {skipped.file} {skipped.why}."), file=sys.stderr)
    if not found.courses:
        raise UsageError(printable(f"There is no certificate below {folder}."))
    page: Path = options.out or folder / PAGE
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(history_page.render(found, folder, page), "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(printable(f"{page} cannot be written: {error.strerror}.")) from error
    for course in found.courses:
        latest = course.nights[0]
        since = f": {latest.since.essence}" if latest.since else ""
        nights = f"{len(course.nights)} night{'' if len(course.nights) == 1 else 's'}"
        print(printable(f"{course.server}, {nights}, {latest.certificate.verdict}{since}"))
    print(printable(str(page)))
    return 0
