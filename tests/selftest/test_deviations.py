"""What a vendor declares: the file, what can be wrong with it, and its way through the journal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import contract, deviations
from gws_contract.deviations import Deviation, DeviationsError
from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import Header, JournalError, from_json, to_json

from .conversations import HEADER

ORDER, ARRIVES = "accept.notifications.order", "accept.history.arrives"
KNOWN = Deviation(ORDER, "The participants come first until release 9.", "GWS-1234", date(2027, 3, 31))
WHOLE = """
["accept.notifications.order"]
reason = "The participants come first until release 9."
ticket = "GWS-1234"
expires = 2027-03-31
"""


def read(here: Path, content: str | bytes) -> tuple[Deviation, ...]:
    (here / "known.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return deviations.read(here / "known.toml")


# ---- the file -------------------------------------------------------------------------------------------------------


def test_a_file_declares_breaks_by_clause(tmp_path: Path) -> None:
    other = WHOLE.replace(ORDER, ARRIVES) + "intermittent = true\n"
    assert read(tmp_path, WHOLE + other) == (KNOWN, replace(KNOWN, clause=ARRIVES, intermittent=True))


def test_a_file_from_which_everything_was_removed_declares_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "# all repaired\n") == ()


def test_an_advisory_clause_can_be_declared(tmp_path: Path) -> None:
    advisory = next(clause.id for clause in contract.load().clauses if clause.advisory)
    assert [one.clause for one in read(tmp_path, WHOLE.replace(ORDER, advisory))] == [advisory]


UNTESTED = next(clause.id for clause in contract.load().clauses if clause.not_tested)
MEMBERS = "reason, ticket, expires and intermittent"
WRONG: dict[str, tuple[str | bytes, str]] = {
    "not TOML": ("reason: x", "The deviations file known.toml is not TOML: "),
    "twice": (WHOLE + WHOLE, "The deviations file known.toml is not TOML: "),
    "not UTF-8": (b"\xff\xfe", "The deviations file known.toml is not in UTF-8."),
    "deep": ("x = " + "[" * 100_000, "The deviations file known.toml is nested too deeply."),
    "an unknown clause": (
        WHOLE.replace("order", "ordr"),
        "known.toml: There is no tested clause accept.notifications.ordr; did you mean accept.notifications.order?",
    ),
    "a clause like no other": (
        WHOLE.replace(ORDER, "zzz"),
        "known.toml: There is no tested clause zzz; gws-contract clauses lists them.",
    ),
    "a clause that is not tested": (
        WHOLE.replace(ORDER, UNTESTED),
        f"known.toml: There is no tested clause {UNTESTED}: no check can judge it.",
    ),
    "an id without quotes": (
        WHOLE.replace('"', "", 2),
        'known.toml: Write the id of a clause in quotes, like ["accept.notifications.order"].',
    ),
    "no table": (f'"{ORDER}" = 5', f"known.toml: What stands for {ORDER} is no table; it should hold {MEMBERS}."),
    "an unknown member": (
        WHOLE + "intermitent = true",
        f"known.toml: Nobody knows what intermitent means for {ORDER}; a deviation has {MEMBERS}.",
    ),
}
LACKING = {name: "\n".join(line for line in WHOLE.splitlines() if name not in line) for name in MEMBERS.split(", ")[:2]}
LACKING["expires"] = WHOLE.partition("expires")[0]
VALUES = {
    "reason": (
        '"The participants come first until release 9."',
        ('""', '"  "', "5", "true"),
        "a text that is not empty",
    ),
    "ticket": ('"GWS-1234"', ('""', "1234", "[]"), "a text that is not empty"),
    "expires": (
        "2027-03-31",
        ('"2027-03-31"', "2027-03-31T00:00:00Z", "2027-03-31 00:00:00", "12:00:00", "2027"),
        "a date like 2027-03-31, without quotes",
    ),
    "intermittent": ("", ("1", '"yes"', "2027-03-31"), "true or false"),
}
TYPES = [(name, right, wrong, words) for name, (right, wrongs, words) in VALUES.items() for wrong in wrongs]


def refused(here: Path, content: str | bytes) -> str:
    """The one sentence with which this is refused, without the folder."""
    with pytest.raises(DeviationsError) as raised:
        read(here, content)
    said = str(raised.value).replace(f"{here}/", "")
    assert "\n" not in said
    return said


@pytest.mark.parametrize(("content", "words"), WRONG.values(), ids=WRONG)
def test_a_file_that_makes_no_sense_is_refused_in_one_sentence(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    said = refused(tmp_path, content)
    assert said == words if words.endswith((".", "?")) else said.startswith(words)


@pytest.mark.parametrize("name", LACKING)
def test_a_deviation_without_reason_ticket_or_expiry_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, LACKING[name]) == f"known.toml: The deviation from {ORDER} has no {name}."


@pytest.mark.parametrize(("name", "right", "wrong", "words"), TYPES)
def test_a_member_of_another_kind_is_refused(tmp_path: Path, name: str, right: str, wrong: str, words: str) -> None:
    content = WHOLE.replace(right, wrong) if right else f"{WHOLE}{name} = {wrong}"
    assert refused(tmp_path, content) == f"known.toml: {name} of the deviation from {ORDER} must be {words}."


@pytest.mark.parametrize(("name", "why"), [("missing.toml", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(DeviationsError) as raised:
        deviations.read(tmp_path / name)
    assert str(raised.value) == f"The deviations file {tmp_path / name} cannot be read: {why}."


# ---- one deviation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "expired"), [(-1, False), (0, False), (1, True)])
def test_a_deviation_counts_through_its_last_day(days: int, expired: bool) -> None:
    assert KNOWN.expired(KNOWN.expires + timedelta(days)) is expired


def test_a_deviation_is_one_line() -> None:
    shown = str(replace(KNOWN, reason="Until\n  release 9."))
    assert shown == "Until release 9. (GWS-1234, until 2027-03-31)"
    assert str(replace(KNOWN, intermittent=True)).endswith("(GWS-1234, until 2027-03-31, intermittent)")


texts = st.text(min_size=1).filter(str.strip)
known = st.builds(Deviation, st.just(ORDER), texts, texts, st.dates(), st.booleans())


@given(st.lists(known, max_size=3).map(tuple))
@settings(deadline=None)
def test_what_was_declared_comes_back_from_a_journal_as_it_was(declared: tuple[Deviation, ...]) -> None:
    header = replace(HEADER, deviations=tuple(map(deviations.to_json, declared)))
    again = from_json(json.loads(json.dumps(to_json(header)).encode("ascii")))
    assert isinstance(again, Header)
    assert tuple(map(deviations.from_json, again.deviations)) == declared


# ---- the journal ----------------------------------------------------------------------------------------------------


def declared(deviation: Deviation | None, started: str = HEADER.started) -> Evidence:
    """A journal without chats, of a run that started then."""
    data = (deviations.to_json(deviation),) if deviation else ()
    return assemble([replace(HEADER, started=started, deviations=data)])


def test_a_journal_of_an_older_suite_declares_nothing() -> None:
    older = {name: value for name, value in to_json(HEADER).items() if name != "deviations"}
    evidence = assemble([from_json(older)])
    assert (dict(evidence.deviations), evidence.declared(ORDER)) == ({}, False)


def test_a_break_is_declared_if_its_clause_is() -> None:
    evidence = declared(KNOWN)
    assert evidence.deviations == {ORDER: KNOWN}
    assert evidence.declared(ORDER)
    assert not evidence.declared(ARRIVES)


@pytest.mark.parametrize(
    ("started", "counts"),
    [
        ("2027-03-31T23:59:59+00:00", True),
        ("2027-04-01T00:00:00+00:00", False),
        ("2027-04-01T00:59:59+01:00", True),
        ("2027-03-31T23:30:00-01:00", False),
        ("2027-03-31T23:59:59Z", True),
        ("2027-04-01T00:00:00Z", False),
        ("2027-03-31T23:59:59", True),
        ("2027-04-01T00:00:00", False),
    ],
)
def test_the_day_in_utc_on_which_the_run_started_decides(started: str, counts: bool) -> None:
    evidence = declared(KNOWN, started)
    assert evidence.declared(ORDER) is counts
    assert (ORDER in evidence.expired) is not counts


@pytest.mark.parametrize("years", [-30, 30])
def test_the_day_on_which_a_journal_is_judged_decides_nothing(years: int) -> None:
    """Both the run and the expiry lie on the same side of today."""
    then = datetime.now(UTC).replace(month=6, day=1) + timedelta(days=365 * years)
    for days, counts in ((0, True), (-1, False)):
        evidence = declared(replace(KNOWN, expires=then.date() + timedelta(days)), then.isoformat())
        assert evidence.declared(ORDER) is counts


GARBAGE: dict[str, Any] = {
    "a number": 5,
    "a text": "accept.notifications.order",
    "nothing": {},
    "no date": {**deviations.to_json(KNOWN), "expires": "soon"},
    "a number for a date": {**deviations.to_json(KNOWN), "expires": 5},
    "a number for a clause": {**deviations.to_json(KNOWN), "clause": 5},
    "no reason": {**deviations.to_json(KNOWN), "reason": ""},
    "perhaps": {**deviations.to_json(KNOWN), "intermittent": "perhaps"},
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_a_journal_that_declares_nonsense_is_refused(data: Any) -> None:
    with pytest.raises(JournalError, match=r"^The deviations that the journal declares make no sense: .+\.$"):
        assemble([replace(HEADER, deviations=(data,))])


@pytest.mark.parametrize("started", ["yesterday", "", "0001-01-01T00:00:00+23:59"])
def test_a_journal_that_declares_something_and_started_at_no_time_is_refused(started: str) -> None:
    with pytest.raises(JournalError):
        declared(KNOWN, started)


def test_a_journal_that_declares_nothing_may_have_started_at_no_time() -> None:
    assert declared(None, "yesterday").deviations == {}


def test_members_of_a_newer_suite_are_passed_over() -> None:
    assert deviations.from_json({**deviations.to_json(KNOWN), "mood": "good"}) == KNOWN
