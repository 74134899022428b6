"""A fault: a deliberate breach in the mock that declares the exact set of clauses it breaks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from gws_contract.mock.variation import Variation


@dataclass(frozen=True)
class Fault:
    """One breach. `make` gives a fresh variation, so that no two mocks share what a fault remembers."""

    name: str
    says: str
    """What the server does wrong, in one sentence."""
    breaks: frozenset[str]
    """Ids of clauses; all others stay kept or not testable."""
    make: Callable[[], Variation]
    origin: tuple[str, ...] = ()
    """Numbers of the fault catalogues it comes from: F of `bayeux.md` 5, H and N of `peers.md` 2.1."""


def fault(
    name: str,
    says: str,
    breaks: str,
    make: Variation | Callable[[], Variation],
    origin: str = "",
    *,
    of: str = "accept",
    besides: str = "",
) -> Fault:
    """A fault in one line of a table; `breaks`, `besides` and `origin` are separated by blanks.

    `breaks` are clauses of the operation `of`, without it; `besides` those of others, whole.
    """
    clauses = frozenset((*(f"{of}.{clause}" for clause in breaks.split()), *besides.split()))
    maker = (lambda: copy.deepcopy(make)) if isinstance(make, Variation) else make
    return Fault(name, says, clauses, maker, tuple(origin.split()))
