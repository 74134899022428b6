"""pytest glue: options, the campaign before the first check, verdicts, reports and the exit status.

A guest in every pytest run of its environment: it does nothing unless checks of this suite are collected, and every
option carries the prefix --gws-.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from gws_contract.certification import Certification, Wish
from gws_contract.check import Check
from gws_contract.judge.ruling import Ruling
from gws_contract.options import CERTIFY
from gws_contract.report import text
from gws_contract.report.docket import Docket, reason
from gws_contract.stage.target import UsageError
from gws_contract.verdict import junit_outcome

_KEY: pytest.StashKey[_Run] = pytest.StashKey()


class ClauseBroken(AssertionError):
    """A clause was broken; the text is the whole failure."""


class ClauseOpen(AssertionError):
    """A clause is inconclusive, or the harness failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a certification, each with the prefix --gws-."""
    group = parser.getgroup("gws-contract", "the contract of Genesys Web Services' chat Accept")
    for option in CERTIFY:
        group.addoption(f"--gws-{option.name}", dest=f"gws_{option.attribute}", **option.settings)


class _Run:
    """The campaign of this session and what came of it."""

    def __init__(self, certification: Certification) -> None:
        self.certification = certification
        self.docket: Docket | None = None
        self.status: int | None = None
        self.failed = 0
        """How many checks have failed in pytest's eyes; what else failed in the session is somebody else's."""

    def report(self, check: Check) -> None:
        """Give pytest the verdict of a check: return, skip, or raise."""
        ruling = self._ruling(check)
        if ruling is None or self.docket is None:
            pytest.skip("not asked for in this run")
        strict = self.docket.strict
        match junit_outcome(ruling.tally.verdict, advisory=ruling.advisory and not strict):
            case "failure":
                raise ClauseBroken(text.broken(ruling))
            case "skipped":
                pytest.skip(f"{ruling.tally.verdict.value}: {reason(ruling, self.docket)}")
            case "error":
                raise ClauseOpen(f"{ruling.tally.verdict.value}: {reason(ruling, self.docket)}")

    def _ruling(self, check: Check) -> Ruling | None:
        return self.docket.ruling(check.clause) if self.docket else None


def _check_of(item: pytest.Item) -> Check | None:
    found = getattr(getattr(item, "obj", None), "check", None)
    return found if isinstance(found, Check) else None


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Prepare the campaign if checks were collected; wrong options end the session here."""
    if not any(_check_of(item) for item in items) or config.option.collectonly:
        return
    wish = Wish(**{option.attribute: getattr(config.option, f"gws_{option.attribute}") for option in CERTIFY})
    try:
        session.config.stash[_KEY] = _Run(Certification(wish, os.environ, Path.cwd()))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    for item in items:
        if check := _check_of(item):
            item.user_properties.append(("clause", check.clause))
    only = set(wish.clause or ())
    if only:
        dropped = [item for item in items if (check := _check_of(item)) and check.clause not in only]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the campaign before the first check. No check runs if the environment is not ready."""
    run = session.config.stash.get(_KEY, None)
    if run is None:
        return None
    checks = [check for item in session.items if (check := _check_of(item))]
    try:
        run.docket = run.certification.run(checks)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault and not the vendor's
        run.status = 3
        _say(session, f"harness error: {type(error).__name__}: {error}", error=True)
        return True
    run.status = run.docket.conclusion.status
    footer = run.docket.evidence.footer
    if footer is not None and footer.ended == "not ready":
        _say(session, f"not ready: {footer.detail}", error=True)
        return True
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The failure of a check is its text, without a traceback; its clause travels with the report."""
    report = yield
    check = _check_of(item)
    run = item.config.stash.get(_KEY, None)
    if run is not None and check is not None:
        run.failed += report.failed
    if check is not None and report.when == "call":
        failure = getattr(report.longrepr, "reprcrash", None)
        if report.failed and failure is not None:
            kind, _, words = failure.message.partition(": ")
            if kind.rpartition(".")[2] in (ClauseBroken.__name__, ClauseOpen.__name__):
                report.longrepr = words
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The exit status is the conclusion's, and the reports are written."""
    run = session.config.stash.get(_KEY, None)
    if run is None or run.status is None:
        if session.exitstatus == pytest.ExitCode.INTERRUPTED and not _has_terminal(session):
            _say(session, "gws-contract: interrupted before the first chat.", error=True)
        return
    others_failed = session.testsfailed > run.failed
    session.exitstatus = run.status or (1 if others_failed else 0)
    if run.docket is not None:
        run.certification.write_reports(run.docket)
        if not _has_terminal(session):
            _say(session, text.summary(run.docket))
            _say(session, f"certificate: {run.certification.shown('certificate.json')}")
    else:
        _say(session, f"what was recorded: {run.certification.shown('journal.ndjson')}", error=True)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """In a plain pytest run: the headline, and where the certificate is."""
    run = config.stash.get(_KEY, None)
    if run is not None and run.docket is not None:
        terminalreporter.section("gws-contract")
        terminalreporter.write_line(run.docket.headline)
        terminalreporter.write_line(f"certificate: {run.certification.shown('certificate.json')}")


def _has_terminal(session: pytest.Session) -> bool:
    return session.config.pluginmanager.has_plugin("terminalreporter")


def _say(session: pytest.Session, words: str, *, error: bool = False) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("\n" + words)
    else:
        print(words, file=sys.stderr if error else sys.stdout, flush=True)


@pytest.fixture(scope="session")
def rulings(request: pytest.FixtureRequest) -> _Run:
    """The verdicts of this session's campaign."""
    return request.config.stash[_KEY]
