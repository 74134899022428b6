"""The form of the three notifications: schemas, and the members that the samples show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gws_contract import contract
from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification
from gws_contract.judge.answer import accepted
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.sequence import firsts
from gws_contract.judge.shape import Quick, Shapes, Violation

_KIND = {
    "status-change": (notice.STATUS_CHANGE, "status_change"),
    "participants": (notice.PARTICIPANTS_UPDATED, "participants_updated"),
    "history": (notice.NEW_MESSAGES, "new_messages"),
}


@lru_cache(maxsize=1)
def _shapes() -> Shapes:
    document = contract.load()
    return Shapes({name: document.schema(name) for _, name in _KIND.values()})


def judged(conversation: Conversation, section: str) -> tuple[str, tuple[Notification, ...]]:
    """The notifications that a section of the page (status-change, participants, history) speaks about.

    Of the changes of state only the one to Chatting, or the first if none is; of the others, those before the end of
    the chat, or the first if none is. Never empty: raises NotTestable.
    """
    accepted(conversation)
    kind, schema = _KIND[section]
    found = conversation.of(kind)
    if kind == notice.STATUS_CHANGE:
        chatting = firsts(conversation).get(kind)
        found = (chatting,) if chatting else conversation.status_changes[:1]
    else:
        found = tuple(n for n in found if n.at <= conversation.horizon) or found[:1]
    if not found:
        raise NotTestable(f"no {kind} came")
    return schema, found


def holds(conversation: Conversation, clause: str) -> None:
    """No notification of the clause's section breaks a rule of the schema that is the clause's."""
    section = clause.split(".")[1]
    schema, found = judged(conversation, section)
    read = [_read(conversation, schema, n.canonical) for n in found]
    for violation in (violation for one in read for violation in one.violations):
        if violation.clause == clause:
            raise Broken(f"{violation.pointer or 'the notification'}: {violation.documented}", violation.received)
    if not any(clause in one.spoken_of for one in read):
        raise NotTestable("the server does not send it")


@dataclass(frozen=True, slots=True)
class _Read:
    """What every clause of a section asks of one notification."""

    violations: tuple[Violation, ...]
    spoken_of: frozenset[str]


def _read(conversation: Conversation, schema: str, canonical: str) -> _Read:
    """Every clause of a section asks about the same notifications, so they are read once."""
    known: dict[tuple[str, str], _Read] = conversation.concluded.setdefault("form", {})
    if (schema, canonical) not in known:
        instance = json.loads(canonical)
        read = _Read(_shapes().violations(schema, instance), _rules(schema).spoken_of(instance))
        known[schema, canonical] = read
    return known[schema, canonical]


@lru_cache(maxsize=8)
def _rules(schema: str) -> Rules:
    return Rules(contract.load().schema(schema))


class Rules:
    """A schema, asked for the clauses whose rules speak of something in an instance."""

    def __init__(self, schema: Any) -> None:
        rules = schema if isinstance(schema, Mapping) else {}
        self._clause = rules.get("$comment")
        self._condition = Quick(rules["if"]) if "if" in rules else None
        self._members = {name: Rules(inner) for name, inner in rules.get("properties", {}).items()}
        self._items = Rules(rules["items"]) if "items" in rules else None
        branches = [*rules.get("allOf", ()), *rules.get("anyOf", ()), *([rules["then"]] if "then" in rules else ())]
        self._branches = tuple(Rules(branch) for branch in branches)

    def spoken_of(self, instance: Any) -> frozenset[str]:
        """The clauses of which a value is there that their rules apply to."""
        found: set[str] = set()
        self._look(instance, found)
        return frozenset(found)

    def _look(self, instance: Any, found: set[str]) -> None:
        if self._condition is not None and not self._condition.says_yes(instance):
            return
        if self._clause is not None:
            found.add(self._clause)
        if self._members and isinstance(instance, dict):
            for name, rules in self._members.items():
                if name in instance:
                    rules._look(instance[name], found)
        if self._items is not None and isinstance(instance, list):
            for element in instance:
                self._items._look(element, found)
        for branch in self._branches:
            branch._look(instance, found)


def has_members_of_sample(conversation: Conversation, section: str) -> None:
    """Every member that the sample shows is there, besides those that the schema requires under a clause of their own.

    Of arrays, the members that all elements of the sample share.
    """
    schema, found = judged(conversation, section)
    sample = contract.load().sample(schema)
    required = _required_members(schema)
    for n in found:
        instance = _known_entries_only(sample, n.payload)
        gone = [pointer for pointer in missing(sample, instance) if pointer.rpartition("/")[2] not in required]
        if gone:
            raise Broken("every member of the sample", "without " + ", ".join(gone[:6]))


@lru_cache(maxsize=8)
def _required_members(schema: str) -> frozenset[str]:
    return frozenset(_required(contract.load().schema(schema)))


def _known_entries_only(sample: Any, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the entries of types that the sample does not show: a Notice may have other members than a Text."""
    if "messages" not in sample or not isinstance(payload.get("messages"), list):
        return payload
    types = {entry["type"] for entry in sample["messages"]}
    known = [e for e in payload["messages"] if isinstance(e, Mapping) and str(e.get("type")) in types]
    return {**payload, "messages": known}


def missing(sample: Any, instance: Any, pointer: str = "") -> Iterator[str]:
    """The JSON pointers of members that the sample has and the instance lacks; chatPath stands for chatUri."""
    if isinstance(sample, Mapping) and isinstance(instance, Mapping):
        for name, value in sample.items():
            if name not in instance:
                if not (name == "chatUri" and "chatPath" in instance):
                    yield f"{pointer}/{name}"
            elif isinstance(value, Mapping | list):
                yield from missing(value, instance[name], f"{pointer}/{name}")
    elif isinstance(sample, list) and isinstance(instance, list) and sample:
        shared: Any = sample[0]
        if isinstance(shared, Mapping):
            shared = {k: v for k, v in shared.items() if all(isinstance(s, Mapping) and k in s for s in sample)}
        for position, element in enumerate(instance):
            yield from missing(shared, element, f"{pointer}/{position}")


def _required(schema: Any) -> Iterator[str]:
    """Every name that a schema requires somewhere."""
    if isinstance(schema, Mapping):
        names = schema.get("required")
        yield from names if isinstance(names, list) else ()
        for part in schema.values():
            yield from _required(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _required(part)


def capabilities(conversation: Conversation, section: str) -> None:
    """Where there are capabilities: those of the sample are among them, none twice, none of an invitation.

    `SetInFocus` stands for `InFocus`: the pages print both (`gws.md` 3.1).
    """
    schema, found = judged(conversation, section)
    documented = contract.load().sample(schema)["chat"]["capabilities"]
    listed = [notice.chat_of(n.payload).get("capabilities") for n in found]
    lists = [names for names in listed if isinstance(names, list) and all(isinstance(name, str) for name in names)]
    if not lists:
        raise NotTestable("it lists no capabilities")
    for names in lists:
        aliased = ["InFocus" if name == "SetInFocus" else name for name in names]
        lacking = [name for name in documented if name not in aliased]
        if lacking:
            raise Broken(", ".join(documented), "without " + ", ".join(lacking))
        if len(set(aliased)) != len(aliased):
            raise Broken("each capability once", brief(names))
        left_over = [name for name in names if name in ("Accept", "Reject")]
        if left_over:
            raise Broken("no longer Accept or Reject", brief(names))


def offer_names_both(conversation: Conversation) -> None:
    """The invitation that led to the Accept names the capabilities Accept and Reject, if it names any."""
    invited = [n for n in conversation.notifications if n.kind == notice.STATUS_CHANGE and n.state == "Invited"]
    lists = [notice.chat_of(n.payload).get("capabilities") for n in invited]
    named = [names for names in lists if isinstance(names, list) and names]
    if not named:
        raise NotTestable("no invitation with capabilities")
    for names in named:
        if "Accept" not in names or "Reject" not in names:
            raise Broken("capabilities Accept and Reject", brief(names))
