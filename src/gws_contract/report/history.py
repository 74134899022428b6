"""Many nights of a server: the certificates below a folder, by when they began, and what changed in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gws_contract.report import readback
from gws_contract.report.difference import Difference, compare
from gws_contract.report.readback import Certificate, ReadbackError, Row


@dataclass(frozen=True, slots=True)
class Night:
    """One run, as its certificate tells it."""

    folder: str
    """Where the certificate lies, below the folder that was searched, with slashes; a dot is that folder itself."""
    certificate: Certificate
    since: Difference | None = None
    """What changed since the run before; None of the first."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is called like a certificate, and tells nothing."""

    file: str
    why: str
    """A sentence without its subject and its full stop."""


@dataclass(frozen=True, slots=True)
class Course:
    """The nights of one server, the latest first; of each operation apart."""

    server: str
    operation: str
    """Its title."""
    alone: bool
    """Whether all nights of the server are about this operation."""
    nights: tuple[Night, ...]
    earlier: int
    """So many earlier ones are left out."""

    @property
    def name(self) -> str:
        """The server, with the operation if that server has nights of others."""
        return self.server if self.alone else f"{self.server}, {self.operation}"

    @property
    def clauses(self) -> dict[str, Row]:
        """The clauses that any of the nights judged, in the order of the latest, each as the latest has it."""
        found: dict[str, Row] = {}
        for night in self.nights:
            for clause, row in night.certificate.rows.items():
                found.setdefault(clause, row)
        judged = {clause for night in self.nights for clause in night.certificate.asked}
        return {clause: row for clause, row in found.items() if clause in judged}


@dataclass(frozen=True, slots=True)
class History:
    """What lies below a folder."""

    courses: tuple[Course, ...]
    """A server and an operation each; that with the latest night first."""
    skipped: tuple[Skipped, ...]


def gather(folder: Path, nights: int) -> History:
    """The last so many nights of every server with certificates below `folder`. No links to folders are followed."""
    found: dict[tuple[str, str], list[Night]] = {}
    skipped = []
    for path in sorted(folder.rglob(readback.NAME)):
        name = path.parent.relative_to(folder).as_posix()
        try:
            certificate = _read(path)
        except ReadbackError as error:
            file = path.relative_to(folder).as_posix().replace("\n", "\\n")
            skipped.append(Skipped(file, str(error)))
        else:
            found.setdefault((certificate.target, certificate.operation), []).append(Night(name, certificate))
    operations = Counter(server for server, _ in found)
    courses = [_course(*which, found[which], nights, alone=operations[which[0]] == 1) for which in sorted(found)]
    latest_first = sorted(courses, key=lambda course: course.nights[0].certificate.started, reverse=True)
    return History(tuple(latest_first), tuple(skipped))


def _read(path: Path) -> Certificate:
    if not path.is_file():
        raise ReadbackError("is no file")
    try:
        return readback.read(path)
    except OSError as error:
        raise ReadbackError(f"cannot be read: {error.strerror}") from error


def _course(server: str, operation: str, nights: Iterable[Night], most: int, *, alone: bool) -> Course:
    in_order = sorted(nights, key=lambda night: (night.certificate.started, night.folder))
    compared = list(_compared(in_order))
    return Course(server, operation, alone, tuple(compared[::-1][:most]), max(0, len(compared) - most))


def _compared(nights: Iterable[Night]) -> Iterator[Night]:
    before: Certificate | None = None
    for night in nights:
        since = compare(before, night.certificate) if before else None
        yield Night(night.folder, night.certificate, since)
        before = night.certificate
