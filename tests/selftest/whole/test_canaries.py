"""Canaries: against a server that repeats everything it is sent, no byte that a run leaves holds a secret.

The same search finds them wherever a run leaves something once nothing is masked any more.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from gws_contract.journal import Incident, Stray, read
from gws_contract.mock.options import Options
from gws_contract.mock.server import Mock
from gws_contract.report.leaves import SEAL

from ..echoing import STRANGERS, Echo, Heard, Script
from ..spelled import SPELLINGS
from ..stages import Finished, environment, started, varied

AGENTS = {
    "agent1": "pa\"s's\\w/ord: <50%25> & \u00fcml\u00e4ut+",
    "agent2": "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148 \U0001f600 100%",
    "agent3": "correct-Horse7battery=staple",
    "agent4": "short1",
}
GUEST = {"guest": "a b+c%20d&amp;e\\u0041\\"}
AT_REST = ("journal.ndjson", "certificate.json", "certificate.html", "junit.xml", "exchanges.har")
WORDS = ("certify", "--chats", "8", "--deadline", "1", "--quiet-period", "0.05", "--report-dir", "out")

UNMASKED = """
from gws_contract.redaction import Secrets
from gws_contract.stage import agent, switchboard

Secrets.mask = lambda self, text, **_: text
Secrets.masked = lambda self, data: data
switchboard._named = str
switchboard._flat = lambda message, payload: message
agent._without_resources = lambda me: me
"""


@dataclass
class Run:
    """A finished certification against an echo, in a folder, with a home and a cache of its own."""

    here: Path
    echo: Echo
    arguments: list[bytes]
    finished: Finished | None = None
    canaries: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        assert self.finished is not None
        return int(self.finished.status)

    @cached_property
    def hits(self) -> dict[str, set[str]]:
        """The canaries that were found, by the place where they were."""
        hits = {name: found(self.canaries, name, content) for name, content in self.remains().items()}
        return {name: some for name, some in hits.items() if some}

    def remains(self) -> dict[str, bytes]:
        """Everything that the run left, by name."""
        assert self.finished is not None
        files = {path.relative_to(self.here).as_posix(): path.read_bytes() for path in files_below(self.here)}
        names = "\n".join(files).encode()
        said = {"stdout": self.finished.out.encode(), "stderr": self.finished.err.encode()}
        return {**files, **said, "names of files": names, "arguments": b"\n".join(self.arguments)}


def files_below(folder: Path) -> list[Path]:
    """Those of the test itself aside."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "sitecustomize.py"]


def views(name: str, content: bytes) -> Iterator[bytes]:
    """A file as it is, and what its readers get to see."""
    yield content
    text = content.decode("utf-8", "surrogateescape")
    if name.endswith(".xml"):
        yield html.unescape(text).encode("utf-8", "surrogateescape")
    for part in (text.splitlines() if name.endswith(".ndjson") else [text]) if "json" in name or "har" in name else ():
        with contextlib.suppress(ValueError):
            data = json.loads(part)
            yield "\n".join(strings(data)).encode("utf-8", "surrogatepass")
            if name.endswith(SEAL):
                yield base64.b64decode(data["payload"])


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from (key, *strings(value))
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


def found(canaries: dict[str, str], name: str, content: bytes) -> set[str]:
    """The canaries in a file, each with the spelling in which it was found."""
    seen = list(views(name, content))
    together = b"\n".join(seen)
    hits = set()
    for canary, value in canaries.items():
        for spelling, spell in SPELLINGS.items():
            form = spell(value)
            if len(form) >= 8 and form.encode() in together:
                hits.add(f"{canary}, {spelling}")
    return hits


def go(
    stack: ExitStack, here: Path, *, masked: bool, instead: Script = lambda _: None, strike: int = 0
) -> Callable[[], Run]:
    """Start a run; what is returned waits for its end. It is interrupted when the chat number `strike` is requested."""
    chats, lock = [0], threading.Lock()
    arguments: list[bytes] = []
    process: list[Any] = []

    def sees(heard: Heard) -> None:
        if heard.operation != "RequestChat":
            return
        with lock:
            chats[0] += 1
            if chats[0] == 1:
                arguments.extend(command_lines())
            if chats[0] == strike:
                os.killpg(process[0].pid, signal.SIGINT)

    options = Options(csrf=True)
    mock = stack.enter_context(
        Mock(agents=AGENTS, without_feature=GUEST, variations=varied("history-first"), options=options)
    )
    echo = stack.enter_context(Echo(mock.url, instead=instead, sees=sees))
    env = environment(mock, HOME=str(here / "home"), XDG_CACHE_HOME=str(here / "cache"))
    if not masked:
        (here / "patch").mkdir()
        (here / "patch" / "sitecustomize.py").write_text(UNMASKED)
        env["PYTHONPATH"] = str(here / "patch")
    process.append(started(*WORDS, "--url", echo.url, cwd=here, env=env))

    def end() -> Run:
        run = Run(here, echo, arguments, Finished(process[0]))
        given = {f"password of {user}": password for user, password in {**AGENTS, **GUEST}.items()}
        given |= {"contact center id": mock.contact_center_id} | echo.secrets
        given |= {f"stranger {number}": words for number, words in enumerate(STRANGERS)}
        run.canaries = {name: value for name, value in given.items() if len(value) >= 8}
        return run

    return end


def command_lines() -> Iterator[bytes]:
    """Of all processes of this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def no_session(heard: Heard) -> tuple[int, bytes] | None:
    """The contact center does not take the agent, and says why at length."""
    if heard.operation != "StartContactCenterSession":
        return None
    words = f"No session for {list(heard.secrets.values())}"
    return 500, json.dumps({"statusCode": 4, "statusMessage": words}).encode()


def no_handshake(heard: Heard) -> tuple[int, bytes] | None:
    """CometD refuses the agent, and says why."""
    if not heard.bayeux:
        return None
    error = f"403:{heard.secrets['password of agent1']}:{list(heard.secrets.values())}"
    return 200, json.dumps([{"channel": "/meta/handshake", "successful": False, "error": error}]).encode()


RUNS: dict[str, dict[str, Any]] = {
    "to its end": {"masked": True},
    "interrupted": {"masked": True, "strike": 8},
    "without a session": {"masked": True, "instead": no_session},
    "without a handshake": {"masked": True, "instead": no_handshake},
    "to its end, unmasked": {"masked": False},
    "without a session, unmasked": {"masked": False, "instead": no_session},
}
MASKED = [name for name in RUNS if "unmasked" not in name]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Two at a time: they are not to be slow for want of a processor."""
    done: dict[str, Run] = {}
    for pair in (MASKED[:2], MASKED[2:], [name for name in RUNS if name not in MASKED]):
        with ExitStack() as stack:
            ends = {name: go(stack, tmp_path_factory.mktemp("canaries"), **RUNS[name]) for name in pair}
            done |= {name: end() for name, end in ends.items()}
    return done


@pytest.mark.parametrize("name", MASKED)
def test_no_byte_that_a_run_leaves_holds_a_secret(runs: dict[str, Run], name: str) -> None:
    assert runs[name].hits == {}


@pytest.mark.parametrize(
    ("name", "status", "ended"),
    [
        ("to its end", 1, "complete"),
        ("interrupted", 1, "interrupted"),
        ("without a session", 2, "not ready"),
        ("without a handshake", 2, "not ready"),
        ("to its end, unmasked", 1, "complete"),
        ("without a session, unmasked", 2, "not ready"),
    ],
)
def test_the_runs_ended_as_they_were_meant_to(runs: dict[str, Run], name: str, status: int, ended: str) -> None:
    run = runs[name]
    certificate = json.loads((run.here / "out" / "certificate.json").read_text())
    assert (certificate["ended"], run.status) == (ended, status), run.finished.said if run.finished else ""
    assert "Traceback" not in (run.finished.said if run.finished else "")


def test_there_was_something_to_find(runs: dict[str, Run]) -> None:
    """Of every kind of secret, in every place where a server can put one."""
    run = runs["to its end"]
    kinds = {name.partition(": ")[0] for name in run.echo.secrets}
    wanted = {"Basic", "CSRF token", "clientId", "contactcenterid", "cookie", "cookie JSESSIONID", "x-csrf-token"}
    assert kinds >= wanted | {f"password of {user}" for user in (*AGENTS, *GUEST)}
    journal = (run.here / "out" / "journal.ndjson").read_text()
    for what in ("password", "credentials", "cookie", "CSRF token", "CometD session"):
        assert f"<masked: {what} of agent1" in journal
    records = list(read(run.here / "out" / "journal.ndjson"))
    assert [r for r in records if isinstance(r, Incident) and "<masked: " in r.detail]
    assert [r for r in records if isinstance(r, Stray) and r.types[:1] == ("unusual",)]
    assert [r for r in records if getattr(r, "failure", None) and "<masked: " in (getattr(r, "answer", None) or "")]
    assert run.arguments


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_the_command_lines_of_the_run_were_among_those_that_were_searched(runs: dict[str, Run]) -> None:
    own = [line for line in runs["to its end"].arguments if b"--gws-report-dir=out" in line]
    assert own


def test_that_a_password_is_too_short_is_said(runs: dict[str, Run]) -> None:
    run = runs["to its end"]
    note = "Masked in headers only, because it has fewer than 8 characters: password of agent4."
    assert json.loads((run.here / "out" / "certificate.json").read_text())["notes"][0] == note
    assert run.finished is not None
    assert note in run.finished.out.splitlines()


def test_masking_changes_no_verdict(runs: dict[str, Run]) -> None:
    broken = []
    for name in ("to its end", "to its end, unmasked"):
        certificate = json.loads((runs[name].here / "out" / "certificate.json").read_text())
        broken.append({row["id"] for row in certificate["clauses"] if row["verdict"] == "broken"})
    assert broken[0] == broken[1]
    assert "accept.notifications.order" in broken[0]


PLACES = [("to its end, unmasked", name) for name in (*(f"out/{file}" for file in AT_REST), "stdout")]
PLACES += [("without a session, unmasked", name) for name in ("out/journal.ndjson", "stderr")]


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_without_masking_the_search_finds_them(runs: dict[str, Run], name: str, place: str) -> None:
    hits = runs[name].hits[place]
    assert [hit for hit in hits if hit.startswith(("password of", "Basic"))]
    if place == "out/journal.ndjson" and name == "to its end, unmasked":
        assert {hit.partition(",")[0] for hit in hits} >= {"stranger 0", "stranger 1", "stranger 2"}
        assert {spelling for spelling in SPELLINGS for hit in hits if hit.endswith(f", {spelling}")} == set(SPELLINGS)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", ["out/scenarios/x.json", "cache/x", "arguments", "out/junit.xml"])
def test_the_search_finds_every_spelling_in_every_file(name: str, spelling: str) -> None:
    canary = AGENTS["agent1"]
    text = SPELLINGS[spelling](canary)
    content = json.dumps({"a": [text]}) if name.endswith(".json") else html.escape(text) if name.endswith("l") else text
    assert f"canary, {spelling}" in found({"canary": canary}, name, content.encode())
    assert not found({"canary": canary}, name, b"{}")
