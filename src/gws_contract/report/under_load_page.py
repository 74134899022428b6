"""The section of the certificate's page about a load run: what the template shows, in words and a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from gws_contract.judge.ruling import Odds
from gws_contract.report import course_plot, under_load_shown
from gws_contract.report.duration import duration
from gws_contract.report.under_load import SHARES, ByLoad, Found, UnderLoad
from gws_contract.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ByLoadShown:
    """How often it broke by a measure of the load: a sentence and the rows of a table."""

    what: str
    says: str
    rows: tuple[tuple[str, str, str, str], ...]
    """Load, broken chats, chats, share."""


@dataclass(frozen=True, slots=True)
class Section:
    """What is shown of a load run."""

    picture: Markup
    facts: tuple[tuple[str, str], ...]
    bottlenecks: tuple[str, ...]
    percentiles: tuple[tuple[str, str, str], ...]
    """Which, of the answer, of the complete history."""
    chats: tuple[int, int]
    """Of which the two are told."""
    broken: tuple[Found, ...]
    """The clauses that broke, the first break first."""
    several: bool
    """Whether there are several shards."""
    odds: Odds
    by_load: tuple[ByLoadShown, ...]
    """Nothing if nothing broke that makes the run fail."""
    kept: int
    """Clauses."""
    undecided: int


def section(told: UnderLoad) -> Section:
    """What is shown of a load run."""
    broken = [each for each in told.clauses if each.odds.broken]
    by_load = ((told.by_accepts, "accepts a second"), (told.by_under_way, "chats under way"))
    return Section(
        picture=_picture(told),
        facts=tuple(_facts(told)),
        bottlenecks=told.bottlenecks,
        percentiles=tuple(_percentiles(told)),
        chats=(told.response.chats, told.history.chats),
        broken=tuple(sorted(broken, key=lambda each: each.first.at if each.first else float("inf"))),
        several=told.shards > 1,
        odds=told.odds,
        by_load=tuple(_by_load(by, what) for by, what in by_load) if told.odds.broken else (),
        kept=sum(1 for each in told.clauses if each.verdict is Verdict.KEPT),
        undecided=sum(1 for each in told.clauses if each.verdict in (Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR)),
    )


def _picture(told: UnderLoad) -> Markup:
    first = told.first.first if told.first else None
    title = (
        f"Course of the run, second by second: {told.accepted:,} chats accepted, {told.most_under_way:,} under way at"
        f" most, {told.odds.broken:,} broke a clause" + (f", the first after {first.at:,.1f} s" if first else "")
    )
    return course_plot.draw(under_load_shown.course(told), told.asked, first.at if first else None, title)


def _facts(told: UnderLoad) -> Iterator[tuple[str, str]]:
    due = f"{told.offered:,} offered of {told.due:,} that were due, " if told.due else ""
    yield (
        "Chats",
        f"{due}{told.accepted:,} accepted, {told.complete:,} with all three notifications and the whole history",
    )
    begin, end = told.course.plateau
    reached = (
        "" if told.course.rate is None else f", {told.course.rate:.1f} accepted, in the seconds {begin:,} to {end:,}"
    )
    yield "Chats a second", f"{told.asked:g} asked for{reached}"
    yield "Chats under way", f"{told.most_under_way:,} at most"
    shards = f", on {told.shards} clients with a journal each" if told.shards > 1 else ""
    yield "Agents", f"{told.agents:,}{shards}"


def _percentiles(told: UnderLoad) -> Iterator[tuple[str, str, str]]:
    for share in SHARES:
        name = "the longest" if share == SHARES[-1] else f"{under_load_shown.percent(share)} % within"
        response, history = (
            duration(times.percentiles[share]) if times.chats else "no chat" for times in (told.response, told.history)
        )
        yield name, response, history


def _by_load(by: ByLoad, what: str) -> ByLoadShown:
    rows = (
        (_span(each.low, each.high), f"{each.odds.broken:,}", f"{each.odds.chats:,}", _share(each.odds))
        for each in by.classes
    )
    says = under_load_shown.more(by, what) or "nobody can tell: it was the same load throughout"
    return ByLoadShown(what, says, tuple(rows))


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _share(odds: Odds) -> str:
    return f"{100 * odds.broken / odds.chats:.2g} %"
