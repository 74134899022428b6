"""contract diff: what changed between two versions of the contract, and whom it breaks."""

from __future__ import annotations

import argparse
import json

from gws_contract.commands import Commands
from gws_contract.contract_diff.comparison import PARTIES, Party, compare
from gws_contract.contract_diff.reading import read_both
from gws_contract.contract_diff.shown import as_json, as_text

_EPILOG = (
    "A and B are folders of a contract, as gws-contract derive --contract takes them, or the contract of this package:"
    " shipped, or the name of an operation. Of a schema that differs, each place where B allows what A forbids, or the"
    " other way round, comes with the smallest message that shows it; jsonschema has judged it by both versions. Where"
    " no such message is found and jsonschema-rs proves nothing, it says so: not proved. A server is broken by what is"
    " demanded of it beyond A, a client by what is no longer promised to it. A clause that is inferred counts only with"
    " --strict, as in a run. Exit status: 0 no change breaks anybody; 1 one does; 2 none is proved to, and of one it is"
    " not proved that it does not; 4 there is no such folder, it holds no contract, or its schemas are stale."
)


def add(commands: Commands) -> None:
    """The command `contract` with its own command `diff`."""
    contract = commands.group("contract", "compare two versions of the contract")
    diff = contract.add("diff", _diff, "show what changed between two versions, by examples, and whom it breaks")
    diff.epilog = _EPILOG
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
