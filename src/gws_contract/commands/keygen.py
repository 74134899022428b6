"""keygen: a key to sign bundles with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gws_contract.commands import EXIT_USAGE, Commands
from gws_contract.seal import keys

DEFAULT = "gws-contract.key"


def add(commands: Commands) -> None:
    """The command `keygen`."""
    command = commands.add("keygen", _keygen, "make a key to sign what runs leave")
    command.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?",
        default=Path(DEFAULT),
        help=f"the private key (default: {DEFAULT}); the public one is FILE{keys.PUBLIC}",
    )


def _keygen(options: argparse.Namespace) -> int:
    path: Path = options.file
    try:
        key = keys.new(path)
    except keys.BadKeyError as error:
        print(f"gws-contract: {error}", file=sys.stderr)
        return EXIT_USAGE
    print(f"private key: {path} (keep it: gws-contract certify --sign-key {path})")
    print(f"public key:  {path}{keys.PUBLIC} (give it to whoever verifies: gws-contract verify BUNDLE --key ...)")
    print(f"key id:      {keys.keyid(key)}")
    return 0
