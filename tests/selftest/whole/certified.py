"""Certifications that are run in this process, and everything they leave."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from gws_contract import check
from gws_contract.campaign import Plan
from gws_contract.certification import FLOOR, Certification
from gws_contract.report import text
from gws_contract.report.docket import Docket
from gws_contract.scenario import Say, Scenario, to_json
from gws_contract.wish import Wish

CHECKS = check.shipped()
SHORT: dict[str, Any] = {"chats": FLOOR, "deadline": 1.0, "quiet_period": 0.05}


def own_cache() -> dict[str, str]:
    """The environment of somebody who has said nothing but where to keep things."""
    return {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}


class Run:
    """A certification that was run, and everything it left."""

    def __init__(self, here: Path, wish: Wish, environment: dict[str, str] | None = None) -> None:
        self.certification = Certification(wish, own_cache() | (environment or {}), here)
        self.certification.begin()
        self.folder = self.certification.folder
        self.docket: Docket = self.certification.run(CHECKS)
        self.certification.write_reports(self.docket)
        self.certificate = json.loads((self.folder / "certificate.json").read_text())
        self.junit = ET.parse(self.folder / "junit.xml").getroot()
        self.screen = text.summary(replace(self.docket, again=self.certification.again))

    @property
    def status(self) -> int:
        return self.docket.conclusion.status

    def row(self, clause: str) -> dict[str, Any]:
        return next(row for row in self.certificate["clauses"] if row["id"] == clause)

    def case(self, clause: str) -> ET.Element:
        return next(case for case in self.junit.iter("testcase") if case.get("name") == clause)


def run(here: Path, mock: str | None = "", environment: dict[str, str] | None = None, **wish: Any) -> Run:
    return Run(here, Wish(mock=mock, **{"report_dir": "out", **SHORT, **wish}), environment)


def begun(here: Path, **wish: Any) -> Certification:
    """A certification whose folder is made."""
    certification = Certification(Wish(mock="", **{"chats": 1, **wish}), own_cache(), here)
    certification.begin()
    return certification


def sources(plan: Plan) -> Counter[str]:
    """How many chats of a plan come from where."""
    return Counter(source for source, _ in plan.rows)


HARMLESS, QUOTED = Scenario("Jo", "Kim", (Say("Hello"),)), Scenario("Jo", "O'Neil")


def in_file(here: Path, scenario: Scenario, name: str = "one.json") -> str:
    (here / name).write_text(json.dumps(to_json(scenario)))
    return name
