"""The command `certify`: bad input, and what becomes of good."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gws_contract import __version__, check, cli
from gws_contract.commands import certify
from gws_contract.journal import read
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request
from gws_contract.options import CERTIFY
from gws_contract.report import leaves

from ..stages import (
    Finished,
    Scripted,
    environment,
    nobody_is_left,
    secrets_of,
    sentence,
    started,
    varied,
)
from .ran import SHORT, Ran

# ---- bad input, through the real process ----------------------------------------------------------------------------

PAGE = Answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
USAGE = {
    "no url": ([], "There is no server to certify: give --url URL (or GWS_URL), or --mock for the embedded mock."),
    "unknown fault": (
        ["--mock=histry-first"],
        "There is no fault or quirk named histry-first; did you mean history-first?",
    ),
    "unwritable report dir": (["--mock=", "--report-dir=file/out"], "cannot be written: Not a directory."),
    "no deviations": (
        ["--mock=", "--deviations=file"],
        "is not TOML: Expected '=' after a key in a key/value pair (at end of document).",
    ),
}
NOT_READY = {
    "not gws": "not as a GWS answers; is the URL that of Genesys Web Services?",
    "wrong password": "The server refuses the agent agent1 ",
    "no chat offered": "No agent was invited to the offered chat within 0.2 s",
    "no feature": "The account guest has not the feature api-multimedia, which the operation requires.",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ran]]:
    """Every bad input, all at once."""
    deaf = Scripted(sends=lambda cause, notices: [] if cause.operation == "offer" else notices)
    page = Scripted(lambda r: PAGE if r.path == "/api/v2/me" else None)
    with Mock(variations=[deaf]) as mock, Mock(variations=[page]) as other:
        ((guest, password),) = mock.without_feature.items()
        right = environment(mock)
        mine = right | {"GWS_AGENT_WITHOUT_FEATURE": ""}
        at = [*SHORT, "--offer-timeout", "0.2", "--url", mock.url]
        runs: dict[str, tuple[list[str], dict[str, str]]] = {
            **{name: (words, environment()) for name, (words, _) in USAGE.items()},
            "not gws": ([*at, "--url", other.url], right),
            "wrong password": (at, right | {"GWS_AGENTS": "agent1:not-it"}),
            "no chat offered": (at, right),
            "no feature": (at, mine | {"GWS_AGENTS": f"{guest}:{password}"}),
        }
        processes = {}
        for name, (words, env) in runs.items():
            here = tmp_path_factory.mktemp("bad")
            (here / "file").write_text("mine")
            processes[name] = (started("certify", *words, cwd=here, env=env), here)
        yield {name: Ran(Finished(process), here) for name, (process, here) in processes.items()}


@pytest.mark.parametrize("name", USAGE)
def test_a_command_that_cannot_work_gets_one_sentence_and_status_4(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    assert ran.finished.status == 4
    assert ran.finished.out == ""
    assert sentence(ran.finished.err, "ERROR: ").endswith(USAGE[name][1])
    assert not [path for path in ran.here.rglob("*") if path.name in ("out", "reports")]


@pytest.mark.parametrize("name", NOT_READY)
def test_an_environment_that_is_not_ready_gets_one_sentence_and_status_2(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    assert ran.finished.status == 2
    assert NOT_READY[name] in sentence(ran.finished.err, "not ready: ")
    assert "Traceback" not in ran.finished.said


@pytest.mark.parametrize("name", NOT_READY)
def test_what_was_recorded_until_then_is_kept(bad: dict[str, Ran], name: str) -> None:
    ran = bad[name]
    records = list(read(ran.here / "out" / "journal.ndjson"))
    assert (records[0].kind, records[-1].kind) == ("header", "footer")
    assert (ran.certificate["ended"], ran.certificate["exit_status"]) == ("not ready", 2)
    assert f"certificate: {Path('out') / 'certificate.html'}" in ran.finished.out


@pytest.mark.parametrize(
    "words",
    [
        ["certify", "--bogus"],
        ["certify", "--mock", "--chats", "many"],
        ["certify", "--depth", "deep"],
        ["explain"],
        ["juggle"],
    ],
)
def test_words_that_are_no_command_end_with_status_4(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 4
    *usage, said = capsys.readouterr().err.splitlines()
    assert usage[0].startswith("usage: gws-contract")
    assert said.startswith("gws-contract: ")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 4
    assert "GWS_AGENTS" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"gws-contract {__version__}\n"


# ---- certify --------------------------------------------------------------------------------------------------------


def words_for_pytest(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words with which pytest would be started, as soon as it would be."""
    given: list[str] = []

    def take(command: list[str]) -> int:
        given.extend(command)
        return 0

    monkeypatch.setattr(certify, "_as_one", take)
    return given


def test_certify_mock_and_nothing_else_certifies_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_pytest(monkeypatch, "certify", "--mock") == ([str(check.folder())], "")


@pytest.mark.parametrize(("words", "mock"), [(["--mock"], ""), (["--mock=silence"], "silence"), (["--url=x"], None)])
def test_pytest_understands_the_words_as_they_were_given(
    monkeypatch: pytest.MonkeyPatch, words: list[str], mock: str | None
) -> None:
    more = ["--chats", "7", "--strict", "--clause", "a", "--clause", "b", "--depth", "nightly"]
    given = words_for_pytest(monkeypatch)
    cli.main(["certify", *words, *more])
    parser = argparse.ArgumentParser()
    for option in CERTIFY:
        parser.add_argument(f"--gws-{option.name}", dest=option.attribute, **option.settings)
    options, _ = parser.parse_known_args(given[given.index("--rootdir") + 2 : -1])
    assert (options.mock, options.chats, options.strict) == (mock, 7, True)
    assert (options.clause, options.depth) == (["a", "b"], "nightly")
    assert given[-1] == str(check.folder())


def in_pytest(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[list[str], str | None]:
    """The folders and the fault that pytest would understand."""
    given = words_for_pytest(monkeypatch)
    cli.main(list(words))
    parser = argparse.ArgumentParser()
    parser.add_argument("-p")
    parser.add_argument("folder", nargs="*")
    for option in CERTIFY:
        parser.add_argument(f"--gws-{option.name}", dest=option.attribute, **option.settings)
    options, _ = parser.parse_known_intermixed_args(given[given.index("--rootdir") + 2 :])
    return options.folder, options.mock


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """`certify --mock` in this process, with its child: status, screen, folder."""
    here = tmp_path_factory.mktemp("conformant")
    screen = here / "screen"
    saved, before = os.dup(1), Path.cwd()
    try:
        with screen.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.chdir(here)
            status = cli.main(["certify", "--mock", "--seed", "7", *SHORT])
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.chdir(before)
    return status, screen.read_text(), here


def test_a_conformant_server_ends_with_status_0(conformant: tuple[int, str, Path]) -> None:
    status, screen, here = conformant
    assert status == 0
    certificate = json.loads((here / "out" / "certificate.json").read_text())
    assert certificate["verdict"] == "conformant"
    assert certificate["headline"] in screen
    assert sorted(path.name for path in here.iterdir()) == ["out", "screen"]


def test_depth_and_seed_are_printed(conformant: tuple[int, str, Path]) -> None:
    _, screen, here = conformant
    assert json.loads((here / "out" / "certificate.json").read_text())["seed"] == 7
    assert "depth quick, seed 7," in screen


class Peeking(Scripted):
    """Looks at the arguments of all processes when the first chat is requested."""

    def __init__(self) -> None:
        super().__init__(self._look)
        self.arguments = ""

    def _look(self, request: Request) -> Answer | None:
        if request.operation == "RequestChat" and not self.arguments:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.arguments += path.read_bytes().replace(b"\0", b" ").decode(errors="replace") + "\n"
        return None


@dataclass
class Abroad(Ran):
    """A run in a stranger's folder against a server that breaks the order."""

    secrets: list[str]
    arguments: str


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Abroad:
    here = tmp_path_factory.mktemp("abroad")
    (here / "pytest.ini").write_text("[pytest]\naddopts = --collect-only -k nothing\npython_files = none.py\n")
    (here / "conftest.py").write_text("raise RuntimeError('a stranger was here')\n")
    (here / "sitecustomize.py").write_text("")
    peeking = Peeking()
    with Mock(variations=[peeking, *varied("history-first")]) as mock:
        env = environment(mock, GWS_URL=mock.url, PYTEST_ADDOPTS="--collect-only -k nothing")
        ran = Finished(started("certify", *SHORT, cwd=here, env=env))
        assert nobody_is_left(mock)
        return Abroad(ran, here, secrets_of(mock), peeking.arguments)


def test_a_strangers_pytest_does_not_change_a_certification(abroad: Abroad) -> None:
    assert abroad.finished.status == 1
    tested = [row for row in abroad.certificate["clauses"] if row["tested"]]
    assert len(tested) == len(check.shipped())
    assert [row["id"] for row in tested if row["verdict"] != "kept"] == ["accept.notifications.order"]
    assert sorted(path.name for path in abroad.here.iterdir()) == [
        "conftest.py",
        "out",
        "pytest.ini",
        "sitecustomize.py",
    ]


def test_the_three_outputs_agree_about_the_break(abroad: Abroad) -> None:
    example = next(c["first_counter_example"] for c in abroad.certificate["clauses"] if c["verdict"] == "broken")
    assert f"  Documented: {example['documented']}\n  Received:   {example['received']}\n" in abroad.finished.out
    (failure,) = ET.parse(abroad.here / "out" / "junit.xml").getroot().iter("failure")
    assert failure.get("message") == f"Documented: {example['documented']}. Received: {example['received']}."
    assert abroad.finished.err == ""
    assert abroad.finished.out.splitlines()[-3] == abroad.certificate["headline"]


def test_no_password_is_in_a_file_on_the_screen_or_in_an_argument(abroad: Abroad) -> None:
    assert len(abroad.files) > len(leaves.NAMES) + 1, "and the smallest chat of what is broken, and the contract"
    for text in (*abroad.files, abroad.finished.said):
        assert not [secret for secret in abroad.secrets if secret in text]
    if sys.platform == "linux":
        assert "gws_contract certify" in abroad.arguments
        assert "--gws-report-dir=out" in abroad.arguments
        assert not [secret for secret in abroad.secrets if secret in abroad.arguments]
