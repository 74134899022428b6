"""No legal variation raises an alarm, neither alone nor any two together."""

from __future__ import annotations

from itertools import combinations

import pytest
from allpairspy import AllPairs

from gws_contract.mock.quirks import AXES, QUIRKS

from ..killing import broken, certified, undecided

QUIET = 0.8
"""Seconds; some quirks send a history in many parts, and no stall of this machine may look like its end."""

# The axes with most alternatives first: AllPairs finds a smaller array that way.
ARRAY = [tuple(row) for row in AllPairs([list(names) for names in sorted(AXES.values(), key=len, reverse=True)])]


def test_the_array_covers_every_pair_in_at_most_twenty_runs() -> None:
    wanted = {
        frozenset((one, other)) for first, second in combinations(AXES.values(), 2) for one in first for other in second
    }
    covered = {frozenset(pair) for row in ARRAY for pair in combinations(row, 2)}
    assert wanted <= covered
    assert len(ARRAY) <= 20


@pytest.mark.parametrize("name", QUIRKS)
def test_a_quirk_alone_breaks_nothing(name: str) -> None:
    for docket in certified(name, quiet_period=QUIET).values():
        assert broken(docket) == {}
        assert undecided(docket) == []
        assert docket.conclusion.status == 0, docket.headline


@pytest.mark.parametrize("names", ARRAY, ids=lambda names: "+".join(names))
def test_quirks_together_break_nothing(names: tuple[str, ...]) -> None:
    for docket in certified(*names, quiet_period=QUIET).values():
        assert broken(docket) == {}
        assert undecided(docket) == []
        assert docket.conclusion.status == 0, docket.headline
