"""load: many agents, chats at a rate, the same checks."""

from __future__ import annotations

import argparse
from pathlib import Path

from gws_contract.commands import Commands, add_options
from gws_contract.load.errand import Errand
from gws_contract.load.running import Part, Running
from gws_contract.options import CERTIFY
from gws_contract.stage.target import UsageError

_NOT_OF_LOAD = {"mock", "chats", "seed", "depth", "time-limit", "max-rate", "long-histories", "plan", "store", "allure"}
_SHARED = [option for option in CERTIFY if option.name not in _NOT_OF_LOAD]


def add(commands: Commands) -> None:
    """The command `load`."""
    load = commands.add("load", _load, "let many agents accept chats at a rate, and give a verdict on every clause")
    load.add_argument("--rate", type=float, required=True, metavar="R", help="chats offered a second, by all workers")
    load.add_argument("--time", type=float, required=True, metavar="S", help="seconds during which chats are offered")
    load.add_argument(
        "--accounts",
        metavar="FILE",
        help="the agents, a user:password a line, or what gws-contract mock printed (default: GWS_AGENTS)",
    )
    load.add_argument("--processes", type=int, metavar="P", help="so many workers on this machine (default: 1)")
    load.add_argument("--master", action="store_true", help="lead workers that are started elsewhere")
    load.add_argument("--worker", action="store_true", help="work for a master")
    load.add_argument(
        "--expect-workers",
        type=int,
        metavar="N",
        help="how many workers there are; said to the master and to each worker",
    )
    load.add_argument(
        "--master-host", metavar="HOST", help="of a worker: where the master is; of a master: where it listens"
    )
    load.add_argument("--master-port", type=int, metavar="PORT", help="the port of the master (default: 5557)")
    load.add_argument("--web", action="store_true", help="show the run in Locust's web page while it goes on")
    load.add_argument("--no-csv", dest="csv", action="store_false", help="write no CSV files of Locust's statistics")
    load.add_argument("--no-html", dest="html", action="store_false", help="write no HTML report of Locust's")
    add_options(load, _SHARED)
    load.add_argument("more", nargs="*", metavar="-- OPTIONS", help=argparse.SUPPRESS)


def _load(options: argparse.Namespace) -> int:
    apart = options.master or options.worker
    workers = options.expect_workers if apart else options.processes or 1
    if workers is None:
        raise UsageError("Give --expect-workers, to the master and to all workers alike: how many workers there are.")
    errand = Errand(
        given={option.attribute: getattr(options, option.attribute) for option in _SHARED},
        here=str(Path.cwd()),
        folder="",
        workers=workers,
        rate=options.rate,
        seconds=options.time,
        accounts=options.accounts,
    )
    part = Part(
        master=options.master,
        worker=options.worker,
        processes=options.processes if options.processes and (options.worker or options.processes > 1) else None,
        host=options.master_host,
        port=options.master_port,
        web=options.web,
        csv=options.csv,
        html=options.html,
        quiet=bool(options.quiet),
        more=tuple(options.more),
    )
    return Running(errand, part).run()
