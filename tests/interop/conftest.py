"""The peers of a test, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .peer import Peer, install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def npm_packages() -> None:
    install()


@pytest.fixture
def start_peer(npm_packages: None) -> Iterator[Callable[..., Peer]]:
    """Starts a peer; whatever becomes of the test, none outlives it."""
    peers: list[Peer] = []

    def start(script: str, *arguments: object) -> Peer:
        peers.append(Peer(script, arguments))
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()
