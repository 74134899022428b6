"""Certificates as runs leave them, for those who read them later."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from gws_contract.check import shipped
from gws_contract.report import certificate
from gws_contract.report.docket import judge_evidence
from gws_contract.report.readback import Certificate, parse

from .conversations import PLAIN, evidence_of, performed

ORDER = "accept.notifications.order"
ARRIVES = "accept.history.arrives"
INFERRED = "accept.history.ends-with-join"


@cache
def _whole() -> str:
    """A certificate of three good chats, in which everything counts as kept that can be judged."""
    chats = [performed(PLAIN, number=n) for n in (1, 2, 3)]
    data = certificate.certificate(judge_evidence(evidence_of(*chats), shipped(), floor=1))
    data |= {"verdict": "conformant", "exit_status": 0, "headline": "a server: conformant"}
    for row in data["clauses"]:
        if row["tested"]:
            row |= {"verdict": "kept", "kept": 25, "broken": 0, "inconclusive": 0, "reason": ""}
            row["by_source"] = {"drawn": {"broken": 0, "chats": 25}}
    return json.dumps(data)


def filed(*clauses: dict[str, Any], started: str = "2026-11-24T02:00:00+00:00", **members: Any) -> dict[str, Any]:
    """A conformant certificate with other members, and clauses with others."""
    data: dict[str, Any] = json.loads(_whole()) | {"started": started} | copy.deepcopy(members)
    for clause in clauses:
        next(row for row in data["clauses"] if row["id"] == clause["id"]).update(copy.deepcopy(clause))
    return data


def certificate_of(*clauses: dict[str, Any], **members: Any) -> Certificate:
    return parse(filed(*clauses, **members))


def broke(clause: str = ORDER, broken: int = 25, chats: int = 25, **members: Any) -> dict[str, Any]:
    """A clause that so many of the chats broke."""
    odds = {"drawn": {"broken": broken, "chats": chats}}
    row = {"id": clause, "verdict": "broken", "broken": broken, "kept": chats - broken, "by_source": odds}
    return row | members


def says(verdict: str, clause: str = ORDER, **members: Any) -> dict[str, Any]:
    return {"id": clause, "verdict": verdict} | members


def not_asked(clause: str = ORDER) -> dict[str, Any]:
    return says("not testable", clause, tested=False, kept=0, by_source={})


def timed(median: float, spread: float = 0.1, chats: int = 25) -> dict[str, Any]:
    """A latency whose quartiles lie so much of the median beside it."""
    steps = [median * (1 + spread * (n - 50) / 25) for n in range(101)]
    return {"chats": chats, "quantiles": steps}


def leave(folder: Path, data: object) -> Path:
    """A report directory that holds this certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.json").write_text(json.dumps(data), "ascii")
    return folder
