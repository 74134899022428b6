"""The sink that every record of a run goes through first."""

from __future__ import annotations

import dataclasses
from typing import Any

from gws_contract.journal import Sink
from gws_contract.records import (
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    Load,
    Planned,
    Record,
    Session,
    Stray,
)
from gws_contract.redaction.registry import Secrets

LONGEST = 500
"""Characters of a sentence for people. Here it is cut: cut before it was masked, it might end within a secret."""

_OTHERS_WORDS: dict[type[Record], tuple[str, ...]] = {
    Header: ("target_version", "again"),
    Planned: ("scenario",),
    Invited: ("chat_id",),
    Ended: ("detail",),
    Exchange: ("path", "request", "headers", "answer", "failure"),
    Session: (),
    Delivery: ("message",),
    Stray: ("channel", "types", "chat_id"),
    Incident: ("detail",),
    Load: (),
    Footer: ("detail",),
}
"""The members that may hold what a server said. The others are our own words, on which verdicts rest."""
_SENTENCES = ("detail", "failure")


class Redacting:
    """A sink that passes every record on without secrets."""

    def __init__(self, sink: Sink, secrets: Secrets) -> None:
        self._sink, self._secrets = sink, secrets

    def write(self, record: Record) -> None:
        """Mask the record and pass it on."""
        self._sink.write(redacted(record, self._secrets))


def redacted(record: Record, secrets: Secrets) -> Record:
    """The record without secrets; the same object if it holds none."""
    names = _OTHERS_WORDS[type(record)]
    values = [getattr(record, name) for name in names]
    masked = secrets.masked(values)
    changes: dict[str, Any] = {} if masked is values else dict(zip(names, masked, strict=True))
    if isinstance(record, Exchange) and record.failure is not None and record.answer:
        answer = secrets.mask(record.answer, cut=True)
        changes |= {"answer": answer} if answer != record.answer else {}
    for name in _SENTENCES:
        sentence = changes.get(name, getattr(record, name, None))
        if sentence and len(sentence) > LONGEST:
            changes[name] = sentence[: LONGEST - 3] + "..."
    if "types" in changes:
        changes["types"] = tuple(changes["types"])
    return dataclasses.replace(record, **changes) if changes else record
