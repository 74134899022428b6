"""gws-contract: certify a server, run the mock, read the contract; each command is in a module of `commands/`."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence

from gws_contract import __version__
from gws_contract.commands import (
    EXIT_USAGE,
    Commands,
    Parser,
    certify,
    completion,
    contract,
    contract_diff,
    diff,
    doctor,
    history,
    keygen,
    load,
    mock,
    report,
    verify,
)
from gws_contract.commands.manual import lesson
from gws_contract.contract import ContractError
from gws_contract.mock.server import MockError
from gws_contract.stage.target import UsageError

_MODULES = (certify, load, verify, report, diff, history, keygen, doctor, mock, contract, contract_diff, completion)
"""In the order in which --help lists them."""
_PROGRAM = "gws-contract"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parser = command_line()
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.print_help()
        return EXIT_USAGE
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (ContractError, MockError, UsageError) as error:
        print(f"gws-contract: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            # Whatever is asked about such a name, pathlib does not simply say that nothing is there.
            print(f"gws-contract: {error.filename}: {error.strerror}.", file=sys.stderr)
            return EXIT_USAGE
        if not isinstance(error, BrokenPipeError):
            raise
        # Whoever read our output has seen enough (`gws-contract clauses | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def command_line() -> Parser:
    """The parser of the command and of everything below it."""
    parser = Parser(
        prog=_PROGRAM,
        description=f"Does a server keep the contract of Genesys Web Services' chat? {lesson(_PROGRAM).about}",
        epilog="Credentials come from the environment only: GWS_AGENTS (user:password,user2:password2),"
        " GWS_CONTACT_CENTER_ID, and optionally GWS_AGENT_WITHOUT_FEATURE (user:password). GWS_URL stands for --url."
        " What a command takes: gws-contract COMMAND --help.",
    )
    parser.add_argument("--version", action="version", version=f"gws-contract {__version__}")
    commands = Commands(parser)
    for module in _MODULES:
        module.add(commands)
    return parser
