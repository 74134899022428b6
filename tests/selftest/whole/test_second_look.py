"""What a campaign makes of what it broke, against real mocks: the smallest chat, within the budget, without harm."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from gws_contract import campaign, check
from gws_contract.campaign import Campaign, Plan
from gws_contract.evidence import assemble
from gws_contract.journal import Footer, Memory, Planned
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Request, Variation
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Say, Scenario, Stream, Visit
from gws_contract.second_look import SecondLook, Witness
from gws_contract.shrinking import AGAIN, CHATS
from gws_contract.stage.drawing import draw
from gws_contract.stage.pool import Row
from gws_contract.verdict import Verdict

from ..stages import Scripted, aim, interrupt, nobody_is_left, rows, varied

CHECKS = check.shipped()
HELLO = Scenario("Pat", "Sam", (Say("Hello"),))
QUOTED = Scenario("Pat Smith", "Sam O'Neil", (Say("Hello"), Say("Hello?")), reply="Hi.")


@cache
def _drawn() -> tuple[Row, ...]:
    # Of this seed no chat beside the situations has an earlier agent: three that stay silent would end a run.
    return rows(*draw(25, 2))


class Shrunk:
    """A campaign with a second look, and what it left."""

    def __init__(
        self, plan: Sequence[Row], variations: Sequence[Variation], time_limit: float | None, depth: str, **aimed: Any
    ) -> None:
        memory = Memory()
        with Mock(variations=tuple(variations)) as mock:
            target = aim(mock, **{"deadline": 1.5, "quiet_period": 0.2, "offer_timeout": 5.0, **aimed})
            plan_ = Plan(tuple(plan), 0, depth, time_limit=time_limit)
            self.footer: Footer = Campaign(target, plan_, memory, checks=CHECKS).run()
            self.empty = nobody_is_left(mock)
        self.records = memory.records
        self.docket: Docket = judge_evidence(assemble(memory.records), CHECKS, floor=1)

    @property
    def broken(self) -> dict[str, Scenario]:
        return self.docket.broken

    @property
    def sources(self) -> Counter[str]:
        return Counter(c.planned.source for c in self.docket.evidence.conversations)

    def ruling(self, clause: str) -> Any:
        found = self.docket.ruling(clause)
        assert found is not None
        return found


def shrunk(
    *names: str,
    plan: Sequence[Row] = (),
    more: Sequence[Variation] = (),
    time_limit: float | None = None,
    depth: str = "quick",
    **aimed: Any,
) -> Shrunk:
    return Shrunk(plan or _drawn(), [*more, *varied(*names)], time_limit, depth, **aimed)


# ---- the smallest chat ----------------------------------------------------------------------------------------------

LONG_ENOUGH = 31
"""Texts that make, with both joins, a history of more than 32 entries."""

SMALLEST = {
    "apostrophe-refused": ("request.body", Scenario("0", "'")),
    "space-refused": ("request.body", Scenario("0", "0 0")),
    "accept-fails-for-long-names": ("overview.accepts", Scenario("0", "0" * 51)),
    "text-cut": ("history.complete", Scenario("0", "0", (Say("0" * 17),))),
    "earlier-agent-incomplete": ("history.complete", Scenario("0", "0", (Visit("leave", "0"), Say("0")))),
    "earlier-agent-no-status": ("status-change.arrives", Scenario("0", "0", (Visit("leave", "0"),))),
    "rejected-accept-succeeds": (
        "refused.rejected",
        Scenario("0", "0", (Visit("reject", "0"),), refusals=("rejected",)),
    ),
    "two-chats-out-of-order": ("notifications.order", Scenario("0", "0", beside="same-agent")),
    "history-first": ("notifications.order", Scenario("0", "0")),
    "long-history-cut": ("history.complete", Scenario("0", "0", (Stream(("0",), LONG_ENOUGH),))),
    "second-accept-succeeds": ("refused.second-accept", Scenario("0", "0", accept_again=True)),
    "case-does-not-matter": ("refused.wrong-case", Scenario("0", "0", refusals=("wrong-case",))),
    "announced-but-refused-in-focus": ("capability.in-focus", Scenario("0", "0", uses=("InFocus",))),
}


@pytest.mark.parametrize("fault", SMALLEST)
def test_the_smallest_chat_that_shows_a_fault_is_found(fault: str) -> None:
    clause, scenario = SMALLEST[fault]
    run = shrunk(fault)
    assert run.broken == {f"accept.{clause}": scenario}
    assert not run.ruling(f"accept.{clause}").intermittent
    assert run.sources["shrink"] <= CHATS
    assert (run.footer.ended, run.empty) == ("complete", True)


@pytest.mark.parametrize(
    ("fault", "clause", "odd"),
    [
        ("accept-fails-for-non-ascii-names", "overview.accepts", lambda name: not name.isascii()),
        ("non-bmp-out-of-order", "notifications.order", lambda name: ord(name) > 0xFFFF),
    ],
)
def test_of_a_name_one_character_is_left(fault: str, clause: str, odd: Callable[[str], bool]) -> None:
    """Which one is a matter of what was drawn."""
    (found,) = shrunk(fault).broken.values()
    assert found == Scenario("0", found.agent)
    assert len(found.agent) == 1
    assert odd(found.agent)


def test_two_faults_at_once_each_have_their_smallest_chat() -> None:
    run = shrunk("apostrophe-refused", "second-accept-succeeds")
    assert run.broken == {
        "accept.request.body": Scenario("0", "'"),
        "accept.refused.second-accept": Scenario("0", "0", accept_again=True),
    }
    assert run.sources["shrink"] <= CHATS


def test_a_good_server_is_not_asked_twice() -> None:
    run = shrunk(plan=rows(*draw(25, 0)[:6]))
    assert run.broken == {}
    assert "shrink" not in run.sources


def test_without_checks_nothing_is_performed_again() -> None:
    memory = Memory()
    with Mock(variations=tuple(varied("history-first"))) as mock:
        Campaign(aim(mock), Plan(rows(HELLO), 0, "quick"), memory).run()
    assert [r.source for r in memory.records if isinstance(r, Planned)] == ["drawn"]


def test_chats_of_shrinking_are_not_counted_as_drawn() -> None:
    run = shrunk("apostrophe-refused", plan=rows(QUOTED))
    ruling = run.ruling("accept.request.body")
    assert dict(ruling.by_source)["drawn"].chats == 1
    assert run.sources["drawn"] == 1
    assert run.sources["shrink"] > 1


# ---- what comes and goes --------------------------------------------------------------------------------------------

SOMETIMES = {
    "sometimes-out-of-order": "notifications.order",
    "sometimes-an-error": "overview.accepts",
    "sometimes-no-history": "history.arrives",
    "sometimes-incomplete": "history.complete",
}


@pytest.mark.parametrize("fault", SOMETIMES)
def test_what_does_not_come_back_is_called_intermittent_with_its_odds(fault: str) -> None:
    run = shrunk(fault)
    ruling = run.ruling(f"accept.{SOMETIMES[fault]}")
    assert ruling.tally.verdict is Verdict.BROKEN
    assert ruling.intermittent
    assert 0 < ruling.repeated.broken < ruling.repeated.chats


@pytest.mark.parametrize("fault", SOMETIMES)
def test_the_example_of_an_intermittent_break_is_an_original_chat(fault: str) -> None:
    run = shrunk(fault)
    ruling = run.ruling(f"accept.{SOMETIMES[fault]}")
    assert ruling.example.conversation.planned.source == "drawn"
    assert ruling.example.conversation.scenario in [scenario for _, scenario in _drawn()]


def test_an_intermittent_break_costs_a_few_chats_only() -> None:
    run = shrunk("sometimes-out-of-order", plan=rows(*[HELLO] * 13))
    assert run.sources["shrink"] <= AGAIN


# ---- silence --------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_not_shrunk_for_nothing_tells_how_long_to_wait() -> None:
    run = shrunk("silence", plan=rows(*[HELLO] * 8), deadline=0.3)
    assert "shrink" not in run.sources
    assert run.footer.ended == "silent server"
    assert run.empty


def test_what_never_comes_is_shrunk_with_the_patience_that_was_learnt() -> None:
    run = shrunk("earlier-agent-no-status", plan=rows(HELLO, HELLO, Scenario("Kay", "Eve", (Visit("leave"),))))
    assert run.broken == {"accept.status-change.arrives": Scenario("0", "0", (Visit("leave", "0"),))}
    waits = [
        c.ended.at - c.accept.sent
        for c in run.docket.evidence.conversations
        if c.planned.source == "shrink" and c.accept and c.ended and c.ended.how == "deadline"
    ]
    assert waits


def test_a_server_that_fell_silent_for_some_chats_is_shrunk_after_all() -> None:
    """Three silent chats end the drawing; what they have in common is still looked for."""
    left = [Scenario("Kay", f"Eve {n}", (Visit("leave"), Say("Thanks."))) for n in "abcd"]
    run = shrunk("earlier-agent-no-status", plan=rows(HELLO, *left), deadline=0.5)
    assert run.footer.ended == "silent server"
    assert run.broken["accept.status-change.arrives"] == Scenario("0", "0", (Visit("leave", "0"),))


# ---- being ended ----------------------------------------------------------------------------------------------------


class Ending(Scripted):
    """Does something once, at an Accept in the second look: under a nickname that no drawn chat has."""

    def __init__(self, act: Callable[[], object], among: Sequence[str]) -> None:
        super().__init__(self._look)
        self._act, self._among = act, among
        self.done = threading.Event()

    def _look(self, request: Request) -> Answer | None:
        name = (request.data or {}).get("nickname") if request.operation == "Accept" else None
        if isinstance(name, str) and name not in self._among and not self.done.is_set():
            self.done.set()
            self._act()
        return None


def test_ctrl_c_while_shrinking_ends_the_run_with_what_was_found() -> None:
    ending = Ending(interrupt, [QUOTED.agent])
    run = shrunk("apostrophe-refused", plan=rows(QUOTED), more=[ending])
    assert ending.done.is_set()
    assert (run.footer.ended, run.empty) == ("interrupted", True)
    assert run.ruling("accept.request.body").tally.verdict is Verdict.BROKEN
    assert run.docket.conclusion.status == 1
    assert isinstance(run.records[-1], Footer)


class Slow(Variation):
    """Takes its time over every operation, from the beginning of the second look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = begun = threading.Event()
        shrink = SecondLook.shrink

        def noted(self: SecondLook) -> bool:
            begun.set()
            return shrink(self)

        monkeypatch.setattr(SecondLook, "shrink", noted)

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        return replace(answer, delay=0.3) if self.begun.is_set() else answer


def test_a_time_limit_while_shrinking_ends_the_run_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    run = shrunk("apostrophe-refused", plan=rows(QUOTED), more=[Slow(monkeypatch)], time_limit=2.5)
    assert (run.footer.ended, run.empty) == ("time limit", True)
    assert run.ruling("accept.request.body").tally.verdict is Verdict.BROKEN
    assert run.docket.conclusion.status == 1


def test_after_its_seconds_the_second_look_ends_and_the_run_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "SECONDS", 0.5)
    run = shrunk("apostrophe-refused", plan=rows(QUOTED), more=[Slow(monkeypatch)], depth="nightly")
    assert (run.footer.ended, run.empty) == ("complete", True)
    assert run.ruling("accept.request.body").tally.verdict is Verdict.BROKEN
    assert 0 < run.sources["shrink"] < 8


def test_a_run_that_was_interrupted_before_takes_no_second_look() -> None:
    strike = Ending(interrupt, [])
    run = shrunk("apostrophe-refused", plan=rows(*[QUOTED] * 40), more=[strike])
    assert run.footer.ended == "interrupted"
    assert "shrink" not in run.sources
    assert run.empty


def test_a_server_that_offers_nothing_more_while_shrinking_leaves_the_run_complete() -> None:
    """The plan was performed; that nothing smaller could be looked for takes nothing away from it."""
    first = Scripted(sends=lambda c, notices: [] if c.operation == "offer" and c.chat.number > 1 else notices)
    run = shrunk("apostrophe-refused", plan=rows(QUOTED), more=[first], offer_timeout=0.3)
    assert run.footer.ended == "complete"
    assert run.broken == {"accept.request.body": QUOTED}


def test_a_bug_of_ours_while_shrinking_is_a_harness_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from gws_contract.stage.play import Play  # noqa: PLC0415 - only this test breaks it

    offer = Play.offer

    def crash(self: Play) -> None:
        if self.live.source == "shrink":
            raise ZeroDivisionError
        offer(self)

    monkeypatch.setattr(Play, "offer", crash)
    with pytest.raises(ZeroDivisionError):
        shrunk("apostrophe-refused", plan=rows(QUOTED))


# ---- the witness ----------------------------------------------------------------------------------------------------


def test_a_witness_passes_on_what_it_remembers() -> None:
    memory = Memory()
    run = shrunk("apostrophe-refused", plan=rows(QUOTED))
    witness = Witness(memory)
    for record in run.records:
        witness.write(record)
    assert memory.records == run.records
    assert len(witness.evidence().conversations) == len(run.docket.evidence.conversations)
    assert [c.chat for c in witness.evidence([2, 3]).conversations] == [2, 3]
