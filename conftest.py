"""Policy of a checkout only: without options, the checks certify the embedded mock. Nobody else's run is changed."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Without --gws-url, GWS_URL and --gws-mock, the target is the mock."""
    option = config.option
    if getattr(option, "gws_mock", "") is None and not (option.gws_url or os.environ.get("GWS_URL")):
        option.gws_mock = ""
