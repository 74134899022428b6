"""Which requests only clear up: once a run has to end, they have a time of their own."""

from __future__ import annotations

from gws_contract.wire.leash import Purpose

CLEARS_UP = ("complete", "customer-leaves", "end:accept")
"""The steps, as the journal names them."""


def purpose_of(step: str) -> Purpose:
    """What a request of this step is for."""
    return "clear up" if step in CLEARS_UP else "work"
