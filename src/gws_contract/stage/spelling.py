"""The same JSON in every legal spelling (RFC 8259): what a server must not care about."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gws_contract.scenario import Spelling


def spelled(members: Mapping[str, str], spelling: Spelling) -> bytes:
    """An object of strings as JSON in UTF-8."""
    match spelling:
        case "reordered":
            return _plain(dict(reversed(list(members.items()))))
        case "spaced":
            return _encoded(_spaced(members, ensure_ascii=False), _spaced(members, ensure_ascii=True))
        case "escaped":
            return ("{" + ",".join(f"{_escaped(n)}:{_escaped(v)}" for n, v in members.items()) + "}").encode("ascii")
        case _:
            return _plain(members)


def _plain(members: Mapping[str, str]) -> bytes:
    return _encoded(json.dumps(members, ensure_ascii=False), json.dumps(members))


def _encoded(text: str, escaped: str) -> bytes:
    """In UTF-8; escaped where a lone surrogate stands, which JSON can say and UTF-8 cannot."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return escaped.encode("ascii")


def _spaced(members: Mapping[str, str], *, ensure_ascii: bool) -> str:
    strings = [[json.dumps(text, ensure_ascii=ensure_ascii) for text in pair] for pair in members.items()]
    inner = " ,\r\n\t".join(f"{name} \t:\n {value}" for name, value in strings)
    return f"\n {{ {inner} }} \r\n"


def _escaped(text: str) -> str:
    """Every UTF-16 code unit as an escape, hexadecimal digits in both cases in turn."""
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return '"' + "".join(f"\\u{h:02x}{low:02X}" for h, low in pairs) + '"'
