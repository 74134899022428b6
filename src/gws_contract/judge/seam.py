"""The seam between history and live messages: what the customer says during the Accept (F62, F17 of `bayeux.md`).

A text that is said while the agent joins belongs to the history or follows it live; the page does not say which. So
only the union is judged, and its order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification, union
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted
from gws_contract.judge.customer import batches, by_customer, meanwhile, perhaps, planted, said, texts
from gws_contract.judge.finding import Broken, NotTestable
from gws_contract.judge.history import holds_every_text, own_join
from gws_contract.judge.names import change, shown
from gws_contract.judge.sequence import firsts


def joins_up(conversation: Conversation) -> None:
    """Each text said during the Accept occurs once in the union of history and live messages.

    Left open: a text that was also said at another time, one that arrives changed, and everything if the history itself
    is not what it should be. An entry with the same index and text is the same entry, however often it comes.
    """
    before = Counter(planted(conversation))
    spoken = [text for text in _spoken(conversation) if text not in before]
    if not spoken:
        raise NotTestable("all that was said during the Accept had been said before")
    _has_its_history(conversation)
    entries = {json.dumps([e.get("index"), e.get("text")]): e for e in by_customer(conversation, conversation.history)}
    occurs = Counter(texts(entries.values()))
    times, unsure = Counter(spoken), perhaps(conversation) + before
    missing = [text for text in times if occurs[text] < times[text]]
    surplus = [text for text in occurs if occurs[text] > times[text] + unsure[text]]
    lost = [text for text in missing if not any(change(text, other) for other in surplus)]
    doubled = [text for text in surplus if text in times and not any(change(other, text) for other in missing)]
    if (lost or doubled) and not before:
        lost, doubled = _at_the_seam(conversation, spoken, lost, doubled)
    if doubled:
        raise Broken(_once(times[doubled[0]], doubled[0]), _once(occurs[doubled[0]], doubled[0]))
    if lost:
        if conversation.ended is None or conversation.ended.how == "cut short":
            raise NotTestable("the run was stopped before everything could arrive")
        found = sum(min(occurs[text], number) for text, number in times.items())
        raise Broken(
            f"all {len(spoken)} texts that the customer said during the Accept",
            f"{found} of {len(spoken)}; missing: {', '.join(map(shown, lost[:6]))}",
        )
    if not set(times) - set(missing):
        raise NotTestable("what was said during the Accept arrived changed")


def _at_the_seam(
    conversation: Conversation, spoken: Sequence[str], lost: list[str], doubled: list[str]
) -> tuple[list[str], list[str]]:
    """Of the texts that are lost or doubled those of which the history itself cannot be the reason.

    For chats in which nothing was said before the Accept, so that nothing else shows whether the history is sound: a
    text is lost at the seam if it was said after one that stands in the history, doubled there if a copy came live.
    """
    parts, live = batches(conversation)
    standing = set(texts(by_customer(conversation, union(parts))))
    last = max((at for at, text in enumerate(spoken) if text in standing), default=len(spoken))
    came_live = set(texts(by_customer(conversation, union(live))))
    lost = [text for text in lost if spoken.index(text) > last]
    doubled = [text for text in doubled if text in came_live]
    if not lost and not doubled:
        raise NotTestable("nothing was said before the Accept, and what is wrong may be the history itself")
    return lost, doubled


def _spoken(conversation: Conversation) -> Sequence[str]:
    accepted(conversation)
    if not conversation.steps("say-during"):
        raise NotTestable("the customer said nothing during the Accept")
    spoken = meanwhile(conversation)
    if not spoken:
        raise NotTestable("the server took nothing of what the customer said during the Accept")
    return spoken


def _once(times: int, text: str) -> str:
    return f"{shown(text)} {'once' if times == 1 else f'{times} times'}"


def _has_its_history(conversation: Conversation) -> None:
    """Raises NotTestable unless the three came in time, up to the own join and with all that was said before."""
    accept = accepted(conversation)
    first = firsts(conversation)
    until = _in_time(conversation, accept)
    if len(first) < len(notice.DOCUMENTED) or any(n.at > until for n in first.values()):
        raise NotTestable("the three notifications did not all come in time")
    if own_join(conversation, conversation.scenario.agent) is None:
        raise NotTestable("the history does not reach the point of joining")
    try:
        holds_every_text(conversation)
    except NotTestable:
        return
    except Broken as broken:
        raise NotTestable("the history itself lacks a text, or has one too often") from broken


def _in_time(conversation: Conversation, accept: Exchange) -> float:
    """Until when a notification is neither late nor behind the end of the chat."""
    return min(accept.sent + conversation.header.deadline, conversation.horizon)


def follows_the_history(conversation: Conversation) -> None:
    """No live message comes before a part of the history with smaller indexes, nor before one that was said earlier.

    The order inside the history is that of another clause.
    """
    spoken = _spoken(conversation)
    accept = accepted(conversation)
    parts, live = batches(conversation)
    if not parts or parts[0].at > _in_time(conversation, accept):
        raise NotTestable("the history did not come in time")
    if not live:
        raise NotTestable("nothing that was said during the Accept came live")
    _parts_first(conversation, parts, live)
    _as_they_were_said(conversation, spoken, live)


def _parts_first(conversation: Conversation, parts: Sequence[Notification], live: Sequence[Notification]) -> None:
    """Known by index: a part of the history that ends before a live message begins, and arrives after it."""
    accept = accepted(conversation)
    lives = {id(n) for n in live}
    afterwards = {said(e) for e in conversation.steps("reply", "say-after", "use:SendMessage")}
    seen: set[str] = set()
    ahead: list[tuple[float, Notification]] = []
    for n in sorted((*parts, *live), key=lambda n: n.delivery.serial):
        new = {json.dumps(e, sort_keys=True): e for e in n.entries if not afterwards & set(texts([e]))}
        indexes = [float(e["index"]) for canonical, e in new.items() if canonical not in seen and _has_index(e)]
        seen |= set(new)
        if not indexes:
            continue
        if id(n) in lives:
            ahead.append((min(indexes), n))
            continue
        early = next(((index, one) for index, one in ahead if index > max(indexes)), None)
        if early is not None:
            index, one = early
            raise Broken(
                "the history, then what follows it",
                f"index {index:g} (+{one.at - accept.sent:.3f} s), "
                f"then a history up to index {max(indexes):g} (+{n.at - accept.sent:.3f} s)",
                within_array=n.delivery.poll == one.delivery.poll,
            )


def _has_index(entry: Mapping[str, Any]) -> bool:
    index = entry.get("index")
    return isinstance(index, int | float) and not isinstance(index, bool)


def _as_they_were_said(conversation: Conversation, spoken: Sequence[str], live: Sequence[Notification]) -> None:
    """Of two texts that occur once each, at least one of them live, the one said first comes first."""
    order = [text for text in spoken if spoken.count(text) == 1]
    unsure = perhaps(conversation) + Counter(planted(conversation))
    alive = {id(e) for n in live for e in n.entries}
    entries = [e for e in by_customer(conversation, conversation.history) if e.get("type") == "Text"]
    occurs = Counter(texts(entries))
    place = {text: at for at, text in enumerate(order) if occurs[text] == 1 and not unsure[text]}
    came = [(e["text"], id(e) in alive) for e in entries if isinstance(e.get("text"), str) and e["text"] in place]
    latest: dict[bool, str] = {}
    for text, came_live in came:
        ahead = [other for other_live, other in latest.items() if came_live or other_live]
        overtaken = max(ahead, key=lambda other: place[other], default=text)
        if place[overtaken] > place[text]:
            raise Broken(f"{shown(text)}, then {shown(overtaken)}", f"{shown(overtaken)}, then {shown(text)}")
        latest[came_live] = max(latest.get(came_live, text), text, key=lambda other: place[other])
