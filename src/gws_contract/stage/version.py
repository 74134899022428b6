"""Which version of the product a server says it is."""

from __future__ import annotations

from gws_contract.journal import Clock, Memory
from gws_contract.stage.reply import members
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

_LONGEST = 100


def version_of(wiring: Wiring, clock: Clock) -> str | None:
    """The server's version from its diagnostics page, which needs no credentials; None if it does not say."""
    stranger = RestLine(wiring, actor="stranger", identity=Identity(None), clock=clock, sink=Memory())
    answer = stranger.call("GET", "/api/v2/diagnostics/version", step="version")
    stranger.close()
    version = members(answer).get("version")
    return version if isinstance(version, str) and len(version) <= _LONGEST else None
