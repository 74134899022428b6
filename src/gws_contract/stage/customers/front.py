"""Where the customers of a run come from."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gws_contract.journal import Clock, Sink
from gws_contract.stage.customers.customer import Customer
from gws_contract.stage.customers.gms import GmsCustomer
from gws_contract.stage.customers.gws import GwsCustomer
from gws_contract.stage.customers.lines import LineCustomer, Partner
from gws_contract.stage.customers.own import Own
from gws_contract.stage.customers.person import Person, Tell
from gws_contract.stage.customers.program import Program
from gws_contract.stage.target import SECRETS, Target
from gws_contract.wire.wiring import Wiring


@dataclass(frozen=True)
class Front:
    """Makes the customers of a run. `stop`: the run is to end, and nobody is waited for any longer."""

    target: Target
    wiring: Wiring
    """Of the connections to the target."""
    clock: Clock
    sink: Sink
    stop: threading.Event
    planned: int = 0
    """How many chats a person will have to offer."""
    tell: Tell = lambda _: None

    def customer(self) -> Customer:
        """A customer who has not asked for a chat yet."""
        settings = self.target.customer
        match settings.kind:
            case "gms":
                return GmsCustomer(self._to_gms, settings.gms_service, clock=self.clock, sink=self.sink)
            case "command":
                return self._line_customer(lambda: Program(settings.command, self._environment(os.environ), self.stop))
            case "own" if settings.own is not None:
                make = settings.own
                return self._line_customer(lambda: Own(make, self.stop))
            case "wait":
                return Person(self.tell, self.planned, self.target.first_offer_timeout)
        contact_center = self.target.contact_center_id or ""
        return GwsCustomer(self.wiring, contact_center, clock=self.clock, sink=self.sink)

    def _line_customer(self, partners: Callable[[], Partner]) -> LineCustomer:
        return LineCustomer(partners, clock=self.clock, sink=self.sink)

    @property
    def _to_gms(self) -> Wiring:
        """To another server without the headers that are meant for the target."""
        url = self.target.customer.gms_url or self.target.url
        away = urlsplit(url)[:2] != urlsplit(self.target.url)[:2]
        return replace(self.wiring, base_url=url, headers={} if away else self.wiring.headers)

    def _environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What the program is told: everything but the credentials of the agents, and where the server is."""
        given = {name: value for name, value in environment.items() if name not in SECRETS}
        given["GWS_URL"] = self.target.url
        if self.target.contact_center_id:
            given["GWS_CONTACT_CENTER_ID"] = self.target.contact_center_id
        return given
