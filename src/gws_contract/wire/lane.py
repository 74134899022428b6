"""Connections to one server that are cut together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from urllib3 import HTTPConnectionPool, ProxyManager

from gws_contract.wire.sockets import Sockets, pool

if TYPE_CHECKING:
    from gws_contract.wire.wiring import Wiring


class Lane:
    """Connections that are cut together."""

    def __init__(self, wiring: Wiring) -> None:
        self.sockets = Sockets()
        self._wiring = wiring
        self._pool: HTTPConnectionPool | ProxyManager | None = None
        self._making = threading.Lock()

    @property
    def connections(self) -> HTTPConnectionPool | ProxyManager:
        """Made with the first request: what is wrong with the name of the host is a failure of that."""
        with self._making:
            if self._pool is None:
                self._pool = pool(self._wiring.base_url, self.sockets, self._wiring.way)
            return self._pool

    def close(self) -> None:
        """Give the connections back."""
        if isinstance(self._pool, ProxyManager):
            self._pool.clear()
        elif self._pool is not None:
            self._pool.close()
