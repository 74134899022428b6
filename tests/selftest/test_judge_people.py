from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.journal import Ended
from gws_contract.scenario import Scenario, Visit
from gws_contract.verdict import Verdict

from .conversations import (
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    Chat,
    Data,
    broken,
    kept,
    outcome,
    participants,
    performed,
)

patiently = settings(deadline=None, max_examples=40)
GOOD = performed(PLAIN)
ACCENT = performed(replace(PLAIN, agent="Jürgen O'Neil"))


People = list[Data]
Change = Callable[[People], People]


def each(role: str, **members: Any) -> Change:
    """A change of everybody of one role in the list."""
    return lambda people: [{**p, **members} if p["type"] == role else p for p in people]


def without_ids(people: People) -> People:
    return [{k: v for k, v in p.items() if k != "participantId"} for p in people]


# ---- who is listed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "clauses", "received"),
    [
        (lambda p: p[1:], {"participants.agent"}, "no Agent"),
        (lambda p: p[:1], {"participants.customer"}, "no Customer"),
        (
            lambda p: [{**p[0], "nickname": "agent1", "participantId": "N"}, p[1]],
            {"participants.agent"},
            'Agent "agent1"',
        ),
        (
            lambda p: [{**p[0], "nickname": "marat", "participantId": "N"}, p[1]],
            {"participants.agent"},
            'Agent "marat" (its case was changed)',
        ),
        (
            lambda p: [{**p[0], "type": "User", "participantId": "N"}, p[1]],
            {"participants.agent"},
            'no Agent; User "Marat"',
        ),
        (
            lambda p: [
                {**p[0], "type": "External", "participantId": "N"},
                {**p[0], "nickname": "x", "participantId": "O"},
                p[1],
            ],
            {"participants.agent"},
            'Agent "x"; External "Marat"',
        ),
        (lambda p: [p[0], {**p[1], "nickname": "", "participantId": "N"}], {"participants.customer"}, 'Customer ""'),
    ],
)
def test_who_is_not_listed_as_documented_breaks_that_clause_alone(
    change: Change, clauses: set[str], received: str
) -> None:
    chat = GOOD.with_people(change)
    assert broken(chat) == clauses
    (clause,) = clauses
    assert outcome(chat, clause).received == received
    assert outcome(chat, clause).documented == ('Agent "Marat"' if clause.endswith("agent") else 'Customer "PersonP"')


def test_an_empty_list_lacks_both() -> None:
    assert broken(GOOD.with_people(lambda _: [])) == {"participants.agent", "participants.customer"}


@given(st.permutations(range(4)))
@patiently
def test_others_may_be_listed_too_in_any_order(order: list[int]) -> None:
    more = [
        {"type": "Agent", "nickname": "Marat", "participantId": "00900000000000AB"},
        {"type": "External", "nickname": "system"},
    ]

    def shuffled(people: People) -> People:
        everybody = [*people, *more]
        return [everybody[n] for n in order]

    assert broken(GOOD.with_people(shuffled)) <= {"participants.members"}, "the last one has no id"


def test_a_later_list_may_bring_what_the_first_one_lacked() -> None:
    status, people, log = GOOD.payloads
    early = {**people, "chat": {**people["chat"], "participants": participants(people)[1:]}}
    assert broken(GOOD.arriving(status, early, log, people)) == set()
    assert broken(GOOD.arriving(status, early, log)) == {"participants.agent"}


@pytest.mark.parametrize("clause", ["participants.agent", "participants.customer", "participants.state"])
def test_without_a_list_nobody_is_missing(clause: str) -> None:
    assert outcome(GOOD.dropping(PEOPLE), clause).verdict is Verdict.NOT_TESTABLE


def test_a_list_that_may_have_been_lost_breaks_nothing() -> None:
    chat = GOOD.with_people(lambda _: []).disturbed("poll-broken")
    assert broken(chat) == set()


# ---- the state in the first list ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Invited", "Talking", "chatting"])
def test_another_state_in_the_first_list_breaks_that_clause_alone(state: str) -> None:
    chat = GOOD.edited(PEOPLE, lambda p: p["chat"].update(state=state))
    assert broken(chat) == {"participants.state"}
    assert outcome(chat, "participants.state").received == f'state "{state}"'


def test_a_later_list_may_say_another_state() -> None:
    people = GOOD.payloads[1]
    assert broken(GOOD.later({**people, "chat": {**people["chat"], "state": "Completed"}})) == set()


# ---- ids ------------------------------------------------------------------------------------------------------------


def test_two_participants_with_one_id_break_that_clause() -> None:
    chat = GOOD.with_people(
        lambda p: [*p, {"type": "Customer", "nickname": "PersonP", "participantId": p[1]["participantId"]}]
    )
    assert broken(chat) == {"participants.distinct"}
    assert outcome(chat, "participants.distinct").received.endswith(" twice in one list")


def test_participants_without_ids_say_nothing_about_ids() -> None:
    chat = GOOD.with_people(without_ids)
    assert broken(chat) == {"participants.members"}
    assert outcome(chat, "participants.distinct").reason == "no participant has a participantId"
    assert outcome(chat, "participants.participant-id").verdict is Verdict.NOT_TESTABLE


def test_the_same_id_in_two_lists_is_one_participant() -> None:
    people = GOOD.payloads[1]
    assert broken(GOOD.later({**people, "chat": {**people["chat"], "userData": {}}})) == set()


@pytest.mark.parametrize("member", ["type", "nickname"])
def test_an_id_with_two_identities_breaks_the_inferred_clause_alone(member: str) -> None:
    def renamed(entries: People) -> People:
        *others, last = entries
        return [
            *others,
            {**last, "from": {**last["from"]}},
            {**last, "index": 99, "from": {**last["from"], member: "x"}},
        ]

    chat = GOOD.with_entries(renamed)
    assert "history.identity" in broken(chat)
    found = outcome(chat, "history.identity")
    assert found.documented.endswith(' is Agent "Marat"')
    assert found.received.endswith(' is Agent "x"' if member == "nickname" else ' is x "Marat"')


def test_ids_of_the_list_may_differ_from_those_of_the_history() -> None:
    chat = GOOD.with_people(lambda people: [{**p, "participantId": "00A0" + p["participantId"][4:]} for p in people])
    assert broken(chat) == set()
    assert "history.identity" in kept(chat)


def test_ids_that_are_numbers_are_judged_by_their_form_alone() -> None:
    chat = GOOD.with_people(lambda people: [{**p, "participantId": n} for n, p in enumerate(people)])
    assert broken(chat) == {"participants.participant-id"}


def test_without_any_id_there_is_no_identity() -> None:
    bare = GOOD.with_people(without_ids).with_entries(
        lambda entries: [{**e, "from": without_ids([e["from"]])[0]} for e in entries]
    )
    assert outcome(bare, "history.identity").reason == "no participantId occurs twice"


def numbered(entries: People) -> People:
    return [{**entry, "index": index} for index, entry in enumerate(entries, 1)]


def test_entries_without_an_author_have_no_identity_and_break_nothing() -> None:
    assert broken(GOOD.with_entries(lambda entries: numbered([entries[0], {"type": "Notice"}, *entries[1:]]))) == set()


def test_an_author_that_is_no_object_is_judged_by_its_form_alone() -> None:
    odd = {"type": "Notice", "from": "system"}
    assert broken(GOOD.with_entries(lambda entries: numbered([entries[0], odd, *entries[1:]]))) == {"history.from"}


def test_ids_that_occur_once_say_nothing_about_identity() -> None:
    assert outcome(GOOD.dropping(LOG), "history.identity").verdict is Verdict.NOT_TESTABLE


# ---- what the customer sees -----------------------------------------------------------------------------------------


def seen_as(chat: Chat, *names: str) -> Chat:
    people = [{"type": "Customer", "nickname": "PersonP"}, *({"type": "Agent", "nickname": name} for name in names)]
    look = {"statusCode": 0, "chat": {"state": "Chatting", "participants": people}}
    joins = [{"index": n, "type": "ParticipantJoined", "from": person} for n, person in enumerate(people)]
    return chat.answered("look", look).answered("read", {"statusCode": 0, "messages": joins})


CHANGES = {
    "agent1": '"agent1"',
    "jürgen o'neil": '"jürgen o\'neil" (its case was changed)',
    "JÃ¼rgen O'Neil": '"JÃ¼rgen O\'Neil" (its UTF-8 was read as Latin-1)',
    "Jürgen O&#x27;Neil": '"Jürgen O&#x27;Neil" (it was escaped for HTML)',
    "J?rgen O'Neil": '"J?rgen O\'Neil" (characters outside ASCII became ?)',
    "Jürgen": '"Jürgen" (it was cut after 6 of 13 code points)',
    unicodedata.normalize(
        "NFD", "Jürgen O'Neil"
    ): f'"{unicodedata.normalize("NFD", "Jürgen O")}\'Neil" (it was normalised to NFD)',
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_agent_whom_the_customer_sees_under_another_name_breaks_that_clause_alone(name: str) -> None:
    chat = seen_as(ACCENT, name)
    assert broken(chat) == {"parameters.nickname"}
    found = outcome(chat, "parameters.nickname")
    assert found.documented == 'the customer sees "Jürgen O\'Neil"'
    assert found.received == f"the customer sees {CHANGES[name]}"


def test_an_agent_whom_the_customer_does_not_see_at_all_breaks_the_clause() -> None:
    chat = seen_as(GOOD)
    assert broken(chat) == {"parameters.nickname"}
    assert outcome(chat, "parameters.nickname").received == "the customer sees nobody"


def test_one_look_that_shows_the_name_is_enough() -> None:
    hidden = {"statusCode": 0, "chat": {"participants": []}}
    assert "parameters.nickname" in kept(GOOD.answered("look", hidden))
    assert "parameters.nickname" in kept(GOOD.answered("read", {"statusCode": 0, "messages": []}))
    assert broken(GOOD.answered("look", hidden).answered("read", hidden)) == {"parameters.nickname"}


@pytest.mark.parametrize("how", ["cut short", None])
def test_a_run_that_ended_before_the_customer_saw_the_agent_breaks_nothing(how: str | None) -> None:
    nobody = GOOD.answered("look", {"statusCode": 0, "chat": {"participants": []}})
    nobody = nobody.answered("read", {"statusCode": 0, "messages": []})
    cut = nobody.mapped(lambda r: (replace(r, how=how) if how else None) if isinstance(r, Ended) else r)
    assert broken(nobody) == {"parameters.nickname"}
    found = outcome(cut, "parameters.nickname")
    assert (found.verdict, found.reason) == (
        Verdict.NOT_TESTABLE,
        "the run ended before the customer could see the agent",
    )


def test_a_customer_of_the_agents_name_is_not_the_agent() -> None:
    view = {"statusCode": 0, "chat": {"participants": [{"type": "Customer", "nickname": "Marat"}]}}
    assert broken(GOOD.answered("look", view).answered("read", {"statusCode": 0})) == {"parameters.nickname"}


def test_an_earlier_agent_is_not_named_as_what_the_customer_sees_now() -> None:
    chat = performed(Scenario("Pat", "Sam", (Visit("leave", "Lee"),)))
    assert (
        outcome(seen_as(chat, "Lee", "sam"), "parameters.nickname").received
        == 'the customer sees "sam" (its case was changed)'
    )
    assert outcome(seen_as(chat, "Lee"), "parameters.nickname").received == 'the customer sees "Lee"'


@pytest.mark.parametrize(
    "view",
    [
        {"statusCode": 0},
        {"statusCode": 0, "chat": None, "messages": None},
        {"statusCode": 0, "chat": {"participants": "x"}, "messages": [1, {"from": 2}, {"from": {"type": "Agent"}}]},
        {"statusCode": 0, "chat": {"participants": [1, {"type": "Agent", "nickname": 5}]}},
        {"statusCode": 0, "messages": {"a": 1}},
    ],
    ids=str,
)
def test_a_view_of_another_form_shows_nobody(view: dict[str, Any]) -> None:
    chat = GOOD.answered("look", view).answered("read", view)
    assert broken(chat) == {"parameters.nickname"}
    assert outcome(chat, "parameters.nickname").verdict is Verdict.BROKEN


@pytest.mark.parametrize("messages", [5, True, 1.5])
def test_messages_that_are_a_number_show_nobody(messages: bool | float) -> None:
    assert (
        outcome(GOOD.answered("read", {"statusCode": 0, "messages": messages}), "parameters.nickname").verdict
        is Verdict.KEPT
    )


def test_a_customers_side_that_does_not_answer_hides_what_the_customer_sees() -> None:
    chat = GOOD.answered("look", "", status=503).answered("read", failure="reset")
    found = outcome(chat, "parameters.nickname")
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "the customer's side did not answer")
    assert broken(chat) == set()


def test_if_nobody_looked_nothing_is_known() -> None:
    found = outcome(GOOD.without_step("look", "read"), "parameters.nickname")
    assert found.reason == "nobody looked at the chat from the customer's side"


def test_a_look_before_the_accept_does_not_count() -> None:
    chat = GOOD.without_step("read").answered("look", sent=GOOD.accept.sent - 1)
    assert outcome(chat, "parameters.nickname").verdict is Verdict.NOT_TESTABLE


def test_an_earlier_agent_of_the_same_name_does_not_prove_what_the_customer_sees_now() -> None:
    chat = performed()
    renamed = {"statusCode": 0, "chat": {"participants": [{"type": "Agent", "nickname": JUDGED}]}}
    log = [
        *chat.payloads[2]["messages"][:-1],
        {"type": "ParticipantJoined", "from": {"type": "Agent", "nickname": JUDGED}},
    ]
    view = chat.answered("look", renamed).answered("read", {"statusCode": 0, "messages": log})
    assert outcome(view, "parameters.nickname").verdict is not Verdict.KEPT
