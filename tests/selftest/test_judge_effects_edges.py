"""What mutants of the judge of effects would get away with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.judge.effects import effects_before
from gws_contract.scenario import Say, Typing, Visit

from .conversations import JUDGED, LOG, PLAIN, Chat, delivery, performed

TRIED = performed(replace(PLAIN, refusals=("wrong-case",)))
MISUSE = TRIED.step("refusal:wrong-case")
LIST, HISTORY = TRIED.payloads[1:]


def heard(chat: Chat, at: float, agent: str = JUDGED) -> tuple[str, ...]:
    """The effects, if a history comes at this moment."""
    return effects_before(chat.plus(delivery(HISTORY, at=at, agent=agent)).conversation)


def test_without_an_accept_nothing_can_have_its_effect() -> None:
    assert heard(TRIED.without_step("accept"), MISUSE.sent + 0.01) == ()


def test_an_effect_comes_behind_the_misuse_and_up_to_the_accept() -> None:
    effect = (f"{LOG} to {JUDGED}",)
    moments = (MISUSE.sent, MISUSE.sent + 0.01, TRIED.accept.sent, TRIED.accept.sent + 0.01)
    assert [heard(TRIED, at) for at in moments] == [(), effect, effect, ()]


@pytest.mark.parametrize("doing", [Say("Now."), Typing("started")])
def test_what_the_customer_does_during_the_accept_is_no_effect(doing: Say | Typing) -> None:
    chat = performed(replace(PLAIN, refusals=("wrong-case",), during=(doing,)), early=1)
    done = chat.step("say-during" if isinstance(doing, Say) else "typing-during")
    assert done.sent < chat.accept.sent
    assert heard(chat, done.sent + 0.001) == ()
    assert heard(chat, done.sent) != ()


def test_what_follows_the_accept_of_an_earlier_agent_is_no_effect_of_the_misuse_before_it() -> None:
    chat = performed(replace(PLAIN, before=(Visit("leave", "Lee"), *PLAIN.before)))
    visit = chat.step("visit:accept")
    for moment, effects in ((visit.sent - 0.01, 0), (visit.sent, 1), (visit.sent + 0.01, 1)):
        tried = chat.plus(replace(visit, step="refusal:wrong-case", sent=moment, actor=f"agent:{JUDGED}"))
        assert len(heard(tried, visit.sent + 0.02)) == effects
    early = chat.plus(replace(visit, step="refusal:wrong-case", sent=visit.sent - 0.02, actor=f"agent:{JUDGED}"))
    assert len(heard(early, visit.sent)) == 1
