"""The state machine: moves that nobody wrote down, on the drivers of every other chat."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gws_contract import check
from gws_contract.campaign import Campaign, Plan
from gws_contract.conversation import Conversation
from gws_contract.evidence import assemble
from gws_contract.journal import Ended, Memory, Planned
from gws_contract.mock.options import Options
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Cause, Notice
from gws_contract.report.docket import judge_evidence
from gws_contract.scenario import Outage, Scenario, to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage import machine
from gws_contract.stage.improvised import WRONG, Improvised
from gws_contract.verdict import Verdict

from ..stages import PATIENT, Played, Scripted, aim, interrupt, nobody_is_left, played, varied

STEPS = 12
MANY = 120
"""Runs that are never needed: what is looked for is found before."""
SEEN = "everything was seen"


@dataclass
class Improvisation:
    """What the machine left, and what it was told after each of its runs."""

    mock: Mock
    memory: Memory = field(default_factory=Memory)
    asked: list[list[int]] = field(default_factory=list)
    said: str | None = None

    def perform(self, runs: int, seed: int = 0, judged: Any = None, **changes: Any) -> Played:
        """A campaign of nothing but the machine."""
        campaign = Campaign(aim(self.mock, **changes), Plan((), seed=seed, depth="quick"), self.memory)
        ask = judged or self.nothing_broke

        def nothing_broke(chats: Sequence[int]) -> str | None:
            self.asked.append(list(chats))
            found: str | None = ask(chats)
            return found

        def improvise(rows: object) -> None:
            self.said = machine.run(campaign._pool, runs=runs, steps=STEPS, seed=seed, nothing_broke=nothing_broke)

        campaign._pool.perform = improvise  # type: ignore[method-assign]  # instead of the plan
        campaign.run()
        return Played(self.memory, None)

    def nothing_broke(self, chats: Sequence[int]) -> str | None:
        """Judge these chats as a campaign does."""
        records = [r for r in self.memory.records if getattr(r, "chat", None) in (None, *chats)]
        rulings = judge_evidence(assemble(records), check.shipped(), floor=1).rulings
        return next((r.clause.id for r in rulings if r.tally.verdict is Verdict.BROKEN), None)


def kinds_of(chat: Conversation) -> set[str]:
    """What was done in a chat: its steps, and the absences of its agents, which are in no exchange of it."""
    away = {f"outage:{step.what}" for step in chat.scenario.before if isinstance(step, Outage)}
    return {exchange.step for exchange in chat.exchanges} | away


EVERYTHING = {
    *("offer", "say", "typing", "outage:observer", "outage:session", "refusal:withdrawn", "customer-leaves-before"),
    *("visit:reject", "refusal:rejected", "visit:accept", "visit:say", "visit:leave", "visit:transfer"),
    *("accept", "reply", "refusal:second-accept", "say-after", "read", "complete", "customer-leaves"),
    *(f"refusal:{name}" for name in WRONG),
}


@pytest.fixture(scope="module")
def honest() -> tuple[Improvisation, Played]:
    """Chats of an honest server, until everything that the machine can do was done."""
    with Mock() as mock:
        improvisation = Improvisation(mock)

        def everything(_: Sequence[int]) -> str | None:
            chats = assemble(improvisation.memory.records).conversations
            seen = set().union(*map(kinds_of, chats))
            return SEEN if seen >= EVERYTHING and len(improvisation.asked) >= 20 else None

        run = improvisation.perform(MANY, judged=everything, deadline=PATIENT)
        assert nobody_is_left(mock)
    return improvisation, run


Honest = tuple[Improvisation, Played]


def test_sooner_or_later_the_machine_does_everything_it_can(honest: Honest) -> None:
    improvisation, run = honest
    assert improvisation.said == SEEN
    assert set().union(*map(kinds_of, run.conversations)) - EVERYTHING == {"look"}


def test_an_honest_server_keeps_every_clause_in_chats_that_nobody_wrote_down(honest: Honest) -> None:
    _, run = honest
    assert set(run.hows) == {"complete"}
    for verdict in (Verdict.BROKEN, Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR):
        assert run.with_verdict(verdict) == set()


def test_its_chats_are_told_apart_by_their_source(honest: Honest) -> None:
    _, run = honest
    assert {chat.planned.source for chat in run.conversations} == {"machine"}


def test_the_chats_of_a_run_are_those_beside_one_another(honest: Honest) -> None:
    improvisation, run = honest
    by_group: dict[int | None, list[int]] = {}
    for chat in run.conversations:
        by_group.setdefault(chat.planned.group, []).append(chat.chat)
    assert list(by_group.values()) == improvisation.asked
    assert max(map(len, improvisation.asked)) > 2


def at_work(chat: Conversation) -> tuple[float, float]:
    """When it was asked for and when it ended."""
    assert chat.ended is not None
    return chat.exchanges[0].sent, chat.ended.at


def beside(chat: Conversation, run: Played) -> list[Conversation]:
    """The chats that were open when it was asked for."""
    begun = at_work(chat)[0]
    return [other for other in run.conversations if at_work(other)[0] < begun < at_work(other)[1]]


def test_two_and_three_chats_are_open_at_once_and_interleaved(honest: Honest) -> None:
    _, run = honest
    assert {len(beside(chat, run)) for chat in run.conversations} == {0, 1, 2}
    moves = sorted((e.sent, chat.chat) for chat in run.conversations for e in chat.exchanges)
    turns = [number for number, _ in itertools.groupby(number for _, number in moves)]
    assert len(turns) > len(set(turns))


def test_chats_that_are_open_at_once_have_names_of_their_own(honest: Honest) -> None:
    _, run = honest
    for chat in run.conversations:
        taken = {name for other in beside(chat, run) for name in (other.scenario.customer, other.scenario.agent)}
        assert not taken & {chat.scenario.customer, chat.scenario.agent}


def test_every_chat_of_the_machine_comes_to_its_accept_unless_the_customer_leaves(honest: Honest) -> None:
    _, run = honest
    for chat in run.conversations:
        assert (chat.accept is None) == bool(chat.steps("customer-leaves-before"))


def test_no_wrong_password_is_sent(honest: Honest) -> None:
    _, run = honest
    assert run.steps("refusal:wrong-credentials") == []


def test_only_two_agents_are_offered_chats_while_the_machine_runs(honest: Honest) -> None:
    improvisation, run = honest
    ready = list(improvisation.mock.agents)[: machine.AT_WORK]
    assert {invited.agent for chat in run.conversations for invited in chat.invitations} == set(ready)


BETWEEN = ("look", "read", "complete", "customer-leaves")


def told(chats: Sequence[Conversation]) -> Counter[str]:
    """Scenarios and what was done for them, in order."""
    return Counter(
        json.dumps(
            [
                to_json(replace(chat.scenario, beside="nobody")),
                [e.step for e in chat.exchanges if e.step not in BETWEEN],
            ],
            sort_keys=True,
        )
        for chat in chats
    )


def test_what_the_machine_did_in_a_chat_can_be_played_again_alone(honest: Honest) -> None:
    _, improvised = honest
    scenarios = [replace(chat.scenario, beside="nobody") for chat in improvised.conversations]
    with Mock() as mock:
        again = played(aim(mock), *scenarios)
    assert told(again.conversations) == told(improvised.conversations)


def test_the_journal_has_the_scenario_as_it_was_at_the_end(honest: Honest) -> None:
    _, run = honest
    for chat in run.conversations:
        told = [r.scenario for r in run.records if isinstance(r, Planned) and r.chat == chat.chat]
        assert told[0] == to_json(Scenario(chat.scenario.customer, chat.scenario.agent))
        assert from_json(told[-1]) == chat.scenario


def test_the_same_seed_makes_up_the_same_chats() -> None:
    def made_up(seed: int) -> list[Scenario]:
        with Mock() as mock:
            run = Improvisation(mock).perform(2, seed)
        return [replace(chat.scenario, beside="nobody") for chat in run.conversations]

    assert made_up(1) == made_up(1) != made_up(2)


FOUND = {
    "rejected-accept-succeeds": "accept.refused.rejected",
    "second-accept-succeeds": "accept.refused.second-accept",
    "earlier-agent-incomplete": "accept.history.complete",
    "foreign-accept-succeeds": "accept.refused.not-offered",
}


@pytest.mark.parametrize(("fault", "clause"), FOUND.items())
def test_the_machine_alone_finds_a_fault_stops_there_and_its_chat_shows_it_again(fault: str, clause: str) -> None:
    with Mock(variations=varied(fault)) as mock:
        improvisation = Improvisation(mock)
        run = improvisation.perform(MANY, deadline=PATIENT)
        assert nobody_is_left(mock)
        assert improvisation.said == clause
        assert run.with_verdict(Verdict.BROKEN) == {clause}
        ruling = run.judged().ruling(clause)
        assert ruling is not None
        assert ruling.example is not None
        assert ruling.example.conversation.chat in improvisation.asked[-1]
        again = played(aim(mock), ruling.example.conversation.scenario)
        assert again.with_verdict(Verdict.BROKEN) == {clause}


def test_what_shows_only_beside_another_chat_of_the_agent_is_played_so_again() -> None:
    with Mock(variations=varied("two-chats-out-of-order")) as mock:
        improvisation = Improvisation(mock)

        def without_visits(chats: Sequence[int]) -> str | None:
            # With earlier agents it is not played beside another chat, for which all other agents would have to rest.
            if improvisation.nothing_broke(chats) is None:
                return None
            found = [c for c in assemble(improvisation.memory.records).conversations if c.chat in chats]
            alone = [chat.chat for chat in found if chat.scenario.beside == "same-agent"]
            return improvisation.nothing_broke(alone)

        run = improvisation.perform(MANY, judged=without_visits)
        assert improvisation.said == "accept.notifications.order"
        last = [chat for chat in run.conversations if chat.chat in improvisation.asked[-1]]
        again = played(aim(mock), *[chat.scenario for chat in last if chat.scenario.beside == "same-agent"])
        assert again.with_verdict(Verdict.BROKEN) == {"accept.notifications.order"}
        assert nobody_is_left(mock)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with Mock(variations=varied("second-accept-succeeds")) as mock:
        improvisation = Improvisation(mock)
        improvisation.perform(MANY)
    assert improvisation.said is not None
    assert capfd.readouterr() == ("", "")


def all_have_ended(run: Played) -> bool:
    """Whether each chat has its last line, once."""
    ended = [r.chat for r in run.records if isinstance(r, Ended)]
    return sorted(ended) == [chat.chat for chat in run.conversations]


def test_ctrl_c_in_the_middle_leaves_nobody_on_the_server() -> None:
    struck: list[Cause] = []

    def strike(cause: Cause) -> None:
        if cause.operation == "offer" and cause.chat.number == 3 and not struck:
            struck.append(cause)
            interrupt()

    with Mock(variations=[Scripted(hears=strike)]) as mock:
        improvisation = Improvisation(mock)
        run = improvisation.perform(MANY)
        assert nobody_is_left(mock)
    assert run.footer.ended == "interrupted"
    assert all_have_ended(run)
    assert len(improvisation.asked) < 3


def test_a_silent_server_ends_the_machine() -> None:
    with Mock(variations=varied("silence")) as mock:
        improvisation = Improvisation(mock)
        run = improvisation.perform(MANY, judged=lambda _: None, deadline=0.2)
        assert nobody_is_left(mock)
    assert run.footer.ended == "silent server"
    assert run.hows.count("deadline") == 3
    assert all_have_ended(run)


def test_after_an_incomplete_sequence_nobody_speaks_in_that_chat() -> None:
    with Mock(variations=varied("history-lost")) as mock:
        run = Improvisation(mock).perform(1, deadline=0.2)
    for chat in run.conversations:
        assert chat.steps("reply", "say-after", "refusal:second-accept") == ()


def test_a_server_that_offers_nothing_ends_the_machine() -> None:
    def withheld(cause: Cause, notices: list[Notice]) -> list[Notice]:
        return [] if cause.operation == "offer" else notices

    with Mock(variations=[Scripted(sends=withheld)]) as mock:
        run = Improvisation(mock).perform(MANY, judged=lambda _: None, offer_timeout=0.1)
        assert nobody_is_left(mock)
    assert run.footer.ended == "no more offers"
    assert set(run.hows) <= {"not offered", "cut short"}
    assert len(run.hows) < 10


def test_a_server_that_offers_no_chat_again_is_soon_not_asked_for_it_any_more() -> None:
    def withheld(cause: Cause, notices: list[Notice]) -> list[Notice]:
        return [] if cause.operation == "offer" and cause.chat.avoided else notices

    with Mock(variations=[Scripted(sends=withheld)]) as mock:
        run = Improvisation(mock).perform(20, judged=lambda _: None, offer_timeout=0.1)
        assert nobody_is_left(mock)
    lost = [chat for chat in run.conversations if chat.ended and chat.ended.how == "not offered again"]
    # Those in company say only that nobody is given so many; others may have been handed on already.
    assert 2 <= len(lost) <= 6
    later = [chat for chat in run.conversations if (chat.planned.group or 0) > (lost[-1].planned.group or 0)]
    assert later
    assert not any(chat.scenario.needs_routing for chat in later)
    assert run.footer.ended == "complete"


def test_with_one_agent_and_one_chat_at_a_time_an_honest_server_breaks_nothing() -> None:
    with Mock(agents={"ann": "one"}, without_feature={}, options=Options(capacity=1)) as mock:
        improvisation = Improvisation(mock)
        run = improvisation.perform(8, offer_timeout=0.6)
        assert nobody_is_left(mock)
    assert improvisation.said is None
    assert len(improvisation.asked) == 8
    assert run.steps("visit:transfer", "refusal:rejected") == []
    assert run.hows.count("not offered") <= 3


def test_agents_who_rested_are_ready_again_afterwards() -> None:
    with Mock() as mock:
        resting = list(mock.agents)[machine.AT_WORK :]
        run = Improvisation(mock).perform(1)
    for name in resting:
        line = [e for e in run.evidence.exchanges if e.actor == f"agent:{name}" and e.method == "POST"]
        asked = [json.loads(exchange.request or "{}")["operationName"] for exchange in line]
        assert asked[1:-1] == ["Ready", "NotReady", "Ready", "NotReady"]


def test_without_runs_nobody_rests_and_nothing_happens() -> None:
    with Mock() as mock:
        run = Improvisation(mock).perform(0)
    assert run.conversations == ()
    assert len([e for e in run.evidence.exchanges if "NotReady" in (e.request or "")]) == len(mock.agents)


def test_a_bug_of_ours_is_no_counter_example(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(Improvised, "accept", broken)
    with Mock() as mock:
        improvisation = Improvisation(mock)
        with pytest.raises(RuntimeError, match="a bug of ours"):
            improvisation.perform(MANY)
        assert nobody_is_left(mock)
    assert improvisation.asked == []
    assert all_have_ended(Played(improvisation.memory, None))


def test_a_bug_in_a_rule_of_the_machine_is_raised_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(Improvised, "may", broken)
    with Mock() as mock, pytest.raises(ZeroDivisionError):
        Improvisation(mock).perform(1)
