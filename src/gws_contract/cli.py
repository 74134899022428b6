"""gws-contract: certify a server, run the mock, read the contract.

Exit status of certify: 0 conformant, 1 a clause is broken, 2 inconclusive, incomplete or the environment is not ready,
3 an error of the suite, 4 the command cannot work as given, or what --deviations declares is out of date.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from gws_contract import __version__, cache, check, contract, derive
from gws_contract.certification import Certification, target_at_hand
from gws_contract.contract import Clause, ContractError
from gws_contract.doctor import Examination
from gws_contract.interrupts import Signals, heeding
from gws_contract.mock import catalogue
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.server import Mock, MockError, Options
from gws_contract.options import CERTIFY, Option
from gws_contract.planning import DEPTHS, for_release
from gws_contract.report.text import printable
from gws_contract.settings import settled
from gws_contract.stage import kept
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

EXIT_NOT_READY = 2
EXIT_USAGE = 4
_OF_DOCTOR = ("mock", "config", "offer-timeout", "connect-timeout", "read-timeout")
_STRANGERS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
"""Variables with which somebody else's pytest could change a certification."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
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
    except BrokenPipeError:
        # Whoever read our output has seen enough (`gws-contract clauses | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # exits, as argparse does, with our status
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"gws-contract: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gws-contract",
        description="Does a server keep the contract of Genesys Web Services' chat Accept?",
        epilog="Credentials come from the environment only: GWS_AGENTS (user:password,user2:password2),"
        " GWS_CONTACT_CENTER_ID, and optionally GWS_AGENT_WITHOUT_FEATURE (user:password). GWS_URL stands for --url.",
    )
    parser.add_argument("--version", action="version", version=f"gws-contract {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    certify = _command(commands, "certify", _certify, "offer chats, accept them, and give a verdict on every clause")
    certify.epilog = textwrap.dedent(__doc__ or "").strip().split("\n\n", 1)[1].replace("\n", " ")
    for option in CERTIFY:
        _add(certify, option)
    doctor = _command(commands, "doctor", _doctor, "look step by step at what a run needs of a server")
    for option in CERTIFY:
        if option.name in _OF_DOCTOR or (option.where == "server" and option.name != "long-histories"):
            _add(doctor, option)
    mock = _command(commands, "mock", _mock, "run the embedded GWS stand-in alone")
    mock.add_argument("--fault", metavar="NAME", default="", help="faults, quirks and profiles, separated by commas")
    mock.add_argument("--list", action="store_true", help="list the faults with what they break, quirks and profiles")
    mock.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    mock.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    mock.add_argument("--prefix", metavar="PATH", default="", help="path below which everything lives, as /gws/prod")
    clauses = _command(commands, "clauses", _clauses, "list the contract: every sentence of the page")
    clauses.add_argument("--json", action="store_true", help="as JSON")
    explain = _command(commands, "explain", _explain, "show a clause with its quote, its check and its faults")
    explain.add_argument("clause", metavar="ID")
    schemas = _command(commands, "derive", _derive, "derive the schemas from samples and refinements")
    schemas.add_argument("--check", action="store_true", help="write nothing; exit 1 if a schema is stale")
    schemas.add_argument(
        "--contract", metavar="DIR", type=Path, help="folder of the contract (default: the shipped one)"
    )
    drawing = _command(commands, "draw", _draw, "draw the scenarios that --depth certify performs, and keep them")
    drawing.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the drawing (default 0)")
    drawing.add_argument("file", metavar="FILE", type=Path, help="file to write, one scenario a line")
    return parser


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, run: object, says: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
    command.set_defaults(run=run)
    return command


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    parser.add_argument(f"--{option.name}", **option.settings)


def _certify(options: argparse.Namespace) -> int:
    """Start pytest on the shipped checks, in a child process and under our own ini."""
    if options.plan:
        print(Certification(_wish(options), os.environ, Path.cwd()).outlook())
        return 0
    plugin = ["-p", "gws_contract.plugin"]
    said = (option.words(getattr(options, option.attribute), "--gws-") for option in CERTIFY)
    given = [*plugin, *(word for words in said for word in words)]
    folder = check.folder()
    with resources.as_file(resources.files("gws_contract") / "certify.ini") as ini:
        command = [sys.executable, "-m", "pytest", "-c", str(ini), "--rootdir", str(folder.parent), *given, str(folder)]
        return _as_one(command)


def _wish(options: argparse.Namespace) -> Wish:
    given = {option.attribute: getattr(options, option.attribute) for option in CERTIFY}
    return settled(given, os.environ, Path.cwd())


def _as_one(command: list[str]) -> int:
    """Run a child as if it were this process: Ctrl-C reaches it from the terminal, SIGTERM is passed on."""
    environment = {name: value for name, value in os.environ.items() if name not in _STRANGERS}
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace",
    }
    environment.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache.folder(os.environ) / "hypothesis"))
    running: list[subprocess.Popen[bytes]] = []
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _terminate(running))
    try:
        running.append(subprocess.Popen(command, env=environment, preexec_fn=_listen_to_interrupts))  # noqa: PLW1509, S603
        status = running[0].wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if -status in (signal.SIGINT, signal.SIGTERM):
        print("gws-contract: the run was ended before its first chat.", file=sys.stderr)
        return 2
    return status if 0 <= status <= EXIT_USAGE else 3


def _terminate(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()


def _listen_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _doctor(options: argparse.Namespace) -> int:
    """0 if everything was fine, 2 if something was not."""
    given = {option.attribute: getattr(options, option.attribute, None) for option in CERTIFY}
    wish = settled(given, os.environ, Path.cwd())
    wish.check()
    with target_at_hand(wish, os.environ, Path.cwd()) as target:
        examination = Examination(target, _tell)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            examination.stop()

        fine = heeding(lambda: _printed(examination, stopped), stop)
    if stopped.is_set():
        print("gws-contract: interrupted.", file=sys.stderr)
        return EXIT_NOT_READY
    return 0 if fine else EXIT_NOT_READY


def _printed(examination: Examination, stopped: threading.Event) -> bool:
    """Whether everything was fine; nothing is printed any more once it was stopped."""
    fine = True
    with contextlib.closing(examination.steps()) as steps:
        for step in steps:
            if stopped.is_set():
                return False
            fine = fine and step.fine
            print(f"{'ok  ' if step.fine else 'FAIL'}  {step.name:<12} {printable(step.seen)}", flush=True)
            if step.todo:
                print(f"{'':<18} {step.todo}", flush=True)
    return fine


def _mock(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(catalogue.listing()))
        return 0
    variations, wished = catalogue.named(options.fault), Options(prefix=options.prefix)
    with (
        Signals() as signals,
        Mock(variations=variations, options=wished, host=options.host, port=options.port) as mock,
    ):
        facts = {
            "url": mock.url,
            "agents": ",".join(f"{user}:{password}" for user, password in mock.agents.items()),
            "contact_center_id": mock.contact_center_id,
            "gms_service": mock.options.gms_service,
            "agent_without_feature": ",".join(f"{user}:{password}" for user, password in mock.without_feature.items()),
        }
        print(json.dumps(facts), flush=True)
        signals.wait()
    return 0


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
