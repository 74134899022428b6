"""Allure results: one for every clause that was asked about, written from the rulings and never from pytest's outcomes.

Only this module and `gws_contract.alluredir` know Allure's Python packages, which are an extra. The model is theirs;
files and ids are ours: allure-python names files at random, and labels every result with host, process and thread.
What comes out depends on the journal alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from allure_commons.model2 import (
    Attachment,
    GlobalError,
    Globals,
    Label,
    Link,
    Parameter,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import LabelType, LinkType, Severity
from attr import asdict

from gws_contract import contract
from gws_contract.contract import Clause
from gws_contract.judge.ruling import Outcome, Ruling
from gws_contract.report import attachments, text
from gws_contract.report.attachments import Attachment as File
from gws_contract.report.docket import Docket, label, reason
from gws_contract.report.markdown import escaped
from gws_contract.report.narrative import in_one_sentence
from gws_contract.verdict import Verdict

_SEVERITY = {
    "stated": Severity.CRITICAL,
    "shown": Severity.NORMAL,
    "linked": Severity.MINOR,
    "inferred": Severity.TRIVIAL,
}
_STATUS = {"passed": "passed", "failure": "failed", "error": "broken", "skipped": "skipped"}
_OF_A_DEVIATION = "unknown"
"""Allure has no status for a known break. This one is used for nothing else, so that it can be told from what was not
tested, and does not fail what a certificate calls conformant."""


def write(docket: Docket, folder: Path) -> None:
    """Write the results of a run into a folder, which is made if it is not there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(docket, folder)
    for number, ruling in enumerate(docket.rulings):
        run.result(ruling, number)
    if docket.trouble:
        run.trouble(docket.trouble)
    (folder / "environment.properties").write_text(_properties(docket), "ascii")
    (folder / "categories.json").write_text(categories(), "ascii")


def categories() -> str:
    """The categories of verdicts, as Allure 2 reads them beside the results and Allure 3 in its configuration."""
    return resources.files("gws_contract.report").joinpath("allure_categories.json").read_text("ascii")


class _Run:
    """One run and its folder. Files are named after the run and what they show: two clauses may show one chat."""

    def __init__(self, docket: Docket, folder: Path) -> None:
        header = docket.evidence.header
        began = datetime.fromisoformat(header.started)
        self._docket, self._folder = docket, folder
        self._begun = (began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp()
        name = f"gws-contract:{header.target}:{header.started}:{header.suite}:{header.contract}:{header.seed}"
        self._id = uuid5(NAMESPACE_URL, name)

    def result(self, ruling: Ruling, number: int) -> None:
        """Write the result of a clause, the `number`th of the page."""
        clause, start = ruling.clause, round(self._begun * 1000) + number
        shown = _shown(ruling)
        result = TestResult(
            uuid=str(self._uuid(clause.id)),
            historyId=str(uuid5(NAMESPACE_URL, clause.id)),
            testCaseId=str(uuid5(NAMESPACE_URL, clause.id)),
            fullName=clause.id,
            titlePath=list(_path(clause)),
            name=_title(ruling),
            description=_description(ruling, self._docket),
            status=_status(ruling, self._docket),
            statusDetails=_details(ruling, self._docket),
            stage="finished",
            labels=[Label(name=name, value=value) for name, value in _labels(ruling, self._docket)],
            links=list(_links(clause, self._docket)),
            parameters=[Parameter(name, value, excluded=True) for name, value in _parameters(ruling)],
            start=start,
            stop=start + (_taken(shown) if shown else 0),
        )
        if shown is not None:
            chat = shown.conversation
            files = self._files(chat.chat, attachments.of_chat(chat))
            wire = self._files(chat.chat, attachments.exchanges(chat, self._begun), "http")
            named = ((text.printable(in_one_sentence(chat.scenario)), files), ("HTTP exchanges of this chat", wire))
            when = {"start": result.start, "stop": result.stop, "stage": "finished", "status": result.status}
            result.steps = [TestStepResult(name=name, attachments=found, **when) for name, found in named if found]
        data = _data(result)
        if shown is not None and shown.documented:
            # Of Allure 3; the model does not know them yet.
            data["statusDetails"] |= {"expected": shown.documented, "actual": shown.received}
        self._write(f"{result.uuid}-result.json", data)

    def trouble(self, words: str) -> None:
        """Write what kept the run from its end."""
        footer = self._docket.evidence.footer
        at = round((self._begun + (footer.at if footer else 0)) * 1000)
        told = Globals(errors=[GlobalError(message=text.printable(words), timestamp=at)])
        self._write(f"{self._uuid('trouble')}-globals.json", _data(told))

    def _uuid(self, what: str) -> UUID:
        return uuid5(self._id, what)

    def _files(self, chat: int, files: Iterable[File], kind: str = "chat") -> list[Attachment]:
        listed = []
        for number, file in enumerate(files):
            name = f"{self._uuid(f'{kind}/{chat}/{number}')}-attachment.{file.extension}"
            (self._folder / name).write_bytes(file.content)
            listed.append(Attachment(name=file.name, source=name, type=file.kind))
        return listed

    def _write(self, name: str, data: dict[str, Any]) -> None:
        (self._folder / name).write_text(json.dumps(data, indent=1) + "\n", "ascii")


def _data(item: Any) -> dict[str, Any]:
    """As allure-python writes it: without what is empty."""
    found: dict[str, Any] = asdict(item, filter=lambda _, value: bool(value) or value is False)
    return found


def _shown(ruling: Ruling) -> Outcome | None:
    """The chat that is worth looking at: the one that broke the clause, or left it inconclusive."""
    worth = (Verdict.BROKEN, Verdict.DEVIATION, Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR)
    return ruling.example if ruling.tally.verdict in worth else None


def _taken(shown: Outcome) -> int:
    """Milliseconds from the plan of a chat to its end."""
    chat = shown.conversation
    return round(max(chat.ended.at - chat.planned.at, 0) * 1000) if chat.ended else 0


def _status(ruling: Ruling, docket: Docket) -> str:
    if ruling.tally.verdict is Verdict.DEVIATION:
        return _OF_A_DEVIATION
    return _STATUS[docket.outcome(ruling)]


def _details(ruling: Ruling, docket: Docket) -> StatusDetails:
    """What stands first on the page of a result; never without a message, so that categories find it."""
    verdict, outcome = ruling.tally.verdict, docket.outcome(ruling)
    details = StatusDetails(message=f"{label(ruling, docket)}: {reason(ruling, docket)}")
    if verdict is Verdict.DEVIATION:
        details.known, details.trace = True, text.deviation(ruling, docket)
    elif verdict is Verdict.BROKEN:
        word = "broken" if outcome == "failure" else "advisory break"
        found = ruling.example
        details.message = f"{word}: documented {found.documented}; received {found.received}" if found else word
        details.trace = text.broken(ruling, docket.again)
    elif outcome == "passed":
        details.message = "kept"
    details.message = text.printable(details.message)
    details.flaky = True if ruling.intermittent else None
    return details


def _path(clause: Clause) -> tuple[str, str]:
    document = contract.load(clause.operation)
    return document.title, document.section(clause.section).title


def _title(ruling: Ruling) -> str:
    """The fact that is judged; what is a deviation says so wherever it is listed."""
    return "Deviation: " * (ruling.tally.verdict is Verdict.DEVIATION) + ruling.clause.says


def _description(ruling: Ruling, docket: Docket) -> str:
    """In Markdown: the words of the page as a quotation, then what Allure shows nowhere else: why it is not decided."""
    clause = ruling.clause
    quote = "\n".join(f"> {escaped(line)}  " for line in clause.quote.splitlines())
    if clause.linked:
        quote += f"\n\nand the page {escaped(clause.linked.page)}:\n\n> {escaped(clause.linked.says)}"
    why = reason(ruling, docket)
    blocks = [quote, f"**{label(ruling, docket)}**: {escaped(why)}"] if why else [quote]
    if ruling.tally.verdict is Verdict.DEVIATION and ruling.example is not None:
        blocks += [f"Documented: {escaped(ruling.example.documented)}", f"Received: {escaped(ruling.example.received)}"]
    return "\n\n".join(blocks)


def _labels(ruling: Ruling, docket: Docket) -> Iterator[tuple[str, str]]:
    clause, verdict = ruling.clause, ruling.tally.verdict
    epic, feature = _path(clause)
    yield from ((LabelType.EPIC, epic), (LabelType.FEATURE, feature), (LabelType.STORY, clause.id))
    yield from ((LabelType.PARENT_SUITE, epic), (LabelType.SUITE, feature), (LabelType.FRAMEWORK, "gws-contract"))
    yield LabelType.SEVERITY, _SEVERITY[clause.strength or "inferred"].value
    yield from (("clause", clause.id), ("strength", str(clause.strength)), ("verdict", verdict.value))
    yield LabelType.TAG, str(clause.strength)
    if verdict in (Verdict.DEVIATION, Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE):
        yield LabelType.TAG, label(ruling, docket)
    if verdict is Verdict.BROKEN and ruling.advisory:
        yield LabelType.TAG, "advisory break"
    if ruling.intermittent:
        yield LabelType.TAG, "intermittent"
    if clause.id in docket.stale:
        yield LabelType.TAG, label(ruling, docket)
    if (deviation := docket.deviation(clause.id)) is not None:
        yield "ticket", deviation.ticket


def _links(clause: Clause, docket: Docket) -> Iterator[Link]:
    document = contract.load(clause.operation)
    section = document.section(clause.section)
    yield Link(type=LinkType.LINK, url=section.url, name=f"{document.title}, section {section.title}")
    deviation = docket.deviation(clause.id)
    if deviation is not None and deviation.ticket.startswith(("https://", "http://")):
        yield Link(type=LinkType.ISSUE, url=deviation.ticket, name=deviation.ticket)


def _parameters(ruling: Ruling) -> Iterator[tuple[str, str]]:
    tally = ruling.tally
    counts = (tally.kept, tally.broken, tally.inconclusive, tally.not_testable)
    names = ("chats that kept it", "chats that broke it", "inconclusive", "not testable")
    yield from ((name, str(number)) for name, number in zip(names, counts, strict=True) if number)


def _properties(docket: Docket) -> str:
    """The environment of a run, one property a line."""
    header = docket.evidence.header
    facts = {
        "verdict": docket.conclusion.verdict,
        "headline": docket.headline,
        "target": header.target,
        "target.version": header.target_version,
        "suite": header.suite,
        "contract": f"{docket.contract.title} {docket.contract.revision}",
        "contract.digest": header.contract,
        "return.values": header.table,
        "depth": header.depth,
        "seed": header.seed,
        "scenarios": header.scenarios,
        "customer": header.customer,
        "started": header.started,
    }
    return "".join(f"{name} = {_value(str(value))}\n" for name, value in facts.items() if value is not None)


def _value(words: str) -> str:
    """A value of a properties file in ASCII, on one line."""
    spelled = text.printable(" ".join(words.split())).replace("\\", "\\\\")
    units = spelled.encode("utf-16-be")
    pairs = (int.from_bytes(units[n : n + 2], "big") for n in range(0, len(units), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in pairs)
