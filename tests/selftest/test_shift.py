"""One worker's part of a load run, on plain threads: its offers, its shard, its statistics, its end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import read
from gws_contract.load.errand import Errand
from gws_contract.load.hand import Hand
from gws_contract.load.lead import CLOSED, MANNED
from gws_contract.load.ledger import HISTORY, INVITED, Entry
from gws_contract.load.plan import plan_of
from gws_contract.load.shift import Shift
from gws_contract.load.task import WORKER, Task
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Cause, Notice
from gws_contract.records import Terms
from gws_contract.scenario import Say, Scenario
from gws_contract.stage.target import Account

from .stages import HANG, Scripted, aim, nobody_is_left, varied

PLAN = Scenario("Anna", "Marat", (Say("Hello."),))
TASK = Task("run", 0, 1, rate=40.0, seconds=0.25, scenarios=(PLAN,), terms=Terms(floor=10, given=True))


class Worked:
    """A shift that was worked to its end, by a thread for each of its agents."""

    def __init__(
        self, shift: Shift, shard: Path, entries: list[Entry], meanwhile: Callable[[Shift], object] = lambda _: None
    ) -> None:
        self.entries = entries
        shift.open()
        threads = [threading.Thread(target=self._agent, args=(shift,)) for _ in shift.target.agents]
        for thread in threads:
            thread.start()
        shift.wait_until_manned()
        work = threading.Thread(target=shift.work)
        work.start()
        meanwhile(shift)
        for thread in (work, *threads):
            thread.join(HANG)
        assert shift.closed.is_set()
        self.records = list(read(shard))
        self.evidence: Evidence = assemble(self.records)

    @staticmethod
    def _agent(shift: Shift) -> None:
        account = shift.take_on()
        if account is None:
            return
        agent = shift.log_in(account)
        shift.over.wait(HANG)
        shift.log_out(agent)

    def named(self, name: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.name == name]


def worked(
    mock: Mock, folder: Path, task: Task = TASK, meanwhile: Callable[[Shift], object] = lambda _: None, **target: object
) -> Worked:
    entries: list[Entry] = []
    shard = folder / f"journal-{task.worker + 1}.ndjson"
    return Worked(Shift(aim(mock, **target), task, shard, entries.append), shard, entries, meanwhile)


def test_every_chat_is_in_the_shard_and_in_the_statistics(tmp_path: Path) -> None:
    with Mock() as mock:
        run = worked(mock, tmp_path)
        assert nobody_is_left(mock)
    assert [chat.ended.how for chat in run.evidence.conversations if chat.ended] == ["complete"] * 10
    assert run.evidence.footer is not None
    assert (run.evidence.footer.ended, run.evidence.footer.chats) == ("complete", 10)
    assert [len(run.named(name)) for name in (INVITED, HISTORY, "offer", "accept")] == [10] * 4
    assert not [entry for entry in run.entries if entry.failure]


def test_the_time_to_the_complete_history_is_that_of_the_journal(tmp_path: Path) -> None:
    with Mock() as mock:
        run = worked(mock, tmp_path, replace(TASK, seconds=0.025))
    (chat,) = run.evidence.conversations
    assert chat.accept is not None
    last = max(n.at for n in chat.received if n.kind == "NewMessages" and n.at < chat.horizon)
    assert [entry.seconds for entry in run.named(HISTORY)] == [pytest.approx(last - chat.accept.sent)]


def test_a_history_is_complete_without_the_agents_own_join(tmp_path: Path) -> None:
    """The page promises the join nowhere: what the customer had said is what must be there."""

    def without_joins(_: Cause, notices: list[Notice]) -> list[Notice]:
        for told in notices:
            if "messages" in told.data:
                told.data["messages"] = [one for one in told.data["messages"] if one["type"] != "ParticipantJoined"]
        return notices

    with Mock(variations=[Scripted(sends=without_joins)]) as mock:
        run = worked(mock, tmp_path, replace(TASK, seconds=0.05))
    assert [entry.failure for entry in run.named(HISTORY)] == ["", ""]


def test_a_history_without_a_text_is_not_complete(tmp_path: Path) -> None:
    with Mock(variations=varied("history-empty")) as mock:
        run = worked(mock, tmp_path, replace(TASK, seconds=0.025))
    assert [entry.failure for entry in run.named(HISTORY)] == ["incomplete history"]


def test_a_shard_says_what_it_is_a_shard_of(tmp_path: Path) -> None:
    with Mock() as mock:
        header = worked(mock, tmp_path, replace(TASK, worker=1, workers=4)).evidence.header
    assert (header.depth, header.shard, header.rate) == ("load", "2 of 4", 10.0)
    assert header.terms == Terms(floor=10, given=True)


def test_how_the_client_stood_is_told_to_the_end(tmp_path: Path) -> None:
    with Mock() as mock:
        loads = worked(mock, tmp_path).evidence.loads
    assert (loads[-1].due, loads[-1].offered, loads[-1].active) == (10, 10, 0)


def test_every_chat_has_names_and_texts_of_its_own_unless_they_were_given(tmp_path: Path) -> None:
    assert TASK.scenario(7).customer == "Anna 7"
    assert TASK.scenario(7).texts[0] == "Hello. 7"
    assert replace(TASK, varied=False).scenario(7) == PLAN


def test_the_workers_share_the_chats_and_none_keeps_time_with_another() -> None:
    shares = [replace(TASK, worker=worker, workers=3) for worker in range(3)]
    assert [share.chats for share in shares] == [4, 3, 3]
    moments = [share.due(chat) for share in shares for chat in range(1, share.chats + 1)]
    assert len(set(moments)) == 10
    assert all(0 <= moment <= TASK.seconds for moment in moments)


def test_customers_come_by_chance_and_at_the_same_moments_in_every_run() -> None:
    many = replace(TASK, rate=1000.0, seconds=20.0)
    moments = [many.due(chat) for chat in range(1, many.chats + 1)]
    assert moments == sorted(moments)
    assert moments == [replace(many, run="another").due(chat) for chat in range(1, many.chats + 1)]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    # Of a Poisson process: one pause of a hundred is shorter than a hundredth of the mean, and e^-1 longer than it.
    assert 0.005 < sum(pause < 1e-5 for pause in pauses) / len(pauses) < 0.015
    assert 0.35 < sum(pause > 1e-3 for pause in pauses) / len(pauses) < 0.39


def test_what_is_due_is_counted_as_it_becomes_due() -> None:
    share = replace(TASK, worker=2, workers=3)
    assert [share.due_by(share.due(2) + little) for little in (-1e-6, 1e-6)] == [1, 2]
    assert [share.due_by(seconds) for seconds in (0.0, 100.0)] == [0, 3]


def test_where_there_are_several_workers_a_chat_says_whose_it_is() -> None:
    assert replace(TASK, worker=1, workers=2).scenario(1).user_data == {WORKER: "2"}
    assert TASK.scenario(1).user_data is None


def test_a_slow_server_is_not_spared(tmp_path: Path) -> None:
    """While the first chats wait for their agents, the next are offered all the same."""
    with Mock(agents={}) as mock:
        run = worked(mock, tmp_path, offer_timeout=0.5, agents=())
    offered = [chat.steps("offer")[0].sent for chat in run.evidence.conversations]
    assert len(offered) == 10
    assert {entry.failure for entry in run.named(INVITED)} == {"not offered"}
    assert not run.named(HISTORY)


def test_a_chat_without_its_notifications_is_a_failure_of_the_statistics(tmp_path: Path) -> None:
    with Mock(variations=varied("history-lost")) as mock:
        run = worked(mock, tmp_path, replace(TASK, seconds=0.05), deadline=0.3)
    assert [entry.failure for entry in run.named(HISTORY)] == ["deadline"] * 2


def test_an_interrupted_shift_closes_its_shard(tmp_path: Path) -> None:
    with Mock() as mock:
        run = worked(mock, tmp_path, replace(TASK, seconds=1000.0), lambda shift: shift.stop("interrupted"))
        assert nobody_is_left(mock)
    assert run.evidence.footer is not None
    assert run.evidence.footer.ended == "interrupted"
    assert not [note for note in run.evidence.footer.notes if "bottleneck" in note]


def test_an_error_of_ours_ends_the_shift_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr("gws_contract.load.shift.perform", failing)
    with Mock() as mock:
        run = worked(mock, tmp_path)
        assert nobody_is_left(mock)
    assert run.evidence.footer is not None
    assert run.evidence.footer.ended == "harness error"
    assert run.evidence.footer.detail.startswith("RuntimeError: of ours")


def test_a_shard_that_cannot_be_written_keeps_nobody_waiting(tmp_path: Path) -> None:
    told: list[tuple[str, object]] = []
    environment = {"GWS_AGENTS": "a:b", "GWS_CONTACT_CENTER_ID": "center", "GWS_URL": "http://gws.invalid"}
    errand = Errand({}, str(tmp_path), str(tmp_path / "nowhere"), 1, 1.0, 1.0)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        plan = {"run": "x", "workers": 1, **plan_of(errand)}
        closed = threading.Event()

        def send(kind: str, data: object) -> None:
            told.append((kind, data))
            if kind == CLOSED:
                closed.set()

        hand = Hand(errand, send, lambda: 0, lambda _: None)
        hand.plan(plan)
        assert closed.wait(HANG)
    says = "The journal cannot be written: No such file or directory."
    assert told[0] == (MANNED, {"worker": 0, "why": "harness error", "detail": says})
    assert hand.log_in() is None


def test_a_wrong_password_ends_the_shift_before_its_first_chat(tmp_path: Path) -> None:
    with Mock() as mock:
        run = worked(mock, tmp_path, agents=(Account("agent1", "not-the-password"),))
    assert run.evidence.footer is not None
    assert (run.evidence.footer.ended, run.evidence.footer.chats) == ("not ready", 0)
    assert "refuses the agent agent1" in run.evidence.footer.detail


def test_chats_of_other_workers_at_ones_own_agents_are_told_in_a_sentence(tmp_path: Path) -> None:
    one_chat = replace(TASK, workers=2, seconds=0.05)
    with Mock() as mock:
        lonely = replace(aim(mock, offer_timeout=0.3), agents=())
        other = Shift(lonely, one_chat, tmp_path / "journal-1.ndjson", lambda _: None)

        def meanwhile(shift: Shift) -> None:
            other.open()
            other.work()
            shift.stop("interrupted")

        run = worked(mock, tmp_path, replace(one_chat, worker=1, seconds=1000.0), meanwhile)
    assert run.evidence.footer is not None
    (note,) = run.evidence.footer.notes
    assert note.startswith("1 chat of other workers came to the agents of this one: the routing of the server must")
    assert not other.crash


def test_no_secret_is_in_the_shard(tmp_path: Path) -> None:
    with Mock() as mock:
        worked(mock, tmp_path)
        written = (tmp_path / "journal-1.ndjson").read_text()
        assert not [password for password in mock.agents.values() if password in written]
        assert json.dumps(mock.contact_center_id) not in written


def test_an_agent_whom_locust_sends_away_early_stays_until_the_shift_is_over(tmp_path: Path) -> None:
    """It logs out in the middle of its chats otherwise, and the silence would be the server's."""
    errand = Errand({}, str(tmp_path), str(tmp_path), 1, 1.0, 1.0)
    hand = Hand(errand, lambda *_: None, lambda: 0, lambda _: None)
    with Mock() as mock:
        shift = Shift(aim(mock), TASK, tmp_path / "journal-1.ndjson", lambda _: None)
        hand._shift = shift
        shift.open()
        hand._open.set()
        agent = hand.log_in()
        assert agent is not None
        leaving = threading.Thread(target=hand.log_out, args=(agent,))
        leaving.start()
        leaving.join(1.0)
        assert leaving.is_alive()
        assert mock.call(lambda: mock.desk.agents[agent.name].ready)
        shift.stop("interrupted")
        shift.work()
        leaving.join(HANG)
        assert nobody_is_left(mock)
