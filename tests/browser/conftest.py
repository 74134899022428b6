"""One browser for all tests, a page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .chromium import Page, axe, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver


@pytest.fixture(scope="session")
def axe_source() -> str:
    return axe()


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    driver = start()
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, axe_source: str) -> Page:
    """A page of the browser; the test opens a file in it."""
    return Page(browser, axe_source)
