"""How much a run takes from a server: what it receives, it keeps, in memory and on disk."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SCRAP = 64 * 1024
"""Bytes that every body may have after the ration is used up: enough for the answers of clearing up."""
FREE = 1024
"""Bytes of a body that costs nothing: a poll that brings nothing is not kept, and others are weighed as records."""
RECORD, DELIVERY = 300, 1000
"""What a record weighs beside the bodies it holds."""
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"\\%&"))
_ESCAPED = 6
"""Bytes of the journal for a byte that is not printable ASCII, at most."""
_CONTAINER = 200
"""What an array or object of JSON costs, wherever it may be read."""
_INTRODUCES = 16
"""What a byte costs that may begin an escape: each is undone where secrets are looked for."""


class Ration:
    """Bytes of a journal, shared by all connections of a run; safe to use from many threads."""

    def __init__(self, size: float = math.inf) -> None:
        self.size = size
        self.on_spent: Callable[[], None] | None = None
        """Called once, when it is used up."""
        self._left = size
        self._lock = threading.Lock()

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self._left <= 0

    def take(self, weight: int) -> bool:
        """Use so much of it; whether there was anything left."""
        with self._lock:
            was_left = self._left > 0
            self._left -= weight
            last = was_left and self._left <= 0
        if last and self.on_spent is not None:
            self.on_spent()
        return was_left


def weight(body: bytes) -> int:
    """What a body weighs in the journal, at most, and in memory while it is written."""
    strange = body.translate(None, _PLAIN)
    introducers = sum(strange.count(sign) for sign in (b"\\", b"%", b"&"))
    escapes = (_ESCAPED - 1) * len(strange) + (_INTRODUCES - _ESCAPED) * introducers
    return len(body) + escapes + _CONTAINER * (body.count(b"{") + body.count(b"["))
