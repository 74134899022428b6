"""What a run leaves in its folder, beside the journal: a writer for each of the files, all of the same docket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from gws_contract import contract, journal
from gws_contract.report import certificate, certificate_page, har, junit, pdf
from gws_contract.report.docket import SCENARIOS, Docket
from gws_contract.scenario import to_json

JOURNAL = "journal.ndjson"
HAR = "exchanges.har"
SEAL = "seal.intoto.jsonl"
UNFINISHED = f"{SEAL}.part"
"""The seal until it is whole: half a seal would look as if somebody had altered it."""
CONTRACT = "contract"
"""The folder of the contract that the run was judged by, beside the certificate."""

WRITERS: dict[str, Callable[[Docket, Path], None]] = {
    "certificate.json": certificate.write,
    "certificate.html": certificate_page.write,
    "junit.xml": junit.write,
}
"""By the name of the file, in the order of writing."""
NAMES = (JOURNAL, HAR, SEAL, *WRITERS, pdf.NAME)
FOLDERS: dict[str, tuple[str, ...]] = {SCENARIOS: (".json",), CONTRACT: (".toml", ".json", ".txt")}
"""The endings of the files that a run leaves in folders beside them."""
TOPS = (*NAMES, *FOLDERS)
"""Everything of a run that lies in its folder itself."""


def write(docket: Docket, folder: Path) -> None:
    """Write every file but the journal, which is there, and the seal. Raises OSError."""
    for name, writer in WRITERS.items():
        writer(docket, folder / name)
    for name, content in below(docket):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with (folder / HAR).open("w", encoding="ascii", newline="") as out:
        har.write(journal.read(folder / JOURNAL), out)


def below(docket: Docket) -> Iterator[tuple[str, bytes]]:
    """What a run leaves in folders: the smallest chat of every broken clause, and the contract, by name."""
    for clause, scenario in docket.broken.items():
        yield f"{SCENARIOS}/{clause}.json", (json.dumps(to_json(scenario), indent=2) + "\n").encode("ascii")
    yield from _copies(contract.directory(), f"{CONTRACT}/")


def _copies(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith("_"):
            yield from _copies(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(FOLDERS[CONTRACT]):
            yield path + entry.name, entry.read_bytes()


def is_left(name: str) -> bool:
    """Whether a file of a report directory, by its path with slashes, is one that a run leaves there."""
    top = name.partition("/")[0]
    return top in NAMES or (top in FOLDERS and top != name and name.endswith(FOLDERS[top]))


def clear(folder: Path) -> None:
    """Remove what an earlier run left there, and nothing else. Raises OSError."""
    for name in (*NAMES, UNFINISHED):
        (folder / name).unlink(missing_ok=True)
    for part, endings in FOLDERS.items():
        for earlier in (folder / part).rglob("*"):
            if earlier.name.endswith(endings) and not earlier.is_dir():
                earlier.unlink()
        # An empty folder is no part of a bundle.
        for emptied in (*sorted((folder / part).rglob("*/"), reverse=True), folder / part):
            if emptied.is_dir() and not emptied.is_symlink() and not any(emptied.iterdir()):
                emptied.rmdir()
