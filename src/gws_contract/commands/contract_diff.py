"""contract diff: what changed between two versions of the contract, and whom it breaks."""

from __future__ import annotations

import argparse
import json

from gws_contract.commands import Commands
from gws_contract.contract_diff.comparison import PARTIES, Party, compare
from gws_contract.contract_diff.reading import read_both
from gws_contract.contract_diff.shown import as_json, as_text


def add(commands: Commands) -> None:
    """The command `contract` with its own command `diff`."""
    contract = commands.group("contract", "compare two versions of the contract")
    diff = contract.add("diff", _diff, "show what changed between two versions, by examples, and whom it breaks")
    for name, which in (("A", "earlier"), ("B", "later")):
        diff.add_argument(name.lower(), metavar=name, help=f"the {which} version: a folder, an operation, or shipped")
    diff.add_argument(
        "--breaking-for",
        choices=PARTIES,
        help="exit with 1 only if a change breaks a server, or a client (default: either)",
    )
    diff.add_argument("--strict", action="store_true", help="advisory clauses count too, as in a run with --strict")
    diff.add_argument("--json", action="store_true", help="as JSON: contract_diff/contract_difference.schema.json")


def _diff(options: argparse.Namespace) -> int:
    """0, 1 or 2; raises ContractError if a version cannot be read."""
    difference = compare(*read_both(options.a, options.b), strict=options.strict)
    parties: tuple[Party, ...] = (options.breaking_for,) if options.breaking_for else PARTIES
    print(json.dumps(as_json(difference, parties), indent=2) if options.json else as_text(difference))
    return difference.status(parties)
