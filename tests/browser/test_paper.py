"""The certificate as PDF, made by the real WeasyPrint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gws_contract.report import pdf

from ..selftest.examples import NAMES, stored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", NAMES)
def test_an_example_becomes_the_same_pdf_every_time(name: str, tmp_path: Path) -> None:
    pdf.at_hand()
    docket = stored(name)
    for file in ("one.pdf", "two.pdf"):
        pdf.write(docket, tmp_path / file)
    made = (tmp_path / "one.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert len(made) > 20_000
    assert made == (tmp_path / "two.pdf").read_bytes()
