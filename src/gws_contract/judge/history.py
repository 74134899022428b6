"""The chat history: complete, in order, up to the point of joining."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted, succeeded
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.form import judged
from gws_contract.judge.names import change, shown

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d\.\d{3})(Z|[+-]\d\d:?\d\d)")


def _came(conversation: Conversation) -> tuple[Mapping[str, Any], ...]:
    accepted(conversation)
    if not conversation.of(notice.NEW_MESSAGES):
        raise NotTestable("no NewMessages came")
    return conversation.history


def _said(exchange: Exchange) -> str:
    return str(json.loads(exchange.request or "{}").get("text", ""))


def planted(conversation: Conversation) -> list[str]:
    """The texts that the customer had sent, and the server had taken, before the Accept was sent."""
    accept = accepted(conversation)
    return [_said(e) for e in conversation.steps("say") if succeeded(e) and e.done <= accept.sent]


def _author(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    author = entry.get("from")
    return author if isinstance(author, Mapping) else {}


def _texts(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The texts of the entries of type Text."""
    return [e["text"] for e in entries if e.get("type") == "Text" and isinstance(e.get("text"), str)]


def _by_customer(conversation: Conversation, entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries of this chat's customer, and those without author.

    The customer is known by nickname, or by an id that goes with it; if nobody bears the nickname, by type.
    """
    nickname = conversation.scenario.customer
    people = [p for n in conversation.received for p in n.participants] + [_author(e) for e in entries]
    named = [p for p in people if p.get("nickname") == nickname and p.get("type") != "Agent"]
    named = named or [p for p in people if p.get("type") == "Customer"]
    known = {_key(p, member) for p in named for member in ("nickname", "participantId")} - {None}
    return [
        e
        for e in entries
        if not _author(e)
        or (_author(e).get("type") != "Agent" and {_key(_author(e), n) for n in ("nickname", "participantId")} & known)
    ]


def _key(person: Mapping[str, Any], member: str) -> tuple[str, str] | None:
    value = person.get(member)
    return (member, value) if isinstance(value, str) else None


def _by_agents(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [e for e in entries if _author(e).get("type") == "Agent"]


def _perhaps(conversation: Conversation) -> Counter[str]:
    """Texts of the customer that may or may not be there: said after the Accept, or not answered with success."""
    accept = accepted(conversation)
    unsure = [e for e in conversation.steps("say") if not (succeeded(e) and e.done <= accept.sent)]
    return Counter(_said(e) for e in [*unsure, *conversation.steps("say-after")])


def holds_every_text(conversation: Conversation) -> None:
    """Each of the customer's texts occurs as often as it was sent, unchanged, among the texts that are no agent's.

    What the customer said after the Accept may follow live, and may be the same text.
    """
    entries = _came(conversation)
    sent = planted(conversation)
    if not sent:
        raise NotTestable("the customer sent no text before the Accept")
    occurs = Counter(_texts(_by_customer(conversation, entries)))
    later = _perhaps(conversation)
    for text, times in Counter(sent).items():
        if times <= occurs[text] <= times + later[text]:
            continue
        if occurs[text] > times:
            raise Broken(f"{shown(text)} {_times(times)}", f"{shown(text)} {_times(occurs[text])}")
        changed = [(other, change(text, other)) for other in occurs if other not in sent]
        became = next((f"{shown(other)} ({phrase})" for other, phrase in changed if phrase), None)
        found = sum(min(occurs[t], n) for t, n in Counter(sent).items())
        detail = f"instead of {shown(text)}: {became}" if became else f"missing: {shown(text)}"
        raise Broken(f"all {len(sent)} texts that the customer had sent", f"{found} of {len(sent)}; {detail}")


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def keeps_the_order(conversation: Conversation) -> None:
    """The customer's texts occur in the order in which they were sent; those that are lacking or too many, aside."""
    entries = _came(conversation)
    sent, perhaps = planted(conversation), _perhaps(conversation)
    occurring = _texts(_by_customer(conversation, entries))
    certain = {text for text in sent if sent.count(text) == occurring.count(text) and text not in perhaps}
    if len(certain) < 2:
        raise NotTestable("fewer than two different texts of the customer in the history")
    expected = [text for text in sent if text in certain]
    found = [text for text in occurring if text in certain]
    place = next((at for at, text in enumerate(expected) if found[at] != text), None)
    if place is not None:
        first, second = shown(expected[place]), shown(found[place])
        raise Broken(
            f"{first}, then {second}",
            f"{second}, then {first}",
            within_array=len(conversation.of(notice.NEW_MESSAGES)) == 1,
        )


def visits(conversation: Conversation) -> list[tuple[str, list[str], bool]]:
    """Of each earlier agent who joined: nickname, texts the server took, and whether the parting was taken."""
    out: list[tuple[str, list[str], bool]] = []
    for exchange in conversation.steps("visit:accept", "visit:say", "visit:leave", "visit:transfer"):
        if not succeeded(exchange):
            continue
        if exchange.step == "visit:accept":
            if _became_chatting(conversation, exchange):
                out.append((str(json.loads(exchange.request or "{}").get("nickname", "")), [], False))
        elif out:
            nickname, texts, parted = out[-1]
            says = exchange.step == "visit:say"
            out[-1] = (nickname, [*texts, _said(exchange)] if says else texts, parted or not says)
    return out


def _became_chatting(conversation: Conversation, exchange: Exchange) -> bool:
    agent = exchange.actor.removeprefix("agent:")
    later = [e.sent for e in conversation.steps("visit:accept", "accept") if e.sent > exchange.sent]
    until = min(later, default=float("inf"))
    return any(
        n.agent == agent and n.state == "Chatting" and exchange.sent < n.at <= until for n in conversation.notifications
    )


def holds_earlier_agents(conversation: Conversation) -> None:
    """What earlier agents of this chat did is in its history: each join, each text, each leave."""
    entries = _came(conversation)
    earlier = visits(conversation)
    if not earlier:
        raise NotTestable("no agent had been in this chat before")
    own = conversation.scenario.agent
    for nickname, times in Counter(name for name, _, _ in earlier).items():
        and_own = 1 if nickname == own and _own_join(conversation, own) else 0
        if len(_moves(entries, notice.JOINS, nickname)) < times + and_own:
            raise Broken(f"ParticipantJoined of the earlier agent {shown(nickname)}", _agents(entries))
    for nickname, times in Counter(name for name, _, parted in earlier if parted).items():
        if len(_moves(entries, ("ParticipantLeft",), nickname)) < times:
            raise Broken(f"ParticipantLeft of the earlier agent {shown(nickname)}", _agents(entries))
    occurs = Counter(_texts(_by_agents(entries)))
    for text, times in Counter(text for _, texts, _ in earlier for text in texts).items():
        if occurs[text] < times:
            raise Broken(f"the earlier agent's text {shown(text)}", f"{occurs.total()} texts of agents without it")


def _moves(entries: Sequence[Mapping[str, Any]], types: Sequence[str], nickname: str) -> list[Mapping[str, Any]]:
    return [
        e
        for e in entries
        if e.get("type") in types and _author(e).get("type") == "Agent" and _author(e).get("nickname") == nickname
    ]


def _agents(entries: Sequence[Mapping[str, Any]]) -> str:
    moves = [
        f"{e.get('type')} {shown(str(_author(e).get('nickname')))}"
        for e in entries
        if str(e.get("type", "")).startswith("Participant") and _author(e).get("type") == "Agent"
    ]
    return ", ".join(moves[:6]) or "no coming or going of an agent"


def _own_join(conversation: Conversation, nickname: str) -> Mapping[str, Any] | None:
    """The agent's own join: the last that the history says of an agent of this nickname, until the chat ended.

    Participant ids do not tell who is meant (the page's samples contradict each other), and an earlier agent may have
    had the same nickname; but then the last word on that one is a leave.
    """
    batches = conversation.of(notice.NEW_MESSAGES)
    in_time = [n for n in batches if n.at <= conversation.horizon] or list(batches)
    if all(n.entries and isinstance(n.entries[0].get("index"), int | float) for n in in_time):
        in_time.sort(key=lambda n: float(n.entries[0]["index"]))
    unique = {json.dumps(entry, sort_keys=True): entry for n in in_time for entry in n.entries}
    moves = _moves(list(unique.values()), (*notice.JOINS, "ParticipantLeft"), nickname)
    return moves[-1] if moves and moves[-1].get("type") in notice.JOINS else None


def reaches_the_join(conversation: Conversation, nickname: str) -> None:
    """The history holds the agent's own join, behind the leave of an earlier agent of the same nickname."""
    entries = _came(conversation)
    if _own_join(conversation, nickname) is None:
        raise Broken(f"ParticipantJoined of Agent {shown(nickname)}", _agents(entries))


def ends_with_the_join(conversation: Conversation, nickname: str) -> None:
    """In the notification that holds the agent's own join, nothing follows it."""
    _came(conversation)
    own = _own_join(conversation, nickname)
    if own is None:
        raise NotTestable("the history does not hold the agent's own join")
    holder = next(n for n in conversation.of(notice.NEW_MESSAGES) if own in n.entries)
    behind = holder.entries[holder.entries.index(own) + 1 :]
    if behind:
        raise Broken("the agent's own join comes last", f"{len(behind)} entries behind it: {brief(behind[0], 80)}")


def delivers_entries_once(conversation: Conversation) -> None:
    """No entry is delivered a second time by the same Accept."""
    _came(conversation)
    transport = conversation.own_transport
    seen: dict[str, int] = {}
    for n in conversation.of(notice.NEW_MESSAGES):
        if n.at > conversation.own_until:
            break
        for entry in n.entries:
            canonical = json.dumps(entry, sort_keys=True)
            before = seen.get(canonical)
            resent = transport.ack and transport.poll_broken and before is not None and n.delivery.poll - before <= 1
            if before is not None and not resent:
                raise Broken("every entry once", f"again: {brief(entry, 100)}", within_array=before == n.delivery.poll)
            seen[canonical] = n.delivery.poll
    if not seen:
        raise NotTestable("no entry came")


def indexes_rise(conversation: Conversation) -> None:
    """Within one notification indexes rise; over all of them an index never stands for two different entries."""
    _, found = judged(conversation, "history")
    meaning: dict[Any, str] = {}
    for n in found:
        indexes = [entry["index"] for entry in n.entries if isinstance(entry.get("index"), int | float)]
        for before, after in pairwise(indexes):
            if after <= before:
                raise Broken("rising indexes", f"{after} after {before}")
        for entry in n.entries:
            if isinstance(entry.get("index"), int | float):
                canonical = json.dumps(entry, sort_keys=True)
                if meaning.setdefault(entry["index"], canonical) != canonical:
                    raise Broken("one entry for one index", f"index {entry['index']} for two different entries")
    if len(meaning) < 2:
        few = "two entries" if meaning else "an entry"
        raise NotTestable(f"no notification has {few} with an index")


def instant(timestamp: object) -> datetime | None:
    """The moment that a timestamp in one of the known spellings names; None for anything else."""
    match = _TIMESTAMP.fullmatch(timestamp) if isinstance(timestamp, str) else None
    if match is None:
        return None
    day, time, offset = match.groups()
    offset = "+00:00" if offset == "Z" else f"{offset[:3]}:{offset[-2:]}"
    try:
        return datetime.fromisoformat(f"{day}T{time}{offset}")
    except ValueError:
        return None


def timestamps_rise(conversation: Conversation) -> None:
    """Within one notification no timestamp lies before the one in front of it."""
    _, found = judged(conversation, "history")
    compared = 0
    for n in found:
        stamps = [(entry["timestamp"], instant(entry["timestamp"])) for entry in n.entries if "timestamp" in entry]
        known = [(text, moment) for text, moment in stamps if moment is not None]
        for (before, earlier), (after, later) in pairwise(known):
            compared += 1
            if later - earlier < timedelta(0):
                raise Broken("rising timestamps", f"{after} after {before}")
    if not compared:
        raise NotTestable("no notification has two entries with a timestamp")


def comings_and_goings(conversation: Conversation) -> None:
    """Replayed from its beginning, the history lets nobody leave who is not there, nor join who is."""
    entries = [e for e in _came(conversation) if isinstance(e.get("index"), int | float)]
    ordered = sorted(entries, key=lambda e: e["index"])
    if not ordered or ordered[0].get("type") not in notice.JOINS:
        raise NotTestable("the history does not begin with a join")
    moving = [e for e in ordered if e.get("type") in (*notice.JOINS, "ParticipantLeft")]
    if not all(isinstance(_author(e).get("participantId"), str) for e in moving):
        raise NotTestable("comings and goings without participantId")
    present: set[str] = set()
    for entry in moving:
        who = str(_author(entry)["participantId"])
        if entry.get("type") in notice.JOINS:
            if who in present and entry["type"] != "ParticipantRejoined":
                raise Broken("nobody joins twice", f"{shown(who)} joins again at index {entry['index']}")
            present.add(who)
        elif entry.get("type") == "ParticipantLeft":
            if who not in present:
                raise Broken("nobody leaves who has not joined", f"{shown(who)} leaves at index {entry['index']}")
            present.discard(who)
