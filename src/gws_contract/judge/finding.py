"""What a check can find besides that the clause was kept."""

from __future__ import annotations

import json
from typing import Any


class Finding(Exception):
    """Raised by a check; a check that returns has found the clause kept."""


class Broken(Finding):
    """The clause was broken. `documented` and `received` are the words of the failure.

    `within_array`: the break shows inside one response, so no transport can have caused it.
    """

    def __init__(self, documented: str, received: str, *, within_array: bool = False) -> None:
        super().__init__(f"Documented: {documented}. Received: {received}.")
        self.documented = documented
        self.received = received
        self.within_array = within_array


class NotTestable(Finding):
    """The precondition of the clause never came about in this chat."""


class Hidden(Finding):
    """A transport incident hides whether the clause was kept."""


def brief(value: Any, limit: int = 120) -> str:
    """A value as JSON, cut to `limit` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 3] + "..."
