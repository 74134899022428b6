"""The settings that every connection of a run shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gws_contract.redaction import Secrets
from gws_contract.wire.leash import Leash
from gws_contract.wire.ration import Ration
from gws_contract.wire.sockets import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
