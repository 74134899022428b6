"""The server that a run was asked to certify, as a target; what is wrong with it is said before any traffic.

Secrets come from the environment only: they are in no file, no process list and no report.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gws_contract.stage.customers.settings import CustomerSettings, WrongCustomer, customer_settings
from gws_contract.stage.target import (
    CONNECT_TIMEOUT,
    NOTIFICATIONS,
    TOPIC,
    Access,
    Account,
    Target,
    UsageError,
    accounts,
    checked_url,
)
from gws_contract.wish import Wish

_COVERING = (TOPIC, "/v2/me/*", "/v2/me/**", "/v2/**", "/**")
"""The subscriptions that bring what is published to the topic of the page."""
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(\S(?:.*\S)?)[ \t]*")
_RESERVED = {"authorization", "cookie", "host", "content-length", "content-type", "transfer-encoding", "connection"}


def targeted(
    wish: Wish, environment: Mapping[str, str], here: Path, customer: CustomerSettings | None = None
) -> Target:
    """The target of a wish, with the secrets of the environment. Raises UsageError.

    `customer`: somebody else than was wished for.
    """
    if not wish.url:
        raise UsageError("There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock.")
    url = checked_url(wish.url)
    agents = accounts(environment.get("GWS_AGENTS", ""), "GWS_AGENTS")
    if not agents:
        raise UsageError("There is no agent: set GWS_AGENTS to user:password, several separated by commas.")
    contact_center = environment.get("GWS_CONTACT_CENTER_ID", "").strip()
    customer = customer or customer_of(wish)
    if not contact_center and customer.kind == "gws":
        raise UsageError("There is no customer: set GWS_CONTACT_CENTER_ID, with which the Customer Chat API is called.")
    guests = accounts(environment.get("GWS_AGENT_WITHOUT_FEATURE", ""), "GWS_AGENT_WITHOUT_FEATURE")
    if len(guests) > 1 or {g.user for g in guests} & {a.user for a in agents}:
        raise UsageError("GWS_AGENT_WITHOUT_FEATURE is one account, user:password, that is not among GWS_AGENTS.")
    return Target(
        url=url,
        agents=agents,
        contact_center_id=contact_center or None,
        without_feature=guests[0] if guests else None,
        customer=customer,
        access=_access(wish, environment, here),
        cometd_path=_path(wish.cometd_path or NOTIFICATIONS),
        topics=_topics(tuple(wish.topic or (TOPIC,))),
        channels=tuple(wish.channel or ("chat",)),
    )


def customer_of(wish: Wish) -> CustomerSettings:
    """Who is to play the customer. Raises UsageError."""
    try:
        return customer_settings(
            wish.customer,
            command=wish.customer_command,
            gms_url=_other_url(wish.gms_url, "Genesys Mobile Services"),
            gms_service=wish.gms_service,
            offer_timeout=wish.offer_timeout,
            mock=wish.mock is not None,
        )
    except WrongCustomer as error:
        raise UsageError(str(error)) from error


def as_wished(target: Target, wish: Wish) -> Target:
    """A target, the embedded mock too, with the times and the observers that were wished for."""
    times = {name: getattr(wish, name) for name in ("deadline", "quiet_period", "offer_timeout")}
    return replace(
        target,
        **{name: seconds for name, seconds in times.items() if seconds is not None},
        second_observer=wish.second_observer,
        access=replace(
            target.access,
            connect_timeout=wish.connect_timeout or CONNECT_TIMEOUT,
            read_timeout=wish.read_timeout,
        ),
    )


def _path(path: str) -> str:
    if not re.fullmatch(r"/[!-~]*", path) or {"?", "#"} & set(path):
        raise UsageError(f"The path of CometD is {path!r}; it should look like {NOTIFICATIONS}.")
    return path


def _topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    if not set(topics) & set(_COVERING):
        raise UsageError(
            f"The subscription to {', '.join(topics)} does not bring the chats; one of {', '.join(_COVERING)} does."
        )
    return topics


def _access(wish: Wish, environment: Mapping[str, str], here: Path) -> Access:
    if wish.insecure and wish.ca_file:
        raise UsageError("Give either --ca-file or --insecure: the one verifies the server, the other does not.")
    if wish.client_key and not wish.client_cert:
        raise UsageError("--client-key is the key of a client certificate; give --client-cert too.")
    access = Access(
        headers=_headers(environment.get("GWS_HEADERS", "")),
        ca_file=_absolute(wish.ca_file, here),
        client_cert=_absolute(wish.client_cert, here),
        client_key=_absolute(wish.client_key, here),
        client_key_password=environment.get("GWS_CLIENT_KEY_PASSWORD") or None,
        insecure=wish.insecure,
        proxy=_proxy(wish.proxy),
        proxy_auth=_proxy_account(wish.proxy, environment.get("GWS_PROXY_AUTH", "")),
    )
    _try_certificates(access)
    return access


def _absolute(name: str | None, here: Path) -> str | None:
    return None if name is None else str(here / name)


def _headers(text: str) -> dict[str, str]:
    """One header a line, `Name: value`."""
    found: dict[str, str] = {}
    for number, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        header = _HEADER.fullmatch(line.strip())
        if header is None or not line.isascii():
            raise UsageError(f"Line {number} of GWS_HEADERS is not of the form Name: value.")
        if header[1].lower() in _RESERVED:
            raise UsageError(f"GWS_HEADERS holds {header[1]}, which the suite sends itself.")
        found[header[1]] = header[2]
    return found


def _proxy(url: str | None) -> str | None:
    if url is None:
        return None
    if "@" in url:
        raise UsageError("The URL of the proxy holds a user or password; they belong into the variable GWS_PROXY_AUTH.")
    return _other_url(url, "the proxy")


def _other_url(url: str | None, whose: str) -> str | None:
    try:
        return None if url is None else checked_url(url)
    except UsageError as error:
        raise UsageError(str(error).replace("The URL", f"The URL of {whose}", 1)) from error


def _proxy_account(proxy: str | None, text: str) -> Account | None:
    if not text:
        return None
    if proxy is None:
        raise UsageError("GWS_PROXY_AUTH is set, but there is no proxy: give --proxy URL.")
    found = accounts(text, "GWS_PROXY_AUTH")
    if len(found) != 1:
        raise UsageError("GWS_PROXY_AUTH is one account, user:password.")
    return found[0]


def _try_certificates(access: Access) -> None:
    """Load them as the connections will."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.ca_file is not None:
        try:
            context.load_verify_locations(access.ca_file)
        except OSError as error:  # also what ssl raises for a file without certificates
            raise UsageError(f"The certificates {access.ca_file} cannot be used: {_why(error)}.") from error
    if access.client_cert is not None:
        try:
            context.load_cert_chain(access.client_cert, access.client_key, access.client_key_password or "")
        except OSError as error:
            raise UsageError(f"The client certificate {access.client_cert} cannot be used: {_why(error)}.") from error


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "it is no PEM file").replace("_", " ").lower()
    return error.strerror or "it cannot be read"
