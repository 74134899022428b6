"""The chat history: complete, in order, up to the point of joining."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted
from gws_contract.judge.concluding import concluded
from gws_contract.judge.customer import (
    author,
    batches,
    by_customer,
    meanwhile,
    perhaps,
    planted,
    said,
    texts,
    without_meanwhile,
)
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.names import change, shown
from gws_contract.judge.said import succeeded
from gws_contract.notified import Notification, union

_LATE = 100
"""Parts of a history that are looked at one by one after the end of the chat."""


def came(conversation: Conversation) -> tuple[Mapping[str, Any], ...]:
    """All entries that reached the agent. Raises NotTestable if nothing came but what was said during the Accept."""
    accepted(conversation)
    parts, _ = batches(conversation)
    if not parts:
        raise NotTestable("no NewMessages came")
    return conversation.history


def holds_every_text(conversation: Conversation) -> None:
    """Each of the customer's texts occurs as often as it was sent, unchanged, among the texts that are no agent's.

    What the customer said during the Accept may stand there too or follow live, like what was said after it, and may be
    the same text.
    """
    entries = came(conversation)
    sent = planted(conversation)
    if not sent:
        raise NotTestable("the customer sent no text before the Accept")
    found = texts(by_customer(conversation, entries))
    if found == [*sent]:
        return
    occurs = Counter(found)
    later = perhaps(conversation) + Counter(meanwhile(conversation))
    for text, times in Counter(sent).items():
        if times <= occurs[text] <= times + later[text]:
            continue
        if occurs[text] > times:
            raise Broken(f"{shown(text)} {_times(times)}", f"{shown(text)} {_times(occurs[text])}")
        changed = [(other, change(text, other)) for other in occurs if other not in sent and other not in later]
        became = next((f"{shown(other)} ({phrase})" for other, phrase in changed if phrase), None)
        held = sum(min(occurs[t], n) for t, n in Counter(sent).items())
        detail = f"instead of {shown(text)}: {became}" if became else f"missing: {shown(text)}"
        raise Broken(f"all {len(sent)} texts that the customer had sent", f"{held} of {len(sent)}; {detail}")


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def keeps_the_order(conversation: Conversation) -> None:
    """The customer's texts occur in the order in which they were sent; those that are lacking or too many, aside.

    Of what was said during the Accept, those that stand in the history; the order of live texts is another clause's.
    """
    came(conversation)
    parts, _ = batches(conversation)
    sent, unsure = planted(conversation) + meanwhile(conversation), perhaps(conversation)
    occurring = texts(by_customer(conversation, union(parts)))
    if occurring == [*sent] and not unsure and len(set(sent)) > 1:
        return
    occurs, times = Counter(occurring), Counter(sent)
    certain = {text for text in times if times[text] == occurs[text] and text not in unsure}
    if len(certain) < 2:
        raise NotTestable("fewer than two different texts of the customer in the history")
    expected = [text for text in sent if text in certain]
    found = [text for text in occurring if text in certain]
    place = next((at for at, text in enumerate(expected) if found[at] != text), None)
    if place is not None:
        first, second = shown(expected[place]), shown(found[place])
        raise Broken(f"{first}, then {second}", f"{second}, then {first}", within_array=len(parts) == 1)


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
            nickname, spoken, parted = out[-1]
            says = exchange.step == "visit:say"
            out[-1] = (nickname, [*spoken, said(exchange)] if says else spoken, parted or not says)
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
    entries = came(conversation)
    earlier = visits(conversation)
    if not earlier:
        raise NotTestable("no agent had been in this chat before")
    own = conversation.scenario.agent
    for nickname, times in Counter(name for name, _, _ in earlier).items():
        and_own = 1 if nickname == own and own_join(conversation, own) else 0
        if len(_moves(entries, notice.JOINS, nickname)) < times + and_own:
            raise Broken(f"ParticipantJoined of the earlier agent {shown(nickname)}", _agents(entries))
    for nickname, times in Counter(name for name, _, parted in earlier if parted).items():
        if len(_moves(entries, ("ParticipantLeft",), nickname)) < times:
            raise Broken(f"ParticipantLeft of the earlier agent {shown(nickname)}", _agents(entries))
    occurs = Counter(texts(e for e in entries if author(e).get("type") == "Agent"))
    for text, times in Counter(text for _, spoken, _ in earlier for text in spoken).items():
        if occurs[text] < times:
            raise Broken(f"the earlier agent's text {shown(text)}", f"{occurs.total()} texts of agents without it")


def _moves(entries: Sequence[Mapping[str, Any]], types: Sequence[str], nickname: str) -> list[Mapping[str, Any]]:
    moves = ((e, author(e)) for e in entries if e.get("type") in types)
    return [e for e, who in moves if who.get("type") == "Agent" and who.get("nickname") == nickname]


def _agents(entries: Sequence[Mapping[str, Any]]) -> str:
    moves = [
        f"{e.get('type')} {shown(str(author(e).get('nickname')))}"
        for e in entries
        if str(e.get("type")).startswith("Participant") and author(e).get("type") == "Agent"
    ]
    return ", ".join(moves[:6]) or "no coming or going of an agent"


@concluded
def own_join(conversation: Conversation, nickname: str) -> Mapping[str, Any] | None:
    """The agent's own join, or None: the last that the history says of an agent of this nickname, until the chat ended.

    Participant ids do not tell who is meant (the page's samples contradict each other), and an earlier agent may have
    had the same nickname; but then the last word on that one is a leave. What comes only after the end of the chat is
    added part by part: the agent's own leave is among it.
    """
    parts, _ = batches(conversation)
    in_time = sum(n.at <= conversation.horizon for n in parts)
    late = [at for at in range(in_time + 1, len(parts) + 1) if _may_end_with(parts[at - 1], nickname)]
    candidates = (_last_join(parts[:number], nickname) for number in (in_time, *late[:_LATE]))
    return next((join for join in candidates if join is not None), None)


def _may_end_with(part: Notification, nickname: str) -> bool:
    """Whether the last word on an agent may be a join with this part of the history, where it was none without it."""
    return not _is_indexed(part) or any(notice.joined(entry) == nickname for entry in part.entries)


def _is_indexed(part: Notification) -> bool:
    return bool(part.entries) and isinstance(part.entries[0].get("index"), int | float)


def _last_join(parts: Sequence[Notification], nickname: str) -> Mapping[str, Any] | None:
    """The last that these parts of a history say of an agent of this nickname, if it is a join."""
    ordered = list(parts)
    if all(map(_is_indexed, ordered)):
        ordered.sort(key=lambda n: float(n.entries[0]["index"]))
    moves = _moves(union(ordered), (*notice.JOINS, "ParticipantLeft"), nickname)
    return moves[-1] if moves and moves[-1].get("type") in notice.JOINS else None


def reaches_the_join(conversation: Conversation, nickname: str) -> None:
    """The history holds the agent's own join, behind the leave of an earlier agent of the same nickname."""
    entries = came(conversation)
    if own_join(conversation, nickname) is None:
        raise Broken(f"ParticipantJoined of Agent {shown(nickname)}", _agents(entries))


def ends_with_the_join(conversation: Conversation, nickname: str) -> None:
    """In the notification that holds the agent's own join, nothing follows it but what was said during the Accept."""
    came(conversation)
    own = own_join(conversation, nickname)
    if own is None:
        raise NotTestable("the history does not hold the agent's own join")
    holder = next(n for n in conversation.of(notice.NEW_MESSAGES) if own in n.entries)
    behind = without_meanwhile(conversation, holder.entries[holder.entries.index(own) + 1 :])
    if behind:
        raise Broken("the agent's own join comes last", f"{len(behind)} entries behind it: {brief(behind[0], 80)}")
