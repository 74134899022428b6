"""Numbers in few bytes are the numbers that they were."""

from __future__ import annotations

import sys
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.compact import ByNumber, Column

whole = st.one_of(
    st.integers(0, 300), st.integers(0, 2**17), st.integers(-3, 2**70), st.sampled_from([1.0, 2.5, 2.0**40, True])
)


@given(st.lists(whole, max_size=40))
@settings(deadline=None)
def test_a_column_holds_whatever_was_put_into_it(numbers: list[int]) -> None:
    column = Column()
    column.extend(numbers)
    assert list(column) == numbers
    assert len(column) == len(numbers)
    assert [column[place] for place in range(len(numbers))] == numbers


def test_small_numbers_take_few_bytes() -> None:
    column = Column()
    column.extend(range(200))
    assert sys.getsizeof(column._kept) < 400


@given(st.lists(st.tuples(whole, st.integers(1, 2**60)), max_size=60), st.lists(whole))
@settings(deadline=None)
def test_what_is_kept_by_number_is_what_a_dictionary_keeps(told: list[tuple[float, int]], asked: list[float]) -> None:
    kept, known = ByNumber("Q"), {}
    for number, value in told:
        kept[number] = value
        known[number] = value
    assert [kept[number] for number in (*known, *asked)] == [known.get(number, 0) for number in (*known, *asked)]
    assert list(kept.items()) == sorted(known.items())


def test_numbers_that_lie_far_apart_take_no_room_between_them() -> None:
    """A journal that was made up may number its chats as it likes."""
    tracemalloc.start()
    kept = ByNumber("Q")
    for power in range(60):
        kept[2**power] = 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    assert [number for number, _ in kept.items()] == [2**power for power in range(60)]
