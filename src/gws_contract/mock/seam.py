"""The seam between the history of an Accept and the live messages behind it, for servers that send a history slowly."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gws_contract.mock.alterations import LOG, is_own, kind, of_accept
from gws_contract.mock.variation import Cause, Notice, Variation

Held = list[dict[str, Any]]
Doing = Callable[[Notice, Held], Notice | None]
"""What becomes of a live notice while the history, whose entries it is given, is on its way; None: nothing."""


def is_live(cause: Cause) -> bool:
    """Whether somebody in the chat says or types something."""
    return cause.operation in ("message", "typing")


class Apart(Variation):
    """Each notification of an Accept in a poll of its own; live messages wait as long, so that none overtakes them."""

    last = True

    def __init__(self, pause: float = 0.015) -> None:
        self._pause = pause
        self._waits: dict[str, float] = {}

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if is_live(cause):
            return waiting(notices, self._waits.get(cause.chat.id, 0.0))
        if not of_accept(cause) or not notices:
            return notices
        self._waits[cause.chat.id] = self._pause * (len(notices) - 1)
        return [notices[0], *(replace(n, after=self._pause) for n in notices[1:])]


class OnItsWay(Variation):
    """The history is taken at the join and leaves `pause` seconds later.

    What is said in between is for `meanwhile` to decide; later live messages wait as long as the history did, so that
    none overtakes it. All of it runs on the mock's loop: before its time has come the history has not left.
    """

    last = True

    def __init__(self, meanwhile: Doing, pause: float = 0.04) -> None:
        self._meanwhile = meanwhile
        self._pause = pause
        self._held: dict[str, tuple[float, Held]] = {}

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if of_accept(cause):
            return self._hold(cause, notices)
        if not is_live(cause) or cause.chat.id not in self._held:
            return notices
        leaves_at, entries = self._held[cause.chat.id]
        left: list[Notice | None] = list(notices)
        if time.monotonic() < leaves_at:
            left = [self._meanwhile(n, entries) if kind(n) == LOG else n for n in notices]
        return waiting([n for n in left if n is not None], self._pause)

    def _hold(self, cause: Cause, notices: Sequence[Notice]) -> list[Notice]:
        out = list(notices)
        logs = [at for at, n in enumerate(out) if kind(n) == LOG and is_own(n, cause)]
        if logs:
            data = dict(out[logs[-1]].data)
            data["messages"] = list(data["messages"])
            out[logs[-1]] = replace(out[logs[-1]], data=data, after=self._pause)
            self._held[cause.chat.id] = (time.monotonic() + self._pause, data["messages"])
        return out


def waiting(notices: Sequence[Notice], seconds: float) -> list[Notice]:
    """A group of notices, so many seconds later."""
    return [replace(n, after=n.after + seconds) if at == 0 else n for at, n in enumerate(notices)]


def behind_the_join(notice: Notice, entries: Held) -> None:
    """It comes with the history, behind the agent's join."""
    entries += notice.data["messages"]
