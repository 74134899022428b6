"""Bounds a run in time and in bytes, whatever the server does.

It ends when its time is up, when too many requests were waited for in vain, and when the server sends more than it can
keep; what is under way then ends soon too (`wire.leash`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from gws_contract.journal import Delivery, Exchange, Incident, Record, Sink
from gws_contract.scenario import Scenario
from gws_contract.wire.leash import Leash
from gws_contract.wire.ration import DELIVERY, RECORD, Ration

UNANSWERED = 10
"""So many requests may be waited for in vain in one run; each of them costs a whole read timeout."""
BASE, A_CHAT, AN_ENTRY = 32 * 1024 * 1024, 64 * 1024, 4 * 1024
"""Bytes of a journal that a run may need, each of its planned chats, and each entry of their histories; honest servers
need a tenth of that."""

Halt = Callable[[str, str], None]
"""Lets the run begin nothing new: told why, as the footer names it, and in a sentence."""


class Watchdog:
    """A sink that passes on, and sees when it is enough. One for a run."""

    def __init__(
        self, sink: Sink, planned: Iterable[Scenario], *, patience: float, halt: Halt, unanswered: int = UNANSWERED
    ) -> None:
        """`patience` is the read timeout in seconds; so many requests `unanswered` within it end the run."""
        self.leash = Leash()
        self.ration = Ration(BASE + sum(A_CHAT + AN_ENTRY * scenario.entries for scenario in planned))
        self.ration.on_spent = self._too_much
        self._sink, self._patience, self._halt = sink, patience, halt
        self._unanswered, self._most = 0, unanswered
        self._incident = ""
        self._lock = threading.Lock()
        self._alarm: threading.Timer | None = None

    def write(self, record: Record) -> None:
        """Pass the record on."""
        self._sink.write(record)
        self.ration.take(DELIVERY if isinstance(record, Delivery) else RECORD)
        if isinstance(record, Incident):
            self._incident = self._incident or f"The CometD session of {record.agent}: {record.detail}"
        if isinstance(record, Exchange) and record.failure and record.done - record.sent >= self._patience:
            with self._lock:
                self._unanswered += 1
                enough = self._unanswered == self._most
            if enough:
                told = f"{self._most} requests were not answered within {self._patience:g} s."
                self._halt("silent server", told)

    def start(self, seconds: float | None) -> None:
        """The run ends after so many seconds; None: it has all the time."""
        if seconds is not None:
            self._alarm = threading.Timer(max(0.0, seconds), self.stop, ("time limit",))
            self._alarm.daemon = True
            self._alarm.start()

    def stop(self, why: str, detail: str = "") -> None:
        """The run ends now, and what is under way soon."""
        self._halt(why, detail)
        self.leash.hurry()

    def release(self) -> None:
        """The run is over, and everybody has logged out."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm.join()
        self.leash.release()

    def told(self, known: str, trouble: str) -> str:
        """What kept the run from its end: the known, or else what was waited for, or `trouble` that its chats met."""
        nearest = known or self.leash.pending or trouble
        return ". ".join(part for part in (nearest.removesuffix("." * bool(self._incident)), self._incident) if part)

    def _too_much(self) -> None:
        size = self.ration.size / 1024 / 1024
        self.stop("too much data", f"The server sent more than {size:.0f} MB, which is all that such a run keeps.")
