"""What is left of a scenario for a customer who cannot do everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gws_contract.scenario import Depart, Outage, Say, Scenario, Stream, Typing, Visit
from gws_contract.stage.abilities import EVERYTHING, Ability, distinct, lacking, within
from gws_contract.stage.drawing import draw
from gws_contract.stage.situations import SITUATIONS

NOTHING: frozenset[Ability] = frozenset()
FULL = Scenario(
    "Pat",
    "Sam",
    (Say("a"), Typing("started"), Visit("leave", "Zoë", ("b",)), Stream(("c",), 3), Outage("session"), Depart()),
    (Typing("stopped"), Say("d"), Depart()),
    (Say("e"),),
    reply="f",
    refusals=("unknown-chat",),
    accept_again=True,
    beside="same-agent",
    user_data={"Case": "7"},
)


def test_who_can_do_everything_is_asked_for_everything() -> None:
    assert [within(each, EVERYTHING) for each in draw(60, 1)] == draw(60, 1)


@pytest.mark.parametrize(
    ("lost", "left"),
    [
        (
            "say",
            {"before": (FULL.before[1], *FULL.before[2:3], *FULL.before[4:]), "during": FULL.during[::2], "after": ()},
        ),
        ("type", {"before": FULL.before[:1] + FULL.before[2:], "during": FULL.during[1:]}),
        ("leave", {"before": FULL.before[:-1], "during": FULL.during[:-1]}),
        ("user-data", {"user_data": None}),
        ("company", {"beside": "nobody"}),
        ("look", {}),
        ("read", {}),
        ("name", {}),
    ],
)
def test_what_the_customer_cannot_do_is_left_out(lost: Ability, left: dict[str, Any]) -> None:
    assert within(FULL, EVERYTHING - {lost}) == replace(FULL, **left)


def test_what_agents_do_stays_for_a_customer_who_can_do_nothing() -> None:
    found = within(FULL, NOTHING)
    assert found.before == (FULL.before[2], FULL.before[4])
    assert (found.reply, found.refusals, found.accept_again) == (FULL.reply, FULL.refusals, True)
    assert (found.customer, found.agent) == ("Pat", "Sam")


def test_of_chats_that_lost_their_point_one_is_kept() -> None:
    said = [Scenario(name, "Sam", (Say(name),)) for name in ("Pat", "Jo", "Lee")]
    assert list(distinct(said, NOTHING)) == [Scenario("Pat", "Sam")]
    assert list(distinct([*said, Scenario("Kim", "Max")], NOTHING)) == [Scenario("Kim", "Max")]


def test_chats_that_lost_nothing_all_stay() -> None:
    plain = [Scenario(name, "Sam") for name in ("Pat", "Jo")]
    assert list(distinct(plain, NOTHING)) == plain
    assert list(distinct(SITUATIONS, EVERYTHING)) == list(SITUATIONS)


def test_that_an_earlier_agent_has_the_name_of_the_one_who_accepts_is_a_point() -> None:
    same = Scenario("Pat", "Sam", (Visit("leave", "Sam"), Say("Hello")))
    other = Scenario("Pat", "Sam", (Visit("leave", "Zoë"), Say("Hello")))
    third = Scenario("Jo", "Kim", (Say("Hi"), Visit("leave", "Ann")))
    assert len(list(distinct([same, other, third], NOTHING))) == 2


def test_a_person_is_asked_for_a_handful_of_chats_that_bring_about_every_situation_of_the_agents() -> None:
    few = list(distinct(SITUATIONS, NOTHING))
    assert len(few) <= 8
    assert {s.spelling for s in few} == {s.spelling for s in SITUATIONS}
    assert {name for s in few for name in s.refusals} == {name for s in SITUATIONS for name in s.refusals}
    assert {s.parting for f in few for s in f.before if isinstance(s, Visit)} == {"leave", "reject"}
    assert any(f.reply for f in few)
    assert any(f.accept_again for f in few)


def test_a_run_lacks_what_none_of_its_customers_could_do() -> None:
    assert lacking([]) == ()
    assert lacking([EVERYTHING]) == ()
    assert lacking([NOTHING]) == ("customer-texts", "customer-leaves", "customer-name", "customer-side")
    assert lacking([NOTHING, frozenset({"say"})]) == ("customer-leaves", "customer-name", "customer-side")
    assert lacking([frozenset({"read"})]) == ("customer-texts", "customer-leaves", "customer-name")
