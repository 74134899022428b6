"""The options of a certification, said once: for `gws-contract certify`, for pytest, GWS_NAME and gws.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

INTERRUPTED = "gws-contract: interrupted before the first chat."

Where = Literal["anywhere", "server", "words"]
"""Where an option may be said: on the command line, in the environment and in gws.toml; the same, but of a server that
is not the embedded mock; in words on the command line only."""


@dataclass(frozen=True)
class Option:
    """One option; `settings` are those of argparse. Not given, it is None."""

    name: str
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


def _flag(help_text: str) -> dict[str, Any]:
    return {"action": "store_true", "default": None, "help": help_text}


CERTIFY: tuple[Option, ...] = (
    Option(
        "mock",
        {"nargs": "?", "const": "", "metavar": "FAULT", "help": "certify the embedded mock, broken by FAULT"},
        "words",
    ),
    Option("operation", {"metavar": "NAME", "help": "the operation whose contract is certified (default accept)"}),
    Option("config", {"metavar": "FILE", "help": "settings, no secrets (default: gws.toml, if it is there)"}),
    Option("url", {"metavar": "URL", "help": "the server to certify, with its path prefix if it has one"}, "server"),
    Option("chats", {"type": int, "metavar": "N", "help": "how many chats are drawn (default: that of the depth)"}),
    Option("seed", {"type": int, "metavar": "N", "help": "seed of the drawing (default: random when nightly, else 0)"}),
    Option("depth", {"choices": ("quick", "nightly", "certify"), "help": "25, 500 or 200 chats (default quick)"}),
    Option(
        "report-dir", {"metavar": "DIR", "help": "where certificate, JUnit XML and journal go (default: reports/out/)"}
    ),
    Option("pdf", _flag("write certificate.pdf too (needs the extra pdf)")),
    Option("allure", _flag("leave Allure results too, in allure-results/ of the report directory")),
    Option(
        "deadline", {"type": float, "metavar": "S", "help": "seconds the three notifications may take (default 10)"}
    ),
    Option(
        "quiet-period", {"type": float, "metavar": "S", "help": "seconds of listening after the last chat (default 2)"}
    ),
    Option("offer-timeout", {"type": float, "metavar": "S", "help": "seconds until an agent is invited (default 30)"}),
    Option("time-limit", {"type": float, "metavar": "S", "help": "seconds after which the run ends, incomplete"}),
    Option(
        "scenario",
        {"metavar": "FILE", "help": "perform only the scenarios of this file, as a report leaves them"},
        "words",
    ),
    Option("max-rate", {"type": float, "metavar": "N", "help": "at most N requests a second, long polls not counted"}),
    Option(
        "long-histories", _flag("histories of up to 2,000 entries on a server given by URL too (default 50)"), "server"
    ),
    Option("plan", _flag("print what the run would cause on the server; no traffic"), "words"),
    Option(
        "store",
        {"metavar": "DIR", "help": "where counter-examples are kept for the next run (default: the user's cache)"},
    ),
    Option(
        "sign-key",
        {"metavar": "FILE", "help": "sign what the run leaves with this private key (gws-contract keygen makes one)"},
    ),
    Option("quiet", _flag("do not show how far the run is")),
    Option("strict", _flag("advisory breaks fail the run too")),
    Option(
        "deviations",
        {"metavar": "FILE", "help": "known breaks with reason, ticket and expiry (TOML), which do not fail the run"},
    ),
    Option(
        "clause",
        {"action": "append", "metavar": "ID", "help": "judge only this clause; the verdict is `partial`"},
        "words",
    ),
    Option(
        "table", {"metavar": "VERSION", "help": "product version whose return values apply (default: the server's)"}
    ),
    Option(
        "cometd-path",
        {"metavar": "PATH", "help": "path of CometD below the URL (default /api/v2/notifications)"},
        "server",
    ),
    Option(
        "topic",
        {"action": "append", "metavar": "TOPIC", "help": "what the agents subscribe to (default /v2/me/chats)"},
        "server",
    ),
    Option(
        "channel",
        {
            "action": "append",
            "metavar": "NAME",
            "help": "channels asked for in StartContactCenterSession (default chat)",
        },
        "server",
    ),
    Option("ca-file", {"metavar": "FILE", "help": "certificates (PEM) that the server's must be signed by"}, "server"),
    Option("client-cert", {"metavar": "FILE", "help": "certificate (PEM) to show to the server"}, "server"),
    Option(
        "client-key",
        {"metavar": "FILE", "help": "key of the client certificate, if it is not in the same file"},
        "server",
    ),
    Option("insecure", _flag("do not verify the server's certificate; the report says so"), "server"),
    Option(
        "proxy",
        {"metavar": "URL", "help": "HTTP proxy to go through (default: none, whatever http_proxy says)"},
        "server",
    ),
    Option("connect-timeout", {"type": float, "metavar": "S", "help": "seconds until a connection stands (default 5)"}),
    Option(
        "read-timeout",
        {
            "type": float,
            "metavar": "S",
            "help": "seconds of silence until an answer is given up (default 30, or twice the deadline)",
        },
    ),
    Option("second-observer", _flag("let a second CometD session of each agent hear what the first may lose")),
    Option(
        "customer",
        {
            "choices": ("gws", "gms", "command", "wait"),
            "help": "who offers chats: Customer Chat API, Genesys Mobile Services, a program, a person (default gws)",
        },
        "server",
    ),
    Option(
        "customer-command",
        {"metavar": "WORDS", "help": "the program that offers a chat, with its arguments"},
        "server",
    ),
    Option("gms-url", {"metavar": "URL", "help": "the address of Genesys Mobile Services"}, "server"),
    Option("gms-service", {"metavar": "NAME", "help": "the chat service there (default customer-support)"}, "server"),
)
