"""What mutants of the judge of the seam would get away with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gws_contract.journal import Delivery, Record
from gws_contract.scenario import SAID_TO_USE, Say, Scenario

from .conversations import Chat, Data, outcome, performed

SEAM = "history.seam"


def speaking(*texts: str, before: str = "Hello") -> Chat:
    """All of this is said during the Accept, and stands in its history."""
    during = tuple(map(Say, texts))
    return performed(Scenario("PersonP", "Marat", (Say(before),), during), early=len(during))


def retold(chat: Chat, change: Callable[[str], str | None]) -> Chat:
    """With other texts in the history, or without them."""

    def entries(told: list[Data]) -> list[Data]:
        changed = [{**e, "text": change(e["text"])} if "text" in e else e for e in told]
        return [e for e in changed if e.get("text", "") is not None]

    return chat.with_entries(entries)


def test_six_of_the_texts_that_were_lost_are_named() -> None:
    chat = retold(speaking(*(f"no. {n}" for n in range(7))), lambda text: text if text == "Hello" else None)
    found = outcome(chat, SEAM)
    assert found.documented == "all 7 texts that the customer said during the Accept"
    assert found.received == "0 of 7; missing: " + ", ".join(f'"no. {n}"' for n in range(6))


def test_a_text_that_nobody_knows_is_not_doubled() -> None:
    chat = speaking("One.", "Two.").with_entries(lambda told: [*told, {**told[1], "index": 40, "text": "Welcome."}])
    assert outcome(chat, SEAM).verdict == "kept"


def test_a_text_that_becomes_another_one_is_neither_lost_nor_doubled() -> None:
    chat = retold(speaking("One and two.", "One", "Three."), lambda text: "One" if text == "One and two." else text)
    assert outcome(chat, SEAM).verdict == "kept"


def test_a_lost_text_is_not_taken_for_one_that_was_said_before() -> None:
    chat = retold(speaking("Hello there", "Two."), lambda text: None if text == "Hello there" else text)
    assert outcome(chat, SEAM).received == '1 of 2; missing: "Hello there"'


def test_a_history_that_comes_in_the_moment_of_the_end_came_in_time() -> None:
    whole = speaking("One.", "Two.")
    two = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two."))), early=1)
    for chat, clause in ((whole, SEAM), (two, "history.live-after")):
        complete, last = chat.step("complete"), chat.sequence[-1].at
        for end, verdict in ((last, "kept"), (last - 0.001, "not testable")):
            ended = chat.mapped(lambda r, c=complete, at=end: replace(c, sent=at) if r == c else r)  # type: ignore[misc]
            assert outcome(ended, clause).verdict == verdict


def test_a_part_of_the_history_that_comes_again_behind_a_live_message_is_no_late_part() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two."))), early=1)
    log = chat.payloads[2]
    assert outcome(chat, "history.live-after").verdict == "kept"
    again = chat.later({**log, "messages": [dict(reversed(entry.items())) for entry in log["messages"]]}, 0.9)
    assert outcome(again, "history.live-after").verdict == "kept"
    late = {**log["messages"][-1], "index": 0, "text": "Zero.", "type": "Notice"}
    assert outcome(chat.later({**log, "messages": [late]}, 0.9), "history.live-after").verdict == "broken"


def test_a_late_part_is_found_behind_one_that_brings_nothing_new() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two."))), early=1)
    log = chat.payloads[2]
    late = {**log["messages"][-1], "index": 0, "type": "Notice"}
    both = chat.later(log, 0.9).later({**log, "messages": [late]}, 0.91)
    assert outcome(both, "history.live-after").verdict == "broken"


def test_a_part_with_the_index_of_a_live_message_is_not_before_it() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two."))), early=1)
    log = chat.payloads[2]
    index = next(e["index"] for n in chat.conversation.notifications for e in n.entries if e.get("text") == "Two.")
    for number, verdict in ((index, "kept"), (index - 0.5, "broken")):
        late = {**log["messages"][-1], "index": number, "type": "Notice"}
        assert outcome(chat.later({**log, "messages": [late]}, 0.9), "history.live-after").verdict == verdict


def test_a_text_that_was_said_before_too_has_no_certain_place_behind_it() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("ok"),), (Say("One."), Say("ok"))), early=0)
    lives = [n.at for n in chat.conversation.notifications if [e.get("text") for e in n.entries] == ["ok"]]
    lossy = chat.mapped(lambda r: None if getattr(r, "at", 0.0) == lives[-1] else r)
    assert outcome(lossy, "history.live-after").verdict == "kept"


@pytest.mark.parametrize("early", [0, 1])
def test_the_order_in_which_texts_were_said_is_not_that_of_the_alphabet(early: int) -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("z"), Say("a"), Say("b"))), early=early)
    assert outcome(chat, "history.live-after").verdict == "kept"
    at = {e["text"]: n.at for n in chat.conversation.notifications for e in n.entries if len(n.entries) == 1}
    other = {at["a"]: at["b"], at["b"]: at["a"]}

    def exchanged(record: Record) -> Record:
        return replace(record, at=other.get(record.at, record.at)) if isinstance(record, Delivery) else record

    found = outcome(chat.mapped(exchanged), "history.live-after")
    assert (found.verdict, found.documented) == ("broken", '"a", then "b"')


def told_again(chat: Chat, change: Callable[[Data], Data]) -> Chat:
    """With other entries in all notifications."""

    def changed(record: Record) -> Record:
        data = record.message.get("data") if isinstance(record, Delivery) else None
        if not isinstance(record, Delivery) or not isinstance(data, dict) or "messages" not in data:
            return record
        entries = [change(entry) for entry in data["messages"]]
        return replace(record, message={**record.message, "data": {**data, "messages": entries}})

    return chat.mapped(changed)


def test_what_the_agent_says_to_use_a_capability_is_no_late_part_of_the_history() -> None:
    scenario = Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two.")), uses=("SendMessage",))
    chat = told_again(performed(scenario, early=1), lambda e: {**e, "index": 0} if e.get("text") == SAID_TO_USE else e)
    assert outcome(chat, "history.live-after").verdict == "kept"


def test_the_latest_text_of_the_history_counts_and_not_its_last_one() -> None:
    chat = performed(Scenario("PersonP", "Marat", (Say("Hello"),), (Say("One."), Say("Two."), Say("Three."))), early=2)
    other = {"One.": "Three.", "Two.": "One.", "Three.": "Two."}
    turned = told_again(chat, lambda e: {**e, "text": other.get(e["text"], e["text"])} if "text" in e else e)
    found = outcome(turned, "history.live-after")
    assert (found.documented, found.received) == ('"Two.", then "Three."', '"Three.", then "Two."')
