"""Faults, quirks and profiles by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from gws_contract.mock.faults import FAULTS
from gws_contract.mock.options import MockError
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.quirks import QUIRKS
from gws_contract.mock.variation import Variation


def named(text: str) -> tuple[Variation, ...]:
    """The variations of a list of names separated by commas; none for an empty text.

    Raises MockError with a sentence for an unknown name.
    """
    return tuple(_one(name.strip()) for name in text.split(",") if name.strip())


def _one(name: str) -> Variation:
    for names in (FAULTS, QUIRKS, PROFILES):
        if name in names:
            return names[name].make()
    close = get_close_matches(name, [*FAULTS, *QUIRKS, *PROFILES], n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else "gws-contract mock --list shows them."
    raise MockError(f"There is no fault or quirk named {name}; {hint}")


def listing() -> Sequence[str]:
    """One line for every fault, quirk and profile: name, what it does, and the clauses it breaks."""
    lines = ["Faults, and the clauses each breaks:"]
    for fault in FAULTS.values():
        clauses = ", ".join(sorted(fault.breaks))
        lines += [f"  {fault.name:<36} {fault.says}", f"  {'':<36} breaks {clauses}"]
    lines += ["", "Quirks, which break nothing, by axis:"]
    lines += [f"  {quirk.name:<36} {quirk.says} ({quirk.axis})" for quirk in QUIRKS.values()]
    lines += ["", "Profiles, quirks and options of one version of the product, which break nothing:"]
    lines += [f"  {profile.name:<36} {profile.says}" for profile in PROFILES.values()]
    return lines
