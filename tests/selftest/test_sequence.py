"""What a sequence diagram of a chat shows: lanes, rows, marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract import contract
from gws_contract.journal import Ended, Invited
from gws_contract.report.sequence import ROWS, Picture, Row, documented, received
from gws_contract.scenario import Say, Scenario

from .conversations import BYSTANDER, CHAT_ID, HEADER, JUDGED, LOG, PEOPLE, STATUS, Chat, performed
from .dockets import GOOD, turned


def picture(chat: Chat) -> Picture:
    return received(chat.conversation)


def notifications(chat: Chat) -> list[tuple[int, str, tuple[str, ...]]]:
    """Number, label and marks of the notifications after the Accept."""
    rows = [row for row in picture(chat).rows if row.style in ("notification", "missing")]
    return [(row.number, row.label, row.marks) for row in rows if row.at is None or row.at > 0]


def labels(chat: Chat) -> list[str]:
    return [row.label for row in picture(chat).rows]


IN_ORDER = [(1, "StatusChange Chatting", ()), (2, PEOPLE, ()), (3, LOG, ())]


def test_the_page_documents_an_accept_its_answer_and_three_notifications() -> None:
    labels = ["POST Accept", '200 {"statusCode": 0}', "StatusChange Chatting", "ParticipantsUpdated", "NewMessages"]
    assert [row.label for row in documented(contract.load().performed).rows] == labels
    assert [row.number for row in documented(contract.load().performed).rows] == [0, 0, 1, 2, 3]


def test_customer_server_and_the_judged_agent_have_lanes() -> None:
    assert picture(GOOD).lanes == (("customer", GOOD.scenario.customer), ("server", ""), ("agent", JUDGED))


def test_a_good_chat_has_its_notifications_numbered_and_no_marks() -> None:
    assert notifications(GOOD)[:3] == IN_ORDER
    assert [row for row in picture(GOOD).rows if row.marks] == []


def test_the_accept_goes_to_the_server_and_its_answer_comes_back() -> None:
    request, answer = [row for row in picture(GOOD).rows if "Accept" in row.label or row.style == "answer"]
    assert (request.source, request.target, request.at, request.label) == (2, 1, 0.0, "POST Accept")
    assert (answer.source, answer.target, answer.label) == (1, 2, '200 {"statusCode": 0}')
    assert answer.at == pytest.approx(0.03)


def test_an_accept_without_an_answer_shows_why() -> None:
    silent = GOOD.answered("accept", failure="read timed out", status=None, answer=None)
    assert "read timed out" in labels(silent)


def test_what_comes_before_its_predecessor_is_out_of_order() -> None:
    assert notifications(turned(GOOD))[:3] == [
        (2, PEOPLE, ()),
        (1, "StatusChange Chatting", ("out of order",)),
        (3, LOG, ()),
    ]


def test_what_never_came_is_missing_in_its_place() -> None:
    shown = picture(GOOD.dropping(PEOPLE)).rows
    (missing,) = [row for row in shown if row.style == "missing"]
    assert missing == Row(None, 1, 2, PEOPLE, "missing", 2, ("missing",))
    complete = next(place for place, row in enumerate(shown) if row.label.startswith("complete"))
    assert shown.index(missing) < complete


@pytest.mark.parametrize(
    "chat",
    [
        GOOD.dropping(PEOPLE).answered("accept", {"statusCode": 3}, status=403),
        GOOD.dropping(PEOPLE).mapped(lambda r: replace(r, how="cut short") if isinstance(r, Ended) else r),
        GOOD.dropping(PEOPLE).mapped(lambda r: None if isinstance(r, Ended) else r),
    ],
    ids=["refused", "cut short", "cut off"],
)
def test_what_nobody_could_expect_is_not_missing(chat: Chat) -> None:
    assert "missing" not in [row.style for row in picture(chat).rows]


def test_what_came_after_the_deadline_is_late() -> None:
    late = replace(GOOD, header=replace(HEADER, deadline=0.1)).arriving(*GOOD.payloads, pause=0.06)
    assert notifications(late)[:3] == [
        (1, "StatusChange Chatting", ()),
        (2, PEOPLE, ("late: after 0.1 s",)),
        (3, LOG, ("late: after 0.1 s",)),
    ]


def test_what_came_again_is_duplicated() -> None:
    twice = GOOD.arriving(GOOD.payloads[0], *GOOD.payloads)
    assert notifications(twice)[:4] == [IN_ORDER[0], (0, "StatusChange Chatting", ("duplicated",)), *IN_ORDER[1:]]


def test_what_reached_an_agent_who_was_never_invited_is_foreign_and_has_a_lane() -> None:
    leaked = GOOD.later(GOOD.payloads[1], after=0.2, agent=BYSTANDER)
    assert picture(leaked).lanes[3] == ("agent", BYSTANDER)
    (row,) = [row for row in picture(leaked).rows if row.target == 3]
    assert row.marks == ("foreign: never invited",)


def test_what_names_another_chat_is_foreign() -> None:
    other = GOOD.edited(STATUS, lambda payload: payload["chat"].update(id="0000Other", uri="/chats/0000Other"))
    assert notifications(other)[0] == (1, "StatusChange Chatting", ("foreign: another chat",))


def test_a_disturbance_of_the_session_is_a_row_of_its_own() -> None:
    assert "!! poll-broken" in labels(GOOD.disturbed("poll-broken"))
    assert "!! poll-broken" not in labels(GOOD.disturbed("poll-broken", after=100.0))


def test_what_happened_before_the_last_invitation_is_left_out() -> None:
    again = GOOD.plus(Invited(1, CHAT_ID, JUDGED, GOOD.accept.sent - 0.001))
    assert labels(again)[0] == "POST Accept"


def test_of_a_long_chat_the_rows_around_the_accept_and_all_marked_ones_are_kept() -> None:
    long = performed(Scenario(after=tuple(Say(f"line {n}") for n in range(100))))
    shown = picture(turned(long)).rows
    assert len([row for row in shown if row.style != "gap"]) == ROWS
    assert [row.label for row in shown if row.style == "gap"][-1].endswith(" more in the journal")
    assert [row.number for row in shown if row.number] == [2, 1, 3]
    assert "POST Accept" in [row.label for row in shown]


def test_more_agents_than_there_are_lanes_share_the_last_one() -> None:
    crowd = GOOD
    for n in range(4):
        crowd = crowd.later(GOOD.payloads[1], after=0.2 + n / 100, agent=f"agent-{n}")
    shown = picture(crowd)
    assert len(shown.lanes) == 5
    assert shown.lanes[-1] == ("others", "")


def test_a_chat_that_was_never_offered_has_lanes_and_no_rows() -> None:
    unheard = GOOD.mapped(lambda r: r if isinstance(r, Ended) else None)
    assert picture(unheard) == Picture((("customer", GOOD.scenario.customer), ("server", ""), ("agent", "")), ())
