"""What mutants of the judge of histories would get away with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gws_contract.conversation import Conversation
from gws_contract.journal import Delivery, Record
from gws_contract.judge.history import own_join, visits
from gws_contract.scenario import Say, Scenario, Visit

from .conversations import LOG, PLAIN, Chat, Data, delivery, outcome, performed

GOOD = performed(PLAIN)
STATUS_CHANGE, PEOPLE_UPDATED, HISTORY = GOOD.payloads
TEXT, JOIN = HISTORY["messages"][-2:]
LEAVE = {**JOIN, "type": "ParticipantLeft", "index": 9}
END = GOOD.step("complete").sent


def part(*entries: Data, at: float) -> Chat:
    """One more part of the history at a moment, beside which there is none."""
    return PARTLESS.plus(delivery({**HISTORY, "messages": list(entries)}, at=at))


PARTLESS = GOOD.dropping(LOG).mapped(lambda r: None if getattr(r, "at", 0.0) > END and hasattr(r, "poll") else r)


def parts(*told: tuple[float, Sequence[Data]]) -> Conversation:
    """A chat whose history comes in these parts, each at its moment."""
    deliveries = [delivery({**HISTORY, "messages": list(entries)}, at=at) for at, entries in told]
    return PARTLESS.plus(*deliveries).conversation


BEFORE = GOOD.accept.sent + 0.2


# ---- the own join ---------------------------------------------------------------------------------------------------


def test_who_has_left_in_time_has_not_joined_last() -> None:
    assert own_join(parts((BEFORE, [TEXT, JOIN]), (BEFORE + 0.01, [LEAVE])), "Marat") is None


def test_a_leave_in_the_very_moment_of_the_end_comes_in_time() -> None:
    assert own_join(parts((BEFORE, [TEXT, JOIN]), (END, [LEAVE])), "Marat") is None


def test_a_join_that_comes_alone_and_late_is_the_own_join() -> None:
    assert own_join(parts((BEFORE, [TEXT]), (END + 0.1, [JOIN])), "Marat") == JOIN


def test_a_late_part_without_indexes_may_turn_the_order_of_the_others() -> None:
    join, leave, text = {**JOIN, "index": 1}, {**LEAVE, "index": 5}, {k: v for k, v in TEXT.items() if k != "index"}
    assert own_join(parts((BEFORE, [leave]), (BEFORE + 0.01, [join])), "Marat") is None
    late = parts((BEFORE, [leave]), (BEFORE + 0.01, [join]), (END + 0.1, [text]))
    assert own_join(late, "Marat") == join


# ---- words ----------------------------------------------------------------------------------------------------------


def test_six_comings_and_goings_are_named() -> None:
    def moves(entries: list[Data]) -> list[Data]:
        others = [{**JOIN, "from": {"type": "Agent", "nickname": f"A{n}"}, "index": n} for n in range(7)]
        return [*others, *entries[:-1]]

    received = outcome(GOOD.with_entries(moves), "history.own-join").received
    assert received == ", ".join(f'ParticipantJoined "A{n}"' for n in range(6))


def test_what_stands_behind_the_join_is_quoted_in_eighty_characters() -> None:
    def behind(entries: list[Data]) -> list[Data]:
        return [*entries, {**TEXT, "index": 8, "text": "x" * 100}]

    received = outcome(GOOD.with_entries(behind), "history.ends-with-join").received
    assert len(received) == len("1 entries behind it: ") + 80
    assert received.endswith("...")


def test_without_the_own_join_nothing_is_said_about_its_place() -> None:
    found = outcome(GOOD.with_entries(lambda entries: entries[:-1]), "history.ends-with-join")
    assert found.reason == "the history does not hold the agent's own join"


def test_one_text_has_no_order() -> None:
    found = outcome(performed(Scenario("Pat", "Sam", (Say("a"),))), "history.in-order")
    assert found.reason == "fewer than two different texts of the customer in the history"


def test_a_text_that_was_said_again_later_has_no_certain_place() -> None:
    chat = performed(Scenario("Pat", "Sam", (Say("a"), Say("b")), after=(Say("a"),)))
    silent = chat.mapped(
        lambda r: None if getattr(r, "at", 0.0) > chat.step("say-after").sent and hasattr(r, "poll") else r
    )
    assert outcome(silent, "history.in-order").verdict == "not testable"


# ---- earlier agents -------------------------------------------------------------------------------------------------

TWICE = performed(Scenario("Pat", "Sam", (Visit("leave", "Lee"), Visit("leave", "Kim"))))


def first_visit(chat: Chat, **changes: object) -> Chat:
    """With another first Accept of an earlier agent."""
    first = chat.conversation.steps("visit:accept")[0]
    return chat.mapped(lambda record: replace(first, **changes) if record == first else record)  # type: ignore[arg-type]


def test_a_visit_that_was_refused_does_not_hide_the_next_one() -> None:
    refused = first_visit(TWICE, status=403, answer='{"statusCode": 3}')
    assert [name for name, *_ in visits(refused.conversation)] == ["Kim"]


@pytest.mark.parametrize("request_body", [None, "", "{}"])
def test_an_earlier_agent_who_gave_no_name_has_an_empty_one(request_body: str | None) -> None:
    assert visits(first_visit(TWICE, request=request_body).conversation)[0][0] == ""


def test_what_an_earlier_agent_did_is_read_without_any_later_accept() -> None:
    assert [name for name, *_ in visits(TWICE.without_step("accept").conversation)] == ["Lee", "Kim"]


def chatting(chat: Chat, at: float) -> Chat:
    """With one change to Chatting for the first visit, at another moment."""
    moments = [n.at for n in chat.conversation.notifications if n.state == "Chatting"][:2]

    def change(record: Record) -> Record | None:
        if not isinstance(record, Delivery) or record.at not in moments:
            return record
        return replace(record, at=at) if record.at == moments[0] else None

    return chat.mapped(change)


def test_an_earlier_agent_was_chatting_before_the_next_accept_or_in_that_moment() -> None:
    first, second = TWICE.conversation.steps("visit:accept")
    for at, names in ((first.sent, ["Kim"]), (second.sent, ["Lee", "Kim"]), (second.sent + 0.001, ["Kim"])):
        assert [name for name, *_ in visits(chatting(TWICE, at).conversation)] == names
