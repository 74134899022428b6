"""What a run leaves in its folder, beside the journal: a writer for each of the files, all of the same docket."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from gws_contract.report import certificate, junit, summary
from gws_contract.report.docket import SCENARIOS, Docket
from gws_contract.scenario import to_json

JOURNAL = "journal.ndjson"
CERTIFICATE = "certificate.json"

WRITERS: dict[str, Callable[[Docket, Path], None]] = {
    CERTIFICATE: certificate.write,
    "junit.xml": junit.write,
    "summary.md": summary.write,
}
"""By the name of the file, in the order of writing."""
NAMES = (JOURNAL, *WRITERS)
_OF_ALLURE = ("*-result.json", "*-attachment.*", "*-globals.json", "environment.properties", "categories.json")


ALLURE = "allure-results"
"""The folder of the Allure results, where they are asked for."""
ALLURE_PAGE = "allure.html"
"""What `gws-contract report` renders of them."""


def allure_is_at_hand() -> bool:
    """Whether the packages are installed without which there are no Allure results."""
    return importlib.util.find_spec("allure_commons") is not None


def write(docket: Docket, folder: Path, *, for_allure: bool = False) -> None:
    """Write every file, and the smallest chat of every broken clause. Raises OSError."""
    for name, writer in WRITERS.items():
        writer(docket, folder / name)
    broken = docket.broken
    if broken:
        (folder / SCENARIOS).mkdir(exist_ok=True)
    for clause, scenario in broken.items():
        text = json.dumps(to_json(scenario), indent=2) + "\n"
        (folder / SCENARIOS / f"{clause}.json").write_text(text, "ascii")
    if for_allure:
        from gws_contract.report import allure  # noqa: PLC0415 - an extra

        allure.write(docket, folder / ALLURE)


def clear(folder: Path) -> None:
    """Remove what an earlier run left there, and nothing else. Raises OSError."""
    for name in NAMES:
        (folder / name).unlink(missing_ok=True)
    for earlier in (folder / SCENARIOS).glob("*.json"):
        earlier.unlink()
    (folder / ALLURE_PAGE).unlink(missing_ok=True)
    for pattern in _OF_ALLURE:
        for earlier in (folder / ALLURE).glob(pattern):
            earlier.unlink()
