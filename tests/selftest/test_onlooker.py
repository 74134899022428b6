"""What somebody who watches a run is told."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from gws_contract.onlooker import Onlooker


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def watching(planned: int = 10) -> tuple[Onlooker, Watch]:
    watch = Watch()
    return Onlooker(planned, watch), watch


def end(onlooker: Onlooker, *chats: int, source: str = "drawn") -> None:
    for chat in chats:
        onlooker.ended(chat, source)


def test_at_first_a_run_logs_in() -> None:
    seen = watching()[0].look()
    assert (seen.doing, seen.done, seen.planned, seen.broken) == ("logging in", 0, 10, 0)
    assert (seen.rate, seen.left) == (None, None)


def test_rate_and_time_left_count_from_the_first_chat_on() -> None:
    onlooker, watch = watching()
    watch.seconds = 100.0
    onlooker.does("chats")
    watch.seconds = 102.0
    end(onlooker, 1, 2, 3, 4)
    seen = onlooker.look()
    assert (seen.done, seen.rate, seen.left) == (4, 2.0, 3.0)


def test_of_two_chats_nobody_makes_a_rate() -> None:
    onlooker, watch = watching()
    onlooker.does("chats")
    watch.seconds = 1.0
    end(onlooker, 1, 2)
    assert (onlooker.look().rate, onlooker.look().left) == (None, None)


@pytest.mark.parametrize("source", ["companion", "machine", "shrink"])
def test_chats_beside_the_plan_are_counted_but_not_as_planned(source: str) -> None:
    onlooker, _ = watching()
    end(onlooker, 1, source=source)
    assert (onlooker.look().done, onlooker.look().chats) == (0, 1)


def test_never_more_are_done_than_were_planned() -> None:
    """What is left over of a wrong request that was carried out is performed in chats that nobody planned."""
    onlooker, watch = watching(2)
    onlooker.does("chats")
    watch.seconds = 1.0
    end(onlooker, 1, 2, 3)
    assert (onlooker.look().done, onlooker.look().left) == (2, 0.0)


def test_what_broke_is_found_out_when_somebody_looks_and_a_clause_counts_once() -> None:
    onlooker, watch = watching()
    asked: list[Collection[int]] = []

    def breaks(chats: Collection[int]) -> Collection[str]:
        asked.append(list(chats))
        return {"a", "b"} if 2 in chats else {"a"}

    onlooker.breaks = breaks
    end(onlooker, 1)
    assert asked == []
    assert onlooker.look().broken == 1
    watch.seconds = 1.0
    end(onlooker, 2, 3)
    assert onlooker.look().broken == 2
    assert onlooker.look().broken == 2
    assert asked == [[1], [2, 3]]


def test_judging_for_a_watcher_takes_a_twentieth_of_the_time_at_most() -> None:
    onlooker, watch = watching()
    spent = []

    def slow(chats: Collection[int]) -> Collection[str]:
        spent.append(1.0)
        watch.seconds += 1.0
        return ()

    onlooker.breaks = slow
    for chat in range(1, 101):
        end(onlooker, chat)
        watch.seconds += 0.5
        onlooker.look()
    assert 1 < sum(spent) <= watch.seconds / 20 + 1


def test_while_the_run_is_judged_nobody_judges_it_a_second_time() -> None:
    onlooker, _ = watching()
    end(onlooker, 1)
    onlooker.breaks = lambda _: pytest.fail("judged again")
    onlooker.does("judging")
    assert onlooker.look().doing == "judging"
