"""What changed in the schema of a kind of message, place by place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gws_contract.contract_diff.change import Because, Change, Force, Turn, Version, Witness, turned
from gws_contract.contract_diff.places import Facet, Place, answers, bare, comments, same, side_by_side
from gws_contract.contract_diff.witness import NONE, Side, presence_witness, proves, value_witness

if TYPE_CHECKING:
    from gws_contract.contract_diff.reading import Edition, Sender

_SUBJECT: Final = "schema"
_BECAUSE: Final[Mapping[tuple[Sender, Turn], Because]] = {
    ("client", Turn.STRONGER): Because("it has to take what A forbade", "it may still send all that A allowed"),
    ("client", Turn.WEAKER): Because("it takes all that B allows if it kept A", "B forbids what it may send by A"),
    ("server", Turn.STRONGER): Because("B forbids what it may send by A", "it copes with all of B if it did with A"),
    ("server", Turn.WEAKER): Because("it may still send all that A allowed", "it has to cope with what A forbade"),
}
_TEXTS: Final = Because("texts allow and forbid nothing", "texts allow and forbid nothing")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message in both versions."""

    name: str
    sent_by: Sender
    a: Side
    b: Side
    samples: tuple[Any, Any]
    old: Edition
    new: Edition

    def turn(self, *, wider: bool) -> Turn:
        """What it means for a server that B allows more, or less."""
        return Turn.STRONGER if wider is (self.sent_by == "client") else Turn.WEAKER


def changes(old: Edition, new: Edition) -> Iterator[Change]:
    """The changes of all kinds of messages; those of one kind from the message down."""
    before, now = old.contract.schema_texts, new.contract.schema_texts
    for name in [*now, *(name for name in before if name not in now)]:
        if name not in before or name not in now:
            yield _come_or_gone(name, old, new)
        elif old.senders[name] != new.senders[name]:
            yield _other_sender(name, old, new)
        else:
            yield from _of(name, old, new)


def _come_or_gone(name: str, old: Edition, new: Edition) -> Change:
    come = name in new.contract.schema_texts
    edition, turn = (new, Turn.STRONGER) if come else (old, Turn.WEAKER)
    sender = edition.senders[name]
    clause = edition.contract.schema(name)["$comment"]
    if sender == "client":
        because = Because("it has to take a message that A does not have", "it may still send all that A has")
    else:
        because = Because("what it sends must look like this", "it may rely on all that it relied on")
    if not come:
        because = Because("nothing is demanded of it any more", "what A says of the message is not promised any more")
    return Change(
        subject=_SUBJECT,
        name=name,
        what=f"a kind of message that {'A' if come else 'B'} does not have, sent by the {sender}",
        turn=turn,
        because=because,
        force=Force.of(edition.contract.by_id.get(clause)),
        clause=clause,
    )


def _other_sender(name: str, old: Edition, new: Edition) -> Change:
    why = "what its schema demands is demanded of somebody else, and nobody compared it"
    before, now = old.senders[name], new.senders[name]
    return Change(_SUBJECT, name, "somebody else sends it", Turn.EITHER, Because(why, why), old=before, new=now)


def _of(name: str, old: Edition, new: Edition) -> Iterator[Change]:
    before, now = old.contract.schema(name), new.contract.schema(name)
    if same(before, now):
        return
    sides = (Side(before, f"{name} in A"), Side(now, f"{name} in B"))
    samples = old.contract.sample(name), new.contract.sample(name)
    kind = Kind(name, new.senders[name], *sides, samples, old, new)
    differs = not same(bare(before), bare(now))
    directions = [wider for wider in (True, False) if differs and not proves(*_sides(before, now, wider=wider))]
    told = False
    for place in side_by_side(before, now):
        valid = [change for wider in directions for change in _validity(kind, place, wider=wider)]
        said = list(_said(kind, place, valid=bool(valid)))
        yield from (*valid, *said)
        told = told or bool(valid or said)
    if not told:
        yield _written_otherwise(name, before, now)


def _written_otherwise(name: str, before: Any, now: Any) -> Change:
    what = "it is written otherwise, and nothing changes in what is valid"
    if comments(before) == comments(now):
        return Change(_SUBJECT, name, what, Turn.SAME, _TEXTS)
    why = "which clause answers differs at a place that is not looked at by itself"
    return Change(_SUBJECT, name, what, Turn.EITHER, Because(why, why))


def _sides(old: Any, new: Any, *, wider: bool) -> tuple[Any, Any]:
    """Whether B allows more is refuted by A allowing all that B allows, and the other way round."""
    return (old, new) if wider else (new, old)


def _validity(kind: Kind, place: Place, *, wider: bool) -> Iterator[Change]:
    """What one version allows at the place and the other forbids: B and A if `wider`, else A and B."""
    allows, forbids = (kind.b, kind.a) if wider else (kind.a, kind.b)
    samples = kind.samples[::-1] if wider else kind.samples
    if place.demanded is not None and place.demanded == (wider, not wider):
        what = "it may be missing in B" if wider else "it must be there in B"
        found = presence_witness(place, allows, forbids, samples)
        yield _change(kind, place, "presence", what, found, wider=wider)
    old, new = place.own(place.old), place.own(place.new)
    if not same(old, new):
        found = value_witness(place, allows, forbids, samples, swapped=not wider)
        if found is not NONE or not proves(*_sides(old, new, wider=wider)):
            what = f"B {'allows' if wider else 'forbids'} a value that A {'forbids' if wider else 'allows'}"
            yield _change(kind, place, "value", what, found, wider=wider)


def _change(kind: Kind, place: Place, facet: Facet, what: str, found: Any, *, wider: bool) -> Change:
    turn = kind.turn(wider=wider)
    allowed_by: Version = "B" if wider else "A"
    proved = found is not NONE
    clause = _clause(kind, place, facet, found, turn)
    edition = kind.new if turn is Turn.STRONGER else kind.old
    because = _BECAUSE[kind.sent_by, turn]
    if not proved:
        what = f"whether {what} is not proved"
        why = "neither a message that shows it was found nor a proof that there is none"
        because = Because(why, because.client) if turn is Turn.STRONGER else Because(because.server, why)
    return Change(
        subject=_SUBJECT,
        name=f"{kind.name} {place.at}",
        what=what,
        turn=turn,
        because=because,
        force=Force.of(edition.contract.by_id.get(clause)),
        proved=proved,
        clause=clause,
        old=_quoted(place, "A"),
        new=_quoted(place, "B"),
        witness=Witness(found, allowed_by) if proved else None,
    )


def _clause(kind: Kind, place: Place, facet: Facet, found: Any, turn: Turn) -> str:
    """Who answers for what is demanded: in B if more is demanded of a server, in A if less is."""
    asked = kind.b if turn is Turn.STRONGER else kind.a
    violations = {} if found is NONE else asked.violations(found)
    said = [clause for spot, clause in violations.items() if clause and place.holds(spot, facet)]
    return said[0] if said else _answering(asked.schema, place)


def _answering(schema: Any, place: Place) -> str:
    """The clause that answers at a place, or else at what surrounds it."""
    clause = str(schema["$comment"])
    for step in place.steps:
        schema = schema.get("items", {}) if step == "[*]" else schema.get("properties", {}).get(step, {})
        clause = schema.get("$comment", clause)
    return clause


def _quoted(place: Place, version: Version) -> str:
    """What a version says of the value at the place."""
    if place.only not in (None, version):
        return "nothing"
    own = place.own(place.old if version == "A" else place.new)
    demanded = place.demanded and place.demanded[0 if version == "A" else 1]
    return json.dumps(own, ensure_ascii=False) + (", required" if demanded else "")


def _said(kind: Kind, place: Place, *, valid: bool) -> Iterator[Change]:
    """Which clause answers, and what reports call the place; of a place that both versions name."""
    if place.only is not None:
        return
    for what, before, now in (
        ("another clause answers for it", _own_answer(place.old), _own_answer(place.new)),
        ("another clause answers for what joins its members", answers(place.old), answers(place.new)),
    ):
        if before != now and before and now:
            yield from _answered(kind, place, what, before, now, valid=valid)
    for keyword in ("title", "description"):
        before_text, now_text = place.old.get(keyword), place.new.get(keyword)
        if before_text != now_text:
            yield Change(
                subject=_SUBJECT,
                name=f"{kind.name} {place.at}",
                what=f"its {keyword} reads otherwise, and nothing changes in what is valid",
                turn=Turn.SAME,
                because=_TEXTS,
                old=before_text,
                new=now_text,
            )


def _own_answer(schema: Any) -> tuple[str, ...]:
    return (schema["$comment"],) if "$comment" in schema else ()


def _answered(
    kind: Kind, place: Place, what: str, before: tuple[str, ...], now: tuple[str, ...], *, valid: bool
) -> Iterator[Change]:
    forces = [
        max(Force.of(edition.contract.by_id.get(clause)) for clause in clauses)
        for edition, clauses in ((kind.old, before), (kind.new, now))
    ]
    turn = turned(*forces)
    because = {
        Turn.SAME: Because("a break of either clause does the same to a run", "either clause promises it as firmly"),
        Turn.STRONGER: Because("a break fails a run that it did not fail", "it is promised more firmly"),
        Turn.WEAKER: Because("a break fails no run that it did not fail", "it is promised less firmly"),
    }[turn]
    yield Change(
        subject=_SUBJECT,
        name=f"{kind.name} {place.at}",
        what=what if valid else f"{what}, and nothing changes in what is valid",
        turn=turn,
        because=because,
        force=max(forces),
        clause=now[0],
        old=" ".join(before),
        new=" ".join(now),
    )
