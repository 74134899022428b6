"""The shell of the CI files under reports/ci, taken out of them and run as their CI would."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "reports" / "ci"
REPORT, KEPT = "gws-report", "gws-kept"
_GUARD = 240
"""Seconds after which a step hangs."""
_EXPRESSION = re.compile(r"\$\{\{\s*(?:secrets|vars)\.(\w+)\s*\}\}")


@dataclass(frozen=True)
class Step:
    """Some lines of shell, what runs them, and the variables that the file itself sets."""

    shell: tuple[str, ...]
    lines: str
    environment: Mapping[str, str] = field(default_factory=dict)


def github_job() -> dict[str, Any]:
    night: dict[str, Any] = yaml.safe_load((FOLDER / "github.yml").read_text("utf-8"))["jobs"]["night"]
    return night


def gitlab_job() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load((FOLDER / "gitlab.yml").read_text("utf-8"))["gws-contract"]
    return job


def github(stored: Mapping[str, str]) -> list[Step]:
    """The steps of GitHub Actions; `stored` holds its secrets and variables."""
    job = github_job()

    def environment(of: Mapping[str, Any]) -> dict[str, str]:
        given = {**job["env"], **of.get("env", {})}
        return {name: _EXPRESSION.sub(lambda m: stored.get(m[1], ""), value) for name, value in given.items()}

    return [Step(("bash", "-e"), each["run"], environment(each)) for each in job["steps"] if "run" in each]


def gitlab(stored: Mapping[str, str]) -> list[Step]:
    """The one step of GitLab CI, whose variables are those of the job."""
    job = gitlab_job()
    lines = "\n".join([*job["before_script"], *job["script"]])
    return [Step(("bash", "-eo", "pipefail"), lines, {**stored, **job["variables"]})]


def jenkins(stored: Mapping[str, str]) -> list[Step]:
    """The steps of Jenkins; its credentials are bound where the file asks for them."""
    text = (FOLDER / "Jenkinsfile").read_text("utf-8")
    assert "\\" not in text, "Groovy would read it as an escape"
    written = dict(re.findall(r"(\w+) = '([^']*)'", text))
    bound = re.findall(r"(\w+) = credentials\(", text)
    agent = {name: stored[name] for name in ("GWS_URL", "GWS_CONTRACT") if name in stored}
    environment = {**agent, **written, **{name: stored[name] for name in bound}}
    scripts = re.findall(r"sh\(?(?:returnStatus: true, script: )? ?'''(.*?)'''", text, re.DOTALL)
    return [Step(("sh", "-xe"), each, environment) for each in scripts]


FILES: dict[str, Callable[[Mapping[str, str]], list[Step]]] = {
    "github.yml": github,
    "gitlab.yml": gitlab,
    "Jenkinsfile": jenkins,
}


class Workspace:
    """A folder as a CI checks it out, in which steps run with nothing of this process's environment."""

    def __init__(self, folder: Path, gws_contract: str = "") -> None:
        """`gws_contract`: what to install as the command, instead of the real one; a script."""
        self.folder, self._path = folder, [folder / "bin", "/usr/bin", "/bin"]
        self.said = ""
        shutil.copytree(FOLDER, folder / "reports" / "ci", dirs_exist_ok=True)
        real = Path(sys.executable).with_name("gws-contract")
        command = gws_contract.replace("REAL", str(real)) or f'exec {real} "$@"'
        self._script("installed", command)
        self._script(
            "python",
            "mkdir -p .venv/bin && cp bin/installed .venv/bin/gws-contract"
            " && printf '#!/bin/sh\\necho \"$@\" >>pip.log\\n' >.venv/bin/pip && chmod +x .venv/bin/pip",
        )
        shutil.copy(folder / "bin" / "python", folder / "bin" / "python3")

    def _script(self, name: str, lines: str) -> None:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n{lines}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, step: Step, **environment: str) -> int:
        """The exit status of a step."""
        given = {"HOME": str(self.folder), "PATH": os.pathsep.join(map(str, self._path)), "LANG": "C.UTF-8"}
        cache = {"XDG_CACHE_HOME": str(self.folder / "cache")}
        done = subprocess.run(
            [*step.shell, "-c", step.lines],
            cwd=self.folder,
            env={**given, **cache, **step.environment, **environment},
            capture_output=True,
            text=True,
            timeout=_GUARD,
        )
        self.said = done.stdout + done.stderr
        added = self.folder / "github-path"
        if added.is_file():
            self._path = [*added.read_text().split("\n"), *self._path]
            added.unlink()
        return done.returncode

    def night(self, steps: list[Step], **environment: str) -> int:
        """The exit status of the first step that fails, or 0. Later ones are not begun."""
        github_files = {"GITHUB_PATH": "github-path", "GITHUB_STEP_SUMMARY": "github-summary"}
        files = {name: str(self.folder / file) for name, file in github_files.items()}
        return next((status for step in steps if (status := self.run(step, **files, **environment))), 0)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()
