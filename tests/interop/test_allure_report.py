"""The npm package `allure` renders what a run leaves: every clause is there, and nothing from elsewhere."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .peer import HERE

ORDER = "accept.notifications.order"


def gws_contract(*words: str, here: Path) -> subprocess.CompletedProcess[str]:
    path = f"{HERE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "gws_contract", *words],
        cwd=here,
        env={**os.environ, "PATH": path, "XDG_CACHE_HOME": str(here / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def rendered(npm_packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of two runs, rendered with their history."""
    here = tmp_path_factory.mktemp("run")
    (here / "known.toml").write_text(
        f'["{ORDER}"]\nreason = "Until release 9."\nticket = "GWS-1"\nexpires = 2099-01-01\n'
    )
    words = ("certify", "--mock=participants-first,work-refused", "--chats=20", "--quiet-period=0.1", "--quiet")
    for number in ("1", "2"):
        ran = gws_contract(*words, "--allure", "--deviations=known.toml", f"--report-dir={number}", here=here)
        assert ran.returncode == 1, ran.stderr
        done = gws_contract("report", number, "--history", "history.jsonl", here=here)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"report: {number}-allure.html\n"
    return here


def held(page: Path) -> dict[str, bytes]:
    """The files that are in a page of one file."""
    found = re.findall(r'\bd\("([^"]+)",\s*"([A-Za-z0-9+/=]*)"\)', page.read_text("utf-8"))
    return {name: base64.b64decode(content) for name, content in found}


def results(files: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(content) for name, content in files.items() if name.startswith("data/test-results/")]


def test_every_result_is_in_the_page_with_its_labels(rendered: Path) -> None:
    left = [json.loads(path.read_text()) for path in (rendered / "2" / "allure-results").glob("*-result.json")]
    shown = results(held(rendered / "2-allure.html"))
    assert {one["fullName"] for one in shown} == {one["fullName"] for one in left}
    assert {one["fullName"]: one["status"] for one in shown} == {one["fullName"]: one["status"] for one in left}


def test_a_deviation_is_in_its_own_category(rendered: Path) -> None:
    (found,) = [one for one in results(held(rendered / "2-allure.html")) if one["fullName"] == ORDER]
    assert [kind["name"] for kind in found["categories"]] == ["Declared deviations"]
    assert found["status"] == "unknown"


def test_the_second_report_knows_the_first_run(rendered: Path) -> None:
    assert len((rendered / "history.jsonl").read_text().splitlines()) == 2
    (found,) = [one for one in results(held(rendered / "2-allure.html")) if one["fullName"] == ORDER]
    assert found["history"]


def test_every_attachment_is_in_the_page(rendered: Path) -> None:
    left = {path.read_bytes() for path in (rendered / "2" / "allure-results").glob("*-attachment.*")}
    assert left
    assert left <= set(held(rendered / "2-allure.html").values())


def test_the_page_has_nothing_from_elsewhere_and_no_path_of_this_machine(rendered: Path) -> None:
    page = rendered / "2-allure.html"
    text = page.read_text("utf-8")
    assert "googletagmanager" not in text
    assert "gtag(" not in text
    assert not re.search(r"""<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)\s*=\s*["']?(?:https?:)?//""", text)
    assert "Content-Security-Policy" in text
    places = (str(rendered), str(HERE))
    assert not [n for n, content in held(page).items() if any(place.encode() in content for place in places)]
