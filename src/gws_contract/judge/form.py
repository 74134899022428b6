"""The form of the three notifications: schemas, and the members that the samples show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from gws_contract import contract
from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification
from gws_contract.judge.answer import accepted
from gws_contract.judge.finding import Broken, NotTestable, brief
from gws_contract.judge.sequence import firsts
from gws_contract.judge.shape import Shapes, Violation

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
    for n in found:
        for violation in _violations(schema, n.canonical):
            if violation.clause == clause:
                raise Broken(
                    f"{violation.pointer or 'the notification'}: {violation.documented}",
                    violation.received,
                )
    if not any(speaks_of(_rules(schema), n.payload, clause) for n in found):
        raise NotTestable("the server does not send it")


@lru_cache(maxsize=8)
def _rules(schema: str) -> dict[str, Any]:
    return contract.load().schema(schema)


@lru_cache(maxsize=4096)
def _violations(schema: str, canonical: str) -> tuple[Violation, ...]:
    """Every clause of a section asks about the same notifications, so they are validated once."""
    return _shapes().violations(schema, json.loads(canonical))


def speaks_of(rules: Any, instance: Any, clause: str) -> bool:
    """Whether a value of the instance is there that the rules of this clause apply to."""
    if not isinstance(rules, Mapping):
        return False
    if "if" in rules and not Draft202012Validator(rules["if"]).is_valid(instance):
        return False
    if rules.get("$comment") == clause:
        return True
    if isinstance(instance, Mapping):
        members = rules.get("properties", {})
        if any(speaks_of(members[name], instance[name], clause) for name in members if name in instance):
            return True
    if isinstance(instance, list) and any(speaks_of(rules.get("items"), element, clause) for element in instance):
        return True
    branches = [*rules.get("allOf", ()), *rules.get("anyOf", ()), rules.get("then")]
    return any(speaks_of(branch, instance, clause) for branch in branches)


def has_members_of_sample(conversation: Conversation, section: str) -> None:
    """Every member that the sample shows is there, besides those that the schema requires under a clause of their own.

    Of arrays, the members that all elements of the sample share.
    """
    schema, found = judged(conversation, section)
    sample = contract.load().sample(schema)
    required = set(_required(_rules(schema)))
    for n in found:
        instance = _known_entries_only(sample, n.payload)
        gone = [pointer for pointer in missing(sample, instance) if pointer.rpartition("/")[2] not in required]
        if gone:
            raise Broken("every member of the sample", "without " + ", ".join(gone[:6]))


def _known_entries_only(sample: Any, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the entries of types that the sample does not show: a Notice may have other members than a Text."""
    if "messages" not in sample or not isinstance(payload.get("messages"), list):
        return payload
    types = {entry["type"] for entry in sample["messages"]}
    known = [e for e in payload["messages"] if isinstance(e, Mapping) and e.get("type") in types]
    return {**payload, "messages": known}


def missing(sample: Any, instance: Any, pointer: str = "") -> Iterator[str]:
    """The JSON pointers of members that the sample has and the instance lacks; chatPath stands for chatUri."""
    if isinstance(sample, Mapping) and isinstance(instance, Mapping):
        for name, value in sample.items():
            if name in instance:
                yield from missing(value, instance[name], f"{pointer}/{name}")
            elif not (name == "chatUri" and "chatPath" in instance):
                yield f"{pointer}/{name}"
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
