"""The course of a load run as a small SVG: accepts a second beside what was asked, chats under way, and the breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from markupsafe import Markup

from gws_contract.report import svg

_WIDTH, _HEIGHT = 400, 272
_LEFT, _RIGHT = 46, 14
_DASHED = 'stroke-dasharray="5 3"'
_TICKS = 6
"""At most so many moments are named."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A part of the plot with a scale of its own, from 0 at its bottom to `most` at its top."""

    title: str
    top: float
    bottom: float
    most: float

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * min(value / self.most, 1.0)

    def frame(self) -> Iterator[str]:
        """Its title, its scale, and the line it stands on."""
        yield svg.label(_LEFT, self.top - 7, self.title)
        for value in (0.0, self.most):
            at = svg.number(self.y(value))
            yield svg.path(f"M{_LEFT} {at}H{_WIDTH - _RIGHT}", css="grid", more='stroke-opacity=".25"')
            yield svg.label(_LEFT - 5, self.y(value) + 4, f"{value:,.0f}", anchor="end", css="when")


def draw(course: Mapping[str, Any], asked: float, first: float | None, title: str) -> Markup:
    """The course as the certificate tells it. `asked`: chats a second; `first`: when it broke first, in seconds."""
    step: int = course["seconds"]
    begin: int = course["begin"]
    accepted, offered = ([count / step for count in course[name]] for name in ("accepted", "offered"))
    span = len(accepted) * step

    def x(second: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max((second - begin) / span, 0.0), 1.0)

    edges = [x(begin + place * step) for place in range(len(accepted) + 1)]
    most = ceil(max(asked, *accepted, *offered, 1.0))
    rates = _Panel("accepts a second (thick), offers (thin), asked for (dashed)", 20, 106, most)
    chats = _Panel("chats under way", 136, 186, max(1, *course["under_way"]))
    which = ": none" if first is None else f", the first after {first:,.1f} s (dashed)"
    breaks = _Panel(f"chats that fail the run{which}", 216, 240, max(1, *course["broken"]))
    parts = [part for panel in (rates, chats, breaks) for part in panel.frame()]
    at = svg.number(rates.y(asked))
    parts.append(svg.path(f"M{_LEFT} {at}H{_WIDTH - _RIGHT}", css="asked", more=_DASHED))
    if any(offered):
        parts.append(svg.path(_stairs(edges, offered, rates), css="offered", more='stroke-width=".8"'))
    parts.append(svg.path(_stairs(edges, accepted, rates), css="curve", more='stroke-width="2"'))
    parts += _filled(edges, course["under_way"], chats, "area", ".12")
    parts.append(svg.path(_stairs(edges, course["under_way"], chats), css="curve", more='stroke-width="1.6"'))
    parts += _filled(edges, course["broken"], breaks, "breaks", "1")
    if first is not None:
        way = "".join(f"M{svg.number(x(first))} {panel.top}V{panel.bottom}" for panel in (rates, chats, breaks))
        parts.append(svg.path(way, css="first", more=f'{_DASHED} stroke-width="1.4"'))
    for second in _moments(begin, begin + span):
        anchor = "end" if x(second) > _WIDTH - _RIGHT - 12 else "middle"
        parts.append(svg.label(x(second), _HEIGHT - 10, f"{second:,} s", anchor=anchor, css="when"))
    return svg.drawing(_WIDTH, _HEIGHT, title, parts, "plot course")


def _stairs(edges: Sequence[float], values: Sequence[float], panel: _Panel) -> str:
    """A line that keeps each value from one edge to the next."""
    steps = "".join(
        f"V{svg.number(panel.y(value))}H{svg.number(edge)}" for value, edge in zip(values, edges[1:], strict=True)
    )
    return f"M{svg.number(edges[0])} {svg.number(panel.bottom)}{steps}"


def _filled(edges: Sequence[float], values: Sequence[float], panel: _Panel, css: str, opacity: str) -> Iterator[str]:
    """What lies below such a line; nothing if it never leaves the ground."""
    if any(values):
        way = f"{_stairs(edges, values, panel)}V{svg.number(panel.bottom)}Z"
        yield svg.path(way, css=css, more=f'fill="currentColor" fill-opacity="{opacity}" stroke="none"')


def _moments(begin: int, end: int) -> range:
    """Round moments between two others, a few of them."""
    between = next(
        width * power
        for power in (10**n for n in range(9))
        for width in (1, 2, 5)
        if end - begin < width * power * _TICKS
    )
    return range(-(-begin // between) * between, end + 1, between)
