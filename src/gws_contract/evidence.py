"""A whole journal, put together: one conversation for every chat, and what belongs to none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gws_contract import deviations
from gws_contract.conversation import Conversation, Notification
from gws_contract.deviations import Deviation
from gws_contract.journal import (
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    JournalError,
    Planned,
    Record,
    Session,
    Stray,
)
from gws_contract.scenario import from_json


@dataclass
class _Draft:
    planned: Planned
    invitations: list[Invited] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    ended: Ended | None = None


@dataclass(frozen=True)
class Evidence:
    """A whole journal, put together."""

    header: Header
    conversations: tuple[Conversation, ...]
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
    header: Header | None = None
    footer: Footer | None = None
    drafts: dict[int, _Draft] = {}
    strays = 0
    loose: dict[type, list[Any]] = defaultdict(list)
    for record in records:
        match record:
            case Header():
                if header is not None:
                    raise JournalError("The journal has two headers.")
                header = record
            case Footer():
                footer = record
            case Planned():
                drafts.setdefault(record.chat, _Draft(record)).planned = record
            case Invited() if record.chat in drafts:
                drafts[record.chat].invitations.append(record)
            case Ended() if record.chat in drafts:
                drafts[record.chat].ended = record
            case Delivery() if record.chat in drafts:
                drafts[record.chat].deliveries.append(record)
            case Exchange() if record.chat in drafts:
                drafts[record.chat].exchanges.append(record)
            case Stray():
                strays += 1
            case _:
                loose[type(record)].append(record)
    if header is None:
        raise JournalError("The journal has no header.")
    sessions, incidents = tuple(loose[Session]), tuple(loose[Incident])
    conversations = tuple(_conversation(header, draft, sessions, incidents) for _, draft in sorted(drafts.items()))
    declared, expired = _deviations(header)
    return Evidence(header, conversations, tuple(loose[Exchange]), incidents, strays, footer, declared, expired)


def _deviations(header: Header) -> tuple[dict[str, Deviation], frozenset[str]]:
    """What was declared, by clause, and of which clauses it had expired on the day of the run: the same on any day."""
    try:
        declared = {one.clause: one for one in map(deviations.from_json, header.deviations)}
        expired = [name for name, one in declared.items() if one.expired(header.day)]
    except (ValueError, OverflowError) as error:
        raise JournalError(f"The deviations that the journal declares make no sense: {error}") from error
    return declared, frozenset(expired)


def _conversation(
    header: Header, draft: _Draft, sessions: tuple[Session, ...], incidents: tuple[Incident, ...]
) -> Conversation:
    try:
        scenario = from_json(draft.planned.scenario)
    except ValueError as error:
        raise JournalError(f"Chat {draft.planned.chat}: {error}") from error
    return _clearest(
        Conversation(
            header=header,
            planned=draft.planned,
            scenario=scenario,
            invitations=tuple(sorted(draft.invitations, key=lambda i: i.at)),
            exchanges=tuple(sorted(draft.exchanges, key=lambda e: e.sent)),
            notifications=tuple(Notification(d) for d in sorted(draft.deliveries, key=lambda d: d.serial)),
            sessions=sessions,
            incidents=incidents,
            ended=draft.ended,
        )
    )


def _clearest(whole: Conversation) -> Conversation:
    """Of every agent what one observer heard: the first, unless it was disturbed and the second was not."""
    twice = {session.agent for session in whole.sessions if session.observer == 2}
    if not twice:
        return whole
    first = _heard(whole, {})
    second = _heard(whole, dict.fromkeys(twice, 2))
    disturbed = {agent for agent in twice if not first.transport(agent).is_clear}
    return _heard(whole, {agent: 2 for agent in disturbed if second.transport(agent).is_clear})


def _heard(whole: Conversation, observers: Mapping[str, int]) -> Conversation:
    """What these observers heard, by agent; of all others the first one."""
    return replace(
        whole,
        notifications=tuple(n for n in whole.notifications if n.delivery.observer == observers.get(n.agent, 1)),
        sessions=tuple(s for s in whole.sessions if s.observer == observers.get(s.agent, 1)),
        incidents=tuple(i for i in whole.incidents if i.observer == observers.get(i.agent, 1)),
    )
