"""Certifications with whoever plays the customer, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gws_contract import check
from gws_contract.certification import Certification
from gws_contract.journal import read
from gws_contract.report.docket import Docket
from gws_contract.scenario import Say, Scenario, Stream, Typing, Visit
from gws_contract.verdict import Verdict
from gws_contract.wish import Wish

CHECKS = check.shipped()
TEXTS = {"history.complete", "history.in-order", "history.seam", "history.live-after"}
FULL = Scenario(
    "Pat",
    "Sam",
    (Typing("started"), Say("Hello"), Visit("leave", "Zoë"), Say("Hello?")),
    (Stream(("Still there?",), 3),),
    (Say("Fine."),),
    reply="Hi.",
    user_data={"Case": "7"},
)


class Run:
    """A certification that was run in this process."""

    def __init__(self, here: Path, wish: Wish, variables: dict[str, str], **how: Any) -> None:
        tell = how.pop("tell", lambda _: None)
        certification = Certification(wish, {"XDG_CACHE_HOME": str(here / "cache"), **variables}, here, **how)
        certification.begin()
        self.certification = certification
        self.docket: Docket = certification.run(CHECKS, tell)
        certification.write_reports(self.docket)
        self.folder = certification.folder
        self.certificate = json.loads((self.folder / "certificate.json").read_text())
        self.records = list(read(self.folder / "journal.ndjson"))

    @property
    def status(self) -> int:
        return self.docket.conclusion.status

    def reasons(self, verdict: Verdict = Verdict.NOT_TESTABLE) -> dict[str, str]:
        """Why a clause has the verdict, by the name of the clause."""
        rows = [row for row in self.certificate["clauses"] if row["verdict"] == verdict and row["tested"]]
        return {row["id"].removeprefix("accept."): row["reason"] for row in rows}


def run(here: Path, variables: dict[str, str] | None = None, **wish: Any) -> Run:
    short = {"mock": "", "deadline": 2.0, "quiet_period": 0.1, "report_dir": "out"}
    how = {name: wish.pop(name) for name in ("tell", "own_customer") if name in wish}
    return Run(here, Wish(**{**short, **wish}), variables or {}, **how)
