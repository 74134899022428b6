"""A certificate arranged for reading: clauses in the order of the page, facts of the run, what was not tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

from gws_contract import contract
from gws_contract.clause import Linked
from gws_contract.operation import DEFAULT
from gws_contract.report.text import SOURCES
from gws_contract.verdict import Verdict

Data = Mapping[str, Any]

TONES = {"conformant": "good", "not conformant": "bad", "harness error": "bad"} | dict.fromkeys(
    ("inconclusive", "partial", "deviations out of date"), "open"
)
"""How good the news is, by the verdict of a run."""
_MEANINGS = {
    "conformant": "Every clause that is not advisory was kept, is a declared deviation, or lacked something optional"
    " that is named above.",
    "not conformant": "At least one clause that counts is broken.",
    "inconclusive": "Nothing is certified: what was seen is too little, or does not decide.",
    "harness error": "Nothing is certified: the suite itself failed.",
    "partial": "Only a part of the contract was asked about, so nothing is certified of the whole.",
    "deviations out of date": "Nothing is certified until the file of deviations is put right: what it declares to be"
    " broken is kept.",
}
_UNDER_LOAD = (
    "Chats of one kind were performed under load. Only what they bring about was asked, so nothing is certified of the"
    " whole contract."
)
"""What `partial` means of a load run."""
_STYLES = {"harness error": "harness", "not testable": "untestable"}
_LINES = 8
"""Of a sample that is quoted as it is printed; the rest is folded."""
_TITLE = 160
"""Characters of a quote where it is only mentioned."""
_ANCHOR = 60
"""Characters of a quote by which a browser finds it on the page."""


@dataclass(frozen=True, slots=True)
class Row:
    """A clause as the page shows it; `data` is its row of the certificate."""

    data: Data
    linked: Linked | None

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def verdict(self) -> str:
        return str(self.data["verdict"])

    @property
    def example(self) -> Data:
        """Its smallest counter-example; empty if it has none."""
        return self.data["first_counter_example"] or {}

    @property
    def css(self) -> str:
        """How it looks."""
        advisory = " advisory" if self.data["advisory"] else ""
        return _STYLES.get(self.verdict, self.verdict) + advisory

    @property
    def counts(self) -> str:
        """In how many chats which verdict was found."""
        names = ("broken", "kept", "inconclusive", "not_testable")
        found = [f"{self.data[name]} {name.replace('_', ' ')}" for name in names if self.data[name]]
        return ", ".join(found) or "no chat"

    @property
    def often(self) -> str:
        """In how many of the drawn chats it broke; of others only if they alone showed it."""
        drawn = self.data["by_source"].get("drawn")
        if drawn and drawn["broken"]:
            return f"in {drawn['broken']} of {drawn['chats']} chats"
        odds = ((name, odds) for name, odds in self.data["by_source"].items() if odds["broken"])
        return ", ".join(f"in {o['broken']} of {o['chats']} chats {SOURCES.get(name, name)}" for name, o in odds)

    @property
    def title(self) -> str:
        """Its quote in one line."""
        line = " ".join(self.data["quote"].split())
        return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


@dataclass(frozen=True, slots=True)
class Group:
    """The clauses that are made of the same words."""

    quote: str
    url: str
    rows: tuple[Row, ...]

    @property
    def printed(self) -> bool:
        """Whether it is part of a sample, where lines count."""
        return "\n" in self.quote or self.quote.startswith(('"', "{", "POST "))

    @property
    def begin(self) -> str:
        return "\n".join(self._lines[:_LINES])

    @property
    def rest(self) -> str:
        return "\n".join(self._lines[_LINES:])

    @property
    def _lines(self) -> list[str]:
        return self.quote.split("\n")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page."""

    title: str
    url: str
    groups: tuple[Group, ...]


def operation_of(certificate: Data) -> str:
    """The operation that a certificate is about; an older one is about Accept."""
    return str(certificate["contract"].get("operation", DEFAULT))


def rows(certificate: Data) -> list[Row]:
    """The clauses of a certificate of this contract, in the order of the page."""
    known = contract.load(operation_of(certificate)).by_id
    return [Row(row, known[row["id"]].linked) for row in certificate["clauses"]]


def sections(found: Sequence[Row], operation: str) -> list[Section]:
    """The rows below their sections and quotes, with links to both on the page."""
    document = contract.load(operation)
    place = _place if document.wording == "page" else _page
    listed = []
    for name, of_section in groupby(found, lambda row: row.data["section"]):
        section = document.section(name)
        groups = [
            Group(words, place(section.url, words), tuple(of_quote))
            for words, of_quote in groupby(of_section, lambda row: row.data["quote"])
        ]
        listed.append(Section(section.title, place(section.url, section.first_line), tuple(groups)))
    return listed


def _page(url: str, _: str) -> str:
    """The address of the page alone: the words of a record of it do not stand there."""
    return url


def _place(url: str, words: str) -> str:
    """The address of these words on a page (a text fragment, as browsers know it)."""
    # Of a row of a table one cell: the bars between them are ours.
    line = max(words.split("\n", 1)[0].split("|"), key=len).strip()
    begin = line if len(line) <= _ANCHOR else line[:_ANCHOR].rpartition(" ")[0]
    return f"{url}#:~:text={quote(begin, safe='').replace('-', '%2D')}"


def tally(found: Sequence[Row]) -> list[tuple[str, int, str]]:
    """How many of the judged clauses have which verdict, with the first of them; how many were not judged."""
    counted = []
    for verdict in Verdict:
        ids = [row.id for row in found if row.verdict == verdict.value and row.data["tested"]]
        if ids:
            counted.append((verdict.value, len(ids), ids[0]))
    others = sum(1 for row in found if not row.data["tested"])
    return [*counted, ("not judged", others, "untested")] if others else counted


def meaning(certificate: Data) -> str:
    """What the verdict of the run says."""
    words = _MEANINGS[certificate["verdict"]]
    if certificate["verdict"] == "partial" and certificate.get("under_load"):
        words = _UNDER_LOAD
    if certificate["verdict"] == "partial" and certificate["exit_status"] == 1:
        words += " Of what was asked about, something is broken."
    return words


def untested(found: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The clauses that were not judged or not testable, by the reason, in the order of the page."""
    return _by_reason(row for row in found if row.verdict == Verdict.NOT_TESTABLE)


def undecided(found: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The clauses that nobody can decide about, by what hides the truth, in the order of the page."""
    return _by_reason(row for row in found if row.verdict in (Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR))


def _by_reason(found: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(row.data["reason"], []).append(row)
    return list(groups.items())


def facts(certificate: Data) -> Iterator[tuple[str, str]]:
    """What a reader may want to know of the run: name and value."""
    target, counts = certificate["target"], certificate["counts"]
    yield "Server", target["name"]
    yield "Its version", target["version"] or "not known"
    yield "Return values", f"those of {target['return_values']}"
    yield "Suite", f"gws-contract {certificate['suite']}"
    yield "Contract", f"{certificate['contract']['title']}, {certificate['contract']['revision']}"
    yield "Contract digest", f"sha256 {certificate['contract']['digest']}"
    yield "Started", moment(certificate["started"])
    yield "Length", "cut off" if certificate["seconds"] is None else f"{certificate['seconds']:.1f} s"
    yield "Ended", certificate["ended"]
    yield "Depth and seed", f"{certificate['depth']}, seed {certificate['seed']}"
    digest = certificate["scenarios"]
    yield "Scenarios", f"a file, sha256 {digest}" if digest else "drawn in the run"
    yield "Customer", certificate["customer"]
    yield "Deadline", f"{certificate['deadline']:g} s, then {certificate['quiet_period']:g} s of listening"
    yield "Advisory breaks", "fail the run (--strict)" if certificate["strict"] else "do not fail the run"
    yield "Asked about", ", ".join(certificate["only"]) or "every clause"
    yield "Had to do without", ", ".join(certificate["lacks"]) or "nothing"
    yield "Chats", f"{counts['chats']} that count, of at least {counts['floor']}; {_others(counts)}"
    yield "Accepted", f"{counts['accepted']} chats, {counts['deliveries']} notifications"
    yield "Disturbances", f"{counts['incidents']} of CometD sessions; {counts['strays']} messages of chats of others"


def _others(counts: Data) -> str:
    more = [f"{counts[name]} {words}" for name, words in SOURCES.items() if counts.get(name)]
    return "besides " + ", ".join(more) if more else "no others"


def same_chats(certificate: Data) -> str:
    """The command that brings the same chats about; empty if they came from a file of the user's."""
    if load := certificate.get("under_load"):
        rate, due = load["rate"]["asked"], load["chats"]["due"]
        scenarios = "" if certificate["scenarios"] else " --scenario FILE"
        return f"load --rate {rate:g}" + (f" --time {due / rate:g}" if rate and due else "") + scenarios
    options = f"certify --depth {certificate['depth']}"
    if certificate["scenarios"] is not None:
        return options if certificate["depth"] == "certify" else ""
    # A run that was not complete has performed fewer chats than it had drawn.
    chats = f" --chats {certificate['counts']['chats']}" if certificate["ended"] == "complete" else ""
    return f"{options}{chats} --seed {certificate['seed']}"


def moment(started: str) -> str:
    """A time of the journal's header for people, in UTC; as it is, if it is none."""
    try:
        at = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d %H:%M:%S} UTC"
