"""How the client itself stands while it puts a server under load: once a second into the journal."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from gws_contract.bottleneck import bottleneck
from gws_contract.journal import Clock, Load, Sink

TICK = 0.05
"""Seconds between two looks at how late this client wakes."""


class Plan(Protocol):
    """When chats are due."""

    def due_by(self, seconds: float) -> int:
        """How many are due so many seconds after the first moment."""


class Crowd:
    """How many chats are under way."""

    def __init__(self) -> None:
        self.number = 0
        self._changed = threading.Condition()

    def enter(self) -> None:
        with self._changed:
            self.number += 1

    def leave(self) -> None:
        with self._changed:
            self.number -= 1
            self._changed.notify_all()

    def wait_for_nobody(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.number == 0)


class Gauge:
    """Of one worker. It looks from `start` to `stop`."""

    def __init__(self, clock: Clock, sink: Sink) -> None:
        self.offered = 0
        """Chats that have been offered so far."""
        self.active = Crowd()
        self.given_up: float | None = None
        """When the offering was given up before its end, on the clock of the journal."""
        self._clock, self._sink = clock, sink
        self._told: list[Load] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, begun: float, plan: Plan) -> None:
        """Begin to look. `begun` is the moment of the first offer, on the clock of the journal."""
        self._thread = threading.Thread(target=self._look, args=(begun, plan), name="gauge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def bottleneck(self) -> str | None:
        """Whether this client was the bottleneck, in a sentence."""
        return bottleneck(self._told)

    def _look(self, begun: float, plan: Plan) -> None:
        last, lag, used = self._clock.now(), 0.0, time.process_time()
        while True:
            asleep = self._clock.now()
            stopped = self._stop.wait(TICK)
            now = self._clock.now()
            lag = max(lag, 0.0 if stopped else now - asleep - TICK)
            if now - last < 1 and not stopped:
                continue
            spent = time.process_time()
            due = plan.due_by(min(now, self.given_up or now) - begun)
            busy = (spent - used) / max(now - last, 1e-3)
            load = Load(
                round(now, 6), max(due, self.offered), self.offered, self.active.number, round(lag, 6), round(busy, 4)
            )
            self._told.append(load)
            self._sink.write(load)
            if stopped:
                return
            last, lag, used = now, 0.0, spent
