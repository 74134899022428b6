"""What the customer does while the Accept is under way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gws_contract.scenario import Depart, DuringStep

if TYPE_CHECKING:
    from gws_contract.stage.play import Play


class Meanwhile:
    """A thread of the customer's own, beside that of the Accept."""

    def __init__(self, play: Play, steps: tuple[DuringStep, ...]) -> None:
        self.said: list[str] = []
        self.leaves = Depart() in steps
        self._play, self._steps = play, steps
        self._thread = threading.Thread(target=self._run, name="customer", daemon=True)

    def start(self) -> None:
        if self._steps:
            self._thread.start()

    def join(self) -> None:
        if self._steps:
            self._thread.join()

    def _run(self) -> None:
        for step in self._steps:
            if self._play.cast.stop.is_set():
                return
            self.said += self._play.customer_does(step, "during")
