"""The certificate of an earlier run, read from its file: strictly, for anything may have become of a file.

What a certificate says is believed; whether it may be is for `gws-contract verify`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema

from gws_contract import foreign
from gws_contract.judge.ruling import Odds
from gws_contract.report.certificate import FORMAT, schema
from gws_contract.report.text import printable
from gws_contract.verdict import Verdict

NAME = "certificate.json"
_LARGEST = 32 * 2**20
"""Bytes; the certificate of a server that breaks everything has one megabyte."""
_LARGER = 10
"""Times as much as an answer of a server may hold."""
_CLAUSES, _CHATS, _SECONDS = 2_000, 100_000, 1e6
"""More clauses, chats of one of them, or seconds of a quantile nobody has."""
_QUANTILES = 101


class ReadbackError(ValueError):
    """It is no certificate. The message is a sentence without its subject and its full stop."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a certificate says of one clause."""

    clause: str
    quote: str
    strength: str
    """Empty for what nobody judges."""
    verdict: Verdict
    advisory: bool
    tested: bool
    """Whether it was asked for and can be judged."""
    reason: str
    drawn: Odds
    """In the chats that count."""
    everywhere: Odds
    """In all chats, those of misuse and shrinking too."""
    documented: str = ""
    received: str = ""

    @property
    def decided(self) -> bool:
        """Whether it is known to be kept or broken."""
        return self.verdict in (Verdict.KEPT, Verdict.BROKEN, Verdict.DEVIATION)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long something took, in seconds."""

    chats: int
    quantiles: tuple[float, ...]
    """0 to 100 %, ascending; none without a chat."""

    @property
    def median(self) -> float:
        return self.quantiles[50]

    @property
    def quartiles(self) -> tuple[float, float]:
        return self.quantiles[25], self.quantiles[75]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of a run; every text is one line of printable letters."""

    verdict: str
    status: int
    headline: str
    started: datetime
    """In UTC."""
    operation: str
    strict: bool
    partial: bool
    """Whether it was asked about some clauses, or given scenarios, only."""
    target: str
    circumstances: dict[str, str]
    """Under which the run was made, by what they are called, as they are shown; in the order in which they are."""
    deviations: dict[str, str]
    """What the vendor had declared, by clause."""
    rows: dict[str, Row]
    """By clause, in the order of the page."""
    latencies: dict[str, Timing]

    @property
    def date(self) -> str:
        """When it began, to the minute."""
        return f"{self.started:%Y-%m-%d %H:%M}"

    @property
    def particulars(self) -> str:
        """The headline without the server and the verdict."""
        return re.sub(r"^\((.*)\)$", r"\1", self.headline.removeprefix(f"{self.target}: {self.verdict}").strip())

    @property
    def asked(self) -> dict[str, Row]:
        """The clauses that the run judged."""
        return {clause: row for clause, row in self.rows.items() if row.tested}


def read(path: Path) -> Certificate:
    """The certificate in a file, or in the report directory that holds one. Raises OSError and ReadbackError."""
    path = path / NAME if path.is_dir() else path
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ReadbackError(f"is larger than {_LARGEST // 2**20} MB")
    try:
        return parse(foreign.loads(content.decode("utf-8"), larger=_LARGER))
    except ReadbackError:
        raise
    except UnicodeDecodeError as error:
        raise ReadbackError("is not in UTF-8") from error
    except ValueError as error:
        raise ReadbackError(f"cannot be read: {_short(str(error))}") from error


def parse(data: Any) -> Certificate:
    """The certificate in JSON data. Raises ReadbackError."""
    if not isinstance(data, dict) or "format" not in data:
        raise ReadbackError("is no certificate of gws-contract")
    if data["format"] != FORMAT:
        raise ReadbackError(f"has the format {_short(str(data['format']))}, and not {FORMAT}")
    error = next(_validator().iter_errors(data), None)
    if error is not None:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        raise ReadbackError(f"is no certificate: {_short(where.lstrip('.') + ' ' + error.message)}")
    return Certificate(
        verdict=data["verdict"],
        status=data["exit_status"],
        headline=_line(data["headline"]),
        started=_moment(data["started"]),
        operation=_line(data["contract"]["title"]),
        strict=data["strict"],
        partial=data["verdict"] == "partial" or bool(data["only"]),
        target=_line(data["target"]["name"]),
        circumstances={what: _line(value) for what, value in _circumstances(data).items()},
        deviations={each["clause"].strip(): _declared(each) for each in data["deviations"]},
        rows=_rows(data["clauses"]),
        latencies={what: _timing(what, row) for what, row in data["latencies"].items()},
    )


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def _line(text: str, most: int = 2_000) -> str:
    """In one line of printable letters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def _short(text: str) -> str:
    return _line(text, 160)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ReadbackError(f"says that the run began {_short(repr(text))}, which is no date") from error


def _rows(rows: list[dict[str, Any]]) -> dict[str, Row]:
    if len(rows) > _CLAUSES:
        raise ReadbackError(f"has {len(rows):,} clauses")
    found = {row["id"].strip(): _row(row) for row in rows}  # a pattern's $ lets a line break pass
    if len(found) < len(rows):
        raise ReadbackError("names a clause twice")
    return found


def _row(row: dict[str, Any]) -> Row:
    clause = row["id"].strip()
    testable = row["kept"] + row["broken"] + row["inconclusive"]
    drawn = row["by_source"].get("drawn", {"broken": 0, "chats": 0})
    if not drawn["broken"] <= drawn["chats"] <= _CHATS or testable > _CHATS:
        raise ReadbackError(f"counts what cannot be in the chats of {clause}")
    example = row["first_counter_example"] or {"documented": "", "received": ""}
    return Row(
        clause=clause,
        quote=_line(row["quote"]),
        strength=row["strength"] or "",
        verdict=Verdict(row["verdict"]),
        advisory=row["advisory"],
        tested=row["tested"],
        reason=_line(row["reason"]),
        drawn=Odds(int(drawn["broken"]), int(drawn["chats"])),
        everywhere=Odds(int(row["broken"]), int(testable)),
        documented=_line(example["documented"]),
        received=_line(example["received"]),
    )


def _timing(what: str, row: dict[str, Any]) -> Timing:
    quantiles = tuple(float(each) for each in row["quantiles"] if abs(each) <= _SECONDS)
    ascending = all(one <= other for one, other in pairwise(quantiles))
    if (
        len(quantiles) != len(row["quantiles"])
        or len(quantiles) not in (0, _QUANTILES)
        or not ascending
        or row["chats"] > _CHATS
    ):
        raise ReadbackError(f"has no {_QUANTILES} quantiles of {_short(what)}")
    return Timing(int(row["chats"]) if quantiles else 0, quantiles)


def _declared(deviation: dict[str, Any]) -> str:
    expired = ", expired" if deviation["expired"] else ""
    return f"{_short(deviation['ticket'])}, until {deviation['expires']}{expired}"


def _circumstances(data: dict[str, Any]) -> dict[str, str]:
    target, document = data["target"], data["contract"]
    kept = f"those of the release ({data['scenarios'][:12]})" if data["scenarios"] else ""
    drawn = "a random one" if data["depth"] == "nightly" else str(data["seed"])
    return {
        "server": target["name"],
        "version of the server": target["version"] or "unknown",
        "suite": data["suite"],
        "contract": f"{document['revision']} ({document['digest'][:12]})",
        "depth": data["depth"],
        "chats": kept or f"drawn, seed {drawn}",
        "customer": data["customer"],
        "return values of": target["return_values"],
        "deadline": f"{data['deadline']:g} s",
        "quiet period": f"{data['quiet_period']:g} s",
        "advisory breaks": "fail the run (--strict)" if data["strict"] else "do not fail the run",
        "clauses asked for": ", ".join(data["only"]) or "all",
        "server's TLS certificate": "not verified (--insecure)" if target["insecure"] else "verified",
        "run without": ", ".join(data["lacks"]) or "nothing",
    }
