"""The files for nightly CI: what they keep and upload, and what becomes of a night that ends in each way."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ..ci_steps import FILES, FOLDER, KEPT, REPORT, Step, Workspace, github_job, gitlab_job
from ..filing import broke, filed

PRETEND = """
if [ "$1" != certify ]; then exec REAL "$@"; fi
echo "$@" >>certify.log
echo "::error::said by a server"
if [ -f tonight.json ]; then
    mkdir -p gws-report/bundle
    cp tonight.json gws-report/bundle/certificate.json
    echo "# in short" >gws-report/bundle/summary.md
fi
exit "$TONIGHT"
"""
"""A certify that leaves what it is told to leave; the other commands are the real ones."""
NIGHT = Step(("bash",), "bash reports/ci/nightly.sh")
_days = count(1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = Workspace(tmp_path, PRETEND)
    found.run(Step(("bash",), "cp bin/installed bin/gws-contract"))
    return found


def tonight(
    workspace: Workspace,
    status: int,
    *clauses: dict[str, Any],
    certificate: bool = True,
    more: str = "",
    **environment: str,
) -> int:
    """One night that certify ends with this status."""
    verdict = {0: "conformant", 1: "not conformant", 2: "inconclusive", 3: "harness error", 4: "deviations out of date"}
    path = workspace.folder / "tonight.json"
    path.unlink(missing_ok=True)
    if certificate:
        started = f"2026-11-{next(_days):02}T02:00:00+00:00"
        data = filed(*clauses, verdict=verdict[status], exit_status=status, started=started)
        path.write_text(json.dumps(data))
    return workspace.run(Step(("bash",), f"{NIGHT.lines} {more}"), TONIGHT=str(status), **environment)


# ---- the night ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "essence"),
    [
        (0, "Conformant."),
        (1, "Not conformant: a clause is broken."),
        (2, "Not known: the environment was not ready, or the run did not come to its end."),
        (3, "Not known: an error of the suite."),
        (4, "It cannot work as given, or declared deviations are out of date."),
        (127, "Not known: gws-contract could not be run (exit status 127)."),
    ],
)
def test_the_exit_status_is_that_of_certify_and_is_told_in_words(
    workspace: Workspace, status: int, essence: str
) -> None:
    assert tonight(workspace, status, certificate=False) == status
    assert workspace.text(f"{REPORT}/essence.txt") == f"{essence}\n"
    assert workspace.text(f"{REPORT}/status") == f"{status}\n"
    assert workspace.said.rstrip().endswith(essence)


def test_the_first_night_has_nothing_to_be_compared_with(workspace: Workspace) -> None:
    assert tonight(workspace, 0) == 0
    assert workspace.text(f"{REPORT}/difference.md") == "There is no earlier night to compare this one with.\n"
    assert workspace.has(f"{KEPT}/last/certificate.json")
    assert workspace.has(f"{REPORT}/history.html")


def test_a_night_is_compared_with_the_one_before(workspace: Workspace) -> None:
    tonight(workspace, 0)
    assert tonight(workspace, 1, broke()) == 1
    assert workspace.text(f"{REPORT}/difference.txt").startswith("1 clause newly broken")
    assert json.loads(workspace.text(f"{REPORT}/difference.json"))["status"] == 1
    assert "1 clause newly broken" in workspace.said
    page = workspace.text(f"{REPORT}/night.md")
    assert page.startswith(
        "# gws-contract: Not conformant: a clause is broken.\n\n# in short\n\n## Since the last run\n"
    )


def test_a_difference_does_not_hide_the_verdict(workspace: Workspace) -> None:
    tonight(workspace, 1, broke())
    assert tonight(workspace, 1, broke()) == 1, "nothing is newly broken"
    assert workspace.text(f"{REPORT}/difference.txt").startswith("Nothing newly broken")


def test_a_night_without_an_answer_is_not_what_the_next_is_compared_with(workspace: Workspace) -> None:
    tonight(workspace, 0)
    before = workspace.text(f"{KEPT}/last/certificate.json")
    assert tonight(workspace, 2) == 2
    assert tonight(workspace, 3) == 3
    assert workspace.text(f"{KEPT}/last/certificate.json") == before
    assert tonight(workspace, 1, broke()) == 1
    assert workspace.text(f"{REPORT}/difference.txt").startswith("1 clause newly broken")


def test_a_night_without_a_certificate_does_not_show_that_of_the_night_before(workspace: Workspace) -> None:
    tonight(workspace, 1, broke())
    assert tonight(workspace, 4, certificate=False) == 4
    assert not workspace.has(f"{REPORT}/bundle/certificate.json")
    assert not workspace.has(f"{REPORT}/difference.txt")
    assert workspace.text(f"{REPORT}/difference.md") == "There is no certificate of this night to compare.\n"
    assert "in short" not in workspace.text(f"{REPORT}/night.md")


def test_a_kept_certificate_that_is_torn_harms_nothing(workspace: Workspace) -> None:
    tonight(workspace, 0)
    (workspace.folder / KEPT / "last" / "certificate.json").write_text("{")
    assert tonight(workspace, 0) == 0
    assert workspace.text(f"{REPORT}/difference.txt").startswith("Not comparable: ")


def test_only_so_many_nights_are_kept(workspace: Workspace) -> None:
    for day in range(1, 5):
        (workspace.folder / KEPT / "nights" / f"2025010{day}T020000Z").mkdir(parents=True)
    assert tonight(workspace, 0, NIGHT_NIGHTS="2") == 0
    kept = sorted(path.name for path in (workspace.folder / KEPT / "nights").iterdir())
    assert kept[0] == "20250104T020000Z"
    assert len(kept) == 2


def test_certify_is_told_what_to_keep_where_and_when_to_end(workspace: Workspace) -> None:
    tonight(workspace, 0, more="--strict --topic '/v2/me/*'")
    assert workspace.text("certify.log") == (
        f"certify --depth nightly --time-limit 2700 --store {KEPT}/counter-examples --report-dir {REPORT}/bundle"
        " --strict --topic /v2/me/*\n"
    )
    tonight(workspace, 0, GWS_DEPTH="certify", GWS_TIME_LIMIT="60")
    assert "--depth certify --time-limit 60 " in workspace.text("certify.log")


@pytest.mark.parametrize(("status", "kind"), [(1, "error"), (2, "warning")])
def test_on_github_a_server_cannot_speak_to_the_workflow(workspace: Workspace, status: int, kind: str) -> None:
    summary = workspace.folder / "summary"
    tonight(workspace, status, certificate=False, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    stop, said, go, *rest = workspace.said.splitlines()
    assert said == "::error::said by a server"
    token = stop.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert go == f"::{token}::"
    assert rest[0].startswith(f"::{kind} title=gws-contract::Not ")
    assert summary.read_text().startswith("# gws-contract: Not ")


# ---- the files ------------------------------------------------------------------------------------------------------

STORED = {"GWS_URL": "http://127.0.0.1:9", "GWS_AGENTS": "a:b", "GWS_CONTACT_CENTER_ID": "c"}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("status", [0, 2])
def test_the_steps_of_each_file_install_and_run_the_night(tmp_path: Path, file: str, status: int) -> None:
    workspace = Workspace(tmp_path, PRETEND)
    (tmp_path / "tonight.json").write_text(json.dumps(filed()))
    assert workspace.night(FILES[file](STORED), TONIGHT=str(status)) == status
    assert workspace.text("pip.log") == "install --quiet .\n"
    assert workspace.has(f"{REPORT}/night.md")
    assert workspace.has(f"{KEPT}/nights")


@pytest.mark.parametrize("file", FILES)
def test_what_is_installed_can_be_said(tmp_path: Path, file: str) -> None:
    workspace = Workspace(tmp_path, PRETEND)
    workspace.night(FILES[file]({**STORED, "GWS_CONTRACT": "gws_contract-1.whl"}), TONIGHT="0")
    assert workspace.text("pip.log") == "install --quiet gws_contract-1.whl\n"


def test_github_uploads_and_keeps_whatever_became_of_the_night() -> None:
    uses = {str(step.get("uses")).partition("@")[0]: step for step in github_job()["steps"]}
    upload, save, fetch = (uses[f"actions/{name}"] for name in ("upload-artifact", "cache/save", "cache/restore"))
    assert (upload["if"], upload["with"]["path"]) == ("always()", REPORT)
    assert (save["if"], save["with"]["path"]) == ("always()", KEPT)
    assert fetch["with"]["path"] == KEPT
    assert fetch["with"]["key"] == save["with"]["key"]
    assert save["with"]["key"].startswith(fetch["with"]["restore-keys"])


def test_github_shows_its_secrets_to_one_step_only() -> None:
    job = github_job()
    assert "secrets." not in json.dumps({**job, "steps": [s for s in job["steps"] if s.get("name") != "Night"]})


def test_gitlab_uploads_and_keeps_whatever_became_of_the_night() -> None:
    job = gitlab_job()
    assert (job["artifacts"]["when"], job["artifacts"]["paths"]) == ("always", [REPORT])
    assert job["artifacts"]["reports"]["junit"] == f"{REPORT}/bundle/junit.xml"
    assert (job["cache"]["when"], job["cache"]["paths"]) == ("always", [KEPT])
    assert job["allow_failure"] == {"exit_codes": [2]}


def test_jenkins_uploads_whatever_became_of_the_night() -> None:
    text = (FOLDER / "Jenkinsfile").read_text("utf-8")
    post = text.partition("post {")[2]
    assert "always {" in post
    assert f"junit(testResults: '{REPORT}/bundle/junit.xml', allowEmptyResults: true" in post
    assert f"archiveArtifacts(artifacts: '{REPORT}/**', allowEmptyArchive: true)" in post


def test_the_time_limit_of_the_night_leaves_the_job_time_to_upload() -> None:
    assert github_job()["timeout-minutes"] * 60 >= 2700 + 600
    assert gitlab_job()["timeout"] == "1 hour"
    assert "timeout(time: 1, unit: 'HOURS')" in (FOLDER / "Jenkinsfile").read_text("utf-8")
