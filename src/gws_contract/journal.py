"""The journal: everything a run saw on the wire, append-only, on one clock.

One JSON object a line (NDJSON, ASCII): a header, then records as they happen, then a footer. All times are seconds on
one monotonic clock that starts at 0 with the header; the header ties it to the wall clock. A line is on disk before
`write` returns to the operating system's care, so a killed run leaves a readable journal.

Bodies that are not UTF-8 are kept byte for byte: bytes that do not decode become lone surrogates (PEP 383).
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal, Protocol

Link = Literal["poll", "command"]


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: who judged what, when, with which contract."""

    kind: ClassVar[str] = "header"
    suite: str
    contract: str
    """sha256 of the contract's clauses and schemas."""
    target: str
    target_version: str | None
    table: str
    """The product version whose table of return values applies."""
    seed: int
    depth: str
    deadline: float
    """Seconds."""
    quiet_period: float
    """Seconds."""
    started: str
    """Wall clock, ISO 8601 in UTC, at time 0."""
    agents: tuple[str, ...] = ()
    scenarios: str | None = None
    """sha256 of the file that the scenarios were read from; None if they were drawn."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario that is about to be performed as chat number `chat`; the last one of a chat counts."""

    kind: ClassVar[str] = "planned"
    chat: int
    at: float
    scenario: Mapping[str, Any]
    source: str = "drawn"
    """drawn, kept (from a file), stored (an earlier counter-example), misuse, companion, machine or shrink."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An agent was invited to chat number `chat`; `chat_id` is the server's id of it on the agent's side."""

    kind: ClassVar[str] = "invited"
    chat: int
    chat_id: str
    agent: str
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The performance of a chat is over. `how` is said by `gws_contract.stage.play.How`."""

    kind: ClassVar[str] = "ended"
    chat: int
    at: float
    how: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer.

    `step` says what it was for (offer, say, accept, refusal:unknown-chat, ...). `failure` is a sentence when no
    complete answer came; status and answer then hold what did come.
    """

    kind: ClassVar[str] = "exchange"
    actor: str
    """agent:NAME, customer or stranger."""
    step: str
    chat: int | None
    method: str
    path: str
    request: str | None
    sent: float
    headers_at: float | None
    done: float
    status: int | None
    headers: Mapping[str, str]
    """Names in lower case; only those that evidence needs."""
    answer: str | None
    failure: str | None = None

    @property
    def at(self) -> float:
        """When it happened: the moment of sending."""
        return self.sent

    @property
    def body(self) -> bytes:
        """The answer's body as received."""
        return (self.answer or "").encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Session:
    """A CometD session of an agent began: its handshake was answered and its subscription acknowledged."""

    kind: ClassVar[str] = "session"
    agent: str
    epoch: int
    at: float
    ack: bool
    """Whether the server offered the acknowledge extension."""
    timeout: float
    """Seconds the server holds a poll, as advised."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that an observer received on a channel that is not /meta/.

    Position inside one response (`poll`, `position`) is the server's order; across responses the order is arrival.
    """

    kind: ClassVar[str] = "delivery"
    agent: str
    """Whose observer received it."""
    epoch: int
    poll: int
    """Number of the response it rode in, counted over both connections of the observer."""
    position: int
    """Index in that response's array."""
    at: float
    """When the last byte of the response was read."""
    link: Link
    message: Mapping[str, Any]
    """The whole Bayeux message."""
    serial: int = 0
    """Order of receipt over all observers."""
    chat: int | None = None
    """The number of the chat it belongs to."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A delivery that belongs to nobody's scenario; its content is not kept."""

    kind: ClassVar[str] = "stray"
    agent: str
    at: float
    channel: str
    types: tuple[str, ...]
    chat_id: str | None
    size: int
    """Bytes of its JSON."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something happened to an agent's CometD session that may hide the truth (see `verdict.Transport`).

    `what` is one of: poll-broken, not-json, session-lost, new-session, direct-delivery, multiple-clients, ack-order,
    too-large, stopped.
    """

    kind: ClassVar[str] = "incident"
    agent: str
    epoch: int
    at: float
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line of a journal whose run came to its end."""

    kind: ClassVar[str] = "footer"
    at: float
    ended: str
    """complete, interrupted, time limit, silent server, or a harness error."""
    chats: int
    detail: str = ""
    lacks: tuple[str, ...] = ()
    """Optional things this run had to do without, as named by `wants` of a clause."""


Record = Header | Planned | Invited | Ended | Exchange | Session | Delivery | Stray | Incident | Footer
RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (Header, Planned, Invited, Ended, Exchange, Session, Delivery, Stray, Incident, Footer)
}


class JournalError(Exception):
    """A journal cannot be read; the message says where and why."""


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
        line = json.dumps(to_json(record), separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(line)

    def close(self) -> None:
        with self._lock:
            self._file.close()


def to_json(record: Record) -> dict[str, Any]:
    """The record as JSON data, `kind` first; members that are None or empty are left out."""
    out: dict[str, Any] = {"kind": record.kind}
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if value is not None and value != () and value != "" and value != {}:
            out[item.name] = value
    return out


_EMPTY: dict[str, Any] = {"Mapping[str, str]": {}, "Mapping[str, Any]": {}, "str": "", "tuple[str, ...]": ()}


def from_json(data: Mapping[str, Any]) -> Record:
    """The record that `to_json` wrote. Raises JournalError."""
    record = RECORDS.get(data.get("kind", ""))
    if record is None:
        raise JournalError(f"no record is of the kind {data.get('kind')!r}")
    values: dict[str, Any] = {}
    for item in dataclasses.fields(record):
        if item.name in data:
            value = data[item.name]
            values[item.name] = tuple(value) if str(item.type).startswith("tuple") else value
        elif item.default is dataclasses.MISSING:
            values[item.name] = _left_out(item.name, str(item.type))
        if item.name in values and not _fits(values[item.name], str(item.type)):
            raise JournalError(f"{item.name} of a record of the kind {record.kind} is {values[item.name]!r:.40}")
    return record(**values)


def _left_out(name: str, kind: str) -> Any:
    """What `to_json` leaves out."""
    if kind not in _EMPTY and not kind.endswith("None"):
        raise JournalError(f"the record has no {name}")
    return _EMPTY.get(kind)


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of the kind that an annotation names, as far as it is a number or a text."""
    if value is None:
        return kind.endswith("None")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"float": number, "int": number, "str": isinstance(value, str)}.get(kind.removesuffix(" | None"), True)


def read(path: Path) -> Iterator[Record]:
    """The records of a journal in the order of the file. A cut last line is left out.

    Raises JournalError with a sentence when the file cannot be read or a line is no record.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield from_json(json.loads(line))
                except (ValueError, TypeError, AttributeError, RecursionError, JournalError) as error:
                    raise JournalError(f"{path.name}, line {number}, is not a record of a journal: {error}") from error
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read: {error.strerror}.") from error
