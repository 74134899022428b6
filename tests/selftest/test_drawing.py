"""The situations and the drawn scenarios."""

from __future__ import annotations

from hypothesis import settings

from gws_contract.certification import FLOOR
from gws_contract.scenario import Say, Typing, Visit, from_json, to_json
from gws_contract.stage.drawing import LONG, SITUATIONS, draw
from gws_contract.stage.misuse import MISUSES

from .stages import FAULTS, Verdict, play, varied


def test_the_documented_example_comes_first() -> None:
    first = draw(1, 0)[0]
    assert (first.customer, first.agent) == ("PersonP", "Marat")
    assert first.before == (Visit("leave", "Marat"), Typing("started"), Say("Hello World"))


def test_the_situations_try_every_misuse_and_both_moments_of_accepting_wrongly() -> None:
    tried = {name for situation in SITUATIONS for name in situation.refusals}
    assert tried == {*MISUSES, "rejected"}
    assert any(situation.accept_again for situation in SITUATIONS)


def test_the_situations_hold_a_long_history_and_two_chats_together() -> None:
    assert any(len(situation.texts) > LONG for situation in SITUATIONS)
    assert sum(situation.beside == "same-agent" for situation in SITUATIONS) == 2
    assert max(len(situation.texts) for situation in SITUATIONS) <= 50


def test_what_is_drawn_is_ordinary_and_survives_the_journal() -> None:
    for scenario in draw(150, 3):
        assert scenario.ordinary, scenario
        assert from_json(to_json(scenario)) == scenario


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


def test_fewer_chats_than_situations_draw_nothing() -> None:
    assert draw(3, 0) == list(SITUATIONS[:3])


def test_exactly_as_many_chats_come_as_were_asked_for() -> None:
    for count in (1, FLOOR, FLOOR + 1, 60):
        assert len(draw(count, 1)) == count


def test_the_situations_alone_test_every_clause() -> None:
    run = play(*SITUATIONS)
    assert run.hows == ["complete"] * FLOOR
    rulings = run.judged(strict=True).rulings
    assert {ruling.tally.verdict for ruling in rulings} == {Verdict.KEPT}


def test_the_situations_show_a_break_that_needs_two_chats_at_once() -> None:
    run = play(*SITUATIONS, variations=varied("two-chats-no-participants"))
    assert run.with_verdict(Verdict.BROKEN) == FAULTS["two-chats-no-participants"].breaks
