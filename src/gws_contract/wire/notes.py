"""What one observer tells of what it heard: sessions, deliveries and incidents, under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gws_contract.journal import Delivery, Incident, Link, Session, Sink
from gws_contract.wire.messages import Message


@dataclass(frozen=True, slots=True)
class Notes:
    """Of the observer `number` of an agent, in moments of the journal's clock; `serials` counts a run's deliveries."""

    agent: str
    number: int
    sink: Sink
    deliver: Callable[[Delivery], None]
    serials: Iterator[int]

    def session(self, epoch: int, at: float, *, ack: bool, hold: float) -> None:
        """A session began. `hold` is the seconds that the server says it holds a poll."""
        self.sink.write(Session(self.agent, epoch, at, ack, hold, self.number))

    def delivery(self, epoch: int, response: int, position: int, at: float, link: Link, message: Message) -> None:
        """A message came at that place of that response."""
        self.deliver(
            Delivery(
                agent=self.agent,
                epoch=epoch,
                poll=response,
                position=position,
                at=at,
                link=link,
                message=message,
                serial=next(self.serials),
                observer=self.number,
            )
        )

    def incident(self, epoch: int, at: float, what: str, detail: str, since: float | None) -> None:
        """Something happened that may hide the truth; `since` is from when on, if that is earlier."""
        self.sink.write(Incident(self.agent, epoch, at, what, detail, self.number, since))
