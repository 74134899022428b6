"""Who speaks to a server: credentials, cookies and the CSRF token of one agent."""

from __future__ import annotations

import base64
import re
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING
from urllib.request import Request

from requests.cookies import RequestsCookieJar

from gws_contract.wire.reading import watched

if TYPE_CHECKING:
    from collections.abc import Iterable

    import urllib3

    from gws_contract.redaction import Secrets

_COOKIES = 6 * 1024
"""Bytes of the cookies of one jar; many servers refuse requests whose headers are larger than 8 KB."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[!-~]{1,1000}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COOKIE = re.compile(r'(?:[^=;]*=)?\s*("[^"]*"|[^;]*)')
"""Of what is no pair the jar sends the whole, as browsers do."""


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
