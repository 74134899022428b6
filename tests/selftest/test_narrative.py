"""The chat that shows a break, line by line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.scenario import Say, Scenario, Typing, Visit

from .conversations import (
    BYSTANDER,
    CHAT_ID,
    Chat,
    never_offered,
    performed,
)
from .reported import (
    GOOD,
)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario("0", "0"), 'customer "0" says nothing; agent accepts as "0"'),
        (
            Scenario("PersonP", "Marat", (Visit("leave", "Lee"), Typing("started"), Say("Hello"))),
            'customer "PersonP" says "Hello" and types; "Lee" accepts and parts (leave); agent accepts as "Marat"',
        ),
        (
            Scenario("P", "A", tuple(Say(t) for t in "abcde")),
            'customer "P" says "a", "b", "c" and 2 more; agent accepts as "A"',
        ),
        (
            Scenario("P", "A", tuple(Say(t) for t in "abcd")),
            'customer "P" says "a", "b", "c", "d"; agent accepts as "A"',
        ),
        (
            Scenario("P", "A", (Visit("reject"), Visit("transfer", "L")), refusals=("wrong-case", "unknown-chat")),
            (
                'customer "P" says nothing; an agent rejects; "L" accepts and parts (transfer);'
                ' refused are tried: wrong-case, unknown-chat; agent accepts as "A"'
            ),
        ),
        (
            Scenario("P", "A", beside="same-agent"),
            'customer "P" says nothing; agent accepts as "A", beside another chat of the same agent',
        ),
        (
            Scenario("a\nb\u202e", "n" * 41),
            f'customer "a\\u000ab\\u202e" says nothing; agent accepts as "{"n" * 37}..."',
        ),
        (Scenario("\ud83d", "n" * 40), f'customer "\\ud83d" says nothing; agent accepts as "{"n" * 40}"'),
    ],
)
def test_a_scenario_is_one_sentence(scenario: Scenario, words: str) -> None:
    assert in_one_sentence(scenario) == words


def moments(chat: Chat) -> list[tuple[float, str]]:
    return [(round(m.at, 3), m.text) for m in timeline(chat.conversation)]


def test_a_timeline_counts_from_the_accept_and_begins_with_the_last_invitation() -> None:
    lines = moments(performed(Scenario("P", "A", (Visit("leave", "L"), Say("Hi")), refusals=("wrong-case",))))
    assert lines[0] == (-0.2, "<- /v2/me/chats  StatusChange Invited   poll 6 [0]")
    assert lines[1][1].startswith("-> POST /api/v2/me/chats/")
    assert lines[2] == (-0.07, '<- 403 {"statusCode": 3, "statusMessage": "Operation forbidden"}')
    assert lines[3][0] == 0.0
    assert [at for at, _ in lines] == sorted(at for at, _ in lines)


def test_a_timeline_names_the_customer_other_agents_and_answers_that_carried_a_notification() -> None:
    chat = GOOD.later(GOOD.payloads[1], 0.05, agent=BYSTANDER, link="command", poll=3)
    lines = moments(chat)
    assert (0.05, f"<- /v2/me/chats to {BYSTANDER}  ParticipantsUpdated Chatting   answer 3 [0]") in lines
    assert any(text == f"-> customer: GET /api/v2/chats/{CHAT_ID}" for _, text in lines)


def test_a_timeline_shows_what_disturbed_the_session_and_what_was_not_answered() -> None:
    lines = moments(GOOD.disturbed("poll-broken").answered("accept", failure="the connection was reset"))
    assert (0.05, "!! poll-broken on the CometD session of agent1: as the test says") in lines
    assert (0.03, "<- the connection was reset") in lines


@pytest.mark.parametrize(("after", "shown"), [(-0.01, False), (0.0, True), (60.0, True), (60.1, False)])
def test_a_disturbance_is_shown_if_it_came_within_a_minute_of_the_accept(after: float, shown: bool) -> None:
    assert any("!! " in text for _, text in moments(GOOD.disturbed("poll-broken", after))) is shown


def test_a_body_is_shown_in_one_line_and_cut() -> None:
    lines = moments(GOOD.answered("accept", '{\n  "statusCode": 0,\n  "x": "' + "y" * 200 + '"\n}'))
    (answer,) = [text for _, text in lines if text.startswith('<- 200 { "statusCode": 0, "x": "yyy')]
    assert len(answer) == len("<- 200 ") + 100
    assert answer.endswith("...")


def test_a_chat_without_an_accept_counts_from_its_first_request() -> None:
    chat = never_offered()
    assert moments(chat)[0] == (0.0, f'-> customer: POST /api/v2/chats/{CHAT_ID}  {{"operationName": "RequestChat"}}')
    assert moments(replace(chat, records=())) == []


def test_a_short_timeline_is_whole() -> None:
    assert not any("more lines" in text for _, text in moments(GOOD))


def test_a_long_timeline_says_how_many_lines_are_left_out() -> None:
    short = GOOD.horizonless()
    everything = len(moments(short))
    more = 24 - everything + 5
    long = short
    for n in range(more):
        long = long.later(GOOD.payloads[2], 1 + n / 10)
    lines = moments(long)
    assert len(lines) <= 24
    assert lines[-1][1] == f"... {everything + more - (len(lines) - 1)} more lines in the journal"


def test_a_long_timeline_is_cut_to_24_lines() -> None:
    long = GOOD
    for n in range(40):
        long = long.later(GOOD.payloads[2], 1 + n / 10)
    lines = moments(long)
    assert len(lines) == 24
    assert lines[-1][1].endswith(" more lines in the journal")
