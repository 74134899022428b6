"""The page of many nights: every clause of every night, and what changed from one to the next."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from gws_contract.report import pages
from gws_contract.report.difference_shown import row_in_words, sections
from gws_contract.report.history import Course, History, Night
from gws_contract.report.readback import Certificate, Row, Timing
from gws_contract.verdict import Verdict

PAGE_OF_A_RUN = "certificate.html"
_MARKS = {
    Verdict.KEPT: ("kept", "✓"),
    Verdict.BROKEN: ("broken", "✗"),
    Verdict.DEVIATION: ("deviation", "◆"),
    Verdict.INCONCLUSIVE: ("inconclusive", "?"),
    Verdict.NOT_TESTABLE: ("untestable", "–"),
    Verdict.HARNESS_ERROR: ("harness", "!"),
}
_ADVISORY, _NOTHING = ("advisory", "✗"), ("nothing", "")
LEGEND = (
    *((css, mark, verdict.value) for verdict, (css, mark) in _MARKS.items() if verdict is not Verdict.HARNESS_ERROR),
    (*_ADVISORY, "broken, advisory"),
    (*_MARKS[Verdict.HARNESS_ERROR], "harness error"),
)
_TONES = {"conformant": "good", "not conformant": "bad"}
_WIDTH, _HEIGHT, _EDGE = 240.0, 44.0, 4.0
"""Of a line of latencies, in pixels."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One clause in one night."""

    css: str
    mark: str
    words: str
    night: str


@dataclass(frozen=True, slots=True)
class Streak:
    """Nights one after the other in which a clause had one verdict; the latest of them in words."""

    first: str
    last: str
    nights: int
    cell: Cell


@dataclass(frozen=True, slots=True)
class Line:
    """One clause over all nights."""

    row: Row
    cells: tuple[Cell, ...]
    streaks: tuple[Streak, ...]

    @property
    def steady(self) -> bool:
        """Whether it was kept whenever anybody asked."""
        return all(cell.css in ("kept", "nothing") for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Curve:
    """The median of a latency over the nights, oldest first, as a picture and in words."""

    what: str
    bands: tuple[str, ...]
    """The quartiles: corners of polygons."""
    lines: tuple[str, ...]
    """The median: corners of lines, one for nights without a gap."""
    dots: tuple[tuple[float, float], ...]
    """Nights that stand alone, and the latest."""
    latest: str
    fastest: str
    slowest: str
    top: str
    """What the upper edge stands for."""


def render(history: History, folder: Path, page: Path) -> str:
    """The page of what lies below `folder`. The same certificates give the same page, wherever they lie.

    `page`: where it will lie, for the links; to a certificate that cannot be reached from there without naming all
    folders of this machine there is none.
    """
    return pages.render(
        "history.html",
        width=_WIDTH,
        height=_HEIGHT,
        legend=LEGEND,
        skipped=history.skipped,
        courses=[_course(course, folder, page) for course in history.courses],
    )


def _course(course: Course, folder: Path, page: Path) -> dict[str, object]:
    lines = [_line(clause, row, course.nights) for clause, row in course.clauses.items()]
    return {
        "server": course.name,
        "earlier": course.earlier,
        "latest": course.nights[0],
        "tone": _TONES.get(course.nights[0].certificate.verdict, "open"),
        "nights": [
            {
                "night": night,
                "tone": _TONES.get(night.certificate.verdict, "open"),
                "link": _link(folder / night.folder / PAGE_OF_A_RUN, page),
                "changes": list(sections(night.since)) if night.since else [],
            }
            for night in course.nights
        ],
        "lines": lines,
        "steady": sum(1 for line in lines if line.steady),
        "curves": list(_curves(course.nights[::-1])),
    }


def _line(clause: str, row: Row, nights: Sequence[Night]) -> Line:
    cells = tuple(_cell(clause, night.certificate) for night in nights)
    return Line(row, cells, tuple(_streaks(cells)))


def _cell(clause: str, certificate: Certificate) -> Cell:
    row = certificate.rows.get(clause)
    css, mark = _NOTHING if row is None or not row.tested else _MARKS[row.verdict]
    if css == "broken" and row is not None and row.advisory and not certificate.strict:
        css, mark = _ADVISORY
    return Cell(css, mark, row_in_words(row), certificate.date)


def _streaks(cells: Sequence[Cell]) -> Iterator[Streak]:
    for _, group in groupby(cells, key=lambda cell: cell.css):
        alike = list(group)
        yield Streak(alike[-1].night, alike[0].night, len(alike), alike[0])


def _link(target: Path, page: Path) -> str:
    """The address of a file from the folder of a page; empty if it is not there, or only the root is above both."""
    here, there = page.parent.resolve(), target.resolve()
    if not target.is_file() or (Path(os.path.commonpath((here, there))) == Path(here.anchor) != here):
        return ""
    return quote(os.fsencode(Path(os.path.relpath(there, here)).as_posix()))


def _curves(nights: Sequence[Night]) -> Iterator[Curve]:
    for what in dict.fromkeys(what for night in nights for what in night.certificate.latencies):
        timings = [night.certificate.latencies.get(what) for night in nights]
        if any(timing and timing.quantiles for timing in timings):
            yield _curve(what, timings)


def _curve(what: str, timings: Sequence[Timing | None]) -> Curve:
    known = [(n, timing) for n, timing in enumerate(timings) if timing and timing.quantiles]
    top = max(timing.quartiles[1] for _, timing in known) or 1.0
    step = (_WIDTH - 2 * _EDGE) / max(1, len(timings) - 1)

    def at(night: int, seconds: float) -> tuple[float, float]:
        height = (_HEIGHT - 2 * _EDGE) * max(0.0, min(seconds / top, 1.0))
        return round(_EDGE + night * step, 1), round(_HEIGHT - _EDGE - height, 1)

    bands, lines, dots = [], [], [at(known[-1][0], known[-1][1].median)]
    for _, group in groupby(enumerate(known), key=lambda each: each[1][0] - each[0]):
        stretch = [each for _, each in group]
        low, high = ([at(n, timing.quartiles[side]) for n, timing in stretch] for side in (0, 1))
        if len(stretch) == 1:
            dots.append(at(stretch[0][0], stretch[0][1].median))
            continue
        bands.append(_corners([*low, *reversed(high)]))
        lines.append(_corners([at(n, timing.median) for n, timing in stretch]))
    medians = [timing.median for _, timing in known]
    latest = timings[-1]
    return Curve(
        what,
        tuple(bands),
        tuple(lines),
        tuple(dict.fromkeys(dots)),
        latest=f"{latest.median:.3f} s" if latest and latest.quantiles else "none",
        fastest=f"{min(medians):.3f} s",
        slowest=f"{max(medians):.3f} s",
        top=f"{top:.3f} s",
    )


def _corners(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
