"""Signals are heeded once, wherever the main thread is, and then as before."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from gws_contract.interrupts import heeding

from .stages import HANG, interrupt

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers_are_given_back() -> Iterator[None]:
    before = [signal.getsignal(number) for number in BOTH]
    yield
    assert [signal.getsignal(number) for number in BOTH] == before


def test_what_the_work_returns_is_returned() -> None:
    assert heeding(lambda: 7, lambda: None) == 7


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        heeding(lambda: 1 // 0, lambda: None)


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_asks_the_work_to_end_once(number: signal.Signals) -> None:
    asked: list[int] = []
    stop = threading.Event()

    def work() -> str:
        interrupt(number)
        assert stop.wait(HANG)
        interrupt(number)
        interrupt(number)
        return "cleared up"

    def ask() -> None:
        asked.append(1)
        stop.set()

    assert heeding(work, ask) == "cleared up"
    assert asked == [1]


def test_no_signal_is_raised_in_what_the_main_thread_is_doing() -> None:
    stop = threading.Event()

    def ask() -> None:
        signal.raise_signal(signal.SIGINT)
        stop.set()

    def work() -> bool:
        interrupt()
        return stop.wait(HANG)

    assert heeding(work, ask)


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_that_another_thread_took_is_heeded(number: signal.Signals) -> None:
    """As the kernel may give it while threads are being started; nothing wakes a main thread that waits for a lock."""
    stop = threading.Event()

    def work() -> bool:
        signal.pthread_kill(threading.get_ident(), number)
        return stop.wait(HANG)

    assert heeding(work, stop.set)


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    seen: list[object] = []

    def elsewhere() -> None:
        seen.append(heeding(lambda: [signal.getsignal(number) for number in BOTH], lambda: None))

    before = [signal.getsignal(number) for number in BOTH]
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before]
