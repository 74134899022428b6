"""The situations and the drawn scenarios."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from itertools import groupby
from typing import get_args

import pytest
from hypothesis import settings

from gws_contract.certification import FLOOR
from gws_contract.mock.faults import FAULTS
from gws_contract.scenario import Capability, Depart, Outage, Say, Scenario, Stream, Typing, Visit, to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage.chats import EDGES
from gws_contract.stage.drawing import ENTRIES_A_CHAT, LONG, SITUATIONS, WRONG_PASSWORDS, draw, shortened
from gws_contract.stage.malformed import MALFORMED, OPEN
from gws_contract.stage.misuse import MISUSES
from gws_contract.verdict import Verdict

from .stages import HANG, play, varied

LATE = (Visit, Outage)
"""Steps that need the routing of the server, or the agent's own time."""


@pytest.fixture(scope="module")
def generated() -> list[Scenario]:
    return draw(500, 11, situations=False)


def share(drawn: list[Scenario], *flags: bool) -> float:
    assert len(flags) == len(drawn)
    return sum(flags) / len(drawn)


def test_the_documented_example_comes_first() -> None:
    first = draw(1, 0)[0]
    assert (first.customer, first.agent) == ("PersonP", "Marat")
    assert first.before == (Visit("leave", "Marat"), Typing("started"), Say("Hello World"))


def test_the_situations_try_every_misuse_and_both_moments_of_accepting_wrongly() -> None:
    tried = {name for situation in SITUATIONS for name in situation.refusals}
    assert tried == {*MISUSES, "rejected"}
    assert any(situation.accept_again for situation in SITUATIONS)


def test_the_situations_hold_a_long_history_that_a_server_of_others_can_bear() -> None:
    assert any(len(situation.texts) > LONG for situation in SITUATIONS)
    assert max(situation.entries for situation in SITUATIONS) <= 50


def test_the_situations_hold_every_way_of_chats_beside_one_another() -> None:
    assert sum(situation.beside == "same-agent" for situation in SITUATIONS) == 2
    assert sum(situation.beside == "all-agents" for situation in SITUATIONS) == 4


def test_the_situations_hold_a_stream_during_the_accept_a_departure_an_odd_spelling_and_user_data() -> None:
    assert any(isinstance(step, Stream) for situation in SITUATIONS for step in situation.during)
    assert [situation.before[-1] for situation in SITUATIONS if Depart() in situation.before] == [Depart()]
    assert {situation.spelling for situation in SITUATIONS} == {"plain", "escaped"}
    assert any(situation.user_data for situation in SITUATIONS)


def test_the_situations_use_every_capability_and_part_from_a_chat_once() -> None:
    used = [situation.uses for situation in SITUATIONS if situation.uses]
    assert {name for uses in used for name in uses} == {*get_args(Capability)}
    assert all(len({"Transfer", "Leave", "Complete"} & {*uses}) == 1 for uses in used)


def test_of_the_situations_one_is_exotic() -> None:
    assert [situation.ordinary for situation in SITUATIONS].count(False) == 1


def test_what_is_drawn_survives_the_journal(generated: list[Scenario]) -> None:
    for scenario in (*SITUATIONS, *generated):
        assert from_json(json.loads(json.dumps(to_json(scenario)))) == scenario


def test_what_is_drawn_can_be_sent_as_utf_8(generated: list[Scenario]) -> None:
    for scenario in generated:
        json.dumps(to_json(scenario), ensure_ascii=False).encode("utf-8")


def test_nobody_says_nothing_and_nobody_has_no_name(generated: list[Scenario]) -> None:
    for scenario in generated:
        assert all(scenario.names)
        assert all(step.text for step in (*scenario.before, *scenario.during, *scenario.after) if isinstance(step, Say))


def test_about_one_chat_of_six_is_exotic(generated: list[Scenario]) -> None:
    assert 0.78 < share(generated, *(s.ordinary for s in generated)) < 0.88


def test_the_same_seed_draws_the_same_and_another_seed_another_set() -> None:
    one, same, other = draw(40, 5), draw(40, 5), draw(40, 6)
    assert one == same
    assert one[:FLOOR] == other[:FLOOR] == list(SITUATIONS)
    assert one[FLOOR:] != other[FLOOR:]


def test_a_profile_of_hypothesis_does_not_change_the_draw() -> None:
    expected = draw(30, 5)
    before = settings.get_current_profile_name()
    settings.register_profile("of a stranger", derandomize=True, max_examples=3, database=None)
    settings.load_profile("of a stranger")
    try:
        assert draw(30, 5) == expected
    finally:
        settings.load_profile(before)


DIGEST = """
import hashlib, json
from gws_contract.scenario import to_json
from gws_contract.stage.drawing import draw
print(hashlib.sha256(json.dumps([to_json(s) for s in draw(60, 5)]).encode()).hexdigest())
"""


@pytest.mark.parametrize(
    ("also", "environment"),
    [("", {"PYTHONHASHSEED": "1"}), ("", {"PYTHONHASHSEED": "2", "CI": "1"}), ("import gws_contract.cli", {})],
    ids=["another hash seed", "on a build server", "with other modules loaded"],
)
def test_another_process_draws_the_same(also: str, environment: dict[str, str]) -> None:
    here = hashlib.sha256(json.dumps([to_json(s) for s in draw(60, 5)]).encode()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", also + DIGEST],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    assert there.stdout.strip() == here


def test_fewer_chats_than_situations_draw_nothing() -> None:
    assert draw(3, 0) == list(SITUATIONS[:3])


@pytest.mark.parametrize("count", [0, 1, FLOOR, FLOOR + 1, 60])
@pytest.mark.parametrize("situations", [True, False])
def test_exactly_as_many_chats_come_as_were_asked_for(count: int, situations: bool) -> None:
    assert len(draw(count, 1, situations=situations)) == count


def test_no_chat_comes_twice(generated: list[Scenario]) -> None:
    assert len({json.dumps(to_json(scenario)) for scenario in generated}) == len(generated)


def test_without_the_situations_none_of_them_comes(generated: list[Scenario]) -> None:
    assert not any(situation in generated for situation in SITUATIONS)


def test_a_large_campaign_holds_a_history_as_long_as_allowed(generated: list[Scenario]) -> None:
    assert max(scenario.entries for scenario in generated) == 2000


def test_the_budget_of_a_campaign_is_kept(generated: list[Scenario]) -> None:
    assert sum(scenario.entries for scenario in generated) <= ENTRIES_A_CHAT * len(generated)


def test_a_small_budget_shortens_long_histories_and_drops_nothing() -> None:
    rich, poor = draw(60, 5, entries=100_000), draw(60, 5, entries=1000)
    assert sum(scenario.entries for scenario in poor) <= 1000 < sum(scenario.entries for scenario in rich)
    assert [(s.customer, s.agent, len(s.before)) for s in poor] == [(s.customer, s.agent, len(s.before)) for s in rich]


def test_a_history_that_was_shortened_ends_at_an_edge() -> None:
    edges = {edge + beside for edge in EDGES for beside in (-1, 0, 1)}
    totals = {s.total for scenario in draw(60, 5, entries=1000) for s in scenario.before if isinstance(s, Stream)}
    assert totals
    assert totals <= edges


def test_no_chat_is_longer_than_a_server_of_others_can_bear() -> None:
    few = draw(150, 2, longest=50)
    assert max(scenario.entries for scenario in few) == 50


def test_a_scenario_of_somebody_else_is_shortened_by_its_streams_alone() -> None:
    says = (Say("a"), Say("b"))
    long = Scenario(before=(Stream(("x",), 30), *says, Stream(("y",), 30)), during=(Stream(("z",), 30),))
    short = shortened(long, 20)
    assert short.entries == 20
    assert short.before == (Stream(("x",), 1), *says, Stream(("y",), 1))
    assert shortened(short, 20) == short
    assert shortened(Scenario(before=says * 20), 20) == Scenario(before=says * 20)


def test_long_histories_are_drawn_often_and_every_edge_sometimes(generated: list[Scenario]) -> None:
    assert share(generated, *(s.entries > 64 for s in generated)) > 0.08
    totals = {s.total for scenario in generated for s in scenario.before if isinstance(s, Stream)}
    assert {31, 32, 33, 63, 64, 65, 99, 100, 101, 127, 128, 129} <= totals


def test_a_wrong_password_is_tried_three_times_at_most(generated: list[Scenario]) -> None:
    for drawn in (generated, draw(200, 4)):
        assert sum("wrong-credentials" in scenario.refusals for scenario in drawn) == WRONG_PASSWORDS


def test_misuses_are_tried_in_their_order(generated: list[Scenario]) -> None:
    order = ("rejected", *MISUSES)
    for scenario in generated:
        assert list(scenario.refusals) == [name for name in order if name in scenario.refusals]
    assert {name for scenario in generated for name in scenario.refusals} == set(order)


def test_whoever_tries_after_rejecting_has_rejected(generated: list[Scenario]) -> None:
    assert all(Visit("reject") in s.before for s in generated if "rejected" in s.refusals)


def test_a_departure_is_the_last_that_happens(generated: list[Scenario]) -> None:
    before = [s for s in generated if Depart() in s.before]
    during = [s for s in generated if Depart() in s.during]
    assert before
    assert during
    assert all(s.before.index(Depart()) == len(s.before) - 1 for s in before)
    assert all(s.during.index(Depart()) == len(s.during) - 1 for s in during)
    for scenario in (*before, *during):
        assert (scenario.after, scenario.reply, scenario.accept_again) == ((), "", False)
    assert not any(s.refusals or s.during for s in before)


def test_chats_in_company_come_in_groups_one_after_another(generated: list[Scenario]) -> None:
    runs = [(beside, len(list(run))) for beside, run in groupby(generated, lambda s: s.beside)]
    same = [length for beside, length in runs if beside == "same-agent"]
    every = [length for beside, length in runs if beside == "all-agents"]
    assert same
    assert every
    assert 1 not in same
    assert all(length % 4 == 0 for length in every)


def test_chats_in_company_leave_the_agents_in_peace(generated: list[Scenario]) -> None:
    for scenario in generated:
        if scenario.beside != "nobody":
            assert not any(isinstance(step, (*LATE, Depart, Stream)) for step in scenario.before)
            assert not scenario.refusals
            assert not scenario.uses


@pytest.mark.parametrize(
    ("least", "what"),
    [
        (0.03, lambda s: not s.before),
        (0.15, lambda s: any(isinstance(step, Visit) and step.parting == "leave" for step in s.before)),
        (0.06, lambda s: any(isinstance(step, Visit) and step.parting == "transfer" for step in s.before)),
        (0.06, lambda s: Visit("reject") in s.before),
        (0.02, lambda s: any(isinstance(step, Visit) and step.nickname == s.agent for step in s.before)),
        (0.01, lambda s: Outage("observer") in s.before),
        (0.01, lambda s: Outage("session") in s.before),
        (0.15, lambda s: bool(s.during)),
        (0.05, lambda s: s.beside == "same-agent"),
        (0.05, lambda s: s.beside == "all-agents"),
        (0.15, lambda s: s.accept_again),
        (0.10, lambda s: bool(s.uses)),
        *((0.02, lambda s, name=name: name in s.uses) for name in get_args(Capability)),
        (0.35, lambda s: bool(s.reply)),
        (0.25, lambda s: bool(s.refusals)),
        (0.04, lambda s: s.spelling == "reordered"),
        (0.04, lambda s: s.spelling == "spaced"),
        (0.04, lambda s: s.spelling == "escaped"),
        (0.10, lambda s: s.user_data is not None),
        (0.05, lambda s: len(s.texts) > len({*s.texts})),
        (0.01, lambda s: s.customer == s.agent),
        (0.02, lambda s: s.customer != s.agent and s.agent.startswith(s.customer)),
        (0.01, lambda s: any(len(text) >= 1000 for text in s.texts)),
        (0.08, lambda s: any(ord(character) > 0xFFFF for character in s.agent)),
        (0.08, lambda s: len(s.agent) > 50),
        (0.08, lambda s: "'" in s.agent),
        (0.25, lambda s: " " in s.agent),
        (0.30, lambda s: not s.agent.isascii()),
        (0.10, lambda s: any(ord(character) > 0xFFFF for text in s.texts for character in text)),
    ],
    ids=lambda value: "" if callable(value) else None,
)
def test_every_feature_is_drawn_often_enough(generated: list[Scenario], least: float, what: object) -> None:
    assert callable(what)
    assert share(generated, *(what(scenario) for scenario in generated)) >= least


def test_the_situations_alone_test_every_clause_but_those_of_malformed_requests() -> None:
    run = play(*SITUATIONS)
    assert run.hows == ["complete"] * FLOOR
    malformed = {wrong.kind for wrong in MALFORMED} - {OPEN, *MISUSES}
    rulings = run.judged(strict=True).rulings
    untested = {ruling.clause.id for ruling in rulings if ruling.tally.verdict is not Verdict.KEPT}
    assert untested == {f"accept.refused.{kind}" for kind in malformed}


def test_the_situations_show_a_break_that_needs_two_chats_at_once() -> None:
    run = play(*SITUATIONS, variations=varied("two-chats-no-participants"))
    assert run.with_verdict(Verdict.BROKEN) == FAULTS["two-chats-no-participants"].breaks
