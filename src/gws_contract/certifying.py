"""pytest glue of a session with checks: the campaign before the first one, verdicts, reports and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import alluredir
from gws_contract.certification import Certification
from gws_contract.check import Check
from gws_contract.journal import JournalError
from gws_contract.judge.ruling import Ruling
from gws_contract.operation import DEFAULT
from gws_contract.options import CERTIFY, INTERRUPTED
from gws_contract.report import text
from gws_contract.report.docket import Docket, label, reason
from gws_contract.report.ticker import Ticker
from gws_contract.seal.files import FileError
from gws_contract.settings import settled
from gws_contract.stage.target import UsageError

_OF_THE_CHECKS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class ClauseBroken(AssertionError):
    """A clause was broken; the text is the whole failure."""


class ClauseOpen(AssertionError):
    """A clause is inconclusive, what was declared about it is out of date, or the harness failed."""


def _check_of(item: pytest.Item) -> Check | None:
    found = getattr(getattr(item, "obj", None), "check", None)
    return found if isinstance(found, Check) else None


class Certifying:
    """The certification of one pytest session; its methods are hooks."""

    def __init__(self, certification: Certification, *, operation: str = DEFAULT, quiet: bool = False) -> None:
        """`operation`: whose checks are to be asked."""
        self.certification, self._operation = certification, operation
        self.docket: Docket | None = None
        self.status: int | None = None
        self.again = ""
        """The command that performs a chat once more, as a person at this place has to say it."""
        self._ticker = Ticker(sys.stderr, os.environ, quiet=quiet)
        self.failed = 0
        """How many checks have failed in pytest's eyes; what else failed in the session is somebody else's."""

    @classmethod
    def wished(cls, config: pytest.Config) -> Certifying:
        """As the options say. Raises pytest.UsageError."""
        given = {option.attribute: getattr(config.option, f"gws_{option.attribute}") for option in CERTIFY}
        try:
            wish = settled(given, os.environ, Path.cwd())
            certification = Certification(
                wish,
                os.environ,
                Path.cwd(),
                lambda settings: config.hook.pytest_gws_customer(config=config, settings=settings),
            )
            if wish.plan:
                pytest.exit(certification.outlook(), returncode=0)
            certification.begin()
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
        return cls(certification, operation=wish.operation, quiet=wish.quiet or config.option.verbose < 0)

    def stranger(self, checks: Iterable[Check]) -> str | None:
        """What is wrong with these checks, in one sentence, if one of them is about another operation."""
        other = next((check.operation for check in checks if check.operation != self._operation), None)
        if other is None:
            return None
        return f"{self._operation} is to be certified, but the checks are about {other}: say --gws-operation={other}."

    def report(self, check: Check) -> None:
        """Give pytest the verdict of a check: return, skip, or raise."""
        ruling = self._ruling(check)
        if ruling is None or self.docket is None:
            pytest.skip("not asked for in this run")
        match self.docket.outcome(ruling):
            case "failure":
                raise ClauseBroken(text.broken(ruling, self.again))
            case "skipped":
                pytest.skip(f"{label(ruling, self.docket)}: {reason(ruling, self.docket)}")
            case "error":
                raise ClauseOpen(f"{label(ruling, self.docket)}: {reason(ruling, self.docket)}")

    def _tell(self, session: pytest.Session, line: str) -> None:
        with self._ticker.aside():
            _say(session, line, error=True)

    def _ruling(self, check: Check) -> Ruling | None:
        return self.docket.ruling(check.clause) if self.docket else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the campaign before the first check. No check runs if the environment is not ready."""
        checks = [check for item in session.items if (check := _check_of(item))]
        if alluredir.folder(session.config) is not None:
            alluredir.take_over(item for item in session.items if _check_of(item))
        try:
            self.docket = self.certification.run(checks, lambda line: self._tell(session, line), self._ticker.showing)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault and not the vendor's
            self.status = 3
            words = self.certification.secrets.mask(f"harness error: {type(error).__name__}: {error}")
            _say(session, words, error=True)
            return True
        self.status, self.again = self.docket.conclusion.status, self.certification.again
        if not self.docket.begun:
            _say(session, text.printable(self.docket.trouble or ""), error=True)
            return True
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The failure of a check is its text, without a traceback."""
        report = yield
        if _check_of(item) is None:
            return report
        self.failed += report.failed
        failure = getattr(report.longrepr, "reprcrash", None)
        if report.failed and report.when == "call" and failure is not None:
            kind, _, words = failure.message.partition(": ")
            if kind.rpartition(".")[2] in (ClauseBroken.__name__, ClauseOpen.__name__):
                report.longrepr = words
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The exit status is the conclusion's, unless somebody else's trouble is worse; the reports are written."""
        if self.status is None:
            if session.exitstatus == pytest.ExitCode.INTERRUPTED and not _has_terminal(session):
                _say(session, INTERRUPTED, error=True)
            return
        others = int(session.exitstatus)
        if others in _OF_THE_CHECKS:
            others = 1 if session.testsfailed > self.failed else 0
        session.exitstatus = self.status or others
        if self.docket is None:
            _say(session, f"what was recorded: {self.certification.shown('journal.ndjson')}", error=True)
            return
        left = self._leave(session)
        try:
            self.certification.remember(self.docket)
        except OSError as error:
            _say(session, f"no counter-example was kept for the next run: {error.strerror}", error=True)
        if not _has_terminal(session):
            _say(session, text.summary(replace(self.docket, again=self.again)))
            if left:
                _say(session, f"certificate: {self.certification.shown('certificate.html')}")
                _say(session, f"seal: {self.certification.seal}")

    def _leave(self, session: pytest.Session) -> bool:
        """Write the reports; without them the run has failed for a reason of our own."""
        assert self.docket is not None
        try:
            remarks = self.certification.write_reports(self.docket)
            if (results := alluredir.folder(session.config)) is not None:
                from gws_contract.report import allure  # noqa: PLC0415 - an extra, which is installed then

                allure.write(self.docket, results)
        except (OSError, FileError, JournalError) as error:
            session.exitstatus = 3
            why = error.strerror if isinstance(error, OSError) else error
            _say(session, f"the reports cannot be written: {why}", error=True)
            return False
        for remark in remarks:
            _say(session, remark, error=True)
        return True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """In a plain pytest run: the headline, and where the certificate is."""
        if self.docket is not None:
            terminalreporter.section("gws-contract")
            terminalreporter.write_line(self.docket.headline)
            terminalreporter.write_line(f"certificate: {self.certification.shown('certificate.html')}")
            terminalreporter.write_line(f"seal: {self.certification.seal}")


def _has_terminal(session: pytest.Session) -> bool:
    return session.config.pluginmanager.has_plugin("terminalreporter")


def _say(session: pytest.Session, words: str, *, error: bool = False) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("\n" + words)
        return
    stream = sys.stderr if error else sys.stdout
    try:
        print(words, file=stream, flush=True)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the reports are on disk.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
