"""The server under test: where it is, who may log in, how long we wait. Credentials come from the environment only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gws_contract.wire.http import basic

NOTIFICATIONS = "/api/v2/notifications"
TOPIC = "/v2/me/chats"


class UsageError(Exception):
    """The run was asked for in a way that cannot work (exit status 4). The message is one sentence for a person."""


class NotReady(Exception):
    """The server or its accounts do not let a run begin (exit status 2). The message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Account:
    """One login. The password is in no representation and no record."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test. Times in seconds."""

    url: str
    agents: tuple[Account, ...]
    contact_center_id: str | None = field(default=None, repr=False)
    without_feature: Account | None = None
    deadline: float = 10.0
    """How long the three notifications may take."""
    quiet_period: float = 2.0
    """How long strays and repetitions are listened for after the last chat."""
    offer_timeout: float = 30.0
    """How long an offered chat may take to reach an agent."""
    label: str | None = None
    """What the certificate calls the target, if not by its URL."""

    @property
    def name(self) -> str:
        """The target as the certificate prints it: no user, no password, no query."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return self.label or f"{parts.scheme}://{host}{parts.path}"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Everybody who may log in."""
        return (*self.agents, *filter(None, [self.without_feature]))

    @property
    def secrets(self) -> Iterator[tuple[str, str]]:
        """What must not be written, and what each is."""
        for account in self.accounts:
            yield account.password, f"password of {account.user}"
            yield basic(account.user, account.password).rstrip("="), f"credentials of {account.user}"
        yield self.contact_center_id or "", "contact center id"

    @property
    def settle(self) -> float:
        """How long the effect of a refused request is waited for before the same chat is accepted."""
        return min(0.25, self.quiet_period / 8)

    @property
    def patience(self) -> float:
        """How long a history that has begun may pause before its next part."""
        return min(0.5, self.quiet_period / 4)


def checked_url(url: str) -> str:
    """The URL without its trailing slash. Raises UsageError if it is no http(s) URL of a server."""
    if "@" in url:
        raise UsageError("The URL holds a user or password; credentials belong into the variable GWS_AGENTS.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"The URL {url!r} cannot be read: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UsageError(f"The URL {url!r} is not that of a server; it should look like https://gws.example.com:8080.")
    if parts.query or parts.fragment:
        raise UsageError(
            "The URL has a query or fragment; give the address of the server, as in https://gws.example.com."
        )
    return url.rstrip("/")


def accounts(text: str, variable: str) -> tuple[Account, ...]:
    """`user:password,user2:password2`; a password may hold colons, no commas. Raises UsageError."""
    found = []
    for number, part in enumerate((p.strip() for p in text.split(",") if p.strip()), 1):
        user, colon, password = part.partition(":")
        if not user or not colon or not password:
            raise UsageError(f"Account {number} of {variable} is not of the form user:password.")
        found.append(Account(user, password))
    names = [account.user for account in found]
    if len(set(names)) != len(names):
        raise UsageError(f"{variable} names an agent twice; every agent needs an account of its own.")
    return tuple(found)


def from_environment(
    environment: Mapping[str, str],
    url: str | None,
    *,
    deadline: float = 10.0,
    quiet_period: float = 2.0,
    offer_timeout: float = 30.0,
) -> Target:
    """The target named by `url` or GWS_URL, with the accounts of the environment. Raises UsageError."""
    address = url or environment.get("GWS_URL", "")
    if not address:
        raise UsageError("There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock.")
    address = checked_url(address)
    agents = accounts(environment.get("GWS_AGENTS", ""), "GWS_AGENTS")
    if not agents:
        raise UsageError("There is no agent: set GWS_AGENTS to user:password, several separated by commas.")
    contact_center = environment.get("GWS_CONTACT_CENTER_ID", "").strip()
    if not contact_center:
        raise UsageError("There is no customer: set GWS_CONTACT_CENTER_ID, with which the Customer Chat API is called.")
    guests = accounts(environment.get("GWS_AGENT_WITHOUT_FEATURE", ""), "GWS_AGENT_WITHOUT_FEATURE")
    if len(guests) > 1 or {g.user for g in guests} & {a.user for a in agents}:
        raise UsageError("GWS_AGENT_WITHOUT_FEATURE is one account, user:password, that is not among GWS_AGENTS.")
    return Target(
        url=address,
        agents=agents,
        contact_center_id=contact_center,
        without_feature=guests[0] if guests else None,
        deadline=deadline,
        quiet_period=quiet_period,
        offer_timeout=offer_timeout,
    )
