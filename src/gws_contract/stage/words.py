"""Names and texts as strategies: a hand-made pool (words.toml), mixed with generated ones of every script.

No strategy here draws a number of three digits or a string as such: into those Hypothesis mixes constants that it finds
in whichever modules happen to be loaded, and the same seed would give other chats in another process. Code points are
therefore put together from draws of two digits.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from hypothesis import strategies as st

from gws_contract.ordinary import MAX_NAME, MAX_TEXT, ordinary_name, ordinary_text

T = TypeVar("T")

PERCENT = st.integers(0, 99)
"""What the shares of a strategy are counted in."""

_LATIN_1 = range(0x00C0, 0x0180)
_ASCII = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIGURES = "0123456789.,:;-_'\"!?()[]{}/\\&@#%*"
_CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
_SURROGATES = range(0xD800, 0xE000)
_OLD = unicodedata.ucd_3_2_0
"""The oldest Unicode that Python knows: what is a letter there is one for every Python and every server."""


@cache
def pool() -> Mapping[str, Any]:
    """The file words.toml."""
    return tomllib.loads((resources.files(__package__) / "words.toml").read_text("utf-8"))


@cache
def _letters() -> str:
    """Letters, marks, digits and punctuation of every script."""
    return "".join(c for c in map(chr, range(0x21, 0x2FA20)) if _OLD.category(c)[0] in "LMNP" and ordinary_name(c))


@st.composite
def shares(draw: st.DrawFn, *choices: tuple[int, st.SearchStrategy[T]]) -> T:
    """One of these, each with its percentage; together they are 100. Shrinks towards the first."""
    place = draw(PERCENT)
    for share, strategy in choices:
        place -= share
        if place < 0:
            return draw(strategy)
    raise ValueError("the percentages are less than 100")


@cache
@st.composite
def one_in(draw: st.DrawFn, times: int) -> bool:
    """True once in so many times, at most 100. Shrinks towards False."""
    return draw(st.integers(0, times - 1)) == times - 1


def _listed(*lists: Sequence[str]) -> st.SearchStrategy[str]:
    """An element of these lists, the lists after one another."""
    return st.one_of(*map(st.sampled_from, lists))


@cache
@st.composite
def _millionth(draw: st.DrawFn) -> int:
    """A number below a million, all alike."""
    return (draw(PERCENT) * 100 + draw(PERCENT)) * 100 + draw(PERCENT)


@cache
def _letter() -> st.SearchStrategy[str]:
    """A letter, mark, digit, punctuation or blank; every script may come."""
    anywhere = _millionth().map(lambda n: _letters()[n * len(_letters()) // 1_000_000])
    latin_1 = st.integers(0, 99).map(lambda n: chr(_LATIN_1[n * len(_LATIN_1) // 100]))
    return shares(
        (40, st.sampled_from(_ASCII)),
        (10, st.just(" ")),
        (15, st.sampled_from(_FIGURES)),
        (15, latin_1.filter(ordinary_name)),
        (20, anywhere),
    )


@cache
def _any_character() -> st.SearchStrategy[str]:
    """A code point of the whole of Unicode that UTF-8 can carry."""

    def at(millionth: int) -> str:
        point = millionth * (0x110000 - len(_SURROGATES)) // 1_000_000
        return chr(point if point < _SURROGATES.start else point + len(_SURROGATES))

    return shares(
        (30, st.sampled_from(_ASCII)),
        (15, st.sampled_from("<>&\"'$+=^`|~ ")),
        (15, st.sampled_from(_CONTROLS)),
        (40, _millionth().map(at)),
    )


@cache
def _generated(longest: int) -> st.SearchStrategy[str]:
    """An ordinary text of at most so many code points (32 or fewer) that nobody has thought of."""
    return st.lists(_letter(), min_size=1, max_size=longest).map(_tidied).filter(bool)


def _tidied(letters: list[str]) -> str:
    return " ".join(part for part in unicodedata.normalize("NFC", "".join(letters)).split(" ") if part)


def stretched(text: str, length: int) -> str:
    """The text again and again, until it has exactly so many code points and does not end with a blank."""
    repeated = (f"{text} " * (length // (len(text) + 1) + 1))[:length]
    return repeated if not repeated.endswith(" ") else f"{repeated[:-1]}."


@cache
def names() -> st.SearchStrategy[str]:
    """Ordinary nicknames: one code point to 64, every script, what a computer may take for something else."""
    of = pool()["names"]
    base = st.sampled_from(of["joined"] + of["latin"] + of["scripts"])
    longest = st.builds(stretched, base, st.integers(51, MAX_NAME)).filter(ordinary_name)
    return shares(
        (15, _listed(of["plain"])),
        (18, _listed(of["joined"])),
        (12, _listed(of["latin"])),
        (11, _listed(of["scripts"])),
        (4, _listed(of["marks"])),
        (8, _listed(of["astral"])),
        (12, _listed(of["long"])),
        (3, longest),
        (7, _listed(of["odd"])),
        (10, _generated(24)),
    )


@cache
def telling_names() -> st.SearchStrategy[str]:
    """The same, but more often one in which whatever a server does to names can be seen."""
    return shares((70, names()), (30, _listed(pool()["names"]["long"])))


@cache
def short_texts() -> st.SearchStrategy[str]:
    """Ordinary texts that a number can be put behind."""
    of = pool()["texts"]
    return shares(
        (45, _listed(of["plain"])),
        (17, _listed(of["scripts"])),
        (16, _listed(of["emoji"])),
        (8, _listed(of["odd"])),
        (14, _generated(32)),
    )


@cache
def texts() -> st.SearchStrategy[str]:
    """Ordinary texts up to 1,000 code points."""
    repeated = st.sampled_from(pool()["texts"]["repeated"])
    long = st.builds(stretched, repeated, st.sampled_from((MAX_TEXT, MAX_TEXT - 1, 512, 256, 255, 160)))
    return shares((96, short_texts()), (4, long))


@cache
def decomposable() -> tuple[str, ...]:
    """Names that NFD spells otherwise than NFC; letter after letter they look the same."""
    every = (name for names_of_a_kind in pool()["names"].values() for name in names_of_a_kind)
    return tuple(name for name in every if unicodedata.normalize("NFD", name) != name)


@cache
def exotic_names() -> st.SearchStrategy[str]:
    """Names that no vendor promised: never empty, never ordinary."""
    of = pool()["exotic"]
    too_long = st.builds(stretched, names(), st.sampled_from((MAX_NAME + 1, 100, 256, 1000)))
    return shares(
        (50, _listed(of["both"])),
        (15, _listed(of["names"])),
        (15, st.builds(_spoilt, names(), st.sampled_from(_SPOILERS))),
        (15, _anything(24)),
        (5, too_long),
    ).map(lambda name: name if not ordinary_name(name) else f"<{name}>")


@cache
def exotic_texts() -> st.SearchStrategy[str]:
    """Texts that no vendor promised: never empty, never ordinary; thousands of code points at most."""
    repeated = st.sampled_from(pool()["texts"]["repeated"])
    too_long = st.builds(stretched, repeated, st.sampled_from((MAX_TEXT + 1, 1024, 2048, 4096, 5000)))
    return shares(
        (55, _listed(pool()["exotic"]["both"])),
        (15, st.builds(_spoilt, short_texts(), st.sampled_from(_SPOILERS))),
        (20, _anything(32)),
        (10, too_long),
    ).map(lambda text: text if not ordinary_text(text) else f"<{text}>")


_SPOILERS = ("<b>{}</b>", " {}", "{} ", "{0}  {0}", "{}\n", "{}\u0000", "\ufeff{}", "\u202e{}", "{}e\u0301", "NFD")


def _spoilt(text: str, how: str) -> str:
    """An ordinary text with something about it that is not; "NFD" takes its letters apart."""
    return unicodedata.normalize("NFD", text) if how == "NFD" else how.format(text)


@cache
def _anything(longest: int) -> st.SearchStrategy[str]:
    return st.lists(_any_character(), min_size=1, max_size=longest).map("".join)


@cache
def user_data() -> st.SearchStrategy[dict[str, Any]]:
    """What a customer's page may send along: texts under names."""
    return st.dictionaries(st.sampled_from(pool()["user_data"]["keys"]), short_texts(), min_size=1, max_size=4)


@cache
def exotic_user_data() -> st.SearchStrategy[dict[str, Any]]:
    """User data with nulls, numbers, lists, objects and keys that nobody would choose."""
    key = _listed(pool()["user_data"]["keys"], pool()["user_data"]["exotic_keys"])
    number = st.sampled_from((0, 1, -1, 1.5, -0.25, 1e100, 2**31, 2**53 + 1, 10**20))
    leaf = st.one_of(st.none(), st.booleans(), number, short_texts(), exotic_texts(), st.just(""))
    nested = st.one_of(st.lists(leaf, max_size=3), st.dictionaries(key, leaf, max_size=3))
    odd: st.SearchStrategy[Any] = st.sampled_from((None, 17, {}, []))
    whole = st.dictionaries(key, st.one_of(leaf, nested), max_size=4)
    return st.builds(lambda data, value: {**data, "odd": value}, whole, odd)
