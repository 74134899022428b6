"""One line for every chat of a run: its source, its size, its plan and its verdicts, in some thirty bytes. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import NamedTuple

from gws_contract.compact import Column
from gws_contract.verdict import Verdict

DIGEST = 16
"""Bytes by which plans are told apart."""


class Kind(NamedTuple):
    """What many chats have in common."""

    source: str
    ordinary: bool
    exotic_plan: bool
    """The first member of its size."""


class Length(NamedTuple):
    """The size of a chat, but for the words."""

    exotic: bool
    events: int
    characters: int


@dataclass(frozen=True, slots=True)
class Line:
    """What is kept of one chat."""

    chat: int
    source: str
    ordinary: bool
    length: Length
    scenario: bytes
    """The digest of its plan."""
    group: int
    """Chats beside one another share it; 0 of all others."""
    verdicts: tuple[Verdict, ...]
    """By check."""


class Scenario(NamedTuple):
    """What was found of one check in the chats of one plan."""

    first: int
    """The place of the first chat in which it could be tested."""
    broken: int
    """Performances, as are the following: chats beside one another are one."""
    tested: int
    first_broken: int
    """The place of the first chat that broke it; of nothing, if none did."""


class Lines:
    """The lines, in the order of the chats' numbers; a place is the number of a line from 0."""

    def __init__(self) -> None:
        self._chats, self._groups, self._kinds, self._rows = Column(), Column(), Column(), Column()
        self._events, self._characters = Column(), Column()
        self._digests = bytearray()
        self._of_kind: dict[Kind, int] = {}
        self._of_row: dict[tuple[Verdict, ...], int] = {}
        """Most chats have a row of verdicts that others have too."""
        self._sorted: array[int] | None = None
        self._counted: Counter[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self._chats)

    def add(self, line: Line) -> None:
        """One more."""
        self._sorted = self._counted = None
        kind = Kind(line.source, line.ordinary, line.length.exotic)
        self._chats.append(line.chat)
        self._groups.append(line.group)
        self._kinds.append(self._of_kind.setdefault(kind, len(self._of_kind)))
        self._rows.append(self._of_row.setdefault(line.verdicts, len(self._of_row)))
        self._events.append(line.length.events)
        self._characters.append(line.length.characters)
        self._digests += line.scenario

    def append(self, others: Lines) -> int:
        """The lines of another journal; returns by how much the numbers of its chats, and groups, are higher here."""
        self._sorted = self._counted = None
        more = self.highest
        self._chats.extend(number + more for number in others._chats)
        self._groups.extend(number and number + more for number in others._groups)
        kinds = [self._of_kind.setdefault(kind, len(self._of_kind)) for kind in others._of_kind]
        rows = [self._of_row.setdefault(row, len(self._of_row)) for row in others._of_row]
        self._kinds.extend(kinds[kind] for kind in others._kinds)
        self._rows.extend(rows[row] for row in others._rows)
        self._events.extend(others._events)
        self._characters.extend(others._characters)
        self._digests += others._digests
        return more

    @property
    def plans(self) -> bytes:
        """The digests of the plans of all chats."""
        return bytes(self._digests)

    @property
    def highest(self) -> int:
        """The highest number of a chat or a group."""
        return max(chain(self._chats, self._groups), default=0)

    def length(self, place: int) -> Length:
        """The size of a chat, but for the words."""
        kind = list(self._of_kind)[self._kinds[place]]
        return Length(kind.exotic_plan, self._events[place], self._characters[place])

    def counts(self, number: int) -> Iterator[tuple[str, bool, Verdict, int]]:
        """How many chats of each source, ordinary or not, have which verdict of a check; in order of the first one."""
        if self._counted is None:
            self._counted = Counter(zip(self._kinds, self._rows, strict=True))
        kinds, rows = list(self._of_kind), list(self._of_row)
        for (kind, row), many in self._counted.items():
            yield kinds[kind].source, kinds[kind].ordinary, rows[row][number], many

    def broken(self, number: int) -> BrokenIn:
        """The chats that broke a check."""
        return BrokenIn(self._chats, self._rows, self._having(number, Verdict.BROKEN))

    def _having(self, number: int, verdict: Verdict) -> frozenset[int]:
        """The rows with this verdict of a check."""
        return frozenset(which for row, which in self._of_row.items() if row[number] is verdict)

    def scenarios(self, number: int) -> Iterator[Scenario]:
        """Every plan of which some chat broke a check."""
        broken, untested = self._having(number, Verdict.BROKEN), self._having(number, Verdict.NOT_TESTABLE)
        if not broken:
            return
        rows = self._rows
        for _, alike in groupby(self._by_plan(), self._plan):
            tested = array("I", (place for place in alike if rows[place] not in untested))
            broke = array("I", (place for place in tested if rows[place] in broken))
            if broke:
                yield Scenario(tested[0], self._performances(broke), self._performances(tested), broke[0])

    def _plan(self, place: int) -> bytes:
        return bytes(self._digests[place * DIGEST : (place + 1) * DIGEST])

    def _performances(self, places: array[int]) -> int:
        """How many performances these chats are. One is known by its group, or by the number of a chat without one."""
        groups = {self._groups[place] for place in places if self._groups[place]}
        alone = (self._chats[place] for place in places if not self._groups[place])
        return len(groups) + sum(chat not in groups for chat in alone)

    def _by_plan(self) -> array[int]:
        """All places, those of one plan together, in their order. Of the plans a part is looked at at a time."""
        if self._sorted is None:
            parts: list[array[int]] = [array("I") for _ in range(256)]
            for place in range(len(self)):
                parts[self._digests[place * DIGEST]].append(place)
            self._sorted = array("I")
            for part in parts:
                plans: dict[bytes, array[int]] = defaultdict(lambda: array("I"))
                for place in part:
                    plans[self._plan(place)].append(place)
                for places in plans.values():
                    self._sorted.extend(places)
        return self._sorted


class BrokenIn(Collection[int]):
    """The numbers of the chats that broke a clause. They are not kept apart: there may be a million of them."""

    def __init__(self, chats: Column, rows: Column, broken: frozenset[int]) -> None:
        self._chats, self._rows, self._broken = chats, rows, broken

    def __iter__(self) -> Iterator[int]:
        return (chat for chat, row in zip(self._chats, self._rows, strict=True) if row in self._broken)

    def __contains__(self, chat: object) -> bool:
        if not isinstance(chat, int):
            return False
        place = bisect_left(self._chats, chat)
        return place < len(self._chats) and self._chats[place] == chat and self._rows[place] in self._broken

    def __len__(self) -> int:
        return sum(1 for _ in self)
