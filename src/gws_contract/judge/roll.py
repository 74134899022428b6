"""The roll of a run: of every chat one line, with what each check found in it. Rulings are read from it.

It grows with the lines, not with the chats: a conversation is looked at and let go. Pure.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.ruling import DRAWN, Odds, Ruling, rule_one
from gws_contract.verdict import Ballot, Verdict, fold

_REASONS = 5
_KEPT = Verdict.KEPT
_Size = tuple[bool, int, int, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """What is kept of one chat."""

    chat: int
    source: str
    ordinary: bool
    length: tuple[bool, int, int]
    """Its size, but for the words."""
    scenario: bytes
    """The digest of its plan."""
    performance: int
    """Chats beside one another share it."""
    verdicts: tuple[Verdict, ...]
    """By check."""


class Roll:
    """Enter the conversations of a run in the order of their numbers; then ask for the rulings."""

    def __init__(self, checks: Sequence[tuple[Check, Clause]]) -> None:
        self._checks = checks
        self._lines: list[_Line] = []
        self._rows: dict[tuple[Verdict, ...], tuple[Verdict, ...]] = {}
        """The rows of verdicts: most chats have one that others have too."""
        self._reasons: list[dict[Verdict, Counter[str]]] = [defaultdict(Counter) for _ in checks]
        self._smallest: list[dict[tuple[Verdict, bool], tuple[_Size, int]]] = [{} for _ in checks]
        """The smallest chat and its place in the roll, by verdict and whether its source is `shrink`."""

    def enter(self, conversation: Conversation) -> None:
        """Ask every check about a conversation."""
        planned, size, row = conversation.planned, (conversation.size, len(self._lines)), []
        for number, (check, clause) in enumerate(self._checks):
            outcome = rule_one(check, clause, conversation)
            row.append(outcome.verdict)
            if outcome.reason:
                self._reasons[number][outcome.verdict][outcome.reason] += 1
            if outcome.verdict is not _KEPT:
                which = (outcome.verdict, planned.source == "shrink")
                self._smallest[number][which] = min(self._smallest[number].get(which, size), size)
        verdicts = tuple(row)
        self._lines.append(
            _Line(
                chat=planned.chat,
                source=planned.source,
                ordinary=conversation.ordinary,
                length=conversation.size[:3],
                scenario=hashlib.sha256(conversation.canonical.encode("ascii")).digest(),
                performance=planned.group or planned.chat,
                verdicts=self._rows.setdefault(verdicts, verdicts),
            )
        )

    def rulings(self, conversations: Sequence[Conversation], declared: Callable[[str], bool]) -> tuple[Ruling, ...]:
        """Of every check, in their order. `conversations`: those that were entered; of them the examples are taken.

        `declared`: whether the vendor has declared a break of a clause.
        """
        examples: dict[int, Conversation] = {}
        return tuple(self._ruling(number, conversations, examples, declared) for number in range(len(self._checks)))

    def _ruling(
        self,
        number: int,
        conversations: Sequence[Conversation],
        examples: dict[int, Conversation],
        declared: Callable[[str], bool],
    ) -> Ruling:
        check, clause = self._checks[number]
        ballots = [Ballot(line.verdicts[number], line.ordinary) for line in self._lines]
        tally = fold(ballots, declared=declared(clause.id))
        reasons = self._reasons[number].get(tally.verdict, Counter[str]())
        repeated, steady = self._repeated(number)
        verdict = Verdict.BROKEN if tally.broken else tally.verdict
        place = self._least(steady, conversations) if steady else self._first(number, verdict)
        example = None
        if place is not None:
            if place not in examples:
                examples[place] = conversations[place]
            example = rule_one(check, clause, examples[place])
        broken_in = frozenset(line.chat for line in self._lines if line.verdicts[number] is Verdict.BROKEN)
        by_source = _by_source(self._lines, number)
        return Ruling(clause, tally, example, tuple(reasons.most_common(_REASONS)), by_source, repeated, broken_in)

    def _first(self, number: int, verdict: Verdict) -> int | None:
        """The smallest chat with this verdict; of broken ones rather one that was not performed to be small."""
        found = self._smallest[number]
        if verdict is Verdict.BROKEN and (verdict, False) in found:
            return found[verdict, False][1]
        sizes = [found[verdict, sought] for sought in (False, True) if (verdict, sought) in found]
        return min(sizes)[1] if sizes else None

    def _repeated(self, number: int) -> tuple[Odds | None, list[int]]:
        """What the repetition of chats says of a break, and which may stand as its example, if not just any.

        If some repeated chat broke it each time, no chat that also kept it is the example. If none did, it is
        intermittent, and an accident of shrinking is not the example either.
        """
        broken = [place for place, line in enumerate(self._lines) if line.verdicts[number] is Verdict.BROKEN]
        if not broken:
            return None, []
        breaks: dict[bytes, Counter[bool]] = defaultdict(Counter)
        for (scenario, _), broke in _performances(self._lines, number).items():
            breaks[scenario][broke] += 1
        again = [Odds(c[True], c.total()) for c in breaks.values() if c[True] and c.total() > 1]
        always = [odds for odds in again if odds.broken == odds.chats]
        steady = [place for place in broken if not breaks[self._lines[place].scenario][False]] if always else []
        return max(always or again, key=lambda odds: odds.chats, default=None), steady

    def _least(self, places: Iterable[int], conversations: Sequence[Conversation]) -> int:
        """The smallest of these chats; where the lengths do not tell, the words do."""
        shortest = min(self._lines[place].length for place in places)
        tied: dict[bytes, int] = {}
        for place in places:
            if self._lines[place].length == shortest:
                tied.setdefault(self._lines[place].scenario, place)
        first, *others = tied.values()
        return min((first, *others), key=lambda place: conversations[place].size) if others else first


def rule(check: Check, clause: Clause, conversations: Sequence[Conversation], *, declared: bool = False) -> Ruling:
    """One clause over all conversations of a run."""
    roll = Roll([(check, clause)])
    for conversation in conversations:
        roll.enter(conversation)
    (ruling,) = roll.rulings(conversations, lambda _: declared)
    return ruling


def _performances(lines: Iterable[_Line], number: int) -> dict[tuple[bytes, int], bool]:
    """Whether each performance of each scenario broke it: of chats beside one another, whether any of them did."""
    found: dict[tuple[bytes, int], bool] = {}
    for line in lines:
        verdict = line.verdicts[number]
        if verdict is not Verdict.NOT_TESTABLE:
            which = (line.scenario, line.performance)
            found[which] = found.get(which, False) or verdict is Verdict.BROKEN
    return found


def _by_source(lines: Iterable[_Line], number: int) -> tuple[tuple[str, Odds], ...]:
    chats: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for line in lines:
        verdict = line.verdicts[number]
        if verdict is not Verdict.NOT_TESTABLE:
            name = "drawn" if line.source in DRAWN else line.source
            chats[name] += 1
            broken[name] += verdict is Verdict.BROKEN
    return tuple((name, Odds(broken[name], chats[name])) for name in chats)
