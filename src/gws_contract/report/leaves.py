"""What a run leaves in its folder, beside the journal: a writer for each of the files, all of the same docket."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from pathlib import Path

from gws_contract import contract, journal, shards
from gws_contract.report import certificate, certificate_page, har, junit, pdf, summary
from gws_contract.report.docket import SCENARIOS, Docket
from gws_contract.scenario import to_json

JOURNAL = "journal.ndjson"
CERTIFICATE = "certificate.json"
PAGE = "certificate.html"
HAR = "exchanges.har"
SEAL = "seal.intoto.jsonl"
UNFINISHED = f"{SEAL}.part"
"""The seal until it is whole: half a seal would look as if somebody had altered it."""
CONTRACT = "contract"
"""The folder of the contract that the run was judged by, beside the certificate."""
ALLURE = "allure-results"
"""The folder of the Allure results, where they are asked for."""
SHARDS = "journal-[0-9]*.ndjson*"
"""What the shards of a load run are called."""
LOCUST = "locust"
"""What the names of Locust's own files begin with."""

WRITERS: dict[str, Callable[[Docket, Path], None]] = {
    CERTIFICATE: certificate.write,
    PAGE: certificate_page.write,
    "junit.xml": junit.write,
    "summary.md": summary.write,
}
"""By the name of the file, in the order of writing."""
NAMES = (JOURNAL, HAR, SEAL, *WRITERS, pdf.NAME)
FOLDERS: dict[str, tuple[str, ...]] = {
    SCENARIOS: ("*.json",),
    CONTRACT: ("*.toml", "*.json", "*.txt"),
    ALLURE: ("*-result.json", "*-attachment.*", "*-globals.json", "environment.properties", "categories.json"),
}
"""What the files are called that a run leaves in folders beside them."""
PATTERNS = (SHARDS, f"{LOCUST}_*.csv", f"{LOCUST}.html")
"""What the files of a load run are called besides."""
TOPS = (*NAMES, *FOLDERS)
"""Everything of a run that lies in its folder itself."""


def allure_is_at_hand() -> bool:
    """Whether the packages are installed without which there are no Allure results."""
    return importlib.util.find_spec("allure_commons") is not None


def write(docket: Docket, folder: Path, *, for_allure: bool = False) -> None:
    """Write every file but the journal, which is there, and the seal. Raises OSError, JournalError.

    Of shards there is no HAR.
    """
    for name, writer in WRITERS.items():
        writer(docket, folder / name)
    for name, content in below(docket):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if (folder / JOURNAL).exists():
        with (folder / HAR).open("w", encoding="ascii", newline="") as out:
            har.write(journal.read(folder / JOURNAL), out)
    if for_allure:
        from gws_contract.report import allure  # noqa: PLC0415 - an extra

        allure.write(docket, folder / ALLURE)


def journals(names: Collection[str]) -> list[str]:
    """Which of the files of a run are its journals: the one of a run, or the shards of a load run, by number."""
    return [JOURNAL] if JOURNAL in names else shards.shards(names)


def below(docket: Docket) -> Iterator[tuple[str, bytes]]:
    """What every run leaves in folders: the smallest chat of every broken clause, and the contract, by name."""
    for clause, scenario in docket.broken.items():
        yield f"{SCENARIOS}/{clause}.json", (json.dumps(to_json(scenario), indent=2) + "\n").encode("ascii")
    yield from _copies(contract.directory(docket.contract.operation), f"{CONTRACT}/")


def _copies(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith("_"):
            yield from _copies(entry, f"{path}{entry.name}/")
        elif _is_called(entry.name, FOLDERS[CONTRACT]):
            yield path + entry.name, entry.read_bytes()


def _is_called(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_left(name: str) -> bool:
    """Whether a file of a report directory, by its path with slashes, is one that a run leaves there."""
    top, _, rest = name.partition("/")
    if not rest:
        return top in NAMES or _is_called(top, PATTERNS)
    return _is_called(rest.rpartition("/")[2], FOLDERS.get(top, ()))


def of_load(folder: Path) -> list[str]:
    """The names of the files that a load run left there besides. Raises OSError."""
    return [path.name for path in folder.iterdir() if _is_called(path.name, PATTERNS)]


def clear(folder: Path) -> None:
    """Remove what an earlier run left there, and nothing else. Raises OSError."""
    for name in (*NAMES, UNFINISHED):
        (folder / name).unlink(missing_ok=True)
    for name in of_load(folder):
        (folder / name).unlink()
    for part, patterns in FOLDERS.items():
        for earlier in (folder / part).rglob("*"):
            if _is_called(earlier.name, patterns) and not earlier.is_dir():
                earlier.unlink()
        # An empty folder is no part of a bundle.
        for emptied in (*sorted((folder / part).rglob("*/"), reverse=True), folder / part):
            if emptied.is_dir() and not emptied.is_symlink() and not any(emptied.iterdir()):
                emptied.rmdir()
