"""Profiles: what the pages and captures of one version of the product show of it, composed of quirks and options.

No whole sequence of an Accept was ever captured (gws.md 9): a profile is like that version, as far as anybody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gws_contract.mock.alterations import Set
from gws_contract.mock.quirks import QUIRKS
from gws_contract.mock.variation import Combined, Variation


@dataclass(frozen=True)
class Profile:
    """A server like those of one version. It breaks no clause."""

    name: str
    says: str
    quirks: tuple[str, ...]
    """Names of quirks, in the order they are applied."""
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Variation:
        """A fresh variation."""
        return Combined([*(QUIRKS[name].make() for name in self.quirks), Set(self.options)])


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            "like-8.5.200",
            "As the pages of 8.5.2 print it: chatUri, participant ids that differ, no acknowledge extension, no CSRF.",
            ("no-ack", "other-ids", "reject-says-status"),
            {"version": "8.5.200.50", "websocket": False},
        ),
        Profile(
            "like-8.5.202",
            "As captured of 8.5.202.96: metrics, notified first, SetInFocus, chatPath, timestamps with a space, CSRF.",
            (
                "csrf",
                "notified-first",
                "metrics",
                "newer-members",
                "set-in-focus",
                "chat-path-too",
                "timestamps-with-space",
            ),
            {"version": "8.5.202.96", "hold": 20.0, "websocket": False, "max_sessions_per_browser": 1},
        ),
        Profile(
            "like-8.6",
            "As newer pages print it: chatPath alone, timestampSeconds, authors with uri and path, more codes, CSRF.",
            (
                "csrf",
                "newer-version",
                "metrics",
                "newer-members",
                "set-in-focus",
                "chat-path-only",
                "timestamps-with-space",
                "newer-from",
            ),
            {"websocket": False},
        ),
    )
}
"""Every profile by name."""
