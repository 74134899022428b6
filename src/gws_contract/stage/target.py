"""The server under test: where it is, how it is reached, who may log in, how long we wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gws_contract.stage.customers.settings import GWS_CUSTOMER, CustomerSettings
from gws_contract.wire.identity import basic
from gws_contract.wire.wiring import Wiring

NOTIFICATIONS = "/api/v2/notifications"
TOPIC = "/v2/me/chats"
CONNECT_TIMEOUT = 5.0
"""Seconds until a connection stands, unless another time is wished for."""
SECRETS = (
    "GWS_AGENTS",
    "GWS_AGENT_WITHOUT_FEATURE",
    "GWS_CONTACT_CENTER_ID",
    "GWS_HEADERS",
    "GWS_CLIENT_KEY_PASSWORD",
    "GWS_PROXY_AUTH",
)
"""The variables of the environment that hold secrets, which no file and no command line may."""


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
class Access:
    """How a server is reached. Times in seconds; files are PEM."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request."""
    ca_file: str | None = None
    """Certificates that the server's must be signed by; None: those of the authorities that everybody trusts."""
    client_cert: str | None = None
    client_key: str | None = None
    client_key_password: str | None = field(default=None, repr=False)
    insecure: bool = False
    """Whether the server's certificate is not verified."""
    proxy: str | None = None
    proxy_auth: Account | None = None
    connect_timeout: float = CONNECT_TIMEOUT
    read_timeout: float | None = None
    """Of silence; None: 30, or twice the deadline if that is more."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test. Times in seconds."""

    url: str
    agents: tuple[Account, ...]
    contact_center_id: str | None = field(default=None, repr=False)
    without_feature: Account | None = None
    customer: CustomerSettings = GWS_CUSTOMER
    """Who offers the chats."""
    access: Access = Access()
    cometd_path: str = NOTIFICATIONS
    topics: tuple[str, ...] = (TOPIC,)
    channels: tuple[str, ...] = ("chat",)
    """Asked for in StartContactCenterSession."""
    second_observer: bool = False
    """Whether a second CometD session of each agent hears what the first may lose."""
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
    def first_offer_timeout(self) -> float:
        """How long the first invitation to a chat may take: a person is slower than a server that offers it again."""
        return self.customer.offer_timeout or self.offer_timeout

    @property
    def wiring(self) -> Wiring:
        """The settings of every connection to it."""
        access = self.access
        return Wiring(
            base_url=self.url,
            headers=access.headers,
            connect_timeout=access.connect_timeout,
            read_timeout=access.read_timeout or max(30.0, 2 * self.deadline),
            verify=False if access.insecure else access.ca_file or True,
            client_cert=access.client_cert,
            client_key=access.client_key,
            client_key_password=access.client_key_password,
            proxy=access.proxy,
            proxy_auth=(access.proxy_auth.user, access.proxy_auth.password) if access.proxy_auth else None,
        )

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Everybody who may log in."""
        return (*self.agents, *filter(None, [self.without_feature]))

    @property
    def secrets(self) -> Iterator[tuple[str, str]]:
        """What must not be written, and what each is."""
        accounts = [*self.accounts, *filter(None, [self.access.proxy_auth])]
        for account in accounts:
            yield account.password, f"password of {account.user}"
            yield basic(account.user, account.password).rstrip("="), f"credentials of {account.user}"
        yield self.contact_center_id or "", "contact center id"
        yield self.access.client_key_password or "", "password of the client key"
        yield from ((value, f"header {name}") for name, value in self.access.headers.items())

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
