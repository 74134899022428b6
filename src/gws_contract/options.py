"""The options of a certification, said once: `gws-contract certify --name` and pytest's `--gws-name`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import Any

INTERRUPTED = "gws-contract: interrupted before the first chat."


@dataclass(frozen=True)
class Option:
    """One option; `settings` are those of argparse."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def attribute(self) -> str:
        """Its name in a namespace."""
        return self.name.replace("-", "_")

    def words(self, given: argparse.Namespace) -> list[str]:
        """The words that pass what was given on to pytest; none for a default."""
        value = getattr(given, self.attribute)
        if value is None or value is False or value == self.settings.get("default"):
            return []
        if value is True:
            return [f"--gws-{self.name}"]
        values = value if isinstance(value, list) else [value]
        return [f"--gws-{self.name}={one}" for one in values]


CERTIFY: tuple[Option, ...] = (
    Option(
        "mock", {"nargs": "?", "const": "", "metavar": "FAULT", "help": "certify the embedded mock, broken by FAULT"}
    ),
    Option("url", {"metavar": "URL", "help": "the server to certify (GWS_URL)"}),
    Option("chats", {"type": int, "metavar": "N", "help": "how many chats are drawn (default: that of the depth)"}),
    Option("seed", {"type": int, "metavar": "N", "help": "seed of the drawing (default: random when nightly, else 0)"}),
    Option("depth", {"choices": ("quick", "nightly", "certify"), "default": "quick", "help": "25, 500 or 200 chats"}),
    Option(
        "report-dir", {"metavar": "DIR", "help": "where certificate, JUnit XML and journal go (default: reports/out/)"}
    ),
    Option(
        "deadline", {"type": float, "metavar": "S", "help": "seconds the three notifications may take (default 10)"}
    ),
    Option(
        "quiet-period", {"type": float, "metavar": "S", "help": "seconds of listening after the last chat (default 2)"}
    ),
    Option("offer-timeout", {"type": float, "metavar": "S", "help": "seconds until an agent is invited (default 30)"}),
    Option("time-limit", {"type": float, "metavar": "S", "help": "seconds after which the run ends, incomplete"}),
    Option("scenario", {"metavar": "FILE", "help": "perform only the scenarios of this file, as a report leaves them"}),
    Option("max-rate", {"type": float, "metavar": "N", "help": "at most N requests a second, long polls not counted"}),
    Option(
        "long-histories",
        {"action": "store_true", "help": "histories of up to 2,000 entries on a server given by URL too (default 50)"},
    ),
    Option("plan", {"action": "store_true", "help": "print what the run would cause on the server; no traffic"}),
    Option(
        "store",
        {"metavar": "DIR", "help": "where counter-examples are kept for the next run (default: the user's cache)"},
    ),
    Option("strict", {"action": "store_true", "help": "advisory breaks fail the run too"}),
    Option(
        "deviations",
        {"metavar": "FILE", "help": "known breaks with reason, ticket and expiry (TOML), which do not fail the run"},
    ),
    Option("clause", {"action": "append", "metavar": "ID", "help": "judge only this clause; the verdict is `partial`"}),
    Option(
        "table", {"metavar": "VERSION", "help": "product version whose return values apply (default: the server's)"}
    ),
)
