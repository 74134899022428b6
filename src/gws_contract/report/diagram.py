"""A sequence diagram as SVG. What a mark means is written beside it: colour only helps."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from gws_contract.report import svg
from gws_contract.report.sequence import Picture, Row

_CLOCK = 50
"""Width of the column of times."""
_LANE = 158
"""Between two lanes."""
_MARGIN = 46
"""Left of the first lane, right of the last one."""
_HEAD = 50
_PLAIN, _MARKED = 30, 46
"""Heights of a row without and with marks."""
_NAME = 18
"""Characters of the name of a lane."""


def draw(picture: Picture, title: str) -> Markup:
    """The picture as an SVG that stands alone, or in a page; `title` says in words what it shows."""
    timed = any(row.at is not None for row in picture.rows)
    left = (_CLOCK if timed else 0) + _MARGIN
    lanes = [left + _LANE * number for number in range(len(picture.lanes))]
    height = _HEAD + 14.0 + sum(map(_height, picture.rows))
    parts = list(_heads(picture, lanes, height))
    if timed:
        parts.append(svg.label(_CLOCK, 18, "seconds", anchor="end", css="when"))
    y = float(_HEAD)
    for row in picture.rows:
        y += _PLAIN
        parts += _row(row, lanes, y)
        y += _height(row) - _PLAIN
    return svg.drawing(lanes[-1] + _MARGIN, height, title, parts, "sequence")


def _height(row: Row) -> float:
    return _MARKED if row.marks else _PLAIN


def _heads(picture: Picture, lanes: list[int], height: float) -> Iterator[str]:
    for (role, name), x in zip(picture.lanes, lanes, strict=True):
        yield svg.label(x, 18, role, anchor="middle", more='font-weight="600"')
        if name:
            yield svg.label(x, 33, name if len(name) <= _NAME else name[: _NAME - 1] + "…", anchor="middle", css="when")
    ways = "".join(f"M{x} {_HEAD - 8}V{svg.number(height)}" for x in lanes)
    yield svg.path(ways, css="lane", more='stroke-opacity=".35"')


def _row(row: Row, lanes: list[int], y: float) -> Iterator[str]:
    if row.style == "gap":
        yield svg.label(lanes[0], y, f"⋮ {row.label}", css="when")
        return
    if row.style == "incident":
        yield svg.label(lanes[row.source], y, row.label, anchor="middle", more='font-weight="700"')
        return
    start, end = lanes[row.source], lanes[row.target]
    css = "marked" if row.marks else ""
    if row.at is not None:
        yield svg.label(_CLOCK, y + 4, f"{row.at:+.3f}".replace("-", "−"), anchor="end", css="when")
    elif row.style == "missing":
        yield svg.label(_CLOCK, y + 4, "never", anchor="end", css="when")
    yield from _arrow(row, start, end, y, css)
    # The label stands between the last two lanes of its way, so that it crosses none.
    near = end if row.source == 1 else start
    middle = near - _LANE / 2 if near > lanes[1 if len(lanes) > 2 else 0] else near + _LANE / 2
    yield svg.label(middle + (5 if row.number else 0), y - 6, row.label, anchor="middle", css=css)
    if row.marks:
        more = 'font-weight="700"'
        yield svg.label(middle, y + 15, "▲ " + ", ".join(row.marks), anchor="middle", css="mark", more=more)
    if row.number:
        yield f'<circle cx="{start}" cy="{svg.number(y)}" r="8.5" class="number" fill="#fff"/>'
        yield svg.label(start, y + 4, str(row.number), anchor="middle", css="digit", more='font-weight="700"')


def _arrow(row: Row, start: int, end: int, y: float, css: str) -> Iterator[str]:
    way = 1 if end > start else -1
    at = svg.number(y)
    if row.style == "missing":
        yield svg.path(f"M{start} {at}H{end - 12 * way}", css=css, more='stroke-dasharray="3 4"')
        cross = f"M{end - 8 * way} {svg.number(y - 5)}l{10 * -way} 10m0 -10l{10 * way} 10"
        yield svg.path(cross, css=css, more='stroke-width="1.8"')
        return
    dashed = 'stroke-dasharray="6 3"' if row.style == "answer" else ""
    yield svg.path(f"M{start} {at}H{end}", css=css, more=dashed)
    yield svg.path(f"M{end} {at}l{-8 * way} -4v8z", css=f"head {css}".strip(), more='fill="currentColor" stroke="none"')
