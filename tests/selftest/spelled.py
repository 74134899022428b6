"""How a server may spell a secret that it was sent: the tests' own list, made without the code that undoes it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


def _every_byte(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _in_base64(text: str, before: int) -> str:
    """The characters that depend on the text alone, if so many bytes are before it."""
    raw = bytes(before) + text.encode()
    return base64.b64encode(raw + b"yyy").decode()[-(-before * 8 // 6) : len(raw) * 8 // 6]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "in capitals": lambda s: s.encode().upper().decode(),
    "in small letters": lambda s: s.encode().lower().decode(),
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in JSON as UTF-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "in JSON with slashes escaped": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "in JSON with every character escaped": lambda s: "".join(f"\\u{unit:04x}" for unit in _units(s)),
    "in JSON with every character escaped, in capitals": lambda s: "".join(f"\\u{unit:04X}" for unit in _units(s)),
    "in JSON in JSON": lambda s: json.dumps(json.dumps(s))[3:-3],
    "percent-encoded": quote,
    "percent-encoded with slashes": lambda s: quote(s, safe=""),
    "percent-encoded, in small letters": lambda s: quote(s, safe="").lower(),
    "as in a form": quote_plus,
    "every byte percent-encoded": _every_byte,
    "every byte percent-encoded, in small letters": lambda s: _every_byte(s).lower(),
    "percent-encoded twice": lambda s: quote(quote(s, safe=""), safe=""),
    "JSON in a query": lambda s: quote(json.dumps(s)[1:-1], safe=""),
    "in HTML": html.escape,
    "in HTML in JSON": lambda s: json.dumps(html.escape(s))[1:-1],
    "in HTML by number": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "in HTML by number, in hexadecimal": lambda s: "".join(f"&#x{ord(c):X};" for c in s),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 behind one byte": lambda s: _in_base64(s, 1),
    "base64 behind two bytes": lambda s: _in_base64(s, 2),
    "UTF-8 taken for Latin-1": lambda s: s.encode().decode("latin-1"),
    "repr": lambda s: repr(s)[1:-1],
}
"""By name. `base64 behind ...` is the part that depends on the secret alone; capitals are those of ASCII."""
