"""How long something took in each of very many chats: to the microsecond, as the clock tells it, in four bytes each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from gws_contract.compact import Column

_MICRO = 1e6


class Times(Sequence[float]):
    """Seconds, each rounded to the microsecond."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._kept = Column()
        self.extend(seconds)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[float]:
        return (micro / _MICRO for micro in self._kept)

    @overload
    def __getitem__(self, which: int) -> float: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[float]: ...
    def __getitem__(self, which: int | slice) -> float | Sequence[float]:
        if isinstance(which, slice):
            return [micro / _MICRO for micro in self._kept[which]]
        return self._kept[which] / _MICRO

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Times) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows

    def append(self, seconds: float) -> None:
        """Raises OverflowError or ValueError for what is no number of microseconds: nan and infinity."""
        self._kept.append(round(seconds * _MICRO))

    def extend(self, seconds: Iterable[float]) -> None:
        for one in seconds:
            self.append(one)
