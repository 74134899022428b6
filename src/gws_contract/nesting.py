"""How deep a JSON text is nested, found without reading it.

A parser that goes down to the limit of recursion leaves no room for the finalisers of what the garbage collector may
find there: they fail, and Python prints their tracebacks on stderr. So what is deep is refused before it is parsed.
"""

from __future__ import annotations

import re

STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string of JSON, or what was begun as one."""
_BRACKET = re.compile(r"[\[{\]}]")


def is_deeper(text: str, most: int) -> bool:
    """Whether more than so many arrays and objects stand inside one another in a text that may be JSON.

    What begins with neither is not nested: a parser sees at once what it is.
    """
    if text.count("[") + text.count("{") <= most or not text.lstrip().startswith(("[", "{")):
        return False
    depth = 0
    for bracket in _BRACKET.findall(STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > most:
            return True
    return False
