"""What mutants of the judge of coming, order and time would get away with."""

from __future__ import annotations

from dataclasses import replace

from gws_contract.evidence import assemble
from gws_contract.journal import Load
from gws_contract.judge.ruling import Outcome

from .conversations import DEADLINE, HEADER, LOG, PEOPLE, PLAIN, STATUS, journal_of, outcome, performed

GOOD = performed(PLAIN)
CHANGE, LIST, HISTORY = GOOD.payloads
LATE = GOOD.dropping(LOG).horizonless().later(HISTORY, DEADLINE + 0.001)


def test_an_order_over_two_polls_may_hide_a_loss() -> None:
    chat = GOOD.arriving(HISTORY, LIST, CHANGE, polls=[101, 101, 102]).disturbed("poll-broken")
    found = outcome(chat, "notifications.order")
    assert found.verdict == "inconclusive"
    assert found.reason.startswith(f"{LOG} (+0.010 s), {PEOPLE} (+0.010 s), {STATUS} (+0.020 s); ")
    assert found.reason.endswith("; but an earlier one of them may have been lost")


def test_what_comes_in_the_moment_of_the_deadline_is_in_time() -> None:
    at = GOOD.sequence[-1].at - GOOD.accept.sent
    for deadline, verdict in ((at, "kept"), (at - 0.001, "broken")):
        chat = replace(GOOD, header=replace(HEADER, deadline=deadline))
        assert outcome(chat, "notifications.timely").verdict == verdict


def test_what_comes_again_in_the_moment_of_the_end_is_a_repetition() -> None:
    end = GOOD.step("complete").sent - GOOD.accept.sent
    assert outcome(GOOD.later(CHANGE, end), "status-change.once").verdict == "broken"
    assert outcome(GOOD.later(CHANGE, end + 0.001), "status-change.once").verdict == "kept"


def asleep(*moments: tuple[float, float]) -> Outcome:
    """What is found if the client woke too late: at moments after the Accept, by so many seconds."""
    loads = [Load(LATE.accept.sent + after, 1, 1, 1, lag, 0.5) for after, lag in moments]
    (conversation,) = assemble([*journal_of(LATE), *loads]).conversations
    return outcome(conversation, "notifications.timely")


def test_a_client_that_was_asleep_meanwhile_says_so() -> None:
    found = asleep((-5, 0.0), (1, 1.01), (20, 0.0))
    assert found.verdict == "inconclusive"
    assert found.reason.endswith("; but this client itself woke up to 1.010 s too late meanwhile")
    assert found.reason.startswith(f"{LOG} after 10.001 s")


def test_a_tenth_of_the_deadline_is_not_too_late_to_say_who_was_late() -> None:
    assert asleep((1, DEADLINE / 10)).verdict == "broken"


def test_an_invitation_in_the_moment_of_the_end_comes_behind_chatting() -> None:
    end = GOOD.step("complete").sent - GOOD.accept.sent
    invited = {**CHANGE, "chat": {**CHANGE["chat"], "state": "Invited"}}
    for late, verdict in ((0.0, "broken"), (0.001, "kept")):
        assert outcome(GOOD.later(invited, end + late), "status-change.final").verdict == verdict
