"""The entries of a history among themselves: repeated, numbered, dated, and replayed."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.customer import author, batches
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.form import judged
from gws_contract.judge.history import came
from gws_contract.judge.names import shown

_TIMESTAMP = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)


def delivers_entries_once(conversation: Conversation) -> None:
    """No entry is delivered a second time by the same Accept."""
    came(conversation)
    transport = conversation.own_transport
    seen: dict[bytes, int] = {}
    late_echoes = {id(n) for n in batches(conversation)[1]} if conversation.agent in conversation.visitors else set()
    for n in conversation.of(notice.NEW_MESSAGES):
        if n.at > conversation.own_until:
            break
        if id(n) in late_echoes:
            continue
        for entry, canonical in zip(n.entries, n.spelled, strict=True):
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
    meaning: dict[Any, bytes] = {}
    for n in found:
        indexes = [entry["index"] for entry in n.entries if isinstance(entry.get("index"), int | float)]
        for before, after in pairwise(indexes):
            if after <= before:
                raise Broken("rising indexes", f"{after} after {before}")
        for entry, canonical in zip(n.entries, n.spelled, strict=True):
            numbered = isinstance(entry.get("index"), int | float)
            if numbered and meaning.setdefault(entry["index"], canonical) != canonical:
                raise Broken("one entry for one index", f"index {entry['index']} for two different entries")
    if len(meaning) < 2:
        few = "two entries" if meaning else "an entry"
        raise NotTestable(f"no notification has {few} with an index")


def instant(timestamp: object) -> datetime | None:
    """The moment that a timestamp in one of the known spellings names; None for anything else."""
    if not isinstance(timestamp, str) or not _TIMESTAMP.fullmatch(timestamp):
        return None
    try:
        return datetime.fromisoformat(timestamp)
    except ValueError:
        return None


def timestamps_rise(conversation: Conversation) -> None:
    """Within one notification no timestamp lies before the one in front of it."""
    _, found = judged(conversation, "history")
    stamps = ([(e["timestamp"], instant(e["timestamp"])) for e in n.entries if "timestamp" in e] for n in found)
    known = ([(text, moment) for text, moment in each if moment is not None] for each in stamps)
    pairs = [pair for each in known for pair in pairwise(each)]
    if not pairs:
        raise NotTestable("no notification has two entries with a timestamp")
    for (before, earlier), (after, later) in pairs:
        if later < earlier:
            raise Broken("rising timestamps", f"{after} after {before}")


def comings_and_goings(conversation: Conversation) -> None:
    """Replayed from its beginning, the history lets nobody leave who is not there, nor join who is."""
    entries = [e for e in came(conversation) if isinstance(e.get("index"), int | float)]
    ordered = sorted(entries, key=lambda e: e["index"])
    if not ordered or ordered[0].get("type") not in notice.JOINS:
        raise NotTestable("the history does not begin with a join")
    moving = [e for e in ordered if e.get("type") in (*notice.JOINS, "ParticipantLeft")]
    if not all(isinstance(author(e).get("participantId"), str) for e in moving):
        raise NotTestable("comings and goings without participantId")
    present: set[str] = set()
    for entry in moving:
        who = str(author(entry)["participantId"])
        if entry.get("type") in notice.JOINS:
            if who in present and entry["type"] != "ParticipantRejoined":
                raise Broken("nobody joins twice", f"{shown(who)} joins again at index {entry['index']}")
            present.add(who)
        elif who not in present:
            raise Broken("nobody leaves who has not joined", f"{shown(who)} leaves at index {entry['index']}")
        else:
            present.discard(who)
