"""A load run from the wish to the exit status: Locust as a child process, then the judgement of its shards.

This process knows no gevent: it is the one that judges and writes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gws_contract import check, shards
from gws_contract.certification import Certification
from gws_contract.interrupts import heeding
from gws_contract.journal import JournalError
from gws_contract.load.errand import Errand, targets, wish_at
from gws_contract.load.plan import packaged
from gws_contract.report import leaves, text
from gws_contract.report.docket import Docket
from gws_contract.report.shards import ShardsError, judge_shards
from gws_contract.seal.files import FileError
from gws_contract.stage.target import UsageError

WITHOUT_LOCUST = "A load run needs Locust: pip install 'gws-contract[load]'."
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_STRANGERS = "LOCUST_"
"""What the variables begin with that would change what Locust does; options behind `--` are the way to."""
_LOGINS = 20.0
"""Agents that log in every second, at each worker."""
_ENDING = 45.0
"""Seconds after which Locust is killed when the run is to end."""
_LOOK = 0.5
_ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a load run this command is."""

    master: bool = False
    worker: bool = False
    processes: int | None = None
    host: str | None = None
    port: int | None = None
    web: bool = False
    csv: bool = True
    html: bool = True
    quiet: bool = False
    more: Sequence[str] = ()
    """Options for Locust, as they are."""


class Running:
    """One load run, as one command does it. The constructor says everything that can be wrong before any traffic."""

    def __init__(self, errand: Errand, part: Part) -> None:
        if importlib.util.find_spec("locust") is None:
            raise UsageError(WITHOUT_LOCUST)
        _sensible(errand, part)
        here, environment = Path(errand.here), os.environ
        wish, posts = errand.wish(environment), errand.posts(environment)
        targets(errand, environment)
        self._part, self._most = part, max(len(post.agents) for post in posts)
        told = {**environment, "GWS_AGENTS": f"{posts[0].agents[0].user}:-", "GWS_AGENT_WITHOUT_FEATURE": ""}
        if posts[0].contact_center_id:
            told["GWS_CONTACT_CENTER_ID"] = posts[0].contact_center_id
        scenario = wish.scenario or str(packaged())
        self._certification = Certification(replace(wish_at(wish, posts[0]), scenario=scenario), told, here)
        if part.worker:
            self._certification.enter()
        else:
            self._certification.begin()
        self._folder = self._certification.folder
        self._errand = replace(errand, folder=str(self._folder))

    def run(self) -> int:
        """The exit status, as that of certify."""
        status, interrupted = self._with_locust()
        shards = shards_in(self._folder)
        if self._part.worker:
            return self._of_a_worker(status, shards)
        if len(shards) < self._errand.workers and not interrupted and (status or not shards):
            return self._without(status)
        if not shards:
            _say("interrupted before the first chat.")
            return 2
        if len(shards) < self._errand.workers:
            _say(f"Only {len(shards)} of {self._errand.workers} workers have left a shard here.")
        return self._judged(shards)

    def _with_locust(self) -> tuple[int, bool]:
        """How Locust ended, and whether somebody asked it to."""
        asked: list[float] = []
        child = subprocess.Popen(  # noqa: S603 - our own interpreter
            self._command(),
            env=_environment(os.environ, self._errand),
            stdin=subprocess.PIPE,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )

        def interrupted() -> None:
            asked.append(time.monotonic())
            assert child.stdin is not None
            child.stdin.close()

        def ended() -> int:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(_LOOK)
                if asked and time.monotonic() - asked[0] > _ENDING:
                    os.killpg(child.pid, signal.SIGKILL)

        return heeding(ended, interrupted), bool(asked)

    def _command(self) -> list[str]:
        part, workers = self._part, self._errand.workers
        words = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--loglevel", "WARNING", "--stop-timeout", "60"]
        if part.worker:
            words += ["--worker", *_said("--master-host", part.host), *_said("--master-port", part.port)]
        else:
            words += ["--users", str(self._most * workers), "--spawn-rate", str(_LOGINS * workers)]
            words += ["--autostart"] if part.web else ["--headless"]
            words += [] if sys.stderr.isatty() and not part.quiet else ["--only-summary"]
            words += ["--csv", str(self._folder / leaves.LOCUST)] if part.csv else []
            words += ["--html", str(self._folder / f"{leaves.LOCUST}.html")] if part.html else []
        if part.master:
            words += ["--master", "--expect-workers", str(workers)]
            words += [*_said("--master-bind-host", part.host), *_said("--master-bind-port", part.port)]
        elif part.processes is not None and not part.worker:
            # Of its own workers only: those of another run on this machine must not come to it.
            port = str(_free_port())
            words += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
            words += ["--master-host", "127.0.0.1", "--master-port", port]
        return [*words, *_said("--processes", part.processes), *part.more]

    def _without(self, status: int) -> int:
        """Not every worker has left a shard here."""
        if self._part.master and not status:
            numbers = f"journal-1 to journal-{self._errand.workers}"
            _say(f"The shards {numbers} are where their workers ran; gather them in a folder for gws-contract verify.")
            return 2
        _say(f"Locust did not come to its end (exit status {status}); what it said stands above.")
        return 4 if status == 2 else 3

    def _of_a_worker(self, status: int, shards: Sequence[Path]) -> int:
        for shard in shards:
            _say(f"shard: {self._certification.shown(shard.name)}")
        return 0 if shards and not status else 2

    def _judged(self, shards: Sequence[Path]) -> int:
        """Judge, write the reports, say the verdict."""
        certification = self._certification
        try:
            docket = judged(shards)
            remarks = certification.write_reports(docket)
        except (OSError, FileError, JournalError, ShardsError) as error:
            _say(f"the reports cannot be written: {error.strerror if isinstance(error, OSError) else error}")
            return 3
        except KeyboardInterrupt:
            _say(f"interrupted before the shards were judged; gws-contract verify {certification.shown('')} does that.")
            return 2
        for remark in remarks:
            _say(remark)
        if not docket.begun:
            _say(text.printable(docket.trouble or ""))
            return docket.conclusion.status
        print(text.summary(replace(docket, again=certification.again)))
        print(f"certificate: {certification.shown(leaves.PAGE)}")
        print(f"seal: {certification.seal}", flush=True)
        return docket.conclusion.status


def judged(shards: Sequence[Path]) -> Docket:
    """All shards of a load run, judged by the shipped checks. Raises JournalError, ShardsError and
    KeyboardInterrupt.
    """
    return judge_shards(shards, check.shipped())


def shards_in(folder: Path) -> list[Path]:
    """The shards that lie there, by their numbers."""
    return [folder / name for name in shards.shards(path.name for path in folder.iterdir())]


def _sensible(errand: Errand, part: Part) -> None:
    """Raises UsageError."""
    if not 0 < errand.rate < _ENDLESS:
        raise UsageError(f"--rate must be greater than 0, not {errand.rate:g}.")
    if not 0 < errand.seconds < _ENDLESS:
        raise UsageError(f"--time must be greater than 0, not {errand.seconds:g}.")
    if errand.workers < 1:
        raise UsageError("There must be at least one worker.")
    if part.master and part.worker:
        raise UsageError("Give either --master or --worker: the one leads, the other works.")
    if part.master and part.processes is not None:
        raise UsageError("--processes is for workers, or for a run on one machine; a master only leads.")


def _environment(environment: Mapping[str, str], errand: Errand) -> dict[str, str]:
    kept = {name: value for name, value in environment.items() if not name.startswith(_STRANGERS)}
    return {**kept, **errand.sent(), "PYTHONDONTWRITEBYTECODE": "1"}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _said(option: str, value: object) -> list[str]:
    return [] if value is None else [option, str(value)]


def _say(words: str) -> None:
    print(f"gws-contract: {words}", file=sys.stderr, flush=True)
