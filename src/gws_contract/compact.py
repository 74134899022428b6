"""Whole numbers in few bytes each: of a run of a million chats every byte a chat is a megabyte."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

_CODES = "BHIQ"
_ALWAYS_DENSE = 2**16
"""Numbers below it have their place in any case."""
_SPARSE = 2
"""Times as many places as there are numbers that have one."""


class Column(Sequence[int]):
    """Numbers in a row, each in as many bytes as the largest of them needs; those that no array can hold, as they are.

    A journal that was made up may number its chats as it likes.
    """

    def __init__(self) -> None:
        self._kept: array[int] | list[int] = array(_CODES[0])

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[int]:
        return iter(self._kept)

    @overload
    def __getitem__(self, which: int) -> int: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[int]: ...
    def __getitem__(self, which: int | slice) -> int | Sequence[int]:
        return self._kept[which]

    def append(self, number: int) -> None:
        while True:
            try:
                self._kept.append(number)
            except (OverflowError, TypeError):
                self._widen()
            else:
                return

    def extend(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.append(number)

    def _widen(self) -> None:
        assert isinstance(self._kept, array)
        wider = _CODES[_CODES.index(self._kept.typecode) + 1 :]
        self._kept = array(wider[0], self._kept) if wider else list(self._kept)


class ByNumber:
    """A whole number other than 0 for chats, by their numbers, and 0 for all others.

    The numbers of a run's chats are dense, and cost no more than what is kept for them; others cost what a dictionary
    does.
    """

    def __init__(self, code: str) -> None:
        """`code`: that of an `array` which can hold what is kept."""
        self._dense = array(code)
        self._others: dict[float, int] = {}
        self._count = 0

    def __getitem__(self, number: float) -> int:
        number = _whole(number)
        if type(number) is int and 0 <= number < len(self._dense) and self._dense[number]:
            return self._dense[number]
        return self._others.get(number, 0) if self._others else 0

    def __setitem__(self, number: float, kept: int) -> None:
        number = _whole(number)
        if number in self._others or not self._has_a_place(number):
            self._others[number] = kept
            return
        assert type(number) is int
        missing = number + 1 - len(self._dense)
        if missing > 0:
            self._dense.frombytes(bytes(missing * self._dense.itemsize))
        self._count += not self._dense[number]
        self._dense[number] = kept

    def _has_a_place(self, number: float) -> bool:
        most = max(_ALWAYS_DENSE, _SPARSE * self._count)
        return type(number) is int and 0 <= number < max(len(self._dense), most)

    def items(self) -> Iterator[tuple[float, int]]:
        """The chats' numbers in their order, each with what is kept for it."""
        dense = ((number, kept) for number, kept in enumerate(self._dense) if kept)
        return heapq.merge(dense, sorted(self._others.items()))


def _whole(number: float) -> float:
    """1.0 is the number 1, as true is: to a dictionary, and so to a journal that was made up."""
    is_whole = type(number) is bool or (type(number) is float and number.is_integer())
    return int(number) if is_whole else number
