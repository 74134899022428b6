"""Finds the two versions of a contract and reads them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from gws_contract import contract, derive
from gws_contract.clause import ContractError, take

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.contract import Contract, Sample

Sender = Literal["client", "server"]

SHIPPED: Final = "shipped"
_SOURCE: Final = "source.toml"
_READ: Final = (_SOURCE, "clauses.toml", "refinements.toml", "return_values.toml")


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a contract, with what its schemas were made of."""

    where: str
    """As the user named it."""
    contract: Contract
    samples: tuple[Sample, ...]
    """All of them, in the order of the page."""
    senders: Mapping[str, Sender]
    """Who sends the messages of each kind."""
    source: Mapping[str, Any]
    """source.toml, parsed."""
    refinements: tuple[Mapping[str, Any], ...]
    """The rows of refinements.toml."""
    others: Mapping[str, str]
    """The sha256 in hex of every file that says something else, by its path in the folder."""


def read_both(old: str, new: str) -> tuple[Edition, Edition]:
    """Two versions of one contract. Each is a folder, the name of an operation of the package, or `shipped`.

    `shipped` is the operation of the other one, of the package. Raises ContractError if one is not there, makes no
    sense or has schemas that are not what its samples and refinements say, or if they are about two operations.
    """
    named = {name: _read(name, _folder(name)) for name in (old, new) if name != SHIPPED}
    operation = next((edition.contract.operation for edition in named.values()), "accept")
    one, other = (named.get(name) or _read(name, _installed(operation)) for name in (old, new))
    if one.contract.operation != other.contract.operation:
        raise ContractError(
            f"{old} is about {one.contract.operation}, {new} about {other.contract.operation}: nothing to compare."
        )
    return one, other


def _installed(operation: str) -> Path:
    return Path(str(contract.directory("accept"))).parent / operation


def _folder(name: str) -> Path:
    """The folder that a user means."""
    # A name is no path: with a separator it is looked for in the current folder.
    if name.isidentifier() and (_installed(name) / _SOURCE).is_file():
        return _installed(name)
    folder = Path(name)
    if not folder.is_dir():
        raise ContractError(f"There is no folder {name}, and no operation of this name.")
    if not (folder / _SOURCE).is_file():
        raise ContractError(f"{name} holds no contract: there is no {_SOURCE} in it.")
    return folder


def _read(where: str, folder: Path) -> Edition:
    try:
        read = contract.read(folder)
        _check_schemas(folder, read)
        source = contract.read_toml(folder / _SOURCE)
        return Edition(
            where=where,
            contract=read,
            samples=contract.read_samples(folder),
            senders=_senders(source),
            source=source,
            refinements=tuple(contract.read_toml(folder / "refinements.toml")["refinement"]),
            others=_others(folder),
        )
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error


def _senders(source: Mapping[str, Any]) -> Mapping[str, Sender]:
    senders: dict[str, Sender] = {}
    for row in take(dict(source), "sample", list, _SOURCE):
        kind = row["kind"]
        sent_by = take(row, "sent_by", str, f"the sample {kind}")
        if sent_by not in get_args(Sender):
            raise ContractError(f'The sample {kind} is sent by client or server, not by "{sent_by}".')
        if senders.setdefault(kind, cast("Sender", sent_by)) != sent_by:
            raise ContractError(f"The samples {kind} are sent by client and server.")
    return senders


def _check_schemas(folder: Path, read: Contract) -> None:
    """Raises ContractError if the schemas are not those that follow from samples and refinements."""
    derived = {name: json.dumps(schema) for name, schema in derive.derive(folder).items()}
    found = {name: json.dumps(schema) for name, schema in read.schemas.items()}
    if stale := sorted(name for name in derived.keys() | found.keys() if derived.get(name) != found.get(name)):
        raise ContractError(f"its schemas are stale ({', '.join(stale)}): run gws-contract derive.")


def _others(folder: Path) -> Mapping[str, str]:
    files = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
    try:
        return {
            name: hashlib.sha256(file.read_bytes()).hexdigest()
            for name, file in files.items()
            if name not in _READ and name.partition("/")[0] not in ("samples", "schemas") and not _is_derived(file)
        }
    except OSError as error:
        raise ContractError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _is_derived(file: Path) -> bool:
    """Whether a document was made of the .toml of its name, or a module was compiled."""
    return (file.suffix == ".json" and file.with_suffix(".toml").exists()) or file.suffix == ".pyc"
