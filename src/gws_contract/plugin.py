"""pytest glue, the part that every pytest run of the environment loads: options, and the way to a certification.

A guest: it imports nothing of the suite and changes nothing unless checks of the suite are collected.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from gws_contract import hooks
from gws_contract.options import CERTIFY, INTERRUPTED

RUN: pytest.StashKey[Any] = pytest.StashKey()
"""The `gws_contract.certifying.Certifying` of a session with checks."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a certification, each with the prefix --gws-."""
    group = parser.getgroup("gws-contract", "the contracts of Genesys Web Services' chat operations")
    ours = re.compile(f"--(?={'|'.join(sorted((option.name for option in CERTIFY), key=len, reverse=True))})")
    for option in CERTIFY:
        settings = {**option.settings, "help": ours.sub("--gws-", str(option.settings["help"]))}
        group.addoption(f"--gws-{option.name}", dest=f"gws_{option.attribute}", **settings)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """The hook with which a plugin plays the customer."""
    pluginmanager.add_hookspecs(hooks)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Prepare the certification if checks were collected; wrong options end the session here."""
    checks = [item for item in items if hasattr(getattr(item, "obj", None), "check")]
    if not checks or config.option.collectonly:
        return
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("A certification is one campaign: run it without -n.")
    from gws_contract.certifying import Certifying  # noqa: PLC0415 - strangers' runs do not pay for it

    certifying = Certifying.wished(config)
    if wrong := certifying.stranger(item.obj.check for item in checks):  # type: ignore[attr-defined]  # it has an obj
        raise pytest.UsageError(wrong)
    config.stash[RUN] = certifying
    config.pluginmanager.register(certifying, "gws-contract-certifying")
    only = config.option.gws_clause
    dropped = [item for item in checks if only and _clause(item) not in only]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]
    for item in checks:
        item.user_properties.append(("clause", _clause(item)))


def _clause(item: pytest.Item) -> str:
    return str(item.obj.check.clause)  # type: ignore[attr-defined]  # a function has an obj


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ctrl-C before the campaign is said where pytest itself says nothing."""
    silent = not session.config.pluginmanager.has_plugin("terminalreporter")
    if session.exitstatus == pytest.ExitCode.INTERRUPTED and RUN not in session.config.stash and silent:
        print(INTERRUPTED, file=sys.stderr, flush=True)


@pytest.fixture(scope="session")
def rulings(request: pytest.FixtureRequest) -> Any:
    """The verdicts of this session's campaign."""
    return request.config.stash[RUN]
