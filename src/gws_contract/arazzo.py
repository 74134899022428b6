"""The sequence of an operation as an Arazzo 1.1 document: offer, call, and the notifications in their order.

arazzo.toml says how a chat is offered and when the call succeeded; the rest is made of source.toml, of the other two
documents and of the schemas.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gws_contract import asyncapi, openapi
from gws_contract.clause import ContractError, take
from gws_contract.contract import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.facts import Facts, Notified

_NAME: Final = "arazzo.toml"
_CALLED: Final = "rest"
_HEARD: Final = "notifications"
"""What the two other documents are called in this one."""


def document(facts: Facts) -> dict[str, Any]:
    """The Arazzo document of a contract, with relative references to the two others; raises ContractError.

    A notification succeeds if it has the constants of its schema and the state that tells it from others. Each but the
    first depends on the one before it: the documented order. None depends on the call: its answer may come later.
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
    kind, state = (take(offer, name, str, _NAME) for name in ("receives", "state"))
    described = {notified.sample: notified for notified in facts.sequence}
    if kind not in described:
        raise ContractError(f"{_NAME}: an offer is no {kind}, which is no notification of source.toml.")
    rest = {name: part for name, part in offer.items() if name not in ("receives", "state")}
    criteria = _criteria(facts, kind, state)
    return {"stepId": take(offer, "stepId", str, _NAME), **_received(described[kind]), **rest, **criteria}


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
    told = take(dict(given), "sequence", dict, _NAME)
    kinds = [notified.sample for notified in facts.sequence]
    if set(told) != set(kinds):
        raise ContractError(f"{_NAME} describes {', '.join(told)}, and source.toml {', '.join(kinds)}.")
    steps: list[dict[str, Any]] = []
    for notified in facts.sequence:
        kind = notified.sample
        before = {"dependsOn": [steps[-1]["stepId"]]} if steps else {}
        criteria = _criteria(facts, kind, notified.state)
        steps.append({"stepId": kind, **_received(notified), **told[kind], **before, **criteria})
    return steps


def _received(notified: Notified) -> dict[str, Any]:
    return {"operationId": f"$sourceDescriptions.{_HEARD}.{asyncapi.receiver(notified)}", "action": "receive"}


def _criteria(facts: Facts, kind: str, state: str | None) -> dict[str, Any]:
    """That a notification has the constants of a kind, and the chat this state if there is one."""
    wanted = {**facts.constants(kind), **({} if state is None else {"chat/state": state})}
    literals = {at: f"'{value}'" if isinstance(value, str) else json.dumps(value) for at, value in wanted.items()}
    criteria = [{"condition": f"$message.payload#/data/{at} == {literal}"} for at, literal in literals.items()]
    return {"successCriteria": criteria}
