"""The notifications of an operation as an AsyncAPI 3.0 document: asyncapi.toml, completed by samples and clauses.

Which notifications there are stands in asyncapi.toml, their order is that of the samples of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gws_contract.clause import ContractError, take
from gws_contract.contract import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.facts import Facts

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
    kinds = sequence(facts)
    links = {kind: {"$ref": f"#/channels/{channel}/messages/{kind}"} for kind in kinds}
    messages = {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds}
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
        "channels": {channel: {**described, "messages": messages, "x-sequence": _sequence(given, links)}},
        "operations": {
            receiver(kind): {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": f"Receive {name_of(kind)}, {place} of {len(kinds)}.",
                "messages": [links[kind]],
            }
            for place, kind in enumerate(kinds, 1)
        },
        "components": {
            **given.get("components", {}),
            "messages": {kind: _message(facts, kind, given["messages"][kind], address) for kind in kinds},
        },
    }
    told: dict[str, Any] = facts.told(whole, _NAME)
    return told


def sequence(facts: Facts) -> tuple[str, ...]:
    """The kinds of notifications in the order in which the page shows them; raises ContractError."""
    messages = take(read_toml(facts.directory / _NAME), "messages", dict, _NAME)
    if strange := set(messages) - set(facts.samples):
        raise ContractError(f"{_NAME} describes {', '.join(sorted(strange))}, of which there is no sample.")
    return tuple(kind for kind in facts.samples if kind in messages)


def name_of(kind: str) -> str:
    """What a kind of notification is called in the documents: status_change is StatusChange."""
    return "".join(word.capitalize() for word in kind.split("_"))


def receiver(kind: str) -> str:
    """The operation that receives a kind of notification."""
    return f"receive{name_of(kind)}"


def _sequence(given: Mapping[str, Any], links: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """In which order the messages are documented, for people and for programs."""
    told = take(dict(given), "sequence", dict, _NAME)
    order = ", then ".join(name_of(kind) for kind in links)
    description = f"{take(told, 'description', str, _NAME)} Documented: {order}."
    return {**told, "description": description, "messages": list(links.values())}


def _message(facts: Facts, kind: str, given: Mapping[str, Any], address: str) -> dict[str, Any]:
    envelope = {"channel": {"const": address}, "data": {"$ref": facts.file(kind)}}
    return {
        "name": name_of(kind),
        "title": facts.samples[kind].title,
        **given,
        "payload": {"title": name_of(kind), "type": "object", "properties": envelope, "required": list(envelope)},
        "examples": [
            {
                "summary": "The sample of the page, in its envelope.",
                "payload": {"channel": address, "data": facts.sample(kind)},
            }
        ],
    }
