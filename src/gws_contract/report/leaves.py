"""What a run leaves in its folder, beside the journal: a writer for each of the files, all of the same docket."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from gws_contract.report import certificate, certificate_page, junit, pdf
from gws_contract.report.docket import SCENARIOS, Docket
from gws_contract.scenario import to_json

JOURNAL = "journal.ndjson"

WRITERS: dict[str, Callable[[Docket, Path], None]] = {
    "certificate.json": certificate.write,
    "certificate.html": certificate_page.write,
    "junit.xml": junit.write,
}
"""By the name of the file, in the order of writing."""
NAMES = (JOURNAL, *WRITERS)


def write(docket: Docket, folder: Path) -> None:
    """Write every file, and the smallest chat of every broken clause. Raises OSError."""
    for name, writer in WRITERS.items():
        writer(docket, folder / name)
    broken = docket.broken
    if broken:
        (folder / SCENARIOS).mkdir(exist_ok=True)
    for clause, scenario in broken.items():
        text = json.dumps(to_json(scenario), indent=2) + "\n"
        (folder / SCENARIOS / f"{clause}.json").write_text(text, "ascii")


def clear(folder: Path) -> None:
    """Remove what an earlier run left there, and nothing else. Raises OSError."""
    for name in (*NAMES, pdf.NAME):
        (folder / name).unlink(missing_ok=True)
    for earlier in (folder / SCENARIOS).glob("*.json"):
        earlier.unlink()
