"""Faults of capabilities: what is announced and refused all the same, what is not announced and carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from gws_contract.mock.alterations import PEOPLE, STATUS, Everywhere, Intercepted, Set, failure
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Combined, Variation

_CAPABILITIES = {
    "transfer": ("Transfer",),
    "complete": ("Complete",),
    "leave": ("Leave",),
    "in-focus": ("InFocus", "SetInFocus"),
    "send-message": ("SendMessage",),
    "typing": ("SendStartTypingNotification", "SendStopTypingNotification"),
}
"""By the name of its clause, the operations of a capability."""
_NO = failure(403, 3, "Operation forbidden")


def _refused(operations: Collection[str]) -> Variation:
    """These operations are refused; agents who cannot complete chats have room for any number of them."""
    room = [Set({"capacity": 10_000})] if "Complete" in operations else []
    return Combined([*(Intercepted(name, _NO) for name in operations), *room])


def _not_listed(operations: Collection[str]) -> Variation:
    def unlist(data: dict[str, Any]) -> None:
        chat = data.get("chat", {})
        if "capabilities" in chat:
            chat["capabilities"] = [name for name in chat["capabilities"] if name not in operations]

    return Everywhere((STATUS, PEOPLE), unlist)


def _making(make: Callable[[Collection[str]], Variation], operations: Collection[str]) -> Callable[[], Variation]:
    return lambda: make(operations)


def faults() -> Iterator[Fault]:
    """Both faults of each capability, in the order of the page."""
    for name, operations in _CAPABILITIES.items():
        named = " and ".join(operations)
        work = "overview.work " if name == "send-message" else ""
        yield fault(
            f"announced-but-refused-{name}",
            f"{named}: announced after the Accept, and answered HTTP 403 with statusCode 3.",
            f"{work}capability.{name}",
            _making(_refused, operations),
        )
    for name, operations in _CAPABILITIES.items():
        named = " and ".join(operations)
        yield fault(
            f"accepted-but-not-announced-{name}",
            f"{named}: not announced after the Accept, and carried out.",
            "capability.not-announced status-change.capability-names participants.capability-names",
            _making(_not_listed, operations),
        )
