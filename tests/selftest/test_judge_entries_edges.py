"""What mutants of the judge of entries would get away with."""

from __future__ import annotations

import pytest

from gws_contract.judge.entries import delivers_entries_once, instant
from gws_contract.judge.finding import Broken
from gws_contract.judge.ruling import Outcome
from gws_contract.scenario import Say, Scenario, Visit

from .conversations import JUDGED, LOG, PLAIN, Chat, Data, outcome, performed

GOOD = performed(PLAIN)
ONCE = "history.once"
AGAIN = performed(Scenario("Pat", "Sam", (Visit("leave", "Sam", ("One.",)), Say("Hello"))), visitor=JUDGED)


def repeated(chat: Chat, text: str, after: float) -> Chat:
    """With an entry of the history that comes once more."""
    log = chat.payloads[2]
    return chat.later({**log, "messages": [e for e in log["messages"] if e.get("text") == text]}, after)


TWICE = GOOD.with_entries(lambda entries: [entries[0], *entries])


def test_a_slow_echo_of_what_the_agent_had_said_before_is_no_repetition() -> None:
    assert outcome(repeated(AGAIN, "One.", 0.31), ONCE).verdict == "kept"


def test_a_slow_echo_does_not_hide_a_repetition_behind_it() -> None:
    assert outcome(repeated(repeated(AGAIN, "One.", 0.31), "Hello", 0.32), ONCE).verdict == "broken"


def test_repetitions_are_looked_for_up_to_the_end_of_the_chat() -> None:
    end = GOOD.step("complete").sent - GOOD.accept.sent
    assert GOOD.accept.sent + end == GOOD.step("complete").sent
    assert outcome(repeated(GOOD, "Hello World", end), ONCE).verdict == "broken"
    assert outcome(repeated(GOOD, "Hello World", end + 0.01), ONCE).verdict == "kept"


def test_of_a_history_that_comes_behind_the_end_nothing_is_said_about_repetitions() -> None:
    end = GOOD.step("complete").sent - GOOD.accept.sent
    late = GOOD.dropping(LOG).later(GOOD.payloads[2], end + 0.01)
    assert outcome(late, ONCE).reason == "no entry came"


@pytest.mark.parametrize(("chat", "within"), [(TWICE, True), (repeated(GOOD, "Hello World", 0.3), False)])
def test_a_repetition_inside_one_notification_is_known_as_such(chat: Chat, within: bool) -> None:
    with pytest.raises(Broken) as caught:
        delivers_entries_once(chat.conversation)
    assert caught.value.within_array is within


def test_an_entry_that_comes_again_is_quoted_in_a_hundred_characters() -> None:
    received = outcome(TWICE, ONCE).received
    assert len(received) == len("again: ") + 100
    assert received.endswith("...")


def test_the_indexes_that_do_not_rise_are_told() -> None:
    chat = GOOD.with_entries(lambda entries: [{**e, "index": -e["index"]} for e in entries])
    assert outcome(chat, "history.index-rises").received == "-2 after -1"


def test_two_entries_with_an_index_are_enough_to_rise() -> None:
    assert outcome(GOOD.with_entries(lambda entries: entries[-2:]), "history.index-rises").verdict == "kept"


@pytest.mark.parametrize("stamp", ["２０14-01-02T14:23:18.000Z", "2014-01-02T14:23:18.000Zone"])
def test_a_timestamp_is_written_in_plain_digits(stamp: str) -> None:
    assert instant(stamp) is None


def test_the_timestamps_that_go_back_are_told() -> None:
    def turned(entries: list[Data]) -> list[Data]:
        stamps = (f"2014-01-02T14:00:{seconds:02}.000-0800" for seconds in (5, 7, 6))
        return [{**entry, "timestamp": stamp} for entry, stamp in zip(entries, stamps, strict=False)]

    found = outcome(GOOD.with_entries(turned), "history.timestamps-rise")
    assert found.received == "2014-01-02T14:00:06.000-0800 after 2014-01-02T14:00:07.000-0800"


def moving(*types: str) -> Outcome:
    """What is found of a history in which the customer comes and goes."""
    first = GOOD.payloads[2]["messages"][0]
    entries = [{**first, "type": kind, "index": number} for number, kind in enumerate(types, 1)]
    return outcome(GOOD.with_entries(lambda _: entries), "history.comings-and-goings")


def test_somebody_who_is_there_may_join_again_as_one_who_does() -> None:
    assert moving("ParticipantJoined", "ParticipantRejoined").verdict == "kept"


def test_nobody_leaves_twice_without_having_come_back() -> None:
    assert moving("ParticipantJoined", "ParticipantLeft", "ParticipantJoined", "ParticipantLeft").verdict == "kept"
    found = moving("ParticipantJoined", "ParticipantLeft", "ParticipantLeft")
    assert found.documented == "nobody leaves who has not joined"
    assert found.received.endswith(" leaves at index 3")
