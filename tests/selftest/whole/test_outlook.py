"""What --plan says: without any traffic, and true of what then happens."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import cli
from gws_contract.campaign import MACHINE_CHATS, MACHINE_STEPS, Campaign, Plan
from gws_contract.evidence import assemble
from gws_contract.journal import Memory
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Request
from gws_contract.planning import drawn
from gws_contract.report.outlook import by_agent, by_customer, of
from gws_contract.scenario import Attempt, Depart, Outage, Say, Scenario, Stream, Typing, Visit
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.pool import Row

from ..stages import Finished, Scripted, aim, environment, rows, started

HELLO = Scenario("Pat", "Sam", (Say("Hello"),))


def outlook(*plan: Row, agents: int = 4, **more: Any) -> str:
    return of(Plan(tuple(plan), 0, "quick", **more), agents, "a server")


def line(text: str, head: str) -> str:
    return next(each for each in text.splitlines() if each.split()[:1] == [head])


def test_the_chats_are_told_by_where_they_come_from() -> None:
    text = outlook(*rows(HELLO, HELLO), ("stored", HELLO), ("misuse", HELLO), ("kept", HELLO), ("given", HELLO))
    assert line(text, "chats").split(maxsplit=1)[1] == (
        "2 drawn, 1 that broke something before, 1 on which wrong requests are tried first,"
        " 1 kept with this release, 1 given"
    )


def test_the_state_machine_is_told_with_its_chats_and_steps() -> None:
    text = outlook(*rows(HELLO), machine_runs=3)
    assert f"about {3 * MACHINE_CHATS} by a state machine of {MACHINE_STEPS} steps" in text
    assert "state machine" not in outlook(*rows(HELLO))


def test_agents_target_and_the_budget_of_shrinking_are_told() -> None:
    text = outlook(*rows(HELLO), agents=3)
    assert text.splitlines()[0].endswith(": what this run would do to a server")
    assert line(text, "agents").split()[1] == "3"
    assert "up to 60 more" in text


def test_wrong_requests_are_told_and_wrong_passwords_apart() -> None:
    tried = replace(HELLO, refusals=("wrong-credentials", "wrong-case", Attempt("open", "x", None)))
    text = outlook(*rows(tried, HELLO, replace(HELLO, refusals=("unknown-chat",))))
    assert line(text, "refusals").split()[1] == "4"
    assert "; 1 of them with a wrong password" in text


def test_histories_are_told_with_the_longest() -> None:
    long = replace(HELLO, before=(Stream(("a",), 1500),))
    words = line(outlook(*rows(HELLO, long)), "histories")
    assert words.split(maxsplit=1)[1] == f"{HELLO.entries + long.entries:,} lines; the longest {long.entries:,}"


def test_a_run_of_nothing_has_an_outlook() -> None:
    assert "the longest 0" in outlook()


def test_the_rate_says_how_long_it_takes_at_least() -> None:
    text = outlook(*rows(*[HELLO] * 10), max_rate=2.0)
    agents, customers = requests_in(text)
    assert line(text, "rate") == f"  rate       at most 2 requests a second: {(agents + customers) / 2:,.0f} s or more"
    assert "rate" not in outlook(*rows(HELLO))


def requests_in(text: str) -> tuple[int, int]:
    numbers = re.findall(r"[\d,]+", line(text, "requests"))
    agents, customers = (int(number.replace(",", "")) for number in numbers if number != ",")
    return agents, customers


# ---- what then happens ----------------------------------------------------------------------------------------------


class Counting(Scripted):
    """Counts the requests of agents and customers about chats."""

    def __init__(self) -> None:
        super().__init__(self._count)
        self.agents = self.customers = 0

    def _count(self, request: Request) -> None:
        self.agents += request.api == "agent" and request.chat_id is not None
        self.customers += request.api == "customer"


def counted(*plan: Row) -> Counting:
    counting = Counting()
    with Mock(variations=[counting]) as mock:
        target = aim(mock, quiet_period=0.2)
        Campaign(target, Plan(plan, 0, "quick"), Memory()).run()
    return counting


def within_15_percent(promised: int, happened: int) -> bool:
    return abs(promised - happened) <= 0.15 * happened


def test_a_quick_run_causes_what_was_said() -> None:
    plan = drawn("quick", None, 0).rows
    promised = requests_in(outlook(*plan))
    happened = counted(*plan)
    assert within_15_percent(promised[0], happened.agents), (promised[0], happened.agents)
    assert within_15_percent(promised[1], happened.customers), (promised[1], happened.customers)


SINGLE = {
    "nothing but the Accept": Scenario("0", "0"),
    "texts": HELLO,
    "typing": replace(HELLO, before=(Typing("started"), Typing("stopped"))),
    "a stream": replace(HELLO, before=(Stream(("Hello?",), 30),)),
    "a reply and texts afterwards": replace(HELLO, reply="Hi.", after=(Say("a"), Say("b"))),
    "a second Accept": replace(HELLO, accept_again=True),
    "capabilities": replace(HELLO, uses=("InFocus", "SendMessage", "Leave")),
    "a chat that is completed": replace(HELLO, uses=("InFocus", "SendMessage", "Complete")),
    "an earlier agent who speaks": replace(HELLO, before=(Visit("leave", "Zoë", ("One moment.", "Well.")),)),
    "a transfer": replace(HELLO, before=(Visit("transfer", "Zoë"),)),
    "a reject": replace(HELLO, before=(Visit("reject"),)),
    "a reject and its Accept": replace(HELLO, before=(Visit("reject"),), refusals=("rejected",)),
    "refusals": replace(HELLO, refusals=("unknown-chat", "wrong-case", "missing-nickname")),
    "an offer withdrawn": replace(HELLO, before=(Say("Hm"), Depart())),
    "a customer who goes on": replace(HELLO, during=(Stream(("Hello?",), 12),)),
    "a customer who leaves": replace(HELLO, during=(Depart(),)),
    "an observer lost": replace(HELLO, before=(Outage("observer"),)),
}


@pytest.mark.parametrize("name", SINGLE)
def test_the_requests_of_agents_in_a_chat_are_what_was_said(name: str) -> None:
    assert abs(counted(("drawn", SINGLE[name])).agents - by_agent(SINGLE[name])) <= 1


@pytest.mark.parametrize("name", SINGLE)
def test_the_requests_of_customers_in_a_chat_are_what_was_said(name: str) -> None:
    """How often a customer looks for the agent is a guess."""
    assert abs(counted(("drawn", SINGLE[name])).customers - by_customer(SINGLE[name])) <= 2


def test_the_lines_of_histories_are_what_was_said() -> None:
    memory = Memory()
    with Mock() as mock:
        Campaign(aim(mock), Plan(rows(*SITUATIONS[:12]), 0, "quick"), memory).run()
    for conversation in assemble(memory.records).conversations:
        log = [n for n in conversation.notifications if n.payload.get("notificationType") == "NewMessages"]
        entries = {entry["index"] for n in log for entry in n.payload["messages"]}
        assert abs(len(entries) - conversation.scenario.entries) <= 2


# ---- no traffic -----------------------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that nobody may call."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


def callers(server: socket.socket) -> int:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return 0
    return 1


@pytest.fixture
def _accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GWS_AGENTS", "ann:one,bob:two")
    monkeypatch.setenv("GWS_CONTACT_CENTER_ID", "x")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_accounts")
@pytest.mark.parametrize("depth", ["quick", "certify"])
def test_a_plan_is_printed_without_any_traffic(
    silent: socket.socket, capsys: pytest.CaptureFixture[str], depth: str, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    assert cli.main(["certify", "--plan", "--url", url, "--depth", depth]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].endswith(f"what this run would do to {url}")
    assert line(out, "agents").split()[1] == "2"
    assert err == ""
    assert callers(silent) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_accounts")
def test_a_plan_of_a_run_that_cannot_begin_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["certify", "--plan"]) == 4
    assert capsys.readouterr().err.startswith("gws-contract: There is no server to certify")


@pytest.mark.usefixtures("_accounts")
def test_a_plan_of_the_checks_as_a_pytest_run_causes_no_traffic(silent: socket.socket, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    words = ("-p", "no:cacheprovider", "-p", "gws_contract.plugin", "--gws-plan", f"--gws-url={url}")
    checks = Path(cli.__file__).parents[2] / "tests" / "accept"
    env = environment(GWS_AGENTS="ann:one", GWS_CONTACT_CENTER_ID="x")
    done = Finished(started(*words, str(checks), cwd=tmp_path, env=env, module="pytest"))
    assert done.status == 0, done.said
    assert f"what this run would do to {url}" in done.said
    assert callers(silent) == 0
    assert not (tmp_path / "reports").exists()
