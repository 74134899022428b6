"""Where a run may keep what it does not report: never the current folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path


def folder(environment: Mapping[str, str]) -> Path:
    """The folder of this suite in the user's cache."""
    given = environment.get("XDG_CACHE_HOME")
    try:
        return Path(given or Path.home() / ".cache") / "gws-contract"
    except RuntimeError:  # a user without a home, as in some containers
        return Path(tempfile.gettempdir()) / "gws-contract"
