"""What became of a name or a text on its way through the server."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable


def _mojibake(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _mojibake_1252(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("cp1252", "replace")


_TRANSFORMATIONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("its UTF-8 was read as Latin-1", _mojibake),
    ("its UTF-8 was read as Windows-1252", _mojibake_1252),
    ("it was normalised to NFC", lambda t: unicodedata.normalize("NFC", t)),
    ("it was normalised to NFD", lambda t: unicodedata.normalize("NFD", t)),
    ("blanks at its ends were cut off", str.strip),
    ("it was escaped for HTML", html.escape),
    ("it was unescaped from HTML", html.unescape),
    ("characters outside ASCII became ?", lambda t: t.encode("ascii", "replace").decode("ascii")),
    ("characters outside the BMP became ?", lambda t: "".join(c if ord(c) < 0x10000 else "?" for c in t)),
    ("characters outside the BMP became ??", lambda t: "".join(c if ord(c) < 0x10000 else "??" for c in t)),
    ("characters outside the BMP were dropped", lambda t: "".join(c for c in t if ord(c) < 0x10000)),
    ("characters outside the BMP became U+FFFD", lambda t: "".join(c if ord(c) < 0x10000 else "\ufffd" for c in t)),
    ("its case was changed", str.lower),
    ("its case was changed", str.upper),
)


def change(sent: str, received: str) -> str | None:
    """What turned the one into the other, as a phrase; None if nothing known did."""
    if sent == received:
        return None
    for phrase, transform in _TRANSFORMATIONS:
        if transform(sent) == received:
            return phrase
    if received and sent.startswith(received):
        return f"it was cut after {len(received)} of {len(sent)} code points"
    if received and received.startswith(sent):
        return "something was added to it"
    return None


def shown(text: str, limit: int = 60) -> str:
    """A name or text in quotes, controls escaped, cut to `limit` code points."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + '"'


def explained(sent: str, candidates: Iterable[str]) -> str:
    """The candidates in quotes, and what became of `sent` if one of them is a changed form of it."""
    candidates = list(dict.fromkeys(candidates))
    for candidate in candidates:
        phrase = change(sent, candidate)
        if phrase is not None:
            return f"{shown(candidate)} ({phrase})"
    return ", ".join(map(shown, candidates[:6])) or "nobody"
