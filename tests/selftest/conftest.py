"""What holds for every selftest: nothing is kept in the cache of whoever runs them. And the bundles of two chats."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .bundles import bundle
from .reported import GOOD, TURNED

CACHE = "XDG_CACHE_HOME"
MEASURED = Path(__file__).with_name("measured")
"""What the processes of a session read whose coverage is measured."""


@pytest.fixture(scope="session", autouse=True)
def _measured() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if "COVERAGE_PROCESS_CONFIG" in os.environ:
            patch.setenv("PYTHONPATH", str(MEASURED), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module", autouse=True)
def _cache_of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For the runs that the tests of a module share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _cache_of_the_test(
    _cache_of_the_module: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What one test leaves for its next run, no other test finds."""
    monkeypatch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The bundle of a chat in which nothing was broken, signed."""
    bundle(tmp_path / "kept", GOOD)
    return tmp_path / "kept"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The bundle of a chat that broke the order, signed."""
    bundle(tmp_path / "broken", TURNED)
    return tmp_path / "broken"
