"""The form of the notifications: schemas, and the members that the samples show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gws_contract import contract
from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.answer import carried_out
from gws_contract.judge.arrivals import firsts
from gws_contract.judge.concluding import concluded
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.shape import Quick, Shapes, Violation
from gws_contract.notified import Notification


@lru_cache(maxsize=8)
def _shapes(operation: str) -> Shapes:
    document = contract.load(operation)
    return Shapes({each.sample: document.schema(each.sample) for each in document.performed.sequence})


@concluded
def judged(conversation: Conversation, section: str) -> tuple[str, tuple[Notification, ...]]:
    """The notifications that a section of the page (status-change, participants, history) speaks about.

    Of the changes of state only the documented one, or the first if none is; of the others, those before the end of
    the chat, or the first if none is. Never empty: raises NotTestable.
    """
    carried_out(conversation)
    expected = conversation.operation.by_section[section]
    kind = expected.kind
    found = conversation.of(kind)
    if kind == notice.STATUS_CHANGE:
        documented = firsts(conversation).get(kind)
        found = (documented,) if documented else conversation.status_changes[:1]
    else:
        found = tuple(n for n in found if n.at <= conversation.horizon) or found[:1]
    if not found:
        raise NotTestable(f"no {kind} came")
    return expected.sample, found


def holds(conversation: Conversation, clause: str) -> None:
    """No notification of the clause's section breaks a rule of the schema that is the clause's."""
    read = _read(conversation, clause.split(".")[1])
    if clause in read.violations:
        violation = read.violations[clause]
        raise Broken(f"{violation.pointer or 'the notification'}: {violation.documented}", violation.received)
    if clause not in read.spoken_of:
        raise NotTestable("the server does not send it")


@dataclass(frozen=True, slots=True)
class _Read:
    """What every clause of a section asks of its notifications."""

    violations: Mapping[str, Violation]
    """The first one of each clause."""
    spoken_of: frozenset[str]


@concluded
def _read(conversation: Conversation, section: str) -> _Read:
    schema, found = judged(conversation, section)
    operation = conversation.operation.id
    shapes, rules = _shapes(operation), _rules(operation, schema)
    violations: dict[str, Violation] = {}
    # A break is told alike however the server orders its members.
    for canonical in dict.fromkeys(n.canonical for n in found if not shapes.has_shape(schema, n.substance)):
        for violation in shapes.violations(schema, json.loads(canonical)):
            violations.setdefault(violation.clause, violation)
    return _Read(violations, frozenset[str]().union(*(rules.spoken_of(n.substance) for n in found)))


@lru_cache(maxsize=32)
def _rules(operation: str, schema: str) -> Rules:
    return Rules(contract.load(operation).schema(schema))


class Rules:
    """A schema, asked for the clauses whose rules speak of something in an instance."""

    def __init__(self, schema: Any) -> None:
        rules = schema if isinstance(schema, dict) else {}
        self._own = frozenset([rules["$comment"]] if "$comment" in rules else ())
        self._condition = Quick(rules["if"]) if "if" in rules else None
        self._members = {name: Rules(inner) for name, inner in rules.get("properties", {}).items()}
        self._items = Rules(rules["items"]) if "items" in rules else None
        branches = [*rules.get("allOf", ()), *rules.get("anyOf", ()), *([rules["then"]] if "then" in rules else ())]
        self._branches = tuple(Rules(branch) for branch in branches)
        inner = [*self._members.values(), *([self._items] if self._items else ()), *self._branches]
        self._clauses: frozenset[str] = self._own.union(*(rules._clauses for rules in inner))

    def spoken_of(self, instance: Any) -> frozenset[str]:
        """The clauses of which a value is there that their rules apply to."""
        found: set[str] = set()
        self._look(instance, found)
        return frozenset(found)

    def _look(self, instance: Any, found: set[str]) -> None:
        if self._clauses <= found:
            return
        if self._condition is not None and not self._condition.says_yes(instance):
            return
        found |= self._own
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
    operation = conversation.operation.id
    sample, required = _sample(operation, schema), _required_members(operation, schema)
    for n in found:
        instance = _known_entries_only(sample, n.payload)
        if _members(operation, schema).all_in(instance):
            continue
        gone = [pointer for pointer in missing(sample, instance) if pointer.rpartition("/")[2] not in required]
        if gone:
            raise Broken("every member of the sample", "without " + ", ".join(gone[:6]))


@lru_cache(maxsize=32)
def _sample(operation: str, schema: str) -> Any:
    """The sample of a kind of message, which nobody may change."""
    return contract.load(operation).sample(schema)


@lru_cache(maxsize=32)
def _members(operation: str, schema: str) -> Members:
    return Members(_sample(operation, schema))


class Members:
    """The members that a sample shows, asked whether an instance has them all: the quick way to find none `missing`."""

    def __init__(self, sample: Any) -> None:
        self._names: frozenset[str] = frozenset(sample if isinstance(sample, dict) else ())
        self._inner = {n: Members(sample[n]) for n in self._names if isinstance(sample[n], dict | list)}
        self._elements = Members(_shared(sample)) if isinstance(sample, list) and sample else None

    def all_in(self, instance: Any) -> bool:
        """Whether none of them is missing; a member that stands for another is not recognised."""
        if self._names and isinstance(instance, dict):
            if not self._names <= instance.keys():
                return False
            for name, inner in self._inner.items():
                if not inner.all_in(instance[name]):
                    return False
        elif self._elements is not None and isinstance(instance, list):
            return all(map(self._elements.all_in, instance))
        return True


def _shared(sample: list[Any]) -> Any:
    """What all elements of an array of a sample have in common."""
    first = sample[0]
    if not isinstance(first, dict):
        return first
    return {k: v for k, v in first.items() if all(isinstance(s, dict) and k in s for s in sample)}


@lru_cache(maxsize=32)
def _required_members(operation: str, schema: str) -> frozenset[str]:
    return frozenset(_required(contract.load(operation).schema(schema)))


def _known_entries_only(sample: Any, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the entries of types that the sample does not show: a Notice may have other members than a Text."""
    if "messages" not in sample or not isinstance(payload.get("messages"), list):
        return payload
    types = [entry["type"] for entry in sample["messages"]]
    known = [e for e in payload["messages"] if isinstance(e, dict) and str(e.get("type")) in types]
    return {**payload, "messages": known}


def missing(sample: Any, instance: Any, pointer: str = "") -> Iterator[str]:
    """The JSON pointers of members that the sample has and the instance lacks; chatPath stands for chatUri."""
    if isinstance(sample, dict) and isinstance(instance, dict):
        for name, value in sample.items():
            if name not in instance:
                if not (name == "chatUri" and "chatPath" in instance):
                    yield f"{pointer}/{name}"
            elif isinstance(value, dict | list):
                yield from missing(value, instance[name], f"{pointer}/{name}")
    elif isinstance(sample, list) and isinstance(instance, list) and sample:
        shared = _shared(sample)
        for position, element in enumerate(instance):
            yield from missing(shared, element, f"{pointer}/{position}")


def _required(schema: Any) -> Iterator[str]:
    """Every name that a schema requires somewhere."""
    if isinstance(schema, dict):
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
    documented = _sample(conversation.operation.id, schema)["chat"]["capabilities"]
    listed = [notice.chat_of(n.payload).get("capabilities") for n in found]
    lists = [names for names in listed if isinstance(names, list) and all(isinstance(name, str) for name in names)]
    if not lists:
        raise NotTestable("it lists no capabilities")
    for names in lists:
        aliased = {"InFocus" if name == "SetInFocus" else name for name in names}
        lacking = [name for name in documented if name not in aliased]
        if lacking:
            raise Broken(", ".join(documented), "without " + ", ".join(lacking))
        if len(aliased) != len(names):
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
