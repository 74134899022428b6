"""The certificates in reports/example, rendered from the journals stored beside them.

python -m tests.selftest.examples             render them again, after a change of what a certificate says
python -m tests.selftest.examples --perform   perform the runs again first, after a change of what a run does

The journal of the load run is made up: what a load run takes would be another one every time, and too much to store.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from gws_contract import __version__
from gws_contract.certification import FLOOR, Certification
from gws_contract.check import shipped
from gws_contract.journal import to_json as to_line
from gws_contract.report import certificate, certificate_page
from gws_contract.report.docket import SCENARIOS, Docket, Otherwise, judge
from gws_contract.scenario import to_json
from gws_contract.wish import Wish

from . import loads
from .conversations import Chat

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reports" / "example"
RUNS = {"mock": "", "participants-first": "participants-first"}
"""By the name of its folder, the fault of the mock that was certified."""
UNDER_LOAD = "under-load"
"""The name of the load run."""
NAMES = (*RUNS, UNDER_LOAD)
JOURNAL = "journal.ndjson.gz"


def stored(name: str) -> Docket:
    """The stored journal of an example, judged."""
    fault = RUNS.get(name, "")
    again = f"gws-contract certify --mock{'=' * bool(fault)}{fault} --scenario reports/example/{name}/{SCENARIOS}/"
    otherwise: Otherwise = {"again": again}
    if name != UNDER_LOAD:
        otherwise["floor"] = FLOOR
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.ndjson"
        journal.write_bytes(gzip.decompress((FOLDER / name / JOURNAL).read_bytes()))
        return judge(journal, shipped(), **otherwise)


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
    journal = _made_up() if name == UNDER_LOAD else _performed(name)
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    (FOLDER / name / JOURNAL).write_bytes(gzip.compress(journal, mtime=0))


def _performed(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        wish = Wish(mock=RUNS[name], report_dir="out", store="store", quiet_period=0.5)
        certification = Certification(wish, {}, Path(folder))
        certification.begin()
        certification.run(shipped())
        return (certification.folder / "journal.ndjson").read_bytes()


def _made_up() -> bytes:
    """From the twentieth second on the server is slower, and breaks the order in one chat of twelve."""
    random = Random(6)
    moments = sorted(at + random.expovariate(2.5) for at in loads.evenly(10.0, 30))

    def chat(number: int) -> Chat:
        late = moments[number - 1] > 20
        broken = late and random.random() < 1 / 12
        return loads.slower(loads.BAD if broken else loads.GOOD, random.lognormvariate(-1.5 + late, 0.6))

    records = loads.journal(
        moments,
        10.0,
        chat=chat,
        suite=__version__,
        target="a server that nobody has",
        target_version=None,
        agents=tuple(f"agent{number}" for number in range(1, 51)),
        floor=len(moments),
        notes=("The journal of this example was made up: there was no server.",),
    )
    return b"".join(json.dumps(to_line(record)).encode("ascii") + b"\n" for record in records)


def main(arguments: Sequence[str]) -> int:
    """Make the examples anew."""
    for name in NAMES:
        if "--perform" in arguments:
            perform(name)
        render(name, FOLDER / name)
        print(f"reports/example/{name}: {stored(name).headline}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
