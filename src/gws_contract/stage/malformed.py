"""Ways to get the request of an Accept wrong, by hand, and which clause each way belongs to.

Everything here is plain data and pure. `kind_of` looks at a request as it is sent, so that generated ones are sorted as
the ones written down here.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from gws_contract.foreign import DEPTH
from gws_contract.nesting import is_deeper
from gws_contract.scenario import Attempt

OPEN: Final = "open"
"""The contract does not say whether it is refused."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
"""Methods that ask for nothing to be done (RFC 9110, 9.2.1): reading a chat is legal, whatever the body says."""

HUGE: Final = 1_000_000
"""Bytes of padding."""
DEEP: Final = 10_000
"""Arrays inside each other."""

_OPERATIONS_ON_CHATS: Final = """
accept reject complete leave leaveandcomplete transfer consult cancelconsult invite removeparticipantfromconference
infocus setinfocus setdisposition attachuserdata updateuserdata deleteuserdata sendmessage sendtoagents sendurl
sendcustomnotice sendcustomnoticetoagents sendstarttypingnotification sendstoptypingnotification
sendstarttypingtoagentsnotification sendstoptypingtoagentsnotification
"""
_KNOWN: Final = frozenset(_OPERATIONS_ON_CHATS.split())
"""What a version of the product knows (gws.md 3), in small letters."""


def kind_of(body: str | None, method: str = "POST", content_type: str | None = "application/json") -> str | None:
    """The clause accept.refused.KIND that such a request on an invited chat belongs to, or OPEN.

    None if it is in truth a correct Accept, or another operation. The first thing wrong decides, in the order in which
    a server comes to see it: method, content type, JSON, members.
    """
    if method != "POST":
        return OPEN if method in SAFE else "wrong-method"
    if body is not None and not is_json_label(content_type):
        return _of_label(content_type)
    return "malformed-json" if body is None else _of_body(body)


def is_json_label(content_type: str | None) -> bool:
    """Whether a Content-Type says application/json, in UTF-8 if it says a charset."""
    essence, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset")]
    return essence == "application/json" and all(charset in ("utf-8", "utf8") for charset in charsets)


def _of_label(content_type: str | None) -> str:
    """Without a label a server may look at the content (RFC 9110, 8.3); other labels of JSON it may know."""
    essence = (content_type or "").partition(";")[0].strip().lower()
    return OPEN if not essence or essence == "application/json" or essence.endswith("+json") else "content-type"


def _of_body(body: str) -> str | None:
    try:
        body.encode("utf-8")
        if is_deeper(body, DEPTH):
            return OPEN
        value = _parsed(body)
    except ValueError:
        return OPEN if _is_json_in_another_encoding(body) else "malformed-json"
    if not isinstance(value, _Members):
        return "wrong-type"
    return "duplicate-keys" if value.repeats else _of_members(dict(value.pairs))


def _is_json_in_another_encoding(body: str) -> bool:
    """A byte order mark may be ignored (RFC 8259, 8.1), and older parsers know UTF-16 and UTF-32 (RFC 4627, 3)."""
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        with contextlib.suppress(ValueError):
            _parsed(encoded(body).decode(encoding))
            return True
    return False


def encoded(body: str) -> bytes:
    """The bytes of an Attempt's body; a lone surrogate stands for a byte that is no UTF-8."""
    try:
        return body.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte; no UTF-8 either
        return body.encode("utf-8", "surrogatepass")


def _parsed(text: str) -> Any:
    if is_deeper(text, DEPTH):
        raise ValueError("nested too deeply")
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_Members)


class _Members:
    """The members of an object as they stand in the text."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs
        self.repeats = len(dict(pairs)) < len(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _of_members(members: Mapping[str, Any]) -> str | None:
    if "operationName" not in members:
        misspelled = any(name.strip().lower() == "operationname" for name in members)
        return OPEN if misspelled else "missing-operation"
    operation = members["operationName"]
    if not isinstance(operation, str):
        return "wrong-type"
    if operation != "Accept":
        return _of_operation(operation)
    if "nickname" not in members:
        return "missing-nickname"
    return None if isinstance(members["nickname"], str) else "wrong-type"


def _of_operation(operation: str) -> str | None:
    if operation.lower() == "accept":
        return "wrong-case"
    if operation.strip().lower() == "accept":
        return OPEN  # a server may trim what it reads
    return None if operation.strip().lower() in _KNOWN else "unknown-operation"


_CORRECT: Final = '{"operationName": "Accept", "nickname": "Marat"}'
_ACCEPT: Final = '"operationName": "Accept"'
_MARAT: Final = '"nickname": "Marat"'
_NOT_UTF8: Final = (
    ("a byte that no UTF-8 has", b"\xff"),
    ("a letter in Latin-1", b"\xe9"),
    ("half a character", b"\xe2\x82"),
    ("a character spelled longer than need be", b"\xc0\xaf"),
    ("a surrogate as UTF-8", b"\xed\xa0\x80"),
)


def _methods() -> Iterator[Attempt]:
    for method in ("PUT", "PATCH", "DELETE"):
        yield Attempt("wrong-method", f"{method} with the body of an Accept", _CORRECT, method)
    yield Attempt("wrong-method", "DELETE without a body", None, "DELETE", None)


def _no_json() -> Iterator[Attempt]:
    bodies = {
        "no body": None,
        "blanks": " \r\n",
        "text": "Accept",
        "a form": "operationName=Accept&nickname=Marat",
        "XML": "<operationName>Accept</operationName>",
        "the page's sample as it is printed": '{\n"operationName":"Accept",\n"nickname":agent-nickname\n}',
        "names without quotes": '{operationName: "Accept", nickname: "Marat"}',
        "single quotes": "{'operationName': 'Accept', 'nickname': 'Marat'}",
        "a comma too many": f"{{{_ACCEPT}, {_MARAT},}}",
        "a comma too few": f"{{{_ACCEPT} {_MARAT}}}",
        "a comment": f"{{{_ACCEPT}, /* the agent */ {_MARAT}}}",
        "a line feed inside a string": '{"operationName": "Accept", "nickname": "Ma\nrat"}',
        "an escape that does not exist": '{"operationName": "Accept", "nickname": "Ma\\xrat"}',
        "NaN": f'{{{_ACCEPT}, {_MARAT}, "priority": NaN}}',
    }
    bodies |= {f"cut off after {n} bytes": _CORRECT[:n] for n in (1, 15, 25, 40, len(_CORRECT) - 1)}
    bodies |= {
        f"{tail!r} behind the end": _CORRECT + tail for tail in ("}", ",", "x", "\0", ' {"operationName": "Accept"}')
    }
    for says, wrong in _NOT_UTF8:
        bodies[says] = _CORRECT.replace("Marat", "Mar" + wrong.decode("utf-8", "surrogateescape") + "t")
    for says, body in bodies.items():
        yield Attempt("malformed-json", says, body)


def _types() -> Iterator[Attempt]:
    bodies = {
        "an Accept inside an array": f"[{_CORRECT}]",
        "an Accept inside a string": json.dumps(_CORRECT),
        "names and values in an array": '["operationName", "Accept", "nickname", "Marat"]',
        "only the word Accept": '"Accept"',
        "null": "null",
    }
    values = {"a number": "5", "true": "true", "null": "null", "an array": '["{}"]', "an object": '{{"name": "{}"}}'}
    for says, value in values.items():
        bodies[f"operationName is {says}"] = f'{{"operationName": {_filled(value, "Accept")}, {_MARAT}}}'
        bodies[f"nickname is {says}"] = f'{{{_ACCEPT}, "nickname": {_filled(value, "Marat")}}}'
    for says, body in bodies.items():
        yield Attempt("wrong-type", says, body)


def _filled(value: str, word: str) -> str:
    return value.format(word) if "{}" in value else value


def _operations() -> Iterator[Attempt]:
    for says, name in {
        "an empty operationName": "",
        "an operationName with another alphabet's A": "Аccept",
        "an operationName with something behind it": "Accept;",
        "an operationName of 10,000 letters": "Accept" + "t" * 9_994,
    }.items():
        yield Attempt("unknown-operation", says, json.dumps({"operationName": name, "nickname": "Marat"}))
    yield Attempt("missing-operation", "an empty object", "{}")


def _labels() -> Iterator[Attempt]:
    for label in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"):
        yield Attempt("content-type", f"labelled {label}", _CORRECT, content_type=label)


def _duplicates() -> Iterator[Attempt]:
    for says, members in {
        "operationName twice, the second unknown": (_ACCEPT, _MARAT, '"operationName": "Welcome"'),
        "operationName twice, the first unknown": ('"operationName": "Welcome"', _ACCEPT, _MARAT),
        "operationName twice": (_ACCEPT, _ACCEPT, _MARAT),
        "two nicknames": (_ACCEPT, _MARAT, '"nickname": "Tamar"'),
        "nickname once more in escapes": (_ACCEPT, _MARAT, '"nick\\u006eame": "Tamar"'),
    }.items():
        yield Attempt("duplicate-keys", says, f"{{{', '.join(members)}}}")


def _cases() -> Iterator[Attempt]:
    for name in ("ACCEPT", "aCCEPT", "AccepT"):
        yield Attempt("wrong-case", f"the operationName {name}", _CORRECT.replace('"Accept"', f'"{name}"'))


def _open() -> Iterator[Attempt]:
    """What is huge or deep names no known operation: such a chat can be accepted afterwards."""
    unknown = '{"operationName": "Welcome", "nickname": "Marat", "more": %s}'
    yield Attempt(OPEN, "GET with the body of an Accept", _CORRECT, "GET")
    yield Attempt(OPEN, "a body of a megabyte", unknown % f'"{"x" * HUGE}"')
    yield Attempt(OPEN, f"{DEEP:,} arrays inside each other, in a member", unknown % ("[" * DEEP + "]" * DEEP))
    yield Attempt(OPEN, f"{DEEP:,} arrays inside each other", "[" * DEEP + "]" * DEEP)
    yield Attempt(OPEN, f"{DEEP:,} arrays begun and not ended", "[" * DEEP)
    yield Attempt(OPEN, "a byte order mark in front", "\ufeff" + _CORRECT)
    yield Attempt(OPEN, "UTF-16", _CORRECT.encode("utf-16-le").decode("ascii"))
    yield Attempt(OPEN, "blanks around Accept", _CORRECT.replace('"Accept"', '" Accept "'))
    yield Attempt(OPEN, "the member OperationName", _CORRECT.replace("operationName", "OperationName"))
    yield Attempt(OPEN, "no Content-Type", _CORRECT, content_type=None)
    yield Attempt(OPEN, "labelled as JSON in UTF-16", _CORRECT, content_type="application/json;charset=utf-16")
    yield Attempt(OPEN, "labelled as another kind of JSON", _CORRECT, content_type="application/vnd.api+json")


MALFORMED: Final[tuple[Attempt, ...]] = (
    *_operations(),
    *_methods(),
    *_no_json(),
    *_types(),
    *_labels(),
    *_duplicates(),
    *_cases(),
    *_open(),
)
"""By kind, those first that no server takes for an Accept; what follows an Attempt that is carried out is not tried."""
