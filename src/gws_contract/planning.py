"""What a run performs: the chats of its depth, those that broke something before, and every wrong request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gws_contract import foreign
from gws_contract.scenario import Attempt, Scenario
from gws_contract.scenario_json import from_json
from gws_contract.stage import kept
from gws_contract.stage.abilities import distinct
from gws_contract.stage.drawing import SITUATIONS, draw, shortened
from gws_contract.stage.generated import coverage, fuzz
from gws_contract.stage.malformed import MALFORMED
from gws_contract.stage.pool import Row
from gws_contract.stage.target import UsageError


@dataclass(frozen=True, slots=True)
class Depth:
    """How much a run does."""

    chats: int
    generated: int
    """Generated wrong requests; beside those that schemathesis names, but for a quick run, which takes kept ones."""
    machine_runs: int


DEPTHS = {"quick": Depth(25, 50, 3), "nightly": Depth(500, 200, 40), "certify": Depth(200, 100, 20)}
ATTEMPTS_A_CHAT = 8
"""Wrong requests on one Invited chat, before its Accept."""
LONGEST = 2000
"""History entries of one chat."""
LONGEST_ABROAD = 50
"""The same on a server that is not ours, unless asked for more."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The chats of a run, and the digest of the file they were read from, if they were."""

    rows: tuple[Row, ...]
    digest: str | None = None


def drawn(
    depth: str, chats: int | None, seed: int, *, longest: int = LONGEST, stored: Sequence[Scenario] = ()
) -> Chosen:
    """The documented example, stored counter-examples, the draws of the depth, and wrong requests."""
    first, *others = [("drawn", scenario) for scenario in draw(chats or DEPTHS[depth].chats, seed, longest=longest)]
    again = [("stored", shortened(scenario, longest)) for scenario in stored]
    wrong = [*MALFORMED, *_generated(depth, seed)]
    return Chosen((first, *again, *_mixed(others, list(_misuses(wrong)))))


def _generated(depth: str, seed: int) -> list[Attempt]:
    """A quick run takes the first of those that are kept with the release: making them anew takes two seconds."""
    if depth != "quick":
        return [*coverage(), *fuzz(DEPTHS[depth].generated, seed)]
    rows = (scenario for source, scenario in kept.read().rows if source == "misuse")
    attempts = [each for scenario in rows for each in scenario.refusals if isinstance(each, Attempt)]
    return attempts[: DEPTHS[depth].generated]


def released(longest: int = LONGEST) -> Chosen:
    """The scenarios that are kept with this release. Those that are too long for the target are shortened."""
    file = kept.read()
    rows = tuple((source, shortened(scenario, longest)) for source, scenario in file.rows)
    positive = [row for row in rows if row[0] != "misuse"]
    misuses = [*_misuses(MALFORMED), *(row for row in rows if row[0] == "misuse")]
    return Chosen(tuple(_mixed(positive, misuses)), file.digest)


def for_release(count: int, seed: int) -> Iterator[Row]:
    """What is kept with a release: draws, and generated wrong requests."""
    yield from (("kept", scenario) for scenario in draw(count, seed))
    yield from _misuses([*coverage(), *fuzz(DEPTHS["certify"].generated, seed)])


def by_hand(chosen: Chosen, chats: int | None) -> Chosen:
    """Of these chats those that a person is asked to offer: what differs for such a customer, no more unless wished."""
    drawn_ones = [scenario for source, scenario in chosen.rows if source in ("drawn", "kept")]
    different = list(distinct(drawn_ones[: None if chats else len(SITUATIONS)], frozenset()))
    return Chosen(tuple(("drawn", scenario) for scenario in different[:chats]), chosen.digest)


def given(path: Path) -> Chosen:
    """The scenarios of a file: one as a report leaves it, or one a line. Raises UsageError."""
    try:
        scenarios = _scenarios(path)
    except OSError as error:
        raise UsageError(f"The scenario {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The scenario {path} is not in UTF-8.") from error
    except ValueError as error:
        raise UsageError(f"{path}: {str(error).rstrip('.')}.") from error
    return Chosen(tuple(("given", scenario) for scenario in scenarios))


def _scenarios(path: Path) -> list[Scenario]:
    try:
        one = foreign.loads(path.read_text("utf-8"))
    except json.JSONDecodeError:
        one = None
    if isinstance(one, dict) and "scenario" not in one:
        return [from_json(one)]
    return [scenario for _, scenario in kept.read(path).rows]


def _mixed(many: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The others spread evenly among the many, each list in its own order."""
    places = [((at + 0.5) / len(rows), row) for rows in (many, others) for at, row in enumerate(rows)]
    return [row for _, row in sorted(places, key=lambda each: each[0])]


def _misuses(attempts: Sequence[Attempt]) -> Iterator[Row]:
    """Chats on which these wrong requests are tried before a correct Accept."""
    for start in range(0, len(attempts), ATTEMPTS_A_CHAT):
        tried = tuple(attempts[start : start + ATTEMPTS_A_CHAT])
        yield "misuse", Scenario("Jo", "Kim", refusals=tried)
