"""A chat in words: what was planned in one sentence, what was seen as a timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gws_contract.conversation import Conversation, Notification
from gws_contract.journal import Exchange
from gws_contract.scenario import Say, Scenario, Typing, Visit

_LINES = 24


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline. Seconds after the Accept (or, without one, after the first event)."""

    at: float
    text: str


def in_one_sentence(scenario: Scenario) -> str:
    """The scenario as a sentence."""
    said = [_quoted(step.text) for step in scenario.before if isinstance(step, Say)]
    words = f"customer {_quoted(scenario.customer)} says {_listed(said) if said else 'nothing'}"
    if any(isinstance(step, Typing) for step in scenario.before):
        words += " and types"
    for step in scenario.before:
        if isinstance(step, Visit) and step.parting == "reject":
            words += "; an agent rejects"
        elif isinstance(step, Visit):
            words += f"; {_quoted(step.nickname)} accepts and parts ({step.parting})"
    if scenario.refusals:
        words += f"; refused are tried: {_listed(list(scenario.refusals))}"
    words += f"; agent accepts as {_quoted(scenario.agent)}"
    return words + (", beside another chat of the same agent" if scenario.beside == "same-agent" else "")


def _quoted(text: str) -> str:
    cut = text if len(text) <= 40 else text[:37] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + '"'


def _listed(items: list[str]) -> str:
    return ", ".join(items) if len(items) <= 4 else ", ".join(items[:3]) + f" and {len(items) - 3} more"


def timeline(conversation: Conversation) -> list[Moment]:
    """What was seen of a chat, from its last invitation on, at most 24 lines."""
    start = _start(conversation)
    events = [m for e in conversation.exchanges for m in _of_exchange(e)]
    events += [Moment(n.at, _of_notification(n, conversation)) for n in conversation.notifications]
    events += [
        Moment(i.at, f"!! {i.what} on the CometD session of {i.agent}: {i.detail}")
        for i in conversation.incidents
        if conversation.accept and conversation.accept.sent <= i.at <= conversation.accept.sent + 60
    ]
    events.sort(key=lambda moment: moment.at)
    since = conversation.invitations[-1].at if conversation.invitations else 0.0
    shown = [Moment(moment.at - start, moment.text) for moment in events if moment.at >= since]
    if len(shown) > _LINES:
        left_out = Moment(shown[_LINES - 1].at, f"... {len(shown) - _LINES + 1} more lines in the journal")
        shown = [*shown[: _LINES - 1], left_out]
    return shown


def _start(conversation: Conversation) -> float:
    if conversation.accept is not None:
        return conversation.accept.sent
    return min((e.sent for e in conversation.exchanges), default=0.0)


def _of_exchange(exchange: Exchange) -> Iterator[Moment]:
    body = f"  {_cut(exchange.request, 100)}" if exchange.request else ""
    who = "" if exchange.actor.startswith("agent:") else f"{exchange.actor}: "
    yield Moment(exchange.sent, f"-> {who}{exchange.method} {exchange.path}{body}")
    if exchange.failure:
        yield Moment(exchange.done, f"<- {who}{exchange.failure}")
    else:
        yield Moment(exchange.done, f"<- {who}{exchange.status} {_cut(exchange.answer or '', 100)}")


def _of_notification(n: Notification, conversation: Conversation) -> str:
    delivery = n.delivery
    whom = "" if n.agent == conversation.agent else f" to {n.agent}"
    state = f" {n.state}" if n.state else ""
    link = "poll" if delivery.link == "poll" else "answer"
    return f"<- {delivery.message.get('channel')}{whom}  {n.kind}{state}   {link} {delivery.poll} [{delivery.position}]"


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
