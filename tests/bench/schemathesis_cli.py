"""What schemathesis' own CLI finds in the entries of peers.toml, and what a quick run of ours finds, in one table.

python -m tests.bench.schemathesis_cli [ENTRY ...]

Every entry is started twice, once for each tool, and both are timed on the same machine at the same load. The CLI gets:

* a copy of contracts/accept: openapi.json and the derived schemas;
* an agent who is logged in and ready, his credentials, and the id of a chat offered to him as the fixed value of the
  path parameter. The chat is offered anew before every request, so that each can succeed, its probes without
  credentials included; with a chat as a server offers it, once, every request after the first would be refused;
* all its phases, ten times its default number of examples (two to three times the time of our run) and a fixed seed;
  failures do not stop it, and 5 s is its longest response time: no entry is slow by our reading, and with 0.5 s a busy
  machine fails the good mock. After 300 s it is interrupted; the row is then not complete, because it loses what the
  phase at work has found;
* its strict reading of positive data: whatever the schema allows is to be answered 200, not any refusal but 400;
* leniency where the document would make it fail a good server: `allow_header_conformance` is off and GET is not tried
  as an unexpected method, because the document describes one of several operations at its URL, and
  `missing_required_header` is off, because it wants 401 where the page leaves open which refusal it is.

It has found an entry if a failure is reported whose code is not reported of the good mock too (`peers.md` 2.1).
The document says nothing of notifications: it cannot describe them. Ours is the quick run of tests/bench/peers.py.
"""

from __future__ import annotations

import json
import logging
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gws_contract.mock.alterations import of_accept
from gws_contract.mock.chat import Agent
from gws_contract.mock.desk import Desk
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Request, Variation

from . import peers
from .campaigns import side_by_side

CONTRACT = Path(__file__).parents[2] / "contracts" / "accept"
GOOD = "good"
SERVERS = (GOOD, "OK1", "OK2")
"""The entries without any fault; the other legal ones are faults of `peers.md` that our reading allows."""
EXAMPLES = 1000
PATIENCE = 300.0
"""Seconds until the CLI is interrupted."""
_FAREWELL = 30.0
_REPORT = "report.json"
USER = "agent"
PASSWORD = "of a bench"
_COMMAND = (
    *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json"),
    *("--no-color", "--continue-on-failure", "--max-response-time", "5"),
    *("--seed", "0", "--generation-database", "none"),
    *("--exclude-checks", "allow_header_conformance,missing_required_header"),
    *("--report", "json", "--report-json-path", _REPORT),
)
_SETTINGS = """
parameters = {{ "path.id" = "{chat}" }}

[auth]
basic = {{ username = "{user}", password = "{password}" }}

[checks.positive_data_acceptance]
expected-statuses = ["200"]

[phases.coverage]
unexpected-methods = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]
"""


class AlwaysOffered(Variation):
    """Offers the agent's chat anew before every request on it, as if it were the next chat, and counts requests."""

    def __init__(self) -> None:
        self.desk: Desk | None = None
        self.requests = 0
        self.accepted = 0

    def offer(self) -> str:
        """Log the agent in and offer him a chat; its id."""
        agent = self._agent
        self._desk.start_session(agent, ["chat"])
        self._desk.set_ready(agent, ready=True)
        return self._desk.request_chat("Customer")[0].cause.chat.id

    def intercept(self, request: Request) -> Answer | None:
        chat = request.chat
        if request.api != "agent" or chat is None:
            return None
        self.requests += 1
        chat.number += 1
        if USER in chat.joined:
            self._desk.leave(chat, self._agent)
            del chat.history[1:]
        return None

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        self.accepted += of_accept(cause)
        return answer

    @property
    def _desk(self) -> Desk:
        assert self.desk is not None, "the mock is running"
        return self.desk

    @property
    def _agent(self) -> Agent:
        return self._desk.agents[USER]


@dataclass(frozen=True)
class Reported:
    """What a run of the CLI reported."""

    failures: tuple[str, ...] = ()
    """Code and title of each; an error of the run, as of a connection that broke, is one too."""
    trouble: str = ""
    """Why it did not end by itself with a report."""


@dataclass(frozen=True)
class Row:
    """An entry, with both tools."""

    entry: str
    theirs: Reported
    seconds: float
    """Of the CLI, its start included."""
    requests: int
    accepted: int
    """As the mock counted them."""
    ours: peers.Found

    @property
    def is_complete(self) -> bool:
        """Whether the CLI came to its end, and on its way to an Accept that succeeded."""
        return not self.theirs.trouble and self.accepted > 0

    def found(self, of_good: Sequence[str]) -> tuple[str, ...]:
        """The failures that are not among those of the good mock; of the good mock all."""
        if self.entry == GOOD:
            return self.theirs.failures
        return tuple(failure for failure in self.theirs.failures if failure not in of_good)

    def line(self, of_good: Sequence[str]) -> str:
        """The row as it is printed."""
        declared, found = peers.TABLE[self.entry]["declared"], self.found(of_good)
        said = [
            word for word in (self.theirs.trouble, *(self.theirs.failures if self.entry == GOOD else found)) if word
        ]
        theirs = f"{'found' if found else '-':<5} {self.seconds:5.1f} s {self.accepted:>4} of {self.requests:>4}"
        ours = f"{self.ours.verdict:<9} {self.ours.seconds:5.1f} s"
        return f"  {self.entry:<5} {declared:<9} | {theirs} | {ours} | {'; '.join(said)}".rstrip(" |")


def compared(entry: str) -> Row:
    """Both tools on one entry, the CLI first."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the CLI probes with headers that are no HTTP
    offered = AlwaysOffered()
    with (
        tempfile.TemporaryDirectory() as folder,
        Mock(agents={USER: PASSWORD}, variations=(offered, *peers.variations(entry))) as mock,
    ):
        offered.desk = mock.desk
        prepare(Path(folder), mock.call(offered.offer))
        start = time.perf_counter()
        theirs = run(Path(folder), mock.url)
        seconds = time.perf_counter() - start
    return Row(entry, theirs, seconds, offered.requests, offered.accepted, peers.quick((entry, 0)))


def prepare(folder: Path, chat: str) -> None:
    """Put the document, its schemas and the settings of a run there; the chat is the one that is accepted."""
    shutil.copy(CONTRACT / "openapi.json", folder)
    shutil.copytree(CONTRACT / "schemas", folder / "schemas")
    settings = _SETTINGS.format(chat=chat, user=USER, password=PASSWORD)
    (folder / "schemathesis.toml").write_text(settings, "utf-8")


def run(folder: Path, url: str, examples: int = EXAMPLES) -> Reported:
    """Run the CLI there with so many examples. Whatever becomes of it is in the result."""
    said, report = folder / "said.txt", folder / _REPORT
    with said.open("wb") as output:
        command = [*_COMMAND, "--max-examples", str(examples), "--url", url]
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        interrupted = not _ended(process, PATIENCE)
        if interrupted:
            process.send_signal(signal.SIGINT)
            if not _ended(process, _FAREWELL):
                process.kill()
                process.wait()
    try:
        document = json.loads(report.read_text("utf-8"))
        failures = [f"{failure['code']} {failure['title']}" for failure in document["failures"]]
        failures += [f"error: {error['title']}" for error in document["errors"]]
    except (OSError, ValueError, KeyError, TypeError):
        last = ([line for line in said.read_text("utf-8", "replace").splitlines() if line.strip()] or [""])[-1]
        return Reported(trouble=f"no report, exit {process.returncode}: {last.strip()[:80]}")
    return Reported(tuple(failures), "interrupted" if interrupted else "")


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def summary(rows: Sequence[Row], of_good: Sequence[str]) -> str:
    """What each finds of what is to be found, what it says of what is not, and the median time of a run."""
    theirs = [(row.entry, bool(row.found(of_good))) for row in rows]
    ours = [(row.entry, row.ours.verdict != "legal") for row in rows]
    of_them = f"{_tally(theirs)}, {statistics.median(row.seconds for row in rows):.1f} s a run"
    of_us = f"{_tally(ours)}, {statistics.median(row.ours.seconds for row in rows):.1f} s a run"
    complete = sum(row.is_complete for row in rows)
    return f"schemathesis' CLI finds {of_them}; ours {of_us}; {complete} of {len(rows)} rows complete"


def _tally(found: Sequence[tuple[str, bool]]) -> str:
    """How many of each kind of entry were found; those that should not be, by name."""
    kinds: dict[str, dict[str, bool]] = {"breaking": {}, "advisory": {}, "legal": {}, "good": {}}
    for entry, is_found in found:
        kinds["good" if entry in SERVERS else peers.TABLE[entry]["declared"]][entry] = is_found
    words = []
    for kind, entries in kinds.items():
        alarms = [entry for entry, is_found in entries.items() if is_found and kind in ("legal", "good")]
        names = f" ({', '.join(alarms)})" if alarms else ""
        words += [f"{sum(entries.values())} of {len(entries)} {kind}{names}"] if entries else []
    return ", ".join(words)


def bar(entries: Sequence[str] = ()) -> tuple[str, bool]:
    """The table was printed, and in every row both tools did their work; what they found is no condition."""
    print("  entry declared  | schemathesis  accepted of requests | ours      seconds | what schemathesis says")
    of_good: tuple[str, ...] = ()
    rows = []
    for row in side_by_side(compared, [GOOD, *(entry for entry in entries or peers.TABLE if entry != GOOD)]):
        of_good = row.theirs.failures if row.entry == GOOD else of_good
        rows.append(row)
        print(row.line(of_good), flush=True)
    return summary(rows, of_good), all(row.is_complete for row in rows)


if __name__ == "__main__":
    words, met = bar(sys.argv[1:])
    print(words)
    sys.exit(not met)
