"""Allure results as one HTML file, rendered by the npm package `allure` where it is at hand.

What it renders calls a third party's analytics. Here that is taken out, and the page is forbidden to load anything: it
reads the same without a network, and tells nobody that it was read.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

MAJOR = 3
"""Of the npm package."""
INSTALL = f"npm install --global allure@{MAJOR}"
_SECONDS = 300.0
_FOREIGN = re.compile(r"""<script\b[^>]*\ssrc\s*=\s*["']?(?:https?:)?//[^>]*>\s*</script>""", re.IGNORECASE)
_ANALYTICS = re.compile(r"<script>(?:(?!</script>).)*?\bgtag\((?:(?!</script>).)*</script>", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_NOTHING_FROM_ELSEWHERE = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'none'\">"
)


class RenderingError(Exception):
    """There is no report; the message is one sentence for a person."""


def render(results: Path, name: str, history: Path | None = None) -> str:
    """The HTML of these results; `name` is its title. `history`: a file that Allure reads and appends this run to.

    Raises RenderingError.
    """
    command = _command()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        settings = here / "allurerc.json"
        settings.write_text(json.dumps(_settings(here / "out", name, history)), "ascii")
        words = [*command, "generate", "--config", str(settings), "--cwd", folder, str(results.absolute())]
        done = _ran(words)
        page = here / "out" / "index.html"
        # Allure may end with 0 and leave nothing.
        if done.returncode or not page.is_file():
            raise RenderingError(f"Allure rendered nothing: {_last_line(done)}.")
        return stripped(page.read_text("utf-8"))


def stripped(page: str) -> str:
    """The page without scripts from elsewhere, which also loads nothing from elsewhere."""
    kept = _ANALYTICS.sub("", _FOREIGN.sub("", page))
    forbidding, heads = _HEAD.subn(lambda found: found[0] + _NOTHING_FROM_ELSEWHERE, kept, count=1)
    if not heads:
        raise RenderingError("What Allure rendered is no HTML page with a head.")
    return forbidding


def _settings(output: Path, name: str, history: Path | None) -> dict[str, Any]:
    kinds = resources.files("gws_contract.report").joinpath("allure_categories.json").read_text("ascii")
    page = {"reportName": name, "singleFile": True, "reportLanguage": "en", "groupBy": ["epic", "feature", "story"]}
    kept = {"historyPath": str(history.absolute()), "appendHistory": True} if history is not None else {}
    return {
        "name": name,
        "output": str(output),
        "plugins": {"awesome": {"options": page}},
        "categories": json.loads(kinds),
        **kept,
    }


def _command() -> list[str]:
    """What starts Allure: a program on the PATH, or what npx finds without a network. Raises RenderingError."""
    candidates = [["allure"], ["npx", "--no-install", "allure"]]
    found = [(words, version) for words in candidates if (version := _version(words))]
    for words, version in found:
        if version.split(".")[0] == str(MAJOR):
            return words
    if found:
        raise RenderingError(f"This is Allure {found[0][1]}, and version {MAJOR} is needed: {INSTALL}.")
    raise RenderingError(f"There is no Allure here to render the report: {INSTALL}.")


def _version(words: Sequence[str]) -> str | None:
    if shutil.which(words[0]) is None:
        return None
    done = _ran([*words, "--version"])
    found = re.search(r"\d+\.\d+[\w.-]*", done.stdout)
    return found[0] if found and not done.returncode else None


def _ran(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - what a user has on the PATH
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderingError(f"Allure did not end within {_SECONDS:g} s.") from error
    except OSError as error:
        raise RenderingError(f"Allure cannot be started: {error.strerror}.") from error


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
    return (lines[-1] if lines else f"exit status {done.returncode}").rstrip(".")
