"""A difference for a person in the morning, for the page of a CI job, and for a program (difference.schema.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib import resources
from typing import Any

from gws_contract.judge.ruling import Odds
from gws_contract.report.difference import CHANCE, Difference, Pace, Shifted, Turn, Turned
from gws_contract.report.readback import Certificate, Row, Timing

FORMAT = "gws-contract-difference/1"
_MARKUP = re.compile(r"(^[#+>=-]|(?<=^\d)[.)]|[\\`*_\[\]<&|~$])")
_SAID = (Turn.BROKEN, Turn.ADVISORY)
"""Of these it is told what was documented and received."""
_LEAST_P = 1e-4


def schema() -> dict[str, Any]:
    """The JSON Schema of a difference."""
    text = resources.files("gws_contract.report").joinpath("difference.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_text(difference: Difference) -> str:
    """The essence first, then what changed, in the order of its weight."""
    lines = [difference.essence, ""]
    lines += [f"  {which} {run.date}  {run.headline}" for which, run in _runs(difference)]
    for title, rows in sections(difference):
        lines += ["", title]
        width = max(len(name) for name, *_ in rows)
        for name, says, *more in rows:
            lines += [f"  {name:<{width}}  {says}", *(f"      {line}" for line in more)]
    return "\n".join(lines)


def as_markdown(difference: Difference) -> str:
    """The same as a section of Markdown."""
    lines = [f"## {_HEADING}", "", f"**{_escaped(difference.essence)}**", ""]
    lines += [f"- {which} {run.date}: {_escaped(run.headline)}" for which, run in _runs(difference)]
    for title, rows in sections(difference):
        lines += ["", f"### {title[0].upper()}{title[1:]}", ""]
        for name, says, *more in rows:
            lines += [f"- **{_escaped(name)}**: {_escaped(says)}", *(f"    - {_escaped(line)}" for line in more)]
    return "\n".join(lines)


def as_json(difference: Difference) -> dict[str, Any]:
    """The same as data."""
    return {
        **_answer(difference.status, difference.essence, difference.incomparable or difference.hidden),
        "old": _run(difference.old),
        "new": _run(difference.new),
        "clauses": [
            {
                "clause": each.clause,
                "turn": each.turn.value,
                "old": _side(each.old),
                "new": _side(each.new),
                "p": each.p,
            }
            for each in difference.turned
        ],
        "odds": [
            {"clause": each.clause, "old": asdict(each.old), "new": asdict(each.new), "p": each.p, "more": each.more}
            for each in difference.odds
        ],
        "latencies": [
            {"what": each.what, "slower": each.slower, "old": _timing(each.old), "new": _timing(each.new)}
            for each in difference.paces
        ],
        "circumstances": [asdict(each) for each in difference.circumstances],
    }


def refusal(sentence: str, form: str) -> str:
    """What is said in `form` (text, markdown or json) when one of the two is no certificate."""
    essence = f"Not comparable: {sentence}"
    if form == "json":
        nothing: dict[str, Any] = {"old": None, "new": None}
        lists: dict[str, Any] = {name: [] for name in ("clauses", "odds", "latencies", "circumstances")}
        return json.dumps({**_answer(2, essence, sentence.rstrip(".")), **nothing, **lists}, indent=2)
    return f"## {_HEADING}\n\n**{_escaped(essence)}**" if form == "markdown" else essence


def shown(difference: Difference, form: str) -> str:
    """The difference in `form`: text, markdown or json."""
    if form == "json":
        return json.dumps(as_json(difference), indent=2)
    return as_markdown(difference) if form == "markdown" else as_text(difference)


_HEADING = "Since the last run"


def _runs(difference: Difference) -> tuple[tuple[str, Certificate], ...]:
    return ("old", difference.old), ("new", difference.new)


def sections(difference: Difference) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """What is told: a title, and rows of a name, what became of it, and perhaps more lines."""
    for turn in Turn:
        if found := difference.of(turn):
            yield turn.value, [_clause(each) for each in found]
    for title, odds in (("broken more often", difference.more_often), ("broken less often", difference.less_often)):
        if odds:
            yield title, [_shift(each) for each in odds]
    for title, slower in (("slower (median and quartiles)", True), ("faster (median and quartiles)", False)):
        if paces := [_pace(each) for each in difference.paces if each.slower is slower]:
            yield title, paces
    if difference.circumstances:
        yield "other circumstances", [(each.what, f"{each.old} -> {each.new}") for each in difference.circumstances]


def _clause(turned: Turned) -> tuple[str, ...]:
    row = turned.new or turned.old
    name = f"{turned.clause} ({row.strength})" if row and row.strength else turned.clause
    more = []
    if turned.turn in _SAID and turned.new and turned.new.documented:
        more = [f"Documented: {turned.new.documented}", f"Received:   {turned.new.received}"]
    elif turned.new and turned.new.reason:
        more = [turned.new.reason]
    if turned.p is not None and turned.p >= CHANCE and turned.turn in (*_SAID, Turn.KEPT):
        more.append(f"It may come and go, and chance explain the difference ({_probability(turned.p)}).")
    return name, f"{row_in_words(turned.old)} -> {row_in_words(turned.new)}", *more


def row_in_words(row: Row | None) -> str:
    """The verdict of a clause, and how often it broke."""
    if row is None:
        return "not in the contract"
    if not row.tested:
        return "not judged"
    verdict = f"{row.verdict.value}, advisory" if row.verdict == "broken" and row.advisory else row.verdict.value
    if row.drawn.broken or (row.drawn.chats and not row.everywhere.broken):
        return f"{verdict} ({_odds(row.drawn)})"
    return f"{verdict} ({_odds(row.everywhere)}, no drawn one)" if row.everywhere.broken else verdict


def _odds(odds: Odds) -> str:
    return f"{odds.broken} of {odds.chats} chats" if odds.broken else f"{odds.chats} chats"


def _shift(shifted: Shifted) -> tuple[str, ...]:
    old, new = (f"{odds.broken} of {odds.chats}" for odds in (shifted.old, shifted.new))
    return shifted.clause, f"{old} -> {new} chats ({_probability(shifted.p)})"


def _probability(p: float) -> str:
    return f"p < {_LEAST_P:.4f}" if p < _LEAST_P else f"p = {p:.2g}"


def _pace(pace: Pace) -> tuple[str, ...]:
    old, new = (
        f"{timing.median:.3f} s ({timing.quartiles[0]:.3f} to {timing.quartiles[1]:.3f})"
        for timing in (pace.old, pace.new)
    )
    return pace.what, f"{old} -> {new}"


def _escaped(text: str) -> str:
    """A line of text that Markdown shows as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _answer(status: int, essence: str, hindrance: str) -> dict[str, Any]:
    return {"format": FORMAT, "status": status, "essence": essence, "hindrance": hindrance or None}


def _run(certificate: Certificate) -> dict[str, Any]:
    return {
        "started": certificate.started.isoformat(),
        "verdict": certificate.verdict,
        "exit_status": certificate.status,
        "headline": certificate.headline,
        "target": certificate.target,
    }


def _side(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "verdict": row.verdict.value,
        "advisory": row.advisory,
        "tested": row.tested,
        "drawn": asdict(row.drawn),
        "everywhere": asdict(row.everywhere),
        "reason": row.reason,
    }


def _timing(timing: Timing) -> dict[str, Any]:
    low, high = timing.quartiles
    return {"chats": timing.chats, "p25": low, "p50": timing.median, "p75": high}
