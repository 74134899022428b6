"""Faults of the chat history."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gws_contract.mock.alterations import LOG, Data, Edit, Logged, Sequenced, put, renumbered
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Cause, Notice

_OTHER = "0000NoSuchChat0X"
_CONTENT = "history.complete history.own-join history.earlier-agents"


def is_customers_text(entry: Data) -> bool:
    """Whether the customer said it."""
    return bool(entry["type"] == "Text" and entry["from"]["type"] == "Customer")


def _is_of_earlier_agent(entry: Data, cause: Cause) -> bool:
    return bool(entry["from"]["type"] == "Agent" and entry["from"]["participantId"] != cause.participant_id)


def without_first_text(entries: list[Data], cause: Cause) -> list[Data]:
    """The history lacks the customer's first text."""
    del cause
    first = next((e for e in entries if is_customers_text(e)), None)
    return [e for e in entries if e is not first]


def without_texts(entries: list[Data], cause: Cause) -> list[Data]:
    """The history lacks all texts of the customer."""
    del cause
    return [e for e in entries if not is_customers_text(e)]


def _texts(change: Callable[[str], str]) -> Logged:
    def altered(entries: list[Data], cause: Cause) -> list[Data]:
        del cause
        return [{**e, "text": change(e["text"])} if is_customers_text(e) else e for e in entries]

    return Logged(altered)


def _swapped(entries: list[Data], cause: Cause) -> list[Data]:
    """The customer's texts in reverse, everything else in place."""
    del cause
    said = [e["text"] for e in entries if is_customers_text(e)]
    return [{**e, "text": said.pop()} if is_customers_text(e) else e for e in entries]


def _doubled(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    first = next((e for e in entries if is_customers_text(e)), None)
    return renumbered([c for e in entries for c in ([e, e] if e is first else [e])])


def _own_join_earlier(entries: list[Data], cause: Cause) -> list[Data]:
    """The agent's own join before the text that should stand in front of it."""
    del cause
    if len(entries) < 3 or entries[-2]["type"] != "Text":
        return entries
    return renumbered([*entries[:-2], entries[-1], entries[-2]])


def _ghost(entries: list[Data], cause: Cause) -> list[Data]:
    """Somebody leaves who never joined."""
    del cause
    ghost = {"type": "Agent", "nickname": "Ghost", "participantId": "00900000000000FF"}
    return renumbered([entries[0], {**entries[0], "type": "ParticipantLeft", "from": ghost}, *entries[1:]])


def _joins_twice(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return renumbered([entries[0], entries[0], *entries[1:]])


def _extra(**members: Any) -> Logged:
    """One more entry of an agent, in second place, with these members changed; None removes one."""

    def added(entries: list[Data], cause: Cause) -> list[Data]:
        del cause
        ghost = {"type": "Agent", "nickname": "Robot", "participantId": "00900000000000FE"}
        more = {**entries[0], "type": "Notice", "from": ghost, **members}
        more = {name: value for name, value in more.items() if value is not None}
        out = renumbered([entries[0], more, *entries[1:]])
        out[1] = {name: members.get(name, value) for name, value in out[1].items()}
        return out

    return Logged(added)


def _indexes(change: Callable[[int], Any]) -> Logged:
    return Logged(lambda entries, _: [{**e, "index": change(e["index"])} for e in entries])


def _stamps(change: Callable[[str], Any]) -> Logged:
    return Logged(lambda entries, _: [{**e, "timestamp": change(e["timestamp"])} for e in entries])


def _back_in_time(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return [*entries[:-1], {**entries[-1], "timestamp": "2001-01-01T00:00:00.000-0800"}]


def _ids_as_numbers(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return [{**e, "from": {**e["from"], "participantId": 17}} for e in entries]


def _other_customer(entries: list[Data], cause: Cause) -> list[Data]:
    del cause
    return [{**e, "from": {**e["from"], "nickname": "anonymous"}} if is_customers_text(e) else e for e in entries]


def _moved(entries: list[Data], cause: Cause, *, drop: tuple[str, ...]) -> list[Data]:
    return [e for e in entries if not (_is_of_earlier_agent(e, cause) and e["type"] in drop)]


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    complete = "history.complete"
    yield fault(
        "text-missing", "The history lacks the customer's first text.", complete, Logged(without_first_text), "F55"
    )
    yield fault("texts-missing", "The history lacks all the customer's texts.", complete, Logged(without_texts), "F55")
    yield fault("text-doubled", "A text of the customer stands twice in the history.", complete, Logged(_doubled))
    yield fault("text-html-escaped", "Texts are escaped for HTML.", complete, _texts(html.escape), "F61")
    yield fault(
        "text-ascii",
        "Texts are reduced to ASCII.",
        complete,
        _texts(lambda t: t.encode("ascii", "replace").decode()),
        "F61",
    )
    yield fault(
        "text-without-emoji",
        "Characters outside the BMP are dropped from texts.",
        complete,
        _texts(lambda t: "".join(c for c in t if ord(c) < 0x10000)),
        "F61",
    )
    yield fault("text-cut", "Texts are cut after 16 code points.", complete, _texts(lambda t: t[:16]), "F61")
    yield fault("texts-reversed", "The customer's texts stand in reverse.", "history.in-order", Logged(_swapped))
    yield fault("history-empty", "The history is empty.", _CONTENT, Logged(lambda _, __: []))
    yield fault(
        "messages-as-object", "messages is an object.", f"{_CONTENT} history.messages", Edit(LOG, put("messages", {}))
    )
    earlier = "history.earlier-agents"
    yield fault(
        "earlier-agents-forgotten",
        "The history lacks everything of earlier agents.",
        earlier,
        Logged(lambda e, c: [x for x in e if not _is_of_earlier_agent(x, c)]),
    )
    yield fault(
        "earlier-leave-missing",
        "The history lacks the leaves of earlier agents.",
        earlier,
        Logged(lambda e, c: _moved(e, c, drop=("ParticipantLeft",))),
    )
    yield fault(
        "earlier-texts-missing",
        "The history lacks the texts of earlier agents.",
        earlier,
        Logged(lambda e, c: _moved(e, c, drop=("Text",))),
    )
    yield fault(
        "own-join-missing",
        "The history ends before the agent's own join.",
        "history.own-join",
        Logged(lambda e, c: [x for x in e if x["from"]["participantId"] != c.participant_id]),
        "F56",
    )
    yield fault(
        "own-join-not-last",
        "Behind the agent's own join stands something earlier.",
        "history.ends-with-join",
        Logged(_own_join_earlier),
        "F56",
    )
    yield fault(
        "history-again-with-other-text",
        "An index comes a second time with another text.",
        "history.index-rises",
        Sequenced(_first_altered_again),
        "F24 F52",
    )
    yield from _entries()
    yield fault(
        "index-repeated",
        "An index occurs twice.",
        "history.index-rises",
        Logged(lambda e, _: [*e[:-1], {**e[-1], "index": e[-2]["index"]}] if len(e) > 1 else e),
        "F52",
    )
    yield fault(
        "index-falls",
        "The last index is smaller than the one before.",
        "history.index-rises",
        Logged(lambda e, _: [{**x, "index": x["index"] + 1} for x in e[:-1]] + [{**e[-1], "index": 1}]),
        "F52",
    )
    yield fault("index-from-zero", "Indexes begin at 0.", "history.index", _indexes(lambda i: i - 1), "F52")
    yield fault("index-as-text", "Indexes are strings.", "history.index", _indexes(str), "F52")
    yield fault(
        "comes-from-nowhere", "Somebody leaves who never joined.", "history.comings-and-goings", Logged(_ghost), "F57"
    )
    yield fault("joins-twice", "The customer joins twice.", "history.comings-and-goings", Logged(_joins_twice), "F57")
    stamp = "history.timestamp"
    for name, says, change in (
        ("not-a-date", "is no date", lambda _: "yesterday"),
        ("without-offset", "has no offset", lambda t: t[:-5]),
        ("without-milliseconds", "has no milliseconds", lambda t: t[:19] + t[-5:]),
        ("in-month-13", "names a month 13", lambda t: t[:5] + "13" + t[7:]),
        ("as-number", "is a number", lambda _: 1388701398000),
    ):
        yield fault(f"timestamp-{name}", f"A timestamp {says}.", stamp, _stamps(change), "F54 N11")
    yield fault(
        "timestamps-fall",
        "The last timestamp lies before the others.",
        "history.timestamps-rise",
        Logged(_back_in_time),
        "F53",
    )
    yield fault(
        "one-id-two-names", "A participantId has two nicknames.", "history.identity", Logged(_other_customer), "F49"
    )
    yield fault(
        "visibility-missing",
        "Entries have no visibility.",
        "history.members",
        Logged(lambda e, _: [{k: v for k, v in x.items() if k != "visibility"} for x in e]),
    )
    yield fault(
        "timestamp-missing",
        "Entries have no timestamp.",
        "history.members",
        Logged(lambda e, _: [{k: v for k, v in x.items() if k != "timestamp"} for x in e]),
    )
    yield fault(
        "chat-uri-of-another-chat",
        "chatUri and chatPath name different chats.",
        "history.chat-uri",
        Edit(LOG, _two_chats),
        "F31 F32",
    )


def _entries() -> Iterator[Fault]:
    yield fault(
        "entry-as-text",
        "An entry is a string.",
        "history.messages",
        Edit(LOG, lambda data, _: data["messages"].insert(0, "history")),
    )
    yield fault(
        "entry-without-index",
        "An entry has no index.",
        "history.index",
        Edit(LOG, lambda data, _: data["messages"][0].pop("index")),
    )
    yield fault("entry-without-type", "An entry has no type.", "history.entry-type", _extra(type=None), "F58")
    yield fault(
        "entry-type-as-number", "The type of an entry is a number.", "history.entry-type", _extra(type=3), "F58"
    )
    yield fault("from-as-text", "The author of an entry is a string.", "history.from", _extra(**{"from": "system"}))
    yield fault(
        "from-id-as-number",
        "The participantId of an author is a number.",
        "history.from",
        Edit(LOG, lambda data, cause: data.update(messages=_ids_as_numbers(data["messages"], cause))),
    )
    yield fault("text-without-text", "A Text has no text.", "history.text", _extra(type="Text"), "F58")
    yield fault(
        "text-as-number", "The text of a Text is a number.", "history.text", _extra(type="Text", text=42), "F58"
    )
    yield fault(
        "visibility-as-number",
        "The visibility of an entry is a number.",
        "history.visibility",
        _extra(visibility=1),
        "F59",
    )


def _two_chats(data: Data, cause: Cause) -> None:
    data["chatPath"] = f"/chats/{cause.chat.id}"
    data["chatUri"] = f"http://localhost/api/v2/chats/{_OTHER}"


def _first_altered_again(own: list[Notice]) -> list[Notice]:
    """The first entry of the history comes again, in a notification of its own, as something else."""
    data = own[2].data
    return [*own, replace(own[2], data={**data, "messages": [{**data["messages"][0], "type": "Notice"}]})]
