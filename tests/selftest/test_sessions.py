"""An agent's session with servers as they are: CSRF tokens that end, sessions and chats left over, channels renamed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from gws_contract.mock.chat import State
from gws_contract.mock.server import Mock, Options
from gws_contract.scenario import Outage, Say, Scenario, Visit
from gws_contract.stage.switchboard import MARKER
from gws_contract.verdict import Verdict

from .stages import Played, Scripted, aim, json_answer, nobody_is_left, play, played

CHAT = Scenario("PersonP", "Marat", (Say("Hello World"),))


def undecided(result: Played) -> set[str]:
    return result.with_verdict(Verdict.INCONCLUSIVE) | result.with_verdict(Verdict.BROKEN)


# ---- CSRF -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lifetime", [1, 2, 3])
def test_a_csrf_token_that_ends_is_read_anew_and_the_request_sent_once_more(lifetime: int) -> None:
    scenario = Scenario("PersonP", "Marat", (Visit("leave", "Eve"),), refusals=("wrong-case", "unknown-operation"))
    result = play(scenario, options=Options(csrf=True, csrf_lifetime=lifetime))
    assert result.hows == ["complete"]
    assert undecided(result) == set()
    stale = [e for e in result.exchanges if e.step == "stale-token"]
    assert stale
    assert all(e.status == 403 for e in stale)
    assert len(result.steps("accept")) == 1


def test_chats_of_one_agent_that_end_each_others_tokens_are_no_break() -> None:
    scenarios = [Scenario("PersonP", "Marat", (Say("Hello"),), beside="same-agent")] * 6
    result = play(*scenarios, options=Options(csrf=True, csrf_lifetime=2))
    assert result.with_verdict(Verdict.BROKEN) == set()


def test_a_refusal_for_want_of_a_token_is_no_refusal_of_the_misuse() -> None:
    result = play(Scenario("PersonP", "Marat", refusals=("without-feature",)), options=Options(csrf=True))
    (refused,) = result.steps("refusal:without-feature")
    assert "feature" in (refused.answer or "")


def test_a_server_that_never_takes_a_token_is_not_asked_for_ever() -> None:
    never = Scripted(lambda r: json_answer("Missing or invalid Csrf token", 403) if r.operation == "Accept" else None)
    result = play(CHAT, variations=[never])
    (accept,) = result.steps("accept")
    assert accept.status == 403
    assert len([e for e in result.exchanges if e.step == "stale-token"]) == 3


# ---- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_that_an_earlier_run_has_left_is_ended_first() -> None:
    with Mock(options=Options(strict_sessions=True)) as mock:
        for agent in mock.agents:
            mock.call(partial(mock.desk.start_session, mock.desk.agents[agent], ["chat"]))
        result = played(aim(mock), CHAT)
        assert nobody_is_left(mock)
    assert result.error is None
    assert result.hows == ["complete"]


def test_an_outage_on_a_strict_server_is_over_as_on_any_other() -> None:
    result = play(Scenario("PersonP", "Marat", (Outage("session"),)), options=Options(strict_sessions=True))
    assert result.hows == ["complete"]


def test_a_voice_channel_that_fails_is_no_matter() -> None:
    result = play(CHAT, options=Options(voice_down=True), channels=("voice", "chat"))
    assert result.hows == ["complete"]


def test_a_chat_channel_that_fails_makes_the_environment_not_ready() -> None:
    result = play(CHAT, options=Options(partial_session=True), channels=("voice", "chat"))
    assert str(result.error) == (
        "StartContactCenterSession of agent1 was answered HTTP 200, statusCode 7 (multimedia: Interaction server"
        " connection is not opened); is the chat channel set up for this agent, or is it to be asked for as multimedia"
        " (--channel multimedia)?"
    )
    assert result.footer.ended == "not ready"


def test_a_channel_of_another_name_is_asked_for_by_that_name() -> None:
    options = Options(channel_name="multimedia")
    assert "--channel multimedia" in str(play(CHAT, options=options).error)
    assert play(CHAT, options=options, channels=("multimedia",)).hows == ["complete"]


# ---- chats left over ------------------------------------------------------------------------------------------------


def left_over(mock: Mock, agent: str, *, joined: bool, **offer: Any) -> str:
    """A chat that somebody has left to this agent; its id."""

    def leave() -> str:
        who = mock.desk.agents[agent]
        mock.desk.start_session(who, ["chat"])
        mock.desk.set_ready(who, ready=True)
        chat = mock.desk.request_chat("Kim", offer.get("subject"), offer.get("userData"))[0].cause.chat
        if joined:
            mock.desk.accept(chat, who, "Marat")
        mock.desk.set_ready(who, ready=False)
        return str(chat.id)

    return mock.call(leave)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("offer", [{"userData": {MARKER: f"{MARKER}-ab12-3"}}, {"subject": f"{MARKER}-ab12-3"}])
def test_a_chat_that_an_earlier_run_has_left_is_ended(joined: bool, offer: dict[str, Any]) -> None:
    with Mock() as mock:
        chat = left_over(mock, "agent1", joined=joined, **offer)
        result = played(aim(mock), CHAT)
        state = mock.call(lambda: mock.desk.books.chats[chat].states["agent1"])
    assert state is State.COMPLETED
    assert result.hows == ["complete"]
    assert [e.step for e in result.exchanges if chat in e.path] == ["left over"] * (1 if joined else 2)


@pytest.mark.parametrize("joined", [False, True])
def test_a_chat_of_somebody_else_is_neither_touched_nor_recorded(joined: bool) -> None:
    secret = "my doctor said that"
    with Mock() as mock:
        chat = left_over(mock, "agent1", joined=joined, subject=secret, userData={"note": secret})
        result = played(aim(mock), CHAT)
        touched = mock.call(lambda: [entry.type for entry in mock.desk.books.chats[chat].history])
    assert [e for e in result.exchanges if chat in e.path] == []
    assert touched.count("ParticipantJoined") == (2 if joined else 1)
    assert secret not in repr(result.records)


def test_a_server_that_does_not_list_chats_has_none_to_clear_away() -> None:
    deaf = Scripted(lambda r: json_answer('{"statusCode": 6}', 404) if r.path.endswith("/me/chats") else None)
    assert play(CHAT, variations=[deaf]).hows == ["complete"]
