"""JUnit XML (xunit1) with one test case a clause, rendered from the rulings and never from pytest's outcomes.

Without `hostname`, which nobody needs to know, and without `file` and `line`: what failed is a server, and the file of
the check is in no repository of whoever reads this. Every case has a `time`, because some readers make nonsense of its
absence; of a single clause it is 0, because every chat is judged by all of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from gws_contract.judge.ruling import Ruling
from gws_contract.report import text, under_load_shown
from gws_contract.report.docket import Docket, label, reason
from gws_contract.verdict import Verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(words: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", words)


def write(docket: Docket, path: Path) -> None:
    """Write the JUnit report of a run."""
    outcomes = [docket.outcome(ruling) for ruling in docket.rulings]
    footer = docket.evidence.footer
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
    }
    taken = {"time": f"{footer.at if footer else 0:.3f}"}
    suite = ET.Element(
        "testsuite",
        {
            "name": f"gws-contract {docket.contract.operation}",
            **counts,
            "skipped": str(outcomes.count("skipped")),
            **taken,
        },
        timestamp=docket.evidence.header.started,
    )
    properties = ET.SubElement(suite, "properties")
    facts = {"verdict": docket.conclusion.verdict, "headline": docket.headline}
    if docket.under_load:
        facts["under load"] = "; ".join(under_load_shown.sentences(docket.under_load))
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    for ruling, outcome in zip(docket.rulings, outcomes, strict=True):
        suite.append(_case(ruling, outcome, docket))
    root = ET.Element("testsuites", {"name": "gws-contract", **counts, **taken})
    root.append(suite)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _case(ruling: Ruling, outcome: str, docket: Docket) -> ET.Element:
    clause, tally = ruling.clause, ruling.tally
    case = ET.Element("testcase", classname=f"{clause.operation}.{clause.section}", name=clause.id, time="0.000")
    properties = ET.SubElement(case, "properties")
    facts = {
        "clause": clause.id,
        "strength": str(clause.strength),
        "verdict": tally.verdict.value,
        "advisory": str(ruling.advisory).lower(),
        "quote": clause.quote,
        "kept": str(tally.kept),
        "broken": str(tally.broken),
        "inconclusive": str(tally.inconclusive),
        "not_testable": str(tally.not_testable),
    }
    if deviation := docket.deviation(clause.id):
        facts["deviation"] = f"{deviation}{', expired' * (clause.id in docket.evidence.expired)}"
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    if outcome == "failure" and ruling.example:
        message = f"Documented: {ruling.example.documented}. Received: {ruling.example.received}."
        element = ET.SubElement(case, "failure", message=_clean(message), type="broken")
        element.text = _clean(text.broken(ruling, docket.again))
    elif outcome in ("skipped", "error"):
        kind = label(ruling, docket)
        ET.SubElement(case, outcome, message=_clean(f"{kind}: {reason(ruling, docket)}"), type=kind)
    if words := _beside(ruling, outcome, docket):
        ET.SubElement(case, "system-out").text = _clean(words)
    return case


def _beside(ruling: Ruling, outcome: str, docket: Docket) -> str:
    """What a break is that fails nothing."""
    if ruling.tally.verdict is Verdict.DEVIATION:
        return text.deviation(ruling, docket)
    if ruling.tally.verdict is Verdict.BROKEN and outcome == "passed":
        return text.broken(ruling, docket.again)
    return ""
