"""The page of many nights in a real browser: by eye, by keyboard, on paper, in the dark, on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from gws_contract import cli

from ..selftest.filing import INFERRED, ORDER, broke, filed, leave, says, timed
from .chromium import DESK, PHONE, Page, Scheme

light_and_dark = pytest.mark.parametrize("scheme", ["light", "dark"])
_NIGHTS = 30
_ROWS = "[...document.querySelectorAll('table.matrix tbody tr')].filter(e => e.checkVisibility())"


def night(day: int) -> dict[str, Any]:
    turned: list[dict[str, Any]] = [broke(INFERRED, advisory=True)] if day > 12 else []
    turned += [says("inconclusive", "accept.request.url")] if day % 9 == 4 else []
    turned += [broke(broken=day % 5 + 1)] if 5 < day < 9 or day > 27 else []
    turned += [broke("accept.history.complete", verdict="deviation")] if day < 15 else []
    latencies = {what: timed(0.1 * (1 + day % 3)) for what in filed()["latencies"]}
    return filed(*turned, started=f"2026-11-{day:02}T02:00:00+00:00", latencies=latencies)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of thirty nights with every verdict in them, and a file that is no certificate."""
    folder = tmp_path_factory.mktemp("nights")
    for day in range(1, _NIGHTS + 1):
        leave(folder / f"{day}", night(day))
    (folder / "30" / "certificate.html").write_text("<title>that night</title>")
    (folder / "torn").mkdir()
    (folder / "torn" / "certificate.json").write_text("{")
    assert cli.main(["history", str(folder)]) == 0
    return folder / "history.html"


def test_it_opens_without_complaints_and_asks_for_nothing(page: Page, history: Path) -> None:
    page.open(history)
    assert page.complaints == []
    assert page.requests == [history.as_uri()]
    assert page.run("return document.scripts.length") == 0


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_but_the_matrix_stands_out_at_the_side(page: Page, history: Path, width: int) -> None:
    page.open(history, width=width)
    assert page.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_latest_verdict_is_on_the_first_screen(page: Page, history: Path, width: int) -> None:
    page.open(history, width=width)
    assert 0 < page.run("return document.querySelector('.headline').getBoundingClientRect().bottom") < 600


def test_on_a_phone_the_clause_stays_beside_its_nights(page: Page, history: Path) -> None:
    page.open(history, width=PHONE)
    script = "const e = document.querySelector('tbody th'); const before = e.getBoundingClientRect().left;"
    script += "document.querySelector('.wide').scrollLeft = 200;"
    assert page.run(f"{script} return e.getBoundingClientRect().left - before") == 0


def test_every_clause_is_reached_by_keyboard(page: Page, history: Path) -> None:
    page.open(history)
    reached = page.reached_by_tab("e.closest('table.matrix') && e.textContent")
    asked = [row["id"] for row in filed()["clauses"] if row["tested"]]
    assert list(filter(None, reached)) == asked


def test_a_clause_of_the_matrix_leads_to_its_nights(page: Page, history: Path) -> None:
    page.open(history)
    page.run(
        "[...document.querySelectorAll('table.matrix a')].find(e => e.textContent === arguments[0]).focus()", ORDER
    )
    page.press(Keys.ENTER)
    assert page.run("return document.querySelector(':target').id") == f"c1-{ORDER}"
    assert page.run("return document.querySelectorAll(':target li').length") == 4


def test_only_what_was_not_always_kept_is_shown_when_asked_by_keyboard(page: Page, history: Path) -> None:
    page.open(history)
    every = page.run(f"return {_ROWS}.length")
    page.run("document.querySelector('input.filter').focus()")
    page.press(Keys.SPACE)
    assert page.run(f"return {_ROWS}.length") == 4
    page.press(Keys.SPACE)
    assert page.run(f"return {_ROWS}.length") == every


def test_what_changed_opens_by_keyboard(page: Page, history: Path) -> None:
    page.open(history)
    assert not page.is_shown("table.nights details p")
    page.run("document.querySelector('table.nights details summary').focus()")
    page.press(Keys.ENTER)
    assert page.is_shown("table.nights details p")


def test_a_night_leads_to_its_certificate(page: Page, history: Path) -> None:
    page.open(history)
    page.run("document.querySelector('table.nights a').focus()")
    page.press(Keys.ENTER)
    assert page.run("return document.title") == "that night"


@light_and_dark
def test_it_is_printed_black_on_white_with_what_changed(page: Page, history: Path, scheme: Scheme) -> None:
    page.open(history, scheme=scheme, printed=True)
    assert page.style("body", "background-color") == "rgb(255, 255, 255)"
    for selector in ("body", "h1", "table.matrix a", ".i.kept", ".verdict"):
        assert page.style(selector, "color") in ("rgb(0, 0, 0)", "rgb(51, 51, 51)"), selector
    assert page.style(".i.broken", "background-color") == "rgb(0, 0, 0)"
    assert page.is_shown("table.nights details summary")
    assert not page.is_shown("label.filter")
    assert page.printed().startswith(b"%PDF")


@light_and_dark
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_contrast_labels_and_structure_pass_axe(page: Page, history: Path, scheme: Scheme, width: int) -> None:
    page.open(history, scheme=scheme, width=width)
    page.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.violations == []
