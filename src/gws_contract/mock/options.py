"""What can be set on a mock."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class MockError(Exception):
    """The mock cannot be set up or started; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything legal servers differ in that is not the content of a notification."""

    hold: float = 20.0
    """Seconds a poll is held; advised to clients as `timeout` in milliseconds."""
    interval: float = 0.0
    """Seconds a client is advised to wait between polls."""
    max_interval: float = 10.0
    """Seconds a CometD session lives without a poll."""
    crowd_interval: float = 2.0
    """Seconds advised as `interval` together with `multiple-clients`."""
    ack: bool = True
    """Whether the acknowledge extension is installed."""
    cookie: bool = True
    """Whether a CometD session is bound to the cookie BAYEUX_BROWSER."""
    meta_connect_only: bool = False
    """Whether notifications leave with replies to /meta/connect only."""
    replies_first: bool = False
    """Whether replies precede notifications in one array (faye) or follow them (CometD)."""
    together: bool = False
    """Whether notifications of one moment leave in one array (faye), or the first wakes the poll alone (CometD)."""
    max_sessions_per_browser: int = 1
    """CometD sessions of one cookie jar that may poll at once; negative: any number."""
    websocket: bool = True
    csrf: bool = False
    """Whether changing REST requests of agents need a CSRF token."""
    capacity: int = 3
    """Chats that one agent may hold at once."""
    latency: float = 0.0
    """Seconds added to every request except a poll."""
    version: str = "8.5.202.96"
    prefix: str = ""
    """The path below which everything lives, as behind a gateway; /gws/prod for example."""
    cometd_path: str = "/api/v2/notifications"
    """Where CometD is, below the prefix."""
    csrf_lifetime: int = 0
    """Changing requests after which an HTTP session gets a new CSRF token and the old one is refused; 0: never."""
    channel_name: str = "chat"
    """What the channel of chats is called; where that is not chat, whoever asks for chat is answered with code 7."""
    partial_session: bool = False
    """Whether StartContactCenterSession answers with statusCode 7 because its chat channel failed."""
    voice_down: bool = False
    """Whether StartContactCenterSession answers with statusCode 7 because its voice channel failed."""
    strict_sessions: bool = False
    """Whether StartContactCenterSession is refused while the agent has a session."""
    gms_service: str = "customer-support"
    """The name of the chat service in URLs of the GMS Chat API."""
    gms_busy: int = 0
    """Every so many requests about a chat of the GMS Chat API one asks to be repeated (statusCode 1); 0: none."""

    def __post_init__(self) -> None:
        for name, path in (("prefix", self.prefix), ("cometd_path", self.cometd_path or "/")):
            if path and (not path.startswith("/") or path.endswith("/") or "?" in path or "#" in path):
                raise MockError(f"The {name} {path!r} is no path that begins with a slash and ends without one.")

    def overridden(self, changes: Mapping[str, Any]) -> Options:
        """A copy with these members changed. Raises MockError for a name that is no option."""
        unknown = set(changes) - {item.name for item in dataclasses.fields(self)}
        if unknown:
            raise MockError(f"The mock has no option named {', '.join(sorted(unknown))}.")
        return dataclasses.replace(self, **changes)
