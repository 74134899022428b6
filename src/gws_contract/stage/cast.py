"""Who takes part in the performances of a run, and how a performance ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gws_contract.journal import Clock, Sink
from gws_contract.scenario import Attempt
from gws_contract.stage.target import Target

if TYPE_CHECKING:
    from gws_contract.stage.agent import Agent

How = Literal["complete", "deadline", "failed", "not offered", "not offered again", "cut short", "customer left"]


@dataclass(frozen=True, slots=True)
class Performance:
    """How a performance ended, and which misuses are left because the server carried one out."""

    how: How
    detail: str = ""
    left_over: tuple[str | Attempt, ...] = ()


class Over(Exception):  # not an error: the performance is over
    """A move found that the performance cannot go on."""

    def __init__(self, how: How, detail: str, left_over: tuple[str | Attempt, ...] = ()) -> None:
        super().__init__(detail)
        self.performance = Performance(how, detail, left_over)


@dataclass(frozen=True)
class Cast:
    """The agents and the other side of a run, shared by all performances."""

    target: Target
    agents: Mapping[str, Agent]
    guest: Agent | None
    """An account without the feature; it never logs in."""
    clock: Clock
    sink: Sink
    stop: threading.Event

    def goes_on(self) -> None:
        """Asked before each move, for a run may be stopped at any time. Raises Over if it is."""
        if self.stop.is_set():
            raise Over("cut short", "the run was stopped")
