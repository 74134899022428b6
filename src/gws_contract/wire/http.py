"""One line to a server: HTTP requests over `urllib3`, whose every outcome is an answer.

No proxies of the environment, no redirects, no retries: each of them would send something that nobody asked for.
"""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request

import urllib3
from requests.cookies import RequestsCookieJar

from gws_contract.redaction import Secrets
from gws_contract.wire.answer import Answer, Reading
from gws_contract.wire.failures import NETWORK_ERRORS, sentence
from gws_contract.wire.lane import Lane
from gws_contract.wire.leash import Leash, Purpose
from gws_contract.wire.ration import Ration
from gws_contract.wire.sockets import Way, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gws_contract.journal import Clock

NOTHING: Mapping[str, str] = MappingProxyType({})

_OURS = {"User-Agent": "gws-contract", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_COOKIES = 6 * 1024
"""Bytes of the cookies of one jar; many servers refuse requests whose headers are larger than 8 KB."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[!-~]{1,1000}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COOKIE = re.compile(r'(?:[^=;]*=)?\s*("[^"]*"|[^;]*)')
"""Of what is no pair the jar sends the whole, as browsers do."""
_HEADER = re.compile(r"(\S[^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class Wiring:
    """The settings that every connection of a run shares.

    `base_url` may end in a path prefix. `headers` go with every request, also with anonymous ones. Timeouts in seconds:
    `read_timeout` is the silence allowed; a whole answer may take twice as long. `max_body` is bytes after decoding.
    Raises ValueError when the URL is not one of http or https, or when it or the headers hold credentials: those
    belong to one agent.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    verify: bool | str = True
    client_cert: str | None = None
    """File (PEM) of the certificate that is shown to the server, and of its key if `client_key` names no other."""
    client_key: str | None = None
    client_key_password: str | None = field(default=None, repr=False)
    proxy: str | None = None
    """URL of an HTTP proxy that every request goes through; the environment's are never used."""
    proxy_auth: tuple[str, str] | None = field(default=None, repr=False)
    max_body: int = 16 * 1024 * 1024
    pace: Callable[[], object] | None = None
    """Called before every request but polls; it may wait."""
    leash: Leash = field(default_factory=Leash, repr=False, compare=False)
    """How long requests may take once the run has to end."""
    ration: Ration = field(default_factory=Ration, repr=False, compare=False)
    """How much is taken from the server; unlimited unless the run sets a limit."""
    clients: dict[str, tuple[str, int]] = field(default_factory=dict, repr=False, compare=False)
    """Which observer of which agent the server gave each clientId to: no two may share a session."""
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    """Learns the cookies, tokens and session ids that the server gives out."""

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
        return _where(self.base_url)

    @property
    def where_proxy(self) -> str | None:
        """Host and port of the proxy, for sentences."""
        return None if self.proxy is None else f"the proxy {_where(self.proxy)}"

    @property
    def way(self) -> Way:
        """How the server is reached."""
        return Way(
            self.verify, self.client_cert, self.client_key, self.client_key_password, self.proxy, self.proxy_auth
        )

    def url(self, path: str) -> str:
        """The address of a path under the base URL."""
        return self.base_url.rstrip("/") + path


def basic(user: str, password: str) -> str:
    """What an Authorization of the kind Basic says, in UTF-8."""
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogatepass")).decode("ascii")


class Identity:
    """The credentials, the cookie jar and the CSRF token of one agent.

    Shared by the agent's REST line and its observer, never between agents: two CometD sessions in one jar slow each
    other down (bayeux.md 1.6, T8). Safe to use from many threads.
    """

    def __init__(self, auth: tuple[str, str] | None) -> None:
        self._basic = None if auth is None else f"Basic {basic(*auth)}"
        self._whose = "a caller without credentials" if auth is None else auth[0]
        self.jar = RequestsCookieJar()
        self._csrf: tuple[str, str] | None = None

    @property
    def has_csrf_token(self) -> bool:
        """Whether the server has told one."""
        return self._csrf is not None

    def headers(self, method: str, url: str) -> dict[str, str]:
        """The cookies for a URL, the CSRF token where it is needed, and the credentials (gws.md 1.5)."""
        out: dict[str, str] = {}
        # Looking for those of a URL takes longer than all else of a request's headers.
        if next(iter(self.jar), None) is not None:
            request = Request(url)  # noqa: S310 - nothing is opened with it: cookies are asked for in this way
            self.jar.add_cookie_header(request)
            out |= request.header_items()
        if self._csrf is not None and method.upper() in ("POST", "PUT", "DELETE"):
            out[self._csrf[0]] = self._csrf[1]
        if self._basic is not None:
            out["Authorization"] = self._basic
        return out

    def learn(self, url: str, response: urllib3.BaseHTTPResponse, secrets: Secrets) -> None:
        """Remember the cookies of an answer, and its CSRF token if it has one that can be sent; all are secrets."""
        headers = response.headers
        for cookie in headers.getlist("Set-Cookie"):
            pair = _COOKIE.match(cookie)
            assert pair is not None, "the pattern takes anything"
            secrets.add(pair[1].strip(' \t"'), f"cookie of {self._whose}")
        secrets.add(headers.get("X-CSRF-TOKEN", ""), f"CSRF token of {self._whose}")
        below = watched(response)
        if "set-cookie" in headers and below is not None:
            self.jar.extract_cookies(below, Request(url))  # noqa: S310 - as above
            self._tidy()
        name, value = headers.get("X-CSRF-HEADER"), headers.get("X-CSRF-TOKEN")
        if name is not None and value is not None and _TOKEN.fullmatch(name) and _VALUE.fullmatch(value):
            self._csrf = (name, value)

    def _tidy(self) -> None:
        """Drop cookies that cannot be sent, and the largest of too many: they go with every request."""
        room = _COOKIES
        cookies: Iterable[Cookie] = CookieJar.__iter__(self.jar)
        for cookie in sorted(cookies, key=lambda each: len(f"{each.name}{each.value}")):
            size = len(f"{cookie.name}{cookie.value}")
            if size > room or _CONTROL.search(f"{cookie.name}{cookie.value}"):
                self.jar.clear(cookie.domain, cookie.path, cookie.name)
            else:
                room -= size


class Line:
    """The connections of one user of the network to one server; safe to use from many threads."""

    def __init__(self, wiring: Wiring, identity: Identity, clock: Clock) -> None:
        self.wiring = wiring
        self._identity = identity
        self._clock = clock
        self._lane = Lane(wiring)
        self._last: Lane | None = None
        self._closed = False
        self._making = threading.Lock()
        self._prefix = urlsplit(wiring.base_url.rstrip("/")).path
        if wiring.verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def when_sent(self, tell: Callable[[], None]) -> None:
        """From now on, call `tell` each time a request has left and its answer is awaited."""
        self._lane.sockets.on_sent = tell

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
        silence: float | None = None,
        purpose: Purpose = "work",
    ) -> Answer:
        """Send one request and read its whole answer; never raises for what the network or the server does.

        `silence` is the read timeout in seconds, that of the wiring if None. `headers` win over all others. `purpose`
        says how long it may take once the run has to end.
        """
        leash = self.wiring.leash
        silence = leash.patience(purpose, self.wiring.read_timeout if silence is None else silence)
        connect = min(self.wiring.connect_timeout, silence)
        url = self.wiring.url(path)
        reading = Reading(self.wiring.max_body, self.wiring.ration, self.wiring.secrets)
        headers_at: float | None = None
        sent = self._clock.now()
        lane = self._lane_for(purpose)
        try:
            identity = self._identity.headers(method, url)
            together = _together(_OURS, self.wiring.headers, identity, headers)
            with leash.held(purpose, lane.sockets, f"{method} {path}"):
                sent = self._clock.now()
                response = lane.connections.urlopen(
                    method,
                    self._prefix + path if self.wiring.proxy is None else url,
                    body=body,
                    headers=together,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=urllib3.Timeout(connect=connect, read=silence),
                    preload_content=False,
                    decode_content=False,
                )
                headers_at = self._clock.now()
                try:
                    self._identity.learn(url, response, self.wiring.secrets)
                    reading.read(response)
                finally:
                    response.close()
                    response.release_conn()
        except NETWORK_ERRORS as error:
            reading.failure = lane.sockets.why_cut or sentence(
                error,
                where=self.wiring.where,
                connect=connect,
                silence=silence,
                begun=headers_at is not None,
                proxy=self.wiring.where_proxy,
            )
        return reading.answer(sent, headers_at, self._clock.now())

    def cut(self) -> None:
        """End what the line waits for in other threads, and refuse every later request."""
        with self._making:
            self._closed = True
            lanes = [self._lane] if self._last is None else [self._lane, self._last]
        for lane in lanes:
            lane.sockets.cut()

    def close(self) -> None:
        """Cut the line and give its connections back."""
        self.cut()
        for lane in (self._lane, self._last):
            if lane is not None:
                lane.close()

    def _lane_for(self, purpose: Purpose) -> Lane:
        """Once the run has to end, what clears up goes over connections that nothing else hangs on."""
        if not self.wiring.leash.hurried or purpose in ("work", "poll"):
            return self._lane
        with self._making:
            if self._last is None:
                self._last = Lane(self.wiring)
                if self._closed:
                    self._last.sockets.cut()
            return self._last


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _together(*given: Mapping[str, str]) -> dict[str, str]:
    """The headers of one request; a later one of the same name wins. Raises InvalidHeader."""
    out: dict[str, tuple[str, str]] = {}
    for headers in given:
        for name, value in headers.items():
            if not (_HEADER.fullmatch(value) and _HEADER.fullmatch(name)):
                raise urllib3.exceptions.InvalidHeader
            out[name.lower()] = name, value
    return dict(out.values())
