"""When the client was the bottleneck, read from what a load run says of itself."""

from __future__ import annotations

from gws_contract.bottleneck import LAG, bottleneck
from gws_contract.records import Load


def told(*of_seconds: tuple[int, int, float]) -> list[Load]:
    """What was due and offered at the end of each second, and the lag in it."""
    return [Load(float(at), due, offered, 0, lag, 0.5) for at, (due, offered, lag) in enumerate(of_seconds, 1)]


def test_a_client_that_keeps_up_is_no_bottleneck() -> None:
    assert bottleneck(told((10, 10, 0.01), (20, 20, 0.02), (30, 30, 0.0))) is None


def test_nothing_told_is_no_bottleneck() -> None:
    assert bottleneck(()) is None


def test_a_chat_that_was_due_within_the_second_may_still_be_to_come() -> None:
    assert bottleneck(told((10, 4, 0.5), (20, 10, 0.5), (20, 20, 0.5))) is None


def test_a_chat_that_is_offered_more_than_a_second_late_makes_it_one() -> None:
    said = bottleneck(told((10, 10, 0.0), (20, 12, 0.0), (30, 17, 0.0)))
    assert said == ("The client was the bottleneck: it had not offered 3 chats more than a second after they were due.")


def test_waking_more_than_a_tenth_of_the_usual_deadline_too_late_makes_it_one() -> None:
    assert bottleneck(told((10, 10, LAG))) is None
    assert bottleneck(told((10, 10, 2.04))) == "The client was the bottleneck: it woke up to 2.0 s too late."


def test_both_reasons_are_told() -> None:
    said = bottleneck(told((10, 10, 0.0), (20, 9, 3.0)))
    assert said is not None
    assert "it woke up to 3.0 s too late and it had not offered 1 chat more" in said
