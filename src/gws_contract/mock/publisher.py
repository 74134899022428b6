"""How notices leave the server: when, and over whichever node holds the CometD session of their agent."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING

from gws_contract.mock.encoding import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gws_contract.mock.broker import Broker
    from gws_contract.mock.outcome import Outcome
    from gws_contract.mock.variation import Notice


class Publisher:
    """Publishes to the brokers of all nodes. `changed` is called after each publishing."""

    def __init__(self, brokers: Sequence[Broker], changed: Callable[[], None]) -> None:
        self._brokers, self._changed = brokers, changed
        self._held: deque[Sequence[Sequence[Notice]]] = deque()
        """What waits until an answer has left. Nothing that happened later may overtake it."""

    def speak(self, outcome: Outcome, reply: Callable[[], bool]) -> None:
        """Reply and publish the notices: before if told so, else as soon as the answer was handed to the socket."""
        if not outcome.groups:
            reply()
        elif outcome.published_first or outcome.answer.delay > 0:
            while self._held:
                self._release()
            self._publish(outcome.groups)
            asyncio.get_running_loop().call_soon(reply)  # a poll that was woken writes its response before
        elif reply() and not self._held:
            self._publish(outcome.groups)
        else:
            self._held.append(outcome.groups)
            asyncio.get_running_loop().call_soon(self._release)

    def _release(self) -> None:
        """Publish what has waited longest."""
        if self._held:
            self._publish(self._held.popleft())

    def _publish(self, groups: Sequence[Sequence[Notice]]) -> None:
        for group in groups:
            if not any(notice.after for notice in group):
                self._emit(group)
                continue
            moment = 0.0
            moments: dict[float, list[Notice]] = {}
            for notice in group:
                moment += notice.after
                moments.setdefault(moment, []).append(notice)
            for moment, notices in moments.items():
                if moment > 0:
                    asyncio.get_running_loop().call_later(moment, self._emit, notices)
                else:
                    self._emit(notices)

    def _emit(self, notices: Sequence[Notice]) -> None:
        for (agent, channel), some in groupby(notices, key=lambda notice: (notice.to, notice.subscribed)):
            texts = [encode(notice.message or {"channel": notice.channel, "data": notice.data}) for notice in some]
            for broker in self._brokers:
                broker.publish(agent, channel, texts)
        self._changed()
