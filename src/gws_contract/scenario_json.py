"""A scenario, read back from JSON data: out of a journal, or out of a file that anybody may have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from gws_contract.scenario import (
    Attempt,
    Beside,
    Capability,
    Depart,
    DuringStep,
    Outage,
    Parting,
    Say,
    Scenario,
    Spelling,
    Step,
    Stream,
    Typing,
    Visit,
)


def from_json(data: Mapping[str, Any]) -> Scenario:
    """The scenario that `scenario.to_json` wrote. Raises ValueError with a sentence for anything else."""
    try:
        _nothing_else(data)
        return Scenario(
            customer=_text(data["customer"]),
            agent=_text(data["agent"]),
            before=tuple(_step_from_json(step) for step in data.get("before", ())),
            during=tuple(_during(_step_from_json(step)) for step in data.get("during", ())),
            after=tuple(Say(_text(text)) for text in data.get("after", ())),
            reply=_text(data.get("reply", "")),
            refusals=tuple(map(_refusal, data.get("refusals", ()))),
            accept_again=_one_of(data.get("accept_again", False), False, True),
            beside=_one_of(data.get("beside", "nobody"), *_BESIDE),
            spelling=_one_of(data.get("spelling", "plain"), *_SPELLINGS),
            user_data=_data(data.get("user_data")),
            uses=tuple(_one_of(name, *_CAPABILITIES) for name in data.get("uses", ())),
        )
    except KeyError as error:
        raise ValueError(f"This is not a scenario: it lacks {error}.") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"This is not a scenario: {error}.") from error


_MEMBERS = frozenset(Scenario.__dataclass_fields__)
_BESIDE, _SPELLINGS, _PARTINGS = get_args(Beside), get_args(Spelling), get_args(Parting)
_CAPABILITIES = get_args(Capability)


def _nothing_else(data: Mapping[str, Any]) -> None:
    if not data.keys() <= _MEMBERS:
        raise TypeError(f"it has no {min(data.keys() - _MEMBERS)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} stands for a name or text")
    return value


def _one_of(value: Any, *allowed: Any) -> Any:
    if value not in allowed or not isinstance(value, type(allowed[0])):
        raise TypeError(f"{value!r:.60} stands where {' or '.join(map(str, allowed))} is expected")
    return value


def _data(value: Any) -> Mapping[str, Any] | None:
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.60} stands for user data")
    return value


def _refusal(value: Any) -> str | Attempt:
    if isinstance(value, str):
        return value
    body, label = value["body"], value["content_type"]
    return Attempt(
        _text(value["kind"]),
        _text(value["says"]),
        None if body is None else _text(body),
        _text(value["method"]),
        None if label is None else _text(label),
    )


def _during(step: Step) -> DuringStep:
    if not isinstance(step, DuringStep):
        raise TypeError(f"{step!r:.60} cannot happen during the Accept")
    return step


def _step_from_json(step: Any) -> Step:
    if isinstance(step, dict) and "say" in step:  # most of them
        return Say(_text(step["say"]))
    match step:
        case "depart":
            return Depart()
        case {"stream": {"texts": [_, *_] as texts, "total": int(total)}} if total >= 0:
            return Stream(tuple(map(_text, texts)), total)
        case {"typing": what}:
            return Typing(_one_of(what, "started", "stopped"))
        case {"outage": what}:
            return Outage(_one_of(what, "observer", "session"))
        case {"visit": visit}:
            parting = _one_of(visit["parting"], *_PARTINGS)
            return Visit(parting, _text(visit["nickname"]), tuple(map(_text, visit["texts"])))
    raise TypeError(f"{step!r:.60} is no step")
