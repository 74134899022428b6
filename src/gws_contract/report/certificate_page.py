"""certificate.html: the certificate for people, in one file. Renders from the certificate and its smallest chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gws_contract.conversation import Conversation
from gws_contract.report import diagram, folio, pages, plot, sequence, under_load_page
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import Docket
from gws_contract.report.duration import duration
from gws_contract.report.frames import Frames, frames

_FRAMES = 240_000
"""Characters of frames in one page; who wants more has the journal."""
_OF_ONE = 40_000
"""Characters of frames of one chat."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What is shown of one chat."""

    documented: Markup
    received: Markup
    frames: Frames


@dataclass(frozen=True, slots=True)
class Plot:
    """A latency in a row of a table; without a chat there is nothing but the name."""

    name: str
    chats: int
    picture: Markup | None = None
    median: str = ""
    most: str = ""
    longest: str = ""


def render(docket: Docket, *, paper: bool = False) -> str:
    """The page of a judged run, or what WeasyPrint makes a PDF of. The same journal gives the same page."""
    data = certificate(docket)
    rows = folio.rows(data)
    findings = [row for row in rows if row.example]
    shown_by = _first_of_each_chat(findings)
    return pages.render(
        "certificate.html",
        paper=paper,
        c=data,
        tone=folio.TONES[data["verdict"]],
        meaning=folio.meaning(data),
        started=folio.moment(data["started"]),
        tally=folio.tally(rows),
        findings=findings,
        sections=folio.sections(rows, folio.operation_of(data)),
        exhibits=_exhibits(docket, shown_by),
        shown_by=shown_by,
        plots=list(_plots(data["latencies"])),
        facts=list(folio.facts(data)),
        undecided=folio.undecided(rows),
        untested=folio.untested(rows),
        again=docket.again,
        same=folio.same_chats(data),
        load=under_load_page.section(docket.under_load) if docket.under_load else None,
    )


def write(docket: Docket, path: Path) -> None:
    """Write the page of a run. Raises OSError."""
    path.write_text(render(docket), "utf-8", newline="\n")


def _first_of_each_chat(findings: list[folio.Row]) -> dict[int, str]:
    """By the number of a chat the clause that shows it; all other clauses that it broke point there."""
    shown: dict[int, str] = {}
    for row in findings:
        shown.setdefault(row.example["chat"], row.id)
    return shown


def _exhibits(docket: Docket, shown_by: Mapping[int, str]) -> dict[str, Exhibit]:
    """By clause what is shown of its chat."""
    left = _FRAMES
    exhibits = {}
    for chat, clause in shown_by.items():
        ruling = docket.ruling(clause)
        assert ruling is not None
        assert ruling.example is not None
        exhibits[clause] = exhibit(ruling.example.conversation, min(left, _OF_ONE))
        left -= sum(frame.size for frame in exhibits[clause].frames.shown)
        assert chat == ruling.example.conversation.chat
    return exhibits


def exhibit(conversation: Conversation, budget: int) -> Exhibit:
    """A chat as diagrams and frames of at most so many characters."""
    received, name = sequence.received(conversation), conversation.operation.name
    came = [f"{row.label} ({', '.join(row.marks)})" if row.marks else row.label for row in received.rows if row.number]
    return Exhibit(
        documented=diagram.draw(
            sequence.documented(conversation.operation),
            f"Documented: {', '.join((name, 'its answer', *conversation.operation.kinds))}",
        ),
        received=diagram.draw(
            received, f"Received in chat {conversation.chat}: {', '.join(came) or 'no notification'}"
        ),
        frames=frames(conversation, budget),
    )


def _plots(latencies: Mapping[str, Mapping[str, Any]]) -> Iterator[Plot]:
    on = plot.scale(one["quantiles"] for one in latencies.values())
    for name, one in latencies.items():
        found = one["quantiles"]
        if not found:
            yield Plot(name, one["chats"])
            continue
        median, most, longest = (duration(found[percent]) for percent in (50, 95, 100))
        title = f"{name}: median {median}, 95 % within {most}, the longest {longest}"
        yield Plot(name, one["chats"], plot.distribution(found, on, title), median, most, longest)
