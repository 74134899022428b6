"""One line to a server: HTTP requests over `requests`, whose every outcome is an answer.

No proxies of the environment, no redirects, no retries: each of them would send something that nobody asked for.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import urllib3
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar

from gws_contract.wire.failures import NETWORK_ERRORS, mismatch, sentence
from gws_contract.wire.sockets import Sockets, WatchedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gws_contract.journal import Clock

EVIDENCE = ("content-type", "content-length", "date", "server", "via", "www-authenticate", "location")
"""The headers of an answer that are kept. Cookies and the CSRF token are not among them."""

NOTHING: Mapping[str, str] = MappingProxyType({})

_OURS = {"User-Agent": "gws-contract", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_keep_cookies: Callable[..., None] = extract_cookies_to_jar
_CHUNK = 64 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[!-~]{1,1000}")


@dataclass(frozen=True, slots=True)
class Wiring:
    """The settings that every connection of a run shares.

    `base_url` may end in a path prefix. `headers` go with every request, also with anonymous ones. Timeouts in seconds:
    `read_timeout` is the silence allowed; a whole answer may take twice as long. `max_body` is bytes after decoding.
    Raises ValueError when the URL is not one of http or https, or when it or the headers hold credentials: those
    belong to one agent.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    verify: bool | str = True
    max_body: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The address of the server is not an http or https URL.")
        if "@" in parts.netloc:
            raise ValueError("The address of the server holds credentials; give them to the agents instead.")
        if {name.lower() for name in self.headers} & {"authorization", "cookie"}:
            raise ValueError("Authorization and Cookie belong to an agent, not to the headers of every connection.")

    @property
    def where(self) -> str:
        """Host and port, for sentences."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    def url(self, path: str) -> str:
        """The address of a path under the base URL."""
        return self.base_url.rstrip("/") + path


class Identity:
    """The credentials, the cookie jar and the CSRF token of one agent.

    Shared by the agent's REST line and its observer, never between agents: two CometD sessions in one jar slow each
    other down (bayeux.md 1.6, T8). Safe to use from many threads.
    """

    def __init__(self, auth: tuple[str, str] | None) -> None:
        self._basic: str | None = None
        if auth is not None:
            self._basic = "Basic " + base64.b64encode(":".join(auth).encode("utf-8", "surrogatepass")).decode("ascii")
        self.jar = RequestsCookieJar()
        self._csrf: tuple[str, str] | None = None

    def headers(self, method: str) -> dict[str, str]:
        """The CSRF token where it is needed, and the credentials (gws.md 1.5)."""
        out: dict[str, str] = {}
        if self._csrf is not None and method.upper() in ("POST", "PUT", "DELETE"):
            out[self._csrf[0]] = self._csrf[1]
        if self._basic is not None:
            out["Authorization"] = self._basic
        return out

    def learn(self, headers: Mapping[str, str]) -> None:
        """Remember the CSRF token of an answer, if it has one that can be sent."""
        name, value = headers.get("X-CSRF-HEADER"), headers.get("X-CSRF-TOKEN")
        if name is not None and value is not None and _TOKEN.fullmatch(name) and _VALUE.fullmatch(value):
            self._csrf = (name, value)


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


class Line:
    """The connections of one user of the network to one server; safe to use from many threads."""

    def __init__(self, wiring: Wiring, identity: Identity, clock: Clock) -> None:
        self.wiring = wiring
        self._identity = identity
        self._clock = clock
        self._sockets = Sockets()
        self._adapter = WatchedAdapter(self._sockets)
        if wiring.verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def when_sent(self, tell: Callable[[], None]) -> None:
        """From now on, call `tell` each time a request has left and its answer is awaited."""
        self._sockets.on_sent = tell

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
        silence: float | None = None,
    ) -> Answer:
        """Send one request and read its whole answer; never raises for what the network or the server does.

        `silence` is the read timeout in seconds, that of the wiring if None. `headers` win over all others.
        """
        silence = self.wiring.read_timeout if silence is None else silence
        connect = min(self.wiring.connect_timeout, silence)
        reading = _Reading(self.wiring.max_body)
        headers_at: float | None = None
        sent = self._clock.now()
        try:
            request = requests.Request(
                method,
                self.wiring.url(path),
                headers={**_OURS, **self.wiring.headers, **self._identity.headers(method), **headers},
                data=body,
                cookies=self._identity.jar,
            ).prepare()
            sent = self._clock.now()
            response = self._adapter.send(request, stream=True, timeout=(connect, silence), verify=self.wiring.verify)
            headers_at = self._clock.now()
            with response:
                _keep_cookies(self._identity.jar, request, response.raw)
                self._identity.learn(response.headers)
                reading.read(response)
        except NETWORK_ERRORS as error:
            reading.failure = sentence(
                error, where=self.wiring.where, connect=connect, silence=silence, begun=headers_at is not None
            )
        done = self._clock.now()
        if reading.out_of_step:
            self._adapter.close()  # closes the idle connections only; the next request makes a new one
        return reading.answer(sent, headers_at, done)

    def cut(self) -> None:
        """End what the line waits for in other threads, and refuse every later request."""
        self._sockets.cut()

    def close(self) -> None:
        """Cut the line and give its connections back."""
        self.cut()
        self._adapter.close()


class _Reading:
    """What has been read of an answer so far, so that a failure in the middle keeps it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body: bytearray | None = None
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._too_large = False
        self.failure: str | None = None
        self.out_of_step = False
        """Whether the connection holds bytes that the next answer must not begin with."""

    def read(self, response: requests.Response) -> None:
        self._status = response.status_code
        self._headers = {name: response.headers[name] for name in EVIDENCE if name in response.headers}
        if "location" in self._headers:
            # A query or a path parameter of a login page may be a secret.
            self._headers["location"] = re.split("[;?#]", self._headers["location"], maxsplit=1)[0]
        self._body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            self._body += chunk
            if len(self._body) > self._limit:
                del self._body[self._limit :]
                self._too_large = True
                self.failure = f"The body is larger than {self._limit} bytes; the rest was not read."
                return
        encoded = "transfer-encoding" in response.headers or "content-encoding" in response.headers
        surplus: int = getattr(getattr(response.raw, "_original_response", None), "surplus", 0)
        self.out_of_step = surplus > 0
        self.failure = mismatch(self._headers, size=len(self._body), surplus=surplus, plain=not encoded)

    def answer(self, sent: float, headers_at: float | None, done: float) -> Answer:
        body = None if self._body is None else bytes(self._body)
        return Answer(
            sent, headers_at, done, self._status, self._headers, body, failure=self.failure, too_large=self._too_large
        )
