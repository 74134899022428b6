"""The kinds of records that a journal is made of: everything a run plans, does and sees, and when.

All times are seconds on one monotonic clock that starts at 0 with the header; the header ties it to the wall clock.
Bodies that are not UTF-8 are kept byte for byte: bytes that do not decode become lone surrogates (PEP 383).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal

Link = Literal["poll", "command"]
Seconds = float | int
"""A time as a line of the journal spells it: 1.0 or 1."""
SOURCES = ("drawn", "kept", "given", "stored", "misuse", "companion", "machine", "shrink")
"""Where scenarios come from: drawn, kept with a release, given by file, an earlier counter-example; of wrong requests,
to keep another chat company, by the state machine, to find a smaller one."""
MOST_DELIVERIES = 10_000
"""Of one chat that are kept of what all first observers heard, or all second ones. With so many it is not judged."""
MOST_STRAYS = 10_000
"""Of one run that are kept."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a journal is judged."""

    floor: int = 1
    """Chats below which nothing is certified."""
    strict: bool = False
    """Whether advisory breaks fail the run too."""
    only: tuple[str, ...] = ()
    """The clauses that were asked for, if not all."""
    given: bool = False
    """Whether only given scenarios were performed."""
    again: str = ""
    """The command that performs a scenario once more, in the folder of the results and up to the name of its file."""
    operation: str = "accept"
    """The operation whose contract the run is about."""
    performed: int = 0
    """Chats that perform the operation, below which nothing is certified."""


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
    insecure: bool = False
    """Whether the certificate of the server was not verified: then it may have been anybody's."""
    customer: str = "gws"
    """Who played the customer, as `--customer` names it; "own": an object of a pytest hook."""
    rate: float | None = None
    """Chats a second that a load run was to offer in this shard; None if it is none."""
    shard: str = ""
    """Of a load run: which of its shards."""
    deviations: tuple[Mapping[str, Any], ...] = ()
    """Breaks that the vendor had declared, as `gws_contract.deviations` writes them."""
    notes: tuple[str, ...] = ()
    """Sentences that whoever reads the result should know."""
    floor: int = 1
    """This and the following as in Terms."""
    strict: bool = False
    only: tuple[str, ...] = ()
    given: bool = False
    again: str = ""
    operation: str = "accept"
    performed: int = 0

    @property
    def terms(self) -> Terms:
        """On which terms the run asked to be judged."""
        return Terms(self.floor, self.strict, self.only, self.given, self.again, self.operation, self.performed)

    @property
    def day(self) -> date:
        """The day in UTC on which the run started. Raises ValueError if `started` is no time."""
        started = datetime.fromisoformat(self.started)
        return (started.astimezone(UTC) if started.tzinfo else started).date()


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario that is about to be performed as chat number `chat`; the last one of a chat counts."""

    kind: ClassVar[str] = "planned"
    chat: int
    at: Seconds
    scenario: Mapping[str, Any]
    source: str = "drawn"
    """One of SOURCES."""
    group: int | None = None
    """Chats that are performed beside one another share it."""
    nickname: str = ""
    """The customer's, if it is another than the scenario's."""
    anonymous: bool = False
    """Whether nobody knows under which nickname the customer came."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An agent was invited to chat number `chat`; `chat_id` is the server's id of it on the agent's side."""

    kind: ClassVar[str] = "invited"
    chat: int
    chat_id: str
    agent: str
    at: Seconds


@dataclass(frozen=True, slots=True)
class Ended:
    """The performance of a chat is over. `how` is said by `gws_contract.stage.cast.How`."""

    kind: ClassVar[str] = "ended"
    chat: int
    at: Seconds
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
    sent: Seconds
    headers_at: Seconds | None
    done: Seconds
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
    observer: int = 1
    """Which of the agent's observers: 2 is the second one, where there is one."""


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
    at: Seconds
    """When the last byte of the response was read."""
    link: Link
    message: Mapping[str, Any]
    """The whole Bayeux message."""
    serial: int = 0
    """Order of receipt over all observers."""
    chat: int | None = None
    """The number of the chat it belongs to."""
    observer: int = 1
    """Which of the agent's observers."""


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
    too-large, told-to-wait, flooded, stopped.
    """

    kind: ClassVar[str] = "incident"
    agent: str
    epoch: int
    at: float
    what: str
    detail: str
    observer: int = 1
    """Which of the agent's observers."""
    since: float | None = None
    """When the session was last known to lose nothing, if what happened came to light only later; None: at `at`."""

    @property
    def begun(self) -> float:
        """From when on it may hide something."""
        return self.at if self.since is None else self.since


@dataclass(frozen=True, slots=True)
class Load:
    """How a load run stood at the end of a second: of this shard alone."""

    kind: ClassVar[str] = "load"
    at: float
    due: int
    """Chats that should have been offered so far."""
    offered: int
    """Chats that have been offered so far."""
    active: int
    """Chats under way."""
    lag: float
    """Seconds by which this client woke too late in this second, at worst."""
    busy: float
    """The share of one processor that this client used in this second."""


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line of a journal whose run came to its end."""

    kind: ClassVar[str] = "footer"
    at: float
    ended: str
    """complete, not ready, interrupted, time limit, silent server, no more offers, too much data, harness error."""
    chats: int
    detail: str = ""
    lacks: tuple[str, ...] = ()
    """Optional things this run had to do without, as named by `wants` of a clause."""
    notes: tuple[str, ...] = ()
    """As those of the header, of what turned out on the way."""


Record = Header | Planned | Invited | Ended | Exchange | Session | Delivery | Stray | Incident | Load | Footer
RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (Header, Planned, Invited, Ended, Exchange, Session, Delivery, Stray, Incident, Load, Footer)
}
