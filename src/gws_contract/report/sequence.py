"""A chat as a sequence of messages between customer, server and agents: what a diagram of it shows.

Whether a clause is broken is the judge's to say. The marks here only point at what a reader looks for: what came late,
again, in another order than the page's, to somebody else, or never.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted
from gws_contract.judge.finding import Finding
from gws_contract.judge.sequence import firsts, repeated

ROWS = 20
"""At most, of one chat."""
_LANES = 5
_LONGEST = 24
"""Characters of a label."""

Style = Literal["request", "answer", "notification", "missing", "incident", "gap"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diagram: a message from one lane to another."""

    at: float | None
    """Seconds after the Accept was sent; None if it never came, or if a document says it."""
    source: int
    target: int
    """Indices of lanes."""
    label: str
    style: Style
    number: int = 0
    """Its place among the three notifications of the page; 0 for everything else."""
    marks: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """How much a reader would miss it."""
        return bool(self.marks) + bool(self.number)


@dataclass(frozen=True, slots=True)
class Picture:
    """Lanes, each a role and a name, and the rows between them from top to bottom."""

    lanes: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]


def documented() -> Picture:
    """What the page says of an Accept."""
    labels = [(notice.STATUS_CHANGE + " Chatting"), notice.PARTICIPANTS_UPDATED, notice.NEW_MESSAGES]
    notifications = (Row(None, 0, 1, label, "notification", number) for number, label in enumerate(labels, 1))
    request, answer = Row(None, 1, 0, "POST Accept", "request"), Row(None, 0, 1, '200 {"statusCode": 0}', "answer")
    return Picture((("server", ""), ("agent", "")), (request, answer, *notifications))


def received(conversation: Conversation) -> Picture:
    """What was seen of a chat from its last invitation on, at most `ROWS` rows; those around the Accept are kept."""
    lanes = _Lanes(conversation)
    accept = conversation.accept
    start = accept.sent if accept else min((e.sent for e in conversation.exchanges), default=0.0)
    since = conversation.offer.at if conversation.offer else 0.0
    timed = [*_missing(conversation, lanes), *_exchanges(conversation, lanes, start)]
    timed += [*_notifications(conversation, lanes, start), *_incidents(conversation, lanes, start)]
    timed.sort(key=lambda each: each[0])
    rows = _shortened([row for at, row in timed if at >= since])
    return Picture(lanes.listed, tuple(rows))


class _Lanes:
    """Customer, server, the agent whose Accept is judged, others as they appear; the last lane is for all the rest."""

    def __init__(self, conversation: Conversation) -> None:
        self._names = ["customer", "server", f"agent:{conversation.agent or ''}"]
        self._customer = conversation.customer or ""
        self._crowded = False

    def of(self, actor: str) -> int:
        if actor not in self._names:
            if len(self._names) == _LANES:
                self._crowded = True
                return _LANES - 1
            self._names.append(actor)
        return self._names.index(actor)

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        named = [name.partition(":")[::2] for name in self._names]
        lanes = (("customer", self._customer), *named[1:])
        return (*lanes[:-1], ("others", "")) if self._crowded else lanes


_Timed = tuple[float, Row]


def _exchanges(conversation: Conversation, lanes: _Lanes, start: float) -> Iterator[_Timed]:
    for exchange in conversation.exchanges:
        lane = lanes.of(exchange.actor)
        if exchange is conversation.accept:
            yield exchange.sent, Row(0.0, lane, 1, "POST Accept", "request")
            yield exchange.done, Row(exchange.done - start, 1, lane, _answer(exchange), "answer")
        else:
            outcome = exchange.status if exchange.status is not None else "no answer"
            yield exchange.sent, Row(exchange.sent - start, lane, 1, _cut(f"{exchange.step}: {outcome}"), "request")


def _answer(exchange: Exchange) -> str:
    if exchange.failure:
        return _cut(exchange.failure)
    return _cut(f"{exchange.status} {exchange.answer or ''}".strip())


def _notifications(conversation: Conversation, lanes: _Lanes, start: float) -> Iterator[_Timed]:
    first = {id(n): kind for kind, n in firsts(conversation).items()}
    again = {id(n) for kind in notice.DOCUMENTED for _, n in repeated(conversation, kind)}
    invited = {i.agent for i in conversation.invitations}
    highest = 0
    for n in conversation.notifications:
        number = notice.DOCUMENTED.index(first[id(n)]) + 1 if id(n) in first else 0
        marks = [*_foreign(n, conversation, invited)]
        if number and number < highest:
            marks.append("out of order")
        if number and n.at - start > conversation.header.deadline:
            marks.append(f"late: after {conversation.header.deadline:g} s")
        if id(n) in again:
            marks.append("duplicated")
        highest = max(highest, number)
        row = Row(n.at - start, 1, lanes.of(f"agent:{n.agent}"), _named(n), "notification", number, tuple(marks))
        yield n.at, row


def _foreign(n: Notification, conversation: Conversation, invited: Iterable[str]) -> Iterator[str]:
    if n.agent not in invited and n.kind in notice.DOCUMENTED:
        yield "foreign: never invited"
    named = notice.chat_ids(n.payload)
    if named and conversation.chat_id and conversation.chat_id not in named:
        yield "foreign: another chat"


def _named(n: Notification) -> str:
    state = n.state if n.kind == notice.STATUS_CHANGE else None
    return _cut(f"{n.kind or 'another notification'} {state or ''}".strip())


def _missing(conversation: Conversation, lanes: _Lanes) -> Iterator[_Timed]:
    accept, ended = conversation.accept, conversation.ended
    if accept is None or ended is None or ended.how == "cut short" or not _was_accepted(conversation):
        return
    until = min(accept.sent + conversation.header.deadline, conversation.horizon)
    came = firsts(conversation)
    lane = lanes.of(f"agent:{conversation.agent}")
    for number, kind in enumerate(notice.DOCUMENTED, 1):
        if kind not in came:
            yield until, Row(None, 1, lane, kind, "missing", number, ("missing",))


def _was_accepted(conversation: Conversation) -> bool:
    try:
        accepted(conversation)
    except Finding:
        return False
    return True


def _incidents(conversation: Conversation, lanes: _Lanes, start: float) -> Iterator[_Timed]:
    accept = conversation.accept
    for incident in conversation.incidents if accept else ():
        if start <= incident.at <= min(conversation.horizon, start + 60):
            lane = lanes.of(f"agent:{incident.agent}")
            yield incident.at, Row(incident.at - start, lane, lane, _cut(f"!! {incident.what}"), "incident")


def _shortened(rows: Sequence[Row]) -> list[Row]:
    """The `ROWS` weightiest rows, of equals those nearest to the Accept; a gap stands for rows that are left out."""
    ranked = sorted(range(len(rows)), key=lambda at: (-rows[at].weight, abs(rows[at].at or 0.0)))
    shown: list[Row] = []
    before = -1
    for at in [*sorted(ranked[:ROWS]), len(rows)]:
        if hidden := at - before - 1:
            shown.append(Row(None, 0, 0, f"{hidden} more in the journal", "gap"))
        shown += rows[at : at + 1]
        before = at
    return shown


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
