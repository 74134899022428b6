"""The operation as an OpenAPI 3.1 document: openapi.toml, completed by what the page, samples and clauses say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gws_contract.clause import ContractError, take
from gws_contract.contract import read_return_values, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gws_contract.facts import Facts

_NAME: Final = "openapi.toml"
_CODES: Final = "return_values.toml"
_JSON: Final = "application/json"


def document(facts: Facts) -> dict[str, Any]:
    """The OpenAPI document of a contract, with relative references to its schemas.

    Title, version and address are those of the page; a body whose schema is schemas/<kind>.json has the repaired sample
    of that kind as its example. An `enum` that is called return_values.toml becomes the codes of that file but 0, with
    what they mean. Raises ContractError.
    """
    given = _with_codes(read_toml(facts.directory / _NAME), facts)
    for body in _bodies(given):
        reference = take(body, "schema", dict, _NAME).get("$ref")
        if not (isinstance(reference, str) and _leads_inside(given, reference)):
            body["example"] = facts.sample(facts.kind(reference, _NAME))
    info = take(given, "info", dict, _NAME)
    whole = {
        "openapi": take(given, "openapi", str, _NAME),
        "info": {"title": facts.title, "version": facts.revision, **info},
        "externalDocs": {"url": facts.url},
        **{name: part for name, part in given.items() if name not in ("openapi", "info")},
    }
    told: dict[str, Any] = facts.told(whole, _NAME)
    return told


def operation(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one operation of a document; raises ContractError."""
    operations = [method for methods in described.get("paths", {}).values() for method in methods.values()]
    if len(operations) != 1:
        raise ContractError(f"{_NAME} describes {len(operations)} operations; a contract is about one.")
    found: Mapping[str, Any] = operations[0]
    return found


def request_kind(described: Mapping[str, Any], facts: Facts) -> str:
    """The kind of sample that is the body of the operation's request; raises ContractError."""
    body = take(operation(described), "requestBody", dict, _NAME)
    return facts.kind(body["content"][_JSON]["schema"].get("$ref"), _NAME)


def _bodies(part: object) -> Iterator[dict[str, Any]]:
    """The media types of a part of the document that say something of a body, wherever they are."""
    if not isinstance(part, dict):
        return
    for name, member in part.items():
        if name == "content":
            yield from (body for body in member.values() if body)
        else:
            yield from _bodies(member)


def _leads_inside(given: Mapping[str, Any], reference: str) -> bool:
    """Whether a reference leads to something in the document itself."""
    if not reference.startswith("#/"):
        return False
    part: Any = given
    for step in reference[2:].split("/"):
        part = part.get(step) if isinstance(part, dict) else None
    return part is not None


def _with_codes(part: Any, facts: Facts) -> Any:
    if isinstance(part, list):
        return [_with_codes(each, facts) for each in part]
    if not isinstance(part, dict):
        return part
    filled = {name: _with_codes(member, facts) for name, member in part.items()}
    if filled.get("enum") == _CODES:
        values = read_return_values(facts.directory)
        codes = sorted(frozenset[int]().union(*values.tables.values()) - {0})
        filled["enum"] = codes
        filled["description"] = "; ".join(f"{code}: {values.meanings[code]}" for code in codes)
    return filled
