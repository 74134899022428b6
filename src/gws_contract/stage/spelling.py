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
            inner = " ,\r\n\t".join(f"{_string(name)} \t:\n {_string(value)}" for name, value in members.items())
            return f"\n {{ {inner} }} \r\n".encode()
        case "escaped":
            return ("{" + ",".join(f"{_escaped(n)}:{_escaped(v)}" for n, v in members.items()) + "}").encode("ascii")
        case _:
            return _plain(members)


def _plain(members: Mapping[str, str]) -> bytes:
    return json.dumps(members, ensure_ascii=False).encode("utf-8")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _escaped(text: str) -> str:
    """Every UTF-16 code unit as an escape, hexadecimal digits in both cases in turn."""
    units = text.encode("utf-16-be")
    pairs = zip(units[::2], units[1::2], strict=True)
    return '"' + "".join(f"\\u{h:02x}{low:02X}" for h, low in pairs) + '"'
