"""What a stranger gets: a wheel and an sdist, each installed alone and far from the checkout, certify the mock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANG = 900
"""Seconds that no step takes; an installation asks an index for some sixty packages."""
_TOP_LEVEL = """
import importlib.metadata, json
files = importlib.metadata.distribution("gws-contract").files
tops = {file.parts[0] for file in files if file.suffix == ".py" or len(file.parts) > 1}
print(json.dumps(sorted(top for top in tops if not top.endswith(".dist-info") and top != "..")))
"""
_WHERE = "import gws_contract; print(gws_contract.__file__)"


def ran(*command: str | Path, cwd: Path) -> str:
    """What a program prints in an environment that says nothing of this checkout. Fails the test if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GWS_"))}
    environment |= {"XDG_CACHE_HOME": str(cwd / "cache"), "PIP_CACHE_DIR": environment.get("PIP_CACHE_DIR", _cache())}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=HANG)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}", pytrace=False)
    return done.stdout


def _cache() -> str:
    """Where pip keeps what it downloaded; what is installed is the same with or without."""
    return str(Path.home() / ".cache" / "pip")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist, and of a wheel that was built of it and of nothing else, as `python -m build` does."""
    folder = tmp_path_factory.mktemp("dist")
    ran(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


def one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="module", params=["*.whl", "*.tar.gz"], ids=["wheel", "sdist"])
def place(request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment, `.venv`, into which nothing but the distribution was installed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / ".venv", with_pip=True)
    ran(folder / ".venv" / "bin" / "pip", "install", "--quiet", one(built, request.param), cwd=folder)
    return folder


def test_one_command_certifies_the_mock(place: Path) -> None:
    words = ("certify", "--mock", "--chats", "20", "--quiet-period", "0.2", "--report-dir", "out")
    said = ran(place / ".venv" / "bin" / "gws-contract", *words, cwd=place)
    assert "the embedded mock: conformant" in said
    assert json.loads((place / "out" / "certificate.json").read_text("utf-8"))["verdict"] == "conformant"
    assert (place / "out" / "certificate.html").stat().st_size > 10_000
    ran(place / ".venv" / "bin" / "gws-contract", "verify", "out", cwd=place)


def test_it_brings_one_import_name(place: Path) -> None:
    python = place / ".venv" / "bin" / "python"
    assert json.loads(ran(python, "-c", _TOP_LEVEL, cwd=place)) == ["gws_contract"]
    assert Path(ran(python, "-c", _WHERE, cwd=place).strip()).is_relative_to(place)


def test_what_it_needs_is_there_and_agrees(place: Path) -> None:
    assert ran(place / ".venv" / "bin" / "pip", "check", cwd=place).strip() == "No broken requirements found."


def test_the_sdist_has_what_a_wheel_is_built_of(built: Path) -> None:
    """The wheel of the sdist holds the contract, the checks, templates and licence, and no tests of ours."""
    with zipfile.ZipFile(one(built, "*.whl")) as wheel:
        names = wheel.namelist()
    files = [path for path in (ROOT / "contracts").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 20
    assert [path for path in files if f"gws_contract/{path.relative_to(ROOT)}" not in names] == []
    checks = [path.relative_to(ROOT) for path in (ROOT / "tests").glob("*/test_[0-9]_*.py")]
    assert [path for path in checks if f"gws_contract/{path}" not in names] == []
    assert [name for name in names if "selftest" in name] == []
    with tarfile.open(one(built, "*.tar.gz")) as archive:
        top = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml"} <= top
