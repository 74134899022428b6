"""A chat in words: what was planned in one sentence, what was seen as a timeline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gws_contract.conversation import Conversation, Notification
from gws_contract.journal import Exchange
from gws_contract.scenario import Attempt, Depart, Outage, Say, Scenario, Step, Stream, Typing, Visit

_LINES = 24


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline. Seconds after the Accept (or, without one, after the first event)."""

    at: float
    text: str


def in_one_sentence(scenario: Scenario) -> str:
    """The scenario as a sentence."""
    parts = [f"customer {_quoted(scenario.customer)} {_doings(scenario.before) or 'says nothing'}"]
    parts += [_visit(step) for step in scenario.before if isinstance(step, Visit)]
    parts += [_OUTAGES[step.what] for step in scenario.before if isinstance(step, Outage)]
    if scenario.user_data:
        parts.append(f"user data {_cut(json.dumps(dict(scenario.user_data)), 60)}")
    if scenario.refusals:
        parts.append(f"refused are tried: {_listed([_tried(each) for each in scenario.refusals])}")
    if Depart() in scenario.before:
        return "; ".join([*parts, "the customer leaves, and the agent accepts nevertheless"])
    spelled = "" if scenario.spelling == "plain" else f" in JSON that is {scenario.spelling}"
    parts.append(f"agent accepts as {_quoted(scenario.agent)}{spelled}{_BESIDE[scenario.beside]}")
    if scenario.during:
        leaves = "leaves" if Depart() in scenario.during else ""
        parts.append(f"meanwhile the customer {' and '.join(filter(None, (_doings(scenario.during), leaves)))}")
    if scenario.reply:
        parts.append(f"the agent says {_quoted(scenario.reply)}")
    if scenario.accept_again:
        parts.append("the agent accepts again")
    if scenario.after:
        parts.append(f"then the customer {_doings(scenario.after)}")
    if scenario.uses:
        parts.append(f"at last the agent uses {', '.join(scenario.uses)}")
    return "; ".join(parts)


_OUTAGES = {
    "observer": "the agent's CometD session is begun anew",
    "session": "the agent logs out and in",
}
_BESIDE = {
    "nobody": "",
    "same-agent": ", beside another chat of the same agent",
    "all-agents": ", at the same moment as all other agents",
}


def _doings(steps: Sequence[Step]) -> str:
    """What the customer says and types."""
    said = [step.text for step in steps if isinstance(step, Say)]
    streams = [step for step in steps if isinstance(step, Stream) and step.total]
    texts = [f"{s.total} texts from {_quoted(s.said[0])} to {_quoted(s.said[-1])}" for s in streams]
    words = _listed([*map(_quoted, said), *texts])
    types = "types" if any(isinstance(step, Typing) for step in steps) else ""
    return " and ".join(filter(None, (f"says {words}" if words else "", types)))


def _visit(visit: Visit) -> str:
    if visit.parting == "reject":
        return "an agent rejects"
    says = f", says {_listed(list(map(_quoted, visit.texts)))}" if visit.texts else ""
    return f"{_quoted(visit.nickname)} accepts{says} and parts ({visit.parting})"


def _tried(wrong: str | Attempt) -> str:
    return wrong if isinstance(wrong, str) else wrong.says


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
    since = conversation.offer.at if conversation.offer else 0.0
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
        status = "" if exchange.status is None else f"{exchange.status} "
        yield Moment(exchange.done, f"<- {who}{status}{_cut(exchange.answer or '', 100)}")


def _of_notification(n: Notification, conversation: Conversation) -> str:
    delivery = n.delivery
    whom = "" if n.agent == conversation.agent else f" to {n.agent}"
    state = f" {n.state}" if n.state else ""
    link = "poll" if delivery.link == "poll" else "answer"
    return f"<- {delivery.message.get('channel')}{whom}  {n.kind}{state}   {link} {delivery.poll} [{delivery.position}]"


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
