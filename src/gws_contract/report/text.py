"""The verdict on a terminal: clause first, the quoted sentence, Documented and Received, the smallest chat."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from gws_contract import contract
from gws_contract.judge.ruling import Ruling
from gws_contract.report.docket import Docket, reason
from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.verdict import Verdict

_MANY = 5


def broken(ruling: Ruling) -> str:
    """The failure of one clause (DESIGN 10)."""
    clause, tally = ruling.clause, ruling.tally
    tested = tally.kept + tally.broken + tally.inconclusive
    label = f"{clause.strength}, advisory" if ruling.advisory and clause.strength != "inferred" else clause.strength
    head = f"BROKEN {clause.id} ({label})"
    lines = [f"{head:<60}  in {tally.broken} of {tested} chats", ""]
    document = contract.load()
    section = document.section(clause.section)
    lines += [f"  {document.title}, section {section.title}:", textwrap.indent(f'"{clause.quote}"', "    ")]
    if clause.linked:
        lines.append(f"    and the page {clause.linked.page}: {clause.linked.says}")
    lines.append(f"  judged: {clause.says}")
    example = ruling.example
    if example is not None:
        lines += ["", f"  Documented: {example.documented}", f"  Received:   {example.received}", ""]
        lines.append(f"  smallest chat that shows it: {in_one_sentence(example.conversation.scenario)}")
        if not example.conversation.ordinary:
            lines.append("  (an exotic chat: names or texts that no vendor promised)")
        lines += [f"    {moment.at:8.3f}  {moment.text}" for moment in timeline(example.conversation)]
        lines.append(f"  chat {example.conversation.chat} of the journal; check: gws-contract explain {clause.id}")
    return _printable("\n".join(lines))


def _printable(text: str) -> str:
    """Without what would steer a terminal or cannot be encoded: a server may have answered anything."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def summary(docket: Docket) -> str:
    """Everything a person wants to see at the end of a run; the headline comes last."""
    header = docket.evidence.header
    version = f" {header.target_version}" if header.target_version else ""
    lines = [
        (
            f"gws-contract {header.suite}: Accept against {header.target}{version}; "
            f"depth {header.depth}, seed {header.seed}, return values of {header.table}"
        )
    ]
    rulings = docket.rulings
    footer = docket.evidence.footer
    if footer is not None and footer.ended == "not ready":
        return "\n".join([*lines, docket.headline])
    for ruling in rulings:
        if ruling.tally.verdict is Verdict.BROKEN:
            lines += ["", broken(ruling)]
    for verdict in (Verdict.HARNESS_ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTABLE):
        found = [r for r in rulings if r.tally.verdict is verdict]
        if found:
            lines += ["", f"{verdict.value}:", *_by_reason(found, docket)]
    counts = ", ".join(
        f"{sum(1 for r in rulings if r.tally.verdict is v)} {v.value}" for v in Verdict if _any(docket, v)
    )
    lines += ["", f"clauses: {counts or 'none'}", docket.headline]
    return _printable("\n".join(lines))


def _by_reason(rulings: Sequence[Ruling], docket: Docket) -> list[str]:
    """A line a clause; one line for all when many are open for the same reason."""
    groups: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        groups.setdefault(reason(ruling, docket), []).append(ruling)
    lines = []
    for why, found in groups.items():
        if len(found) > _MANY:
            lines.append(f"  {len(found)} clauses, from {found[0].clause.id} to {found[-1].clause.id}: {why}")
        else:
            lines += [f"  {r.clause.id} ({r.clause.strength}): {why}" for r in found]
    return lines


def _any(docket: Docket, verdict: Verdict) -> bool:
    return any(r.tally.verdict is verdict for r in docket.rulings)
