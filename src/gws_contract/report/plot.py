"""The distribution of a latency as a small SVG: which share of the chats had it after how many seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gws_contract.report import svg
from gws_contract.report.duration import UNITS

_WIDTH, _HEIGHT = 300, 74
_TOP, _LEFT, _RIGHT, _BOTTOM = 8, 34, 12, 20
_SHORTEST = 1e-4
"""Seconds; what is shorter is drawn there."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale of seconds, from one power of ten to another; plots that share it can be compared."""

    low: int
    high: int

    def share(self, seconds: float) -> float:
        """Where it lies on the scale, from 0 to 1."""
        exponent = math.log10(max(seconds, _SHORTEST))
        return min(max((exponent - self.low) / (self.high - self.low), 0.0), 1.0)


def scale(distributions: Iterable[Sequence[float]]) -> Scale:
    """The scale on which all of these quantiles have room."""
    seconds = [max(one, _SHORTEST) for quantiles in distributions for one in quantiles]
    if not seconds:
        return Scale(-3, 1)
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    return Scale(low, max(high, low + 1))


def distribution(quantiles: Sequence[float], on: Scale, title: str) -> Markup:
    """The 101 quantiles as a rising curve with a mark at the median; `title` says in words what it shows."""
    across, down = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(seconds: float) -> float:
        return _LEFT + across * on.share(seconds)

    def y(share: float) -> float:
        return _TOP + down * (1 - share)

    parts = []
    for exponent in range(on.low, on.high + 1):
        at = svg.number(x(10.0**exponent))
        parts.append(svg.path(f"M{at} {_TOP}V{_TOP + down}", css="grid", more='stroke-opacity=".2"'))
        anchor = "end" if exponent == on.high else "middle"
        parts.append(svg.label(x(10.0**exponent), _HEIGHT - 6, _power(exponent), anchor=anchor, css="when"))
    for share, words in ((1.0, "100 %"), (0.0, "0")):
        parts.append(svg.label(_LEFT - 5, y(share) + 4, words, anchor="end", css="when", more='font-size="9.5"'))
    floor = svg.number(y(0.0))
    points = "".join(
        f"{'L' if place else 'M'}{svg.number(x(q))} {svg.number(y(place / (len(quantiles) - 1)))}"
        for place, q in enumerate(quantiles)
    )
    begin, end = svg.number(x(quantiles[0])), svg.number(x(quantiles[-1]))
    shade = 'fill="currentColor" fill-opacity=".12" stroke="none"'
    parts.append(svg.path(f"{points}V{floor}H{begin}Z", css="area", more=shade))
    curve = f"M{_LEFT} {floor}H{begin}{points.replace('M', 'L', 1)}M{end} {svg.number(y(1.0))}H{_LEFT + across}"
    parts.append(svg.path(curve, css="curve", more='stroke-width="1.6"'))
    median = quantiles[len(quantiles) // 2]
    parts.append(
        f'<circle cx="{svg.number(x(median))}" cy="{svg.number(y(0.5))}" r="3.4" class="median" fill="currentColor"/>'
    )
    return svg.drawing(_WIDTH, _HEIGHT, title, parts, "plot")


def _power(exponent: int) -> str:
    size, unit = next(each for each in UNITS if 10.0**exponent >= each[0] * 0.999)
    return f"{10.0**exponent / size:.0f} {unit}"
