"""Sequence diagrams and plots as SVG, and the frames below them."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from gws_contract.journal import Delivery, Exchange
from gws_contract.report import diagram, plot, svg
from gws_contract.report.duration import duration
from gws_contract.report.frames import FRAMES, frames
from gws_contract.report.sequence import Picture, Row, Style, documented, received
from gws_contract.scenario import Say, Scenario

from .conversations import Chat, performed
from .dockets import GOOD, turned

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>&\"'\u202e\x00\ud800"


def drawn(picture: Picture, title: str = "a chat") -> ET.Element:
    return ET.fromstring(diagram.draw(picture, title))


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


# ---- diagrams -------------------------------------------------------------------------------------------------------


def test_a_diagram_is_an_image_that_says_what_it_shows() -> None:
    root = drawn(documented(), "what the page says")
    assert root.tag == f"{SVG}svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", "what the page says")


def test_rows_stand_below_one_another_in_their_order() -> None:
    root = drawn(received(turned(GOOD).conversation))
    heights = {e.text: float(e.get("y", "0")) for e in root.iter(f"{SVG}text")}
    order = [heights[name] for name in ("POST Accept", "ParticipantsUpdated", "StatusChange Chatting", "NewMessages")]
    assert order == sorted(order)
    assert heights["▲ out of order"] > heights["StatusChange Chatting"]


def test_everything_is_drawn_inside_its_frame() -> None:
    crowd = GOOD.later(GOOD.payloads[1], after=0.2, agent="another")
    root = drawn(received(crowd.conversation))
    width, height = (float(root.get(name, "0")) for name in ("width", "height"))
    places = [(float(e.get("x", "0")), float(e.get("y", "0"))) for e in root.iter(f"{SVG}text")]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


def test_every_mark_of_a_row_has_a_line_of_its_own() -> None:
    row = Row(11.0, 0, 1, "NewMessages", "notification", 3, ("out of order", "late: after 10 s"))
    root = drawn(Picture((("server", ""), ("agent", "")), (row, Row(12.0, 1, 0, "complete: 200", "request"))))
    heights = {e.text: float(e.get("y", "0")) for e in root.iter(f"{SVG}text")}
    lines = ["NewMessages", "▲ out of order", "▲ late: after 10 s", "complete: 200"]
    assert sorted(lines, key=heights.__getitem__) == lines
    assert len({heights[line] for line in lines}) == 4


def test_a_missing_notification_is_dashed_crossed_and_named() -> None:
    missing = Picture((("server", ""), ("agent", "")), (Row(None, 0, 1, "NewMessages", "missing", 3, ("missing",)),))
    root = drawn(missing)
    assert "▲ missing" in texts(root)
    assert [e for e in root.iter(f"{SVG}path") if e.get("stroke-dasharray") == "3 4"]


@pytest.mark.parametrize("style", ["gap", "incident"])
def test_a_row_that_is_no_message_is_words_only(style: Style) -> None:
    root = drawn(Picture((("server", ""), ("agent", "")), (Row(0.1, 0, 0, "some words", style),)))
    assert any("some words" in text for text in texts(root))
    assert len(list(root.iter(f"{SVG}path"))) == 1, "the lanes"


def test_what_a_server_said_is_only_text_in_a_diagram() -> None:
    picture = Picture((("customer", EVIL), ("server", "")), (Row(0.0, 0, 1, EVIL, "request", 0, (EVIL,)),))
    root = drawn(picture, EVIL)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {"svg", "text", "path"}
    assert any("<script>&\"'\\u202e\\u0000\\ud800"[:12] in text for text in texts(root))


def test_a_long_name_of_a_lane_is_cut() -> None:
    assert "a" * 17 + "…" in texts(drawn(Picture((("agent", "a" * 40),), ())))


def test_numbers_are_as_short_as_they_can_be() -> None:
    assert [svg.number(value) for value in (1.0, 1.25, 100, 0.04)] == ["1", "1.2", "100", "0"]


# ---- plots ----------------------------------------------------------------------------------------------------------

QUANTILES = [0.001 * 1.05**n for n in range(101)]


def curve(quantiles: list[float], on: plot.Scale) -> ET.Element:
    return ET.fromstring(plot.distribution(quantiles, on, "response"))


def test_a_scale_goes_from_one_power_of_ten_to_another() -> None:
    assert plot.scale([QUANTILES, [0.5]]) == plot.Scale(-3, 0)
    assert plot.scale([[0.01]]) == plot.Scale(-2, -1)
    assert plot.scale([]) == plot.Scale(-3, 1)
    assert plot.scale([[0.0]]) == plot.Scale(-4, -3), "nothing is shorter than what can be drawn"


def test_a_scale_is_logarithmic() -> None:
    on = plot.Scale(-3, 1)
    assert [on.share(seconds) for seconds in (0.0, 0.001, 0.1, 10.0, 99.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_a_curve_never_falls_and_never_goes_back() -> None:
    (line,) = [e for e in curve(QUANTILES, plot.scale([QUANTILES])).iter(f"{SVG}path") if e.get("class") == "curve"]
    rising = (line.get("d") or "").split("M")[1].split("L")[1:]
    points = [tuple(map(float, point.split())) for point in rising]
    assert len(points) == 101
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))


def test_a_plot_says_in_words_what_it_shows_and_names_its_scale() -> None:
    root = curve(QUANTILES, plot.scale([QUANTILES]))
    assert root.get("aria-label") == "response"
    assert {"1 ms", "10 ms", "100 ms", "100 %"} <= set(texts(root))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.00 µs"),
        (0.00043, "430 µs"),
        (0.00431, "4.31 ms"),
        (0.0143, "14.3 ms"),
        (1.0, "1.00 s"),
        (12.5, "12.5 s"),
    ],
)
def test_a_duration_has_three_digits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# ---- frames ---------------------------------------------------------------------------------------------------------


def all_of(chat: Chat) -> int:
    return sum(isinstance(r, Exchange | Delivery) for r in chat.records)


def test_every_exchange_and_delivery_of_a_chat_is_a_frame_in_the_order_of_time() -> None:
    found = frames(GOOD.conversation, 100_000)
    assert len(found.shown) == all_of(GOOD)
    assert found.left_out == 0
    assert [frame.at for frame in found.shown] == sorted(frame.at for frame in found.shown)


def test_a_frame_holds_request_and_answer_as_they_were() -> None:
    (accept,) = [f for f in frames(GOOD.conversation, 100_000).shown if f.head.endswith(": accept")]
    assert accept.at == 0.0
    assert GOOD.accept.request is not None
    assert GOOD.accept.request in accept.body
    assert "HTTP 200 after 0.030 s\ncontent-type: application/json\n" in accept.body


def test_a_frame_of_a_delivery_holds_the_whole_message() -> None:
    bodies = [f.body for f in frames(GOOD.conversation, 100_000).shown if f.head.startswith("delivery")]
    assert [json.loads(body) for body in bodies] == [n.delivery.message for n in GOOD.conversation.notifications]


def test_an_exchange_that_failed_says_why() -> None:
    broken = GOOD.answered("accept", failure="read timed out", status=None, answer=None)
    assert any("!! read timed out" in f.body for f in frames(broken.conversation, 100_000).shown)


def test_of_too_many_frames_those_around_the_accept_are_shown_and_the_others_counted() -> None:
    long = performed(Scenario(before=tuple(Say(f"line {n}") for n in range(200))))
    found = frames(long.conversation, 1_000_000)
    assert len(found.shown) == FRAMES
    assert found.left_out == all_of(long) - FRAMES
    assert any(frame.head.endswith(": accept") for frame in found.shown)


def test_frames_keep_within_their_budget() -> None:
    found = frames(GOOD.conversation, 1_000)
    assert 0 < sum(frame.size for frame in found.shown) <= 1_000
    assert found.left_out == all_of(GOOD) - len(found.shown)


def test_a_long_body_is_cut_and_says_so() -> None:
    long = GOOD.answered("accept", "x" * 5_000)
    assert any("(3,500 more characters in the journal)" in f.body for f in frames(long.conversation, 100_000).shown)
