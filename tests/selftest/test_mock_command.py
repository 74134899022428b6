"""What `gws-contract mock` says of itself, and where it lives."""

from __future__ import annotations

import json

import pytest

from gws_contract import cli
from gws_contract.commands import mock
from gws_contract.mock.profiles import PROFILES


def facts(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The line that the command prints when it is ready; it is stopped as soon as it waits."""
    monkeypatch.setattr(mock.Signals, "wait", lambda _: True)
    assert cli.main(["mock", *words]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_its_facts_name_the_chat_service(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts([], capsys, monkeypatch)["gms_service"] == "customer-support"


def test_it_may_live_below_a_prefix(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = facts(["--prefix=/gws/prod", "--fault=like-8.5.202"], capsys, monkeypatch)
    assert said["url"].endswith("/gws/prod")


def test_a_prefix_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--prefix=gws"]) == 4
    assert capsys.readouterr().err == (
        "gws-contract: The prefix 'gws' is no path that begins with a slash and ends without one.\n"
    )


def test_its_list_has_the_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in PROFILES)
