"""What the documents in open formats tell alike of a contract: the page, its clauses, samples and schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gws_contract.clause import Clause, ContractError, take, texts_of
from gws_contract.contract import read_clauses, read_samples, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gws_contract.contract import Sample

CLAUSES: Final = "x-clauses"
"""The member that says which clauses a part of a document is about; every format lets names with x- be."""


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification that follows the operation."""

    kind: str
    """Its notificationType."""
    sample: str
    """The kind of its sample and schema."""
    state: str | None
    """The state of the chat by which it is told from others of its kind; None if its kind tells."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A contract as the open formats see it."""

    directory: Path
    title: str
    revision: str
    """The version of the product's documentation, and the wording."""
    url: str
    clauses: Mapping[str, Clause]
    samples: Mapping[str, Sample]
    """By kind; of several samples of a kind the first."""
    schemas: Mapping[str, Mapping[str, Any]]
    """By kind, as derived."""
    sequence: tuple[Notified, ...]
    """In the order of the page."""

    def file(self, kind: str) -> str:
        """Where the schema of a kind lies, seen from a document."""
        return f"schemas/{kind}.json"

    def kind(self, file: object, where: str) -> str:
        """The kind of sample whose schema a document refers to; raises ContractError."""
        kinds = {self.file(kind): kind for kind in self.schemas}
        if file not in kinds:
            raise ContractError(f"{where} points to {file}, which is not derived.")
        return kinds[str(file)]

    def sample(self, kind: str) -> Any:
        """The repaired sample of a kind, parsed."""
        return json.loads(self.samples[kind].repaired)

    def constants(self, kind: str) -> dict[str, Any]:
        """The members that have the same value in every message of a kind."""
        members = self.schemas[kind]["properties"].items()
        return {name: schema["const"] for name, schema in members if "const" in schema}

    def told(self, part: Any, where: str) -> Any:
        """A part of a document with the clauses in place of their names.

        A name stands for the clause of this id and for all whose ids begin with it: accept.request is every clause of
        the request. Raises ContractError for a name without a clause that is judged.
        """
        if isinstance(part, list):
            return [self.told(each, where) for each in part]
        if not isinstance(part, dict):
            return part
        return {
            name: self._named(member, where) if name == CLAUSES else self.told(member, where)
            for name, member in part.items()
        }

    def _named(self, names: list[str], where: str) -> list[dict[str, Any]]:
        rows = []
        for name in names:
            found = [clause for id_, clause in self.clauses.items() if clause.says and f"{id_}.".startswith(f"{name}.")]
            if not found:
                raise ContractError(f"{where} names {name}, which is no clause that is judged.")
            rows += [{"id": clause.id, "strength": clause.strength, "says": clause.says} for clause in found]
        return rows


def read_facts(directory: Path, schemas: Mapping[str, Mapping[str, Any]]) -> Facts:
    """The facts in the folder of a contract with these schemas; raises ContractError."""
    source = read_toml(directory / "source.toml")
    page = take(source, "document", dict, "source.toml")
    samples: dict[str, Sample] = {}
    for sample in read_samples(directory):
        samples.setdefault(sample.kind, sample)
    return Facts(
        directory=directory,
        **texts_of(page, "source.toml", "title", "revision", "url"),
        clauses=read_clauses(directory),
        samples=samples,
        schemas=schemas,
        sequence=tuple(_notified(row, schemas) for row in take(source, "notification", list, "source.toml")),
    )


def _notified(row: Mapping[str, Any], schemas: Mapping[str, object]) -> Notified:
    texts = texts_of(row, "a notification of source.toml", "kind", "sample")
    if texts["sample"] not in schemas:
        raise ContractError(f"The notification {texts['kind']} has no sample {texts['sample']}.")
    return Notified(texts["kind"], texts["sample"], row.get("state"))
