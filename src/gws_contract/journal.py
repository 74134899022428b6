"""The journal: everything a run saw on the wire, append-only, on one clock.

One JSON object a line (NDJSON, ASCII): a header, then records as they happen, then a footer; `gws_contract.records`
tells their kinds. A line is on disk before `write` returns to the operating system's care, so a killed run leaves a
readable journal.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from gws_contract import shards
from gws_contract.record_lines import LONG, JournalError, from_json, record_of, spelled, to_json
from gws_contract.records import (
    RECORDS,
    SOURCES,
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    Link,
    Load,
    Planned,
    Record,
    Session,
    Stray,
)

__all__ = [
    "RECORDS",
    "SOURCES",
    "Clock",
    "Delivery",
    "Ended",
    "Exchange",
    "Footer",
    "Header",
    "Incident",
    "Invited",
    "JournalError",
    "JournalWriter",
    "Link",
    "Load",
    "Memory",
    "Planned",
    "Record",
    "Session",
    "Sink",
    "Stray",
    "from_json",
    "placed",
    "read",
    "read_again",
    "to_json",
    "unreadable",
]

_LONGEST = 256 * 1024 * 1024
"""Bytes: more than an answer, cut as it is, and a request come to with every byte escaped."""


_NO_RECORD = (ValueError, TypeError, AttributeError, JournalError)
"""What reading a line raises that is no record."""


class Clock:
    """Seconds since it was made, on the monotonic clock."""

    def __init__(self) -> None:
        self._origin = time.perf_counter()

    def now(self) -> float:
        """Seconds since this clock was made, to the microsecond."""
        return round(time.perf_counter() - self._origin, 6)


class Sink(Protocol):
    """Where observers and drivers put what they saw."""

    def write(self, record: Record) -> None: ...


@dataclass
class Memory:
    """A sink that keeps the records in a list; for selftests and for tools that need no file."""

    records: list[Record] = field(default_factory=list)

    def write(self, record: Record) -> None:
        self.records.append(record)


class JournalWriter:
    """Appends records to a file, one unbuffered write a line; safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("xb", buffering=0)
        self._lock = threading.Lock()

    def write(self, record: Record) -> None:
        """Append one record; a closed journal takes no more and says nothing."""
        line = spelled(to_json(record)).encode("ascii")
        with self._lock:
            if not self._file.closed:
                # A long line is not copied for its end; cut before it, it is no line.
                self._file.write(line if len(line) > LONG else line + b"\n")
                if len(line) > LONG:
                    self._file.write(b"\n")

    def close(self) -> None:
        with self._lock:
            self._file.close()


def read(path: Path) -> Generator[Record, None, None]:
    """The records of a journal, plain or packed, in the order of the file. A cut last line is left out.

    Raises JournalError with a sentence when the file cannot be read or a line is no record.
    """
    try:
        with shards.opened(path) as lines:
            for _, record in placed(lines, path.name):
                yield record
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> JournalError:
    """What there is to say of a journal that cannot be read."""
    return JournalError(f"The journal {path} cannot be read: {error.strerror}.")


def placed(lines: IO[bytes], name: str) -> Iterator[tuple[int, Record]]:
    """As `read`, of a file by that name: each record with the place of its line, where it begins, in bytes.

    Raises OSError too.
    """
    place = 0
    for number, line in enumerate(iter(partial(lines.readline, _LONGEST), b""), 1):
        if len(line) >= _LONGEST:
            raise JournalError(f"{name}, line {number}, is longer than any record of a journal.")
        if not line.endswith(b"\n"):
            return
        try:
            yield place, record_of(line)
        except _NO_RECORD as error:
            raise JournalError(f"{name}, line {number}, is not a record of a journal: {error}") from error
        place += len(line)


def read_again(lines: IO[bytes], places: Iterable[Sequence[int]]) -> Iterator[list[Record]]:
    """The records at these places, which `placed` told; a list for each of the sequences, one at a time.

    Raises JournalError if the file is not what it was, and OSError.
    """
    for some in places:
        records = []
        for place in some:
            lines.seek(place)
            try:
                records.append(record_of(lines.readline()))
            except _NO_RECORD as error:
                raise JournalError("The line is another than before.") from error
        yield records
