"""The picture of the README is taken of the certificate in reports/example."""

from __future__ import annotations

from pathlib import Path

from .picture import PICTURE, take


def test_it_is_taken_and_small(tmp_path: Path) -> None:
    take(tmp_path / "failure.png")
    for picture in (tmp_path / "failure.png", PICTURE):
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert 20_000 < len(content) < 150_000
