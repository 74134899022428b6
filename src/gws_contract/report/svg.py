"""Pieces of SVG as text. Everything is drawn in the colour of the text around it, so that it reads without a style."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from gws_contract.report.text import printable


def drawing(width: float, height: float, title: str, parts: Iterable[str], css: str) -> Markup:
    """A whole SVG of this size in pixels; `title` is what it shows, in words."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css}" role="img" aria-label="{words(title)}"'
        f' viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
        ' fill="none" stroke="currentColor" font-family="system-ui, sans-serif" font-size="11.5">'
    )
    return Markup(head + "\n" + "\n".join(parts) + "\n</svg>")  # noqa: S704 - every text in it went through `words`


def on_paper(drawn: Markup) -> Markup:
    """The same, dark on white wherever it is shown: alone it has no text around it whose colour it could take."""
    return Markup(str(drawn).replace("<svg ", '<svg style="background:#fff;color:#111" ', 1))  # noqa: S704 - it was one before


def label(x: float, y: float, text: str, *, anchor: str = "start", css: str = "", more: str = "") -> str:
    """A text at a point; `anchor`: start, middle or end. `more`: attributes as they are written."""
    attributes = f' text-anchor="{anchor}"' if anchor != "start" else ""
    attributes += f' class="{css}"' if css else ""
    attributes += f" {more}" if more else ""
    place = f'x="{number(x)}" y="{number(y)}"'
    return f'<text {place}{attributes} fill="currentColor" stroke="none">{words(text)}</text>'


def path(way: str, *, css: str = "", more: str = "") -> str:
    """A path; `way` is its data."""
    return f'<path d="{way}"' + (f' class="{css}"' if css else "") + (f" {more}" if more else "") + "/>"


def number(value: float) -> str:
    """A coordinate to a tenth, as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def words(text: str) -> str:
    """A text that may stand in SVG and HTML, whatever a server has put into it."""
    return str(escape(printable(text)))
