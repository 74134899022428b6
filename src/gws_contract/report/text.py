"""The verdict on a terminal: clause first, the quoted sentence, Documented and Received, the smallest chat."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from gws_contract import contract
from gws_contract.conversation import Conversation
from gws_contract.journal import Header, Incident
from gws_contract.judge.ruling import Ruling
from gws_contract.report import under_load_shown
from gws_contract.report.docket import Docket, reason
from gws_contract.report.headline import OUT_OF_DATE
from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.verdict import Verdict

_MANY = 5
SOURCES = {
    "stored": "that broke something before",
    "misuse": "with wrong requests",
    "companion": "as company",
    "machine": "by the state machine",
    "shrink": "to find smaller ones",
}


def broken(ruling: Ruling, again: str = "") -> str:
    """The failure of one clause (DESIGN 10). `again` is the command that performs its chat once more."""
    clause = ruling.clause
    lines = [_head("BROKEN", ruling), ""]
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
        lines.append(f"  {_where(example.conversation)}; check: gws-contract explain {clause.id}")
        if ruling.intermittent and ruling.repeated:
            odds = f"the same chat once more: {ruling.repeated.broken} of {ruling.repeated.chats}"
            lines.append(f"  intermittent: it does not always come back ({odds})")
        if again:
            lines.append(f"  again: {again}{clause.id}.json")
    return printable("\n".join(lines))


def _where(conversation: Conversation) -> str:
    """Where a chat is found; the records of a shard keep the numbers that they have in its journal."""
    own = next((exchange.chat for exchange in conversation.exchanges), conversation.chat)
    if own == conversation.chat:
        return f"chat {own} of the journal"
    return f"chat {conversation.chat} of the run, which is {own} in the journal of shard {conversation.header.shard}"


def deviation(ruling: Ruling, docket: Docket) -> str:
    """A declared break, in short: it is known."""
    lines = [_head("DEVIATION", ruling), f"  declared: {docket.deviation(ruling.clause.id)}"]
    example = ruling.example
    if example is not None:
        lines += [f"  Documented: {example.documented}", f"  Received:   {example.received}"]
        lines.append(f"  {_where(example.conversation)}")
        if docket.again:
            lines.append(f"  again: {docket.again}{ruling.clause.id}.json")
    return printable("\n".join(lines))


def _head(word: str, ruling: Ruling) -> str:
    clause = ruling.clause
    label = f"{clause.strength}, advisory" if ruling.advisory and clause.strength != "inferred" else clause.strength
    head = f"{word} {clause.id} ({label})"
    return f"{head:<60}  {_how_often(ruling)}"


def _how_often(ruling: Ruling) -> str:
    """In how many of the drawn chats; of others only if they alone showed it."""
    by_source = dict(ruling.by_source)
    drawn = by_source.get("drawn")
    if drawn and drawn.broken:
        return f"in {drawn.broken} of {drawn.chats} chats"
    return ", ".join(f"in {o.broken} of {o.chats} chats ({name})" for name, o in ruling.by_source if o.broken)


def printable(text: str) -> str:
    """A text without what would steer a terminal or cannot be encoded: a server may have answered anything."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def summary(docket: Docket) -> str:
    """Everything a person wants to see at the end of a run; the headline comes last."""
    header = docket.evidence.header
    version = f" {header.target_version}" if header.target_version else ""
    lines = [
        (
            f"gws-contract {header.suite}: Accept against {header.target}{version}; "
            f"depth {header.depth}, {_scenarios(header)}, {_customer(header)}return values of {header.table}"
        )
    ]
    lines += docket.evidence.notes
    rulings = docket.rulings
    if not docket.begun:
        return printable("\n".join([*lines, docket.headline]))
    for ruling in rulings:
        if ruling.tally.verdict is Verdict.BROKEN:
            lines += ["", broken(ruling, docket.again)]
    for ruling in rulings:
        if ruling.tally.verdict is Verdict.DEVIATION:
            lines += ["", deviation(ruling, docket)]
    for verdict in (Verdict.HARNESS_ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTABLE):
        found = [r for r in rulings if r.tally.verdict is verdict]
        if found:
            lines += ["", f"{verdict.value}:", *_by_reason(found, docket)]
    if stale := [r for r in rulings if r.clause.id in docket.stale]:
        lines += ["", f"{OUT_OF_DATE}:", *_by_reason(stale, docket)]
    if expired := [r.clause.id for r in rulings if r.clause.id in docket.evidence.expired]:
        lines += ["", "deviations expired:", *(f"  {name}: {docket.deviation(name)}" for name in expired)]
    counts = ", ".join(
        f"{sum(1 for r in rulings if r.tally.verdict is v)} {v.value}" for v in Verdict if _any(docket, v)
    )
    incidents = docket.evidence.incidents
    if incidents and any(r.tally.verdict is Verdict.INCONCLUSIVE for r in rulings):
        lines += ["", "disturbances of CometD sessions:", *_by_kind(incidents)]
    if docket.under_load:
        lines += ["", "under load:", *(f"  {each}" for each in under_load_shown.sentences(docket.under_load))]
    if docket.trouble:
        lines += ["", docket.trouble]
    lines += ["", f"chats: {_chats(docket)}", f"clauses: {counts or 'none'}", docket.headline]
    return printable("\n".join(lines))


def besides(names: Sequence[str]) -> str:
    """What lies in the report directory that the run did not leave there."""
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    words = ", ".join(names[:_MANY]) + more
    return printable(f"Not sealed, and in the way of gws-contract verify: {words} in the report directory.")


def _customer(header: Header) -> str:
    """Who played the customer, if not everybody's."""
    return "" if header.customer == "gws" else f"customer {header.customer}, "


def _scenarios(header: Header) -> str:
    """Where the scenarios came from."""
    return f"scenarios {header.scenarios[:12]}" if header.scenarios else f"seed {header.seed}"


def _chats(docket: Docket) -> str:
    """How many chats were performed, by source."""
    sources = docket.census.sources.items()
    return ", ".join(f"{number} {SOURCES.get(name, name)}" for name, number in sources) or "none"


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


def _by_kind(incidents: Sequence[Incident]) -> list[str]:
    """A line a kind, with what was said of the first one."""
    first = {incident.what: incident.detail for incident in reversed(incidents)}
    counts = Counter(incident.what for incident in incidents)
    return [f"  {number} {what}: {first[what]}" for what, number in counts.items()]


def _any(docket: Docket, verdict: Verdict) -> bool:
    return any(r.tally.verdict is verdict for r in docket.rulings)
