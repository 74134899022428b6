"""What is ordinary: what every vendor expects, though the page sets no limits (DESIGN 3). Everything else is exotic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

MAX_NAME = 64
"""Code points of the longest ordinary nickname."""
MAX_TEXT = 1000
"""Code points of the longest ordinary text."""

_CATEGORIES = ("L", "M", "N", "P")
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width joiners, without which some scripts cannot be written."""


_ASCII = re.compile(r"""[A-Za-z0-9 !"#%&'()*,\-./:;?@\[\\\]_{}]*""")
"""What is of these categories in ASCII, which is NFC."""


def _plain(text: str, *, emoji: bool) -> bool:
    if _ASCII.fullmatch(text):
        return text == text.strip(" ") and "  " not in text
    if text != unicodedata.normalize("NFC", text) or text != text.strip(" ") or "  " in text:
        return False
    for character in text:
        category = unicodedata.category(character)
        if character == " " or category[0] in _CATEGORIES or character in _JOINERS:
            continue
        if emoji and category in ("So", "Sk"):
            continue
        return False
    return True


def ordinary_name(name: str) -> bool:
    """1 to 64 code points, NFC: letters, marks, digits, punctuation and single inner spaces, of any script."""
    return 0 < len(name) <= MAX_NAME and _plain(name, emoji=False)


def ordinary_text(text: str) -> bool:
    """As a name, up to 1,000 code points, with emoji."""
    return len(text) <= MAX_TEXT and _plain(text, emoji=True)


def ordinary_data(data: Mapping[str, Any]) -> bool:
    """User data of texts under names, as the pages of the product print it."""
    return all(ordinary_name(key) and isinstance(value, str) and ordinary_text(value) for key, value in data.items())
