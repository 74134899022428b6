"""The command that performs one scenario of a run once more."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from gws_contract import contract
from gws_contract.mock.server import Mock

from ..stages import (
    Finished,
    environment,
    sentence,
    started,
    varied,
)
from .ran import SHORT

# ---- certify --------------------------------------------------------------------------------------------------------

KNOWN = """
["accept.notifications.order"]
reason = "The history comes first until release 9."
ticket = "GWS-1234"
expires = 2999-01-01
"""


# ---- one scenario once more -----------------------------------------------------------------------------------------


def commands(screen: str) -> list[list[str]]:
    """The commands that a run prints, as a shell would split them."""
    return [shlex.split(line.partition("again: ")[2]) for line in screen.splitlines() if line.startswith("  again: ")]


def test_the_command_that_is_printed_works_as_printed_against_a_url(tmp_path: Path) -> None:
    with Mock(variations=varied("apostrophe-refused")) as mock:
        env = environment(mock)
        first = Finished(started("certify", *SHORT, "--url", mock.url, cwd=tmp_path, env=env))
        (command,) = commands(first.out)
        assert command[:2] == ["gws-contract", "certify"]
        again = Finished(started(*command[1:], cwd=tmp_path, env=env))
    assert (first.status, again.status) == (1, 1), again.said
    assert "BROKEN accept.request.body" in again.out
    assert "\nchats: 1 given" in again.out


def test_the_command_that_is_printed_works_as_printed_wherever_the_reports_are(tmp_path: Path) -> None:
    folder = "it's tonight"
    asked = ("--mock=history-first", "--chats=1", "--deadline=1", "--quiet-period=0.05", f"--report-dir={folder}")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (1, 1), again.said
    assert "BROKEN accept.notifications.order" in again.out


def test_what_was_declared_is_declared_again_when_its_chat_is_performed_once_more(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)
    asked = (*SHORT, "--mock=history-first", "--deviations", "known.toml")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (0, 0), first.said + again.said
    assert "BROKEN" not in first.said + again.said
    assert "DEVIATION accept.notifications.order" in again.out
    assert "; 1 declared deviation; " in again.out


def test_a_deviations_file_out_of_date_ends_the_command_with_status_4(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)
    ran = Finished(started("certify", *SHORT, "--mock", "--deviations=known.toml", cwd=tmp_path, env=environment()))
    assert ran.status == 4, ran.said
    assert "\ndeviations file out of date:\n  accept.notifications.order (shown): it is kept; " in ran.out
    assert json.loads((tmp_path / "out" / "certificate.json").read_text())["exit_status"] == 4


def test_what_is_broken_with_a_table_of_return_values_is_broken_with_it_again(tmp_path: Path) -> None:
    """What decided the verdict belongs to the command."""
    table = contract.load().versions[0]
    asked = ("--mock=history-first", "--chats=1", "--table", table, "--report-dir=out", "--quiet-period=0.05")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    assert shlex.join(["--table", table]) in shlex.join(command) or f"--table={table}" in command


def test_a_strict_break_is_one_when_it_is_performed_again(tmp_path: Path) -> None:
    asked = ("--mock=message-with-success", "--chats=1", "--strict", "--report-dir=out", "--quiet-period=0.05")
    first = Finished(started("certify", *asked, cwd=tmp_path, env=environment()))
    (command,) = commands(first.out)
    again = Finished(started(*command[1:], cwd=tmp_path, env=environment()))
    assert (first.status, again.status) == (1, 1), again.said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{}", "This is not a scenario: it lacks 'customer'."),
        ("{", "is no kept scenario: "),
    ],
    ids=["missing", "no scenario", "no JSON"],
)
def test_a_file_without_a_scenario_gets_one_sentence_and_status_4(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "one.json").write_text(text)
    ran = Finished(started("certify", "--mock", "--scenario", "one.json", cwd=tmp_path, env=environment()))
    assert ran.status == 4
    assert ran.out == ""
    assert words in sentence(ran.err, "ERROR: ")
    assert not (tmp_path / "reports").exists()
