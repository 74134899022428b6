"""When an observer polls again."""

from __future__ import annotations

import pytest

from gws_contract.wire.messages import Advice, Next
from gws_contract.wire.rhythm import AT_ONCE, BREATH, IDLE, Rhythm

NOW = Advice()


def test_a_poll_that_was_held_is_followed_by_the_next_at_once() -> None:
    rhythm = Rhythm()
    for _ in range(2 * IDLE):
        rhythm.answered(AT_ONCE, empty=True)
    assert rhythm.pause(Next.POLL, NOW) == 0.0


@pytest.mark.parametrize("interval", [0.0, 5.0])
def test_polls_that_are_answered_at_once_and_with_nothing_take_a_breath(interval: float) -> None:
    rhythm = Rhythm()
    for _ in range(IDLE):
        assert rhythm.pause(Next.POLL, NOW) == 0.0
        rhythm.answered(0.0, empty=True)
    assert rhythm.pause(Next.POLL, Advice(interval=interval)) == max(interval, BREATH)


def test_an_event_ends_the_breathing() -> None:
    rhythm = Rhythm()
    for _ in range(IDLE):
        rhythm.answered(0.0, empty=True)
    rhythm.answered(0.0, empty=False)
    assert rhythm.pause(Next.POLL, NOW) == 0.0


def test_pauses_after_broken_polls_are_used_one_by_one_and_then_there_is_no_point() -> None:
    rhythm = Rhythm((1.0, 2.0))
    assert [rhythm.pause(Next.RETRY, NOW) for _ in range(3)] == [1.0, 2.0, None]


def test_the_first_new_session_is_begun_as_advised_and_the_next_after_a_pause() -> None:
    rhythm = Rhythm((1.0, 2.0))
    assert rhythm.pause(Next.HANDSHAKE, Advice(interval=0.25)) == 0.25
    assert rhythm.pause(Next.HANDSHAKE, Advice(interval=0.25)) == 2.0


def test_a_poll_that_is_answered_well_gives_the_pauses_back() -> None:
    rhythm = Rhythm((1.0,))
    assert rhythm.pause(Next.RETRY, NOW) == 1.0
    rhythm.answered(1.0, empty=True)
    assert rhythm.pause(Next.RETRY, NOW) == 1.0
