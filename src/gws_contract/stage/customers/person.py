"""A person who offers chats by hand. The suite says what it waits for, and asks for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from gws_contract.journal import Exchange
from gws_contract.stage.abilities import Ability
from gws_contract.stage.switchboard import LiveChat

Tell = Callable[[str], None]
"""Says a line to the person."""


class Person:
    """Whoever sits at the customer's side: can do nothing that the suite could count on."""

    abilities = frozenset[Ability]()

    def __init__(self, tell: Tell, planned: int, seconds: float) -> None:
        """`planned` chats are wanted in all; each is waited for so many seconds."""
        self._tell, self._planned, self._seconds = tell, planned, seconds

    def request_chat(self, live: LiveChat) -> None:
        """Say which chat is waited for."""
        what = f"nickname {live.nickname}, subject {live.marker}"
        self._tell(f"offer chat {live.number} of {self._planned} now: {what} (waiting {self._seconds:g} s)")

    def say(self, text: str, step: str = "say") -> Exchange:
        """Never asked for."""
        self._cannot(step, text)

    def typing(self, what: str, step: str = "typing") -> Exchange:
        """Never asked for."""
        self._cannot(step, what)

    def leave(self, step: str = "customer-leaves") -> Exchange:
        """Never asked for."""
        self._cannot(step)

    def look(self) -> Exchange:
        """Never asked for."""
        self._cannot("look")

    def read(self) -> Exchange:
        """Never asked for."""
        self._cannot("read")

    def close(self) -> None:
        """There is nothing to give back."""

    def _cannot(self, *what: str) -> NoReturn:
        raise RuntimeError(f"nobody may ask a person: {', '.join(what)}")
