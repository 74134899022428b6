"""clauses, explain, derive and draw: what is certified, and what follows from it."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path

from gws_contract import check, contract, derive
from gws_contract.commands import EXIT_USAGE, Commands
from gws_contract.contract import Clause
from gws_contract.mock.faults import FAULTS
from gws_contract.planning import DEPTHS, for_release
from gws_contract.stage import kept


def add(commands: Commands) -> None:
    """The commands `clauses`, `explain`, `derive` and `draw`."""
    clauses = commands.add("clauses", _clauses, "list the contract: every sentence of the page")
    clauses.add_argument("--json", action="store_true", help="as JSON, with quotes")
    explain = commands.add("explain", _explain, "show a clause with its quote, its check and its faults")
    explain.add_argument("clause", metavar="ID", help="the id of a clause, as gws-contract clauses lists them")
    schemas = commands.add("derive", _derive, "derive schemas and documents in open formats from clauses and samples")
    schemas.add_argument("--check", action="store_true", help="write nothing, and say what is stale")
    schemas.add_argument(
        "--contract", metavar="DIR", type=Path, help="the folder of the contract (default: the shipped one)"
    )
    drawing = commands.add("draw", _draw, "draw the scenarios that --depth certify performs, and keep them")
    drawing.add_argument("--seed", type=int, default=0, metavar="N", help="draw them from this seed (default: 0)")
    drawing.add_argument("file", metavar="FILE", type=Path, help="the file to write, one scenario a line")


def _clauses(options: argparse.Namespace) -> int:
    document = contract.load()
    if options.json:
        rows = [
            {
                "id": clause.id,
                "section": clause.section,
                "quote": clause.quote,
                "strength": clause.strength,
                "needs": clause.needs,
                "says": clause.says,
                "not_tested": clause.not_tested,
            }
            for clause in document.clauses
        ]
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{document.title}, {document.revision}")
    for section in document.sections:
        print(f"\n{section.title}")
        for clause in document.clauses:
            if clause.section == section.id:
                print(f"  {clause.id:<40} {clause.strength or 'not tested':<10} {clause.says or clause.not_tested}")
    return 0


def _explain(options: argparse.Namespace) -> int:
    document = contract.load()
    clause = document.clause(options.clause)
    section = document.section(clause.section)
    print(f"{clause.id} ({clause.strength or 'not tested'})\n\n  {document.title}, section {section.title}:")
    print(textwrap.indent(f'"{clause.quote}"', "    "))
    if clause.linked:
        print(f"    and the page {clause.linked.page}: {clause.linked.says}")
    print(f"  {section.url}\n")
    if clause.not_tested:
        print(f"  Not tested: {clause.not_tested}")
        return 0
    _explain_check(clause)
    return 0


def _explain_check(clause: Clause) -> None:
    print(f"  Judged: {clause.says}\n  Needs of the transport: {clause.needs}")
    if clause.wants:
        print(f"  Not testable without: {clause.wants}")
    if clause.advisory:
        print("  A break is advisory: it fails a run only with --strict.")
    found = next(c for c in check.shipped() if c.clause == clause.id)
    print("\n  The check:\n" + textwrap.indent(found.source.rstrip(), "    "))
    print("\n  Faults of the mock that break it (gws-contract certify --mock=NAME):")
    for fault in FAULTS.values():
        if clause.id in fault.breaks:
            print(f"    {fault.name:<36} {fault.says}")


def _draw(options: argparse.Namespace) -> int:
    try:
        kept.write(options.file, for_release(DEPTHS["certify"].chats, options.seed))
    except OSError as error:
        print(f"gws-contract: {options.file} cannot be written: {error.strerror}.", file=sys.stderr)
        return EXIT_USAGE
    print(f"{len(kept.read(options.file).rows)} scenarios, sha256 {kept.read(options.file).digest}")
    return 0


def _derive(options: argparse.Namespace) -> int:
    folder = options.contract or Path(str(contract.directory("accept")))
    if options.check:
        stale = derive.stale_schemas(folder)
        for name in stale:
            print(f"stale: {name}; run gws-contract derive", file=sys.stderr)
        return 1 if stale else 0
    for path in derive.write_schemas(folder):
        print(path.name)
    return 0
