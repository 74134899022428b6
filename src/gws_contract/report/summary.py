"""summary.md: the result of a run for the page of a CI job, as GitHub, GitLab and Jenkins show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from gws_contract.judge.ruling import Ruling
from gws_contract.report import under_load_shown
from gws_contract.report.docket import Docket, label, reason
from gws_contract.report.markdown import escaped, said
from gws_contract.verdict import Verdict

_LONGEST = 300
"""Characters of a cell."""
_NAMED = 5
"""So many clauses of one reason are named."""
_OPEN = (Verdict.HARNESS_ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTABLE)


def write(docket: Docket, path: Path) -> None:
    """Write the summary of a run. Raises OSError."""
    path.write_text(summary(docket), "utf-8")


def summary(docket: Docket) -> str:
    """The summary of a run in Markdown, at most a screenful if nothing is broken; the headline comes first."""
    blocks = [f"## gws-contract: {docket.conclusion.verdict}", escaped(docket.headline)]
    if docket.trouble:
        blocks.append(said(docket.trouble))
    if docket.begun:
        blocks += [_counts(docket), *_under_load(docket), *_broken(docket), *_deviations(docket), *_open(docket)]
    return "\n\n".join([*blocks, _where(docket)]) + "\n"


def _counts(docket: Docket) -> str:
    counts = {v.value: sum(1 for r in docket.rulings if r.tally.verdict is v) for v in Verdict}
    shown = {name: number for name, number in counts.items() if number or name in ("kept", "broken")}
    chats = docket.census.counted
    return _table(("chats", *shown), [(str(chats), *map(str, shown.values()))])


def _under_load(docket: Docket) -> Iterator[str]:
    if docket.under_load:
        yield "### Under load"
        yield "\n".join(f"- {escaped(each)}" for each in under_load_shown.sentences(docket.under_load))


def _broken(docket: Docket) -> Iterator[str]:
    found = [r for r in docket.rulings if r.tally.verdict is Verdict.BROKEN]
    if not found:
        return
    yield "### Broken"
    rows = [(_clause(r), _strength(r), _odds(r), *_example(r)) for r in found]
    yield _table(("clause", "strength", "chats", "documented", "received"), rows)


def _deviations(docket: Docket) -> Iterator[str]:
    found = [r for r in docket.rulings if r.tally.verdict is Verdict.DEVIATION or r.clause.id in docket.stale]
    expired = [r for r in docket.rulings if r.clause.id in docket.evidence.expired]
    if not found and not expired:
        return
    yield "### Declared deviations"
    rows = [(_clause(r), label(r, docket), said(reason(r, docket), _LONGEST), *_example(r)) for r in found]
    rows += [(_clause(r), "expired", said(str(docket.deviation(r.clause.id)), _LONGEST), "", "") for r in expired]
    yield _table(("clause", "is", "declared", "documented", "received"), rows)


def _open(docket: Docket) -> Iterator[str]:
    found = [r for r in docket.rulings if r.tally.verdict in _OPEN]
    if not found:
        return
    found.sort(key=lambda r: (_OPEN.index(r.tally.verdict), reason(r, docket)))
    yield "### Not decided"
    rows = [
        (verdict.value, _clauses([r.clause.id for r in group]), said(why, _LONGEST))
        for (verdict, why), group in groupby(found, key=lambda r: (r.tally.verdict, reason(r, docket)))
    ]
    yield _table(("verdict", "clauses", "reason"), rows)


def _where(docket: Docket) -> str:
    header = docket.evidence.header
    version = f" {header.target_version}" if header.target_version else ""
    scenarios = f"scenarios {header.scenarios[:12]}" if header.scenarios else f"seed {header.seed}"
    evidence = "journal-*.ndjson.gz" if docket.under_load else "journal.ndjson"
    title = docket.contract.title
    facts = f"gws-contract {header.suite}: {title} against {header.target}{version}, depth {header.depth}, {scenarios}"
    return (
        f"{said(facts, _LONGEST)}, contract `{header.contract[:12]}`, begun `{header.started}`.\n"
        f"The certificate is `certificate.json` beside this file, the evidence `{evidence}`."
    )


def _clause(ruling: Ruling) -> str:
    return f"`{ruling.clause.id}`"


def _clauses(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"`{name}`" for name in names[:_NAMED]) + more


def _strength(ruling: Ruling) -> str:
    inferred = ruling.clause.strength == "inferred"
    return f"{ruling.clause.strength}{', advisory' * (ruling.advisory and not inferred)}"


def _odds(ruling: Ruling) -> str:
    tally = ruling.tally
    return f"{tally.broken} of {tally.kept + tally.broken + tally.inconclusive}"


def _example(ruling: Ruling) -> tuple[str, str]:
    example = ruling.example
    return (said(example.documented, _LONGEST), said(example.received, _LONGEST)) if example else ("", "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
