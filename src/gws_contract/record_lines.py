"""A record as a line of a journal: JSON, read quickly where it is as a writer wrote it, and carefully where not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gws_contract import foreign, parsing
from gws_contract.nesting import is_deeper
from gws_contract.records import RECORDS, Delivery, Ended, Exchange, Invited, Planned, Record

LONG = 1_000_000
"""Bytes of a line that is handled with care."""
spelled = json.JSONEncoder(separators=(",", ":")).encode
"""JSON data as they are written in a line."""


class JournalError(Exception):
    """A journal cannot be read; the message says where and why."""


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
    "Seconds": _NUMBERS,
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


@dataclass(frozen=True, slots=True)
class _Usual:
    """How lines of a kind are read that a journal is full of."""

    kind: str
    begin: bytes
    """Of every such line that a writer wrote."""
    read: Callable[[bytes], Record | None]
    """None for a line that must be looked at more closely."""


_TOLD_APART = 14
"""Bytes in which lines of different kinds differ."""


def _usual(record: type[Record]) -> _Usual:
    required = [member for member in _MEMBERS[record.kind] if not member.has_default]
    left_out = {member.name: member.left_out() for member in required if member.nullable or member.kind in _EMPTY}
    # What stands later counts: whatever `to_json` may have left out is put first.
    first = spelled(left_out).removesuffix("}").encode("ascii") + b"," * bool(left_out)
    whole = parsing.reader(record)
    begin = f'{{"kind":"{record.kind}",'.encode("ascii")
    return _Usual(record.kind, begin, (lambda line: whole(first + line[1:])) if left_out else whole)


_USUAL = {one.begin[:_TOLD_APART]: one for one in map(_usual, (Planned, Invited, Ended, Exchange, Delivery))}


def record_of(line: bytes) -> Record:
    """The record of a line; a long one is read like what was received, so that it cannot grow beyond bounds.

    The kind of a line that begins with its kind is that one, whatever follows.
    """
    usual = _USUAL.get(line[:_TOLD_APART])
    if usual is not None and not line.startswith(usual.begin):
        usual = None
    if len(line) < LONG and (_is_flat(line) or not is_deeper(line.decode("utf-8"), foreign.DEPTH)):
        # Of what it passes over the reader does not ask whether it is UTF-8.
        record = usual.read(line) if usual is not None and line.isascii() else None
        if record is not None:
            return record
        data = parsing.loads(line.decode("utf-8"))
    else:
        data = foreign.loads(line.decode("utf-8"))
    return from_json(data if usual is None else data | {"kind": usual.kind})


def _is_flat(line: bytes) -> bool:
    """Whether it holds so few brackets that they cannot stand too deep inside one another."""
    return line.count(b"[") + line.count(b"{") <= foreign.DEPTH
