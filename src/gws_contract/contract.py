"""The contract: what the documentation says, read from the data under contracts/ and checked for sense."""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gws_contract.clause import Clause, ContractError, Linked, Needs, Strength, clause_from, take, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

__all__ = [
    "Clause",
    "Contract",
    "ContractError",
    "Linked",
    "Needs",
    "ReturnValues",
    "Sample",
    "Section",
    "Strength",
    "UnknownClause",
    "directory",
    "load",
    "read",
    "table_for",
    "vocabulary",
]

T = TypeVar("T")


class UnknownClause(ContractError):  # - reads as a sentence where it is raised
    """No clause has this id."""


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


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything the documentation says about one operation."""

    operation: str
    title: str
    revision: str
    """The version of the product's documentation, and the wording."""
    url: str
    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    """In the order of the page."""
    by_id: Mapping[str, Clause]
    samples: Mapping[str, Sample]
    """By kind; of several samples of a kind the first."""
    return_values: ReturnValues
    schema_texts: Mapping[str, str]
    digest: str
    """sha256 in hex over clauses, refinements, schemas and return values; comments and layout do not count."""

    @property
    def versions(self) -> tuple[str, ...]:
        """The product versions that have a table of return values, oldest first."""
        return tuple(sorted(self.return_values.tables))

    def clause(self, id: str) -> Clause:  # noqa: A002 - it is what clauses call it
        """The clause of this id; raises UnknownClause."""
        if found := self.by_id.get(id):
            return found
        close = difflib.get_close_matches(id, self.by_id, n=3)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise UnknownClause(f'There is no clause "{id}" in the contract of {self.operation}.{hint}')

    def tested(self, id: str) -> Clause:  # noqa: A002 - it is what clauses call it
        """The clause of this id if a check judges it; raises UnknownClause."""
        known = [clause.id for clause in self.clauses if clause.not_tested is None]
        if id in known:
            return self.by_id[id]
        close = difflib.get_close_matches(id, known, n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]}?" if close else "; gws-contract clauses lists them."
        raise UnknownClause(f"There is no tested clause {id}{': no check can judge it.' if id in self.by_id else hint}")

    def section(self, id: str) -> Section:  # noqa: A002 - it is what sections call it
        """The section of this id; raises ContractError."""
        return _named(id, {section.id: section for section in self.sections}, "section")

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """Every schema by name, each a fresh copy."""
        return {name: self.schema(name) for name in self.schema_texts}

    def schema(self, name: str) -> dict[str, Any]:
        """The derived schema of a kind of message, a fresh copy; raises ContractError."""
        return cast("dict[str, Any]", json.loads(_named(name, self.schema_texts, "schema")))

    def sample(self, name: str) -> Any:
        """The repaired sample of a kind of message, parsed, a fresh copy; raises ContractError."""
        return json.loads(_named(name, self.samples, "sample").repaired)

    def printed(self, name: str) -> str:
        """The sample of a kind of message exactly as the page prints it; raises ContractError."""
        return _named(name, self.samples, "sample").printed

    def codes(self, version: str) -> frozenset[int]:
        """The values of statusCode that this version of the product knows; raises ContractError."""
        return _named(version, self.return_values.tables, "table of return values")

    def meaning(self, code: int) -> str | None:
        """What the documentation says about a statusCode, None where it says nothing."""
        return self.return_values.meanings.get(code)


@functools.cache
def load(operation: str = "accept") -> Contract:
    """The contract of an operation, read once; raises ContractError."""
    return read(directory(operation), operation)


def directory(operation: str = "accept") -> Traversable:
    """Where the data of an operation lies: inside the installed package, or in the checkout that runs from src."""
    try:
        contracts = resources.files("gws_contract.contracts")
    except ModuleNotFoundError:
        contracts = Path(__file__).resolve().parents[2] / "contracts"
    return contracts / operation


def table_for(product_version: str | None) -> str:
    """The version whose return values apply to a server: "8.5.202.96" belongs to 8.5.2; unknown ones to the default."""
    values = load().return_values
    match = re.match(r"([0-9]+\.[0-9]+\.[0-9])(?:[0-9]{2})?(?:\.|$)", (product_version or "").strip())
    family = match[1] if match else ""
    return family if family in values.tables else values.default


def vocabulary(operation: str = "accept") -> str:
    """Every word that the operation uses for machines: its samples and schemas, its OpenAPI document, its tables."""
    data = directory(operation)
    files = [data / "refinements.toml", data / "return_values.toml"]
    files += [file for folder in ("samples", "schemas") for file in (data / folder).iterdir()]
    document = json.loads(read_text(data / "openapi.json"), object_hook=_without_prose)
    return "\n".join([json.dumps(document), *map(read_text, files)])


def _without_prose(part: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in part.items() if name not in ("description", "summary", "x-clauses")}


def read(data: Traversable, operation: str = "accept") -> Contract:
    """Read and check the data of one operation; raises ContractError."""
    document = take(read_toml(data / "source.toml"), "document", dict, "source.toml")
    clauses = read_clauses(data, operation)
    schemas = _read_schemas(data)
    samples: dict[str, Sample] = {}
    for sample in read_samples(data):
        samples.setdefault(sample.kind, sample)
    return Contract(
        operation=operation,
        **texts_of(document, "source.toml", "title", "revision", "url"),
        sections=tuple(_read_sections(data).values()),
        clauses=tuple(clauses.values()),
        by_id=clauses,
        samples=MappingProxyType(samples),
        return_values=read_return_values(data),
        schema_texts=schemas,
        digest=_digest(data, schemas),
    )


def read_clauses(data: Traversable, operation: str = "accept") -> Mapping[str, Clause]:
    """Read clauses.toml; raises ContractError for a clause that is incomplete, unknown in its words or there twice."""
    sections = _read_sections(data)
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


def _read_sections(data: Traversable) -> Mapping[str, Section]:
    table = read_toml(data / "source.toml")
    url = take(take(table, "document", dict, "source.toml"), "url", str, "source.toml")
    sections = {}
    for row in take(table, "section", list, "source.toml"):
        texts = texts_of(row, "a section", "id", "title", "first_line", "file")
        headings = tuple(take(row, "headings", list, f"section {texts['id']}"))
        sections[texts["id"]] = Section(**texts, headings=headings, url=url)
    return sections


def _read_schemas(data: Traversable) -> Mapping[str, str]:
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


def _digest(data: Traversable, schemas: Mapping[str, str]) -> str:
    names = ("clauses.toml", "refinements.toml", "return_values.toml")
    try:
        facts = {name: read_toml(data / name) for name in names}, {name: json.loads(schemas[name]) for name in schemas}
    except ValueError as error:
        raise ContractError(f"A schema is not JSON ({error}): run gws-contract derive.") from error
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


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


def _named(name: str, known: Mapping[str, T], what: str) -> T:
    if name not in known:
        raise ContractError(f'There is no {what} "{name}"; there is {", ".join(known)}.')
    return known[name]
