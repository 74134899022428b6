"""The commands beside `certify`."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import signal
import sys
from pathlib import Path

import pytest
import requests

from gws_contract import cli, contract
from gws_contract.commands import contract as contract_commands
from gws_contract.interrupts import Signals
from gws_contract.mock.faults import FAULTS
from gws_contract.planning import DEPTHS
from gws_contract.scenario import Scenario
from gws_contract.stage import kept
from gws_contract.targeting import targeted
from gws_contract.wish import Wish

from ..stages import (
    Finished,
    environment,
    sentence,
    started,
)

# ---- drawing what is kept with a release ----------------------------------------------------------------------------


def drawing_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        contract_commands, "for_release", lambda count, seed: [("kept", Scenario("0", f"{count} {seed}"))]
    )


def test_draw_writes_the_scenarios_of_depth_certify_and_says_their_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing_little(monkeypatch)
    file = tmp_path / "some.ndjson"
    assert cli.main(["draw", str(file), "--seed", "3"]) == 0
    assert kept.read(file).rows == (("kept", Scenario("0", f"{DEPTHS['certify'].chats} 3")),)
    assert capsys.readouterr().out == f"1 scenarios, sha256 {kept.read(file).digest}\n"


def test_draw_without_a_file_ends_with_status_4(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["draw"])
    assert left.value.code == 4
    assert "FILE" in capsys.readouterr().err


def test_draw_into_a_folder_that_is_not_there_gets_one_sentence_and_status_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing_little(monkeypatch)
    assert cli.main(["draw", str(tmp_path / "none" / "some.ndjson")]) == 4
    said = sentence(capsys.readouterr().err, "gws-contract: ")
    assert said.endswith("some.ndjson cannot be written: No such file or directory.")


# ---- the mock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_mock_prints_one_line_of_json_and_stops_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    process = started("mock", "--fault", "metrics,silence", cwd=tmp_path, env=environment())
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    user, _, password = facts["agents"].split(",")[0].partition(":")
    session = requests.Session()
    session.trust_env = False
    with session, session.get(f"{facts['url']}/api/v2/me", auth=(user, password), timeout=30) as answer:
        assert answer.json()["statusCode"] == 0
    process.send_signal(number)
    finished = Finished(process)
    assert (finished.status, finished.out, finished.err) == (0, "", "")


def test_what_the_mock_prints_is_what_certify_wants(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Signals, "wait", lambda _: True)
    assert cli.main(["mock"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    facts = json.loads(line)
    assert set(facts) >= {"url", "agents", "contact_center_id"}
    names = {"agents": "GWS_AGENTS", "contact_center_id": "GWS_CONTACT_CENTER_ID"}
    target = targeted(Wish(url=facts["url"]), {names[name]: facts[name] for name in names}, Path.cwd())
    assert len(target.agents) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault=zzz"], "There is no fault or quirk named zzz; gws-contract mock --list shows them."),
        (["--port=70000"], "The mock cannot listen on 127.0.0.1, port 70000: "),
        (["--host=256.0.0.1"], "The mock cannot listen on 256.0.0.1: "),
    ],
)
def test_a_mock_that_cannot_start_says_why(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert cli.main(["mock", *words]) == 4
    assert sentence(capsys.readouterr().err, "gws-contract: ").startswith(said)


def test_a_sentence_about_a_port_ends_with_one_full_stop(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["mock", "--port=70000"])
    assert not capsys.readouterr().err.strip().endswith("..")


def test_the_mock_lists_its_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in FAULTS)


# ---- the contract ---------------------------------------------------------------------------------------------------


def test_the_clauses_are_listed_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clauses"]) == 0
    out = capsys.readouterr().out
    document = contract.load()
    assert out.startswith(f"{document.title}, {document.revision}\n")
    lines = [line.split() for line in out.splitlines() if line.startswith("  ")]
    assert [line[0] for line in lines] == [
        c.id for s in document.sections for c in document.clauses if c.section == s.id
    ]


def test_the_clauses_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clauses", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [clause.id for clause in contract.load().clauses]


@pytest.mark.parametrize("clause", [clause.id for clause in contract.load().clauses])
def test_every_clause_can_be_explained(capsys: pytest.CaptureFixture[str], clause: str) -> None:
    assert cli.main(["explain", clause]) == 0
    out = capsys.readouterr().out
    known = contract.load().clause(clause)
    assert out.startswith(f"{clause} ({known.strength or 'not tested'})")
    assert known.quote.splitlines()[0] in out
    if known.not_tested:
        assert known.not_tested in out
        return
    assert f'@clause("{clause}")' in out
    faults = [fault.name for fault in FAULTS.values() if clause in fault.breaks]
    assert faults
    assert all(f"    {name} " in out for name in faults)


def test_a_clause_that_does_not_exist_cannot_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "accept.zzz"]) == 4
    assert "accept.zzz" in sentence(capsys.readouterr().err, "gws-contract: ")


def test_the_shipped_schemas_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_stale_schemas_are_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "accept"
    shutil.copytree(str(contract.directory("accept")), folder)
    stale = min((folder / "schemas").glob("*.json"))
    stale.write_text("{}")
    assert cli.main(["derive", "--check", "--contract", str(folder)]) == 1
    assert stale.name in sentence(capsys.readouterr().err, "stale: ")
    assert cli.main(["derive", "--contract", str(folder)]) == 0
    assert stale.name in capsys.readouterr().out.split()
    assert cli.main(["derive", "--check", "--contract", str(folder)]) == 0


def test_a_folder_that_is_no_contract_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["derive", "--contract", str(tmp_path / "nothing")]) == 4
    sentence(capsys.readouterr().err, "gws-contract: ")


def test_a_reader_who_has_seen_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    replaced: list[int] = []
    monkeypatch.setattr(os, "dup2", lambda source, _: replaced.append(source))
    monkeypatch.setattr(sys, "stdout", type("Out", (), {"fileno": lambda _: 1})())
    assert cli.main(["clauses"]) == 0
    os.close(replaced[0])


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["gws-contract", "mock", "--list"])
    with pytest.raises(SystemExit) as left:
        # By its path: pytest's import hook, which rewrites plugins where an old build lies about, knows no run_module.
        runpy.run_path(str(Path(cli.__file__).with_name("__main__.py")), run_name="__main__")
    assert left.value.code == 0
    assert "Faults" in capsys.readouterr().out
