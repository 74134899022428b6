"""A journal on disk as evidence, however long it is: of its chats only the places of their lines are kept in memory."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence, Gathering, conversation, scenario_of
from gws_contract.happenings import Told
from gws_contract.journal import Header, JournalError, Planned, placed, read_again


def evidence(path: Path) -> Evidence:
    """As `assemble(read(path))`, but its conversations are read again whenever they are asked for, one at a time.

    The file is read whole once; after that it must stay as it is, but for what is appended. Raises JournalError.
    """
    gathering, senseless = Gathering(), _Senseless()
    places: dict[int, array[int]] = defaultdict(lambda: array("Q"))
    for place, record in placed(path):
        chat = gathering.take(record)
        if chat is not None:
            places[chat].append(place)
        if isinstance(record, Planned):
            senseless.note(record)

    def conversations(header: Header, told: Told) -> Filed:
        senseless.complain()
        return Filed(path, header, told, tuple(places[chat] for chat in sorted(places)))

    return gathering.evidence(conversations)


class _Senseless:
    """The chats whose plan is no scenario."""

    def __init__(self) -> None:
        self._errors: dict[int, JournalError] = {}

    def note(self, planned: Planned) -> None:
        """The last plan of a chat counts."""
        self._errors.pop(planned.chat, None)
        try:
            scenario_of(planned)
        except JournalError as error:
            self._errors[planned.chat] = error

    def complain(self) -> None:
        """Raises JournalError if there is one, of the first of them."""
        if self._errors:
            raise self._errors[min(self._errors)]


class Filed(Sequence[Conversation]):
    """The conversations of a journal on disk. None of them is kept: who asks twice gets it twice.

    All of it raises JournalError if the file is not what it was.
    """

    def __init__(self, path: Path, header: Header, told: Told, places: Sequence[Sequence[int]]) -> None:
        self._path, self._header, self._told, self._places = path, header, told, places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Conversation]:
        return (conversation(self._header, self._told, records) for records in read_again(self._path, self._places))

    @overload
    def __getitem__(self, which: int) -> Conversation: ...
    @overload
    def __getitem__(self, which: slice) -> Filed: ...
    def __getitem__(self, which: int | slice) -> Conversation | Filed:
        if isinstance(which, slice):
            return Filed(self._path, self._header, self._told, self._places[which])
        (one,) = Filed(self._path, self._header, self._told, [self._places[which]])
        return one
