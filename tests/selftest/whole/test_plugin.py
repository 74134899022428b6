"""The checks as a pytest run: what pytest is told, and that other people's runs are left alone."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gws_contract import certification, certifying, check, plugin
from gws_contract.campaign import Campaign
from gws_contract.certification import FLOOR
from gws_contract.check import Check
from gws_contract.journal import read
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Cause
from gws_contract.report import leaves
from gws_contract.wish import Wish

from ..stages import HANG, Scripted, credentials, environment

pytest_plugins = ("pytester",)

ROOT = Path(__file__).parents[3]
CHECKS = check.folder()
SHORT = (f"--gws-chats={FLOOR}", "--gws-deadline=1", "--gws-quiet-period=0.05", "--gws-report-dir=out")
INI = Path(plugin.__file__).with_name("certify.ini")
QUIET = ("-c", str(INI), "--rootdir", str(CHECKS.parent), "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""As `gws-contract certify` calls it; the warning is of a second pytest in one process."""
LOUD = ("-p", "no:cacheprovider", "-p", "no:xdist", *QUIET, "--override-ini", "addopts=--import-mode=importlib")
"""As a plain pytest run elsewhere."""


@pytest.fixture(autouse=True)
def _no_target_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GWS_"):
            monkeypatch.delenv(name)


def checks(pytester: pytest.Pytester, *words: str, among: tuple[str, ...] = (str(CHECKS),)) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*LOUD, *words, *SHORT, *among)


def quietly(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*QUIET, *words, *SHORT, str(CHECKS), no_reraise_ctrlc=True)


def certificate(pytester: pytest.Pytester) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((pytester.path / "out" / "certificate.json").read_text())
    return loaded


def test_that_reports_cannot_be_written_is_said_and_no_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(leaves, "write", full)
    result = quietly(pytester, "--gws-mock=history-first")
    assert result.ret == 3
    assert result.errlines == ["the reports cannot be written: No space left on device"]
    assert result.outlines[-1].startswith("the embedded mock with history-first: not conformant (1 clause broken")


# ---- other people's runs --------------------------------------------------------------------------------------------


def test_an_unrelated_run_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        class Odd:
            check = "not ours"

        @pytest.fixture
        def rulings():
            return "theirs"

        def test_theirs(rulings):
            assert rulings == "theirs"

        class TestThem:
            check = 5
            def test_it(self):
                pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*= gws-contract =*")
    assert result.ret == 0
    assert not (pytester.path / "reports").exists()


def test_every_option_carries_the_prefix(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_inprocess("--help", "-p", "no:cacheprovider").stdout.str()
    ours = text.partition("the contracts of Genesys Web Services")[2].partition("\n\n")[0]
    named = [word for word in ours.replace("mock --list", "").split() if word.startswith("--")]
    assert len(named) > 10
    assert [word for word in named if not word.startswith("--gws-")] == []


def test_collecting_the_checks_performs_nothing(pytester: pytest.Pytester) -> None:
    result = checks(pytester, "--collect-only", "-q", "--gws-mock")
    assert result.ret == 0
    assert not (pytester.path / "out").exists()


def test_a_failure_of_another_test_is_not_lost_behind_a_conformant_server(pytester: pytest.Pytester) -> None:
    other = pytester.makepyfile(test_other="def test_other():\n    assert False\n")
    result = checks(pytester, "--gws-mock", among=(str(CHECKS), str(other)))
    result.assert_outcomes(passed=len(check.shipped()), failed=1)
    assert result.ret != 0


def test_a_file_that_cannot_be_collected_is_not_lost_behind_a_conformant_server(pytester: pytest.Pytester) -> None:
    other = pytester.makepyfile(test_other="raise ZeroDivisionError\n")
    assert checks(pytester, "--gws-mock", among=(str(CHECKS), str(other))).ret != 0


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "pytest.exit('enough', 7)"])
def test_a_session_that_was_cut_short_is_not_lost_behind_a_conformant_server(
    pytester: pytest.Pytester, end: str
) -> None:
    other = pytester.makepyfile(test_other=f"import pytest\n\ndef test_other():\n    {end}\n")
    words = (*LOUD, "--gws-mock", *SHORT, str(CHECKS), str(other))
    assert pytester.runpytest_inprocess(*words, no_reraise_ctrlc=True).ret != 0


def test_ctrl_c_in_an_unrelated_run_is_none_of_our_business(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_theirs():\n    raise KeyboardInterrupt\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", no_reraise_ctrlc=True)
    assert result.ret == 2
    assert "gws-contract: " not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    "among", [(str(CHECKS / "test_3_http_request.py"),), ("-k", "http", str(CHECKS))], ids=["a file", "-k"]
)
def test_a_part_of_the_checks_gives_no_more_than_a_partial_verdict(
    pytester: pytest.Pytester, among: tuple[str, ...]
) -> None:
    checks(pytester, "--gws-mock=history-first", among=among)
    assert certificate(pytester)["verdict"] == "partial"


# ---- the checks -----------------------------------------------------------------------------------------------------


def test_against_a_conformant_server_every_check_passes(pytester: pytest.Pytester) -> None:
    result = checks(pytester, "--gws-mock", "--junitxml=theirs.xml")
    result.assert_outcomes(passed=len(check.shipped()))
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*= gws-contract =*", "the embedded mock: conformant (*)", "certificate: out*"])
    suite = ET.parse(pytester.path / "theirs.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == (str(len(check.shipped())), "0", "0")
    clauses = {p.get("value") for p in suite.iter("property") if p.get("name") == "clause"}
    assert clauses == {each.clause for each in check.shipped()}


def test_a_broken_clause_fails_its_check_with_the_verdict_as_its_text(pytester: pytest.Pytester) -> None:
    result = checks(pytester, "--gws-mock=history-first", "--junitxml=theirs.xml")
    result.assert_outcomes(passed=len(check.shipped()) - 1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["BROKEN accept.notifications.order (shown)*", "  Documented: *", "  Received:   *"])
    for word in ("Traceback", "plugin.py", "ClauseBroken"):
        result.stdout.no_fnmatch_line(f"*{word}*")
    (failure,) = ET.parse(pytester.path / "theirs.xml").getroot().iter("failure")
    assert (failure.text or "").startswith("BROKEN accept.notifications.order")
    example = next(c["first_counter_example"] for c in certificate(pytester)["clauses"] if c["verdict"] == "broken")
    assert f"Received:   {example['received']}" in (failure.text or "")


def test_an_advisory_break_fails_its_check_only_if_strict(pytester: pytest.Pytester) -> None:
    fault, clause = "--gws-mock=message-with-success", "--gws-clause=accept.response.no-message"
    lenient, strict = checks(pytester, fault, clause), checks(pytester, fault, clause, "--gws-strict")
    lenient.assert_outcomes(passed=1, deselected=len(check.shipped()) - 1)
    strict.assert_outcomes(failed=1, deselected=len(check.shipped()) - 1)
    assert (lenient.ret, strict.ret) == (0, 1)


@pytest.fixture
def declared(pytester: pytest.Pytester) -> str:
    """The option that names a file in which one break is declared."""
    lines = ['["accept.notifications.order"]', 'reason = "Known."', 'ticket = "GWS-1234"', "expires = 2999-01-01"]
    (pytester.path / "known.toml").write_text("\n".join(lines))
    return "--gws-deviations=known.toml"


def test_a_declared_break_is_skipped_with_what_was_declared(pytester: pytest.Pytester, declared: str) -> None:
    result = checks(pytester, "--gws-mock=history-first", declared, "-rs")
    result.assert_outcomes(passed=len(check.shipped()) - 1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*deviation: Known. (GWS-1234, until 2999-01-01)"])
    assert (result.ret, certificate(pytester)["verdict"]) == (0, "conformant")


def test_a_declaration_out_of_date_fails_its_check(pytester: pytest.Pytester, declared: str) -> None:
    result = checks(pytester, "--gws-mock", declared)
    result.assert_outcomes(passed=len(check.shipped()) - 1, failed=1)
    result.stdout.fnmatch_lines(["deviations file out of date: it is kept; *"])
    result.stdout.no_fnmatch_line("*ClauseOpen*")
    assert (result.ret, certificate(pytester)["verdict"]) == (4, "deviations out of date")


def test_only_the_clauses_asked_for_are_run(pytester: pytest.Pytester) -> None:
    result = checks(
        pytester, "--gws-mock", "--gws-clause=accept.response.json", "--gws-clause=accept.response.http-200"
    )
    result.assert_outcomes(passed=2, deselected=len(check.shipped()) - 2)
    assert result.ret == 0
    assert certificate(pytester)["verdict"] == "partial"


def test_what_cannot_be_tested_is_skipped_with_its_reason(pytester: pytest.Pytester) -> None:
    result = checks(pytester, "--gws-mock=reject-refused", "-rs", "--gws-clause=accept.refused.rejected")
    result.assert_outcomes(skipped=1, deselected=len(check.shipped()) - 1)
    result.stdout.fnmatch_lines(["SKIPPED*not testable: *"])
    assert result.ret == 2


def test_what_the_transport_hides_fails_its_check_as_inconclusive(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    mocks: list[Mock] = []

    def lose(cause: Cause) -> None:
        if cause.operation == "accept" and cause.agent and mocks:
            mocks[0].broker.forget(cause.agent.name)

    with Mock(variations=[Scripted(hears=lose)]) as mock:
        mocks.append(mock)
        for name, value in credentials(mock).items():
            monkeypatch.setenv(name, value)
        words = (f"--gws-url={mock.url}", "--gws-clause=accept.history.arrives", "--gws-offer-timeout=1")
        result = pytester.runpytest_inprocess(*LOUD, *SHORT, *words, "--gws-deadline=0.1", str(CHECKS))
    result.assert_outcomes(failed=1, deselected=len(check.shipped()) - 1)
    result.stdout.fnmatch_lines(["inconclusive: *"])
    assert result.ret == 2


def test_without_a_ruling_a_check_is_skipped(tmp_path: Path) -> None:
    wish = Wish(mock="", chats=1, report_dir="out")
    run = certifying.Certifying(certification.Certification(wish, {}, tmp_path))
    with pytest.raises(pytest.skip.Exception, match="not asked for in this run"):
        run.report(Check("accept.response.json", lambda _: None))


# ---- runs that come to nothing --------------------------------------------------------------------------------------


def test_a_wish_that_cannot_come_true_is_a_usage_error_before_any_check(pytester: pytest.Pytester) -> None:
    result = quietly(pytester)
    assert result.ret == 4
    assert result.errlines == [
        "ERROR: There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock.",
        "",
    ]
    assert not (pytester.path / "out").exists()


def test_when_the_environment_is_not_ready_no_check_runs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mock() as mock:
        for name, value in {**credentials(mock), "GWS_AGENTS": "agent1:wrong"}.items():
            monkeypatch.setenv(name, value)
        loud, quiet = checks(pytester, f"--gws-url={mock.url}"), quietly(pytester, f"--gws-url={mock.url}")
    assert loud.ret == quiet.ret == 2
    loud.assert_outcomes()
    loud.stdout.fnmatch_lines(["not ready: The server refuses the agent agent1 (*); is the password right[?]"])
    (line,) = [line for line in quiet.errlines if line]
    assert line.startswith("not ready: The server refuses the agent agent1 ")
    assert certificate(pytester)["ended"] == "not ready"
    assert [record.kind for record in read(pytester.path / "out" / "journal.ndjson")][-1] == "footer"


@pytest.mark.parametrize("run", [checks, quietly])
def test_an_error_of_ours_is_a_harness_error_and_what_was_recorded_is_kept(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("that was not to be")

    monkeypatch.setattr(certification, "judge", crash)
    result = run(pytester, "--gws-mock")
    assert result.ret == 3
    said = result.stdout.str() + result.stderr.str()
    assert "harness error: ZeroDivisionError: that was not to be" in said
    assert "what was recorded: out" in said
    assert "Traceback" not in said
    assert [record.kind for record in read(pytester.path / "out" / "journal.ndjson")][-1] == "footer"


def test_an_error_of_ours_is_told_without_secrets(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(campaign: Any) -> None:
        raise ValueError(f"cannot read {[account.password for account in campaign._target.agents]}")

    monkeypatch.setattr(Campaign, "run", crash)
    result = quietly(pytester, "--gws-mock")
    assert result.ret == 3
    said = result.stdout.str() + result.stderr.str()
    assert "harness error: ValueError: cannot read ['<masked: password of agent1>', " in said


def test_ctrl_c_outside_the_campaign_is_said(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(certification, "judge", interrupted)
    result = quietly(pytester, "--gws-mock")
    assert result.ret == 2
    assert (result.stdout.str() + result.stderr.str()).strip()


def test_quietly_the_summary_is_printed_and_nothing_of_pytest(pytester: pytest.Pytester) -> None:
    result = quietly(pytester, "--gws-mock=history-first")
    assert result.ret == 1
    assert result.outlines[0].startswith("gws-contract ")
    assert result.outlines[-2] == f"certificate: {Path('out') / 'certificate.html'}"
    assert result.outlines[-1].startswith(f"seal: {Path('out') / leaves.SEAL} (not signed")
    assert result.errlines == []


# ---- a checkout -----------------------------------------------------------------------------------------------------


def test_in_a_checkout_the_plain_checks_certify_the_embedded_mock(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "tests/accept", "-q", "-p", "no:cacheprovider", *SHORT[:3]]
    command += [f"--gws-report-dir={tmp_path}", f"--junitxml={tmp_path / 'theirs.xml'}"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(check.shipped())} passed" in done.stdout
    assert "the embedded mock: conformant" in done.stdout
    suite = ET.parse(tmp_path / "theirs.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "0")
    assert json.loads((tmp_path / "certificate.json").read_text())["verdict"] == "conformant"


def test_the_policy_of_the_checkout_gives_way_to_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    exec((ROOT / "conftest.py").read_text(), namespace)

    def chosen(**options: Any) -> Any:
        config = type("Config", (), {"option": type("Option", (), {"gws_config": None} | options)()})()
        namespace["pytest_configure"](config)
        return getattr(config.option, "gws_mock", "nothing")

    assert chosen(gws_mock=None, gws_url=None) == ""
    assert chosen(gws_mock="silence", gws_url=None) == "silence"
    assert chosen(gws_mock=None, gws_url="http://localhost") is None
    assert chosen() == "nothing"
    assert chosen(gws_mock=None, gws_url=None, gws_config="my.toml") is None
    (tmp_path / "gws.toml").touch()
    assert chosen(gws_mock=None, gws_url=None) is None
    (tmp_path / "gws.toml").unlink()
    monkeypatch.setenv("GWS_URL", "http://localhost")
    assert chosen(gws_mock=None, gws_url=None) is None


# ---- somebody else's customer ---------------------------------------------------------------------------------------

WIDGET = """
import os, requests

class Widget:
    def __init__(self):
        self.url = os.environ["GWS_URL"] + "/api/v2/chats"
        self.headers = {"ContactCenterId": os.environ["CENTER"]}

    def do(self, request):
        if request["do"] != "offer":
            return {"ok": False, "reason": "this widget only offers"}
        body = {"operationName": "RequestChat", "nickname": request["nickname"], "userData": request["userData"]}
        requests.post(self.url, json=body, headers=self.headers, timeout=20).raise_for_status()
        return {"offered": True, "can": ["name", "user-data"]}

def pytest_gws_customer(config, settings):
    assert settings.kind == "gws"
    return Widget if config.option.verbose < 5 else None
"""


def test_a_plugin_may_play_the_customer(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(my_customer=WIDGET)
    pytester.syspathinsert()
    with Mock() as mock:
        for name, value in {**credentials(mock), "GWS_URL": mock.url, "CENTER": mock.contact_center_id}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("GWS_CONTACT_CENTER_ID")
        result = checks(pytester, "-p", "my_customer")
    assert result.ret == 0
    found = certificate(pytester)
    assert (found["verdict"], found["customer"]) == ("conformant", "own")
    assert found["lacks"] == ["customer-texts", "customer-leaves", "customer-side"]


def test_a_plugin_may_leave_the_customer_to_the_options(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(my_customer="def pytest_gws_customer(settings):\n    return None\n")
    pytester.syspathinsert()
    assert checks(pytester, "-p", "my_customer", "--gws-mock").ret == 0
    assert certificate(pytester)["customer"] == "gws"


def test_the_hook_costs_a_stranger_no_import_of_the_suite() -> None:
    script = """if True:
        import sys, gws_contract.plugin
        ours = {name for name in sys.modules if name.startswith("gws_contract.")}
        print(*sorted(ours - {"gws_contract.plugin", "gws_contract.hooks", "gws_contract.options"}))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=HANG, check=True)
    assert done.stdout.strip() == ""


def test_a_plugins_customer_does_not_disturb_a_strangers_session(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_gws_customer():\n    raise ZeroDivisionError\n")
    pytester.makepyfile("def test_theirs():\n    pass\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
