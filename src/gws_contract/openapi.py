"""The operation as an OpenAPI 3.1 document: openapi.toml, completed by what source.toml and the samples say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gws_contract.clause import ContractError, take, texts_of
from gws_contract.contract_files import read_samples, read_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_NAME = "openapi.toml"


def document(directory: Path, schemas: Collection[str]) -> dict[str, Any]:
    """The document of the contract in a folder, with relative references to `schemas`, which are files below it.

    Title, version and address are those of the page; a body whose schema is schemas/<kind>.json has the repaired sample
    of that kind as its example. Raises ContractError.
    """
    given = read_toml(directory / _NAME)
    page = take(read_toml(directory / "source.toml"), "document", dict, "source.toml")
    texts = texts_of(page, "source.toml", "title", "revision", "url")
    samples = {f"schemas/{sample.kind}.json": sample.repaired for sample in reversed(read_samples(directory))}
    for body in _bodies(given):
        schema = str(take(body, "schema", dict, _NAME).get("$ref"))
        if schema not in schemas:
            raise ContractError(f"{_NAME} points to {schema}, which is not derived.")
        body["example"] = json.loads(samples[schema])
    return {
        "openapi": take(given, "openapi", str, _NAME),
        "info": {"title": texts["title"], "version": texts["revision"], **take(given, "info", dict, _NAME)},
        "externalDocs": {"url": texts["url"]},
        **{name: part for name, part in given.items() if name not in ("openapi", "info")},
    }


def _bodies(part: object) -> Iterator[dict[str, Any]]:
    """The media types of a part of the document, wherever they are."""
    if not isinstance(part, dict):
        return
    for name, member in part.items():
        if name == "content":
            yield from member.values()
        else:
            yield from _bodies(member)
