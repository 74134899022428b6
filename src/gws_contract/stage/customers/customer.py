"""What every customer of the run has in common, whoever plays it."""

from __future__ import annotations

from typing import Protocol

from gws_contract.journal import Exchange
from gws_contract.stage.abilities import Ability
from gws_contract.stage.switchboard import LiveChat


class Customer(Protocol):
    """One customer after the other: `request_chat` begins with the next. What is not among `abilities` is not asked."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the customer can do; of some kinds it is known only when a chat was offered."""

    def request_chat(self, live: LiveChat) -> None:
        """Ask for a chat. Raises NotReady if none is offered."""

    def say(self, text: str, step: str = "say") -> Exchange:
        """Send a text."""

    def typing(self, what: str, step: str = "typing") -> Exchange:
        """Start or stop typing; `what` is "started" or "stopped"."""

    def leave(self, step: str = "customer-leaves") -> Exchange:
        """End the chat from the customer's side."""

    def look(self) -> Exchange:
        """See who is in the chat; `customer_side.present` reads it."""

    def read(self) -> Exchange:
        """The whole transcript, as the customer may read it."""

    def close(self) -> None:
        """Give everything back."""
