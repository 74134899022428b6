"""Certifications that are ended by a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request

from ..stages import Scripted, credentials, interrupt, nobody_is_left, varied
from .certified import Run, run

MANY = 40
"""Chats of a run that is ended before it has performed them."""


class Signalling(Scripted):
    """Sends this process a signal when the chat with this number is accepted."""

    def __init__(self, number: int, *signals: signal.Signals) -> None:
        super().__init__(self._look)
        self._number, self._signals = number, list(signals)

    def _look(self, request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == self._number:
            while self._signals:
                interrupt(self._signals.pop())
        return None


@pytest.fixture
def own_handlers() -> Iterator[None]:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_the_certificate_says_so(tmp_path: Path, number: signal.Signals) -> None:
    with Mock(variations=[Signalling(5, number), *varied("slow-server")]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url, chats=MANY)
        assert nobody_is_left(mock)
    assert left.status == 2
    assert left.certificate["ended"] == "interrupted"
    assert "incomplete: interrupted" in left.certificate["headline"]


@pytest.mark.usefixtures("own_handlers")
def test_impatience_does_not_disturb_the_clearing_up(tmp_path: Path) -> None:
    both = Signalling(1, signal.SIGTERM, signal.SIGINT)
    again = Scripted(lambda r: interrupt() if r.operation == "EndContactCenterSession" else None)
    with Mock(variations=[both, again]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url)
        assert nobody_is_left(mock)
    assert left.certificate["ended"] == "interrupted"


@pytest.mark.usefixtures("own_handlers")
def test_a_break_already_found_survives_the_interruption(tmp_path: Path) -> None:
    with Mock(variations=[Signalling(8, signal.SIGINT), *varied("history-first", "slow-server")]) as mock:
        left = run(tmp_path, None, credentials(mock), url=mock.url, chats=MANY)
    assert (left.status, left.certificate["verdict"], left.certificate["ended"]) == (1, "not conformant", "interrupted")
    assert left.row("accept.notifications.order")["verdict"] == "broken"


def test_outside_the_main_thread_signals_are_left_alone(tmp_path: Path) -> None:
    runs: list[Run] = []
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: runs.append(run(tmp_path, chats=1)))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
    assert runs[0].certificate["ended"] == "complete"


def test_a_time_limit_leaves_an_incomplete_certificate(tmp_path: Path) -> None:
    left = run(tmp_path, "slow-server", chats=MANY, time_limit=0.5)
    assert (left.status, left.certificate["ended"]) == (2, "time limit")
    assert "incomplete: time limit" in left.screen
