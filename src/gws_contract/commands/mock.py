"""mock: the embedded GWS stand-in alone, in one process or several."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from gws_contract.commands import Commands
from gws_contract.interrupts import Signals
from gws_contract.mock import catalogue
from gws_contract.mock.listening import allow_many_connections
from gws_contract.mock.options import MockError
from gws_contract.mock.several import Setup, Several, facts, names, shared_out

_FELL = 3
"""Exit status if a process ended that nobody had told to."""


def add(commands: Commands) -> None:
    """The command `mock`."""
    mock = commands.add("mock", _mock, "run the embedded GWS stand-in alone")
    mock.add_argument(
        "--fault",
        metavar="NAME",
        default="",
        help="break it, make it odd or like one version: faults, quirks and profiles, separated by commas",
    )
    mock.add_argument("--list", action="store_true", help="list the faults with what they break, quirks and profiles")
    mock.add_argument("--host", metavar="HOST", default="127.0.0.1", help="listen on this address (default: 127.0.0.1)")
    mock.add_argument("--port", metavar="PORT", type=int, default=0, help="listen on this port (default: any free one)")
    mock.add_argument(
        "--prefix", metavar="PATH", default="", help="put everything below this path, as /gws/prod (default: none)"
    )
    mock.add_argument("--agents", metavar="N", type=int, help="so many agents, agent1 to agentN (default: 4)")
    mock.add_argument(
        "--ports", metavar="LIST", help="a process for each of these ports, as 8081,8082; they share out the agents"
    )
    mock.add_argument("--processes", metavar="N", type=int, help="the same on N free ports")


def _mock(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(catalogue.listing()))
        return 0
    setups = _setups(options)
    return _alone(setups[0]) if len(setups) == 1 else _together(setups)


def _setups(options: argparse.Namespace) -> list[Setup]:
    """A setup for each process. Raises MockError with a sentence."""
    ports = _ports(options)
    plain = Setup(faults=options.fault, host=options.host, prefix=options.prefix)
    if options.agents is not None and options.agents < 1:
        raise MockError(f"--agents must be greater than 0, not {options.agents}.")
    agents = plain.agents if options.agents is None else names(options.agents)
    shares = shared_out(agents, len(ports))
    return [replace(plain, agents=share, port=port) for share, port in zip(shares, ports, strict=True)]


def _ports(options: argparse.Namespace) -> list[int]:
    """The port of each process, 0 for any free one. Raises MockError with a sentence."""
    given = [f"--{name}" for name in ("port", "ports", "processes") if getattr(options, name)]
    if len(given) > 1:
        raise MockError(f"{' and '.join(given)} cannot be given together.")
    if options.ports is not None:
        ports = [text.strip() for text in options.ports.split(",")]
        if not all(text.isascii() and text.isdigit() for text in ports):
            raise MockError(f"--ports is a list of numbers separated by commas, not {options.ports!r}.")
        return [int(text) for text in ports]
    if options.processes is not None:
        if options.processes < 1:
            raise MockError(f"--processes must be greater than 0, not {options.processes}.")
        return [0] * options.processes
    return [options.port]


def _alone(setup: Setup) -> int:
    allow_many_connections()
    with Signals() as signals, setup.mock() as mock:
        print(json.dumps(facts(mock)), flush=True)
        signals.wait()
    return 0


def _together(setups: list[Setup]) -> int:
    fallen: list[str] = []

    def fell(sentence: str) -> None:
        fallen.append(sentence)
        signals.over()

    with Signals() as signals, Several(setups) as several:
        several.when_one_dies(fell)
        print(json.dumps({"targets": several.facts}), flush=True)
        signals.wait()
    if fallen:
        print(f"gws-contract: {fallen[0]}", file=sys.stderr)
    return _FELL if fallen else 0
