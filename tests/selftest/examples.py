"""The certificates in reports/example, rendered from the journals stored beside them.

python -m tests.selftest.examples             render them again, after a change of what a certificate says
python -m tests.selftest.examples --perform   perform the runs again first, after a change of what a run does
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gws_contract.certification import FLOOR, Certification
from gws_contract.check import shipped
from gws_contract.report import certificate, certificate_page
from gws_contract.report.docket import SCENARIOS, Docket, judge
from gws_contract.scenario import to_json
from gws_contract.wish import Wish

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reports" / "example"
RUNS = {"mock": "", "participants-first": "participants-first"}
"""By the name of its folder, the fault of the mock that was certified."""
JOURNAL = "journal.ndjson.gz"


def stored(name: str) -> Docket:
    """The stored journal of an example, judged."""
    fault = RUNS[name]
    again = f"gws-contract certify --mock{'=' * bool(fault)}{fault} --scenario reports/example/{name}/{SCENARIOS}/"
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.ndjson"
        journal.write_bytes(gzip.decompress((FOLDER / name / JOURNAL).read_bytes()))
        return judge(journal, shipped(), floor=FLOOR, again=again)


def render(name: str, folder: Path) -> None:
    """Write the files of an example, but for its journal."""
    docket = stored(name)
    certificate.write(docket, folder / "certificate.json")
    certificate_page.write(docket, folder / "certificate.html")
    for clause, scenario in docket.broken.items():
        (folder / SCENARIOS).mkdir(exist_ok=True)
        (folder / SCENARIOS / f"{clause}.json").write_text(json.dumps(to_json(scenario), indent=2) + "\n", "ascii")


def perform(name: str) -> None:
    """Perform the run of an example and store its journal."""
    with tempfile.TemporaryDirectory() as folder:
        wish = Wish(mock=RUNS[name], report_dir="out", store="store", quiet_period=0.5)
        certification = Certification(wish, {}, Path(folder))
        certification.begin()
        certification.run(shipped())
        journal = (certification.folder / "journal.ndjson").read_bytes()
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    (FOLDER / name / JOURNAL).write_bytes(gzip.compress(journal, mtime=0))


def main(arguments: Sequence[str]) -> int:
    """Make the examples anew."""
    for name in RUNS:
        if "--perform" in arguments:
            perform(name)
        render(name, FOLDER / name)
        print(f"reports/example/{name}: {stored(name).headline}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
