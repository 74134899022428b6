"""A time that something took, in words of few letters."""

from __future__ import annotations

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
"""Seconds, and what so many of them are called, the longest first."""


def duration(seconds: float) -> str:
    """Seconds in three digits: 4.31 ms, 1.2 s."""
    size, unit = next((each for each in UNITS if abs(seconds) >= each[0]), UNITS[-1])
    value = seconds / size
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"
