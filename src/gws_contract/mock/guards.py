"""The guards of /api/v2/me/chats/{id}, in the order they look at a request, and how each refuses.

Which code answers which failure is open (gws.md 4.2); these are the ones the table of return values suggests.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gws_contract.mock.encoding import repeats_a_name
from gws_contract.mock.outcome import failure

if TYPE_CHECKING:
    from gws_contract.mock.variation import Answer, Request

REFUSALS: dict[str, tuple[int, int, str]] = {
    "method": (405, 3, "Method not allowed"),
    "credentials": (403, 20, "Access denied"),
    "csrf": (403, 3, "Missing or invalid Csrf token"),
    "feature": (403, 5, "The user lacks the feature api-multimedia"),
    "content-type": (415, 3, "The body is not labelled application/json"),
    "json": (400, 1, "The body is no JSON"),
    "repeated-name": (400, 2, "The body has a parameter twice"),
    "object": (400, 1, "The body is no JSON object"),
    "operation-missing": (400, 1, "The parameter operationName is missing"),
    "operation-type": (400, 2, "The parameter operationName is no string"),
    "operation-unknown": (400, 2, "There is no such operation"),
    "operation-case": (400, 2, "There is no such operation"),
    "unknown-chat": (404, 6, "There is no such chat"),
    "not-offered": (403, 3, "The chat was not offered to this agent"),
    "rejected": (403, 2, "The agent has rejected the chat"),
    "withdrawn": (403, 2, "The invitation was revoked"),
    "state": (403, 2, "The operation is not possible in this state of the chat"),
    "nickname": (400, 1, "The parameter nickname is missing"),
    "nickname-type": (400, 2, "The parameter nickname is no string"),
    "text": (400, 1, "The parameter text is missing or no string"),
    "target": (404, 6, "There is no such target"),
}
"""By name of the guard: HTTP status, statusCode, statusMessage."""

CARRIED_OUT = frozenset(
    {"method", "credentials", "content-type", "repeated-name", "operation-case", "nickname", "nickname-type"}
)
"""The guards after whose waiving the operation is carried out; after the others nothing is done."""


def refused(guard: str) -> Answer:
    """The honest refusal of this guard."""
    return failure(*REFUSALS[guard], {"Allow": "GET, POST"} if guard == "method" else None)


def is_labelled_json(request: Request) -> bool:
    """Whether the body is labelled as JSON, in UTF-8 if the label says a charset."""
    return _labels_json(request.headers.get("content-type", ""))


@lru_cache(maxsize=256)
def _labels_json(content_type: str) -> bool:
    essence, *parameters = [part.strip().lower() for part in content_type.split(";")]
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    return essence == "application/json" and all(charset in ("utf-8", "utf8") for charset in charsets)


def is_well_formed(request: Request) -> bool:
    """Whether a request is a POST of a labelled JSON object without repetitions, whatever it asks for."""
    well_labelled = request.method == "POST" and is_labelled_json(request)
    return well_labelled and isinstance(request.data, dict) and not repeats_a_name(request.body, request.data)
