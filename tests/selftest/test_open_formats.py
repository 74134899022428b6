"""The contract in open formats: what the documents say, and that nothing in them is typed in twice."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from openapi_spec_validator.readers import read_from_filename

from gws_contract.contract import ContractError, directory, load
from gws_contract.derive import FORMATS, stale_schemas, write_schemas
from gws_contract.facts import CLAUSES

ACCEPT = Path(str(directory()))
CONTRACTS = sorted(file.parent for file in ACCEPT.parent.glob("*/source.toml"))
EVERY = pytest.mark.parametrize("folder", CONTRACTS, ids=lambda folder: folder.name)
KINDS = ("status_change", "participants_updated", "new_messages")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACCEPT, tmp_path / "accept"))


def document(name: str, folder: Path = ACCEPT) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return read


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def cut(file: Path, pattern: str) -> None:
    text, count = re.subn(pattern, "", file.read_text(encoding="utf-8"))
    assert count == 1
    file.write_text(text, encoding="utf-8")


def parts(part: object) -> Iterator[dict[str, Any]]:
    """Every object of a document, wherever it is."""
    if isinstance(part, dict):
        yield part
    for member in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from parts(member)


def channel(folder: Path = ACCEPT) -> dict[str, Any]:
    (found,) = document("asyncapi", folder)["channels"].values()
    return dict(found)


def steps(folder: Path = ACCEPT) -> list[dict[str, Any]]:
    (workflow,) = document("arazzo", folder)["workflows"]
    return list(workflow["steps"])


def sequence_of(folder: Path) -> list[str]:
    """The kinds of notifications in the order that the AsyncAPI document says."""
    return [link["$ref"].rpartition("/")[2] for link in channel(folder)["x-sequence"]["messages"]]


# ---- every format ---------------------------------------------------------------------------------------------------


@EVERY
def test_every_document_has_the_title_and_the_revision_of_its_page(folder: Path) -> None:
    contract = load(folder.name)
    for name in FORMATS:
        info = document(name.removesuffix(".json"), folder)["info"]
        assert info["title"].startswith(contract.title)
        assert info["version"] == contract.revision


@EVERY
def test_the_documents_of_every_contract_are_up_to_date(folder: Path) -> None:
    assert stale_schemas(folder) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("source.toml", "8.5.2, in the wording", "8.5.3, in the wording", {*FORMATS}),
        ("openapi.toml", "Accepts an incoming chat.", "Accepts a chat.", {"openapi.json"}),
        ("asyncapi.toml", "Who takes part", "Who is", {"asyncapi.json"}),
        ("arazzo.toml", "The agent accepts the chat.", "Accepted.", {"arazzo.json"}),
        ("arazzo.json", "receive", "send", {"arazzo.json"}),
        ("asyncapi.json", "/v2/me/chats", "/v2/me/calls", {"asyncapi.json"}),
        ("openapi.toml", '"Accept"', '"AcceptChat"', {"arazzo.json", "openapi.json"}),
        ("return_values.toml", "operation forbidden", "forbidden", {"openapi.json"}),
        ("samples/3_status_change.json", '"Chatting"', '"Talking"', {"asyncapi.json"}),
        ("source.toml", '"Chatting"', '"Talking"', {"arazzo.json"}),
        ("clauses.toml", "within the deadline of the run", "in time", {"arazzo.json", "asyncapi.json"}),
    ],
)
def test_a_document_that_is_not_what_would_be_derived_is_stale_until_written(
    copy: Path, file: str, old: str, new: str, stale: set[str]
) -> None:
    edit(copy / file, old, new)
    assert stale_schemas(copy) == sorted(stale)
    write_schemas(copy)
    assert stale_schemas(copy) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_that_is_missing_is_stale_until_written(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert stale_schemas(copy) == [name]
    write_schemas(copy)
    assert stale_schemas(copy) == []


@EVERY
def test_every_clause_that_is_judged_stands_in_a_document_as_the_contract_says_it(folder: Path) -> None:
    told = {}
    for name in FORMATS:
        for part in parts(document(name.removesuffix(".json"), folder)):
            for row in part.get(CLAUSES, ()):
                told[row["id"]] = row
    assert told == {
        clause.id: {"id": clause.id, "strength": clause.strength, "says": clause.says}
        for clause in load(folder.name).clauses
        if clause.not_tested is None
    }


@EVERY
def test_the_documents_refer_to_every_schema_of_the_contract_and_to_no_other_file(folder: Path) -> None:
    both = [*parts(document("openapi", folder)), *parts(document("asyncapi", folder))]
    files = {part["$ref"] for part in both if not str(part.get("$ref", "#")).startswith("#")}
    assert files == {f"schemas/{name}.json" for name in load(folder.name).schema_texts}


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("openapi.toml", '"accept.feature"', '"accept.features"', "openapi.toml names accept.features, which is no"),
        ("openapi.toml", '"accept.feature"', '"accept.page"', "accept.page, which is no clause that is judged"),
        ("asyncapi.toml", '"accept.history"', '"accept.hist"', "asyncapi.toml names accept.hist, which is no clause"),
        ("openapi.toml", "post.responses.200]", "put.responses.200]", "describes 2 operations"),
        ("openapi.toml", "#/components/schemas/Refusal", "#/components/schemas/Refused", "which is not derived"),
        ("openapi.toml", "#/components/schemas/Refusal", "#/openapi/3/Refusal", "which is not derived"),
        ("asyncapi.toml", "[channels.chats]", "[channels.calls]\n[channels.chats]", "describes 2 channels"),
        ("asyncapi.toml", 'address = "/v2/me/chats"', "", '"address" is missing in asyncapi.toml'),
        ("asyncapi.toml", 'asyncapi = "3.0.0"', "", '"asyncapi" is missing in asyncapi.toml'),
        ("asyncapi.toml", "messages.new_messages", "messages.messages", '"new_messages" is missing in asyncapi.toml'),
        ("asyncapi.toml", "[messages.new_messages]", "[messages.x]\n[messages.new_messages]", "x, which is no notif"),
        ("source.toml", 'sample = "new_messages"', 'sample = "messages"', "NewMessages has no sample messages"),
        ("source.toml", "[[notification]]", "[[notified]]", '"notification" is missing in source.toml'),
        ("asyncapi.toml", 'description = "What follows', 'text = "What follows', '"description" is missing'),
        ("arazzo.toml", 'receives = "status_change"', 'receives = "response"', "an offer is no response"),
        ("arazzo.toml", 'state = "Invited"', "", '"state" is missing in arazzo.toml'),
        ("arazzo.toml", "[sequence.new_messages]", "[sequence.messages]", "arazzo.toml describes status_change, part"),
        ("arazzo.toml", 'stepId = "call"', "", '"stepId" is missing in arazzo.toml'),
        ("arazzo.toml", 'arazzo = "1.1.0"', "", '"arazzo" is missing in arazzo.toml'),
    ],
)
def test_data_of_a_document_that_makes_no_sense_is_refused_with_a_sentence(
    copy: Path, file: str, old: str, new: str, sentence: str
) -> None:
    edit(copy / file, old, new)
    with pytest.raises(ContractError, match=sentence):
        stale_schemas(copy)


def test_a_contract_without_the_data_of_a_document_is_refused_with_a_sentence(copy: Path) -> None:
    (copy / "asyncapi.toml").unlink()
    with pytest.raises(ContractError, match=r"asyncapi\.toml cannot be read"):
        stale_schemas(copy)


# ---- another operation ----------------------------------------------------------------------------------------------


@pytest.fixture
def short(copy: Path) -> Path:
    """A contract of another operation, whose request has no parameters and whose sequence is one notification."""
    for kind in ("participants_updated", "new_messages"):
        cut(copy / "source.toml", rf'\[\[notification\]\]\n(.+\n)+?sample = "{kind}"\n(history.+\n)?')
        cut(copy / "asyncapi.toml", rf"\[messages\.{kind}\]\n(.+\n)+")
        cut(copy / "arazzo.toml", rf"\[sequence\.{kind}\]\n(.+\n)+")
        cut(copy / "arazzo.toml", rf".+\$steps\.{kind}\..+\n")
    edit(copy / "samples" / "1_request.json", ',\n  "nickname": "agent-nickname-to-be-displayed-in-chat"', "")
    for name in ("samples/1_request.json", "refinements.toml", "openapi.toml"):
        edit(copy / name, '"Accept"', '"Reject"')
    edit(copy / "source.toml", 'state = "Chatting"', 'state = "Completed"')
    write_schemas(copy)
    return copy


def test_what_differs_by_operation_is_data(short: Path) -> None:
    assert sequence_of(short) == ["status_change"]
    assert list(document("asyncapi", short)["operations"]) == ["receiveStatusChange"]
    _, call, last = steps(short)
    assert call["operationId"] == "$sourceDescriptions.rest.Reject"
    assert call["requestBody"]["payload"] == {"operationName": "Reject"}
    assert "inputs" not in document("arazzo", short)["workflows"][0]
    assert {"condition": "$message.payload#/data/chat/state == 'Completed'"} in last["successCriteria"]


# ---- OpenAPI --------------------------------------------------------------------------------------------------------


def validated(folder: Path) -> None:
    """Raises what openapi-spec-validator raises."""
    described, address = read_from_filename(str(folder / "openapi.json"))
    openapi_spec_validator.validate(described, base_uri=address)


@EVERY
def test_the_openapi_document_is_valid(folder: Path) -> None:
    validated(folder)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: edit(folder / "openapi.json", '"in": "path"', '"in": "body"'),
        lambda folder: edit(folder / "openapi.json", '"description": "The answer.', '"says": "The answer.'),
        lambda folder: edit(folder / "schemas" / "response.json", '"integer"', '"whole"'),
        lambda folder: edit(folder / "openapi.json", "#/components/schemas/Refusal", "#/components/schemas/None"),
    ],
    ids=["parameter", "response", "schema", "reference"],
)
def test_a_damaged_openapi_document_is_not_valid(copy: Path, harm: Callable[[Path], None]) -> None:
    harm(copy)
    with pytest.raises(Exception, match=r".+"):
        validated(copy)


def test_a_refusal_may_have_every_code_of_the_product_but_success() -> None:
    schema = document("openapi")["components"]["schemas"]["Refusal"]
    known = load().return_values.tables.values()
    assert set(schema["properties"]["statusCode"]["enum"]) == set().union(*known) - {0}
    answers: tuple[object, ...] = ({}, {"statusCode": 3, "statusMessage": "no"}, "no", [], {"other": 1})
    for allowed in answers:
        jsonschema.validate(allowed, schema)
    for forbidden in ({"statusCode": 0}, {"statusCode": "3"}, {"statusCode": 21}, {"statusMessage": 3}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(forbidden, schema)


def test_a_refusal_need_not_be_json() -> None:
    (methods,) = document("openapi")["paths"].values()
    assert methods["post"]["responses"]["default"]["content"]["*/*"] == {}


# ---- AsyncAPI -------------------------------------------------------------------------------------------------------


def test_the_notifications_come_on_the_channel_of_the_contract_in_their_order() -> None:
    assert channel()["address"] == "/v2/me/chats"
    assert channel()["address"] in load().clause("accept.delivery.channel").says
    assert sequence_of(ACCEPT) == list(KINDS)
    said = channel()["x-sequence"]["description"]
    assert said.endswith("Documented: StatusChange, then ParticipantsUpdated, then NewMessages.")
    ids = [row["id"] for row in channel()["x-sequence"][CLAUSES]]
    assert ids == ["accept.notifications.order", "accept.notifications.timely"]


def test_the_order_of_the_documents_is_that_of_the_notifications_in_source_toml(copy: Path) -> None:
    text = (copy / "source.toml").read_text(encoding="utf-8")
    block = re.search(r'\[\[notification\]\]\nkind = "NewMessages"\n(.+\n)+', text)
    assert block is not None
    text = text.replace(block[0], "").replace("[[notification]]", f"{block[0]}\n[[notification]]", 1)
    (copy / "source.toml").write_text(text, encoding="utf-8")
    write_schemas(copy)
    turned = ["new_messages", "status_change", "participants_updated"]
    assert sequence_of(copy) == turned
    received = steps(copy)[2:]
    assert [step["stepId"] for step in received] == turned
    assert [step.get("dependsOn") for step in received] == [None, ["new_messages"], ["status_change"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_the_envelope_with_the_schema_and_the_sample_inside(kind: str) -> None:
    message = document("asyncapi")["components"]["messages"][kind]
    payload, (example,) = message["payload"], message["examples"]
    assert payload["properties"]["data"] == {"$ref": f"schemas/{kind}.json"}
    assert payload["required"] == ["channel", "data"]
    assert example["payload"] == {"channel": "/v2/me/chats", "data": load().sample(kind)}
    whole = {**payload, "properties": {**payload["properties"], "data": load().schema(kind)}}
    jsonschema.validate(example["payload"], whole)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**example["payload"], "channel": "/v2/me/calls"}, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_says_where_the_sample_names_its_chat(kind: str) -> None:
    message = document("asyncapi")["components"]["messages"][kind]
    source, _, pointer = message["correlationId"]["location"].partition("#")
    found: Any = message["examples"][0]["payload"]
    for step in pointer.strip("/").split("/"):
        found = found[step]
    assert source == "$message.payload"
    assert found.rpartition("/")[2] == load().sample("status_change")["chat"]["id"]


# ---- Arazzo ---------------------------------------------------------------------------------------------------------


def test_the_workflow_is_the_offer_the_call_and_the_notifications_in_their_order() -> None:
    assert [step["stepId"] for step in steps()] == ["offer", "call", *KINDS]
    operations = {"rest": {"Accept"}, "notifications": set(document("asyncapi")["operations"])}
    for step in steps():
        _, source, operation = step["operationId"].split(".")
        assert operation in operations[source]


def test_the_call_sends_the_documented_request_with_the_given_nickname() -> None:
    call = steps()[1]
    assert call["requestBody"]["payload"] == {"operationName": "Accept", "nickname": "$inputs.nickname"}
    assert document("arazzo")["workflows"][0]["inputs"]["required"] == ["nickname"]
    assert call["parameters"] == [{"name": "id", "in": "path", "value": "$steps.offer.outputs.chatId"}]


def test_a_notification_succeeds_with_the_constants_of_its_schema_and_its_state() -> None:
    conditions = [criterion["condition"] for criterion in steps()[2]["successCriteria"]]
    assert conditions == [
        "$message.payload#/data/messageType == 'ChatStateChangeMessage'",
        "$message.payload#/data/notificationType == 'StatusChange'",
        "$message.payload#/data/chat/state == 'Chatting'",
    ]


def test_no_notification_waits_for_the_answer_to_the_call() -> None:
    assert [step.get("dependsOn", []) for step in steps()] == [[], [], [], ["status_change"], ["participants_updated"]]


def test_every_output_that_is_used_is_one_of_an_earlier_step() -> None:
    known: set[str] = set()
    (workflow,) = document("arazzo")["workflows"]
    for part in [*workflow["steps"], {"outputs": workflow["outputs"]}]:
        used = set(re.findall(r"\$steps\.(\w+\.outputs\.\w+)", json.dumps(part)))
        assert used <= known
        known |= {f"{part.get('stepId')}.outputs.{name}" for name in part.get("outputs", {})}
    assert known
