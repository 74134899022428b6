from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.conversation import Conversation
from gws_contract.evidence import assemble
from gws_contract.journal import Delivery, Incident, JournalError, Planned, Record, Session, Stray
from gws_contract.notified import Notification
from gws_contract.scenario import Say, Scenario, Visit, to_json
from gws_contract.verdict import Transport

from .conversations import (
    BYSTANDER,
    CHAT_ID,
    DEADLINE,
    DOCUMENTED,
    FOOTER,
    HEADER,
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    QUIET,
    STATUS,
    VISITOR,
    delivery,
    evidence_of,
    journal_of,
    never_offered,
    performed,
)

patiently = settings(deadline=None, max_examples=50)
GOOD = performed()
OTHER = performed(PLAIN, number=2, chat_id="0000Other0000002", start=3.03)


# ---- putting a journal together -------------------------------------------------------------------------------------


def test_a_journal_is_put_together_chat_by_chat() -> None:
    evidence = evidence_of(GOOD, OTHER)
    assert [c.chat for c in evidence.conversations] == [1, 2]
    assert [c.chat_id for c in evidence.conversations] == [CHAT_ID, "0000Other0000002"]
    assert [c.scenario for c in evidence.conversations] == [DOCUMENTED, PLAIN]
    assert evidence.header == HEADER
    assert evidence.footer == FOOTER


@given(st.randoms(use_true_random=False))
@patiently
def test_it_does_not_matter_how_the_lines_of_chats_are_interleaved(random: Random) -> None:
    records = journal_of(GOOD, OTHER)
    shuffled = list(records)
    random.shuffle(shuffled)
    plans = [r for r in shuffled if isinstance(r, Planned)]
    shuffled = [*plans, *(r for r in shuffled if not isinstance(r, Planned))]

    def facts(found: Iterable[Conversation]) -> list[tuple[object, ...]]:
        return [(c.exchanges, c.invitations, c.notifications, c.ended, c.accept, c.received, c.epoch) for c in found]

    assert facts(assemble(shuffled).conversations) == facts(assemble(records).conversations)


def test_what_belongs_to_no_chat_stands_beside_the_conversations() -> None:
    login = replace(GOOD.step("offer"), step="log in", chat=None)
    stranger = replace(GOOD.step("offer"), step="offer", chat=99)
    incident = Incident(JUDGED, 1, 1.0, "poll-broken", "reset")
    stray = Stray(JUDGED, 1.0, "/v2/me/chats", ("x",), None, 10, "00")
    foreign = delivery({"x": 1}, at=1.0, chat=99)
    evidence = assemble((*GOOD.journal, login, stranger, incident, stray, stray, foreign))
    assert evidence.exchanges == (login, stranger)
    assert evidence.incidents == (incident,)
    assert evidence.strays == 2
    assert evidence.conversations[0].incidents == (incident,)
    assert foreign not in [n.delivery for n in evidence.conversations[0].notifications]


def test_a_run_that_was_cut_off_has_no_footer() -> None:
    assert evidence_of(GOOD, footer=None).footer is None


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([], "The journal has no header."),
        ([FOOTER], "The journal has no header."),
        ([HEADER, HEADER], "The journal has two headers."),
        ([HEADER, Planned(3, 0.0, {"customer": "Pat"})], "Chat 3: This is not a scenario: it lacks 'agent'."),
    ],
)
def test_a_journal_that_makes_no_sense_is_refused_with_a_sentence(records: list[Record], sentence: str) -> None:
    with pytest.raises(JournalError) as caught:
        assemble(records)
    assert str(caught.value) == sentence


def test_of_several_plans_of_a_chat_the_last_one_counts() -> None:
    header, plan, *rest = journal_of(GOOD)
    assert isinstance(plan, Planned)
    learnt = replace(plan, at=2.0, scenario=to_json(PLAIN))
    (conversation,) = assemble([header, plan, *rest[:9], learnt, *rest[9:]]).conversations
    assert conversation.scenario == PLAIN
    assert (conversation.exchanges, conversation.invitations, conversation.notifications) == (
        GOOD.conversation.exchanges,
        GOOD.conversation.invitations,
        GOOD.conversation.notifications,
    )


def test_a_journal_with_nothing_but_a_header_has_no_conversations() -> None:
    assert assemble([HEADER]).conversations == ()


# ---- one conversation -----------------------------------------------------------------------------------------------


def test_the_agent_of_a_chat_is_the_one_who_accepts_it() -> None:
    assert GOOD.conversation.agent == JUDGED
    assert GOOD.conversation.accept == GOOD.accept


def test_before_an_accept_the_agent_is_the_one_invited_last() -> None:
    invited = GOOD.without_step("accept").conversation
    assert invited.agent == JUDGED
    assert invited.accept is None
    assert invited.epoch is None
    assert invited.received == ()
    assert invited.status_changes == ()


def test_a_chat_that_was_never_offered_has_neither_agent_nor_id() -> None:
    conversation = never_offered().conversation
    assert (conversation.agent, conversation.chat_id, conversation.accept) == (None, None, None)
    assert conversation.ended is not None
    assert conversation.ended.how == "not offered"


def test_of_several_correct_accepts_the_last_one_is_judged() -> None:
    again = replace(GOOD.accept, sent=GOOD.accept.sent + 0.5)
    assert GOOD.plus(again).conversation.accept == again


def test_steps_are_found_by_name_and_by_prefix_in_the_order_of_sending() -> None:
    conversation = performed(
        Scenario(before=(Say("a"),), refusals=("wrong-case", "unknown-chat"), reply="r")
    ).conversation
    assert [e.step for e in conversation.steps("refusal:")] == ["refusal:wrong-case", "refusal:unknown-chat"]
    assert [e.step for e in conversation.steps("reply", "say")] == ["say", "reply"]
    assert conversation.steps("refusal") == ()
    assert conversation.steps("visit:") == ()


def test_what_an_agent_received_begins_with_the_accept_and_leaves_out_other_agents() -> None:
    conversation = GOOD.conversation
    kinds = [n.kind for n in conversation.received]
    assert kinds == [STATUS, PEOPLE, LOG, STATUS], "the last one is the end of the chat"
    assert {n.agent for n in conversation.received} == {JUDGED}
    assert {n.agent for n in conversation.notifications} == {JUDGED, VISITOR}
    assert [n.state for n in conversation.of(STATUS)] == ["Chatting", "Completed"]


def test_a_notification_before_the_http_answer_is_received_after_the_accept() -> None:
    early = GOOD.arriving(*GOOD.payloads, pause=0.001)
    assert all(n.at < GOOD.accept.done for n in early.conversation.received[:3])
    assert len(early.conversation.received) == 4


def test_what_came_in_another_session_is_not_received() -> None:
    sent = GOOD.accept.sent
    sessions = (*GOOD.sessions, Session(JUDGED, 2, sent + 0.08, False, 20.0), Session(VISITOR, 7, 0.1, False, 20.0))
    moved = replace(GOOD, sessions=sessions).mapped(
        lambda r: replace(r, epoch=2) if isinstance(r, Delivery) and r.at > sent + 0.08 else r
    )
    assert moved.conversation.epoch == 1
    assert [n.kind for n in moved.conversation.received] == [STATUS]


def test_an_accept_after_a_new_handshake_is_judged_in_the_new_session() -> None:
    sent = GOOD.accept.sent
    moved = replace(GOOD, sessions=(*GOOD.sessions, Session(JUDGED, 2, sent - 0.5, False, 20.0)))
    moved = moved.mapped(lambda r: replace(r, epoch=2) if isinstance(r, Delivery) and r.at > sent else r)
    assert moved.conversation.epoch == 2
    assert len(moved.conversation.received) == 4


def test_without_a_session_nothing_is_received() -> None:
    assert replace(GOOD, sessions=()).conversation.received == ()


def test_neither_an_invitation_nor_the_end_of_the_chat_is_a_change_of_state_of_the_accept() -> None:
    payload = GOOD.payloads[0]
    invited = {**payload, "chat": {**payload["chat"], "state": "Invited"}}
    assert [n.state for n in GOOD.later(invited, 0.3).conversation.status_changes] == ["Chatting"]


def test_a_late_chatting_after_the_end_of_the_chat_is_still_a_change_of_state_of_the_accept() -> None:
    late = GOOD.dropping(STATUS).plus(delivery(GOOD.payloads[0], at=GOOD.step("complete").sent + 0.5))
    assert [n.state for n in late.conversation.status_changes] == ["Chatting"]


def test_the_chat_ends_with_the_first_complete_after_the_accept() -> None:
    conversation = GOOD.conversation
    assert conversation.horizon == GOOD.step("complete").sent
    earlier = replace(GOOD.step("complete"), sent=GOOD.accept.sent - 1)
    assert GOOD.plus(earlier).conversation.horizon == conversation.horizon
    assert GOOD.without_step("complete").conversation.horizon == float("inf")
    assert GOOD.without_step("accept").conversation.horizon == float("inf")


def test_the_history_is_the_union_of_the_batches_with_each_entry_once() -> None:
    status, people, log = GOOD.payloads
    entries = log["messages"]
    batches = [{**log, "messages": part} for part in (entries[:2], entries[1:4], entries[4:])]
    assert list(GOOD.arriving(status, people, *batches).conversation.history) == entries


# ---- one notification -----------------------------------------------------------------------------------------------


def test_measurements_of_the_server_do_not_make_a_notification_another_one() -> None:
    payload = GOOD.payloads[0]
    one = Notification(delivery({**payload, "metrics": {"nanos": 1}}, at=1.0))
    other = Notification(delivery(dict(reversed(payload.items())) | {"metrics": {"nanos": 2}}, at=2.0))
    assert one.canonical == other.canonical
    assert one.canonical != Notification(delivery({**payload, "referenceId": 99}, at=1.0)).canonical


@pytest.mark.parametrize("messages", [None, "text", {}, 17])
def test_messages_that_are_no_array_are_no_entries(messages: int | str | None) -> None:
    assert Notification(delivery({"notificationType": LOG, "messages": messages}, at=1.0)).entries == ()


@pytest.mark.parametrize("people", [None, "text", {}, 17])
def test_participants_that_are_no_array_are_nobody(people: int | str | None) -> None:
    chat = {"participants": people}
    assert Notification(delivery({"notificationType": PEOPLE, "chat": chat}, at=1.0)).participants == ()


def test_only_objects_are_entries_and_participants() -> None:
    payload = {
        "notificationType": LOG,
        "messages": [1, {"index": 1}, "x"],
        "chat": {"participants": [None, {"type": "A"}]},
    }
    found = Notification(delivery(payload, at=1.0))
    assert found.entries == ({"index": 1},)
    assert found.participants == ({"type": "A"},)


# ---- transport ------------------------------------------------------------------------------------------------------

WINDOW = DEADLINE + QUIET
QUIETLY = Transport()


@pytest.mark.parametrize(
    ("what", "transport"),
    [
        ("poll-broken", Transport(poll_broken=True)),
        ("session-lost", Transport(new_session=True)),
        ("new-session", Transport(new_session=True)),
        ("stopped", Transport(new_session=True)),
        ("too-large", Transport(new_session=True)),
        ("not-json", Transport(new_session=True)),
        ("direct-delivery", Transport(direct=True)),
        ("multiple-clients", QUIETLY),
        ("told-to-wait", Transport(new_session=True)),
        ("ack-order", Transport(repeating=True)),
        ("flooded", Transport(new_session=True)),
    ],
)
def test_what_an_incident_means_for_the_transport(what: str, transport: Transport) -> None:
    assert GOOD.disturbed(what).conversation.own_transport == transport


@pytest.mark.parametrize(
    ("after", "counts"), [(-0.001, False), (0.0, True), (1.0, True), (WINDOW, True), (WINDOW + 0.001, False)]
)
def test_an_incident_counts_from_the_accept_to_the_end_of_the_quiet_period(after: float, counts: bool) -> None:
    assert GOOD.disturbed("poll-broken", after).conversation.own_transport.poll_broken is counts


def test_an_incident_of_another_agent_is_not_ones_own() -> None:
    disturbed = GOOD.disturbed("poll-broken", agent=BYSTANDER).conversation
    assert disturbed.own_transport == QUIETLY
    assert disturbed.transport(BYSTANDER) == Transport(poll_broken=True)


def test_a_session_that_was_lost_before_the_accept_and_not_replaced_stays_lost() -> None:
    assert GOOD.disturbed("session-lost", -0.5).conversation.own_transport.new_session
    assert GOOD.disturbed("stopped", -0.5).conversation.own_transport.new_session


def test_a_session_that_was_replaced_before_the_accept_is_whole() -> None:
    lost = GOOD.disturbed("session-lost", -0.5)
    renewed = replace(lost, sessions=(*lost.sessions, Session(JUDGED, 2, GOOD.accept.sent - 0.4, True, 20.0)))
    assert renewed.conversation.own_transport == Transport(ack=True)


def test_what_still_happens_to_a_session_that_was_replaced_hides_nothing() -> None:
    anew = Session(JUDGED, 2, GOOD.accept.sent - 0.1, False, 20.0)
    for after in (-0.05, 0.05):
        late = GOOD.disturbed("stopped", after)
        assert replace(late, sessions=(*late.sessions, anew)).conversation.own_transport == QUIETLY


def test_a_session_that_is_given_up_in_the_midst_of_a_chat_may_have_taken_something_with_it() -> None:
    def given_up(at: float) -> Conversation:
        return replace(GOOD, sessions=(*GOOD.sessions, Session(JUDGED, 2, at, False, 20.0))).conversation

    ended = GOOD.conversation.ended
    assert ended is not None
    assert given_up(GOOD.accept.sent + 0.1).own_transport == Transport(new_session=True)
    assert given_up(ended.at + 0.1).own_transport == QUIETLY, "the chat was over"
    assert given_up(GOOD.accept.sent - 0.1).own_transport == QUIETLY


def test_the_acknowledge_extension_is_that_of_the_session_in_force() -> None:
    later = Session(JUDGED, 2, GOOD.accept.sent + 5, True, 20.0)
    assert not replace(GOOD, sessions=(*GOOD.sessions, later)).conversation.own_transport.ack


def test_an_agent_without_a_session_may_have_lost_everything() -> None:
    assert GOOD.conversation.transport("somebody").new_session
    assert never_offered().conversation.own_transport.new_session


def test_before_an_accept_the_transport_is_that_since_the_invitation() -> None:
    chat = performed(Scenario("P", "A", (Visit("leave", "Lee"),))).without_step("accept")
    invited = chat.conversation.invitations[0].at
    incident = Incident(JUDGED, 1, invited + 0.1, "poll-broken", "")
    assert chat.plus(incident).conversation.own_transport.poll_broken
    assert not chat.plus(replace(incident, at=invited - 0.1)).conversation.own_transport.poll_broken
