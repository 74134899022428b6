"""The search for many words at once in a text, in all their disguises; linear in the text, however many words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gws_contract.redaction.disguise import encoded, finished, in_json, layers

_GRAM = 4
_BLOCK = 1 << 16
_LEAST_OF_A_CUT = 4
"""Bytes of the beginning of a word that are taken for it at the end of a text that was cut."""

_Span = tuple[int, int, bytes]


class Needles:
    """What is looked for, and what takes its place. Others may search while one thread adds."""

    def __init__(self) -> None:
        self._masks: dict[bytes, bytes] = {}
        self._grams: dict[int, list[bytes]] = {}
        """The needles by each of the four words of four bytes that they begin with, one byte after the other."""

    def add(self, spelled: Iterable[bytes], mask: bytes) -> None:
        """Look for these, in small ASCII letters and of eight bytes or more, if nothing else stands for them yet."""
        for needle in spelled:
            if needle not in self._masks:
                self._masks[needle] = mask
                for at in range(_GRAM):
                    gram = memoryview(needle[at : at + _GRAM]).cast("I")[0]
                    self._grams.setdefault(gram, []).append(needle)

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts holds one of them."""
        together, _ = encoded("\n".join(texts))
        return any(self._present(layer.text.lower()) for layer in layers(together))

    def masked(self, text: str, *, cut: bool = False) -> str:
        """The text with the masks in their places. If it was `cut` off, a beginning at its end counts too."""
        raw, handler = encoded(text)
        pieces, end = [], 0
        for start, stop, needle in self._spans(raw, cut=cut):
            pieces += [raw[end:start], self._masks[needle]]
            end = stop
        return b"".join([*pieces, raw[end:]]).decode("utf-8", handler) if pieces else text

    def _present(self, text: bytes) -> set[bytes]:
        """The needles in a text of small letters.

        Wherever a needle lies, the division of the text into words of four bytes meets it within its first seven: one
        look-up a word finds those that may be there.
        """
        words = memoryview(text + bytes(-len(text) % _GRAM)).cast("I")
        met: set[int] = set()
        for at in range(0, len(words), _BLOCK):
            block = words[at : at + _BLOCK].tolist()
            if not self._grams.keys().isdisjoint(block):
                met |= self._grams.keys() & block
        return {needle for gram in met for needle in self._grams[gram] if needle in text}

    def _spans(self, raw: bytes, *, cut: bool) -> list[_Span]:
        """The parts of a text that are to be masked, in its order, none overlapping another; JSON stays JSON."""
        found: list[_Span] = []
        for layer in layers(raw):
            small = layer.text.lower()
            places = [place for needle in self._present(small) for place in _places(needle, small)]
            if cut:
                places += self._beginnings(small)
            found += [(*layer.origin(start, end), needle) for start, end, needle in places]
        json = in_json(raw) if found else None
        if json is not None:
            found = [(*json.whole(start, end), needle) for start, end, needle in found]
        return _apart(_on_characters(found, raw))

    def _beginnings(self, text: bytes) -> Iterator[_Span]:
        needles = list(self._masks)
        before = max(0, len(text) - 2 * max(map(len, needles), default=0))
        for tail in {text[before:], finished(text[before:])}:
            for needle in needles:
                head = needle[:_LEAST_OF_A_CUT]
                at = tail.find(head)
                while at >= 0:
                    if needle.startswith(tail[at:]):
                        yield before + at, len(text), needle
                    at = tail.find(head, at + 1)


def _places(needle: bytes, text: bytes) -> Iterator[_Span]:
    at = text.find(needle)
    while at >= 0:
        yield at, at + len(needle), needle
        at = text.find(needle, at + len(needle))


def _on_characters(spans: Iterable[_Span], raw: bytes) -> Iterator[_Span]:
    """The spans, widened so that none cuts the bytes of a character in two."""
    for start, end, needle in spans:
        begin, stop = start, end
        while begin and start - begin < 3 and raw[begin] & 0xC0 == 0x80:
            begin -= 1
        while stop < len(raw) and stop - end < 3 and raw[stop] & 0xC0 == 0x80:
            stop += 1
        yield begin, stop, needle


def _apart(spans: Iterable[_Span]) -> list[_Span]:
    """Those that overlap become one, with the longest needle among them."""
    out: list[_Span] = []
    for start, end, needle in sorted(spans):
        if out and start < out[-1][1]:
            first, last, longest = out[-1]
            out[-1] = first, max(last, end), max(longest, needle, key=len)
        else:
            out.append((start, end, needle))
    return out
