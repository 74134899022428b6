"""What the tests of the acting floors share: a running mock as a target, campaigns against it, and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gws_contract import check
from gws_contract.campaign import Campaign, Plan
from gws_contract.conversation import Conversation
from gws_contract.embedded import target_of
from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import Exchange, Footer, Memory
from gws_contract.mock.chat import State
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.faults.fault import Fault
from gws_contract.mock.quirks import QUIRKS, Quirk
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Scenario
from gws_contract.stage.pool import Row
from gws_contract.stage.target import NotReady, Target
from gws_contract.verdict import Verdict

HANG = 60
"""Seconds after which a process of these tests is taken for hanging."""
PATIENT = 30.0
"""Seconds of patience where nothing has to be waited for in vain."""


def varied(*names: str) -> list[Variation]:
    """Faults and quirks by name, fresh."""
    seams: dict[str, Fault | Quirk] = {**FAULTS, **QUIRKS}
    return [seams[name].make() for name in names]


class Scripted(Variation):
    """A server that does what a test says: `answers` look at every request, `hears` at every group of notices."""

    def __init__(
        self,
        answers: Callable[[Request], Answer | None] = lambda _: None,
        hears: Callable[[Cause], object] = lambda _: None,
        sends: Callable[[Cause, list[Notice]], Iterable[Notice]] = lambda _, notices: notices,
    ) -> None:
        self._answers, self._hears, self._sends = answers, hears, sends

    def intercept(self, request: Request) -> Answer | None:
        return self._answers(request)

    def notices(self, cause: Cause, notices: Iterable[Notice]) -> list[Notice]:
        self._hears(cause)
        return list(self._sends(cause, list(notices)))


def json_answer(body: str, status: int = 200) -> Answer:
    return Answer(status, body.encode(), {"Content-Type": "application/json"})


def for_operation(name: str, answer: Answer, *, agent: str | None = None) -> Scripted:
    """Answers this operation otherwise, of this agent only if one is named."""
    return Scripted(lambda r: answer if r.operation == name and agent in (None, r.agent or r.claimed) else None)


def interrupt(number: signal.Signals = signal.SIGINT) -> None:
    """What Ctrl-C does to this process."""
    signal.pthread_kill(threading.main_thread().ident or 0, number)


def aim(mock: Mock, **changes: Any) -> Target:
    """A running mock as a target of short patience."""
    short = {"deadline": 1.0, "quiet_period": 0.05, "offer_timeout": PATIENT, "label": "the mock of this test"}
    return replace(target_of(mock), **{**short, **changes})


class Played:
    """What a campaign left."""

    def __init__(self, memory: Memory, error: NotReady | None) -> None:
        self.records, self.error = memory.records, error
        self.evidence: Evidence = assemble(self.records)

    @property
    def footer(self) -> Footer:
        assert self.evidence.footer is not None
        return self.evidence.footer

    @property
    def conversations(self) -> Sequence[Conversation]:
        return self.evidence.conversations

    @property
    def hows(self) -> list[str]:
        """How each performance ended."""
        return [c.ended.how if c.ended else "never" for c in self.conversations]

    @property
    def exchanges(self) -> list[Exchange]:
        """All, those of no chat too."""
        return [record for record in self.records if isinstance(record, Exchange)]

    def steps(self, *names: str) -> list[Exchange]:
        return [step for c in self.conversations for step in c.steps(*names)]

    def judged(self, *, strict: bool = False) -> Docket:
        return judge_evidence(self.evidence, check.shipped(), floor=1, strict=strict)

    def with_verdict(self, verdict: Verdict) -> set[str]:
        """The clauses that have it."""
        return {r.clause.id for r in self.judged().rulings if r.tally.verdict is verdict}


def rows(*scenarios: Scenario) -> tuple[Row, ...]:
    """Scenarios as a plan has them."""
    return tuple(("drawn", scenario) for scenario in scenarios)


def played(target: Target, *scenarios: Scenario, **plan: Any) -> Played:
    """Run a campaign; that no run could begin is remembered."""
    memory = Memory()
    wished = {"seed": 0, "depth": "quick", **plan}
    campaign = Campaign(target, Plan(rows(*scenarios), **wished), memory)
    error = None
    try:
        campaign.run()
    except NotReady as not_ready:
        error = not_ready
    return Played(memory, error)


def play(
    *scenarios: Scenario, variations: Iterable[Variation] = (), options: Options | None = None, **changes: Any
) -> Played:
    """Run a campaign against a mock of its own."""
    plan = {name: changes.pop(name) for name in ("time_limit", "table") if name in changes}
    with Mock(variations=tuple(variations), options=options) as mock:
        return played(aim(mock, **changes), *scenarios, **plan)


def nobody_is_left(mock: Mock) -> bool:
    """Whether no agent is logged in, no chat is open and no CometD session lives."""

    def look() -> bool:
        agents, chats = mock.desk.agents.values(), mock.desk.books.chats.values()
        open_states = (State.INVITED, State.CHATTING, State.LEFT)
        at_work = [a for a in agents if a.channels or a.ready or a.chats or mock.broker.sessions_of(a.name)]
        return not at_work and all(
            chat.ended and not any(state in open_states for state in chat.states.values()) for chat in chats
        )

    return mock.call(look)


def environment(mock: Mock | None = None, /, **more: str) -> dict[str, str]:
    """The environment of a certification: that of this process without anything of pytest's or ours; nobody watches."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GWS_", "PYTEST_"))}
    if mock is not None:
        kept |= credentials(mock)
    return kept | {"GWS_QUIET": "1"} | more


def credentials(mock: Mock) -> dict[str, str]:
    """The variables with which a user names this mock's accounts."""
    return {
        "GWS_AGENTS": ",".join(f"{user}:{password}" for user, password in mock.agents.items()),
        "GWS_CONTACT_CENTER_ID": mock.contact_center_id,
        "GWS_AGENT_WITHOUT_FEATURE": ",".join(f"{u}:{p}" for u, p in mock.without_feature.items()),
    }


def secrets_of(mock: Mock) -> list[str]:
    """The words that may stand nowhere."""
    return [*mock.agents.values(), *mock.without_feature.values(), mock.contact_center_id]


def started(*words: str, cwd: Path, env: Mapping[str, str], module: str = "gws_contract") -> subprocess.Popen[str]:
    """`python -m gws_contract words`, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


class Finished:
    """A process at its end."""

    def __init__(self, process: subprocess.Popen[str], hang: float = HANG) -> None:
        try:
            self.out, self.err = process.communicate(timeout=hang)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        self.status = process.returncode

    @property
    def said(self) -> str:
        return self.out + self.err


def sentence(text: str, head: str) -> str:
    """The one line of a text that is not empty, without its head; anything more is an error."""
    assert "Traceback" not in text, text
    (line,) = [line for line in text.splitlines() if line.strip()]
    assert line.startswith(head), line
    return line.removeprefix(head)
