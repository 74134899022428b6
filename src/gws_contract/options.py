"""The options of a certification, said once: for `gws-contract certify`, for pytest, GWS_NAME and gws.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

INTERRUPTED = "gws-contract: interrupted before the first chat."

Where = Literal["anywhere", "server", "words"]
"""Where an option may be said: on the command line, in the environment and in gws.toml; the same, but of a server that
is not the embedded mock; in words on the command line only."""

About = Literal["server", "customer", "chats", "time", "verdict", "results"]
HEADINGS: dict[About, str] = {
    "chats": "what is performed",
    "server": "how the server is reached",
    "customer": "who offers the chats",
    "time": "how long it waits",
    "verdict": "what counts",
    "results": "what it leaves",
}
"""The heading under which --help and the reference list options, in their order."""


@dataclass(frozen=True)
class Option:
    """One option; `settings` are those of argparse. Not given, it is None."""

    name: str
    about: About
    settings: dict[str, Any] = field(default_factory=dict)
    where: Where = "anywhere"

    @property
    def attribute(self) -> str:
        """Its name in a namespace."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"GWS_{self.attribute.upper()}"

    @property
    def is_flag(self) -> bool:
        """Whether it is said without a value."""
        return self.settings.get("action") == "store_true"

    @property
    def is_list(self) -> bool:
        """Whether it may be given several times."""
        return self.settings.get("action") == "append"

    def words(self, value: Any, prefix: str = "--") -> list[str]:
        """The words that say this value; none for None."""
        if value is None or value is False:
            return []
        if value is True:
            return [f"{prefix}{self.name}"]
        values = [value] if isinstance(value, str | int | float) else value
        return [f"{prefix}{self.name}={one}" for one in values]


def _flag(says: str) -> dict[str, Any]:
    return {"action": "store_true", "default": None, "help": says}


def _text(metavar: str, says: str, **more: Any) -> dict[str, Any]:
    return {"metavar": metavar, "help": says, **more}


def _number(says: str) -> dict[str, Any]:
    return {"type": int, "metavar": "N", "help": says}


def _seconds(says: str) -> dict[str, Any]:
    return {"type": float, "metavar": "S", "help": says}


CERTIFY: tuple[Option, ...] = (
    Option(
        "mock",
        "chats",
        _text(
            "FAULT",
            "the embedded mock instead of a server, as it should be or with faults, quirks or a profile, separated by"
            " commas (gws-contract mock --list)",
            nargs="?",
            const="",
        ),
        "words",
    ),
    Option(
        "config", "server", _text("FILE", "a TOML file with options, no secrets (default: gws.toml, if it is there)")
    ),
    Option("url", "server", _text("URL", "the server, with its path prefix if it has one"), "server"),
    Option("chats", "chats", _number("draw so many chats (default: as many as --depth says)")),
    Option("seed", "chats", _number("draw them from this seed (default: 0; random with --depth nightly)")),
    Option(
        "depth",
        "chats",
        {
            "choices": ("quick", "nightly", "certify"),
            "help": "quick: 25 chats in seconds; nightly: 500, other ones every night; certify: the 200 that are kept"
            " with this release (default: quick)",
        },
    ),
    Option(
        "report-dir",
        "results",
        _text(
            "DIR", "the folder for the results; those of an earlier run there are replaced (default: reports/out/TIME)"
        ),
    ),
    Option("pdf", "results", _flag("write certificate.pdf too (needs the extra pdf)")),
    Option("allure", "results", _flag("write Allure results too, into allure-results/ (needs the extra allure)")),
    Option("deadline", "time", _seconds("seconds until the three notifications must be there (default: 10)")),
    Option(
        "quiet-period", "time", _seconds("seconds of listening after the last chat, for what comes late (default: 2)")
    ),
    Option(
        "offer-timeout",
        "time",
        _seconds("seconds until an offered chat must reach an agent (default: 30; a person's first chat 300)"),
    ),
    Option(
        "time-limit",
        "time",
        _seconds("seconds after which the run is ended, incomplete, cleared up and judged (default: none)"),
    ),
    Option(
        "scenario",
        "chats",
        _text("FILE", "perform only the scenarios of this file, as scenarios/ of a report holds them"),
        "words",
    ),
    Option(
        "max-rate",
        "chats",
        {
            "type": float,
            "metavar": "N",
            "help": "send at most N requests a second, long polls not counted (default: no limit)",
        },
    ),
    Option(
        "long-histories",
        "chats",
        _flag("histories of up to 2,000 entries; without it up to 50, but on the mock"),
        "server",
    ),
    Option("plan", "chats", _flag("say what the run would cause on the server, and send nothing"), "words"),
    Option(
        "store",
        "chats",
        _text("DIR", "keep chats that broke something here, for the next run (default: the user's cache)"),
    ),
    Option("sign-key", "results", _text("FILE", "sign the results with this private key, made by gws-contract keygen")),
    Option("quiet", "results", _flag("do not show on stderr how far the run is")),
    Option("strict", "verdict", _flag("advisory breaks fail the run too")),
    Option(
        "deviations",
        "verdict",
        _text("FILE", "a TOML file of known breaks, with reason, ticket and expiry, which do not fail the run"),
    ),
    Option(
        "clause",
        "verdict",
        _text("ID", "judge only this clause; may be repeated; the verdict is then partial", action="append"),
        "words",
    ),
    Option(
        "table",
        "verdict",
        _text("VERSION", "the product version whose statusCodes apply, as 8.5.2 (default: what the server says it is)"),
    ),
    Option(
        "cometd-path",
        "server",
        _text("PATH", "where CometD is, below the URL (default: /api/v2/notifications)"),
        "server",
    ),
    Option(
        "topic",
        "server",
        _text(
            "TOPIC",
            "what the agents subscribe to: /v2/me/chats, /v2/me/*, /**; may be repeated (default: /v2/me/chats)",
            action="append",
        ),
        "server",
    ),
    Option(
        "channel",
        "server",
        _text(
            "NAME",
            "the channel that StartContactCenterSession asks for, multimedia on some servers; may be repeated"
            " (default: chat)",
            action="append",
        ),
        "server",
    ),
    Option(
        "ca-file",
        "server",
        _text("FILE", "certificates (PEM) that the server's must be signed by (default: those that everybody trusts)"),
        "server",
    ),
    Option("client-cert", "server", _text("FILE", "a certificate (PEM) to show to the server"), "server"),
    Option(
        "client-key",
        "server",
        _text("FILE", "the key of --client-cert, if it is in a file of its own; its password: GWS_CLIENT_KEY_PASSWORD"),
        "server",
    ),
    Option(
        "insecure", "server", _flag("do not verify the server's certificate; the verdict's headline says so"), "server"
    ),
    Option(
        "proxy",
        "server",
        _text("URL", "an HTTP proxy, its account in GWS_PROXY_AUTH (default: none, whatever http_proxy says)"),
        "server",
    ),
    Option("connect-timeout", "time", _seconds("seconds until a connection must stand (default: 5)")),
    Option(
        "read-timeout",
        "time",
        _seconds("seconds of silence until an answer is given up (default: 30, or twice the deadline if that is more)"),
    ),
    Option(
        "second-observer",
        "server",
        _flag("a second CometD session of each agent hears what the first may lose"),
    ),
    Option(
        "customer",
        "customer",
        {
            "choices": ("gws", "gms", "command", "wait"),
            "help": "gws: the Customer Chat API of the server; gms: Genesys Mobile Services; command: a program of"
            " yours; wait: a person (default: gws)",
        },
        "server",
    ),
    Option(
        "customer-command",
        "customer",
        _text("WORDS", "the program of --customer command, with its arguments, without secrets"),
        "server",
    ),
    Option("gms-url", "customer", _text("URL", "where Genesys Mobile Services are, for --customer gms"), "server"),
    Option("gms-service", "customer", _text("NAME", "the chat service there (default: customer-support)"), "server"),
)
