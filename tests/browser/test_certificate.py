"""The certificate in a real browser, opened as a file: by eye, by keyboard, on paper, in the dark, on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from gws_contract.contract import load

from .chromium import DESK, PHONE, Page, Scheme

EXAMPLES = Path(__file__).parents[2] / "reports" / "example"
CERTIFICATES = sorted(EXAMPLES.glob("*/certificate.html"))
BROKEN = EXAMPLES / "participants-first" / "certificate.html"
UNDER_LOAD = EXAMPLES / "under-load" / "certificate.html"

every_certificate = pytest.mark.parametrize("certificate", CERTIFICATES, ids=lambda path: path.parent.name)
light_and_dark = pytest.mark.parametrize("scheme", ["light", "dark"])


def test_there_are_certificates_to_look_at() -> None:
    assert {BROKEN, UNDER_LOAD} < set(CERTIFICATES)


@every_certificate
def test_it_opens_without_complaints_and_asks_for_nothing(page: Page, certificate: Path) -> None:
    page.open(certificate)
    assert page.complaints == []
    assert page.requests == [certificate.as_uri()]
    assert page.run("return document.scripts.length") == 0


@every_certificate
def test_the_verdict_is_on_the_first_screen_of_a_phone(page: Page, certificate: Path) -> None:
    page.open(certificate, width=PHONE)
    bottom = page.run("return document.querySelector('.headline').getBoundingClientRect().bottom")
    assert 0 < bottom < 600


@every_certificate
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_stands_out_at_the_side(page: Page, certificate: Path, width: int) -> None:
    page.open(certificate, width=width)
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_every_clause_is_reached_by_keyboard(page: Page) -> None:
    page.open(BROKEN)
    reached = page.reached_by_tab("e.closest('.clause')?.id")
    assert list(dict.fromkeys(filter(None, reached))) == [clause.id for clause in load().clauses]


def test_folded_frames_open_and_close_by_keyboard(page: Page) -> None:
    page.open(BROKEN)
    assert not page.is_shown(".frame")
    page.run("document.querySelector('details.evidence summary').focus()")
    page.press(Keys.ENTER)
    assert page.is_shown(".frame")
    assert "POST /api/v2/me/chats/" in page.run("return document.querySelector('details.evidence').innerText")
    page.press(Keys.SPACE)
    assert not page.is_shown(".frame")


def test_a_link_of_what_broke_leads_to_its_clause(page: Page) -> None:
    page.open(BROKEN)
    page.run("document.querySelector('.findings a').focus()")
    page.press(Keys.ENTER)
    assert page.run("return document.querySelector(':target').id") == "accept.notifications.order"
    assert abs(page.run("return document.querySelector(':target').getBoundingClientRect().top")) < 100


def test_the_diagram_shows_the_order_from_top_to_bottom(page: Page) -> None:
    page.open(BROKEN)
    numbers = page.run(
        "return [...document.querySelectorAll('figure')].map(f => [...f.querySelectorAll('.digit')]"
        ".map(e => [e.getBoundingClientRect().top, e.textContent]).sort((a, b) => a[0] - b[0])"
        ".map(e => e[1]).join(''))"
    )
    assert numbers == ["123", "213"]


def test_documented_stands_beside_received_on_a_desk_and_above_it_on_a_phone(page: Page) -> None:
    script = "return [...document.querySelectorAll('figure')].map(f => Math.round(f.getBoundingClientRect().top))"
    page.open(BROKEN, width=DESK)
    documented, received = page.run(script)
    assert documented == received
    page.open(BROKEN, width=PHONE)
    documented, received = page.run(script)
    assert documented < received


def test_the_course_of_a_load_run_is_seen_whole_on_a_phone(page: Page) -> None:
    page.open(UNDER_LOAD, width=PHONE)
    left, right = page.run(
        "const r = document.querySelector('svg.course').getBoundingClientRect(); return [r.left, r.right]"
    )
    assert 0 <= left < right <= PHONE
    assert right - left > 0.8 * PHONE


def test_the_course_and_the_first_breaks_of_a_load_run_are_reached_by_keyboard(page: Page) -> None:
    page.open(UNDER_LOAD)
    reached = page.reached_by_tab("[e.getAttribute('aria-label'), e.closest('table')?.className]")
    assert "Diagram: the course of the run" in [label for label, _ in reached]
    assert "figures stacked" in [table for _, table in reached]


@light_and_dark
def test_the_course_is_printed_in_black(page: Page, scheme: Scheme) -> None:
    page.open(UNDER_LOAD, scheme=scheme, printed=True)
    for selector, how in (("curve", "stroke"), ("first", "stroke"), ("breaks", "fill"), ("asked", "stroke")):
        assert page.style(f"svg.course .{selector}", how) in ("rgb(0, 0, 0)", "rgb(51, 51, 51)"), selector


def brightness(color: str) -> float:
    red, green, blue = map(int, re.findall(r"\d+", color)[:3])
    return (red + green + blue) / 765


def test_it_is_dark_in_the_dark_and_light_in_the_light(page: Page) -> None:
    page.open(BROKEN, scheme="light")
    assert brightness(page.style("body", "background-color")) > 0.9
    assert brightness(page.style("body", "color")) < 0.2
    page.open(BROKEN, scheme="dark")
    assert brightness(page.style("body", "background-color")) < 0.2
    assert brightness(page.style("body", "color")) > 0.8


@light_and_dark
def test_it_is_printed_black_on_white_whole_and_without_what_is_folded(page: Page, scheme: Scheme) -> None:
    page.open(BROKEN, scheme=scheme, printed=True)
    assert page.style("body", "background-color") == "rgb(255, 255, 255)"
    for selector in ("body", "h1", "a", ".clause p", "svg.sequence text.marked"):
        assert page.style(selector, "color") in ("rgb(0, 0, 0)", "rgb(51, 51, 51)"), selector
    assert not page.is_shown("nav")
    assert not page.is_shown("details.evidence")
    assert page.is_shown("details.rest pre")
    assert page.printed().startswith(b"%PDF")


@every_certificate
@light_and_dark
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_contrast_labels_and_structure_pass_axe(page: Page, certificate: Path, scheme: Scheme, width: int) -> None:
    page.open(certificate, scheme=scheme, width=width)
    page.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.violations == []


def test_axe_sees_what_is_wrong(page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text('<!doctype html><html><title>x</title><p style="color:#bbb;background:#fff">pale</p><img src="">')
    page.open(wrong)
    assert {"color-contrast", "html-has-lang", "image-alt"} <= {each.partition(":")[0] for each in page.violations}
