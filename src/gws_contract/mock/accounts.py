"""Who is asking: Basic credentials, HTTP sessions and their CSRF tokens (gws.md 1.5)."""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "JSESSIONID"
CSRF_HEADER = "X-CSRF-TOKEN"


@dataclass(slots=True, eq=False)
class HttpSession:
    """A session of the servlet container, named by the cookie JSESSIONID."""

    agent: str
    id: str
    csrf: str = field(default_factory=lambda: str(uuid.uuid4()))
    changes: int = 0
    """Changing requests that came with the right CSRF token."""

    def takes(self, token: str, lifetime: int) -> bool:
        """Whether this is its CSRF token, which is another one after every `lifetime` requests that it let pass."""
        if not secrets.compare_digest(self.csrf.encode(), token.encode()):
            return False
        self.changes += 1
        if lifetime and self.changes % lifetime == 0:
            self.csrf = str(uuid.uuid4())
        return True


@dataclass(slots=True)
class Identity:
    """What a request proves about its sender."""

    agent: str | None
    """User name, if the credentials were right."""
    claimed: str | None = None
    """User name in the Basic credentials, right or wrong."""
    session: HttpSession | None = None
    fresh: bool = False
    """Whether the session was made for this request, so that its cookie must be set."""


class Accounts:
    """The user names with their passwords, and the HTTP sessions of the node called `route`.

    The cookie of a session ends in the route, by which a load balancer finds the node again.
    """

    def __init__(self, passwords: Mapping[str, str], route: str) -> None:
        self._passwords, self._route = dict(passwords), route
        self._sessions: dict[str, HttpSession] = {}

    def identify(self, authorization: str | None, session_id: str | None) -> Identity:
        """Right Basic credentials, or without any a valid session cookie, name the agent; wrong ones name nobody."""
        session = self._sessions.get(session_id or "")
        if authorization is None:
            return Identity(session.agent if session else None, session=session)
        claimed, password = _basic(authorization)
        expected = self._passwords.get(claimed or "")
        if claimed is None or expected is None or not secrets.compare_digest(expected.encode(), password):
            return Identity(None, claimed)
        if session is not None and session.agent == claimed:
            return Identity(claimed, claimed, session)
        session = HttpSession(claimed, f"{secrets.token_hex(16).upper()}.{self._route}")
        self._sessions[session.id] = session
        return Identity(claimed, claimed, session, fresh=True)


def csrf_valid(identity: Identity, headers: Mapping[str, str], lifetime: int) -> bool:
    """Whether the token of the HTTP session came along; a session made for this very request has told nobody yet.

    A right token is used up by asking, see `HttpSession.takes`.
    """
    session = identity.session
    if session is None or identity.fresh:
        return False
    return session.takes(headers.get(CSRF_HEADER.lower(), ""), lifetime)


@lru_cache(maxsize=4096)
def _basic(authorization: str) -> tuple[str | None, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None, b""
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None, b""
    return (name.decode("utf-8", "replace"), password) if colon else (None, b"")
