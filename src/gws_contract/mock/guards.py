"""The guards of POST /api/v2/me/chats/{id}, in the order they look at a request, and how each refuses.

Which code answers which failure is open (gws.md 4.2); these are the ones the table of return values suggests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.mock.outcome import failure

if TYPE_CHECKING:
    from gws_contract.mock.variation import Answer

REFUSALS: dict[str, tuple[int, int, str]] = {
    "credentials": (403, 20, "Access denied"),
    "csrf": (403, 3, "Missing or invalid Csrf token"),
    "feature": (403, 5, "The user lacks the feature api-multimedia"),
    "json": (400, 1, "The body is no JSON object"),
    "operation-missing": (400, 1, "The parameter operationName is missing"),
    "operation-unknown": (400, 2, "There is no such operation"),
    "operation-case": (400, 2, "There is no such operation"),
    "unknown-chat": (404, 6, "There is no such chat"),
    "not-offered": (403, 3, "The chat was not offered to this agent"),
    "rejected": (403, 2, "The agent has rejected the chat"),
    "state": (403, 2, "The operation is not possible in this state of the chat"),
    "nickname": (400, 1, "The parameter nickname is missing or no string"),
    "text": (400, 1, "The parameter text is missing or no string"),
    "target": (404, 6, "There is no such target"),
}
"""By name of the guard: HTTP status, statusCode, statusMessage."""

CARRIED_OUT = frozenset({"credentials", "operation-case", "nickname"})
"""The guards after whose waiving the operation is carried out; after the others nothing is done."""


def refused(guard: str) -> Answer:
    """The honest refusal of this guard."""
    return failure(*REFUSALS[guard])
