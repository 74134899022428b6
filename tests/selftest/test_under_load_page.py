"""The section of the certificate's page about a load run, and the picture of its course."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from gws_contract.report import certificate_page, course_plot
from gws_contract.report.docket import Docket

from .dockets import ORDER
from .dockets import judged as certified
from .loads import evenly, judged, second_by_second
from .test_certificate_page import EVIL, Page, page

RATE = 4.0
MOMENTS = evenly(RATE, 10)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def broken() -> Docket:
    return judged(MOMENTS, RATE, breaks=[24, 30, 31])


def section(docket: Docket) -> str:
    """What is read between the headings of this section and the next."""
    source = certificate_page.render(docket)
    start = source.index('<h2 id="under-load">')
    return " ".join(re.sub("<[^>]*>", " ", source[start : source.index('<h2 id="clauses">')]).split())


def test_it_stands_before_the_clauses_and_in_the_contents(broken: Docket) -> None:
    rendered = page(broken)
    ids = rendered.having("id")
    assert ids.index("findings") < ids.index("under-load") < ids.index("clauses")
    assert "#under-load" in rendered.having("href")


def test_other_runs_have_none() -> None:
    assert "under-load" not in page(certified()).having("id")


def test_it_tells_the_first_break_with_its_load_and_links_to_the_clause(broken: Docket) -> None:
    words = section(broken)
    assert f"{ORDER} 3 of 40 5.8 s 24 4 3 65 clauses were kept" in words
    assert "3 of 40 chats broke a clause that makes the run fail" in words
    assert f"#{ORDER}" in page(broken).having("href")


def test_it_tells_the_percentiles_of_both_times(broken: Docket) -> None:
    assert "99.9 % within 30.0 ms 180 ms the longest 30.0 ms 180 ms" in section(broken)


def test_without_a_break_it_says_so_and_asks_nothing_about_more() -> None:
    words = section(judged(MOMENTS, RATE))
    assert "Nothing broke." in words
    assert "more often under more" not in words


def test_under_one_load_nobody_can_tell_whether_it_breaks_more_under_more(broken: Docket) -> None:
    assert section(broken).count("Nobody can tell: it was the same load throughout.") == 2


def test_a_break_that_fails_nothing_is_marked(broken: Docket) -> None:
    tally = replace(next(r for r in broken.rulings if r.clause.id == ORDER).tally, exotic_only=True)
    rulings = tuple(replace(r, tally=tally) if r.clause.id == ORDER else r for r in broken.rulings)
    assert f"{ORDER} (fails nothing)" in section(replace(broken, rulings=rulings))


def test_a_client_that_was_the_bottleneck_is_warned_of_before_anything_else() -> None:
    loads = [replace(load, lag=2.5) for load in second_by_second(MOMENTS, 12, RATE)]
    words = section(judged(MOMENTS, RATE, loads=loads))
    assert words.startswith("Under load The client was the bottleneck")
    assert "is not known, and the times below hold the client's own delay" in words


def test_the_load_is_told_as_a_command_that_brings_it_about(broken: Docket) -> None:
    assert "The same load gws-contract 1.2.3: gws-contract load --rate 4 --time 10" in page(broken).text


def test_what_a_partial_run_means_is_said_of_this_kind(broken: Docket) -> None:
    assert "Chats of one kind were performed under load." in page(broken).text
    assert "Of what was asked about, something is broken." in page(broken).text


def test_it_is_never_called_conformant() -> None:
    rendered = page(judged(MOMENTS, RATE))
    everything = rendered.text + " ".join(value or "" for _, each in rendered.elements for value in each.values())
    assert re.findall(r"(?i)(?<!not )\bconformant\b", everything) == []


def test_a_shard_may_be_called_anything() -> None:
    docket = judged(MOMENTS, RATE, breaks=[24], shard=EVIL[:-1])
    two = replace(docket, evidence=replace(docket.evidence, shards=(docket.evidence, docket.evidence)))
    rendered = page(two)
    assert not {"script", "img"} & {tag for tag, _ in rendered.elements}
    assert "24 of shard </script><script>alert(1)" in rendered.text


def drawn(**changes: object) -> ET.Element:
    course = {
        "begin": 10,
        "seconds": 1,
        "due": [4.0, 4.0, 4.0],
        "offered": [4.0, 4.0, 4.0],
        "accepted": [4, 3, 5],
        "under_way": [2, 8, 1],
        "broken": [0, 1, 0],
    }
    first = None if changes.get("broken") == [0, 0, 0] else 11.5
    return ET.fromstring(course_plot.draw(course | changes, 4.0, first, "The course"))


def having(drawing: ET.Element, css: str) -> list[str]:
    return [each.get("d", "") for each in drawing.iter(f"{SVG}path") if each.get("class") == css]


def test_the_picture_marks_the_first_break_at_its_moment() -> None:
    (way,) = having(drawn(), "first")
    (later,) = having(drawn(begin=11), "first")
    assert way.startswith("M216 "), "half way between the edges"
    assert way != later
    texts = [each.text for each in drawn().iter(f"{SVG}text")]
    assert "chats that fail the run, the first after 11.5 s (dashed)" in texts


def test_without_a_break_the_picture_says_so() -> None:
    picture = drawn(broken=[0, 0, 0])
    assert having(picture, "first") == having(picture, "breaks") == []
    assert "chats that fail the run: none" in [each.text for each in picture.iter(f"{SVG}text")]


def test_every_interval_is_drawn_in_its_panel() -> None:
    rates, way = having(drawn(), "curve")
    assert (rates.count("H"), way.count("H")) == (3, 3)
    heights = [[float(at) for at in re.findall(r"V([\d.]+)", line)] for line in (rates, way)]
    assert [sorted(range(3), key=line.__getitem__) for line in heights] == [[2, 0, 1], [1, 0, 2]]
    assert max(heights[0]) < min(heights[1])


def test_the_picture_is_drawn_within_its_borders() -> None:
    picture = drawn(accepted=[400, 3, 5], under_way=[0, 0, 0])
    numbers = [
        float(at) for line in picture.iter(f"{SVG}path") for at in re.findall(r"[MVH ]([\d.]+)", line.get("d", ""))
    ]
    assert all(0 <= at <= 400 for at in numbers)


def test_many_breaks_leave_the_page_small(broken: Docket) -> None:
    many = judged(evenly(10, 40), 10.0, breaks=range(40, 400))
    source = certificate_page.render(many)
    assert len(source) < 1.2 * len(certificate_page.render(broken))
    Page(source)
