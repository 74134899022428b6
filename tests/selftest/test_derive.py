from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from schemathesis.core.result import Ok

import gws_contract
from gws_contract.contract import ContractError, directory, load
from gws_contract.derive import DeriveError, derive, stale_schemas, write_schemas

ACCEPT = Path(str(directory()))
REFINEMENTS = (ACCEPT / "refinements.toml").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^\[\[refinement\]\]\n(?:(?!\[\[|\[inferred|# ).*\n)*", REFINEMENTS, re.MULTILINE)
ROWS = tomllib.loads(REFINEMENTS)["refinement"]


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    inner = [schema[keyword] for keyword in ("items", "if", "then") if keyword in schema]
    inner += [*schema.get("properties", {}).values(), *schema.get("allOf", ()), *schema.get("anyOf", ())]
    for one in inner:
        yield from subschemas(one)


def required(schema: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Every member that a schema demands without a condition."""
    yield from (f"{at}.{name}" for name in schema.get("required", ()))
    for name, member in schema.get("properties", {}).items():
        yield from required(member, f"{at}.{name}")
    if "items" in schema:
        yield from required(schema["items"], f"{at}[*]")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACCEPT, tmp_path / "accept"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_schemas_of_the_contract_are_up_to_date() -> None:
    assert stale_schemas(ACCEPT) == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda schemas: edit(schemas / "response.json", '"integer"', '"number"'),
        lambda schemas: (schemas / "response.json").unlink(),
        lambda schemas: (schemas / "response.json").write_bytes(b"\xff"),
    ],
    ids=["changed", "missing", "not text"],
)
def test_a_schema_that_is_not_what_would_be_derived_is_stale_until_written(
    copy: Path, harm: Callable[[Path], object]
) -> None:
    harm(copy / "schemas")
    assert stale_schemas(copy) == ["schemas/response.json"]
    assert copy / "schemas" / "response.json" in write_schemas(copy)
    assert stale_schemas(copy) == []


def test_a_schema_that_nothing_derives_is_stale_until_written(copy: Path) -> None:
    shutil.copy(copy / "schemas" / "response.json", copy / "schemas" / "answer.json")
    assert stale_schemas(copy) == ["schemas/answer.json"]
    write_schemas(copy)
    assert stale_schemas(copy) == []


def test_a_changed_refinement_makes_its_schema_stale(copy: Path) -> None:
    edit(copy / "refinements.toml", "value = 1\n", "value = 0\n")
    assert stale_schemas(copy) == ["schemas/new_messages.json"]


def test_schemas_are_written_where_there_were_none(copy: Path) -> None:
    shutil.rmtree(copy / "schemas")
    assert [file.stem for file in write_schemas(copy)] == [*sorted(load().samples), "openapi", "asyncapi", "arazzo"]
    assert stale_schemas(copy) == []


def test_the_same_files_give_the_same_text_in_every_process() -> None:
    script = (
        "import json, sys, pathlib; from gws_contract.derive import derive;"
        "print(json.dumps(derive(pathlib.Path(sys.argv[1]))))"
    )
    texts = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(gws_contract.__file__).parents[1])}
        command = [sys.executable, "-c", script, str(ACCEPT)]
        texts.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    assert texts == {json.dumps(derive(ACCEPT)) + "\n"}


@pytest.mark.parametrize("name", load().samples)
def test_a_schema_is_one_of_draft_2020_12_with_the_title_of_its_sample(name: str) -> None:
    schema = load().schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == load().samples[name].title


@pytest.mark.parametrize("name", load().samples)
def test_every_subschema_names_a_clause_that_is_judged(name: str) -> None:
    for schema in subschemas(load().schema(name)):
        assert load().clause(schema.get("$comment", "none")).says


@pytest.mark.parametrize("name", load().samples)
def test_objects_and_sets_stay_open(name: str) -> None:
    keywords = {keyword for schema in subschemas(load().schema(name)) for keyword in schema}
    assert not keywords & {"additionalProperties", "unevaluatedProperties", "enum", "oneOf", "format", "maxItems"}


def test_nothing_is_required_but_what_real_servers_always_send() -> None:
    assert {name: sorted(required(schema)) for name, schema in load().schemas.items()} == {
        "request": ["$.nickname", "$.operationName"],
        "response": ["$.statusCode"],
        "status_change": [
            "$.chat",
            "$.chat.id",
            "$.chat.participants[*].nickname",
            "$.chat.participants[*].type",
            "$.chat.state",
            "$.messageType",
            "$.notificationType",
        ],
        "participants_updated": [
            "$.chat",
            "$.chat.id",
            "$.chat.participants[*].nickname",
            "$.chat.participants[*].type",
            "$.chat.state",
            "$.messageType",
            "$.notificationType",
        ],
        "new_messages": [
            "$.messageType",
            "$.messages[*].from.nickname",
            "$.messages[*].from.type",
            "$.messages[*].index",
            "$.messages[*].type",
            "$.notificationType",
        ],
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['schema']}-{row['at']}-{row['what']}")
def test_a_refinement_has_a_reason_and_a_clause_of_its_own_section(row: dict[str, Any]) -> None:
    assert row["reason"].endswith(".")
    assert load().clause(row["clause"]).section == load().samples[row["schema"]].section


def test_the_test_below_leaves_out_every_refinement_once() -> None:
    assert [tomllib.loads(block)["refinement"] for block in BLOCKS] == [[row] for row in ROWS]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{row['schema']}-{row['at']}-{row['what']}" for row in ROWS])
def test_every_refinement_has_an_effect(copy: Path, block: str) -> None:
    edit(copy / "refinements.toml", block, "")
    row = tomllib.loads(block)["refinement"][0]
    assert [name for name in stale_schemas(copy) if "/" in name] == [f"schemas/{row['schema']}.json"]


TEMPLATE = """
[[refinement]]
schema = "{schema}"
at = "{at}"
what = "{what}"
clause = "{clause}"
reason = "To be refused."
{value}
"""


def refinement(
    schema: str = "response",
    at: str = "$.statusCode",
    what: str = "minimum",
    clause: str | None = None,
    value: str = "value = 0",
) -> str:
    clause = clause or "accept.response.status-code"
    return TEMPLATE.format(schema=schema, at=at, what=what, clause=clause, value=value)


@pytest.mark.parametrize(
    ("added", "sentence"),
    [
        (refinement(clause="accept.response.nothing"), "clauses that do not exist: accept.response.nothing"),
        (refinement(clause="accept.response.json"), "Two clauses answer for one place"),
        (refinement(schema="answer"), "no sample of answer"),
        (refinement(what="maximum"), "is none of optional, constant"),
        (refinement(at="$.statusMessage"), "no place for the refinement minimum at .*statusMessage"),
        (refinement(at="statusCode"), '"statusCode" is no place in a message'),
        (refinement(at="$.statusCode", what="optional") * 2, "no place"),
        (refinement() * 2, "the schema is the same"),
        (refinement(what="property", value='value = {type = "string"}'), "the schema is the same"),
        (refinement(what="pattern", value="value = 1"), "no place"),
        (
            refinement(
                "participants_updated", "$.chat.participants", "items", "accept.participants.list", "value = {}"
            ),
            "would hide them",
        ),
        ('[inferred.other]\n"$" = "accept.request.body"', "no sample of other"),
        (refinement().replace("reason", "because"), '"reason" is missing'),
    ],
)
def test_a_refinement_that_makes_no_sense_is_refused_with_a_sentence(copy: Path, added: str, sentence: str) -> None:
    with (copy / "refinements.toml").open("a", encoding="utf-8") as file:
        file.write(added)
    with pytest.raises(ContractError, match=sentence):
        derive(copy)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"$" = "accept.response.json"\n', "", 'No clause answers for the message "HTTP Response" as a whole'),
        ('"$.statusCode" = ', '"$.status" = ', r'The sample "HTTP Response" has no \$\.status'),
        ('= "accept.response.json"', '= "accept.response.jason"', "do not exist: accept.response.jason"),
    ],
)
def test_a_place_without_a_clause_and_a_clause_without_a_place_are_refused(
    copy: Path, old: str, new: str, sentence: str
) -> None:
    edit(copy / "refinements.toml", old, new)
    with pytest.raises(DeriveError, match=sentence):
        derive(copy)


def test_a_sample_that_is_not_json_is_refused_and_nothing_is_written(copy: Path) -> None:
    edit(copy / "samples" / "2_response.json", "{", "")
    before = {file: file.stat().st_mtime_ns for file in (copy / "schemas").iterdir()}
    with pytest.raises(DeriveError, match="A repaired sample of response is not JSON"):
        write_schemas(copy)
    assert {file: file.stat().st_mtime_ns for file in (copy / "schemas").iterdir()} == before


def test_all_samples_of_a_kind_make_its_schema(copy: Path) -> None:
    text = (copy / "source.toml").read_text(encoding="utf-8")
    block = re.search(r'\[\[sample\]\]\nfile = "2_response"\n(.+\n)+', text)
    assert block is not None
    other = block[0].replace("2_response", "2_refused").replace("HTTP Response", "Another title")
    (copy / "source.toml").write_text(f"{text}\n{other}", encoding="utf-8")
    for ending in (".txt", ".json"):
        (copy / "samples" / f"2_refused{ending}").write_text('{"statusMessage": "no"}', encoding="utf-8")
    schema = derive(copy)["response"]
    assert schema["title"] == "HTTP Response"
    assert set(schema["properties"]) == {"statusCode", "statusMessage"}
    assert "required" not in schema


# ---- the OpenAPI document -------------------------------------------------------------------------------------------


def openapi(folder: Path = ACCEPT) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("openapi.toml", "Accepts an incoming chat.", "Accepts a chat."),
        ("openapi.json", '"post"', '"put"'),
        ("samples/1_request.json", "agent-nickname-to-be-displayed-in-chat", "Marat"),
    ],
)
def test_an_openapi_document_that_is_not_what_would_be_derived_is_stale_until_written(
    copy: Path, file: str, old: str, new: str
) -> None:
    edit(copy / file, old, new)
    assert stale_schemas(copy) == ["openapi.json"]
    write_schemas(copy)
    assert stale_schemas(copy) == []


def test_an_openapi_document_that_is_missing_is_stale_until_written(copy: Path) -> None:
    (copy / "openapi.json").unlink()
    assert stale_schemas(copy) == ["openapi.json"]
    write_schemas(copy)
    assert openapi(copy) == openapi()


def test_the_openapi_document_has_the_url_the_method_and_the_credentials_of_the_page() -> None:
    document = openapi()
    ((path, methods),) = document["paths"].items()
    assert f"| Request URL | {path} |" in load().clause("accept.request.url").quote
    assert list(methods) == ["post"]
    assert methods["post"]["security"] == [{"basic": []}]
    assert document["info"]["version"] == load().revision
    assert document["externalDocs"]["url"] == load().url


def test_the_references_of_the_openapi_document_are_relative_and_lead_to_the_derived_schemas() -> None:
    operation = openapi()["paths"]["/api/v2/me/chats/{id}"]["post"]
    bodies = [part["content"]["application/json"] for part in (operation["requestBody"], operation["responses"]["200"])]
    assert [json.loads((ACCEPT / body["schema"]["$ref"]).read_text()) for body in bodies] == [
        load().schema("request"),
        load().schema("response"),
    ]
    assert [body["example"] for body in bodies] == [load().sample("request"), load().sample("response")]


def test_the_openapi_document_is_one_of_version_3_1_that_other_tools_read() -> None:
    schema = schemathesis.openapi.from_path(ACCEPT / "openapi.json")
    schema.validate()
    (result,) = schema.get_all_operations()
    assert isinstance(result, Ok)
    operation = result.ok()
    assert operation.label == "POST /api/v2/me/chats/{id}"
    assert operation.body[0].is_required


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("schemas/request.json", "schemas/requests.json", "points to schemas/requests.json, which is not derived"),
        ('schema."$ref" = "schemas/request.json"', "schema.type = 'object'", "points to None"),
        ('schema."$ref" = "schemas/request.json"', "other = 1", '"schema" is missing'),
        ('openapi = "3.1.0"', "", '"openapi" is missing'),
        ("[info]", "[information]", '"info" is missing'),
    ],
)
def test_an_openapi_document_that_makes_no_sense_is_refused_with_a_sentence(
    copy: Path, old: str, new: str, sentence: str
) -> None:
    edit(copy / "openapi.toml", old, new)
    with pytest.raises(ContractError, match=sentence):
        stale_schemas(copy)
