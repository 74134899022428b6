"""The command in odd environments, and when somebody ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gws_contract import check, cli
from gws_contract.certification import FLOOR
from gws_contract.commands import certify
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request

from ..stages import (
    Finished,
    Scripted,
    credentials,
    environment,
    interrupt,
    nobody_is_left,
    started,
    varied,
)
from .ran import SHORT, Ran

# ---- odd environments -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A certification of the mock where everything about the environment is unusual."""
    here = tmp_path_factory.mktemp("odd")
    (here / "strange.py").write_text("def pytest_collection_modifyitems(items):\n    del items[1:]\n")
    (here / "sitecustomize.py").write_text("import strange\n")
    strange = {"PYTHONPATH": ".", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "strange"}
    env = environment(**strange, PYTHONIOENCODING="ascii")
    # A chat more than the situations: Hypothesis is used, and has something to store.
    asked = ("--mock=non-bmp-nickname", f"--chats={FLOOR + 1}")
    return Ran(Finished(started("certify", *SHORT, *asked, cwd=here, env=env)), here)


def test_a_strangers_plugin_cannot_reduce_a_certification(odd: Ran) -> None:
    tested = [row for row in odd.certificate["clauses"] if row["tested"]]
    assert len(tested) == len(check.shipped())


def test_a_screen_that_knows_ascii_only_shows_the_break_all_the_same(odd: Ran) -> None:
    assert odd.finished.status == 1
    assert "Traceback" not in odd.finished.said
    assert "Received:" in odd.finished.out


def test_a_certification_leaves_nothing_but_its_reports_in_the_current_folder(odd: Ran) -> None:
    names = {path.name for path in odd.here.iterdir()}
    assert names - {"strange.py", "sitecustomize.py", "__pycache__"} == {"out"}


def test_a_user_without_a_home_directory_can_certify(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that runs under any user id has neither HOME nor an entry in the list of users."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert certify._as_one([sys.executable, "-c", ""]) == 0


# ---- being ended ----------------------------------------------------------------------------------------------------


def test_ctrl_c_on_a_slow_server_keeps_the_break_and_leaves_nobody(tmp_path: Path) -> None:
    processes: list[subprocess.Popen[str]] = []

    def strike(request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == 5:
            os.killpg(processes[0].pid, signal.SIGINT)
        return None

    with Mock(variations=[Scripted(strike), *varied("slow-server", "history-first")]) as mock:
        env = environment(mock)
        processes.append(started("certify", *SHORT, "--chats=30", "--url", mock.url, cwd=tmp_path, env=env))
        ran = Ran(Finished(processes[0]), tmp_path)
        assert nobody_is_left(mock)
    assert ran.finished.status == 1
    assert ran.certificate["ended"] == "interrupted"
    assert "incomplete: interrupted" in ran.finished.out
    assert "Received:" in ran.finished.out
    assert ran.finished.err == ""


def test_sigterm_reaches_the_run_and_it_clears_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strike(request: Request) -> Answer | None:
        if request.operation == "Accept" and request.chat is not None and request.chat.number == 3:
            interrupt(signal.SIGTERM)
        return None

    monkeypatch.chdir(tmp_path)
    with Mock(variations=[Scripted(strike), *varied("slow-server")]) as mock:
        for name, value in credentials(mock).items():
            monkeypatch.setenv(name, value)
        status = cli.main(["certify", *SHORT, "--chats=30", "--url", mock.url])
        assert nobody_is_left(mock)
    assert status == 2
    assert json.loads((tmp_path / "out" / "certificate.json").read_text())["ended"] == "interrupted"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 2, "the run was ended before its first chat."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 3, ""),
        ("raise SystemExit(5)", 3, ""),
        ("raise SystemExit(4)", 4, ""),
    ],
)
def test_how_the_child_ended_gives_the_status(
    capsys: pytest.CaptureFixture[str], script: str, status: int, said: str
) -> None:
    assert certify._as_one([sys.executable, "-c", script]) == status
    assert capsys.readouterr().err.strip().endswith(said)
