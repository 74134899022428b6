"""How a word may be spelled in what a server sends and still be readable: escaped, encoded, in other letters' case.

Escapes are undone layer by layer, those of JSON, of URLs and of HTML in every order, and every byte of a layer knows
where it came from. So one search finds a word however its characters are escaped, in whatever mixture; base64 is looked
for as such, at each of the three places where a word may begin in it. All of it is linear in the text.
"""

from __future__ import annotations

import base64
import html
import re
from array import array
from bisect import bisect_right
from functools import lru_cache

LEAST = 8
"""Characters of the shortest word that is looked for."""
_DEEPEST = 3
"""Layers of escapes that are undone."""
_ENOUGH = 8 * 1024 * 1024
"""Bytes in the layers of a text, after which no deeper ones are made."""
_HEX = rb"[0-9a-fA-F]"
_PAIR = rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}" % (_HEX, _HEX)
_JSON = re.compile(rb"""%b|\\(?:u%b{4}|x%b{2}|U00(?:0%b|10)%b{4}|["'\\/bfnrt])""" % (_PAIR, *[_HEX] * 4))
_URL = re.compile(rb"%%u%b{4}|%%%b{2}" % (_HEX, _HEX))
_HTML = re.compile(rb"&(?:#[0-9]{1,7}|#[xX]%b{1,6}|[A-Za-z][A-Za-z0-9]{1,31});" % _HEX)
_KINDS = {b"\\": _JSON, b"%": _URL, b"&": _HTML}
"""By the sign that every one of them begins with. Those of JSON are also Python's."""
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
    """A text, or what is left of the one around it once escapes of one kind are undone."""

    def __init__(self, text: bytes, around: Layer | None = None, escapes: re.Pattern[bytes] | None = None) -> None:
        self.text, self._around = text, around
        # Segments by turns, plain and escaped: where each begins in this text, and where in the one around it.
        self._at, self._from = array("q", [0]), array("q", [0])
        if escapes is not None:
            self._undo(escapes)

    def _undo(self, escapes: re.Pattern[bytes]) -> None:
        text = self.text
        pieces: list[bytes] = []
        end = length = 0
        for match in escapes.finditer(text):
            plain, undone = text[end : match.start()], _undone(match.group())
            end = match.end()
            pieces += (plain, undone)
            length += len(plain)
            self._at.append(length)
            self._from.append(match.start())
            length += len(undone)
            self._at.append(length)
            self._from.append(end)
        self.text = b"".join([*pieces, text[end:]])

    def undone(self, sign: bytes) -> Layer | None:
        """The next layer, without the escapes that begin with this sign; None if there are none."""
        if sign not in self.text:
            return None
        inner = Layer(self.text, self, _KINDS[sign])
        return None if inner.text == self.text else inner

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of this text stands in the outermost one."""
        if self._around is None:
            return start, end
        first, last = bisect_right(self._at, start) - 1, bisect_right(self._at, end - 1) - 1
        begin = self._from[first] + (0 if first % 2 else start - self._at[first])
        stop = self._from[last + 1] if last % 2 else self._from[last] + end - self._at[last]
        return self._around.origin(begin, stop)

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """A part of the text around this one, widened so that it cuts no escape in two."""
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
    """The text as it is, and everything that is left of it when escapes are undone; the outer layers first."""
    found = outer = [Layer(text)]
    seen, size = {text}, 0
    for _ in range(_DEEPEST):
        inner: list[Layer] = []
        for layer in outer if size < _ENOUGH else ():
            for sign in _KINDS:
                undone = layer.undone(sign)
                if undone is not None and undone.text not in seen:
                    seen.add(undone.text)
                    inner.append(undone)
        size += sum(len(layer.text) for layer in inner)
        found, outer = [*found, *inner], inner
    return found


def in_json(text: bytes) -> Layer | None:
    """The layer that knows where the escapes of JSON are in a text; None if it has none."""
    return Layer(text).undone(b"\\")


def spellings(word: str) -> set[bytes]:
    """Everything to look for in the layers of a text, in small ASCII letters, to find the word in it."""
    raw, _ = encoded(word)
    found = {raw, raw.replace(b" ", b"+")}
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
