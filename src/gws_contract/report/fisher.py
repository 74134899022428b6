"""Fisher's exact test, two-sided: may two odds be the same, and differ by chance only?"""

from __future__ import annotations

from math import exp, fsum, lgamma

_TIE = 1e-7
"""What is as likely but for rounding counts as as likely, as in R's fisher.test."""


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
    found = (log_likelihood(first) for first in range(least, most + 1))
    return min(1.0, fsum(exp(each) for each in found if each <= limit))


def _ways(number: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose so many of them."""
    return lgamma(number + 1) - lgamma(chosen + 1) - lgamma(number - chosen + 1)
