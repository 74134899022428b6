"""Fisher's exact test, two-sided: may two odds be the same, and differ by chance only?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from math import exp, fsum, lgamma

_TIE = 1e-7
"""What is as likely but for rounding counts as as likely, as in R's fisher.test."""

_NOTHING = 50.0
"""Of a million chances each of which is so much less likely, by its logarithm, all together make no difference."""


def p_value(broken: int, chats: int, broken_later: int, chats_later: int) -> float:
    """How likely two draws differ at least as much if both have the same odds: 0 to 1.

    The sum over all tables with the same margins that are no likelier than this one. Raises ValueError if there are
    more broken chats than chats, or fewer than none.
    """
    if not (0 <= broken <= chats and 0 <= broken_later <= chats_later):
        raise ValueError(f"{broken} of {chats} and {broken_later} of {chats_later} are no odds")
    together, all_chats = broken + broken_later, chats + chats_later
    least, most = max(0, together - chats_later), min(together, chats)
    if least == most:
        return 1.0
    whole = _ways(all_chats, together)

    def log_likelihood(first: int) -> float:
        return _ways(chats, first) + _ways(chats_later, together - first) - whole

    # It rises to the likeliest table and falls from there: what is less likely lies at both ends.
    limit = log_likelihood(broken) + _TIE
    likeliest = min(max(least, (together + 1) * (chats + 1) // (all_chats + 2)), most)
    rising, falling = range(least, likeliest), range(most, likeliest - 1, -1)
    ends = (side[: bisect_right(side, limit, key=log_likelihood)] for side in (rising, falling))
    return min(1.0, fsum(chain.from_iterable(map(exp, _counting(map(log_likelihood, reversed(e)))) for e in ends)))


def _counting(falling: Iterable[float]) -> Iterator[float]:
    """Those logarithms before the first one that is too small to count, with all that follow."""
    first: float | None = None
    for each in falling:
        first = each if first is None else first
        if each < first - _NOTHING:
            return
        yield each


def _ways(number: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose so many of them."""
    return lgamma(number + 1) - lgamma(chosen + 1) - lgamma(number - chosen + 1)
