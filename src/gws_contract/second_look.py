"""After the campaign: what broke is performed again, smaller and smaller, while everybody is still logged in."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from gws_contract import contract
from gws_contract import notification as notice
from gws_contract.check import Check
from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import Record, Sink, Stray
from gws_contract.judge.arrivals import firsts
from gws_contract.judge.roll import rule
from gws_contract.judge.ruling import Ruling
from gws_contract.scenario import Scenario
from gws_contract.shrinking import SECONDS, Shrinking
from gws_contract.stage.cast import Cast
from gws_contract.stage.pool import Count, Pool
from gws_contract.verdict import Verdict

_SLACK = 4.0
"""So many times the slowest sequence of the run is waited for while shrinking."""
_LEAST = 0.25
"""Seconds that are always waited."""


class Witness:
    """A sink that remembers what it passes on, but strangers' deliveries."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._records: list[Record] = []

    def write(self, record: Record) -> None:
        """Pass the record on."""
        if not isinstance(record, Stray):
            with self._lock:
                self._records.append(record)
        self._sink.write(record)

    def evidence(self, chats: Collection[int] | None = None) -> Evidence:
        """What is in the journal so far; of these chats only, if some are named."""
        with self._lock:
            records = list(self._records)
        return assemble(r for r in records if chats is None or getattr(r, "chat", None) in (None, *chats))


class SecondLook:
    """Judges what a campaign has recorded and shrinks what is broken, on the campaign's own pool."""

    def __init__(self, pool: Pool, witness: Witness, checks: Sequence[Check], *, seconds: float = SECONDS) -> None:
        self._witness, self._checks, self._seconds = witness, checks, seconds
        self._campaigns = pool
        self._pool = replace(pool, count=Count(), gives_up=False, on_end=None)
        self._afterwards = 0.0
        """Seconds between a chat and its judgement."""

    def broken_in(self, chats: Collection[int]) -> str | None:
        """Which clause one of these chats broke, in one sentence; None if none did, or a declared one only."""
        broken = [r for r in self._rulings(self._witness.evidence(chats)) if r.tally.verdict is Verdict.BROKEN]
        return f"{broken[0].clause.id} is broken" if broken else None

    def broken_by(self, chats: Collection[int]) -> frozenset[str]:
        """The clauses that these chats broke so that it would fail a run."""
        rulings = self._rulings(self._witness.evidence(chats))
        return frozenset(r.clause.id for r in rulings if r.tally.verdict is Verdict.BROKEN and not r.advisory)

    def breaks_what_is_declared(self, chat: int) -> bool:
        """Whether this chat broke something that the vendor has declared, and nothing else that would fail a run."""
        rulings = self._rulings(self._witness.evidence([chat]))
        undeclared = any(r.tally.verdict is Verdict.BROKEN and not r.advisory for r in rulings)
        return not undeclared and any(r.tally.verdict is Verdict.DEVIATION for r in rulings)

    def shrink(self) -> bool:
        """Perform chats until every break has its smallest one, within the budget of a run; whether there was any.

        What the vendor has declared is not shrunk: they know it, and it would cost what is new its chats.
        """
        evidence = self._witness.evidence()
        found = [r for r in self._rulings(evidence) if r.tally.verdict is Verdict.BROKEN and r.example]
        patience = _learnt(evidence.conversations, self._pool.cast.target.deadline)
        if patience is None:
            found = [r for r in found if not _silent(r)]
        if not found:
            return False
        self._pool.cast = _hurried(self._pool.cast, patience)
        # What comes once too often may come a little later.
        late = any(r.clause.needs in ("once", "absence") for r in found)
        self._afterwards = self._pool.cast.target.patience if late else 0.0
        checks = {check.clause: check for check in self._checks}
        shrinking = Shrinking(
            self._live,
            {r.clause.id: (checks[r.clause.id], r.clause) for r in found},
            at_once=len(self._pool.cast.agents),
            seconds=self._seconds,
        )
        shrinking.learn(evidence.conversations)
        enough = threading.Timer(self._seconds, self._pool.halt.cut)
        enough.daemon = True
        enough.start()
        try:
            shrinking.shrink(found)
        finally:
            enough.cancel()
            enough.join()
            self._pool.halt.lift()
            self._campaigns.crash = self._pool.crash
        return True

    def _live(self, scenarios: Sequence[Scenario]) -> Sequence[Conversation]:
        before = self._pool.number
        self._pool.play([("shrink", scenario) for scenario in scenarios])
        self._pool.halt.event.wait(self._afterwards)
        played = self._witness.evidence(range(before + 1, self._pool.number + 1)).conversations
        return [c for c in played if c.planned.source == "shrink" and not (c.ended and c.ended.how == "cut short")]

    def _rulings(self, evidence: Evidence) -> list[Ruling]:
        halt = self._campaigns.halt
        return [
            rule(
                check,
                contract.load(check.operation).clause(check.clause),
                evidence.conversations,
                declared=evidence.declared(check.clause),
            )
            for check in self._checks
            if not halt.event.is_set()
        ]


def _silent(ruling: Ruling) -> bool:
    """Whether its example shows that something never came."""
    ended = ruling.example.conversation.ended if ruling.example else None
    return ended is not None and ended.how == "deadline"


def _learnt(conversations: Iterable[Conversation], deadline: float) -> float | None:
    """How long to wait for what may never come: a few times the slowest sequence in time; None if none was complete."""
    taken = []
    for conversation in conversations:
        came = firsts(conversation)
        if conversation.accept is not None and set(came) == set(notice.DOCUMENTED):
            taken.append(max(n.at for n in came.values()) - conversation.accept.sent)
    in_time = [seconds for seconds in taken if seconds < deadline]
    return max(_LEAST, _SLACK * max(in_time)) if in_time else None


def _hurried(cast: Cast, patience: float | None) -> Cast:
    target = cast.target
    return replace(cast, target=replace(target, deadline=min(target.deadline, patience or target.deadline)))
