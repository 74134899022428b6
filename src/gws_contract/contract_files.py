"""The files of a contract: sections, clauses, samples, schemas and return values, each read and checked for sense."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from gws_contract.clause import Clause, ContractError, clause_from, take, texts_of
from gws_contract.operation import operation_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: `first_line` starts it, `headings` are lines without a clause, `file` holds its checks."""

    id: str
    title: str
    first_line: str
    headings: tuple[str, ...]
    file: str
    url: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of the page, as printed and as repaired JSON text; its kind is the name of its schema."""

    kind: str
    section: str
    title: str
    printed: str
    repaired: str


@dataclass(frozen=True, slots=True)
class ReturnValues:
    """The codes of each version of the product; `default` is the version for a server that does not tell its own."""

    page: str
    url: str
    default: str
    tables: Mapping[str, frozenset[int]]
    meanings: Mapping[int, str]


def read_wording(document: Mapping[str, Any]) -> str:
    """Whose words the quotes are: "page" or "record"; raises ContractError."""
    wording = document.get("wording", "page")
    if wording not in ("page", "record"):
        raise ContractError(f"wording is {wording!r:.40} in source.toml; it is page or record.")
    return str(wording)


def read_clauses(data: Traversable) -> Mapping[str, Clause]:
    """Read clauses.toml; raises ContractError for a clause that is incomplete, unknown in its words or there twice."""
    operation = operation_from(read_toml(data / "source.toml")).id
    sections = read_sections(data)
    clauses: dict[str, Clause] = {}
    for row in take(read_toml(data / "clauses.toml"), "clause", list, "clauses.toml"):
        clause = clause_from(row, operation)
        if clause.id in clauses:
            raise ContractError(f"There are two clauses {clause.id}.")
        if clause.section not in sections:
            raise ContractError(f'The page has no section "{clause.section}" for the clause {clause.id}.')
        clauses[clause.id] = clause
    return MappingProxyType(clauses)


def read_samples(data: Traversable) -> tuple[Sample, ...]:
    """Read the samples that source.toml names, in its order; raises ContractError."""
    samples = []
    for row in take(read_toml(data / "source.toml"), "sample", list, "source.toml"):
        texts = texts_of(row, "a sample", "kind", "section", "title")
        stem = take(row, "file", str, "a sample")
        printed, repaired = (read_text(data / "samples" / f"{stem}{ending}") for ending in (".txt", ".json"))
        samples.append(Sample(**texts, printed=printed, repaired=repaired))
    return tuple(samples)


def read_sections(data: Traversable) -> Mapping[str, Section]:
    """Read the sections of source.toml, in its order, by id; raises ContractError."""
    table = read_toml(data / "source.toml")
    url = take(take(table, "document", dict, "source.toml"), "url", str, "source.toml")
    sections = {}
    for row in take(table, "section", list, "source.toml"):
        texts = texts_of(row, "a section", "id", "title", "first_line", "file")
        headings = tuple(take(row, "headings", list, f"section {texts['id']}"))
        sections[texts["id"]] = Section(**texts, headings=headings, url=url)
    return sections


def read_schemas(data: Traversable) -> Mapping[str, str]:
    """Read the texts of the derived schemas, by name; raises ContractError."""
    try:
        files = [file for file in (data / "schemas").iterdir() if file.name.endswith(".json")]
    except OSError as error:
        raise ContractError("There are no schemas yet: run gws-contract derive.") from error
    schemas = {file.name.removesuffix(".json"): read_text(file) for file in files}
    return MappingProxyType(dict(sorted(schemas.items())))


def read_return_values(data: Traversable) -> ReturnValues:
    """Read return_values.toml; raises ContractError."""
    name = "return_values.toml"
    table = read_toml(data / name)
    meanings = {int(code): meaning for code, meaning in take(table, "meanings", dict, name).items()}
    tables = {version: frozenset(codes) for version, codes in take(table, "tables", dict, name).items()}
    texts = texts_of(table, name, "page", "url", "default")
    if texts["default"] not in tables:
        raise ContractError(f"The default version {texts['default']} has no table in {name}.")
    if nameless := frozenset[int]().union(*tables.values()) - set(meanings):
        raise ContractError(f"Nobody knows what the codes {sorted(nameless)} mean in {name}.")
    return ReturnValues(**texts, tables=MappingProxyType(tables), meanings=MappingProxyType(meanings))


def digest_of(data: Traversable, schemas: Mapping[str, str]) -> str:
    """The sha256 in hex over what is judged by: comments and layout do not count. Raises ContractError."""
    names = ("clauses.toml", "refinements.toml", "return_values.toml")
    try:
        facts = {name: read_toml(data / name) for name in names}, {name: json.loads(schemas[name]) for name in schemas}
    except ValueError as error:
        raise ContractError(f"A schema is not JSON ({error}): run gws-contract derive.") from error
    source = read_toml(data / "source.toml")
    performed = source["operation"], source["notification"]
    return hashlib.sha256(json.dumps((*facts, *performed), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_toml(file: Traversable) -> dict[str, Any]:
    """Read a TOML file; raises ContractError."""
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{file.name} is not TOML: {error}.") from error


def read_text(file: Traversable) -> str:
    """Read a UTF-8 file; raises ContractError."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{file.name} cannot be read: {error}.") from error


def named(name: str, known: Mapping[str, T], what: str) -> T:
    """The one of this name; raises ContractError, which lists what there is."""
    if name not in known:
        raise ContractError(f'There is no {what} "{name}"; there is {", ".join(known)}.')
    return known[name]
