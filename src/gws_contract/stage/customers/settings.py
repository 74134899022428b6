"""Who plays the customer, as it was wished for. What cannot work is said before any traffic."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args
from urllib.parse import quote, unquote

Kind = Literal["gws", "gms", "command", "wait", "own"]
"""Customer Chat API; Genesys Mobile Services; a program; a person; an object of a pytest hook."""
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "own")
"""Those that an option can name."""
Recognition = Literal["marker", "nickname", "only one"]
"""By what an invitation is known: by its marker; else by the customer's nickname; else by being awaited alone."""
GMS_SERVICE = "customer-support"
PERSON = 300.0
"""Seconds in which a person offers a chat, unless another time is wished for."""

_PARTS = re.compile(r"(?P<url>.*?)(?:/genesys(?:/2(?:/chat(?:/(?P<service>[^/]+))?)?)?)?")


class WrongCustomer(ValueError):
    """Nobody can play the customer as wished. The message is one sentence for a person."""


class Companion(Protocol):
    """A customer of one chat that somebody else has written (`gws_contract.hooks`)."""

    def do(self, request: dict[str, Any]) -> Mapping[str, Any]:
        """Answer one request of the protocol of `--customer command`."""


@dataclass(frozen=True, slots=True)
class CustomerSettings:
    """Who plays the customer. Seconds."""

    kind: Kind = "gws"
    gms_url: str | None = None
    """Up to /genesys/2/chat; None: the embedded mock, which has it too."""
    gms_service: str = GMS_SERVICE
    """As it stands in a path."""
    command: tuple[str, ...] = ()
    own: Callable[[], Companion] | None = None
    """Makes the customer of one chat."""
    offer_timeout: float | None = None
    """How long the first invitation to a chat may take; None: as long as every other."""

    @property
    def recognition(self) -> Recognition:
        """By what the invitations to its chats are known. Whether a marker reaches the agents is a program's affair."""
        match self.kind:
            case "command" | "own":
                return "nickname"
            case "wait":
                return "only one"
            case _:
                return "marker"

    @property
    def by_hand(self) -> bool:
        """Whether every chat takes a person's time: as few as possible are performed, one after the other."""
        return self.kind == "wait"


GWS_CUSTOMER = CustomerSettings()
"""Whoever is not wished for otherwise."""


def customer_settings(
    kind: str | None = None,
    *,
    command: str | None = None,
    gms_url: str | None = None,
    gms_service: str | None = None,
    offer_timeout: float | None = None,
    mock: bool = False,
) -> CustomerSettings:
    """The settings of these options. `mock`: the target is the embedded mock. Raises WrongCustomer."""
    kind = kind or "gws"
    for other, option, given in (
        ("command", "--customer-command", command),
        ("gms", "--gms-url", gms_url),
        ("gms", "--gms-service", gms_service),
    ):
        if given is not None and kind != other:
            raise WrongCustomer(f"{option} is for --customer {other}, but the customer is {kind}.")
    match kind:
        case "gws":
            return GWS_CUSTOMER
        case "wait":
            return CustomerSettings("wait", offer_timeout=offer_timeout or PERSON)
        case "command":
            return CustomerSettings("command", command=_words(command))
        case "gms":
            return _gms(gms_url, gms_service, mock=mock)
    raise WrongCustomer(f"There is no customer {kind!r}; there are {', '.join(KINDS)}.")


def _words(command: str | None) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command or ""))
    except ValueError as error:
        raise WrongCustomer(f"--customer-command cannot be read: {error}.") from error
    if not words:
        raise WrongCustomer('--customer command needs --customer-command "PROGRAM ARGUMENTS".')
    if shutil.which(words[0]) is None:
        raise WrongCustomer(f"The program {words[0]!r} of --customer-command is not there, or cannot be run.")
    return words


def _gms(url: str | None, service: str | None, *, mock: bool) -> CustomerSettings:
    """The URL may be that of the server, of its API, or of the service, as widgets have it."""
    if url is None and not mock:
        raise WrongCustomer("--customer gms needs --gms-url URL, the address of Genesys Mobile Services.")
    parts = _PARTS.fullmatch((url or "").rstrip("/"))
    named = parts["service"] if parts and parts["service"] else None
    if named and service and unquote(named) != service:
        raise WrongCustomer(f"--gms-url names the service {unquote(named)}, --gms-service {service}.")
    path = quote(unquote(named) if named else service or GMS_SERVICE, safe="")
    return CustomerSettings("gms", gms_url=parts["url"] if parts and url else None, gms_service=path)
