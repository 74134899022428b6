"""What the customer does while an agent accepts the chat."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gws_contract.scenario import Depart, DuringStep

Does = Callable[[DuringStep, str], list[str]]
"""Does a step at the time that is named, and returns the texts that the server took."""


class Meanwhile:
    """The customer's doings during the Accept, in a thread of their own."""

    def __init__(self, steps: tuple[DuringStep, ...], does: Does, stop: threading.Event) -> None:
        self.said: list[str] = []
        self.leaves = Depart() in steps
        self._steps, self._does, self._stop = steps, does, stop
        self._thread = threading.Thread(target=self._run, name="customer", daemon=True)

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self._steps:
            self._thread.start()

    def join(self) -> None:
        """Wait until everything is done."""
        if self._steps:
            self._thread.join()

    def _run(self) -> None:
        for step in self._steps:
            if self._stop.is_set():
                return
            self.said += self._does(step, "during")
