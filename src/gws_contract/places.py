"""What is said of files without saying where they lie: a report is read on other machines than it was written on."""

from __future__ import annotations

import re

_OPTION = re.compile(r"(--?[\w-]+=)?(.*)", re.DOTALL)
_URL = re.compile(r"https?://", re.IGNORECASE)
_PATH = re.compile(r"""(?<![\w.~:/-])(?:~[\w.-]*)?(?:/[^\s/'"`:,;()<>|]+)+/?""")
"""In a sentence: an absolute path, no part of a URL."""


def bare(word: str) -> str:
    """A word of a command with the name of a file instead of its path: `--ca-file=/my/ca.pem` as `--ca-file=ca.pem`."""
    option, value = _OPTION.fullmatch(word).groups("")  # type: ignore[union-attr]  # it matches everything
    if _URL.match(value) or "/" not in value.rstrip("/"):
        return word
    return option + value.rstrip("/").rpartition("/")[2]


def without_places(sentence: str) -> str:
    """A sentence with the names of files instead of their absolute paths."""
    return _PATH.sub(lambda path: path[0].rstrip("/").rpartition("/")[2], sentence)
