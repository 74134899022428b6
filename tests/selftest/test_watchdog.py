"""What bounds a run in time and in bytes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gws_contract.journal import Delivery, Exchange, Incident, Memory
from gws_contract.scenario import Say, Scenario
from gws_contract.watchdog import A_CHAT, AN_ENTRY, BASE, UNANSWERED, Watchdog
from gws_contract.wire.ration import DELIVERY, RECORD, Ration, weight

from .scripted_server import GUARD

PATIENCE = 30.0


class Guarded:
    """A watchdog, and what it told."""

    def __init__(self, *planned: Scenario) -> None:
        self.told: list[tuple[str, str]] = []
        self.memory = Memory()
        self.stopped = threading.Event()
        self.dog = Watchdog(self.memory, planned, patience=PATIENCE, halt=self._halt)

    def _halt(self, why: str, detail: str) -> None:
        self.told.append((why, detail))
        self.stopped.set()


def exchange(seconds: float, failure: str | None = "No answer came.") -> Exchange:
    return Exchange("customer", "say", 1, "POST", "/", None, 0.0, None, seconds, None, {}, None, failure)


def test_every_record_is_passed_on() -> None:
    guarded = Guarded()
    record = exchange(1.0)
    guarded.dog.write(record)
    assert guarded.memory.records == [record]


def test_a_server_that_lets_too_many_requests_wait_is_given_up_once() -> None:
    guarded = Guarded()
    for _ in range(UNANSWERED - 1):
        guarded.dog.write(exchange(PATIENCE))
    assert guarded.told == []
    for _ in range(2):
        guarded.dog.write(exchange(PATIENCE + 1))
    assert guarded.told == [("silent server", f"{UNANSWERED} requests were not answered within 30 s.")]
    assert not guarded.dog.leash.hurried


@pytest.mark.parametrize("fine", [exchange(PATIENCE - 0.1), exchange(PATIENCE + 1, None)], ids=["fails soon", "slow"])
def test_a_failure_that_comes_soon_and_an_answer_that_comes_late_are_not_counted(fine: Exchange) -> None:
    guarded = Guarded()
    for _ in range(2 * UNANSWERED):
        guarded.dog.write(fine)
    assert guarded.told == []


def test_a_server_that_sends_more_than_a_run_keeps_ends_it_at_once() -> None:
    guarded = Guarded()
    assert guarded.dog.ration.take(BASE - RECORD)
    guarded.dog.write(exchange(1.0))
    assert guarded.told == [("too much data", "The server sent more than 32 MB, which is all that such a run keeps.")]
    assert guarded.dog.leash.hurried
    guarded.dog.release()


def test_a_delivery_weighs_more_than_another_record() -> None:
    guarded = Guarded()
    before = guarded.dog.ration._left
    guarded.dog.write(Delivery("ann", 1, 1, 0, 0.0, "poll", {}))
    assert before - guarded.dog.ration._left == DELIVERY


def test_more_chats_and_longer_histories_may_bring_more() -> None:
    plan = [Scenario(before=(Say("a"), Say("b"))), Scenario()]
    entries = sum(scenario.entries for scenario in plan)
    assert Guarded(*plan).dog.ration.size == BASE + 2 * A_CHAT + entries * AN_ENTRY


def test_the_time_limit_ends_the_run_and_hurries_it() -> None:
    guarded = Guarded()
    guarded.dog.start(0.01)
    assert guarded.stopped.wait(GUARD)
    guarded.dog.release()
    assert guarded.told == [("time limit", "")]
    assert guarded.dog.leash.hurried


def test_a_time_limit_that_is_over_before_the_run_begins_ends_it_at_once() -> None:
    guarded = Guarded()
    guarded.dog.start(-5.0)
    assert guarded.stopped.wait(GUARD)
    guarded.dog.release()


def test_a_run_that_was_over_in_time_is_not_ended() -> None:
    before = threading.active_count()
    guarded = Guarded()
    guarded.dog.start(GUARD)
    guarded.dog.release()
    assert guarded.told == []
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("known", "pending", "trouble", "told"),
    [
        ("a", "b", "c", "a"),
        ("", "b", "c", "b"),
        ("", "", "c", "c"),
        ("", "", "", ""),
    ],
)
def test_what_kept_a_run_from_its_end_is_the_nearest_thing_known(
    known: str, pending: str, trouble: str, told: str
) -> None:
    guarded = Guarded()
    guarded.dog.leash.pending = pending
    assert guarded.dog.told(known, trouble) == told


def test_the_first_disturbance_of_a_session_is_told_too() -> None:
    guarded = Guarded()
    for detail in ("Polls are HTML.", "Polls are XML."):
        guarded.dog.write(Incident("ann", 1, 0.0, "not-json", detail))
    for known in ("Nobody was invited.", "Nobody was invited"):
        assert guarded.dog.told(known, "") == "Nobody was invited. The CometD session of ann: Polls are HTML."
    assert guarded.dog.told("", "") == "The CometD session of ann: Polls are HTML."


# the ration itself


def test_a_ration_is_taken_until_nothing_is_left_and_that_is_told_once() -> None:
    spent: list[Any] = []
    ration = Ration(10)
    ration.on_spent = lambda: spent.append(1)
    assert [ration.take(size) for size in (4, 6, 1, 1)] == [True, True, False, False]
    assert ration.spent
    assert spent == [1]


def test_a_ration_without_a_size_is_never_spent() -> None:
    ration = Ration()
    assert ration.take(10**12)
    assert not ration.spent


@pytest.mark.parametrize(
    ("body", "weighs"),
    [(b"abc", 3), (b"\xc3\xa9", 12), (b"\x00a", 7), (b"\\n", 17), (b"%41", 18), (b"&lt;", 19), (b"[{", 402)],
)
def test_a_body_weighs_what_its_escapes_take(body: bytes, weighs: int) -> None:
    assert weight(body) == weighs
