"""Our observer at servers of others: it hears what was sent, once and in order; what it cannot hear is an incident."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gws_contract.journal import Clock, Delivery, Incident, Record, Session
from gws_contract.wire.bayeux import Observer
from gws_contract.wire.identity import Identity
from gws_contract.wire.wiring import Wiring

from .peer import GUARD, Peer

StartPeer = Callable[..., Peer]

HELD = 20_000
"""Milliseconds a server holds a poll: longer than any test."""
BRIEFLY_HELD = 1_000
"""For polls that are to end by themselves. faye forgets a client that is silent for twice this time."""

BATCHES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


@dataclass(frozen=True)
class Make:
    """A make of server: its peer, whether it acknowledges, and how it says that it knows no such session."""

    script: str
    options: tuple[str, ...] = ()
    ack: bool = False
    unknown_client: str = "402::session_unknown"


MAKES = {
    "cometd": Make("cometd_server.mjs"),
    "cometd-ack": Make("cometd_server.mjs", ("ack",), ack=True),
    "faye": Make("faye_server.mjs", unknown_client=":Unknown client"),
}


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    return MAKES[request.param]


@dataclass
class Journal:
    """A sink that can be waited on."""

    records: list[Record] = field(default_factory=list)
    _written: threading.Condition = field(default_factory=threading.Condition)

    def write(self, record: Record) -> None:
        with self._written:
            self.records.append(record)
            self._written.notify_all()

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]

    def until(self, kind: type[Any], count: int) -> None:
        with self._written:
            come = self._written.wait_for(lambda: len(self.of(kind)) >= count, GUARD)
        assert come, (
            f"{len(self.of(kind))} of {count} came: {[each for each in self.records if type(each) is not Delivery]}"
        )

    @property
    def incidents(self) -> list[str]:
        return [incident.what for incident in self.of(Incident)]

    def heard(self, epoch: int = 1) -> list[Any]:
        return [delivery.message["data"] for delivery in self.of(Delivery) if delivery.epoch == epoch]


class Watch:
    """An observer at work, and what it wrote."""

    def __init__(self, port: int) -> None:
        self.journal = Journal()
        self.observer = Observer(
            Wiring(f"http://localhost:{port}"),
            path="/cometd",
            agent="agent1",
            identity=Identity(("agent1", "secret")),
            clock=Clock(),
            sink=self.journal,
            pauses=(0.05,) * 600,  # a server that is started again under load may take its time
        )
        self.observer.open()


@pytest.fixture
def watch() -> Iterator[Callable[[int], Watch]]:
    watches: list[Watch] = []

    def open_watch(port: int) -> Watch:
        watches.append(Watch(port))
        return watches[-1]

    yield open_watch
    for each in watches:
        each.observer.close()


def started(start_peer: StartPeer, make: Make, hold: int = HELD, port: int = 0) -> tuple[Peer, int]:
    """A server and its port."""
    server = start_peer(make.script, port, hold, *make.options)
    return server, server.hear("ready")["port"]


def messages(first: int, count: int) -> list[dict[str, Any]]:
    """Data that no careless decoding survives."""
    return [{"n": n, "text": f"{n} 𠮷 Zoë 😀 e\u0301 \u2028 日本"} for n in range(first, first + count)]


def test_what_is_published_is_heard_once_and_in_order(
    make: Make, start_peer: StartPeer, watch: Callable[[int], Watch]
) -> None:
    server, port = started(start_peer, make)
    seen = watch(port)
    sent: list[dict[str, Any]] = []
    for _ in range(30):  # one at a time: each wakes a poll
        sent += messages(len(sent), 1)
        server.order(publish=sent[-1:])
        seen.journal.until(Delivery, len(sent))
    for size in BATCHES:  # and as fast as they come: some wake a poll, others find none
        batch = messages(len(sent), size)
        server.order(publish=batch)
        sent += batch
    seen.journal.until(Delivery, len(sent))
    seen.observer.close()  # what comes too much would come with the goodbye
    assert seen.journal.heard() == sent
    assert seen.journal.incidents == []
    assert [(session.epoch, session.ack) for session in seen.journal.of(Session)] == [(1, make.ack)]
    assert {delivery.link for delivery in seen.journal.of(Delivery)} == {"poll"}


def test_polls_that_end_empty_are_no_incident(make: Make, start_peer: StartPeer, watch: Callable[[int], Watch]) -> None:
    server, port = started(start_peer, make, hold=BRIEFLY_HELD)
    seen = watch(port)
    sent = messages(0, 1)
    server.order(requests=2, publish=sent)  # the second request follows upon an empty answer
    seen.journal.until(Delivery, 1)
    assert (seen.journal.heard(), seen.journal.incidents) == (sent, [])


def test_a_session_that_the_server_does_not_know_is_lost_and_a_new_one_begins(
    make: Make, start_peer: StartPeer, watch: Callable[[int], Watch]
) -> None:
    server, port = started(start_peer, make)
    seen = watch(port)
    before, last, after = messages(0, 3), messages(3, 1), messages(10, 3)
    server.order(publish=before)
    seen.journal.until(Delivery, 3)
    server.order(replace=True, last=last[0])
    seen.journal.until(Session, 2)
    server.order(publish=after)
    seen.journal.until(Delivery, 7)
    lost, new = seen.journal.of(Incident)
    assert (lost.what, lost.epoch) == ("session-lost", 1)
    assert make.unknown_client in lost.detail
    assert (new.what, new.epoch) == ("new-session", 2)
    assert [(session.epoch, session.ack) for session in seen.journal.of(Session)] == [(1, make.ack), (2, make.ack)]
    assert (seen.journal.heard(1), seen.journal.heard(2)) == (before + last, after)
    assert seen.observer.healthy


def test_a_server_that_is_killed_and_started_again_costs_a_broken_poll_and_the_session(
    make: Make, start_peer: StartPeer, watch: Callable[[int], Watch]
) -> None:
    server, port = started(start_peer, make)
    seen = watch(port)
    server.kill()
    seen.journal.until(Incident, 1)
    again, _ = started(start_peer, make, port=port)
    seen.journal.until(Session, 2)
    again.order(publish=messages(0, 3))
    seen.journal.until(Delivery, 3)
    *broken, lost, new = seen.journal.incidents
    assert set(broken) == {"poll-broken"}
    assert (lost, new) == ("session-lost", "new-session")
    assert (seen.journal.heard(1), seen.journal.heard(2)) == ([], messages(0, 3))
