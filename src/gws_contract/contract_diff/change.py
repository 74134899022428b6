"""One change between two versions of a contract: what it demands of a server, and whom it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gws_contract.clause import Clause

Version = Literal["A", "B"]


class Turn(StrEnum):
    """What becomes of the demands on a server. What is demanded of a server is what a client may rely on."""

    STRONGER = "more is demanded of a server"
    WEAKER = "less is demanded of a server"
    SAME = "the same is demanded of a server"
    EITHER = "more or less may be demanded of a server"


class Force(IntEnum):
    """What a break of a clause does to a run."""

    NONE = 0
    """No check judges the clause."""
    ADVISORY = 1
    """It fails a run only with --strict."""
    FIRM = 2

    @classmethod
    def of(cls, clause: Clause | None) -> Force:
        """The force of a clause; None is one that the contract does not have."""
        if clause is None or clause.not_tested is not None:
            return cls.NONE
        return cls.ADVISORY if clause.advisory else cls.FIRM


class Breaking(StrEnum):
    """Whether a change breaks somebody who kept version A."""

    YES = "yes"
    STRICT = "only with --strict"
    OPEN = "not proved"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a change breaks a server or a client or does not: for each a sentence, without its full stop."""

    server: str
    client: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A message that one version allows and the other forbids, both as `jsonschema` judges them."""

    value: Any
    allowed_by: Version


@dataclass(frozen=True, slots=True)
class Change:
    """Something that B says and A does not, or the other way round."""

    subject: str
    """What kind of thing changed: clause, schema, return values, sample, section, page, operation, refinement."""
    name: str
    """Which one, in the words of the contract: its id, or a kind of message and a place in it."""
    what: str
    """What happened to it: a sentence without its full stop."""
    turn: Turn
    because: Because
    force: Force = Force.FIRM
    """Of the clause that more or less is demanded by."""
    proved: bool = True
    """Whether it is certain that the turn is this one, and not `SAME`."""
    clause: str | None = None
    """The id of the clause that answers for it."""
    old: str | None = None
    """What A says, where that can be quoted."""
    new: str | None = None
    witness: Witness | None = None

    @property
    def server(self) -> Breaking:
        """Whether it breaks a server: whether one that kept A may not keep B."""
        return self._breaking(Turn.STRONGER)

    @property
    def client(self) -> Breaking:
        """Whether it breaks a client: whether something that A promised it is not promised by B."""
        return self._breaking(Turn.WEAKER)

    def _breaking(self, turn: Turn) -> Breaking:
        if self.turn not in (turn, Turn.EITHER) or self.force is Force.NONE:
            return Breaking.NO
        if self.force is Force.ADVISORY:
            return Breaking.STRICT
        return Breaking.YES if self.proved and self.turn is turn else Breaking.OPEN


def turned(before: int, now: int) -> Turn:
    """What becomes of a demand whose force was `before` and is `now`."""
    if now == before:
        return Turn.SAME
    return Turn.STRONGER if now > before else Turn.WEAKER
