"""What came of a request. An answer is read to its end, within bounds; a failure in the middle keeps what came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gws_contract.redaction import Secrets
from gws_contract.wire.failures import mismatch
from gws_contract.wire.ration import FREE, SCRAP, Ration, weight
from gws_contract.wire.reading import watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    import urllib3

EVIDENCE = ("content-type", "content-length", "date", "server", "via", "www-authenticate", "location")
"""The headers of an answer that are kept. Cookies and the CSRF token are not among them."""

_CHUNK = 64 * 1024
_LONGEST = 1000
"""Characters of a header that are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. Times are seconds on the clock of the run.

    With a `failure`, status, headers and body hold what did come before it.
    """

    sent: float
    headers_at: float | None
    done: float
    status: int | None
    headers: Mapping[str, str]
    """Names in lower case; only those of EVIDENCE."""
    body: bytes | None
    failure: str | None = None
    too_large: bool = False


class Reading:
    """What has been read of an answer so far, so that a failure in the middle keeps it."""

    def __init__(self, limit: int, ration: Ration, secrets: Secrets) -> None:
        self._limit, self._ration, self._secrets = limit, ration, secrets
        self._body: bytearray | None = None
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._too_large = False
        self.failure: str | None = None

    def read(self, response: urllib3.BaseHTTPResponse) -> None:
        self._status = response.status
        self._headers = {name: response.headers[name][:_LONGEST] for name in EVIDENCE if name in response.headers}
        if "location" in self._headers:
            # A query or a path parameter of a login page may be a secret; a secret as a whole must not be cut in two.
            location = self._secrets.mask(self._headers["location"])
            self._headers["location"] = re.split("[;?#]", location, maxsplit=1)[0]
        self._body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=True):
            self._body += chunk
            if len(self._body) > self._limit:
                # What was cut says no more than its beginning does.
                self._end(
                    min(self._limit, SCRAP), f"The body is larger than {self._limit} bytes; the rest was not read."
                )
                return
            cost = weight(chunk) if len(self._body) > FREE else 0
            if not self._ration.take(cost) and len(self._body) > SCRAP:
                self._end(SCRAP, "The server has sent more in this run than can be kept; the rest was not read.")
                return
        encoded = "transfer-encoding" in response.headers or "content-encoding" in response.headers
        below = watched(response)
        surplus = 0 if below is None else below.surplus
        self.failure = mismatch(self._headers, size=len(self._body), surplus=surplus, plain=not encoded)

    def _end(self, size: int, failure: str) -> None:
        assert self._body is not None
        del self._body[size:]
        self._too_large = True
        self.failure = failure

    def answer(self, sent: float, headers_at: float | None, done: float) -> Answer:
        body = None if self._body is None else bytes(self._body)
        return Answer(
            sent, headers_at, done, self._status, self._headers, body, failure=self.failure, too_large=self._too_large
        )
