"""Everything that changed between two versions of a contract, and what it means as an exit status. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gws_contract.contract_diff import clauses, schemas, wording
from gws_contract.contract_diff.change import Because, Breaking, Change, Force, Turn

if TYPE_CHECKING:
    from gws_contract.contract_diff.reading import Edition

Party = Literal["server", "client"]

PARTIES: Final[tuple[Party, ...]] = ("server", "client")
_WRITTEN: Final = Because("no clause, schema, code or word differs", "no clause, schema, code or word differs")


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """Everything that changed from A to B."""

    a: Edition
    b: Edition
    changes: tuple[Change, ...]
    """Clauses in the order of the page, then schemas, then return values, then words."""
    uncompared: tuple[str, ...]
    """Files of the contracts that differ and were not compared."""
    strict: bool
    """Whether an advisory clause counts, as in a run with --strict."""

    def breaking(self, change: Change, party: Party) -> Breaking:
        """Whether a change breaks somebody, asked as strictly as this comparison is."""
        answer = change.server if party == "server" else change.client
        if answer is Breaking.STRICT and self.strict:
            return Breaking.YES if change.proved and change.turn is not Turn.EITHER else Breaking.OPEN
        return answer

    def of(self, answer: Breaking, parties: Collection[Party] = PARTIES) -> list[Change]:
        """The changes of which the worst answer for these parties is this one."""
        return [change for change in self.changes if self.worst(change, parties) is answer]

    def worst(self, change: Change, parties: Collection[Party] = PARTIES) -> Breaking:
        """The worst answer for one of these parties."""
        answers = {self.breaking(change, party) for party in parties}
        return next(answer for answer in _WORST_FIRST if answer in answers)

    def status(self, parties: Collection[Party] = PARTIES) -> int:
        """The exit status: 0 nothing breaks one of them, 1 something does, 2 it is not proved that nothing does."""
        answers = {self.worst(change, parties) for change in self.changes}
        return 1 if Breaking.YES in answers else 2 if Breaking.OPEN in answers else 0


_WORST_FIRST: Final = (Breaking.YES, Breaking.OPEN, Breaking.STRICT, Breaking.NO)


def compare(a: Edition, b: Edition, *, strict: bool = False) -> ContractDifference:
    """What B says that A did not, and the other way round. Raises ContractError for a schema that is none."""
    changes = [
        *clauses.changes(a.contract, b.contract),
        *schemas.changes(a, b),
        *wording.changes(a, b),
    ]
    if not changes and a.contract.digest != b.contract.digest:
        changes = [Change("page", "order", "it is written or ordered otherwise", Turn.SAME, _WRITTEN, Force.NONE)]
    uncompared = sorted(name for name in a.others.keys() | b.others.keys() if a.others.get(name) != b.others.get(name))
    return ContractDifference(a, b, tuple(changes), tuple(uncompared), strict)
