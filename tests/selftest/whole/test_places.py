"""No byte of a report tells on which machine, where and for whom it was made, and none fetches anything from elsewhere.

Everything that a run is told of files is told as an absolute path here; its user, its home and its folder are canaries.
"""

from __future__ import annotations

import getpass
import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from gws_contract.deviations import Deviation
from gws_contract.mock.server import Mock
from gws_contract.report import leaves
from gws_contract.seal import keys

from ..stages import Finished, environment, secrets_of, started, varied
from .test_canaries import views

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "tests" / "selftest" / "customer_program.py"
USER = "ottilie-the-operator"
FAILING = "open('{}/rather/secret.txt')\n"
ELSEWHERE = re.compile(
    rb"""<(?:script|img|iframe|link|object|embed|use|image)\b[^>]*\b(?:src|href|data)\s*=\s*["']?(?:https?:)?//"""
    rb"""|@import|url\(\s*["']?(?:https?:)?//""",
    re.IGNORECASE,
)


@dataclass
class Left:
    """What a run left in its report directory, and what it may not tell."""

    folder: Path
    finished: Finished
    canaries: dict[str, str]

    def files(self) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), path.read_bytes()

    @property
    def hits(self) -> set[tuple[str, str]]:
        """The canaries that were found, each with the file in which it was."""
        found = set()
        for name, content in self.files():
            together = b"\n".join([name.encode(), *views(name, content)])
            found |= {(what, name) for what, words in self.canaries.items() if told(words).search(together)}
        return found


def told(words: str) -> re.Pattern[bytes]:
    """These words; short ones as words of their own, because they are part of many others, and of base64."""
    own = rb"(?<![\w+/])%s(?![\w+/=])" if len(words) < 8 else rb"%s"
    return re.compile(own % re.escape(words).encode(), re.IGNORECASE)


def run(here: Path, customer: str) -> Left:
    """A run for which every file is named by its absolute path."""
    away, folder = here / "away", here / "reports of ottilie"
    home = here / "home" / USER
    for made in (away, home):
        made.mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(away / "ca.pem")
    authority.issue_cert("ottilie").private_key_and_cert_chain_pem.write_to_path(away / "client.pem")
    keys.new(away / "sign.key")
    (away / "failing.py").write_text(FAILING.format(away))
    declared = Deviation("accept.response.json", "Known.", "GWS-1", date(2999, 1, 1))
    (away / "known.toml").write_text(
        f'["{declared.clause}"]\nreason = "Known."\nticket = "GWS-1"\nexpires = {declared.expires}\n'
    )
    (away / "our.toml").write_text(f'deviations = "{away}/known.toml"\nsign-key = "{away}/sign.key"\n')
    with Mock(variations=varied("history-first")) as mock:
        words = [
            *("certify", "--url", mock.url, "--chats", "20", "--deadline", "1", "--quiet-period", "0.05"),
            *("--report-dir", str(folder), "--config", f"{away}/our.toml", "--store", f"{away}/store"),
            *("--ca-file", f"{away}/ca.pem", "--client-cert", f"{away}/client.pem"),
            *("--client-key", f"{away}/client.pem", "--customer", "command", "--customer-command", customer),
        ]
        env = environment(mock, HOME=str(home), USER=USER, LOGNAME=USER, XDG_CACHE_HOME=f"{home}/cache")
        finished = Finished(started(*words, cwd=here, env=env))
        secrets = {f"secret {number}": words for number, words in enumerate(secrets_of(mock))}
    private = keys.private(away / "sign.key").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    places = {"here": here, "checkout": ROOT, "python": sys.prefix, "home": Path.home(), "interpreter": sys.executable}
    people = {"user": USER, "our folder": "reports of ottilie", "host": socket.gethostname()}
    if getpass.getuser() not in ("root", "user"):
        people["own user"] = getpass.getuser()
    secrets["private key"] = private.decode().splitlines()[1]
    return Left(folder, finished, {name: str(words) for name, words in {**places, **people, **secrets}.items()})


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Left:
    return run(tmp_path_factory.mktemp("places"), shlex.join([sys.executable, str(PROGRAM)]))


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """The program of the customer ends with a sentence about one of its files."""
    here = tmp_path_factory.mktemp("places")
    return run(here, shlex.join([sys.executable, f"{here}/away/failing.py"]))


def test_the_runs_ended_as_they_were_meant_to(broken: Left, failed: Left) -> None:
    assert (broken.finished.status, failed.finished.status) == (1, 2), broken.finished.said + failed.finished.said
    assert "secret.txt" in (failed.folder / leaves.JOURNAL).read_text()
    again = "again: gws-contract certify --config=our.toml"
    assert again in (broken.folder / "junit.xml").read_text()
    assert "signed with the key" in broken.finished.out


def test_no_byte_of_a_report_tells_of_the_machine_or_a_secret(broken: Left, failed: Left) -> None:
    assert (broken.hits, failed.hits) == (set(), set())


def test_the_command_in_a_report_names_files_and_not_where_they_lie(broken: Left) -> None:
    (line,) = re.findall(r"again: (.*)\.json", (broken.folder / "junit.xml").read_text())[:1]
    for word in ("--ca-file=ca.pem", "--client-cert=client.pem", f"customer-command={Path(sys.executable).name}"):
        assert word in line
    assert line.endswith("--scenario scenarios/accept.notifications.order")
    assert line not in broken.finished.out, "a person at this machine gets a command that works there"


def test_nothing_is_fetched_from_elsewhere(broken: Left) -> None:
    assert [name for name, content in broken.files() if ELSEWHERE.search(content)] == []
    assert ELSEWHERE.search(b'<script async src="https://example.com/x.js"></script>')


@pytest.mark.parametrize("what", ["here", "user", "secret 0"])
def test_the_search_finds_what_it_looks_for(broken: Left, what: str) -> None:
    words = broken.canaries[what]
    copied = Left(broken.folder.parent / f"copy {what}", broken.finished, broken.canaries)
    copied.folder.mkdir()
    (copied.folder / "x.xml").write_text(f"<a b='{words}'/>")
    assert (what, "x.xml") in copied.hits


def test_what_a_run_leaves_is_verified_by_whoever_has_the_key(broken: Left) -> None:
    public = broken.folder.parent / "away" / f"sign.key{keys.PUBLIC}"
    words = ["verify", broken.folder.name, "--key", str(public)]
    ran = Finished(started(*words, cwd=broken.folder.parent, env=dict(os.environ)))
    assert (ran.status, ran.err) == (1, "")
    assert [line.split()[1] for line in ran.out.splitlines()[1:6]] == ["ok"] * 5, ran.out
