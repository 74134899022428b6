"""Ends a run that would not end by itself: of a server that answers nothing, or that sends without end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gws_contract.journal import Exchange, Incident, Record, Sink
from gws_contract.wire.ration import RECORD, Ration

UNANSWERED = 10
"""So many requests may be waited for in vain in one run; each of them costs a whole read timeout."""
BASE, A_CHAT = 32 * 1024 * 1024, 64 * 1024
"""Bytes of a journal that a run may need, and each of its planned chats; it needs a tenth of that."""

End = Callable[[str, str], None]
"""Told why the run has to end, as the footer names it, and a sentence."""


def ration(chats: int) -> Ration:
    """What a run of so many planned chats may take from a server."""
    return Ration(BASE + A_CHAT * chats)


class Watchdog:
    """A sink that passes on, and sees when it is enough."""

    def __init__(self, sink: Sink, ration: Ration, *, patience: float, end: End) -> None:
        """`patience` is the read timeout in seconds."""
        self._sink, self._ration, self._patience, self._end = sink, ration, patience, end
        self._unanswered = 0
        self.incident = ""
        """What happened first to a CometD session, in a sentence."""
        self._lock = threading.Lock()
        ration.on_spent = self._too_much

    def write(self, record: Record) -> None:
        """Pass the record on."""
        self._sink.write(record)
        self._ration.take(RECORD)
        if isinstance(record, Incident):
            self.incident = self.incident or f"The CometD session of {record.agent}: {record.detail}"
        if isinstance(record, Exchange) and record.failure and record.done - record.sent >= self._patience:
            with self._lock:
                self._unanswered += 1
                enough = self._unanswered == UNANSWERED
            if enough:
                told = f"{UNANSWERED} requests were not answered within {self._patience:g} s."
                self._end("silent server", told)

    def _too_much(self) -> None:
        size = self._ration.size / 1024 / 1024
        self._end("too much data", f"The server sent more than {size:.0f} MB, which is all that such a run keeps.")
