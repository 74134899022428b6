"""certificate.json: the result of a run as data. Its form is certificate.schema.json beside this module."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from gws_contract import deviations
from gws_contract.contract import Clause
from gws_contract.deviations import Deviation
from gws_contract.journal import SOURCES
from gws_contract.judge.ruling import DRAWN, Ruling
from gws_contract.report import under_load_shown
from gws_contract.report.docket import SCENARIOS, Docket, reason
from gws_contract.report.latency import latencies
from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.scenario import to_json
from gws_contract.verdict import Verdict

FORMAT = "gws-contract-certificate/1"

MEANS_NOT = (
    "That the server is free of faults: only the listed clauses were judged, in the chats that were performed.",
    (
        "That the suite was proven against a Genesys server: none was at hand when it was built; the contract is the"
        " published page, read as the clauses say."
    ),
    "Anything about load, availability, security or operations other than {operation}.",
)

LOAD_MEANS_NOT = (
    *MEANS_NOT[:2],
    "That the server keeps the contract under another load, for longer, or in chats of another kind.",
    "Anything about availability, security or operations other than {operation}.",
)
"""Of a load run."""
OF_A_RECORD = (
    "That the quotes are the page's words: it was not at hand, and they are those of a record of it in words of ours."
)
"""Where the page itself is not quoted."""


def schema() -> dict[str, Any]:
    """The JSON Schema of a certificate."""
    text = resources.files("gws_contract.report").joinpath("certificate.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def certificate(docket: Docket) -> dict[str, Any]:
    """The certificate of a judged run. The same journal gives the same certificate."""
    header, footer = docket.evidence.header, docket.evidence.footer
    document = docket.contract
    return {
        "format": FORMAT,
        "verdict": docket.conclusion.verdict,
        "exit_status": docket.conclusion.status,
        "headline": docket.headline,
        "suite": header.suite,
        "contract": {
            "operation": document.operation,
            "title": document.title,
            "wording": document.wording,
            "revision": document.revision,
            "url": document.url,
            "digest": header.contract,
        },
        "target": {
            "name": header.target,
            "version": header.target_version,
            "return_values": header.table,
            "insecure": header.insecure,
        },
        "seed": header.seed,
        "depth": header.depth,
        "scenarios": header.scenarios,
        "customer": header.customer,
        "deadline": header.deadline,
        "quiet_period": header.quiet_period,
        "strict": docket.strict,
        "only": list(docket.only),
        "started": header.started,
        "seconds": footer.at if footer else None,
        "ended": footer.ended if footer else "cut off",
        "lacks": list(footer.lacks) if footer else [],
        "deviations": [_deviation(one, docket) for one in docket.evidence.deviations.values()],
        "notes": list(docket.evidence.notes),
        "counts": _counts(docket),
        "latencies": latencies(docket.census.times),
        **({"under_load": under_load_shown.as_json(docket.under_load)} if docket.under_load else {}),
        "clauses": [_row(clause, docket) for clause in document.clauses],
        "means_not": list(_means_not(docket)),
    }


def _means_not(docket: Docket) -> Iterator[str]:
    for sentence in LOAD_MEANS_NOT if docket.under_load else MEANS_NOT:
        yield sentence.format(operation=docket.contract.title)
    if docket.contract.wording == "record":
        yield OF_A_RECORD


def _counts(docket: Docket) -> dict[str, int]:
    evidence, census = docket.evidence, docket.census
    verdicts = Counter(r.tally.verdict.value for r in docket.rulings)
    return {
        "chats": census.counted,
        **{source: census.sources[source] for source in SOURCES if source not in DRAWN},
        "floor": docket.floor,
        "accepted": census.accepted,
        "performed": census.performed,
        "deliveries": census.deliveries,
        "strays": evidence.strays,
        "incidents": len(evidence.incidents),
        **{verdict.value.replace(" ", "_"): verdicts[verdict.value] for verdict in Verdict},
    }


def _row(clause: Clause, docket: Docket) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": clause.id,
        "quote": clause.quote,
        "section": clause.section,
        "strength": clause.strength,
        "says": clause.says,
    }
    declared = docket.deviation(clause.id)
    row["deviation"] = _deviation(declared, docket) if declared else None
    ruling = docket.ruling(clause.id)
    if ruling is None:
        why = clause.not_tested or "not asked for in this run"
        return row | {
            "verdict": Verdict.NOT_TESTABLE.value,
            "advisory": False,
            "kept": 0,
            "broken": 0,
            "inconclusive": 0,
            "not_testable": 0,
            "reason": why,
            "tested": False,
            "by_source": {},
            "intermittent": False,
            "repeated": None,
            "first_counter_example": None,
        }
    tally = ruling.tally
    return row | {
        "verdict": tally.verdict.value,
        "advisory": ruling.advisory,
        "kept": tally.kept,
        "broken": tally.broken,
        "inconclusive": tally.inconclusive,
        "not_testable": tally.not_testable,
        "reason": reason(ruling, docket),
        "tested": True,
        "by_source": {name: asdict(odds) for name, odds in ruling.by_source},
        "intermittent": ruling.intermittent,
        "repeated": asdict(ruling.repeated) if ruling.repeated else None,
        "first_counter_example": _example(ruling),
    }


def _deviation(deviation: Deviation, docket: Docket) -> dict[str, Any]:
    return {
        **deviations.to_json(deviation),
        "expired": deviation.clause in docket.evidence.expired,
        "stale": deviation.clause in docket.stale,
    }


def _example(ruling: Ruling) -> dict[str, Any] | None:
    example = ruling.example
    if example is None or ruling.tally.verdict not in (Verdict.BROKEN, Verdict.DEVIATION):
        return None
    conversation = example.conversation
    return {
        "chat": conversation.chat,
        "documented": example.documented,
        "received": example.received,
        "summary": in_one_sentence(conversation.scenario),
        "exotic": not conversation.ordinary,
        "scenario": to_json(conversation.scenario),
        "replay": f"{SCENARIOS}/{ruling.clause.id}.json",
        "timeline": [{"at": round(moment.at, 6), "text": moment.text} for moment in timeline(conversation)],
    }


def write(docket: Docket, path: Path) -> None:
    """Write the certificate of a run."""
    path.write_text(json.dumps(certificate(docket), indent=2, ensure_ascii=True) + "\n", "ascii")
