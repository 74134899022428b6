"""Faults of the HTTP answer to Accept, Reject and the agent's first message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gws_contract.mock.alterations import Answered, Intercepted, failure, json_body, raw_body
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Answer, Request

_JSON = {"Content-Type": "application/json"}


def _nickname(request: Request) -> str:
    return str((request.data or {}).get("nickname", ""))


def _labelled(content_type: str) -> Answered:
    return Answered(lambda a: replace(a, headers={**a.headers, "Content-Type": content_type}))


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    broken = "overview.accepts"
    yield fault(
        "accept-refused-with-200",
        "Accept is answered HTTP 200 with statusCode 4.",
        broken,
        Answered(json_body({"statusCode": 4, "statusMessage": "Internal error"})),
        "H03",
    )
    yield fault(
        "accept-internal-error",
        "Accept is answered HTTP 500 with statusCode 4.",
        broken,
        Intercepted("Accept", failure(500, 4, "Internal error")),
    )
    yield fault(
        "accept-forbidden",
        "Accept is answered HTTP 403 with statusCode 3.",
        broken,
        Intercepted("Accept", failure(403, 3, "Operation forbidden")),
    )
    yield fault(
        "accept-redirected",
        "Accept is answered with a redirect.",
        broken,
        Intercepted("Accept", Answer(302, b"", {"Location": "/login"})),
        "F14",
    )
    yield fault(
        "accept-fails-for-non-ascii-names",
        "A nickname outside ASCII is answered HTTP 500.",
        broken,
        Intercepted("Accept", failure(500, 4, "Internal error"), lambda r: not _nickname(r).isascii()),
        "H04 H22",
    )
    yield fault(
        "accept-fails-for-long-names",
        "A nickname of more than 50 code points is answered HTTP 500.",
        broken,
        Intercepted("Accept", failure(500, 4, "Internal error"), lambda r: len(_nickname(r)) > 50),
        "H10",
    )
    yield fault(
        "reject-refused",
        "Reject of an offered chat is answered HTTP 500.",
        "overview.reject",
        Intercepted("Reject", failure(500, 4, "Internal error")),
    )
    yield fault(
        "work-refused",
        "SendMessage, announced as a capability, is answered HTTP 403 after the Accept.",
        "overview.work capability.send-message",
        Intercepted("SendMessage", failure(403, 3, "Operation forbidden")),
        "F44",
    )
    yield fault(
        "url-unknown",
        "The documented URL is answered HTTP 404 without statusCode.",
        "request.url",
        Intercepted("Accept", Answer(404, b"Not Found", {"Content-Type": "text/plain"})),
    )
    yield fault(
        "method-not-allowed",
        "POST on the documented URL is answered HTTP 405.",
        "request.method",
        Intercepted("Accept", Answer(405, b"", {"Allow": "GET"})),
    )
    body = "request.body"
    yield fault(
        "body-not-understood",
        "The documented body is answered HTTP 400 with statusCode 1.",
        body,
        Intercepted("Accept", failure(400, 1, "Required parameter missing")),
    )
    yield fault(
        "body-of-unsupported-type",
        "The documented body is answered HTTP 415.",
        body,
        Intercepted("Accept", Answer(415, b"", {})),
    )
    yield fault(
        "body-invalid-with-200",
        "The documented body is answered HTTP 200 with statusCode 10.",
        body,
        Intercepted("Accept", failure(200, 10, "Input validation error")),
    )
    yield fault(
        "apostrophe-refused",
        "A nickname with an apostrophe is answered HTTP 400.",
        body,
        Intercepted("Accept", failure(400, 2, "Parameter not valid"), lambda r: "'" in _nickname(r)),
        "H11",
    )
    yield fault(
        "space-refused",
        "A nickname with a space is answered HTTP 400.",
        body,
        Intercepted("Accept", failure(400, 2, "Parameter not valid"), lambda r: " " in _nickname(r)),
        "H21",
    )
    no_json = {
        "empty-body": ("Accept is answered with an empty body.", b"", "H12"),
        "truncated-json": ("The answer to Accept is cut JSON.", b'{"statusCode": 0', "F5"),
        "trailing-garbage": ("Behind the JSON of the answer stands something else.", b'{"statusCode": 0}}', "F5"),
        "duplicate-keys": ("statusCode occurs twice in the answer.", b'{"statusCode": 0, "statusCode": 0}', "F5"),
        "not-a-number": ("The answer holds NaN.", b'{"statusCode": 0, "load": NaN}', "F5"),
        "not-json": ("The answer is no JSON.", b"statusCode=0", "H20"),
        "not-utf-8": ("The answer is not UTF-8.", b'{"statusCode": 0, "note": "\xe9"}', "F4"),
        "array": ("The answer is an array.", b'[{"statusCode": 0}]', "H23"),
        "login-page": ("Accept is answered HTTP 200 with a login page.", b"<html>Please log in</html>", "F3"),
    }
    for name, (says, answer, origin) in no_json.items():
        label = "text/html" if name == "login-page" else None
        yield fault(f"answer-{name}", says, "response.json", Answered(raw_body(answer, None, label)), origin)
    codes = {
        "string": ("statusCode is a string.", {"statusCode": "0"}, "F1 H01"),
        "boolean": ("statusCode is false.", {"statusCode": False}, "F1"),
        "null": ("statusCode is null.", {"statusCode": None}, "F1"),
        "missing": ("The answer has no statusCode.", {}, "F1 H02"),
        "misnamed": ("The answer says status instead of statusCode.", {"status": 0}, ""),
    }
    for name, (says, value, origin) in codes.items():
        yield fault(f"status-code-{name}", says, "response.status-code", Answered(json_body(value)), origin)
    yield fault(
        "http-500-with-status-code-0",
        "statusCode 0 comes with HTTP 500.",
        "response.http-success",
        Answered(lambda a: replace(a, status=500)),
        "F3",
    )
    yield fault(
        "http-202",
        "statusCode 0 comes with HTTP 202.",
        "response.http-200",
        Answered(lambda a: replace(a, status=202)),
        "H09",
    )
    yield fault(
        "content-type-html",
        "The JSON is labelled text/html.",
        "response.content-type",
        _labelled("text/html"),
        "F4 H08",
    )
    yield fault(
        "content-type-latin-1",
        "The JSON is labelled Latin-1.",
        "response.content-type",
        _labelled("application/json;charset=ISO-8859-1"),
        "F4",
    )
    yield fault(
        "byte-order-mark",
        "The JSON begins with a byte order mark.",
        "response.content-type",
        Answered(lambda a: replace(a, body=b"\xef\xbb\xbf" + a.body)),
        "F4",
    )
    yield fault(
        "message-with-success",
        "statusCode 0 comes with a statusMessage.",
        "response.no-message",
        Answered(json_body({"statusCode": 0, "statusMessage": "OK"})),
        "F2",
    )
