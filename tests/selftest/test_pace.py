"""No more than so many requests a second, with a clock of our own."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gws_contract.wire.pace import Pace


class Time:
    """A clock that stands still but while somebody waits."""

    def __init__(self, start: float = 0.0) -> None:
        self.now = start
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.now += seconds

    def pace(self, rate: float) -> Pace:
        return Pace(rate, clock=self.clock, wait=self.wait)


@pytest.mark.parametrize("start", [0.0, 0.1, 1e6])
def test_the_first_request_waits_for_nothing(start: float) -> None:
    time = Time(start)
    time.pace(2.0)()
    assert time.waits == []


def test_requests_at_once_are_spread() -> None:
    time = Time(100.0)
    pace = time.pace(4.0)
    for _ in range(9):
        pace()
    assert time.waits == [pytest.approx(0.25)] * 8
    assert time.now == pytest.approx(102.0)


def test_who_is_slow_enough_never_waits() -> None:
    time = Time(100.0)
    pace = time.pace(4.0)
    for _ in range(5):
        pace()
        time.now += 0.3
    assert time.waits == []


def test_an_idle_time_is_not_made_up_for() -> None:
    """After a minute of nothing there is no burst."""
    time = Time(100.0)
    pace = time.pace(4.0)
    pace()
    time.now += 60.0
    pace()
    pace()
    assert time.waits == [pytest.approx(0.25)]


def test_nobody_waits_while_others_find_their_turn() -> None:
    """Eight threads at once: each has a turn of its own, and no two the same."""
    turns: list[float] = []
    lock = threading.Lock()

    def wait(seconds: float) -> None:
        with lock:
            turns.append(seconds)

    pace = Pace(10.0, clock=lambda: 50.0, wait=wait)
    threads = [threading.Thread(target=pace) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [pytest.approx(0.1 * n) for n in range(1, 8)]


@given(st.floats(0.1, 1000.0), st.lists(st.floats(0.0, 3.0), max_size=40))
def test_in_no_second_are_there_more_than_allowed(rate: float, pauses: list[float]) -> None:
    time = Time(100.0)
    pace = time.pace(rate)
    sent = []
    for pause in pauses:
        time.now += pause
        pace()
        sent.append(time.now)
    for at, moment in enumerate(sent):
        within = sum(1 for other in sent[at:] if other < moment + 1.0 - 1e-6)
        assert within <= rate + 1.0 + 1e-6
