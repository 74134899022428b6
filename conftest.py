"""Policy of a checkout only: without options, the checks certify the embedded mock. Nobody else's run is changed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Where neither an option nor the environment nor a gws.toml names a server, the target is the mock."""
    option = config.option
    if getattr(option, "gws_mock", "") is None and not _names_a_server(option):
        option.gws_mock = ""


def _names_a_server(option: argparse.Namespace) -> bool:
    given = option.gws_url or option.gws_config or os.environ.get("GWS_URL") or os.environ.get("GWS_CONFIG")
    return bool(given) or Path("gws.toml").exists()
