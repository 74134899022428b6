"""The parts of a load run, each by itself: who leads, who works, whose books are kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from gws_contract.journal import Clock, Memory
from gws_contract.load.errand import Errand, targets
from gws_contract.load.gauge import Gauge
from gws_contract.load.hand import Hand
from gws_contract.load.lead import BEGIN, CLOSED, HALT, MANNED, PLAN, Lead
from gws_contract.load.ledger import Entry, Ledger
from gws_contract.load.plan import plan_of
from gws_contract.load.posts import posts, text_of
from gws_contract.mock.server import Mock
from gws_contract.scenario import Scenario, to_json
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Performance
from gws_contract.stage.switchboard import LiveChat
from gws_contract.stage.target import UsageError

from .stages import HANG
from .test_shift import TASK, worked

ENVIRONMENT = {"GWS_AGENTS": "a:1,b:2", "GWS_CONTACT_CENTER_ID": "center", "GWS_URL": "http://gws.invalid"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def errand(folder: Path, workers: int = 2, **given: Any) -> Errand:
    return Errand(given, str(folder), str(folder), workers, 1.0, 1.0)


# ---- who leads


class Leading:
    """A lead, and what it said and did."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.quit: list[bool] = []
        self.lead = Lead(errand(folder), lambda kind, data: self.told.append((kind, data)), self.quit.append)

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]


@pytest.fixture
def leading(tmp_path: Path) -> Leading:
    return Leading(tmp_path)


def test_the_workers_begin_when_all_of_them_are_manned(leading: Leading) -> None:
    leading.lead.start()
    leading.lead.manned(0, {})
    assert leading.kinds == [PLAN]
    leading.lead.manned(1, {})
    assert leading.kinds == [PLAN, BEGIN]


def test_the_plan_is_told_once(leading: Leading) -> None:
    leading.lead.start()
    leading.lead.start()
    assert leading.kinds == [PLAN]
    assert leading.told[0][1]["workers"] == 2


def test_the_trouble_of_one_worker_ends_all_and_nobody_begins(leading: Leading) -> None:
    leading.lead.start()
    leading.lead.manned(0, {"why": "not ready", "detail": "The server refuses the agent a."})
    leading.lead.manned(1, {})
    assert leading.told[1:] == [(HALT, {"why": "not ready", "detail": "The server refuses the agent a."})]


def test_a_run_that_has_not_begun_is_left_at_once(leading: Leading) -> None:
    leading.lead.halt("interrupted")
    assert (leading.kinds, leading.quit) == ([], [False])


def test_a_run_is_left_once_when_all_workers_have_ended(leading: Leading) -> None:
    leading.lead.start()
    leading.lead.closed(0)
    assert leading.quit == []
    leading.lead.closed(1)
    leading.lead.closed(1)
    assert leading.quit == [True]


def test_a_worker_that_is_lost_before_it_began_ends_the_run(leading: Leading) -> None:
    leading.lead.start()
    leading.lead.manned(0, {})
    leading.lead.lost(1)
    leading.lead.halt("interrupted")
    assert leading.told[1:] == [(HALT, {"why": "harness error", "detail": "A worker was lost before it began."})]
    leading.lead.closed(0)
    assert leading.quit == [True]


def test_a_worker_that_is_lost_later_has_ended(leading: Leading) -> None:
    leading.lead.start()
    for worker in (0, 1):
        leading.lead.manned(worker, {})
        leading.lead.lost(worker)
    assert leading.kinds == [PLAN, BEGIN]
    assert leading.quit == [True]


# ---- who works


def hand_that_fails(asked: Errand, plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a worker that cannot begin tells instead of being manned."""
    told: dict[str, Mapping[str, Any]] = {}
    closed = threading.Event()

    def send(kind: str, data: Mapping[str, Any]) -> None:
        told[kind] = data
        if kind == CLOSED:
            closed.set()

    Hand(asked, send, lambda: 0, lambda _: None).plan(plan)
    assert closed.wait(HANG)
    return told[MANNED]


def test_a_worker_without_agents_says_so_in_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"run": "x", "workers": 1, **plan_of(errand(tmp_path))}
    monkeypatch.setenv("GWS_AGENTS", "")
    said = hand_that_fails(errand(tmp_path), plan)
    assert (said["why"], said["detail"].partition(":")[0]) == ("harness error", "There is no agent")


def test_of_an_error_of_ours_only_its_kind_is_told(tmp_path: Path) -> None:
    said = hand_that_fails(errand(tmp_path), {"workers": 1})
    assert said["detail"] == "A worker could not begin: KeyError."


def test_a_worker_that_is_one_too_many_has_nothing_to_do(tmp_path: Path) -> None:
    told: list[str] = []
    hand = Hand(errand(tmp_path), lambda kind, _: told.append(kind), lambda: 2, lambda _: None)
    before = threading.active_count()
    hand.plan({"workers": 2})
    hand.begin()
    hand.attend()
    hand.log_out(cast(Agent, None))
    hand.halt("interrupted")
    assert (told, threading.active_count()) == ([], before)


def test_an_agent_who_cannot_log_in_for_an_error_of_ours_ends_the_shift_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Agent) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(Agent, "log_in", failing)
    with Mock() as mock:
        run = worked(mock, tmp_path)
    assert run.evidence.footer is not None
    assert (run.evidence.footer.ended, run.evidence.footer.chats) == ("harness error", 0)


def test_whoever_comes_when_all_accounts_are_taken_gets_none(tmp_path: Path) -> None:
    left: list[object] = []
    with Mock() as mock:
        worked(mock, tmp_path, TASK, lambda shift: left.append(shift.take_on()))
    assert left == [None]


# ---- what is to be done


def test_given_scenarios_are_offered_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(to_json(Scenario("Anna", "Marat"))))
    plan = plan_of(errand(tmp_path, scenario="one.json"))
    assert (plan["varied"], plan["digest"]) == (False, None)
    assert plan["scenarios"] == [to_json(Scenario("Anna", "Marat"))]


def test_a_person_offers_no_chats_at_a_rate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^A person cannot offer chats at a rate"):
        targets(errand(tmp_path, 1, customer="wait"), ENVIRONMENT)


def test_the_contact_center_of_a_server_is_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(
        json.dumps({"url": "http://one.example", "agents": {"a": "1"}, "contact_center_id": "theirs"})
    )
    asked = Errand({}, str(tmp_path), str(tmp_path), 1, 1.0, 1.0, "one.json")
    (found,) = targets(asked, ENVIRONMENT)
    assert (found.contact_center_id, found.agents[0].password) == ("theirs", "1")
    (found,) = targets(errand(tmp_path, 1), ENVIRONMENT)
    assert found.contact_center_id == "center"


def test_a_file_of_accounts_may_be_a_list_of_servers() -> None:
    one = {"url": "http://one.example", "agents": ["a:1", "b:2"], "contact_center_id": "x"}
    (post,) = posts(None, json.dumps([one]), {}, 1)
    assert [agent.user for agent in post.agents] == ["a", "b"]


@pytest.mark.parametrize("listed", ["[]", '{"targets": []}'])
def test_a_list_of_no_servers_is_none(listed: str) -> None:
    with pytest.raises(UsageError, match="not as gws-contract mock prints it"):
        posts("http://one.example", listed, ENVIRONMENT, 1)


def test_accounts_that_are_not_in_utf8_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "accounts").write_bytes(b"a:\xff")
    with pytest.raises(UsageError, match=r"^The accounts .+ are not in UTF-8\.$"):
        text_of(tmp_path / "accounts")


# ---- what is told of it


def test_a_gauge_that_never_began_stops_without_a_word() -> None:
    sink = Memory()
    gauge = Gauge(Clock(), sink)
    gauge.stop()
    assert (sink.records, gauge.bottleneck) == ([], None)


@pytest.mark.parametrize("how", ["not offered", "cut short"])
def test_a_chat_that_was_never_asked_for_is_in_no_statistics(how: Any) -> None:
    entered: list[Entry] = []
    live = LiveChat(1, "marker", Scenario("Anna", "Marat"), "drawn")
    Ledger(Memory(), entered.append).close(live, Performance(how), 1.0)
    assert entered == []
