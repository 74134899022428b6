"""A whole journal, put together: one conversation for every chat, and what belongs to none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gws_contract import deviations
from gws_contract.compact import ByNumber
from gws_contract.conversation import Conversation
from gws_contract.deviations import Deviation
from gws_contract.happenings import Happenings, Told
from gws_contract.journal import (
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    JournalError,
    Load,
    Planned,
    Record,
    Session,
    Stray,
)
from gws_contract.notified import Notification
from gws_contract.scenario import Scenario
from gws_contract.scenario_json import from_json


@dataclass(frozen=True)
class Evidence:
    """A whole journal, put together."""

    header: Header
    conversations: Sequence[Conversation]
    """One for every chat, by number. Those of a file are read from it whenever they are asked for (`filed`)."""
    exchanges: tuple[Exchange, ...]
    """Those that belong to no chat: logging in and out."""
    incidents: tuple[Incident, ...]
    strays: int
    """At most MOST_STRAYS of the records."""
    footer: Footer | None
    """None if the run was cut off."""
    deviations: Mapping[str, Deviation] = field(default_factory=dict)
    """What the vendor had declared, by clause."""
    expired: frozenset[str] = frozenset()
    """The clauses whose deviation had expired when the run started."""
    loads: tuple[Load, ...] = ()
    """Of a load run, in the order of the journal."""
    shards: tuple[Evidence, ...] = ()
    """If it is that of several journals: what each of them holds, without its conversations."""

    def declared(self, clause: str) -> bool:
        """Whether a break of this clause is a declared one: the run started before the declaration expired."""
        return clause in self.deviations and clause not in self.expired

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the run."""
        return (*self.header.notes, *(self.footer.notes if self.footer else ()))


def assemble(records: Iterable[Record]) -> Evidence:
    """Put the records of one journal together; of several plans of a chat the last one counts.

    Raises JournalError when the header is missing or comes twice, when what it declares is no deviation, or when a plan
    is no scenario.
    """
    gathering, chats = Gathering(), dict[int, list[Record]]()
    for record in records:
        chat = gathering.take(record)
        if chat is not None:
            chats.setdefault(chat, []).append(record)
    return gathering.evidence(
        lambda header, told: tuple(conversation(header, told, of_one) for _, of_one in sorted(chats.items()))
    )


class Gathering:
    """One pass over a journal, in its order: what concerns all chats, and to which chat a record belongs."""

    def __init__(self) -> None:
        self._header: Header | None = None
        self._footer: Footer | None = None
        self._planned = ByNumber("B")
        self._exchanges: list[Exchange] = []
        self._sessions: list[Session] = []
        self._incidents: list[Incident] = []
        self._loads: list[Load] = []
        self._strays = 0

    def take(self, record: Record) -> int | None:
        """The number of the chat that a record belongs to: one that was planned before.

        Raises JournalError for a second header.
        """
        match record:
            case Header():
                if self._header is not None:
                    raise JournalError("The journal has two headers.")
                self._header = record
            case Footer():
                self._footer = record
            case Planned():
                self._planned[record.chat] = 1
                return record.chat
            case Invited() | Ended() | Delivery() | Exchange() if self._is_planned(record.chat):
                return record.chat
            case Exchange():
                self._exchanges.append(record)
            case Session():
                self._sessions.append(record)
            case Incident():
                self._incidents.append(record)
            case Load():
                self._loads.append(record)
            case Stray():
                self._strays += 1
        return None

    def _is_planned(self, chat: int | None) -> bool:
        return chat is not None and self._planned[chat] != 0

    def evidence(self, conversations: Callable[[Header, Told], Sequence[Conversation]]) -> Evidence:
        """All of it, with the conversations that are made of its header and what was told of sessions.

        Raises JournalError as `assemble` does.
        """
        header, incidents, loads = self._header, tuple(self._incidents), tuple(self._loads)
        if header is None:
            raise JournalError("The journal has no header.")
        chats = conversations(header, Told(tuple(self._sessions), incidents, loads))
        declared, expired = _deviations(header)
        exchanges = tuple(self._exchanges)
        return Evidence(header, chats, exchanges, incidents, self._strays, self._footer, declared, expired, loads)


def _deviations(header: Header) -> tuple[dict[str, Deviation], frozenset[str]]:
    """What was declared, by clause, and of which clauses it had expired on the day of the run: the same on any day."""
    try:
        declared = {one.clause: one for one in map(deviations.from_json, header.deviations)}
        expired = [name for name, one in declared.items() if one.expired(header.day)]
    except (ValueError, OverflowError) as error:
        raise JournalError(f"The deviations that the journal declares make no sense: {error}") from error
    return declared, frozenset(expired)


def scenario_of(planned: Planned) -> Scenario:
    """What was planned for a chat. Raises JournalError if it is no scenario."""
    try:
        return from_json(planned.scenario)
    except ValueError as error:
        raise JournalError(f"Chat {planned.chat}: {error}") from error


def conversation(header: Header, told: Told, records: Iterable[Record]) -> Conversation:
    """One chat, of its records in the order of the journal; a plan is the first of them. Raises JournalError."""
    planned: Planned | None = None
    ended: Ended | None = None
    invitations: list[Invited] = []
    exchanges: list[Exchange] = []
    deliveries: list[Delivery] = []
    for record in records:
        match record:
            case Planned():
                planned = record
            case Invited():
                invitations.append(record)
            case Exchange():
                exchanges.append(record)
            case Delivery():
                deliveries.append(record)
            case _:
                assert isinstance(record, Ended)
                ended = record
    assert planned is not None
    return _clearest(
        Conversation(
            header=header,
            planned=planned,
            scenario=scenario_of(planned),
            invitations=tuple(sorted(invitations, key=lambda i: i.at)),
            exchanges=tuple(sorted(exchanges, key=lambda e: e.sent)),
            notifications=tuple(Notification(d) for d in sorted(deliveries, key=lambda d: d.serial)),
            happenings=Happenings(told),
            ended=ended,
        )
    )


def _clearest(whole: Conversation) -> Conversation:
    """Of every agent what one observer heard: the first, unless it was disturbed and the second was not."""
    twice = whole.happenings.told.twice
    if not twice:
        return whole
    first = _heard(whole, {})
    second = _heard(whole, dict.fromkeys(twice, 2))
    disturbed = {agent for agent in twice if not first.transport(agent).is_clear}
    return _heard(whole, {agent: 2 for agent in disturbed if second.transport(agent).is_clear})


def _heard(whole: Conversation, observers: Mapping[str, int]) -> Conversation:
    """What these observers heard, by agent; of all others the first one."""
    happenings = replace(whole.happenings, observers=observers)
    heard = [n for n in whole.notifications if happenings.believes(n.agent, n.delivery.observer)]
    return replace(whole, notifications=tuple(heard), happenings=happenings)
