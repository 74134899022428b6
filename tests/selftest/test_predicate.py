"""What the statement of a bundle says of its run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gws_contract.report import leaves, sealing
from gws_contract.seal import envelope, statement
from gws_contract.verdict import Verdict

from .bundles import bundle
from .conversations import HEADER, Chat
from .reported import GOOD, ORDER, TURNED, corpus


def predicate_of(folder: Path) -> dict[str, object]:
    return dict(statement.read(envelope.read((folder / leaves.SEAL).read_bytes()).payload).predicate)


@pytest.mark.parametrize(
    ("chats", "terms", "result"),
    [
        (corpus(), {}, "PASSED"),
        (corpus(), {"only": (ORDER,)}, "WARNED"),
        (corpus(), {"floor": 1000}, "FAILED"),
        ((TURNED,), {}, "FAILED"),
        ((GOOD,), {}, "FAILED"),
    ],
    ids=["conformant", "a part", "too few", "broken", "inconclusive"],
)
def test_only_a_conformant_run_passes(
    tmp_path: Path, chats: tuple[Chat, ...], terms: dict[str, Any], result: str
) -> None:
    docket = bundle(tmp_path / "run", *chats, **terms)
    predicate = predicate_of(tmp_path / "run")
    assert predicate["result"] == result
    assert predicate["headline"] == docket.headline


def test_the_lists_of_the_predicate_are_the_outcomes_of_the_clauses(broken: Path) -> None:
    predicate = predicate_of(broken)
    certificate = json.loads((broken / "certificate.json").read_text())
    kept = [row["id"] for row in certificate["clauses"] if row["verdict"] == "kept"]
    assert (predicate["passedTests"], predicate["warnedTests"], predicate["failedTests"]) == (kept, [], [ORDER])


def test_a_declared_break_and_an_advisory_one_are_warnings() -> None:
    rows = {Verdict.DEVIATION: "skipped", Verdict.BROKEN: "passed", Verdict.KEPT: "error"}
    for verdict, outcome in rows.items():
        found = sealing.predicate(_Docket(verdict, outcome))  # type: ignore[arg-type]  # all that is read of one
        assert (found["result"], found["warnedTests"]) == ("WARNED", ["a"])


@pytest.mark.parametrize("verdict", [Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR])
def test_what_is_not_decided_is_in_no_list(verdict: Verdict) -> None:
    found = sealing.predicate(_Docket(verdict, "error"))  # type: ignore[arg-type]  # all that is read of one
    assert [found[name] for name in ("passedTests", "warnedTests", "failedTests")] == [[], [], []]


class _Docket:
    """One ruling of this verdict, in a run that is conformant."""

    def __init__(self, verdict: Verdict, outcome: str) -> None:
        class Part:
            header, id, status, headline = HEADER, "a", 0, ""

        part: type = Part
        part.clause = part.tally = part  # type: ignore[attr-defined]  # of whatever is asked
        self.evidence = part
        self.conclusion = type("Conclusion", (), {"status": 0, "verdict": "conformant"})
        self.rulings = [type("Ruling", (), {"clause": part, "tally": type("Tally", (), {"verdict": verdict})})]
        self.headline = ""
        self._outcome = outcome

    def outcome(self, _: object) -> str:
        return self._outcome
