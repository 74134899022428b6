"""The verdict of a run in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.verdict import Verdict

if TYPE_CHECKING:
    from gws_contract.report.docket import Docket

OUT_OF_DATE = "deviations file out of date"
UNVERIFIED = "THE SERVER'S TLS CERTIFICATE WAS NOT VERIFIED (--insecure)"
LACKING = {
    "account-without-feature": "no account without the feature was given (GWS_AGENT_WITHOUT_FEATURE)",
    "second-agent": "only one agent was given (GWS_AGENTS)",
    "routing": "the server did not offer a chat again after a reject or leave",
    "customer-side": "nothing is known from the customer's side",
    "customer-texts": "the customer of this run cannot speak",
    "customer-leaves": "the customer of this run cannot leave",
    "customer-name": "nobody knows the customer's nickname",
}
"""What to say of what a run lacks."""
_NAMED = 3
"""So many clauses are named in the headline."""


def headline(docket: Docket) -> str:
    """The verdict of a run in one sentence, and in brackets what there is to know about it."""
    evidence, footer = docket.evidence, docket.evidence.footer
    broken = [r for r in docket.rulings if r.tally.verdict is Verdict.BROKEN]
    failing = [r for r in broken if docket.strict or not r.advisory]
    chats = docket.census.counted
    words = [f"{evidence.header.target}: {docket.conclusion.verdict}"]
    if evidence.header.insecure:
        words.append(UNVERIFIED)
    if docket.only:
        words.append(f"asked about {len(docket.rulings)} of the clauses only")
    if failing:
        words.append(f"{_count(len(failing), 'clause')} broken in {_chats(docket)}")
    else:
        kept = sum(1 for r in docket.rulings if r.tally.verdict is Verdict.KEPT)
        words.append(f"{kept} of {len(docket.rulings)} clauses kept in {_chats(docket)}")
    advisory = len(broken) - len(failing)
    if advisory:
        words.append(_count(advisory, "advisory break"))
    words += _declared(docket)
    words += _of_load(docket)
    if footer is None:
        words.append("incomplete: the run was cut off")
    elif footer.ended != "complete":
        words.append(f"incomplete: {footer.ended}")
    if docket.given:
        words.append("only what these chats bring about was asked")
        lost = docket.floor - docket.census.brought_about
        if lost > 0:
            words.append(f"{_count(lost, 'chat')} did not come to an end")
    elif chats < docket.floor:
        words.append(f"every clause needs at least {_count(docket.floor, 'chat')}")
    untested = {r.clause.wants for r in docket.rulings if r.tally.verdict is Verdict.NOT_TESTABLE}
    words += [LACKING.get(want, want) for want in (footer.lacks if footer else ()) if want in untested]
    return words[0] + " (" + "; ".join(words[1:]) + ")"


def _chats(docket: Docket) -> str:
    """How many chats there were, and under which load."""
    chats, told = docket.census.counted, docket.under_load
    if told is None:
        return _count(chats, "chat")
    return (
        f"{chats:,} chat{'' if chats == 1 else 's'} at {told.asked:g} chats a second of {_count(told.agents, 'agent')}"
    )


def _of_load(docket: Docket) -> list[str]:
    """What the headline says of a load run: the load at which it broke first, and who was too slow."""
    told = docket.under_load
    first = told.first.first if told and told.first else None
    words = []
    if first:
        words.append(
            f"the first after {first.at:.1f} s, at {_count(first.accepts, 'accept')} a second and"
            f" {_count(first.under_way, 'chat')} under way"
        )
    return [*words, "the client was the bottleneck"] if told and told.bottlenecks else words


def _declared(docket: Docket) -> list[str]:
    """What the headline says of deviations: how many there are, what is out of date, what expired."""
    deviations = sum(1 for r in docket.rulings if r.tally.verdict is Verdict.DEVIATION)
    words = [_count(deviations, "declared deviation")] if deviations else []
    names = [r.clause.id for r in docket.rulings]
    if stale := [name for name in names if name in docket.stale]:
        words.append(f"{OUT_OF_DATE}: {_listed(stale)} {'is' if len(stale) == 1 else 'are'} kept")
    if expired := [name for name in names if name in docket.evidence.expired]:
        words.append(f"expired: the deviation{'s' if len(expired) > 1 else ''} from {_listed(expired)}")
    return words


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
