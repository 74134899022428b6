"""The contract: what the documentation says, read from the data under contracts/ and checked for sense."""

from __future__ import annotations

import difflib
import functools
import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from gws_contract.clause import Clause, ContractError, Linked, Needs, Strength, take, texts_of
from gws_contract.contract_files import (
    ReturnValues,
    Sample,
    Section,
    digest_of,
    named,
    read_clauses,
    read_return_values,
    read_samples,
    read_schemas,
    read_sections,
    read_text,
    read_toml,
    read_wording,
)
from gws_contract.operation import DEFAULT, Operation, operation_from

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
    "UnknownOperation",
    "directory",
    "load",
    "of_clause",
    "operations",
    "read",
    "read_clauses",
    "read_return_values",
    "read_samples",
    "read_toml",
    "table_for",
    "vocabulary",
]


class UnknownClause(ContractError):  # - reads as a sentence where it is raised
    """No clause has this id."""


class UnknownOperation(ContractError):  # - reads as a sentence where it is raised
    """There is no contract of an operation of this name."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything the documentation says about one operation."""

    operation: str
    """As in the ids of its clauses."""
    performed: Operation
    title: str
    revision: str
    """The version of the product's documentation, and the wording."""
    url: str
    wording: str
    """Whose words the quotes are: "page", or "record" of a page that is told in our own."""
    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    """In the order of the page."""
    by_id: Mapping[str, Clause]
    samples: Mapping[str, Sample]
    """By kind; of several samples of a kind the first."""
    return_values: ReturnValues
    schema_texts: Mapping[str, str]
    digest: str
    """sha256 in hex over the operation, its clauses, refinements, schemas and return values; no comments, no layout."""

    @property
    def quoted(self) -> str:
        """What stands before a quote: the title, and that it is a record's if it is."""
        return self.title if self.wording == "page" else f"{self.title} (a record in our words, not the page's)"

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
        return named(id, {section.id: section for section in self.sections}, "section")

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """Every schema by name, each a fresh copy."""
        return {name: self.schema(name) for name in self.schema_texts}

    def schema(self, name: str) -> dict[str, Any]:
        """The derived schema of a kind of message, a fresh copy; raises ContractError."""
        return cast("dict[str, Any]", json.loads(named(name, self.schema_texts, "schema")))

    def sample(self, name: str) -> Any:
        """The repaired sample of a kind of message, parsed, a fresh copy; raises ContractError."""
        return json.loads(named(name, self.samples, "sample").repaired)

    def printed(self, name: str) -> str:
        """The sample of a kind of message exactly as the page prints it; raises ContractError."""
        return named(name, self.samples, "sample").printed

    def codes(self, version: str) -> frozenset[int]:
        """The values of statusCode that this version of the product knows; raises ContractError."""
        return named(version, self.return_values.tables, "table of return values")

    def meaning(self, code: int) -> str | None:
        """What the documentation says about a statusCode, None where it says nothing."""
        return self.return_values.meanings.get(code)


def operations() -> tuple[str, ...]:
    """The operations that there is a contract of, in the order of the alphabet."""
    return tuple(sorted(folder.name for folder in _contracts().iterdir() if (folder / "source.toml").is_file()))


def load(operation: str = DEFAULT) -> Contract:
    """The contract of an operation, read once; raises UnknownOperation, ContractError."""
    return _load(operation)


@functools.cache
def _load(operation: str) -> Contract:
    return read(directory(operation))


def of_clause(id: str) -> Contract:  # noqa: A002 - it is what clauses call it
    """The contract that a clause of this id would belong to; of no operation's id that of Accept."""
    operation = id.partition(".")[0]
    return load(operation if operation in operations() else DEFAULT)


def directory(operation: str = DEFAULT) -> Traversable:
    """Where the data of an operation lies: inside the installed package, or in the checkout that runs from src.

    Raises UnknownOperation.
    """
    if operation not in operations():
        *others, last = operations()
        known = f"{', '.join(others)} and {last}" if others else last
        raise UnknownOperation(f'There is no contract of an operation "{operation:.40}"; there is one of {known}.')
    return _contracts() / operation


def _contracts() -> Traversable:
    try:
        return resources.files("gws_contract.contracts")
    except ModuleNotFoundError:
        return Path(__file__).resolve().parents[2] / "contracts"


def table_for(product_version: str | None, operation: str = DEFAULT) -> str:
    """The version whose return values apply to a server: "8.5.202.96" belongs to 8.5.2; unknown ones to the default."""
    values = load(operation).return_values
    match = re.match(r"([0-9]+\.[0-9]+\.[0-9])(?:[0-9]{2})?(?:\.|$)", (product_version or "").strip())
    family = match[1] if match else ""
    return family if family in values.tables else values.default


def vocabulary() -> str:
    """Every word that the operations use for machines: their samples and schemas, OpenAPI documents, and tables."""
    words = []
    for data in map(directory, operations()):
        files = [data / "refinements.toml", data / "return_values.toml"]
        files += [file for folder in ("samples", "schemas") for file in (data / folder).iterdir()]
        document = json.loads(read_text(data / "openapi.json"), object_hook=_without_prose)
        words += [json.dumps(document), *map(read_text, files)]
    return "\n".join(words)


def _without_prose(part: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in part.items() if name not in ("description", "summary", "x-clauses")}


def read(data: Traversable) -> Contract:
    """Read and check the data of one operation; raises ContractError."""
    source = read_toml(data / "source.toml")
    document, performed = take(source, "document", dict, "source.toml"), operation_from(source)
    clauses = read_clauses(data)
    schemas = read_schemas(data)
    samples: dict[str, Sample] = {}
    for sample in read_samples(data):
        samples.setdefault(sample.kind, sample)
    for expected in performed.sequence:
        named(expected.sample, schemas, "schema")
        named(expected.section, read_sections(data), "section")
    return Contract(
        operation=performed.id,
        performed=performed,
        **texts_of(document, "source.toml", "title", "revision", "url"),
        wording=read_wording(document),
        sections=tuple(read_sections(data).values()),
        clauses=tuple(clauses.values()),
        by_id=clauses,
        samples=MappingProxyType(samples),
        return_values=read_return_values(data),
        schema_texts=schemas,
        digest=digest_of(data, schemas),
    )
