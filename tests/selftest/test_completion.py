"""The script for bash completes what the command takes; those for zsh and tcsh are in tests/interop."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from gws_contract import cli
from gws_contract.commands.completion import SHELLS
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.quirks import QUIRKS


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "gws-contract.bash"
    with pytest.MonkeyPatch.context() as patch, path.open("w") as out:
        patch.setattr("sys.stdout", out)
        assert cli.main(["completion", "bash"]) == 0
    return path


def completed(script: Path, here: Path, *words: str) -> set[str]:
    """What bash offers for the last of these words."""
    lines = (
        f"source {shlex.quote(str(script))}",
        "[[ $(complete -p gws-contract) =~ -F\\ ([^ ]+) ]]",
        f"COMP_WORDS=(gws-contract {shlex.join(words)}) COMP_CWORD={len(words)}",
        "${BASH_REMATCH[1]}",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )
    done = subprocess.run(["bash", "-c", "\n".join(lines)], cwd=here, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_commands_are_completed(script: Path, tmp_path: Path) -> None:
    assert completed(script, tmp_path, "cl") == {"clauses"}
    assert {"certify", "mock", "verify"} <= completed(script, tmp_path, "")


def test_options_are_completed(script: Path, tmp_path: Path) -> None:
    assert completed(script, tmp_path, "certify", "--cus") == {"--customer", "--customer-command"}


def test_the_words_that_an_option_takes_are_completed(script: Path, tmp_path: Path) -> None:
    assert completed(script, tmp_path, "certify", "--depth", "") == {"quick", "nightly", "certify"}


@pytest.mark.parametrize(
    "words", [["certify", "--mock"], ["certify", "--mock", "="], ["doctor", "--mock"], ["mock", "--fault"]]
)
def test_faults_and_quirks_are_completed(script: Path, tmp_path: Path, words: list[str]) -> None:
    assert completed(script, tmp_path, *words, "participants-f") == {"participants-first"}
    assert {*FAULTS, *QUIRKS, "like-8.6"} <= completed(script, tmp_path, *words, "")


@pytest.mark.parametrize("words", [["explain"], ["certify", "--clause"], ["load", "--clause"]])
def test_clauses_are_completed(script: Path, tmp_path: Path, words: list[str]) -> None:
    assert completed(script, tmp_path, *words, "accept.notifications.o") == {"accept.notifications.order"}


def test_versions_are_completed(script: Path, tmp_path: Path) -> None:
    assert "8.5.2" in completed(script, tmp_path, "certify", "--table", "8")


def test_files_are_completed_where_files_are_taken_and_folders_where_folders_are(script: Path, tmp_path: Path) -> None:
    (tmp_path / "my-folder").mkdir()
    (tmp_path / "my-file").touch()
    assert completed(script, tmp_path, "certify", "--deviations", "my") == {"my-folder", "my-file"}
    assert completed(script, tmp_path, "certify", "--report-dir", "my") == {"my-folder"}
    assert completed(script, tmp_path, "verify", "my") == {"my-folder", "my-file"}


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    assert "gws-contract" in capsys.readouterr().out


def test_a_shell_that_nobody_knows_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["completion", "cmd"])
    assert left.value.code == 4
    assert "invalid choice: 'cmd'" in capsys.readouterr().err


def test_offering_names_does_not_narrow_what_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Several faults separated by commas are no choice of the completion."""
    cli.main(["completion", "bash"])
    capsys.readouterr()
    assert cli.command_line().parse_args(["mock", "--fault", "csrf,no-ack"]).fault == "csrf,no-ack"
