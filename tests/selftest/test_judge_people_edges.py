"""What mutants of the judge of people would get away with."""

from __future__ import annotations

from dataclasses import replace

from gws_contract.scenario import Say, Scenario, Visit

from .conversations import PEOPLE, PLAIN, Data, outcome, performed

GOOD = performed(PLAIN)


def test_the_id_that_two_have_is_told() -> None:
    chat = GOOD.with_people(lambda people: [{**one, "participantId": "17"} for one in people])
    assert outcome(chat, "participants.distinct").received == "17 twice in one list"


def test_the_state_of_the_first_list_is_told() -> None:
    chat = GOOD.edited(PEOPLE, lambda payload: payload["chat"].update(state="Waiting"))
    found = outcome(chat, "participants.state")
    assert (found.documented, found.received) == ("state Chatting", 'state "Waiting"')


def test_a_first_list_in_the_right_state_is_kept_whatever_may_have_been_lost() -> None:
    assert outcome(GOOD.disturbed("poll-broken"), "participants.state").verdict == "kept"


def test_somebody_without_an_id_does_not_hide_who_comes_later() -> None:
    def changed(people: list[Data]) -> list[Data]:
        nobody: Data = {"type": "Agent", "nickname": "Nobody"}
        return [nobody, *({**one, "nickname": "Another"} if one["type"] == "Customer" else one for one in people)]

    found = outcome(GOOD.with_people(changed), "history.identity")
    assert found.verdict == "broken"
    assert found.documented.endswith(' is Customer "Another"')
    assert found.received.endswith(' is Customer "PersonP"')


def test_a_look_in_the_moment_of_the_accept_does_not_count() -> None:
    look = GOOD.step("look")
    chat = GOOD.without_step("read").mapped(lambda r: replace(look, sent=GOOD.accept.sent) if r == look else r)
    assert outcome(chat, "parameters.nickname").reason == "nobody looked at the chat from the customer's side"


def test_who_was_there_before_is_not_named_as_what_the_customer_sees() -> None:
    chat = performed(Scenario("Pat", "Sam", (Visit("leave", "Lee"), Say("Hi"))))
    seen = {"statusCode": 0, "chat": {"participants": [{"type": "Agent", "nickname": name} for name in ("Lee", "Max")]}}
    found = outcome(chat.answered("look", seen).without_step("read"), "parameters.nickname")
    assert found.received == 'the customer sees "Max"'
