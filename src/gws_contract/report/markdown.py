"""A stranger's text in Markdown, so that it stays text: no table is broken, no link, image or HTML is made."""

from __future__ import annotations

import re

from gws_contract.report.text import printable

_MARKS = re.compile(r"[\\`*_{}\[\]<>&|~!@#$^]|:(?=\S)|(?<=www)\.", re.IGNORECASE)


def escaped(text: str, limit: int | None = None) -> str:
    """One line of plain text, of at most `limit` characters. Every character that could be markup is an entity."""
    line = " ".join(printable(text).split())
    if limit is not None and len(line) > limit:
        line = line[: limit - 3] + "..."
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", line)


def said(text: str, limit: int | None = None) -> str:
    """The same as code, in which the forges look for no mentions, emojis and references either; "" for nothing."""
    words = escaped(text, limit)
    return f"<code>{words}</code>" if words else ""
