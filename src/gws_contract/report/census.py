"""What is counted of the chats of a run, whatever the verdicts; each chat is looked at once and let go."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gws_contract import contract
from gws_contract.conversation import Conversation
from gws_contract.judge.ruling import DRAWN
from gws_contract.operation import DEFAULT
from gws_contract.report.accepts import Accepts
from gws_contract.report.latency import timed, times_of
from gws_contract.report.times import Times
from gws_contract.scenario import Scenario


class Census:
    """Count every conversation of a run, by number."""

    def __init__(self, operation: str = DEFAULT) -> None:
        """`operation`: the one that the run is about."""
        self._operation = contract.load(operation).performed
        self.sources: Counter[str] = Counter()
        """The chats by where their scenarios came from, the first source first."""
        self.brought_about = 0
        """Those of the chats that count in which everything was tried; what was given is asked of no others."""
        self.accepted = 0
        """The chats whose Accept was sent."""
        self.performed = 0
        """Those of the chats that count in which the operation was performed."""
        self.deliveries = 0
        """Those that belong to a chat."""
        self.times: dict[str, Times] = {what: Times() for what in timed(self._operation)}
        """Of the chats that count, by what is timed."""
        self.replayed: dict[int, Scenario] = {}
        """The stored counter-examples that were performed to their end, by chat."""
        self.accepts: dict[str, Accepts] = {}
        """Of a load run, by the shard: when its chats were accepted."""

    @property
    def counted(self) -> int:
        """The chats that count: those of misuse, machine, replay and shrinking are counted apart."""
        return sum(self.sources[source] for source in DRAWN)

    def count(self, conversation: Conversation) -> None:
        """Count one more."""
        source = conversation.planned.source
        self.sources[source] += 1
        self.accepted += conversation.accept is not None
        self.deliveries += len(conversation.notifications)
        if source in DRAWN:
            self.brought_about += _reached_its_end(conversation)
            self.performed += bool(conversation.steps(*self._operation.steps))
            for performed in conversation.judged_as(self._operation):
                for what, seconds in times_of(performed):
                    self.times[what].append(seconds)
            if conversation.header.rate is not None:
                self.accepts.setdefault(conversation.header.shard, Accepts()).count(conversation)
        elif source == "stored" and _reached_its_end(conversation):
            self.replayed[conversation.chat] = conversation.scenario

    def append(self, other: Census, more: int) -> None:
        """Count those of another journal after these; `more`: by how much the numbers of its chats are higher here."""
        self.sources.update(other.sources)
        self.brought_about += other.brought_about
        self.accepted += other.accepted
        self.performed += other.performed
        self.deliveries += other.deliveries
        for what, seconds in other.times.items():
            self.times[what].extend(seconds)
        self.replayed |= {chat + more: scenario for chat, scenario in other.replayed.items()}
        self.accepts |= {shard: replace(one, higher=one.higher + more) for shard, one in other.accepts.items()}


def _reached_its_end(conversation: Conversation) -> bool:
    ended = conversation.ended
    return ended is not None and ended.how not in ("cut short", "not offered", "not offered again")
