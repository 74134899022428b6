"""Where the lines of every chat of a journal lie, kept on disk: of a chat only one number stays in memory."""

from __future__ import annotations

import contextlib
import tempfile
import weakref
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Self, overload

from gws_contract.compact import ByNumber
from gws_contract.journal import JournalError

_BUFFERED = 2**16
"""Places that wait to be written: those of thousands of chats, so that of most chats all come together."""
_IN_MEMORY = 2**20
"""Bytes; what is shorter than that needs no file."""
_ITEM = array("Q").itemsize
_CHUNK = 2**20
_LOOKED_AT = 32
"""Places that are read at once; few chats have more lines."""


def no_room(error: OSError) -> JournalError:
    """What there is to say if a temporary file cannot be written."""
    return JournalError(f"There is no room for the temporary files that judging takes: {error.strerror}.")


def let_go(file: IO[bytes]) -> None:
    """Close a temporary file. What there was no room for is not missed any more."""
    with contextlib.suppress(OSError):
        file.close()


class Runs:
    """Runs of places on disk: how many places, where the run before it of the same chat begins, and the places.

    What is short stays in memory; the file of what is long has no name, and is gone with this.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - for as long as this
        weakref.finalize(self, let_go, self._file)
        self._file.write(bytes(_ITEM))
        self._next = 1
        """Where the next run begins, in items; 0 is none."""

    def add(self, before: int, places: Sequence[int]) -> int:
        """One more run; where it begins."""
        run = array("Q", (len(places), before))
        run.extend(places)
        self._file.write(run.tobytes())
        begin, self._next = self._next, self._next + len(run)
        return begin

    def flush(self) -> None:
        """Find out now whether there is room for it."""
        self._file.flush()

    def places(self, last: int) -> Sequence[int]:
        """Those of a run and all before it, in their order."""
        many, before, *found = self._read(last, 2 + _LOOKED_AT)
        more = many - len(found)
        found = [*found, *self._read(last + 2 + len(found), more)] if more > 0 else found[:many]
        while before:
            many, earlier = self._read(before, 2)
            found[:0] = self._read(before + 2, many)
            before = earlier
        return found

    def _read(self, item: int, many: int) -> array[int]:
        self._file.seek(item * _ITEM)
        read = array("Q")
        read.frombytes(self._file.read(many * _ITEM))
        return read

    def chunks(self) -> Iterator[bytes]:
        """All of it, piece by piece."""
        self._file.seek(0)
        return iter(lambda: self._file.read(_CHUNK), b"")

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> Self:
        """Those that another process wrote."""
        runs = cls()
        runs._file.seek(0)
        for chunk in chunks:
            runs._file.write(chunk)
        return runs


class Shelf:
    """Put the place of every line of a journal on it, in the order of the journal; then take them by chat.

    On disk it takes some 10 bytes for each line. Raises JournalError if there is no room for it.
    """

    def __init__(self) -> None:
        self._runs = Runs()
        self._last = ByNumber("Q")
        self._waiting: dict[int, array[int]] = defaultdict(lambda: array("Q"))
        self._many = 0

    def put(self, chat: int, place: int) -> None:
        """The next line of a chat, and its place in bytes."""
        self._waiting[chat].append(place)
        self._many += 1
        if self._many >= _BUFFERED:
            self._write()

    def _write(self) -> None:
        try:
            for chat, places in self._waiting.items():
                self._last[chat] = self._runs.add(self._last[chat], places)
            self._runs.flush()
        except OSError as error:
            raise no_room(error) from error
        self._waiting.clear()
        self._many = 0

    def taken(self) -> Places:
        """The places by chat. Nothing can be put on it any more."""
        self._write()
        return Places(self._runs, array("Q", (last for _, last in self._last.items())))


class Places(Sequence[Sequence[int]]):
    """The places of the lines of every chat, in the order of the journal; by the order of the chats' numbers."""

    def __init__(self, runs: Runs, last: array[int]) -> None:
        self.runs = runs
        self.last = last
        """Of every chat, where its last run begins."""

    def __len__(self) -> int:
        return len(self.last)

    def __iter__(self) -> Iterator[Sequence[int]]:
        return map(self.runs.places, self.last)

    @overload
    def __getitem__(self, which: int) -> Sequence[int]: ...
    @overload
    def __getitem__(self, which: slice) -> Places: ...
    def __getitem__(self, which: int | slice) -> Sequence[int] | Places:
        if isinstance(which, slice):
            return Places(self.runs, self.last[which])
        return self.runs.places(self.last[which])
