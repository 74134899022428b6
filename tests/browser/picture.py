"""The picture of a failure in the README: what the certificate of reports/example/participants-first says of its break.

python -m tests.browser.picture    write docs/failure.png anew (needs chromium with its driver, and the extra browser)
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import chromium

ROOT = Path(__file__).parents[2]
CERTIFICATE = ROOT / "reports" / "example" / "participants-first" / "certificate.html"
PICTURE = ROOT / "docs" / "failure.png"
WIDTH = 850
"""CSS pixels, about as wide as a page of Markdown shows a picture."""
_ONLY = """
const shown = document.querySelector('figure').closest('.group');
for (const e of document.querySelectorAll('nav, .skip, .facts, details, main > *, footer')) {
  if (e !== shown) e.remove();
}
"""
"""Leaves the verdict, and the clause that broke with its diagrams."""


def take(picture: Path) -> None:
    """Write the picture: the verdict, and the clause that broke with the smallest chat that shows it."""
    driver = chromium.start()
    try:
        page = chromium.Page(driver, "")
        page.open(CERTIFICATE, width=WIDTH)
        page.run(_ONLY)
        page.screenshot(picture)
    finally:
        driver.quit()


if __name__ == "__main__":
    take(PICTURE)
    sys.exit(0)
