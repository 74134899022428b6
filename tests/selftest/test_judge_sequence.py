from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.conversation import Conversation
from gws_contract.evidence import assemble
from gws_contract.journal import Ended, Load
from gws_contract.judge.finding import Broken
from gws_contract.judge.sequence import comes_once, firsts
from gws_contract.verdict import Verdict

from .conversations import (
    CHAT_ID,
    DEADLINE,
    DOCUMENTED,
    LOG,
    PEOPLE,
    PLAIN,
    QUIET,
    STATUS,
    Chat,
    Data,
    broken,
    delivery,
    evidence_of,
    having,
    journal_of,
    kept,
    outcome,
    outcomes,
    performed,
)

patiently = settings(deadline=None, max_examples=40)
GOOD = performed(PLAIN)
THREE = {STATUS: "status-change", PEOPLE: "participants", LOG: "history"}
ORDER = "notifications.order"
ARRIVAL = {ORDER, "notifications.timely", *(f"{section}.arrives" for section in THREE.values())}
ARRIVAL |= {f"{section}.once" for section in THREE.values()} | {"status-change.state", "status-change.final"}
"""What is said about the coming of the three."""


def payloads(*kinds: str) -> list[Data]:
    known = {payload["notificationType"]: payload for payload in GOOD.payloads}
    return [known[kind] for kind in kinds]


def in_state(state: object, **members: Any) -> Data:
    payload = GOOD.payloads[0]
    chat = {**payload["chat"], "state": state}
    if state == "Invited":
        chat["capabilities"] = ["Accept", "Reject"]
    return {**payload, **members, "chat": chat}


# ---- arrival --------------------------------------------------------------------------------------------------------


def test_the_three_of_the_page_keep_everything_that_is_said_about_their_coming() -> None:
    assert broken(GOOD) == set()
    assert kept(GOOD) >= ARRIVAL
    assert [n.kind for n in firsts(GOOD.conversation).values()] == [STATUS, PEOPLE, LOG]


@pytest.mark.parametrize("lost", [lost for n in (1, 2, 3) for lost in itertools.combinations(THREE, n)], ids=" ".join)
def test_a_notification_that_never_comes_breaks_its_arrival_and_nothing_else(lost: tuple[str, ...]) -> None:
    chat = GOOD.dropping(*lost)
    assert broken(chat) == {f"{THREE[kind]}.arrives" for kind in lost}


def test_what_came_instead_is_what_was_received() -> None:
    chat = GOOD.dropping(LOG).horizonless()
    found = outcome(chat, "history.arrives")
    assert found.documented == "NewMessages after the Accept"
    assert found.received == "StatusChange (+0.010 s), ParticipantsUpdated (+0.020 s)"


def test_other_states_and_unknown_kinds_are_named_in_what_was_received() -> None:
    chat = GOOD.arriving(in_state("Accepted"), {"notificationType": "Weather", "chat": {"id": CHAT_ID}}).horizonless()
    received = outcome(chat, "history.arrives").received
    assert received == "StatusChange Accepted (+0.010 s), another notification (+0.020 s)"


def test_of_a_flood_eight_notifications_are_named() -> None:
    chat = GOOD.arriving(*(in_state(f"S{n}") for n in range(12))).horizonless()
    received = outcome(chat, "history.arrives").received
    assert received.count("StatusChange S") == 8
    assert received.endswith("StatusChange S7 (+0.080 s)")


def test_silence_is_said_in_words() -> None:
    chat = GOOD.dropping(*THREE).horizonless()
    assert outcome(chat, "history.arrives").received == "nothing of this chat in 10 s and to the end"


@pytest.mark.parametrize("how", ["cut short", None])
def test_of_a_chat_that_the_run_cut_short_nothing_is_missed(how: str | None) -> None:
    cut = GOOD.dropping(*THREE).horizonless()
    cut = cut.mapped(lambda r: (replace(r, how=how) if how else None) if isinstance(r, Ended) else r)
    for clause in ("history.arrives", "status-change.arrives", "participants.arrives"):
        assert outcome(cut, clause).verdict is Verdict.NOT_TESTABLE


@pytest.mark.parametrize("kind", THREE)
def test_a_loss_on_the_way_is_inconclusive(kind: str) -> None:
    lost = GOOD.dropping(kind)
    clause = f"{THREE[kind]}.arrives"
    for what in ("poll-broken", "session-lost", "new-session", "not-json", "too-large", "stopped"):
        found = outcome(lost.disturbed(what), clause)
        assert (found.verdict, found.documented) == (Verdict.INCONCLUSIVE, f"{kind} after the Accept")
        assert found.reason == "a disturbance of the CometD session may have caused it"
    assert outcome(lost.disturbed("poll-broken", ack=True), clause).verdict is Verdict.BROKEN
    assert outcome(lost.disturbed("direct-delivery"), clause).verdict is Verdict.BROKEN


@pytest.mark.parametrize("what", ["poll-broken", "session-lost", "direct-delivery"])
def test_a_disturbance_that_cost_nothing_breaks_nothing_and_opens_only_absences(what: str) -> None:
    chat = GOOD.disturbed(what)
    assert broken(chat) == set()
    opened = {"delivery.addressee", "status-change.final"} if what != "direct-delivery" else set()
    assert having(chat, Verdict.INCONCLUSIVE) == opened


# ---- order ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(THREE))[1:], ids=" ".join)
@pytest.mark.parametrize("polls", [None, [101, 101, 101], [101, 101, 102]], ids=["apart", "one array", "two arrays"])
def test_every_other_order_than_the_pages_breaks_that_clause_alone(
    order: tuple[str, ...], polls: list[int] | None
) -> None:
    chat = GOOD.arriving(*payloads(*order), polls=polls)
    assert broken(chat) == {ORDER}
    found = outcome(chat, ORDER)
    assert found.documented == "StatusChange, ParticipantsUpdated, NewMessages"
    assert [part.split(" ")[0] for part in found.received.split(", ")] == list(order)


def test_what_was_received_carries_the_seconds_after_the_accept() -> None:
    chat = GOOD.arriving(*payloads(PEOPLE, STATUS, LOG), polls=[101, 113, 113])
    assert (
        outcome(chat, ORDER).received
        == "ParticipantsUpdated (+0.010 s), StatusChange (+0.130 s), NewMessages (+0.130 s)"
    )


@pytest.mark.parametrize("gone", THREE)
def test_two_that_came_are_enough_to_be_out_of_order(gone: str) -> None:
    left = [kind for kind in THREE if kind != gone]
    assert ORDER in kept(GOOD.arriving(*payloads(*left)))
    found = outcome(GOOD.arriving(*payloads(*reversed(left))), ORDER)
    assert (found.verdict, found.documented) == (Verdict.BROKEN, ", ".join(left))


@pytest.mark.parametrize("only", [(), (STATUS,), (PEOPLE,), (LOG,)])
def test_fewer_than_two_have_no_order(only: tuple[str, ...]) -> None:
    found = outcome(GOOD.arriving(*payloads(*only)), ORDER)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert found.reason == "fewer than two of the three notifications came"


@given(st.lists(st.sampled_from([*THREE, "PropertiesUpdated", "typing", "other state"]), max_size=6))
@patiently
def test_repeats_and_other_types_behind_the_three_do_not_touch_the_order(more: list[str]) -> None:
    others = {
        "PropertiesUpdated": {"notificationType": "PropertiesUpdated", "chat": {"id": CHAT_ID, "state": "Chatting"}},
        "typing": {**GOOD.payloads[2], "messages": []},
        "other state": in_state("Accepted"),
    }
    behind = [others[name] if name in others else payloads(name)[0] for name in more]
    assert ORDER in kept(GOOD.arriving(*GOOD.payloads, *behind))


@given(st.permutations([0, 1, 2, 3, 3, 4, 4]).filter(lambda p: [n for n in p if n < 3] == [0, 1, 2]))
@patiently
def test_other_notifications_between_the_three_break_nothing(places: list[int]) -> None:
    properties = {
        "messageType": "ChatStateChangeMessage",
        "notificationType": "PropertiesUpdated",
        "chat": {"id": CHAT_ID},
    }
    accepting = in_state("Accepted")
    sequence = [(*GOOD.payloads, properties, accepting)[n] for n in places]
    assert broken(GOOD.arriving(*sequence)) == set()


def test_another_state_before_chatting_is_not_the_status_change_of_the_order() -> None:
    status, people, log = GOOD.payloads
    chat = GOOD.arriving(in_state("Accepted", referenceId=5), people, status, log)
    assert broken(chat) == {ORDER}


def test_an_order_that_the_transport_may_have_turned_is_inconclusive() -> None:
    apart = GOOD.arriving(*payloads(LOG, PEOPLE, STATUS))
    together = GOOD.arriving(*payloads(LOG, PEOPLE, STATUS), polls=[101] * 3)
    assert outcome(apart.disturbed("direct-delivery"), ORDER).verdict is Verdict.INCONCLUSIVE
    assert outcome(apart.disturbed("direct-delivery", ack=True), ORDER).verdict is Verdict.BROKEN
    assert outcome(together.disturbed("direct-delivery"), ORDER).verdict is Verdict.BROKEN, (
        "the array's order is the server's"
    )
    assert outcome(apart.disturbed("poll-broken"), ORDER).verdict is Verdict.INCONCLUSIVE, (
        "the first of a kind may have been lost"
    )
    assert outcome(apart.disturbed("poll-broken", ack=True), ORDER).verdict is Verdict.BROKEN
    assert outcome(together.disturbed("poll-broken"), ORDER).verdict is Verdict.BROKEN


@pytest.mark.parametrize("state", ["Chatting", "Completed"])
def test_a_later_notification_in_place_of_a_lost_one_does_not_break_order_or_state(state: str) -> None:
    people = payloads(PEOPLE)[0]
    later = {**people, "chat": {**people["chat"], "state": state}}
    chat = GOOD.dropping(PEOPLE).disturbed("poll-broken").later(later, 0.5)
    assert broken(chat) == set()


# ---- in time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", THREE)
def test_a_notification_after_the_deadline_is_late_and_has_arrived(late: str) -> None:
    left = GOOD.dropping(late).horizonless()
    chat = left.later(payloads(late)[0], DEADLINE + 0.001)
    assert broken(chat) - {ORDER} == {"notifications.timely"}
    found = outcome(chat, "notifications.timely")
    assert found.documented == "within the deadline of 10 s"
    assert found.received == f"{late} after 10.001 s"


def test_all_that_is_late_is_named() -> None:
    chat = GOOD.dropping(PEOPLE, LOG).horizonless().later(payloads(PEOPLE)[0], 11).later(payloads(LOG)[0], 12.5)
    received = outcome(chat, "notifications.timely").received
    assert received == "ParticipantsUpdated after 11.000 s, NewMessages after 12.500 s"


@pytest.mark.parametrize("seconds", [0.5, DEADLINE])
def test_up_to_the_deadline_nothing_is_late(seconds: float) -> None:
    sent = GOOD.accept.sent
    chat = GOOD.dropping(LOG).horizonless()
    chat = chat.plus(delivery(payloads(LOG)[0], at=sent + seconds - 1e-6))
    assert broken(chat) == set()


@pytest.mark.parametrize(("lag", "verdict"), [(1.01, Verdict.INCONCLUSIVE), (0.99, Verdict.BROKEN)])
def test_a_client_that_wakes_a_tenth_of_the_deadline_too_late_cannot_say_who_was_late(
    lag: float, verdict: Verdict
) -> None:
    chat = GOOD.dropping(LOG).horizonless().later(payloads(LOG)[0], DEADLINE + 0.001)
    found = outcome(under_load(chat, GOOD.accept.sent + 1, lag), "notifications.timely")
    assert found.verdict is verdict


def test_a_client_that_wakes_too_late_at_another_time_does_not_hide_who_was_late() -> None:
    chat = GOOD.dropping(LOG).horizonless().later(payloads(LOG)[0], DEADLINE + 0.001)
    early, late = GOOD.accept.sent - 0.001, GOOD.accept.sent + DEADLINE + 2
    loads = [load(early, 5.0), load(early + 1, 0.0), load(late - 1, 0.0), load(late, 5.0)]
    assert outcome(with_loads(chat, *loads), "notifications.timely").verdict is Verdict.BROKEN


def load(at: float, lag: float) -> Load:
    return Load(at, 1, 1, 1, lag, 0.5)


def under_load(chat: Chat, at: float, lag: float) -> Conversation:
    return with_loads(chat, load(at, lag))


def with_loads(chat: Chat, *loads: Load) -> Conversation:
    (conversation,) = assemble([*journal_of(chat), *loads]).conversations
    return conversation


def test_what_never_came_is_not_late() -> None:
    assert "notifications.timely" in kept(GOOD.dropping(LOG))
    assert outcome(GOOD.dropping(*THREE), "notifications.timely").reason == "none of the three notifications came"


# ---- once -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("twice", THREE)
@pytest.mark.parametrize("polls", [None, [101] * 4], ids=["apart", "one array"])
def test_the_same_notification_twice_breaks_that_clause_alone(twice: str, polls: list[int] | None) -> None:
    sequence = [p for p in GOOD.payloads for _ in range(2 if p["notificationType"] == twice else 1)]
    assert broken(GOOD.arriving(*sequence, polls=polls)) == {f"{THREE[twice]}.once"}


def test_both_moments_of_a_repetition_are_named() -> None:
    chat = GOOD.arriving(*GOOD.payloads).later(GOOD.payloads[0], 0.1)
    found = outcome(chat, "status-change.once")
    assert found.documented == "one StatusChange"
    assert found.received == "the same StatusChange at +0.010 s and at +0.100 s"


@pytest.mark.parametrize("which", [STATUS, PEOPLE])
def test_another_notification_of_the_same_kind_is_no_repetition(which: str) -> None:
    payload = payloads(which)[0]
    other = {**payload, "chat": {**payload["chat"], "userData": {"Case": 1}}}
    assert broken(GOOD.later(other, 0.3)) == set()


def test_a_repetition_with_other_measurements_is_one() -> None:
    status = GOOD.payloads[0]
    chat = GOOD.arriving({**status, "metrics": {"nanos": 1}}, {**status, "metrics": {"nanos": 2}}, *GOOD.payloads[1:])
    assert broken(chat) == {"status-change.once"}


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(DEADLINE + QUIET - 0.01, Verdict.BROKEN), (DEADLINE + QUIET + 0.01, Verdict.KEPT)]
)
def test_repetitions_are_looked_for_until_the_quiet_period_is_over(seconds: float, verdict: Verdict) -> None:
    chat = GOOD.horizonless().later(GOOD.payloads[0], seconds)
    assert outcome(chat, "status-change.once").verdict is verdict


def test_after_the_end_of_the_chat_repetitions_are_not_looked_for() -> None:
    after = GOOD.step("complete").sent - GOOD.accept.sent + 0.01
    assert "participants.once" in kept(GOOD.later(GOOD.payloads[1], after))


def test_after_a_broken_poll_the_acknowledge_extension_may_send_again_what_it_sent_last() -> None:
    status, people, log = GOOD.payloads
    again = GOOD.arriving(status, people, log, status, people, log, polls=[101, 101, 101, 102, 102, 102])
    assert broken(again.disturbed("poll-broken", ack=True)) == set()
    thrice = {"status-change.once", "participants.once", "history.once"}
    assert broken(again) == thrice, "without an incident"
    assert broken(again.disturbed("poll-broken")) == thrice, "without the extension"
    assert broken(again.disturbed("multiple-clients", ack=True)) == thrice, "with the extension, without an incident"


def test_what_comes_again_much_later_is_not_sent_again_by_the_extension() -> None:
    status, people, log = GOOD.payloads
    again = GOOD.arriving(status, people, log, status, log, polls=[102, 102, 102, 104, 104])
    assert broken(again.disturbed("poll-broken", ack=True)) == {"status-change.once", "history.once"}


@pytest.mark.parametrize(("polls", "within"), [([101, 101, 101, 101], True), ([101, 102, 102, 102], False)])
def test_a_repetition_inside_one_array_is_known_as_such(polls: list[int], within: bool) -> None:
    chat = GOOD.arriving(GOOD.payloads[0], *GOOD.payloads, polls=polls)
    with pytest.raises(Broken) as caught:
        comes_once(chat.conversation, STATUS)
    assert caught.value.within_array is within


def test_a_repetition_in_a_new_session_is_inconclusive() -> None:
    chat = GOOD.arriving(GOOD.payloads[0], *GOOD.payloads).disturbed("new-session")
    assert outcome(chat, "status-change.once").verdict is Verdict.INCONCLUSIVE


def test_without_the_notification_nothing_can_come_twice() -> None:
    assert outcome(GOOD.dropping(PEOPLE), "participants.once").reason == "no ParticipantsUpdated came"
    assert outcome(GOOD.arriving(in_state("Talking")), "status-change.once").verdict is Verdict.NOT_TESTABLE


# ---- the state ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Talking", "chatting", "Accepted"])
def test_another_state_than_chatting_breaks_the_clause_about_the_state(state: str) -> None:
    chat = GOOD.arriving(in_state(state), *GOOD.payloads[1:])
    assert broken(chat) == {"status-change.state"}
    assert outcome(chat, "status-change.state").received == f"state {state}"


def test_all_the_states_that_came_are_named() -> None:
    chat = GOOD.arriving(in_state("Accepted"), in_state(2), *GOOD.payloads[1:])
    assert outcome(chat, "status-change.state").received == "state Accepted, None"


def test_a_state_on_the_way_to_chatting_is_legal() -> None:
    assert broken(GOOD.arriving(in_state("Accepted", referenceId=3), *GOOD.payloads)) == set()


def test_without_a_status_change_there_is_no_state() -> None:
    found = outcome(GOOD.dropping(STATUS), "status-change.state")
    assert (found.verdict, found.reason) == (Verdict.NOT_TESTABLE, "no StatusChange came")


def test_a_chat_that_is_invited_again_breaks_the_last_word_of_chatting() -> None:
    chat = GOOD.later(in_state("Invited"), 0.3)
    assert broken(chat) == {"status-change.final"}
    assert outcome(chat, "status-change.final").received.startswith("Invited at +0.")


def test_an_invitation_that_may_have_been_sent_again_is_no_return() -> None:
    chat = GOOD.later(in_state("Invited"), 0.3).disturbed("ack-order")
    assert outcome(chat, "status-change.final").verdict is Verdict.INCONCLUSIVE


def test_an_invitation_that_comes_late_but_before_chatting_is_no_return() -> None:
    assert broken(GOOD.arriving(in_state("Invited"), *GOOD.payloads)) == set()


def test_an_invitation_after_the_end_of_the_chat_is_another_one() -> None:
    after = GOOD.step("complete").sent - GOOD.accept.sent + 0.01
    assert broken(GOOD.later(in_state("Invited"), after)) == set()


@pytest.mark.parametrize("gone", THREE)
def test_the_absence_of_a_return_needs_the_accepts_own_notifications(gone: str) -> None:
    assert outcome(GOOD.dropping(gone), "status-change.final").verdict is Verdict.NOT_TESTABLE


# ---- beside other chats ---------------------------------------------------------------------------------------------


@given(st.integers(0, 400))
@patiently
def test_another_chat_at_the_same_time_changes_nothing(offset: int) -> None:
    other = performed(DOCUMENTED, number=2, chat_id="0000Other0000002", start=0.2 + offset / 100)
    found = evidence_of(GOOD, other).conversations
    for chat, conversation in zip((GOOD, other), found, strict=True):
        alone = {name: one.verdict for name, one in outcomes(chat).items()}
        assert {name: one.verdict for name, one in outcomes(conversation).items()} == alone
