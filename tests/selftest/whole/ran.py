"""The command, in processes of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gws_contract.certification import FLOOR

from ..stages import Finished

SHORT = ("--chats", str(FLOOR), "--deadline", "1", "--quiet-period", "0.05", "--report-dir", "out")


@dataclass
class Ran:
    """A finished `certify` and its folder."""

    finished: Finished
    here: Path

    @property
    def certificate(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.here / "out" / "certificate.json").read_text())
        return loaded

    @property
    def files(self) -> list[str]:
        return [path.read_text() for path in (self.here / "out").rglob("*") if path.is_file()]
