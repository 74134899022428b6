"""Fisher's exact test, against known values and against counting every table."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gws_contract.report.fisher import p_value


@st.composite
def odds(draw: st.DrawFn) -> tuple[int, int]:
    chats = draw(st.integers(0, 60))
    return draw(st.integers(0, chats)), chats


def counted(broken: int, chats: int, broken_later: int, chats_later: int) -> Fraction:
    """The same by counting, in whole numbers."""
    together = broken + broken_later
    ways = [comb(chats, n) * comb(chats_later, together - n) for n in range(together + 1)]
    return Fraction(sum(way for way in ways if way <= ways[broken]), sum(ways))


@pytest.mark.parametrize(
    ("table", "p"),
    [
        ((3, 4, 1, 4), 0.4857142857142857),  # the lady tasting tea, as R's fisher.test prints it
        ((1, 10, 11, 14), 0.002759456185220083),  # Wikipedia's students
        ((10, 25, 10, 25), 1.0),
        ((0, 25, 25, 25), 1.5822e-14),
    ],
)
def test_known_values_come_out(table: tuple[int, ...], p: float) -> None:
    assert p_value(*table) == pytest.approx(p, rel=1e-4)


@given(odds(), odds())
def test_it_is_what_counting_every_table_gives(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert p_value(*one, *other) == pytest.approx(float(counted(*one, *other)), rel=1e-9)


@given(odds(), odds())
def test_which_run_came_first_makes_no_difference(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert p_value(*one, *other) == pytest.approx(p_value(*other, *one), rel=1e-9)


def test_without_chats_nothing_differs() -> None:
    assert p_value(0, 0, 3, 5) == 1.0


def test_a_night_of_many_chats_is_no_trouble() -> None:
    assert p_value(500, 50_000, 700, 50_000) == pytest.approx(6.7e-9, rel=0.5)


@pytest.mark.parametrize("table", [(3, 2, 0, 5), (-1, 2, 0, 5), (0, 5, 6, 5)])
def test_more_broken_chats_than_chats_are_no_odds(table: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no odds"):
        p_value(*table)
