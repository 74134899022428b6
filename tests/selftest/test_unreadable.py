"""Files and folders that cannot be read or written, and interruptions: what is said of them, and with which status."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gws_contract.cli import main
from gws_contract.commands import verify as command
from gws_contract.report import leaves
from gws_contract.report.history import gather
from gws_contract.seal import files, keys
from gws_contract.seal.files import FileError
from gws_contract.verification import verify

MEMORY = Path("/proc/self/mem")
"""A regular file that can be opened, and not read from its beginning."""
without_memory = pytest.mark.skipif(not MEMORY.exists(), reason="only Linux has such a file")
LONG = "n" * 300


@pytest.fixture
def _no_folder_can_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the rights to it are missing, which a test by root cannot bring about."""

    def refused(*_: object) -> Iterator[object]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(os, "listdir", refused)


def status_of(words: list[str | Path]) -> int:
    try:
        return main([str(word) for word in words])
    except SystemExit as ended:
        return int(ended.code or 0)


@without_memory
@pytest.mark.parametrize(
    "read", [lambda folder, name: files.digest(folder, name), lambda folder, name: files.content(folder, name, 10)]
)
def test_a_file_that_breaks_while_it_is_read_is_told_with_its_reason(read: Callable[[Path, str], object]) -> None:
    with pytest.raises(FileError, match=r"^mem cannot be read: Input/output error\.$"):
        read(MEMORY.parent, MEMORY.name)


@without_memory
def test_a_certificate_that_breaks_while_it_is_read_is_skipped_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "certificate.json").symlink_to(MEMORY)
    (skipped,) = gather(tmp_path, 3).skipped
    assert (skipped.file, skipped.why) == ("night/certificate.json", "cannot be read: Input/output error")


@pytest.mark.usefixtures("_no_folder_can_be_listed")
def test_a_folder_that_cannot_be_listed_is_a_step_that_failed(tmp_path: Path) -> None:
    (step,) = verify(tmp_path).steps
    assert (step.name, step.state, step.says) == (
        "files",
        "FAILED",
        "The folder . cannot be read: Permission denied.",
    )


def test_the_command_says_which_folder_it_cannot_list(
    kept: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("_no_folder_can_be_listed")
    assert status_of(["verify", kept]) == 4
    assert f"{kept} cannot be read: Permission denied." in capsys.readouterr().err


def test_what_no_real_journal_brings_about_fails_its_step(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(leaves, "below", broken)
    (step,) = [step for step in verify(kept).steps if step.name == "rendering"]
    assert step.state == "FAILED"
    assert step.says.endswith("(ZeroDivisionError: division by zero)")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["kept", "kept"], "One bundle is verified at a time."),
        (["kept", "--report-dir", "new"], "--report-dir is for shards; a bundle has its reports."),
    ],
)
def test_a_bundle_is_verified_alone_and_has_its_reports(
    kept: Path, words: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(kept.parent)
    assert status_of(["verify", *words]) == 4
    assert sentence in capsys.readouterr().err


def test_reports_that_cannot_be_written_are_usage(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = kept / leaves.JOURNAL / "below"
    assert status_of(["verify", kept / leaves.JOURNAL, "--report-dir", folder]) == 4
    assert f"The report directory {folder} cannot be written: Not a directory." in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["verify", LONG], ["history", LONG], ["diff", LONG, LONG], ["verify", "journal.ndjson", "--report-dir", LONG]],
)
def test_a_name_that_no_file_can_have_is_usage(
    kept: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(kept)
    assert status_of([*words]) == 4
    said = capsys.readouterr().err
    assert "File name too long." in said
    assert said.count("\n") == 1


def test_an_error_that_nobody_expected_is_no_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(command, "verify", broken)
    with pytest.raises(PermissionError):
        main(["verify", str(Path.cwd())])


def test_ctrl_c_before_the_verdict_is_told(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        # A signal would strike wherever the main thread is by then.
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "verify", interrupted)
    assert status_of(["verify", kept]) == 2
    assert capsys.readouterr().err == "gws-contract: interrupted before the verdict.\n"


def test_a_key_where_no_folder_is_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(keys.BadKeyError, match=r"^The key .+ cannot be written: No such file or directory\.$"):
        keys.new(tmp_path / "nowhere" / "key")


def test_a_private_key_is_not_left_without_its_public_one(tmp_path: Path) -> None:
    path = tmp_path / ("k" * 254)
    with pytest.raises(keys.BadKeyError, match="cannot be written: File name too long"):
        keys.new(path)
    assert list(tmp_path.iterdir()) == []
