"""One run of the suite against a hostile server, and everything that must hold at its end, whatever the server did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gws_contract import check, journal
from gws_contract.certification import Certification
from gws_contract.mock.server import Mock, Options
from gws_contract.report import text
from gws_contract.report.docket import Docket
from gws_contract.scenario import Say, Scenario, Visit, to_json
from gws_contract.wish import Wish

from .hostile_relay import Behaviour, Relay
from .stages import HANG, environment

CHATS = (
    Scenario("Pat", "Sam", (Say("Hello"),), reply="How can I help?"),
    Scenario("Kay", "Eve", (Say("One"), Say("Two")), refusals=("unknown-chat", "no-credentials")),
    Scenario("Gil", "Liv", (Say("First"), Visit("reject"), Say("Second")), during=(Say("Third"),)),
    Scenario("Una", "Ada", accept_again=True),
)
ROOT = Path(__file__).parents[2]
AGENTS = {"ann": "password-one", "bob": "password-two"}
PATIENCE = {"deadline": 1.0, "quiet_period": 0.2, "offer_timeout": 3.0}
LIMIT = 2.0
"""Seconds of --time-limit."""
GUARD = 20.0
"""Seconds after its limit at which a run hangs: more than a busy machine takes, less than a read timeout. How soon it
ends on an idle one is measured by `tests.bench.hostile`."""


@dataclass(frozen=True)
class Ended:
    """What a run left."""

    docket: Docket
    seconds: float
    """From the wish to the last file."""
    folder: Path
    seen: dict[str, int]
    """Requests that reached the server, by label."""

    @property
    def status(self) -> int:
        return self.docket.conclusion.status

    @property
    def trouble(self) -> str:
        """The sentence of what kept the run from its end, if anything did."""
        return self.docket.trouble or ""

    @property
    def said(self) -> str:
        """Everything that a person reads."""
        footer = self.docket.evidence.footer
        return " ".join([footer.ended if footer else "cut off", footer.detail if footer else "", self.summary])

    @property
    def summary(self) -> str:
        return text.summary(self.docket)

    def records(self) -> list[Any]:
        return list(journal.read(self.folder / "journal.ndjson"))


def meet(
    behave: Behaviour,
    folder: Path,
    *,
    limit: float | None = LIMIT,
    scenarios: Sequence[Scenario] = CHATS,
    options: Options | None = None,
    relay: dict[str, Any] | None = None,
    url: str | None = None,
    agents: int = 2,
    **wished: Any,
) -> Ended:
    """Certify a mock behind a relay that behaves like this. Fails if it takes too long, or leaves anything behind."""
    given = _written(scenarios, folder)
    accounts = dict(list(AGENTS.items())[:agents])
    before = _left_behind()
    with (
        Mock(agents=accounts, without_feature={}, options=options) as mock,
        Relay(mock.url, behave, **relay or {}) as way,
    ):
        wish = Wish(
            **{
                "url": url or way.url,
                "scenario": given,
                "report_dir": str(folder / "report"),
                "time_limit": limit,
                **PATIENCE,
                **wished,
            }
        )
        begun = time.monotonic()
        certification = Certification(wish, environment(mock), folder)
        certification.begin()
        docket = certification.run(check.shipped())
        certification.write_reports(docket)
        ended = Ended(docket, time.monotonic() - begun, folder / "report", dict(way.seen))
        leaked = [thread.name for thread in threading.enumerate() if _is_of_the_suite(thread)]
        assert leaked == [], f"threads live on: {leaked}"
    assert _left_behind() <= before, "sockets were left open"
    assert limit is None or ended.seconds < limit + GUARD
    assert ended.records()[-1].kind == "footer"
    assert "Traceback" not in ended.said
    return ended


def _written(scenarios: Sequence[Scenario], folder: Path) -> str:
    """A file of these scenarios."""
    file = folder / "chats.ndjson"
    lines = (json.dumps({"source": "given", "scenario": to_json(scenario)}) for scenario in scenarios)
    file.write_text("".join(f"{line}\n" for line in lines), "ascii")
    return str(file)


_OURS = ("observer of", "campaign", "leash", "customer", "Thread-", "ThreadPoolExecutor")


def _is_of_the_suite(thread: threading.Thread) -> bool:
    return thread.name.startswith(_OURS) and "(_serve)" not in thread.name and "execnet" not in thread.name


def _left_behind() -> int:
    """How many sockets this process has open."""
    return sum(1 for name in _links() if name.startswith("socket:"))


def _links() -> Iterable[str]:
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            yield str(descriptor.readlink())
        except OSError:  # the one that lists the others
            continue


@dataclass(frozen=True)
class Measured:
    """What a run took in a process of its own."""

    status: int
    seconds: float
    peak: int
    """Bytes of memory, at most."""


def measured(behave: Behaviour, folder: Path, *, limit: float, agents: int = 2) -> Measured:
    """As `meet`, but the suite has a process to itself, away from the memory of mock and relay."""
    given = _written(CHATS, folder)
    accounts = dict(list(AGENTS.items())[:agents])
    with Mock(agents=accounts, without_feature={}) as mock, Relay(mock.url, behave) as way:
        wish = {
            "url": way.url,
            "scenario": given,
            "report_dir": str(folder / "report"),
            "time_limit": limit,
            **PATIENCE,
        }
        command = [sys.executable, "-m", __name__, json.dumps(wish), str(folder)]
        ran = subprocess.run(command, cwd=ROOT, env=environment(mock), check=True, capture_output=True, timeout=HANG)
    return Measured(**json.loads(ran.stdout))


def _measure(wish: str, folder: str) -> None:
    begun = time.monotonic()
    certification = Certification(Wish(**json.loads(wish)), os.environ, Path(folder))
    certification.begin()
    docket = certification.run(check.shipped())
    certification.write_reports(docket)
    # Not ru_maxrss: that of a process begins with what its parent had when it was forked.
    words = Path("/proc/self/status").read_text("ascii").split()
    peak = int(words[words.index("VmHWM:") + 1]) * 1024
    print(json.dumps(asdict(Measured(docket.conclusion.status, time.monotonic() - begun, peak))))


if __name__ == "__main__":
    _measure(*sys.argv[1:])
