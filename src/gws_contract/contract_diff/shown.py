"""A difference between two contracts for a person, and for a program (contract_difference.schema.json)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from gws_contract.contract_diff.change import Breaking, Change
from gws_contract.contract_diff.comparison import PARTIES, ContractDifference, Party

if TYPE_CHECKING:
    from gws_contract.contract_diff.reading import Edition

FORMAT: Final = "gws-contract-contract-difference/1"
_DIGITS: Final = 12
"""Of a digest, for a person."""


_FEW: Final = ("no change", "1 change")


def schema() -> dict[str, Any]:
    """The JSON Schema of a difference."""
    text = resources.files("gws_contract.contract_diff").joinpath("contract_difference.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def essence(difference: ContractDifference) -> str:
    """All of it in one sentence."""
    changes = difference.changes
    if not changes:
        return "Nothing changed in what is compared." if difference.uncompared else "Nothing changed."
    words = []
    for party in PARTIES:
        breaking = len(difference.of(Breaking.YES, (party,)))
        words.append(f"{breaking} changes break a {party}" if breaking > 1 else f"{_FEW[breaking]} breaks a {party}")
    for answer, says in (
        (Breaking.OPEN, "not proved to break nobody"),
        (Breaking.STRICT, "breaking only with --strict"),
        (Breaking.NO, "breaking nobody"),
    ):
        if found := difference.of(answer):
            words.append(f"{len(found)} {says}")
    sentence = "; ".join(words)
    return f"{sentence[0].upper()}{sentence[1:]}."


def as_text(difference: ContractDifference) -> str:
    """The essence first, then what changed, whom it breaks before what breaks nobody."""
    lines = [essence(difference), ""]
    width = max(len(edition.where) for _, edition in _editions(difference))
    for which, edition in _editions(difference):
        contract = edition.contract
        digest = contract.digest[:_DIGITS]
        lines.append(f"  {which} {edition.where:<{width}}  {contract.title}, {contract.revision}; digest {digest}")
    for title, changes in _sections(difference):
        lines += ["", title]
        for change in changes:
            lines += [f"  {change.name}: {change.what}", *(f"      {line}" for line in _more(change, difference))]
    if difference.uncompared:
        lines += ["", "files that differ and were not compared", f"  {', '.join(difference.uncompared)}"]
    return "\n".join(map(_one_line, lines))


def as_json(difference: ContractDifference, parties: Collection[Party] = PARTIES) -> dict[str, Any]:
    """The same as data; the status is that for these parties."""
    return {
        "format": FORMAT,
        "status": difference.status(parties),
        "essence": essence(difference),
        "strict": difference.strict,
        "breaking_for": [party for party in PARTIES if party in parties],
        **{which.lower(): _edition(edition) for which, edition in _editions(difference)},
        "changes": [_change(change, difference) for change in difference.changes],
        "uncompared": list(difference.uncompared),
    }


def _editions(difference: ContractDifference) -> tuple[tuple[str, Edition], ...]:
    return ("A", difference.a), ("B", difference.b)


def _sections(difference: ContractDifference) -> Iterator[tuple[str, list[Change]]]:
    for title, answer, parties in (
        ("breaking for a server", Breaking.YES, ("server",)),
        ("breaking for a client", Breaking.YES, ("client",)),
        ("not proved to break nobody", Breaking.OPEN, PARTIES),
        ("breaking only with --strict", Breaking.STRICT, PARTIES),
        ("breaking nobody", Breaking.NO, PARTIES),
    ):
        if changes := difference.of(answer, parties):
            yield title, changes


def _more(change: Change, difference: ContractDifference) -> Iterator[str]:
    for version, says in (("A", change.old), ("B", change.new)):
        if says is not None:
            yield f"{version}: {says}"
    if change.witness:
        other = "A" if change.witness.allowed_by == "B" else "B"
        value = json.dumps(change.witness.value, ensure_ascii=False)
        yield f"{change.witness.allowed_by} allows and {other} forbids {value}"
    if change.clause and change.clause != change.name:
        yield f"clause: {_with_strength(change.clause, difference)}"
    for party, why in zip(PARTIES, (change.because.server, change.because.client), strict=True):
        yield f"{party}: {difference.breaking(change, party).value}, {why}"


def _with_strength(id_: str, difference: ContractDifference) -> str:
    found = difference.b.contract.by_id.get(id_) or difference.a.contract.by_id[id_]
    return f"{id_} ({found.strength or 'not tested'})"


def _one_line(text: str) -> str:
    """A text on one line that steers no terminal: whoever wrote a contract may have written anything."""
    return "".join(c if c.isprintable() else "\\n" if c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _edition(edition: Edition) -> dict[str, str]:
    contract = edition.contract
    return {
        "where": edition.where,
        "operation": contract.operation,
        "title": contract.title,
        "revision": contract.revision,
        "digest": contract.digest,
    }


def _change(change: Change, difference: ContractDifference) -> dict[str, Any]:
    witness = change.witness
    return {
        "subject": change.subject,
        "name": change.name,
        "what": change.what,
        "demands": change.turn.value,
        "proved": change.proved,
        "clause": change.clause,
        "a": change.old,
        "b": change.new,
        "witness": {"value": witness.value, "allowed_by": witness.allowed_by} if witness else None,
        **{
            party: {"breaking": difference.breaking(change, party).value, "because": why}
            for party, why in zip(PARTIES, (change.because.server, change.because.client), strict=True)
        },
    }
