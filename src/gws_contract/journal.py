"""The journal: everything a run saw on the wire, append-only, on one clock.

One JSON object a line (NDJSON, ASCII): a header, then records as they happen, then a footer; `gws_contract.records`
tells their kinds. A line is on disk before `write` returns to the operating system's care, so a killed run leaves a
readable journal.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from gws_contract import foreign, shards
from gws_contract.nesting import is_deeper
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

_LONG = 1_000_000
"""Bytes."""
_LONGEST = 256 * 1024 * 1024
"""Bytes: more than an answer, cut as it is, and a request come to with every byte escaped."""
_encode = json.JSONEncoder(separators=(",", ":")).encode


class JournalError(Exception):
    """A journal cannot be read; the message says where and why."""


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
        line = _encode(to_json(record)).encode("ascii")
        with self._lock:
            if not self._file.closed:
                # A long line is not copied for its end; cut before it, it is no line.
                self._file.write(line if len(line) > _LONG else line + b"\n")
                if len(line) > _LONG:
                    self._file.write(b"\n")

    def close(self) -> None:
        with self._lock:
            self._file.close()


_NAMES = {record: tuple(item.name for item in dataclasses.fields(record)) for record in RECORDS.values()}


def to_json(record: Record) -> dict[str, Any]:
    """The record as JSON data, `kind` first; members that are None or empty are left out."""
    out: dict[str, Any] = {"kind": record.kind}
    for name in _NAMES[type(record)]:
        value = getattr(record, name)
        if value or isinstance(value, int | float):
            out[name] = value
    return out


@dataclass(frozen=True, slots=True)
class _Member:
    """What must be known of a member to read it."""

    name: str
    kind: str
    """Its annotation, without None."""
    nullable: bool
    has_default: bool
    types: frozenset[type]
    """Those of JSON values that are the value of the record as they are."""
    inner: type | None
    """That of every element of a tuple."""

    def read(self, value: Any) -> Any:
        """The value of the record for one of another type. Raises ValueError if there is none."""
        if self.inner is None or type(value) not in (list, tuple) or not all(type(one) is self.inner for one in value):
            raise ValueError
        return tuple(value)

    def left_out(self) -> Any:
        """What `to_json` leaves out. Raises JournalError."""
        if self.nullable:
            return None
        if self.kind not in _EMPTY:
            raise JournalError(f"the record has no {self.name}")
        return _EMPTY[self.kind]


_EMPTY: dict[str, Any] = {"Mapping[str, str]": {}, "Mapping[str, Any]": {}, "str": "", "tuple[str, ...]": ()}
_NUMBERS, _ANY = frozenset((int, float)), frozenset((dict, list, str, int, float, bool))
_TYPES: dict[str, frozenset[type]] = {
    "float": _NUMBERS,
    "int": _NUMBERS,
    "str": frozenset((str,)),
    "bool": frozenset((bool,)),
    "Mapping[str, str]": frozenset((dict,)),
    "Mapping[str, Any]": frozenset((dict,)),
}
_INNER: dict[str, type] = {"tuple[str, ...]": str, "tuple[Mapping[str, Any], ...]": dict}


def _members(record: type[Record]) -> Iterator[_Member]:
    for item in dataclasses.fields(record):
        kind = str(item.type).removesuffix(" | None")
        has_default = item.default is not dataclasses.MISSING
        inner = _INNER.get(kind)
        types = frozenset() if inner else _TYPES.get(kind, _ANY)
        nullable = kind != item.type
        yield _Member(item.name, kind, nullable, has_default, types | {type(None)} if nullable else types, inner)


_MEMBERS = {kind: tuple(_members(record)) for kind, record in RECORDS.items()}


def from_json(data: Mapping[str, Any]) -> Record:
    """The record that `to_json` wrote. Raises JournalError."""
    kind = data.get("kind", "")
    if kind not in RECORDS:
        raise JournalError(f"no record is of the kind {kind!r}")
    values: dict[str, Any] = {}
    for member in _MEMBERS[kind]:
        if member.name in data:
            value = data[member.name]
            try:
                values[member.name] = value if type(value) in member.types else member.read(value)
            except ValueError:
                raise JournalError(f"{member.name} of a record of the kind {kind} is {value!r:.40}") from None
        elif not member.has_default:
            values[member.name] = member.left_out()
    return RECORDS[kind](**values)


def _record(line: bytes) -> Record:
    """The record of a line; a long one is read like what was received, so that it cannot grow beyond bounds."""
    text = line.decode("utf-8")
    if len(line) < _LONG and not is_deeper(text, foreign.DEPTH):
        return from_json(json.loads(text))
    return from_json(foreign.loads(text))


def read(path: Path) -> Iterator[Record]:
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
            yield place, _record(line)
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
                records.append(_record(lines.readline()))
            except _NO_RECORD as error:
                raise JournalError("The line is another than before.") from error
        yield records
