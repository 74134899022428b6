"""What an agent hears with: one quiet observer, and a second one beside it where that was asked for.

The second has a session, a cookie jar and connections of its own. What the first may have lost, the second may have
heard (`bayeux.md` 1.6); which of them is believed is decided when the journal is read (`evidence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gws_contract.journal import Clock, Delivery, Incident, Sink
from gws_contract.stage.target import Account, NotReady, Target
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring


class Hearing:
    """The observers of one agent. `prepare` makes a request that brings an identity its cookie and CSRF token."""

    def __init__(
        self,
        account: Account,
        target: Target,
        wiring: Wiring,
        identity: Identity,
        *,
        clock: Clock,
        sink: Sink,
        serials: Iterator[int],
        on_delivery: Callable[[Delivery], None],
        prepare: Callable[[RestLine], object],
    ) -> None:
        self._account, self._target, self._wiring, self._identity = account, target, wiring, identity
        self._clock, self._sink, self._prepare = clock, sink, prepare
        self._serials, self._on_delivery = serials, on_delivery
        self._first = self._observer(identity, 1)
        self._second: Observer | None = None

    def _observer(self, identity: Identity, number: int) -> Observer:
        return Observer(
            self._wiring,
            path=self._target.cometd_path,
            agent=self._account.user,
            identity=identity,
            clock=self._clock,
            sink=self._sink,
            topics=self._target.topics,
            serials=self._serials,
            on_delivery=self._on_delivery,
            number=number,
        )

    def best_since(self, moment: float) -> int:
        """Which observer is believed about the time since a moment: the first, unless only it was disturbed."""
        if self._second is None or self._first.troubled_at < moment:
            return 1
        return 2 if self._second.troubled_at < moment else 1

    def open(self) -> None:
        """Begin to hear. Raises NotReady; a second observer that cannot is an incident of its own, no more."""
        self._open_first()
        if self._target.second_observer:
            self._open_second()

    def _open_first(self) -> None:
        try:
            self._first.open()
        except ObserverError as error:
            raise NotReady(str(error)) from error

    def _open_second(self) -> None:
        apart = Identity((self._account.user, self._account.password))
        actor = f"agent:{self._account.user}"
        line = RestLine(self._wiring, actor=actor, identity=apart, clock=self._clock, sink=self._sink)
        self._prepare(line)
        line.close()
        second = self._observer(apart, 2)
        try:
            second.open()
        except ObserverError as error:
            detail = f"There is no second observer. {error}"
            self._sink.write(Incident(self._account.user, 0, self._clock.now(), "stopped", detail, observer=2))
            return
        self._second = second

    def begin_anew(self) -> None:
        """Give the first observer's session up and begin another: the next epoch. Raises NotReady."""
        self._first.close()
        epoch, self._first = self._first.epoch, self._observer(self._identity, 1)
        self._first.epoch = epoch
        self._open_first()

    def close(self) -> None:
        """End the sessions."""
        self._first.close()
        if self._second is not None:
            self._second.close()
