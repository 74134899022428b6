"""Faults that show only now and then: the ones that a single example never finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from gws_contract.mock.alterations import (
    LOG,
    Data,
    Edit,
    Intercepted,
    Logged,
    Sequenced,
    failure,
    of_accept,
    renumbered,
)
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.faults.history import is_customers_text, without_texts
from gws_contract.mock.faults.people import SEEN_BY_ALL, Renamed, without_non_bmp
from gws_contract.mock.variation import Cause, Notice, Request, Variation

EVERY = 7
"""The intermittent faults show in every seventh chat."""
LONG = 32
"""A history of more entries is long."""
_FORGOTTEN = 0.5
"""Seconds after which nobody waits for an agent who does not poll."""


def _every_seventh(cause: Cause) -> bool:
    return cause.chat.number % EVERY == 0


def _non_bmp(cause: Cause) -> bool:
    return any(ord(character) > 0xFFFF for character in cause.nickname)


def _long(cause: Cause) -> bool:
    return cause.entries > LONG


def _two_at_once(cause: Cause) -> bool:
    return bool(cause.elsewhere)


def _after_an_agent_left(cause: Cause) -> bool:
    return bool(cause.left_before)


class _UnderConcurrency(Variation):
    """Swaps the first two notifications of an Accept while another Accept is under way.

    An Accept is under way until its agent asks for more than the first notification, which wakes a poll alone, but no
    longer than `_FORGOTTEN`. Whoever accepts beside nobody is served as the page says, at any speed.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, float] = {}
        """By user name, when the agent's Accept was carried out."""

    def intercept(self, request: Request) -> None:
        if request.api == "notifications" and request.agent is not None:
            self._under_way.pop(request.agent, None)

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not of_accept(cause) or cause.agent is None:
            return notices
        now = time.monotonic()
        self._under_way = {name: at for name, at in self._under_way.items() if now - at < _FORGOTTEN}
        busy = bool(self._under_way)
        self._under_way[cause.agent.name] = now
        return _SWAPPED.notices(cause, notices) if busy else notices


_SWAPPED = Sequenced(lambda own: [own[1], own[0], *own[2:]])


def _last_32(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return [entries[0], *entries[-(LONG - 1) :]]


def _backwards(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    said = [e["text"] for e in entries if is_customers_text(e)]
    return renumbered([{**e, "text": said.pop()} if is_customers_text(e) else e for e in entries])


def _lost(when: Callable[[Cause], bool]) -> Edit:
    return Edit(LOG, lambda *_: False, when)


def faults() -> Iterator[Fault]:
    """By condition."""
    yield fault(
        "sometimes-no-history",
        "In every seventh chat the history never comes.",
        "history.arrives",
        _lost(_every_seventh),
    )
    yield fault(
        "sometimes-out-of-order",
        "In every seventh chat the history comes first.",
        "notifications.order",
        Sequenced(lambda own: [own[2], own[0], own[1]], _every_seventh),
    )
    yield fault(
        "sometimes-an-error",
        "In every seventh chat Accept is answered HTTP 500.",
        "overview.accepts",
        Intercepted(
            "Accept", failure(500, 4, "Internal error"), lambda r: r.chat is not None and r.chat.number % EVERY == 0
        ),
        "H18",
    )
    yield fault(
        "sometimes-incomplete",
        "In every seventh chat the history lacks the customer's texts.",
        "history.complete",
        Logged(without_texts, lambda c: of_accept(c) and _every_seventh(c)),
    )
    yield fault(
        "non-bmp-nickname",
        "Characters outside the BMP in a nickname become question marks.",
        SEEN_BY_ALL,
        lambda: Renamed(without_non_bmp, _non_bmp),
        "F46",
    )
    yield fault(
        "non-bmp-out-of-order",
        "With a nickname outside the BMP the history comes first.",
        "notifications.order",
        Sequenced(lambda own: [own[2], own[0], own[1]], _non_bmp),
    )
    yield fault(
        "long-history-cut",
        "Of a long history only the first and the last 31 entries are sent.",
        "history.complete",
        Logged(_last_32, _long),
        "F60",
    )
    yield fault(
        "long-history-backwards",
        "The texts of a long history stand in reverse.",
        "history.in-order",
        Logged(_backwards, _long),
    )
    yield fault(
        "two-chats-out-of-order",
        "With two chats at once the participants come last.",
        "notifications.order",
        Sequenced(lambda own: [own[0], own[2], own[1]], _two_at_once),
    )
    yield fault(
        "two-chats-no-participants",
        "With two chats at once the participant list never comes.",
        "participants.arrives",
        Sequenced(lambda own: [own[0], own[2]], _two_at_once),
    )
    yield fault(
        "swapped-under-concurrency",
        "While another Accept is under way ParticipantsUpdated comes before StatusChange; alone nothing is wrong.",
        "notifications.order",
        _UnderConcurrency,
    )
    yield fault(
        "earlier-agent-incomplete",
        "After an earlier agent has left, the history lacks the customer's texts.",
        "history.complete",
        Logged(without_texts, _after_an_agent_left),
    )
    yield fault(
        "earlier-agent-no-status",
        "After an earlier agent has left, the StatusChange never comes.",
        "status-change.arrives",
        Sequenced(lambda own: own[1:], _after_an_agent_left),
    )
