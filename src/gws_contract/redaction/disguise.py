"""How a word may be spelled in what a server sends and still be readable: escaped, encoded, in other letters' case.

Escapes are undone layer by layer, those of JSON, percent-encoding and HTML alike, and every byte of a layer knows where
it came from. So one search finds a word however its characters are escaped, in whatever mixture and depth; base64 is
looked for as such, at each of the three places where a word may begin in it. All of it is linear in the text.
"""

from __future__ import annotations

import base64
import html
import re
from array import array
from bisect import bisect_right
from functools import lru_cache
from itertools import combinations

LEAST = 8
"""Characters of the shortest word that is looked for."""
_DEEPEST = 4
"""Layers of escapes that are undone."""
_HEX = rb"[0-9a-fA-F]"
_PAIR = rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}" % (_HEX, _HEX)
_KINDS = (
    rb"""%b|\\(?:u%b{4}|x%b{2}|U00(?:0%b|10)%b{4}|["'\\/bfnrt])""" % (_PAIR, *[_HEX] * 4),
    rb"%%u%b{4}|%%%b{2}" % (_HEX, _HEX),
    rb"&(?:#[0-9]{1,7}|#[xX]%b{1,6}|[A-Za-z][A-Za-z0-9]{1,31});" % _HEX,
)
"""The escapes of JSON and Python, of URLs and forms, of HTML."""
_MIXED = tuple(re.compile(b"|".join(some)) for size in (1, 2, 3) for some in combinations(_KINDS, size))
_ANY = _MIXED[-1]
_INTRODUCERS = (b"\\", b"%", b"&")
_UNFINISHED = re.compile(
    rb"(?:\\(?:u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|x[0-9a-fA-F]?)?|%(?:u?[0-9a-fA-F]{0,3})|&#?[0-9A-Za-z]{0,31})\Z"
)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_IN_BASE64 = ((0, 0), (1, 2), (2, 3))
"""Bytes before a word in its group of three, and the characters that depend on them."""


def encoded(text: str) -> tuple[bytes, str]:
    """The bytes of a text, and the error handler with which they are that text again."""
    try:
        return text.encode("utf-8", "surrogateescape"), "surrogateescape"
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass"), "surrogatepass"


class Layer:
    """A text with one layer of escapes undone."""

    def __init__(self, text: bytes, escapes: re.Pattern[bytes] = _ANY) -> None:
        # Segments by turns, plain and escaped: where each begins in the new text, and where in the old one.
        self._at, self._from = array("q", [0]), array("q", [0])
        pieces: list[bytes] = []
        end = length = 0
        for match in escapes.finditer(text):
            begin, plain, undone = match.start(), text[end : match.start()], _undone(match.group())
            end = match.end()
            pieces += (plain, undone)
            length += len(plain)
            self._at.append(length)
            self._from.append(begin)
            length += len(undone)
            self._at.append(length)
            self._from.append(end)
        pieces.append(text[end:])
        self.text = b"".join(pieces)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the new text came from in the old one."""
        first, last = bisect_right(self._at, start) - 1, bisect_right(self._at, end - 1) - 1
        begin = self._from[first] + (0 if first % 2 else start - self._at[first])
        return begin, self._from[last + 1] if last % 2 else self._from[last] + end - self._at[last]

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """A part of the old text, widened so that it cuts no escape in two."""
        first, last = bisect_right(self._from, start) - 1, bisect_right(self._from, end - 1) - 1
        return self._from[first] if first % 2 else start, self._from[last + 1] if last % 2 else end


@lru_cache(4096)
def _undone(escape: bytes) -> bytes:
    kind = escape[1:2]
    if escape.startswith(b"&#"):
        code = int(escape[3:-1], 16) if escape[2:3] in b"xX" else int(escape[2:-1])
        return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else escape
    if escape.startswith(b"&"):
        return html.unescape(escape.decode("ascii")).encode("utf-8")
    if kind in (b"u", b"x", b"U"):
        code = int(escape[2:10] if kind == b"U" else escape[2:6], 16)
        if len(escape) == 12:
            code = 0x10000 + ((code - 0xD800) << 10) + int(escape[8:], 16) - 0xDC00
        return chr(code).encode("utf-8", "surrogatepass")
    return bytes([int(escape[1:], 16)]) if escape.startswith(b"%") else _LETTERS.get(kind, kind)


def layers(text: bytes) -> list[Layer]:
    """The layers of escapes of a text, the outermost first; none if it holds none."""
    found: list[Layer] = []
    while len(found) < _DEEPEST and any(sign in text for sign in _INTRODUCERS):
        layer = Layer(text)
        if layer.text == text:
            break
        found.append(layer)
        text = layer.text
    return found


def origin(under: list[Layer], depth: int, start: int, end: int) -> tuple[int, int]:
    """Where a part of the text below `depth` layers stands in the outermost one; no escape is cut in two."""
    if depth < len(under):
        start, end = under[depth].whole(start, end)
    for layer in reversed(under[:depth]):
        start, end = layer.source(start, end)
    return start, end


def spellings(word: str) -> set[bytes]:
    """Everything to look for in the layers of a text, in small ASCII letters, to find the word in it."""
    raw, _ = encoded(word)
    found = {raw, raw.replace(b" ", b"+"), *(layer.text for layer in layers(raw))}
    if any(sign in raw for sign in _INTRODUCERS):
        # What looks like an escape in the word is undone with those around the word, but for those of the same kind.
        found |= {Layer(raw, some).text for some in _MIXED}
    if not raw.isascii():
        found |= {raw.decode("latin-1").encode()}  # UTF-8 that was taken for Latin-1, as Java does with Basic
        found |= {word.encode("latin-1")} if all(c <= "\xff" for c in word) else set()
    found |= {part for before, lost in _IN_BASE64 for part in _in_base64(raw, before, lost)}
    return {each.lower() for each in found if len(each) >= LEAST}


def _in_base64(raw: bytes, before: int, lost: int) -> tuple[bytes, bytes]:
    """The part of a base64 text that depends on these bytes alone, in both alphabets."""
    text = base64.b64encode(bytes(before) + raw).rstrip(b"=")
    part = text[lost:] if (before + len(raw)) % 3 == 0 else text[lost:-1]
    return part, part.replace(b"+", b"-").replace(b"/", b"_")


def finished(text: bytes) -> bytes:
    """A text that was cut anywhere, without the escape that was cut in two."""
    return _UNFINISHED.sub(b"", text)
