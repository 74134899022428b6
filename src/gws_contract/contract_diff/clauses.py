"""What changed in the clauses: added, removed, or judged otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gws_contract.contract_diff.change import Because, Change, Force, Turn, turned

if TYPE_CHECKING:
    from gws_contract.contract import Clause, Contract

_SUBJECT: Final = "clause"
_TOLERANT: Final = frozenset({"arrival", "order", "once"})
"""Needs for which a break is inconclusive where the transport may have caused it."""
_MORE: Final = Because("a break of it fails a run that it did not fail", "more is promised than before")
_LESS: Final = Because("a break of it fails no run that it did not fail", "it can rely on less than before")
_WORDS: Final = Because("what is judged is the same", "what is judged is the same")


def changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Those of the clauses that B has, in the order of its page, then those that are gone."""
    for clause in new.clauses:
        before = old.by_id.get(clause.id)
        if before is None:
            yield _come_or_gone(clause, "new in B", 0, Force.of(clause))
        elif before != clause:
            yield from _of(before, clause)
    for clause in old.clauses:
        if clause.id not in new.by_id:
            yield _come_or_gone(clause, "no longer in B", Force.of(clause), 0)


def _come_or_gone(clause: Clause, what: str, before: int, now: int) -> Change:
    says = _standing(clause) + (f": {clause.says}" if clause.says else "")
    return _forced(clause.id, what, before, now, *((None, says) if now or what == "new in B" else (says, None)))


def _of(before: Clause, now: Clause) -> Iterator[Change]:
    forces = (Force.of(before), Force.of(now))
    if (before.strength, before.not_tested is None) != (now.strength, now.not_tested is None):
        what = "judged with another strength" if all(forces) else "now judged" if forces[1] else "no longer judged"
        yield _forced(now.id, what, *forces, _standing(before), _standing(now))
    force = max(forces)
    if all(forces):
        if before.needs != now.needs:
            yield _needs(before, now, force)
        if before.wants != now.wants:
            yield _wants(before, now, force)
        if before.says != now.says:
            why = "what is judged has other words, and words cannot be compared: read both"
            yield Change(
                _SUBJECT, now.id, "it says otherwise what is judged", Turn.EITHER, Because(why, why), force,
                proved=False, clause=now.id, old=before.says, new=now.says,
            )  # fmt: skip
    for what, was, is_ in (
        ("the quote reads otherwise", before.quote, now.quote),
        ("it belongs to another section", before.section, now.section),
        ("the linked page is another or says otherwise", _linked(before), _linked(now)),
        ("why it is not tested reads otherwise", before.not_tested, now.not_tested),
    ):
        if was != is_ and (was is not None and is_ is not None):
            yield Change(_SUBJECT, now.id, what, Turn.SAME, _WORDS, force, clause=now.id, old=was, new=is_)


def _forced(id_: str, what: str, before: int, now: int, old: str | None, new: str | None) -> Change:
    """A clause whose break does more or less to a run than before."""
    turn = turned(before, now)
    because = {Turn.STRONGER: _MORE, Turn.WEAKER: _LESS, Turn.SAME: _SAME if before else _UNJUDGED}[turn]
    return Change(_SUBJECT, id_, what, turn, because, Force(max(before, now)), clause=id_, old=old, new=new)


_SAME: Final = Because("a break of it does the same to a run", "it is promised as firmly")
_UNJUDGED: Final = Because("no check judges it", "no check judges it")


def _needs(before: Clause, now: Clause, force: Force) -> Change:
    """What a disturbed session does to the verdict."""
    turn, why = Turn.EITHER, "what a disturbed CometD session hides is another question, and neither is the harder one"
    because = Because(why, why)
    if before.needs in _TOLERANT and now.needs == "content":
        turn = Turn.STRONGER
        because = Because("a break is no longer inconclusive if the session was disturbed", "more breaks are found")
    elif before.needs == "content" and now.needs in _TOLERANT:
        turn = Turn.WEAKER
        because = Because(
            "a break is inconclusive if the session was disturbed", "a disturbed session may hide a break"
        )
    return Change(
        _SUBJECT, now.id, "it needs something else of the transport", turn, because, force,
        proved=turn is not Turn.EITHER, clause=now.id, old=before.needs, new=now.needs,
    )  # fmt: skip


def _wants(before: Clause, now: Clause, force: Force) -> Change:
    """Without what it wants it is not testable, and the run conformant all the same."""
    turn, why = Turn.EITHER, "it may be left out of a run for want of something else"
    because = Because(why, why)
    if now.wants is None:
        turn = Turn.STRONGER
        because = Because(f"a run without {before.wants} is no longer conformant", "it is never left out of a run")
    elif before.wants is None:
        turn = Turn.WEAKER
        because = Because(
            "it may be left out of a run", f"nothing is known of a server that was run without {now.wants}"
        )
    return Change(
        _SUBJECT, now.id, "it wants something else", turn, because, force,
        proved=turn is not Turn.EITHER, clause=now.id, old=before.wants or "nothing", new=now.wants or "nothing",
    )  # fmt: skip


def _standing(clause: Clause) -> str:
    return clause.strength or "not tested"


def _linked(clause: Clause) -> str | None:
    return f"{clause.linked.page}: {clause.linked.says}" if clause.linked else None
