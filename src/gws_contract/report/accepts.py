"""When the chats of a load run were accepted, and how long it took: a few numbers a chat, however many there are."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from math import nan

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.arrivals import firsts
from gws_contract.judge.customer import batches, by_customer, planted, texts
from gws_contract.judge.finding import Finding


@dataclass
class Accepts:
    """The chats of one shard whose Accept was sent, in the order of their numbers: 20 bytes each."""

    higher: int = 0
    """By how much the numbers of the run are higher than those of the shard's own journal."""
    chats: array[int] = field(default_factory=lambda: array("I"))
    """Their numbers in the shard's journal."""
    sent: array[float] = field(default_factory=lambda: array("d"))
    """When the Accept was sent, on the shard's clock, in seconds."""
    response: array[float] = field(default_factory=lambda: array("f"))
    """Seconds until it was answered; nan if no whole answer came."""
    complete: array[float] = field(default_factory=lambda: array("f"))
    """Seconds until the last of the three notifications was there, the history complete; nan if that never was."""

    def count(self, conversation: Conversation) -> None:
        """Count one more, if its Accept was sent."""
        accept = conversation.accept
        if accept is None:
            return
        complete = completed_at(conversation)
        self.chats.append(conversation.chat)
        self.sent.append(accept.sent)
        self.response.append(nan if accept.failure else accept.done - accept.sent)
        self.complete.append(nan if complete is None else complete - accept.sent)


def completed_at(conversation: Conversation) -> float | None:
    """When all three notifications had come, and with them every text that the customer had sent; None if never."""
    try:
        first, lacking = firsts(conversation), Counter(planted(conversation))
    except Finding:
        return None
    if len(first) < len(notice.DOCUMENTED):
        return None
    known: set[bytes] = set()
    for part in batches(conversation)[0]:
        new = {spelled: e for spelled, e in zip(part.spelled, part.entries, strict=True) if spelled not in known}
        known.update(new)
        lacking -= Counter(texts(by_customer(conversation, new.values())))
        if not lacking:
            return max(part.at, *(n.at for n in first.values()))
    return None
