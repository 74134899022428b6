"""The process that leads a load run: it tells the workers what to do and when, and knows when all have ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

from gws_contract.load.errand import Errand
from gws_contract.load.plan import plan_of

Send = Callable[[str, Mapping[str, Any]], object]
"""Tells the other side a message of this kind."""

PLAN, BEGIN, HALT = "gws-plan", "gws-begin", "gws-halt"
"""What the lead tells the workers: what to do; that all agents of all of them are logged in; that the run is to end."""
MANNED, CLOSED = "gws-manned", "gws-closed"
"""What a worker tells the lead: that its agents are logged in, or why not; that its shard is complete."""


class Lead:
    """Of one load run. `quit_all` ends Locust, everywhere; it is told whether the run has begun."""

    def __init__(self, errand: Errand, send: Send, quit_all: Callable[[bool], None]) -> None:
        self._errand, self._send, self._quit = errand, send, quit_all
        self._manned: set[int] = set()
        self._closed: set[int] = set()
        self._begun = self._halted = self._left = False

    def start(self) -> None:
        """All workers are there."""
        if not self._begun:
            self._begun = True
            self._send(PLAN, {"run": token_hex(4), "workers": self._errand.workers, **plan_of(self._errand)})

    def manned(self, worker: int, trouble: Mapping[str, Any]) -> None:
        """A worker's agents are logged in, or there is trouble: then nobody begins."""
        self._manned.add(worker)
        if trouble.get("why"):
            self.halt(str(trouble["why"]), str(trouble.get("detail", "")))
        elif len(self._manned) == self._errand.workers and not self._halted:
            self._send(BEGIN, {})

    def closed(self, worker: int) -> None:
        """A worker has ended."""
        self._closed.add(worker)
        if len(self._closed) == self._errand.workers:
            self._leave()

    def lost(self, worker: int) -> None:
        """Nothing was heard of a worker for a long time."""
        if worker not in self._manned:
            self.halt("harness error", "A worker was lost before it began.")
        self.closed(worker)

    def halt(self, why: str, detail: str = "") -> None:
        """The run is to end, in order."""
        if not self._begun:
            self._leave()
        elif not self._halted:
            self._halted = True
            self._send(HALT, {"why": why, "detail": detail})

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._quit(self._begun)
