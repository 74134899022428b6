"""mock: the embedded GWS stand-in alone."""

from __future__ import annotations

import argparse
import json

from gws_contract.commands import Commands
from gws_contract.interrupts import Signals
from gws_contract.mock import catalogue
from gws_contract.mock.server import Mock, Options


def add(commands: Commands) -> None:
    """The command `mock`."""
    mock = commands.add("mock", _mock, "run the embedded GWS stand-in alone")
    mock.add_argument("--fault", metavar="NAME", default="", help="faults, quirks and profiles, separated by commas")
    mock.add_argument("--list", action="store_true", help="list the faults with what they break, quirks and profiles")
    mock.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    mock.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    mock.add_argument("--prefix", metavar="PATH", default="", help="path below which everything lives, as /gws/prod")


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
