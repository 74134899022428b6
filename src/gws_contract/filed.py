"""A journal on disk as evidence, however long it is: where the lines of its chats lie is kept on disk too (`shelf`)."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, overload

from gws_contract import shards
from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence, Gathering, conversation, scenario_of
from gws_contract.happenings import Told
from gws_contract.journal import Header, JournalError, Planned, placed, read_again, unreadable
from gws_contract.shards import PackedError
from gws_contract.shelf import Places, Shelf, let_go, no_room


def evidence(path: Path) -> Evidence:
    """As `assemble(read(path))`, but its conversations are read again whenever they are asked for, one at a time.

    The file is read whole once; after that it must stay as it is, but for what is appended. Raises JournalError, also
    if there is no room for temporary files.
    """
    source = Source(path)
    gathering, senseless, shelf = Gathering(), _Senseless(), Shelf()
    with source.lines() as lines:
        for place, record in placed(lines, path.name):
            chat = gathering.take(record)
            if chat is not None:
                shelf.put(chat, place)
            if isinstance(record, Planned):
                senseless.note(record)

    def conversations(header: Header, told: Told) -> Filed:
        senseless.complain()
        return Filed(source, header, told, shelf.taken())

    return gathering.evidence(conversations)


class Source:
    """The file of a journal, to be read from any place: a packed one is unpacked, once, when it is first read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unpacked: IO[bytes] | None = None

    @contextlib.contextmanager
    def lines(self) -> Iterator[IO[bytes]]:
        """Its lines, from the first one. Raises JournalError instead of OSError."""
        try:
            if shards.is_packed(self.path):
                yield self._plain()
            else:
                with self.path.open("rb") as file:
                    yield file
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _plain(self) -> IO[bytes]:
        if self._unpacked is None:
            shards.opened(self.path).close()
            try:
                self._unpacked = shards.unpacked(self.path)
                weakref.finalize(self, let_go, self._unpacked)
            except PackedError:
                raise
            except OSError as error:
                raise no_room(error) from error
        self._unpacked.seek(0)
        return self._unpacked


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

    def __init__(self, source: Source, header: Header, told: Told, places: Places) -> None:
        self.source, self.header, self.told, self.places = source, header, told, places

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Conversation]:
        try:
            with self.source.lines() as lines:
                for records in read_again(lines, self.places):
                    yield conversation(self.header, self.told, records)
        except JournalError as error:
            raise JournalError(f"The journal {self.source.path.name} was changed while it was judged.") from error

    @overload
    def __getitem__(self, which: int) -> Conversation: ...
    @overload
    def __getitem__(self, which: slice) -> Filed: ...
    def __getitem__(self, which: int | slice) -> Conversation | Filed:
        places = self.places[which] if isinstance(which, slice) else self.places[range(len(self))[which] :][:1]
        some = Filed(self.source, self.header, self.told, places)
        if isinstance(which, slice):
            return some
        (one,) = some
        return one
