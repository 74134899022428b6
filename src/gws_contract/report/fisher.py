"""Fisher's exact test, two-sided: may two odds be the same, and differ by chance only?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from math import exp, fsum, lgamma

_TIE = 1e-7
"""What is as likely but for rounding counts as as likely, as in R's fisher.test."""

_NOTHING = 1e-17
"""So small a part of a sum changes none of its digits."""


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

    limit = log_likelihood(broken) + _TIE
    # They rise to the likeliest and fall behind it, so that those which are no likelier lie at the two ends.
    likeliest = min(max((chats + 1) * (together + 1) // (all_chats + 2), least), most)
    before = bisect_right(range(least, likeliest + 1), limit, key=log_likelihood)
    behind = bisect_left(range(likeliest, most + 1), -limit, key=lambda first: -log_likelihood(first))
    low, high = least + before - 1, max(likeliest + behind, least + before)
    ends = (range(low, least - 1, -1), range(high, most + 1))
    return min(1.0, fsum(each for end in ends for each in _falling(exp(log_likelihood(first)) for first in end)))


def _falling(likelihoods: Iterable[float]) -> Iterator[float]:
    """Those that still count: of many thousand tables nearly all are too unlikely to matter."""
    whole = 0.0
    for each in likelihoods:
        whole += each
        yield each
        if each <= whole * _NOTHING:
            return


def _ways(number: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose so many of them."""
    return lgamma(number + 1) - lgamma(chosen + 1) - lgamma(number - chosen + 1)
