"""The order in which notices leave the mock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from gws_contract.mock.outcome import Outcome, success
from gws_contract.mock.publisher import Publisher
from gws_contract.mock.variation import Notice


class Ear:
    """A broker that only listens."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def publish(self, owner: str, _channel: str, _texts: Sequence[str]) -> None:
        self.heard.append(owner)


def heard(*spoken: tuple[str, bool, bool]) -> list[str]:
    """Who is told in which order: to whom, whether the answer is handed over at once, whether it is published first."""
    ear: Any = Ear()

    async def speak() -> None:
        publisher = Publisher([ear], lambda: None)
        for name, at_once, first in spoken:
            publisher.speak(Outcome(success(), ([Notice(name, {})],), first), partial(bool, at_once))
        for _ in spoken:
            await asyncio.sleep(0)

    asyncio.run(speak())
    return list(ear.heard)


@pytest.mark.parametrize("first", [False, True])
def test_what_waits_for_its_answer_to_leave_is_not_overtaken(first: bool) -> None:
    """Else a customer's message would be told before the history that it follows."""
    assert heard(("accept", False, False), ("message", True, first), ("other", True, False)) == [
        "accept",
        "message",
        "other",
    ]


def test_what_waits_for_nothing_is_told_at_once_and_each_once() -> None:
    told = heard(("a", True, False), ("b", False, False), ("c", False, False), ("d", True, True), ("e", True, False))
    assert told == ["a", "b", "c", "d", "e"]
