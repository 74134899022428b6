"""An object of a pytest hook that plays the customer of one chat: the lines of a program, without the program.

It lives in a thread of its own, from its making to its last answer: some tools (browsers, databases) are bound to one.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Mapping

from gws_contract.places import without_places
from gws_contract.stage.customers.lines import PartnerError
from gws_contract.stage.customers.settings import Companion

_LAST_WORDS = 1.5
"""Seconds that an answer may take once the run is to stop."""
_GRACE = 0.5
"""Seconds that its end is waited for."""
_TICK = 0.05


class Own:
    """One such object. A thread that never comes back is left behind; it ends with the process."""

    def __init__(self, make: Callable[[], Companion], stop: threading.Event) -> None:
        self.name = f"the customer {getattr(make, '__name__', type(make).__name__)}"
        self._make, self._stop = make, stop
        self._requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str | PartnerError] = queue.SimpleQueue()
        self._gone: PartnerError | None = None
        self._thread = threading.Thread(target=self._live, name="own customer", daemon=True)
        self._thread.start()

    def ask(self, line: str, seconds: float) -> str:
        """What the object answers to this request."""
        if self._gone is not None:
            raise self._gone
        self._requests.put(line)
        until, stopped = time.monotonic() + seconds, False
        while (now := time.monotonic()) < until:
            if self._stop.is_set() and not stopped:
                until, stopped = min(until, now + _LAST_WORDS), True
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=_TICK)
                if isinstance(answer, PartnerError):
                    raise answer
                return answer
        self._gone = PartnerError(
            "gave no answer before the run stopped" if stopped else f"gave no answer within {seconds:g} s"
        )
        raise self._gone

    def close(self) -> None:
        """Ask for nothing more."""
        self._requests.put(None)
        self._thread.join(_GRACE)

    def _live(self) -> None:
        companion: Companion | None = None
        while (line := self._requests.get()) is not None:
            try:
                companion = companion or self._make()
                answer = companion.do(json.loads(line))
                if not isinstance(answer, Mapping):
                    raise TypeError(f"an answer is a mapping, not {answer!r:.60}")  # noqa: TRY301 - told like the rest
                self._answers.put(json.dumps(dict(answer)))
            except Exception as error:  # noqa: BLE001 - somebody else's code
                self._answers.put(PartnerError(without_places(f"failed: {type(error).__name__}: {error}")))
        if companion is not None:
            with contextlib.suppress(Exception):
                getattr(companion, "close", lambda: None)()
