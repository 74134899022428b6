"""What the open formats say, held against what goes over the wire: a good mock does it, a faulty one does not."""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from gws_contract.contract import directory, load
from gws_contract.journal import Delivery
from gws_contract.scenario import Say, Scenario

from .stages import Played, play, varied

ACCEPT = Path(str(directory()))
HELLO = Scenario("Pat", "Sam", (Say("Hello"),))
HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"==": operator.eq, ">=": operator.ge, "<": operator.lt}


def document(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ACCEPT / f"{name}.json").read_text(encoding="utf-8"))
    return read


@functools.cache
def performed(*faults: str) -> Played:
    """A chat of an agent Sam, accepted on a mock with these faults."""
    return play(HELLO, variations=varied(*faults))


def heard(run: Played) -> list[Mapping[str, Any]]:
    """Every Bayeux message of the chat, in the order of arrival."""
    return [record.message for record in run.records if isinstance(record, Delivery) and record.observer == 1]


def found_at(pointer: str, body: Any) -> Any:
    for step in pointer.strip("/").split("/"):
        body = body.get(step) if isinstance(body, dict) else None
    return body


def satisfied(step: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Whether all criteria of an Arazzo step are met; they are comparisons joined by &&."""
    comparisons = [part for row in step["successCriteria"] for part in row["condition"].split(" && ")]
    for comparison in comparisons:
        parsed = re.fullmatch(r"(\$[\w.]+)(?:#(\S+))? (==|>=|<) (?:'(.*)'|(\d+))", comparison)
        assert parsed is not None, comparison
        source, pointer, sign, text, number = parsed.groups()
        if source not in context:
            return False
        value = found_at(pointer, context[source]) if pointer else context[source]
        if not HOLDS[sign](value, text if number is None else int(number)):
            return False
    return True


def walked(run: Played) -> dict[str, bool]:
    """Which steps of the workflow the chat went through, each from where the step that it depends on stopped."""
    (workflow,) = document("arazzo")["workflows"]
    messages, places, went = heard(run), dict[str, int](), dict[str, bool]()
    (call,) = run.steps("accept")
    for step in workflow["steps"]:
        if step.get("action") != "receive":
            answer = {"$statusCode": call.status, "$response.body": json.loads(call.answer or "null")}
            went[step["stepId"]] = satisfied(step, answer)
            continue
        start = max((places.get(name, len(messages)) for name in step.get("dependsOn", ())), default=-1) + 1
        fitting = [n for n in range(start, len(messages)) if satisfied(step, {"$message.payload": messages[n]})]
        went[step["stepId"]] = bool(fitting)
        places |= {step["stepId"]: fitting[0]} if fitting else {}
    return went


def payload_of(kind: str) -> dict[str, Any]:
    """The schema of a message of the AsyncAPI document, with the derived schema in place of the reference to it."""
    payload: dict[str, Any] = document("asyncapi")["components"]["messages"][kind]["payload"]
    assert payload["properties"]["data"]["$ref"] == f"schemas/{kind}.json"
    payload["properties"]["data"] = load().schema(kind)
    return payload


def notified(run: Played, kind: str) -> list[Mapping[str, Any]]:
    """The messages whose constants are those of a kind."""
    members = load().schema(kind)["properties"]
    wanted = {name: schema["const"] for name, schema in members.items() if "const" in schema}
    return [message for message in heard(run) if wanted.items() <= {**message["data"]}.items()]


def test_a_chat_that_is_accepted_goes_through_every_step_of_the_workflow() -> None:
    assert set(walked(performed()).values()) == {True}


@pytest.mark.parametrize(
    ("fault", "missed"),
    [
        ("participants-first", {"participants_updated", "new_messages"}),
        ("accept-refused-with-200", {"call"}),
        ("status-change-lost", {"status_change", "participants_updated", "new_messages"}),
        ("history-lost", {"new_messages"}),
        ("http-500-with-status-code-0", {"call"}),
    ],
)
def test_a_faulty_server_misses_steps_of_the_workflow(fault: str, missed: set[str]) -> None:
    assert {name for name, went in walked(performed(fault)).items() if not went} == missed


def test_the_agent_of_the_suite_sends_the_request_of_the_workflow_to_the_path_of_the_openapi_document() -> None:
    (call,) = performed().steps("accept")
    ((path, methods),) = document("openapi")["paths"].items()
    assert re.fullmatch(re.sub(r"\{id\}", "[^/]+", path), call.path)
    assert call.method.lower() in methods
    payload = document("arazzo")["workflows"][0]["steps"][1]["requestBody"]["payload"]
    assert json.loads(call.request or "") == payload | {"nickname": "Sam"}


@pytest.mark.parametrize("kind", ["status_change", "participants_updated", "new_messages"])
def test_what_a_good_server_sends_is_a_message_of_the_asyncapi_document(kind: str) -> None:
    messages = notified(performed(), kind)
    assert messages
    for message in messages:
        jsonschema.validate(message, payload_of(kind))


def test_what_comes_on_another_channel_is_no_message_of_the_asyncapi_document() -> None:
    message, *_ = notified(performed("participants-on-wrong-channel"), "participants_updated")
    with pytest.raises(jsonschema.ValidationError, match="/v2/me/chats"):
        jsonschema.validate(message, payload_of("participants_updated"))
