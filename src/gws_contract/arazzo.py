"""The sequence of an operation as an Arazzo 1.1 document: offer, call, and the notifications in their order.

arazzo.toml says how a chat is offered and when the call succeeded; the rest is made of the other two documents, of
samples and of schemas.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gws_contract import asyncapi, openapi
from gws_contract.clause import ContractError, take
from gws_contract.contract import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.facts import Facts

_NAME: Final = "arazzo.toml"
_CALLED: Final = "rest"
_HEARD: Final = "notifications"
"""What the two other documents are called in this one."""


def document(facts: Facts) -> dict[str, Any]:
    """The Arazzo document of a contract, with relative references to the two others; raises ContractError.

    A notification succeeds if it has the constants of its schema, and what `same` names is as in the sample. Each but
    the first depends on the one before it: the documented order. None depends on the call: its answer may come later.
    """
    given = read_toml(facts.directory / _NAME)
    request = openapi.document(facts)
    workflow = take(given, "workflow", dict, _NAME)
    whole = {
        "arazzo": take(given, "arazzo", str, _NAME),
        "info": {"title": f"{facts.title}: sequence", "version": facts.revision, **take(given, "info", dict, _NAME)},
        "sourceDescriptions": [
            {"name": _CALLED, "url": "openapi.json", "type": "openapi"},
            {"name": _HEARD, "url": "asyncapi.json", "type": "asyncapi"},
        ],
        "workflows": [
            {
                **{name: part for name, part in workflow.items() if name != "outputs"},
                **_inputs(facts, request),
                "steps": [_offer(facts, given), _call(facts, given, request), *_notifications(facts, given)],
                "outputs": take(workflow, "outputs", dict, _NAME),
            }
        ],
    }
    told: dict[str, Any] = facts.told(whole, _NAME)
    return told


def _inputs(facts: Facts, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller of the workflow gives: the members of the request that have not always the same value."""
    kind = openapi.request_kind(request, facts)
    schema, fixed = facts.schemas[kind], facts.constants(kind)
    open_members = [name for name in schema["properties"] if name not in fixed]
    if not open_members:
        return {}
    members = {name: schema["properties"][name] for name in open_members}
    required = [name for name in schema.get("required", ()) if name in members]
    return {"inputs": {"type": "object", "properties": members, "required": required}}


def _offer(facts: Facts, given: Mapping[str, Any]) -> dict[str, Any]:
    offer = dict(take(dict(given), "offer", dict, _NAME))
    kind, members = take(offer, "receives", str, _NAME), take(offer, "members", dict, _NAME)
    if kind not in asyncapi.sequence(facts):
        raise ContractError(f"{_NAME}: an offer is no {kind}, of which asyncapi.toml says nothing.")
    for place in members:
        _at(facts.sample(kind), place)
    rest = {name: part for name, part in offer.items() if name not in ("receives", "members")}
    criteria = [_is(place, value) for place, value in members.items()]
    return {"stepId": take(offer, "stepId", str, _NAME), **_received(kind), **rest, "successCriteria": criteria}


def _call(facts: Facts, given: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    kind = openapi.request_kind(request, facts)
    fixed = facts.constants(kind)
    payload = {name: fixed.get(name, f"$inputs.{name}") for name in facts.schemas[kind]["properties"]}
    call = take(dict(given), "call", dict, _NAME)
    return {
        "stepId": take(call, "stepId", str, _NAME),
        "operationId": f"$sourceDescriptions.{_CALLED}.{openapi.operation(request)['operationId']}",
        **call,
        "requestBody": {"contentType": "application/json", "payload": payload},
    }


def _notifications(facts: Facts, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    sequence = take(dict(given), "sequence", dict, _NAME)
    kinds = asyncapi.sequence(facts)
    if set(sequence) != set(kinds):
        raise ContractError(f"{_NAME} describes {', '.join(sequence)} and asyncapi.toml {', '.join(kinds)}.")
    steps: list[dict[str, Any]] = []
    for kind in kinds:
        row = dict(sequence[kind])
        wanted = {f"$.{name}": value for name, value in facts.constants(kind).items()}
        wanted |= {place: _at(facts.sample(kind), place) for place in row.pop("same", [])}
        step = {"stepId": kind, **_received(kind), **row}
        if steps:
            step["dependsOn"] = [steps[-1]["stepId"]]
        steps.append({**step, "successCriteria": [_is(place, value) for place, value in wanted.items()]})
    return steps


def _received(kind: str) -> dict[str, Any]:
    return {"operationId": f"$sourceDescriptions.{_HEARD}.{asyncapi.receiver(kind)}", "action": "receive"}


def _is(place: str, value: object) -> dict[str, str]:
    """The criterion that a notification has this value at a place like $.chat.state."""
    literal = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return {"condition": f"$message.payload#/data/{'/'.join(_steps(place))} == {literal}"}


def _at(sample: Any, place: str) -> object:
    for step in _steps(place):
        if not isinstance(sample, dict) or step not in sample:
            raise ContractError(f"{_NAME}: the sample has no {place}.")
        sample = sample[step]
    return sample


def _steps(place: str) -> list[str]:
    return place.removeprefix("$.").split(".")
