"""The seal of a bundle: a statement about every file that a run left, and about its result, in an envelope."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gws_contract.report import leaves
from gws_contract.report.docket import Docket
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.verdict import Verdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def seal(docket: Docket, folder: Path, key: Ed25519PrivateKey | None) -> tuple[str, ...]:
    """Write the seal of a bundle, signed if there is a key; the last thing a run writes.

    Returns the names of what lies in the folder besides, and is not sealed. Raises OSError, files.FileError.
    """
    lying = files.found(folder, {*leaves.TOPS, *leaves.of_load(folder)})
    names = {name for name in lying.regular if leaves.is_left(name) and name != leaves.SEAL}
    digests = {name: files.digest(folder, name) for name in names}
    payload = statement.encoded(statement.Statement(digests, predicate(docket)))
    sealed = envelope.Envelope(payload)
    if key is not None:
        signature = key.sign(sealed.message)
        sealed = envelope.Envelope(payload, keys.keyid(key.public_key()), signature)
    part = folder / leaves.UNFINISHED
    part.write_bytes(envelope.encoded(sealed))
    part.replace(folder / leaves.SEAL)
    return tuple(sorted({*lying.regular, *lying.odd} - names - {leaves.SEAL}))


def predicate(docket: Docket) -> dict[str, Any]:
    """The result of a run as in-toto's test-result v0.1 tells it.

    PASSED: conformant, nothing more to be said. WARNED: exit status 0, but with declared or advisory breaks, or only a
    part was asked about. FAILED: everything else, also what is inconclusive: nobody may take it for a pass. A clause
    that is inconclusive or not testable is in none of the lists.
    """
    header, conclusion = docket.evidence.header, docket.conclusion
    lists: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for ruling in docket.rulings:
        verdict, outcome = ruling.tally.verdict, docket.outcome(ruling)
        if outcome == "failure":
            lists["failedTests"].append(ruling.clause.id)
        elif verdict is Verdict.KEPT and outcome == "passed":
            lists["passedTests"].append(ruling.clause.id)
        elif verdict in (Verdict.KEPT, Verdict.BROKEN, Verdict.DEVIATION):
            lists["warnedTests"].append(ruling.clause.id)
    fine = conclusion.verdict == "conformant" and not lists["warnedTests"]
    result = "FAILED" if conclusion.status else "PASSED" if fine else "WARNED"
    scenarios = [{"name": "scenarios", "digest": {"sha256": header.scenarios}}] if header.scenarios else []
    return {
        "result": result,
        "configuration": [
            {"name": "contract", "digest": {"sha256": header.contract}},
            *scenarios,
            {"name": "suite", "uri": f"pkg:pypi/gws-contract@{header.suite}"},
        ],
        **lists,
        "verdict": conclusion.verdict,
        "headline": docket.headline,
    }
