"""The roll of a run: of every chat one line, with what each check found in it. Rulings are read from it.

It grows with the lines, not with the chats: a conversation is looked at and let go. Pure.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gws_contract.check import Check
from gws_contract.contract import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.lines import DIGEST, Length, Line, Lines
from gws_contract.judge.ruling import DRAWN, Odds, Ruling, rule_one
from gws_contract.verdict import Ballot, Verdict, fold

_REASONS = 5
_KEPT = Verdict.KEPT
_MOST_REASONS = 1000
"""Different ones that are counted of one check and verdict: a server may have a new one for every chat."""
_Size = tuple[bool, int, int, str]


@dataclass
class Found:
    """What one check found, beside its verdicts."""

    reasons: dict[Verdict, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    smallest: dict[tuple[Verdict, bool], tuple[_Size, int]] = field(default_factory=dict)
    """The smallest chat and its place in the roll, by verdict and whether its source is `shrink`."""

    def reason(self, verdict: Verdict, reason: str, times: int = 1) -> None:
        """Count a reason."""
        counted = self.reasons[verdict]
        if reason in counted or len(counted) < _MOST_REASONS:
            counted[reason] += times

    def chat(self, verdict: Verdict, shrunk: bool, size: tuple[_Size, int]) -> None:
        """Look whether a chat is the smallest."""
        self.smallest[verdict, shrunk] = min(self.smallest.get((verdict, shrunk), size), size)


class Roll:
    """Enter the conversations of a run in the order of their numbers; then ask for the rulings."""

    def __init__(self, checks: Sequence[tuple[Check, Clause]]) -> None:
        self._checks = checks
        self.lines = Lines()
        self.found = tuple(Found() for _ in checks)
        """By check."""

    def enter(self, conversation: Conversation) -> None:
        """Ask every check about a conversation."""
        planned, size, row = conversation.planned, (conversation.size, len(self.lines)), []
        for (check, clause), found in zip(self._checks, self.found, strict=True):
            outcome = rule_one(check, clause, conversation)
            row.append(outcome.verdict)
            if outcome.reason:
                found.reason(outcome.verdict, outcome.reason)
            if outcome.verdict is not _KEPT:
                found.chat(outcome.verdict, planned.source == "shrink", size)
        self.lines.add(
            Line(
                chat=planned.chat,
                source=planned.source,
                ordinary=conversation.ordinary,
                length=Length(*conversation.size[:3]),
                scenario=hashlib.sha256(conversation.canonical.encode("ascii")).digest()[:DIGEST],
                group=planned.group or 0,
                verdicts=tuple(row),
            )
        )

    def append(self, lines: Lines, found: Sequence[Found]) -> int:
        """What the same checks found in another journal, after all that was entered here.

        Returns by how much the numbers of its chats are higher here.
        """
        before = len(self.lines)
        for ours, theirs in zip(self.found, found, strict=True):
            for verdict, reasons in theirs.reasons.items():
                for reason, times in reasons.items():
                    ours.reason(verdict, reason, times)
            for (verdict, shrunk), (size, place) in theirs.smallest.items():
                ours.chat(verdict, shrunk, (size, before + place))
        return self.lines.append(lines)

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
        ballots: Counter[Ballot] = Counter()
        for _, ordinary, verdict, chats in self.lines.counts(number):
            ballots[Ballot(verdict, ordinary)] += chats
        tally = fold(ballots, declared=declared(clause.id))
        reasons = self.found[number].reasons.get(tally.verdict, Counter[str]())
        repeated, steady = self._repeated(number)
        verdict = Verdict.BROKEN if tally.broken else tally.verdict
        place = _least(steady, conversations) if steady else self._first(number, verdict)
        example = None
        if place is not None:
            if place not in examples:
                examples[place] = conversations[place]
            example = rule_one(check, clause, examples[place])
        broken_in = self.lines.broken(number)
        by_source = self._by_source(number)
        return Ruling(clause, tally, example, tuple(reasons.most_common(_REASONS)), by_source, repeated, broken_in)

    def _first(self, number: int, verdict: Verdict) -> int | None:
        """The smallest chat with this verdict; of broken ones rather one that was not performed to be small."""
        found = self.found[number].smallest
        if verdict is Verdict.BROKEN and (verdict, False) in found:
            return found[verdict, False][1]
        sizes = [found[verdict, sought] for sought in (False, True) if (verdict, sought) in found]
        return min(sizes)[1] if sizes else None

    def _repeated(self, number: int) -> tuple[Odds | None, list[int]]:
        """What the repetition of chats says of a break, and which may stand as its example, if not just any.

        If some repeated chat broke it each time, no chat that also kept it is the example. If none did, it is
        intermittent, and an accident of shrinking is not the example either. Of the chats of a plan the first one that
        broke it is told, and only those of the smallest length.
        """
        most: dict[bool, tuple[int, int, Odds]] = {}
        least: Length | None = None
        steady: list[int] = []
        for scenario in self.lines.scenarios(number):
            always = scenario.broken == scenario.tested
            if scenario.tested > 1:
                odds = (scenario.tested, -scenario.first, Odds(scenario.broken, scenario.tested))
                most[always] = max(most.get(always, odds), odds, key=lambda found: found[:2])
            if always:
                length = self.lines.length(scenario.first_broken)
                if least is None or length < least:
                    least, steady = length, []
                if length == least:
                    steady.append(scenario.first_broken)
        if True in most:
            return most[True][2], sorted(steady)
        return (most[False][2] if most else None), []

    def _by_source(self, number: int) -> tuple[tuple[str, Odds], ...]:
        chats: Counter[str] = Counter()
        broken: Counter[str] = Counter()
        for source, _, verdict, many in self.lines.counts(number):
            if verdict is not Verdict.NOT_TESTABLE:
                name = "drawn" if source in DRAWN else source
                chats[name] += many
                broken[name] += many * (verdict is Verdict.BROKEN)
        return tuple((name, Odds(broken[name], chats[name])) for name in chats)


def rule(check: Check, clause: Clause, conversations: Sequence[Conversation], *, declared: bool = False) -> Ruling:
    """One clause over all conversations of a run."""
    roll = Roll([(check, clause)])
    for conversation in conversations:
        roll.enter(conversation)
    (ruling,) = roll.rulings(conversations, lambda _: declared)
    return ruling


def _least(places: Sequence[int], conversations: Sequence[Conversation]) -> int:
    """The smallest of these chats, which are of one length: the words tell."""
    return min(places, key=lambda place: conversations[place].size) if len(places) > 1 else places[0]
