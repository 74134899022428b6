"""Many chats over a pool of agents: side by side, in company, and apart; and when it stops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.conversation import Conversation
from gws_contract.journal import Clock, Exchange, Memory
from gws_contract.mock.options import Options
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request
from gws_contract.onlooker import Onlooker
from gws_contract.scenario import Outage, Say, Scenario, Visit
from gws_contract.stage.cast import Performance
from gws_contract.stage.pool import AT_ONCE, ATTEMPTS_AT_ROUTING, SILENT_CHATS, Count, Halt
from gws_contract.stage.switchboard import Switchboard
from gws_contract.verdict import Verdict

from .stages import Played, Scripted, aim, nobody_is_left, play, played, varied

HELLO = Scenario("Pat", "Sam", (Say("Hello"),))
BACK = Scenario("Kay", "Eve", (Visit("leave"), Say("Thanks.")))
AWAY = tuple(Scenario("Gil", f"Liv {what}", (Outage(what),)) for what in ("observer", "session"))


def same(number: int) -> list[Scenario]:
    """So many chats that want another one of the same agent beside them."""
    return [Scenario(f"Uma {n}", f"Ben {n}", (Say(f"Number {n}."),), beside="same-agent") for n in range(number)]


def everybody(number: int) -> list[Scenario]:
    """So many chats that want to be accepted at the same moment as those of all other agents."""
    return [Scenario(f"Una {n}", f"Ada {n}", (Say(f"Number {n}."),), beside="all-agents") for n in range(number)]


def groups(run: Played) -> list[list[Conversation]]:
    """The chats in company, group by group, in the order they were begun."""
    found: dict[int, list[Conversation]] = defaultdict(list)
    for conversation in run.conversations:
        if conversation.planned.group is not None:
            found[conversation.planned.group].append(conversation)
    return [found[group] for group in sorted(found)]


def accepts(chats: Sequence[Conversation]) -> list[Exchange]:
    return [c.accept for c in chats if c.accept is not None]


def span(conversation: Conversation) -> tuple[float, float]:
    """From the offer to the end of a performance."""
    (offer,) = conversation.steps("offer")
    assert conversation.ended is not None
    return offer.sent, conversation.ended.at


def overlap(one: Conversation, other: Conversation) -> bool:
    (begun, ended), (other_begun, other_ended) = span(one), span(other)
    return begun < other_ended and other_begun < ended


def small(**options: Any) -> Options:
    return Options(**options)


# ---- company of one agent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "sizes"), [(1, [2]), (2, [2]), (3, [3]), (4, [3, 2]), (7, [3, 3, 2])])
def test_up_to_three_chats_of_one_agent_are_open_at_once(number: int, sizes: list[int]) -> None:
    run = play(HELLO, *same(number))
    assert set(run.hows) == {"complete"}
    assert [len(group) for group in groups(run)] == sizes
    for group in groups(run):
        assert len({c.agent for c in group}) == 1
    assert max(sizes) <= AT_ONCE


def test_all_chats_of_a_group_are_accepted_before_one_of_them_ends() -> None:
    run = play(HELLO, *same(3))
    (group,) = groups(run)
    completes = [e.sent for c in group for e in c.steps("complete")]
    assert max(accept.done for accept in accepts(group)) < min(completes)


def test_who_finds_no_companion_is_kept_company_by_the_same_chat_once_more() -> None:
    (only,) = same(1)
    run = play(HELLO, only)
    assert [(c.planned.source, c.scenario) for c in groups(run)[0]] == [("drawn", only), ("companion", only)]


def test_the_other_agents_are_ready_again_afterwards() -> None:
    with Mock() as mock:
        run = played(aim(mock), HELLO, *same(2), *everybody(4))
        assert nobody_is_left(mock)
    assert len({c.agent for c in groups(run)[1]}) == 4


def test_the_only_agent_can_have_company_too() -> None:
    with Mock(agents={"ann": "one"}) as mock:
        run = played(aim(mock), HELLO, *same(2), *everybody(2))
    assert [len(group) for group in groups(run)] == [2, 1, 1]
    assert set(run.hows) == {"complete"}


# ---- company of all agents ------------------------------------------------------------------------------------------


def test_all_agents_accept_at_the_same_moment() -> None:
    """Nobody sends an Accept before everybody has been invited, and each has a chat of his own."""
    slow = replace(everybody(1)[0], before=tuple(Say(f"Wait {n}") for n in range(20)))
    run = play(HELLO, *everybody(3), slow)
    (group,) = groups(run)
    assert len({c.agent for c in group}) == len(group) == 4
    invited = [invitation.at for c in group for invitation in c.invitations]
    assert max(invited) <= min(accept.sent for accept in accepts(group))
    assert run.with_verdict(Verdict.BROKEN) == set()


@pytest.mark.parametrize(("number", "companions"), [(1, 3), (3, 1), (4, 0), (5, 3)])
def test_companions_stand_in_for_those_that_lack(number: int, companions: int) -> None:
    run = play(HELLO, *everybody(number))
    assert [len(group) for group in groups(run)] == [4] * ((number + 3) // 4)
    assert [c.planned.source for c in run.conversations].count("companion") == companions


def test_one_of_all_agents_who_does_not_come_to_the_meeting_is_not_waited_for() -> None:
    fails = Scripted(lambda r: Answer(500, b"") if r.operation == "RequestChat" and "Una 2" in str(r.data) else None)
    run = play(HELLO, *everybody(4), variations=[fails], offer_timeout=60.0)
    assert sorted(run.hows) == ["complete"] * 4 + ["not offered"]
    assert run.footer.ended == "complete"


# ---- a routing that does not do it ----------------------------------------------------------------------------------

ONE_EACH = small(capacity=1)


@pytest.mark.parametrize("number", [2, 3, 6, 12])
def test_a_routing_that_never_gives_two_chats_to_one_agent_is_tried_twice_and_no_more(number: int) -> None:
    run = play(HELLO, *same(number), options=ONE_EACH, offer_timeout=0.8)
    possible = 1 if number <= 3 else ATTEMPTS_AT_ROUTING
    assert len(groups(run)) == possible
    assert run.footer.ended == "complete"


def test_a_routing_that_gives_two_chats_to_one_agent_but_not_three_is_given_two() -> None:
    run = play(HELLO, *same(7), options=small(capacity=2), offer_timeout=1.0)
    assert [len(group) for group in groups(run)] == [3, 2, 2]
    assert run.hows.count("not offered") == 1


def test_without_two_chats_for_one_agent_all_agents_meet_all_the_same() -> None:
    run = play(HELLO, *same(6), *everybody(4), options=ONE_EACH, offer_timeout=0.8)
    together = [group for group in groups(run) if group[0].scenario.beside == "all-agents"]
    assert [len(group) for group in together] == [4]
    assert {c.ended.how for c in together[0] if c.ended} == {"complete"}


def test_a_chat_that_finds_no_company_does_not_end_the_run() -> None:
    run = play(HELLO, *same(6), *[HELLO] * 3, options=ONE_EACH, offer_timeout=0.8)
    assert run.footer.ended == "complete"
    assert run.with_verdict(Verdict.BROKEN) == set()


# ---- apart ----------------------------------------------------------------------------------------------------------


def test_while_an_agent_is_away_no_other_chat_is_performed() -> None:
    run = play(HELLO, *AWAY, *[HELLO] * 6, *AWAY, *same(2))
    assert set(run.hows) == {"complete"}
    away = [c for c in run.conversations if any(isinstance(step, Outage) for step in c.scenario.before)]
    assert len(away) == 4
    for one in away:
        assert not [other.chat for other in run.conversations if other is not one and overlap(one, other)]


def test_while_chats_are_in_company_no_other_chat_is_performed() -> None:
    """Their agents are not Ready: a chat that has to be offered again would not find them."""
    run = play(BACK, *[BACK] * 3, *same(2), *everybody(4))
    assert set(run.hows) == {"complete"}
    for group in groups(run):
        others = [c for c in run.conversations if c not in group]
        assert not [other.chat for other in others for one in group if overlap(one, other)]


def test_a_slow_first_chat_has_ended_before_others_are_in_company() -> None:
    slow = replace(BACK, before=(*(Say(f"Wait {n}") for n in range(10)), Visit("leave"), Say("Thanks.")))
    run = play(slow, *same(2), options=small(latency=0.05))
    first, *others = run.conversations
    assert set(run.hows) == {"complete"}
    assert not [other.chat for other in others if overlap(first, other)]


def test_single_chats_are_performed_side_by_side() -> None:
    run = play(HELLO, *[HELLO] * 8, options=small(latency=0.02))
    assert any(overlap(one, other) for one in run.conversations for other in run.conversations if one is not other)


def test_no_more_chats_are_performed_at_once_than_there_are_agents() -> None:
    """Else an agent is offered a second one, which is company that the chat did not ask for."""
    run = play(HELLO, *[HELLO] * 12, options=small(latency=0.03))
    for one in run.conversations:
        begun = span(one)[0]
        at_work = [other for other in run.conversations if span(other)[0] <= begun < span(other)[1]]
        assert len(at_work) <= 4


def test_no_other_chat_begins_before_the_first_was_offered_to_somebody() -> None:
    run = play(HELLO, *[HELLO] * 5)
    first, *others = run.conversations
    assert first.invitations[0].at <= min(span(other)[0] for other in others)


def test_the_wrong_requests_that_are_left_of_the_first_chat_are_tried_after_it() -> None:
    tried = replace(HELLO, refusals=("wrong-case", "missing-nickname"))
    run = play(tried, *[HELLO] * 2, variations=varied("case-does-not-matter"))
    left = [c for c in run.conversations if c.planned.source == "misuse"]
    assert [c.scenario.refusals for c in left] == [("missing-nickname",)]


def test_chats_that_are_never_offered_again_are_not_tried_without_end() -> None:
    def withheld(cause: Any, notices: list[Any]) -> list[Any]:
        return [] if cause.operation == "offer" and cause.chat.former else notices

    run = play(HELLO, *[BACK] * 12, variations=[Scripted(sends=withheld)], offer_timeout=0.15)
    assert ATTEMPTS_AT_ROUTING <= run.hows.count("not offered again") <= ATTEMPTS_AT_ROUTING + 3
    assert run.footer.lacks == ("routing",)


# ---- halting --------------------------------------------------------------------------------------------------------


@pytest.fixture
def halt() -> Halt:
    return Halt(Switchboard(Memory(), Clock(), "run"))


def test_the_first_reason_counts(halt: Halt) -> None:
    halt.because("silent server")
    halt.because("interrupted")
    assert halt.reason == "silent server"
    assert halt.event.is_set()


def test_a_cut_has_no_reason_and_can_be_lifted(halt: Halt) -> None:
    halt.cut()
    assert (halt.event.is_set(), halt.reason) == (True, None)
    assert halt.lift()
    assert not halt.event.is_set()


@pytest.mark.parametrize("reason", ["silent server", "no more offers"])
def test_after_a_reason_of_our_own_a_second_look_may_be_taken(halt: Halt, reason: str) -> None:
    halt.because(reason)
    assert halt.lift()
    assert (halt.event.is_set(), halt.reason) == (False, reason)


@pytest.mark.parametrize("reason", ["interrupted", "time limit", "not ready", "harness error"])
def test_what_somebody_wants_to_end_is_not_taken_up_again(halt: Halt, reason: str) -> None:
    halt.because("silent server")
    halt.because(reason)
    assert not halt.lift()
    assert halt.event.is_set()


def test_an_interruption_while_a_cut_is_in_force_stays(halt: Halt) -> None:
    halt.cut()
    halt.because("interrupted")
    assert not halt.lift()


def test_whoever_waits_for_a_chat_is_woken(halt: Halt) -> None:
    board = halt._switchboard
    live = board.open(1, HELLO, "drawn")
    clock = Clock()
    looked: list[int] = []

    def look() -> bool:
        looked.append(1)
        if len(looked) == 1:
            halt.cut()
        return False

    assert not live.wait(look, clock.now() + 60.0, clock, halt.event)


# ---- counting -------------------------------------------------------------------------------------------------------


def test_how_chats_end_is_counted() -> None:
    count = Count()
    for how in ("complete", "deadline", "not offered", "not offered again", "failed", "customer left", "cut short"):
        count.note(Performance(how, f"it was {how}"))
    assert (count.performed, count.silent, count.not_offered, count.not_offered_again) == (7, 1, 1, 1)
    assert count.trouble == "it was deadline"


def test_in_company_a_chat_that_is_not_offered_is_no_lost_offer() -> None:
    count = Count()
    count.note(Performance("not offered"), in_company=True)
    assert count.not_offered == 0


def test_silent_chats_end_a_run() -> None:
    run = play(*[HELLO] * 20, variations=varied("history-lost"), deadline=0.1)
    assert run.footer.ended == "silent server"
    assert SILENT_CHATS <= run.hows.count("deadline") <= SILENT_CHATS + 4


def test_progress_is_told_for_chats_in_company_too() -> None:
    from gws_contract.campaign import Campaign, Plan  # noqa: PLC0415 - nothing else here needs one by hand

    onlooker = Onlooker(3)
    with Mock() as mock:
        plan = Plan(tuple(("drawn", s) for s in (HELLO, *same(2))), 0, "quick")
        Campaign(aim(mock), plan, Memory(), onlooker=onlooker).run()
    assert onlooker.look().done == 3


def refused(request: Request) -> Answer | None:
    """A server that lets nobody rest."""
    return Answer(403, b"") if request.operation == "NotReady" else None


def test_a_server_on_which_nobody_can_rest_is_no_error_of_ours() -> None:
    run = play(HELLO, *same(3), variations=[Scripted(refused)], offer_timeout=2.0)
    assert run.footer.ended == "complete"
    assert run.with_verdict(Verdict.BROKEN) == set()
