"""The notifications of an operation as an AsyncAPI 3.0 document: asyncapi.toml, completed by samples and clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gws_contract.clause import ContractError, take
from gws_contract.contract import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.facts import Facts, Notified

_NAME: Final = "asyncapi.toml"
_OURS: Final = ("asyncapi", "info", "channels", "messages", "sequence", "components")


def document(facts: Facts) -> dict[str, Any]:
    """The AsyncAPI document of a contract, with relative references to its schemas; raises ContractError.

    A message is a Bayeux message: the channel, and the notification as `data`. The channel says in `x-sequence` in
    which order its messages are documented. Every message has an operation of its own, to receive it.
    """
    given = read_toml(facts.directory / _NAME)
    channels = take(given, "channels", dict, _NAME)
    if len(channels) != 1:
        raise ContractError(f"{_NAME} describes {len(channels)} channels; the notifications come on one.")
    ((channel, described),) = channels.items()
    address = take(described, "address", str, _NAME)
    messages = {notified.sample: _message(facts, notified, given, address) for notified in facts.sequence}
    if strange := set(take(given, "messages", dict, _NAME)) - set(messages):
        raise ContractError(f"{_NAME} describes {', '.join(sorted(strange))}, which is no notification of source.toml.")
    links = {kind: {"$ref": f"#/channels/{channel}/messages/{kind}"} for kind in messages}
    offered = {kind: {"$ref": f"#/components/messages/{kind}"} for kind in messages}
    whole = {
        "asyncapi": take(given, "asyncapi", str, _NAME),
        "info": {
            "title": f"{facts.title}: notifications",
            "version": facts.revision,
            **take(given, "info", dict, _NAME),
            "externalDocs": {"url": facts.url},
        },
        "defaultContentType": "application/json",
        **{name: part for name, part in given.items() if name not in _OURS},
        "channels": {channel: {**described, "messages": offered, "x-sequence": _sequence(facts, given, links)}},
        "operations": {
            receiver(notified): {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": f"Receive {notified.kind}, {place} of {len(messages)}.",
                "messages": [links[notified.sample]],
            }
            for place, notified in enumerate(facts.sequence, 1)
        },
        "components": {**given.get("components", {}), "messages": messages},
    }
    told: dict[str, Any] = facts.told(whole, _NAME)
    return told


def receiver(notified: Notified) -> str:
    """The operation that receives a notification: of status_change it is receiveStatusChange."""
    return "receive" + "".join(word.capitalize() for word in notified.sample.split("_"))


def _sequence(facts: Facts, given: Mapping[str, Any], links: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """In which order the messages are documented, for people and for programs."""
    told = take(dict(given), "sequence", dict, _NAME)
    order = ", then ".join(notified.kind for notified in facts.sequence)
    description = f"{take(told, 'description', str, _NAME)} Documented: {order}."
    return {**told, "description": description, "messages": list(links.values())}


def _message(facts: Facts, notified: Notified, given: Mapping[str, Any], address: str) -> dict[str, Any]:
    kind = notified.sample
    envelope = {"channel": {"const": address}, "data": {"$ref": facts.file(kind)}}
    return {
        "name": notified.kind,
        "title": facts.samples[kind].title,
        **take(take(dict(given), "messages", dict, _NAME), kind, dict, _NAME),
        "payload": {"title": notified.kind, "type": "object", "properties": envelope, "required": list(envelope)},
        "examples": [
            {
                "summary": "The sample of the page, in its envelope.",
                "payload": {"channel": address, "data": facts.sample(kind)},
            }
        ],
    }
