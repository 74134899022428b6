"""Performing a scenario from its beginning to its end: the customer, whichever agent is invited, nothing that judges.

A performance never raises for what the server does; it ends, says how, and leaves the rest to the journal.
"""

from __future__ import annotations

import threading

from gws_contract.journal import Ended
from gws_contract.scenario import Beside, Depart, Outage, Visit
from gws_contract.stage.cast import Cast, Over, Performance
from gws_contract.stage.customers.customer import Customer
from gws_contract.stage.play import Play
from gws_contract.stage.switchboard import LiveChat
from gws_contract.stage.target import NotReady
from gws_contract.stage.using import use


class Company:
    """Chats that are performed beside one another, and the moment at which they meet."""

    def __init__(self, beside: Beside, size: int) -> None:
        self._beside = beside
        self._barrier = threading.Barrier(size)
        self.lost = False
        """Whether one of the chats was offered to nobody."""

    def meet(self, beside: Beside, seconds: float) -> None:
        """Wait for the others if they meet at this moment; who has given up is not waited for."""
        if beside == self._beside:
            try:
                self._barrier.wait(seconds)
            except threading.BrokenBarrierError:
                return

    def go(self) -> None:
        """Wait for nobody any more."""
        self._barrier.abort()


def perform(cast: Cast, live: LiveChat, customer: Customer, company: Company | None = None) -> Performance:
    """Play one chat to its end."""
    play = Play(cast, live, customer)
    try:
        performance = _played(play, company)
    except Over as over:
        performance = over.performance
    except NotReady as error:
        performance = Performance("not offered", str(error))
    finally:
        if company is not None:
            company.go()
        play.clear_up()
    cast.sink.write(Ended(live.number, cast.clock.now(), performance.how, performance.detail))
    return performance


def _played(play: Play, company: Company | None) -> Performance:
    target = play.cast.target
    patience = target.offer_timeout + target.deadline
    play.offer()
    scenario = play.live.scenario
    for step in scenario.before:
        play.cast.goes_on()
        match step:
            case Visit():
                play.visit(step)
            case Outage(what):
                play.outage(what)
            case Depart():
                play.withdrawn()
                return Performance("complete")
            case _:
                play.customer_does(step)
    play.invitation()
    play.try_misuses(scenario.refusals)
    if company is not None:
        company.meet("all-agents", patience)
    return concluded(play, company, patience)


def concluded(play: Play, company: Company | None = None, patience: float = 0.0) -> Performance:
    """The Accept, and what follows it."""
    scenario = play.live.scenario
    arrived = play.accept()
    play.live.busy_agent = None
    play.cast.goes_on()
    seen = play.customer_sees()
    if company is not None:
        company.meet("same-agent", patience)
    play.cast.goes_on()
    # After an incomplete sequence nobody speaks: a live message must not be taken for the missing history.
    if arrived:
        play.carry_on()
    if play.live.can("read"):
        play.customer.read()
    if arrived and seen:
        # Behind everything that is judged otherwise: it ends the chat, or brings it to somebody else.
        use(play)
        return Performance("complete")
    play.cast.goes_on()
    late = "the three notifications" + (", or a text said during the Accept," if scenario.during else "")
    missing = late if not arrived else "the agent in the customer's view"
    return Performance("deadline", f"{missing} did not come within {play.cast.target.deadline:g} s")
