from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from gws_contract.check import Check, shipped
from gws_contract.contract import load
from gws_contract.conversation import Conversation
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.journal import Ended, Footer, Incident, JournalError, JournalWriter, Planned, Record, Stray
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.report import certificate, junit
from gws_contract.report.docket import Docket, judge, judge_evidence, reason, standing
from gws_contract.report.narrative import in_one_sentence, timeline
from gws_contract.report.text import broken as failure
from gws_contract.report.text import summary
from gws_contract.scenario import Say, Scenario, Typing, Visit, to_json
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.malformed import MALFORMED
from gws_contract.verdict import Conclusion, Verdict

from .conversations import (
    BYSTANDER,
    CHAT_ID,
    FOOTER,
    HEADER,
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    Chat,
    evidence_of,
    journal_of,
    never_offered,
    performed,
)
from .dockets import ruling_of

GOOD = performed(PLAIN)
ORDER = "accept.notifications.order"
ARRIVES = "accept.history.arrives"
JOIN_LAST = "accept.history.ends-with-join"
TURNED = GOOD.arriving(*(GOOD.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
LATE_TEXT = GOOD.with_entries(
    lambda entries: [
        *entries[:-2],
        {**entries[-1], "index": 3, "timestamp": entries[-2]["timestamp"]},
        {**entries[-2], "index": 4},
    ]
)
"""Breaks nothing but inferred clauses."""
MISUSED = Scenario("Jo", "Kim", refusals=tuple({each.kind: each for each in MALFORMED}.values()))
"""A wrong request of every kind that is spelled out."""
FLOOR = len(SITUATIONS)


def of_source(source: str, chat: Chat) -> Chat:
    return chat.plus(Planned(chat.number, 0.0, to_json(chat.scenario), source))


@cache
def corpus() -> tuple[Chat, ...]:
    """A good server in every situation, and with the wrong requests: as many chats as every clause needs."""
    situations = [performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)]
    return (*situations, of_source("misuse", performed(MISUSED, number=len(SITUATIONS) + 1)))


@cache
def docket(*chats: Chat, footer: Footer | None = FOOTER, floor: int = 1, **how: Any) -> Docket:
    return judge_evidence(evidence_of(*chats, footer=footer), shipped(), floor=floor, **how)


@cache
def whole(*others: Chat, **how: Any) -> Docket:
    """The corpus and more chats."""
    return docket(*_with_corpus(*others), floor=FLOOR, **how)


def _with_corpus(*others: Chat) -> tuple[Chat, ...]:
    return (*corpus(), *(chat.numbered(number) for number, chat in enumerate(others, len(corpus()) + 1)))


def whole_journal(*others: Chat, footer: Footer = FOOTER) -> tuple[Record, ...]:
    """The journal of the corpus and more chats; its header comes first."""
    return journal_of(*_with_corpus(*others), footer=footer)


def is_accepted(chat: Chat) -> bool:
    """Whether the Accept came about: not where the customer has left before."""
    return any(getattr(record, "step", "") == "accept" for record in chat.records)


def disturbed(number: int) -> Chat:
    """A chat of its own minutes that lost its StatusChange with a broken poll."""
    return performed(PLAIN, number=number, start=100.0 * number).dropping(STATUS).disturbed("poll-broken")


def turned(number: int) -> Chat:
    """A chat in minutes of its own whose participants come first."""
    chat = performed(PLAIN, number=number, start=100.0 * number)
    return chat.arriving(*(chat.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])


def finding(name: str, what: Mapping[int, Exception]) -> Check:
    def judge_(conversation: Conversation) -> None:
        if what.get(conversation.chat) is not None:
            raise what[conversation.chat]

    return Check(name, judge_)


# ---- the docket and its headline ------------------------------------------------------------------------------------


def test_a_server_that_does_what_the_page_says_is_conformant() -> None:
    found = whole()
    assert found.conclusion == Conclusion("conformant", 0)
    assert found.complete
    tested = len(shipped())
    assert found.headline == f"a server: conformant ({tested} of {tested} clauses kept in {FLOOR} chats)"
    assert [r.clause.id for r in found.rulings] == [c.id for c in load().clauses if c.not_tested is None]


def test_a_server_that_was_not_verified_stands_in_the_headline_first() -> None:
    (_, *rest) = whole_journal()
    found = judge_evidence(assemble((replace(HEADER, insecure=True), *rest)), shipped(), floor=FLOOR)
    assert found.headline.startswith(
        "a server: conformant (THE SERVER'S TLS CERTIFICATE WAS NOT VERIFIED (--insecure); "
    )
    assert certificate.certificate(found)["target"]["insecure"] is True


def test_a_broken_clause_stands_in_the_headline() -> None:
    found = whole(TURNED)
    assert found.conclusion == Conclusion("not conformant", 1)
    assert found.headline == f"a server: not conformant (1 clause broken in {FLOOR + 1} chats)"


def test_several_broken_clauses_and_advisory_ones_are_counted_apart() -> None:
    found = whole(TURNED, GOOD.dropping(PEOPLE), LATE_TEXT)
    assert found.headline == f"a server: not conformant (2 clauses broken in {FLOOR + 3} chats; 1 advisory break)"


def test_an_advisory_break_leaves_a_run_conformant_and_stands_in_the_headline() -> None:
    found = whole(LATE_TEXT)
    tested = len(shipped())
    assert found.conclusion == Conclusion("conformant", 0)
    assert (
        found.headline
        == f"a server: conformant ({tested - 1} of {tested} clauses kept in {FLOOR + 1} chats; 1 advisory break)"
    )


def test_strict_makes_an_advisory_break_a_break() -> None:
    found = whole(LATE_TEXT, strict=True)
    assert found.conclusion == Conclusion("not conformant", 1)
    assert found.headline == f"a server: not conformant (1 clause broken in {FLOOR + 1} chats)"


def test_a_run_that_was_cut_off_or_interrupted_says_so() -> None:
    cut = whole(footer=None)
    assert not cut.complete
    assert cut.conclusion == Conclusion("inconclusive", 2)
    assert cut.headline.endswith("; incomplete: the run was cut off)")
    interrupted = whole(footer=replace(FOOTER, ended="interrupted"))
    assert not interrupted.complete
    assert interrupted.headline.endswith(f"clauses kept in {FLOOR} chats; incomplete: interrupted)")


def test_a_break_survives_an_interruption() -> None:
    found = whole(TURNED, footer=replace(FOOTER, ended="interrupted"))
    assert found.conclusion == Conclusion("not conformant", 1)
    assert found.headline == f"a server: not conformant (1 clause broken in {FLOOR + 1} chats; incomplete: interrupted)"


def test_a_crash_of_the_campaign_is_a_harness_error() -> None:
    found = whole(TURNED, footer=replace(FOOTER, ended="harness error"))
    assert found.conclusion == Conclusion("harness error", 3)


def test_too_few_chats_certify_nothing() -> None:
    found = docket(GOOD, floor=2)
    assert found.conclusion.verdict == "inconclusive"
    assert "clauses kept in 1 chat; every clause needs at least 2 chats" in found.headline
    assert docket(*corpus(), floor=FLOOR).conclusion.status == 0
    assert docket(*corpus(), floor=FLOOR + 1).conclusion.status == 2


def test_what_a_run_had_to_do_without_stands_in_the_headline_and_leaves_it_conformant() -> None:
    chats = [
        chat.mapped(
            lambda r: None if getattr(r, "step", "") in ("refusal:without-feature", "refusal:not-offered") else r
        )
        for chat in corpus()
    ]
    chats = [replace(chat, sessions=tuple(s for s in chat.sessions if s.agent == JUDGED)) for chat in chats]
    without = docket(*chats, footer=replace(FOOTER, lacks=("account-without-feature", "second-agent")))
    assert without.conclusion == Conclusion("conformant", 0)
    assert "; no account without the feature was given (GWS_AGENT_WITHOUT_FEATURE)" in without.headline
    assert without.headline.endswith("; only one agent was given (GWS_AGENTS))")
    assert docket(*chats).conclusion.status == 2, "the run had both, and did not use them"


def test_what_lacks_but_was_tested_all_the_same_does_not_stand_in_the_headline() -> None:
    assert "routing" not in whole(footer=replace(FOOTER, lacks=("routing",))).headline


def test_a_run_that_was_asked_about_some_clauses_is_partial() -> None:
    found = docket(GOOD, only=(ORDER, ARRIVES))
    assert found.conclusion == Conclusion("partial", 0)
    assert [r.clause.id for r in found.rulings] == [ARRIVES, ORDER], "in the order of the page"
    assert found.headline == "a server: partial (asked about 2 of the clauses only; 2 of 2 clauses kept in 1 chat)"
    assert ruling_of(found, ORDER).tally.kept == 1
    assert found.ruling("accept.overview.accepts") is None


def test_a_clause_without_a_check_has_no_ruling() -> None:
    found = judge_evidence(evidence_of(GOOD), [c for c in shipped() if c.clause == ORDER], floor=1)
    assert [r.clause.id for r in found.rulings] == [ORDER]


def test_a_server_that_sends_its_history_entry_by_entry_can_be_conformant() -> None:
    def one_by_one(chat: Chat) -> Chat:
        status, people, log = chat.payloads
        return chat.arriving(status, people, *({**log, "messages": [e]} for e in log["messages"]), pause=0.001)

    chats = [one_by_one(chat) if is_accepted(chat) else chat for chat in corpus()]
    assert docket(*chats).conclusion == Conclusion("conformant", 0)


def test_what_the_server_need_not_send_leaves_a_run_conformant() -> None:
    chats = [chat.edited(STATUS, lambda p: p.pop("referenceId")) if is_accepted(chat) else chat for chat in corpus()]
    found = docket(*chats)
    ruling = ruling_of(found, "accept.status-change.reference-id")
    assert ruling.tally.verdict is Verdict.NOT_TESTABLE
    assert standing(ruling, ()).lacks_something_optional
    assert not standing(ruling_of(found, ORDER), ()).lacks_something_optional
    assert found.conclusion.status == 0


def test_a_journal_is_judged_as_it_was_written(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.ndjson")
    number = len(corpus()) + 1
    for record in journal_of(*corpus(), TURNED.numbered(number)):
        writer.write(record)
    writer.close()
    read_again = judge(writer.path, shipped(), floor=FLOOR)
    in_memory = whole(TURNED)
    assert [r.tally for r in read_again.rulings] == [r.tally for r in in_memory.rulings]
    assert read_again.headline == in_memory.headline


def test_a_journal_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        judge(tmp_path / "missing.ndjson", shipped(), floor=1)


# ---- what was declared ----------------------------------------------------------------------------------------------

DAY = timedelta(days=1)
STARTED = date(2026, 1, 2)
KNOWN = Deviation(ORDER, "The participants come first\nuntil release 9.", "GWS-1234", STARTED)
WORDS = "The participants come first until release 9. (GWS-1234, until 2026-01-02)"


@cache
def declaring(deviation: Deviation, *others: Chat, **how: Any) -> Docket:
    """The corpus and more chats, judged with one declared deviation."""
    header = replace(HEADER, deviations=(to_data(deviation),))
    return judge_evidence(assemble((header, *whole_journal(*others)[1:])), shipped(), **{"floor": FLOOR, **how})


def test_a_declared_break_leaves_a_run_conformant_and_is_counted_in_the_headline() -> None:
    found = declaring(KNOWN, TURNED)
    tested = len(shipped())
    assert found.conclusion == Conclusion("conformant", 0)
    assert ruling_of(found, ORDER).tally.verdict is Verdict.DEVIATION
    assert found.headline == (
        f"a server: conformant ({tested - 1} of {tested} clauses kept in {FLOOR + 1} chats; 1 declared deviation)"
    )


def test_a_declared_break_leaves_an_undeclared_one_what_it_is() -> None:
    found = declaring(KNOWN, TURNED, GOOD.dropping(PEOPLE))
    assert found.conclusion == Conclusion("not conformant", 1)
    assert found.headline == (f"a server: not conformant (1 clause broken in {FLOOR + 2} chats; 1 declared deviation)")


def test_what_is_kept_again_is_out_of_date() -> None:
    found = declaring(KNOWN)
    tested = len(shipped())
    assert found.conclusion == Conclusion("deviations out of date", 4)
    assert found.headline == (
        f"a server: deviations out of date ({tested} of {tested} clauses kept in {FLOOR} chats;"
        f" deviations file out of date: {ORDER} is kept)"
    )


@pytest.mark.parametrize(("days", "status"), [(0, 0), (1, 1)])
def test_a_declaration_counts_on_its_last_day_and_no_longer(days: int, status: int) -> None:
    found = declaring(replace(KNOWN, expires=STARTED - days * DAY), TURNED)
    assert found.conclusion.status == status
    assert (f"expired: the deviation from {ORDER}" in found.headline) is (status == 1)


def test_an_expired_declaration_is_not_out_of_date() -> None:
    found = declaring(replace(KNOWN, expires=STARTED - DAY))
    assert found.conclusion == Conclusion("conformant", 0)
    assert found.headline.endswith(f"; expired: the deviation from {ORDER})")


def test_what_comes_and_goes_may_be_kept() -> None:
    assert declaring(replace(KNOWN, intermittent=True)).conclusion == Conclusion("conformant", 0)


@pytest.mark.parametrize(
    "how", [{"floor": FLOOR + 1}, {"given": True}, {"only": (ARRIVES,)}], ids=["too few", "given", "not asked for"]
)
def test_what_a_run_could_not_know_is_not_out_of_date(how: dict[str, Any]) -> None:
    found = declaring(KNOWN, **how)
    assert found.stale == frozenset()
    assert found.conclusion.status != 4


def test_a_run_that_was_asked_about_the_declared_clause_knows_that_it_is_out_of_date() -> None:
    assert declaring(KNOWN, only=(ORDER,)).conclusion == Conclusion("partial", 4)


def test_in_an_incomplete_run_nothing_is_out_of_date() -> None:
    header = replace(HEADER, deviations=(to_data(KNOWN),))
    records = whole_journal(footer=replace(FOOTER, ended="interrupted"))
    found = judge_evidence(assemble((header, *records[1:])), shipped(), floor=FLOOR)
    assert (found.conclusion.status, found.stale) == (2, frozenset())


def test_many_clauses_out_of_date_are_not_all_named_in_the_headline() -> None:
    names = [clause.id for clause in load().clauses if clause.not_tested is None][:5]
    found = judge_evidence(
        assemble(
            (replace(HEADER, deviations=tuple(to_data(replace(KNOWN, clause=n)) for n in names)), *whole_journal()[1:])
        ),
        shipped(),
        floor=FLOOR,
    )
    assert f"out of date: {', '.join(names[:3])} and 2 more are kept" in found.headline


def test_the_summary_shows_a_declared_break_in_short() -> None:
    text = summary(declaring(KNOWN, TURNED, again="gws-contract certify --mock --scenario out/"))
    counted = sum(map(is_accepted, corpus()[:FLOOR])) + 1
    head, *block = text.partition("DEVIATION ")[2].partition("\n\n")[0].splitlines()
    assert head.split() == [ORDER, "(shown)", "in", "1", "of", str(counted), "chats"]
    assert block == [
        f"  declared: {WORDS}",
        "  Documented: StatusChange, ParticipantsUpdated, NewMessages",
        "  Received:   ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)",
        f"  chat {len(corpus()) + 1} of the journal",
        f"  again: gws-contract certify --mock --scenario out/{ORDER}.json",
    ]
    assert "BROKEN" not in text


def test_the_summary_says_what_is_out_of_date_and_what_to_do() -> None:
    assert (
        "\ndeviations file out of date:\n"
        f"  {ORDER} (shown): it is kept; remove its entry, or let it say intermittent = true: {WORDS}\n"
    ) in summary(declaring(KNOWN))


def test_the_summary_says_what_expired() -> None:
    over = replace(KNOWN, expires=STARTED - DAY)
    assert f"\ndeviations expired:\n  {ORDER}: {over}\n" in summary(declaring(over, TURNED))


def test_a_certificate_lists_what_was_declared_and_shows_it_with_its_clause() -> None:
    found = certificate.certificate(declaring(replace(KNOWN, intermittent=True), TURNED))
    entry = {
        "clause": ORDER,
        "reason": KNOWN.reason,
        "ticket": "GWS-1234",
        "expires": "2026-01-02",
        "intermittent": True,
        "expired": False,
        "stale": False,
    }
    rows = {row["id"]: row for row in found["clauses"]}
    assert found["deviations"] == [entry]
    assert (rows[ORDER]["verdict"], rows[ORDER]["deviation"]) == ("deviation", entry)
    assert rows[ORDER]["first_counter_example"]["received"].startswith("ParticipantsUpdated")
    assert {row["deviation"] for row in rows.values() if row["id"] != ORDER} == {None}


@pytest.mark.parametrize(
    ("deviation", "expired", "stale"),
    [(KNOWN, False, True), (replace(KNOWN, expires=STARTED - DAY), True, False)],
    ids=["out of date", "expired"],
)
def test_a_certificate_says_what_became_of_a_declaration(deviation: Deviation, expired: bool, stale: bool) -> None:
    (entry,) = certificate.certificate(declaring(deviation))["deviations"]
    assert (entry["expired"], entry["stale"]) == (expired, stale)


# ---- why it is open -------------------------------------------------------------------------------------------------


def test_why_a_clause_is_not_testable_is_said_in_one_line() -> None:
    found = docket(GOOD)
    assert reason(ruling_of(found, "accept.refused.unknown-chat"), found) == "not tried in this chat"
    assert reason(ruling_of(found, ORDER), found) == "", "it is kept"


def test_of_something_optional_that_lacks_it_is_said_what() -> None:
    found = docket(GOOD, footer=replace(FOOTER, lacks=("account-without-feature",)))
    words = reason(ruling_of(found, "accept.feature.required"), found)
    assert words == "no account without the feature was given (GWS_AGENT_WITHOUT_FEATURE)"


def test_without_any_chat_that_is_the_reason() -> None:
    found = docket(never_offered(), floor=0)
    empty = judge_evidence(replace(found.evidence, conversations=()), shipped(), floor=0)
    assert {reason(ruling, empty) for ruling in empty.rulings} == {"no chat was performed"}


@pytest.mark.parametrize(
    ("what", "words"),
    [(Hidden("the Accept was not answered"), "the Accept was not answered"), (KeyError("x"), "KeyError: 'x'")],
)
def test_the_reason_belongs_to_the_verdict(what: Hidden | KeyError, words: str) -> None:
    chats = [performed(PLAIN, number=n) for n in range(1, 6)]
    checks = [
        finding(ORDER, {1: NotTestable("quiet"), 2: NotTestable("quiet"), 3: NotTestable("quiet"), 4: what, 5: what})
    ]
    found = judge_evidence(evidence_of(*chats), checks, floor=1)
    assert found.rulings[0].tally.verdict in (Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR)
    assert reason(found.rulings[0], found) == words


# ---- a failure on a terminal ----------------------------------------------------------------------------------------


def test_a_failure_names_the_clause_first_then_quotes_the_page_then_documented_and_received() -> None:
    lines = failure(ruling_of(whole(TURNED), ORDER)).splitlines()
    counted = sum(map(is_accepted, corpus()[:FLOOR])) + 1
    assert lines[0].split() == ["BROKEN", ORDER, "(shown)", "in", "1", "of", str(counted), "chats"]
    assert lines[2:5] == [
        "  Accept, section Notification:",
        '    "Here are the list of notifications received after accepting a chat"',
        f"  judged: {load().clause(ORDER).says}",
    ]
    assert lines[6] == "  Documented: StatusChange, ParticipantsUpdated, NewMessages"
    assert lines[7] == ("  Received:   ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)")
    assert lines[9].startswith(
        '  smallest chat that shows it: customer "PersonP" says "Hello World", "Is anybody there?"; '
    )
    assert lines[-1] == f"  chat {len(corpus()) + 1} of the journal; check: gws-contract explain {ORDER}"


def test_a_failure_shows_the_wire_of_its_smallest_chat() -> None:
    text = failure(ruling_of(docket(TURNED), ORDER))
    assert (
        '       0.000  -> POST /api/v2/me/chats/0000Na9B26EF002X  {"operationName": "Accept", "nickname": "Marat"}'
        in text
    )
    assert '       0.030  <- 200 {"statusCode": 0}' in text
    assert "       0.010  <- /v2/me/chats  ParticipantsUpdated Chatting   poll 107 [0]" in text
    assert "       0.020  <- /v2/me/chats  NewMessages   poll 108 [2]" in text


def test_the_failure_of_a_linked_clause_says_what_the_other_page_says() -> None:
    chat = performed(replace(PLAIN, refusals=("unknown-chat",))).answered(
        "refusal:unknown-chat", {"statusCode": 0}, status=200
    )
    text = failure(ruling_of(docket(chat), "accept.refused.unknown-chat"))
    assert "\n    and the page Return Values: 6: resource not found\n" in text


def test_a_quote_of_several_lines_is_indented_as_one() -> None:
    text = failure(ruling_of(docket(GOOD.answered("accept", "OK")), "accept.response.json"))
    assert '    "{\n    "statusCode": 0\n    }"\n' in text


@pytest.mark.parametrize(
    ("chats", "clause", "label"),
    [
        ([TURNED], ORDER, "(shown)"),
        ([LATE_TEXT], JOIN_LAST, "(inferred)"),
        ([performed(Scenario("P  P", "A")).dropping(LOG)], ARRIVES, "(stated, advisory)"),
        (
            [performed(Scenario("P  P", "A 👍")).with_people(lambda p: [*p, p[0]])],
            "accept.participants.distinct",
            "(inferred)",
        ),
    ],
)
def test_the_strength_of_a_broken_clause_is_named_and_an_advisory_break_too(
    chats: list[Chat], clause: str, label: str
) -> None:
    assert label in failure(ruling_of(docket(*chats), clause)).splitlines()[0]


def test_a_break_in_an_exotic_chat_says_so() -> None:
    exotic = failure(ruling_of(docket(performed(Scenario("P  P", "A")).dropping(LOG)), ARRIVES))
    ordinary = failure(ruling_of(docket(GOOD.dropping(LOG)), ARRIVES))
    note = "  (an exotic chat: names or texts that no vendor promised)"
    assert note in exotic.splitlines()
    assert note not in ordinary.splitlines()


def test_a_failure_ends_with_the_command_that_performs_its_chat_again() -> None:
    lines = failure(
        ruling_of(docket(TURNED), ORDER), "gws-contract certify --mock --scenario out/scenarios/"
    ).splitlines()
    assert lines[-1] == f"  again: gws-contract certify --mock --scenario out/scenarios/{ORDER}.json"


def test_without_a_command_nothing_is_said_of_performing_it_again() -> None:
    assert "again:" not in failure(ruling_of(docket(TURNED), ORDER))


def test_a_break_that_does_not_come_back_is_called_intermittent_with_its_odds() -> None:
    once_more = [of_source("shrink", performed(PLAIN, number=n, start=100.0 * n)) for n in (2, 3, 4)]
    text = failure(ruling_of(docket(TURNED, *once_more), ORDER))
    assert "  intermittent: it does not always come back (the same chat once more: 1 of 4)" in text.splitlines()


def test_a_break_that_comes_back_is_not_called_intermittent() -> None:
    again = of_source("shrink", turned(2))
    assert "intermittent" not in failure(ruling_of(docket(TURNED, again), ORDER))


def test_how_often_it_broke_is_said_of_the_drawn_chats_alone() -> None:
    smaller = of_source("shrink", turned(3))
    found = docket(TURNED, performed(PLAIN, number=2, start=200.0), smaller)
    assert failure(ruling_of(found, ORDER)).splitlines()[0].endswith("  in 1 of 2 chats")


def test_a_break_that_no_drawn_chat_showed_names_the_chats_that_did() -> None:
    found = docket(GOOD, *(of_source(source, turned(n)) for n, source in ((2, "machine"), (3, "stored"))))
    assert (
        failure(ruling_of(found, ORDER))
        .splitlines()[0]
        .endswith("  in 1 of 1 chats (machine), in 1 of 1 chats (stored)")
    )


def test_a_failure_without_an_example_still_quotes_the_page() -> None:
    ruling = replace(ruling_of(docket(TURNED), ORDER), example=None)
    assert failure(ruling).splitlines()[-1] == f"  judged: {load().clause(ORDER).says}"


# ---- the summary ----------------------------------------------------------------------------------------------------


def test_the_summary_begins_with_the_run_and_ends_with_the_headline() -> None:
    found = whole()
    lines = summary(found).splitlines()
    assert lines[0] == (
        "gws-contract 1.2.3: Accept against a server 8.5.202.96; depth quick, seed 7, return values of 8.5.2"
    )
    assert lines[-2] == f"clauses: {len(shipped())} kept"
    assert lines[-1] == found.headline
    assert lines[-3] == f"chats: {FLOOR} drawn, 1 with wrong requests"
    assert len(lines) == 5, "of a good run nothing more is said"


def test_the_summary_holds_every_failure_and_every_open_clause() -> None:
    silent = performed(PLAIN, number=3, start=400.0).dropping(LOG)
    found = docket(TURNED, disturbed(2), silent)
    text = summary(found)
    failures = [r for r in found.rulings if r.tally.verdict is Verdict.BROKEN]
    assert [r.clause.id for r in failures] == [ARRIVES, ORDER]
    assert all(failure(ruling) in text for ruling in failures)
    assert "\nnot testable:\n" in text
    assert "  accept.overview.reject (stated): no offer was rejected in this chat\n" in text
    counts = Counter(r.tally.verdict.value for r in found.rulings)
    assert f"clauses: {counts['kept']} kept, 2 broken" in text


def test_inconclusive_clauses_and_errors_of_ours_have_their_own_headings() -> None:
    checks = [finding(ORDER, {1: Hidden("reset")}), finding(ARRIVES, {1: KeyError("x")})]
    text = summary(judge_evidence(evidence_of(GOOD), checks, floor=1))
    assert f"harness error:\n  {ARRIVES} (stated): KeyError: 'x'\n" in text
    assert f"inconclusive:\n  {ORDER} (shown): reset\n" in text
    assert "\nclauses: 1 inconclusive, 1 harness error\n" in text


def test_many_clauses_that_are_open_for_one_reason_are_one_line() -> None:
    text = summary(docket(never_offered()))
    assert "the chat was never offered to an agent" in text
    assert any(line.startswith("  ") and " clauses, from accept." in line for line in text.splitlines())
    assert len(text.splitlines()) < 40


def test_a_run_that_was_not_ready_has_a_headline_and_no_list_of_open_clauses() -> None:
    found = docket(never_offered(), footer=Footer(1.0, "not ready", 0))
    assert summary(found).splitlines()[1:] == [found.headline]


def test_a_server_that_does_not_tell_its_version_is_named_without() -> None:
    evidence = evidence_of(GOOD)
    unknown = replace(evidence, header=replace(evidence.header, target_version=None))
    first = summary(judge_evidence(unknown, shipped(), floor=1)).splitlines()[0]
    assert first.startswith("gws-contract 1.2.3: Accept against a server; ")


def test_the_summary_counts_the_chats_by_where_they_came_from() -> None:
    names = ("stored", "misuse", "companion", "machine", "shrink", "given")
    chats = [of_source(name, performed(PLAIN, number=n, start=100.0 * n)) for n, name in enumerate(names, 2)]
    assert "\nchats: 1 drawn, 1 that broke something before, 1 with wrong requests, 1 as company" in summary(
        docket(GOOD, *chats)
    )


def test_the_summary_says_where_kept_scenarios_came_from() -> None:
    evidence = evidence_of(GOOD)
    kept = replace(evidence, header=replace(evidence.header, scenarios="0123456789abcdef"))
    first = summary(judge_evidence(kept, shipped(), floor=1)).splitlines()[0]
    assert "; depth quick, scenarios 0123456789ab, return values" in first


def test_every_failure_of_the_summary_has_its_command() -> None:
    found = docket(TURNED, again="gws-contract certify --mock --scenario out/scenarios/")
    assert f"\n  again: gws-contract certify --mock --scenario out/scenarios/{ORDER}.json\n" in summary(found)


def test_a_run_of_given_scenarios_is_partial_and_says_what_was_asked() -> None:
    found = docket(GOOD, given=True)
    assert found.conclusion == Conclusion("partial", 0)
    assert found.headline.endswith("; only what these chats bring about was asked)")


@pytest.mark.parametrize("how", ["cut short", "not offered", "not offered again"])
def test_a_given_chat_that_did_not_come_to_its_end_is_no_answer(how: str) -> None:
    """Where the scenario that broke something is performed again, an exit status of 0 would say that it is mended."""
    lost = GOOD.mapped(lambda r: replace(r, how=how) if isinstance(r, Ended) else r)
    found = docket(lost, given=True)
    assert found.conclusion == Conclusion("partial", 2)
    assert found.headline.endswith("; only what these chats bring about was asked; 1 chat did not come to an end)")


def test_the_broken_clauses_come_with_their_smallest_chats() -> None:
    assert docket(TURNED, performed(PLAIN, number=2, start=200.0)).broken == {ORDER: PLAIN}
    assert docket(GOOD).broken == {}


def test_a_run_of_no_clauses_says_so() -> None:
    assert "clauses: none" in summary(judge_evidence(evidence_of(GOOD), [], floor=1))


@pytest.mark.parametrize(
    ("footer", "trouble"),
    [
        (FOOTER, None),
        (None, None),
        (replace(FOOTER, ended="time limit", detail=""), "time limit"),
        (replace(FOOTER, ended="too much data", detail="It sent too much."), "too much data: It sent too much."),
    ],
)
def test_the_summary_says_what_kept_a_run_from_its_end(footer: Footer | None, trouble: str | None) -> None:
    found = docket(GOOD, footer=footer)
    assert found.trouble == trouble
    assert trouble is None or f"\n{trouble}\n" in summary(found)
    assert found.begun


@pytest.mark.parametrize("ended", ["not ready", "time limit"])
def test_of_a_run_that_came_to_no_chat_nothing_is_told_of_the_clauses(ended: str) -> None:
    footer = replace(FOOTER, ended=ended, detail="It hangs.\x1b[2J")
    empty = judge_evidence(replace(evidence_of(GOOD, footer=footer), conversations=()), shipped(), floor=1)
    assert not empty.begun
    assert "not testable" not in summary(empty)
    assert "\x1b" not in summary(empty)


def test_where_something_is_inconclusive_the_disturbances_are_told_by_kind() -> None:
    lost = GOOD.dropping("StatusChange").disturbed("too-large").disturbed("poll-broken").disturbed("poll-broken")
    said = summary(docket(lost))
    assert "\ndisturbances of CometD sessions:\n" in said
    assert re.search(r"\n  2 poll-broken: .", said)
    assert "disturbances" not in summary(docket(GOOD.disturbed("multiple-clients")))


# ---- narrative ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario("0", "0"), 'customer "0" says nothing; agent accepts as "0"'),
        (
            Scenario("PersonP", "Marat", (Visit("leave", "Lee"), Typing("started"), Say("Hello"))),
            'customer "PersonP" says "Hello" and types; "Lee" accepts and parts (leave); agent accepts as "Marat"',
        ),
        (
            Scenario("P", "A", tuple(Say(t) for t in "abcde")),
            'customer "P" says "a", "b", "c" and 2 more; agent accepts as "A"',
        ),
        (
            Scenario("P", "A", tuple(Say(t) for t in "abcd")),
            'customer "P" says "a", "b", "c", "d"; agent accepts as "A"',
        ),
        (
            Scenario("P", "A", (Visit("reject"), Visit("transfer", "L")), refusals=("wrong-case", "unknown-chat")),
            (
                'customer "P" says nothing; an agent rejects; "L" accepts and parts (transfer);'
                ' refused are tried: wrong-case, unknown-chat; agent accepts as "A"'
            ),
        ),
        (
            Scenario("P", "A", beside="same-agent"),
            'customer "P" says nothing; agent accepts as "A", beside another chat of the same agent',
        ),
        (
            Scenario("a\nb\u202e", "n" * 41),
            f'customer "a\\u000ab\\u202e" says nothing; agent accepts as "{"n" * 37}..."',
        ),
        (Scenario("\ud83d", "n" * 40), f'customer "\\ud83d" says nothing; agent accepts as "{"n" * 40}"'),
    ],
)
def test_a_scenario_is_one_sentence(scenario: Scenario, words: str) -> None:
    assert in_one_sentence(scenario) == words


def moments(chat: Chat) -> list[tuple[float, str]]:
    return [(round(m.at, 3), m.text) for m in timeline(chat.conversation)]


def test_a_timeline_counts_from_the_accept_and_begins_with_the_last_invitation() -> None:
    lines = moments(performed(Scenario("P", "A", (Visit("leave", "L"), Say("Hi")), refusals=("wrong-case",))))
    assert lines[0] == (-0.2, "<- /v2/me/chats  StatusChange Invited   poll 6 [0]")
    assert lines[1][1].startswith("-> POST /api/v2/me/chats/")
    assert lines[2] == (-0.07, '<- 403 {"statusCode": 3, "statusMessage": "Operation forbidden"}')
    assert lines[3][0] == 0.0
    assert [at for at, _ in lines] == sorted(at for at, _ in lines)


def test_a_timeline_names_the_customer_other_agents_and_answers_that_carried_a_notification() -> None:
    chat = GOOD.later(GOOD.payloads[1], 0.05, agent=BYSTANDER, link="command", poll=3)
    lines = moments(chat)
    assert (0.05, f"<- /v2/me/chats to {BYSTANDER}  ParticipantsUpdated Chatting   answer 3 [0]") in lines
    assert any(text == f"-> customer: GET /api/v2/chats/{CHAT_ID}" for _, text in lines)


def test_a_timeline_shows_what_disturbed_the_session_and_what_was_not_answered() -> None:
    lines = moments(GOOD.disturbed("poll-broken").answered("accept", failure="the connection was reset"))
    assert (0.05, "!! poll-broken on the CometD session of agent1: as the test says") in lines
    assert (0.03, "<- the connection was reset") in lines


@pytest.mark.parametrize(("after", "shown"), [(-0.01, False), (0.0, True), (60.0, True), (60.1, False)])
def test_a_disturbance_is_shown_if_it_came_within_a_minute_of_the_accept(after: float, shown: bool) -> None:
    assert any("!! " in text for _, text in moments(GOOD.disturbed("poll-broken", after))) is shown


def test_a_body_is_shown_in_one_line_and_cut() -> None:
    lines = moments(GOOD.answered("accept", '{\n  "statusCode": 0,\n  "x": "' + "y" * 200 + '"\n}'))
    (answer,) = [text for _, text in lines if text.startswith('<- 200 { "statusCode": 0, "x": "yyy')]
    assert len(answer) == len("<- 200 ") + 100
    assert answer.endswith("...")


def test_a_chat_without_an_accept_counts_from_its_first_request() -> None:
    chat = never_offered()
    assert moments(chat)[0] == (0.0, f'-> customer: POST /api/v2/chats/{CHAT_ID}  {{"operationName": "RequestChat"}}')
    assert moments(replace(chat, records=())) == []


def test_a_short_timeline_is_whole() -> None:
    assert not any("more lines" in text for _, text in moments(GOOD))


def test_a_long_timeline_says_how_many_lines_are_left_out() -> None:
    short = GOOD.horizonless()
    everything = len(moments(short))
    more = 24 - everything + 5
    long = short
    for n in range(more):
        long = long.later(GOOD.payloads[2], 1 + n / 10)
    lines = moments(long)
    assert len(lines) <= 24
    assert lines[-1][1] == f"... {everything + more - (len(lines) - 1)} more lines in the journal"


def test_a_long_timeline_is_cut_to_24_lines() -> None:
    long = GOOD
    for n in range(40):
        long = long.later(GOOD.payloads[2], 1 + n / 10)
    lines = moments(long)
    assert len(lines) == 24
    assert lines[-1][1].endswith(" more lines in the journal")


# ---- the certificate ------------------------------------------------------------------------------------------------


@cache
def dockets() -> dict[str, Docket]:
    checks = [finding(ORDER, {1: KeyError("x")}), finding(ARRIVES, {1: Hidden("x")})]
    return {
        "conformant": whole(),
        "broken": whole(TURNED),
        "advisory": whole(LATE_TEXT),
        "exotic": docket(performed(Scenario("P\x00\ud83d", "A")).dropping(LOG)),
        "cut off": whole(footer=None),
        "partial": docket(GOOD, only=(ORDER,)),
        "never offered": docket(never_offered(), footer=replace(FOOTER, lacks=("routing",))),
        "given": docket(TURNED, of_source("shrink", turned(2)), given=True, again="gws-contract certify --scenario "),
        "harness error": judge_evidence(evidence_of(GOOD), checks, floor=1),
        "deviation": declaring(KNOWN, TURNED),
        "out of date": declaring(KNOWN),
        "expired": declaring(replace(KNOWN, expires=STARTED - DAY), TURNED),
    }


@pytest.mark.parametrize("name", dockets())
def test_a_certificate_has_the_form_of_its_schema(name: str) -> None:
    jsonschema.Draft202012Validator(certificate.schema()).validate(certificate.certificate(dockets()[name]))


def test_the_same_journal_gives_the_same_certificate_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "other"):
        certificate.write(whole(TURNED), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").read_bytes().isascii()
    assert json.loads((tmp_path / "one").read_text()) == certificate.certificate(whole(TURNED))


def test_a_certificate_can_hold_any_name(tmp_path: Path) -> None:
    exotic = docket(performed(Scenario("P\x00\ud83d", "A")).dropping(LOG))
    certificate.write(exotic, tmp_path / "certificate.json")
    (row,) = [
        r for r in json.loads((tmp_path / "certificate.json").read_text("ascii"))["clauses"] if r["id"] == ARRIVES
    ]
    assert row["first_counter_example"]["scenario"]["customer"] == "P\x00\ud83d"
    assert row["first_counter_example"]["exotic"] is True
    assert row["advisory"] is True


def test_a_certificate_says_what_was_judged_against_what_and_how() -> None:
    stray = Stray(JUDGED, 1.0, "/v2/me/chats", ("x",), None, 10, "00")
    found = docket(
        GOOD.plus(stray, stray, Incident(JUDGED, 1, 0.5, "poll-broken", "")), replace(never_offered(), number=2)
    )
    data = certificate.certificate(found)
    assert (data["verdict"], data["exit_status"]) == (found.conclusion.verdict, found.conclusion.status)
    assert data["headline"] == found.headline
    assert data["contract"]["digest"] == load().digest
    target = {"name": "a server", "version": "8.5.202.96", "return_values": "8.5.2", "insecure": False}
    assert data["target"] == target
    assert (data["seed"], data["depth"], data["deadline"], data["quiet_period"]) == (7, "quick", 10.0, 2.0)
    assert (data["seconds"], data["ended"], data["lacks"]) == (60.0, "complete", [])
    counts = data["counts"]
    assert {name: counts[name] for name in ("chats", "misuse", "machine", "shrink", "floor", "accepted")} == {
        "chats": 2,
        "misuse": 0,
        "machine": 0,
        "shrink": 0,
        "floor": 1,
        "accepted": 1,
    }
    assert (counts["strays"], counts["incidents"], counts["deliveries"]) == (2, 1, len(GOOD.conversation.notifications))
    assert sum(counts[v.value.replace(" ", "_")] for v in Verdict) == len(found.rulings)


def test_a_run_that_was_cut_off_has_no_length() -> None:
    data = certificate.certificate(docket(GOOD, footer=None))
    assert (data["seconds"], data["ended"]) == (None, "cut off")


def test_every_row_of_the_page_stands_on_the_certificate_in_its_order() -> None:
    data = certificate.certificate(docket(TURNED, only=(ORDER,)))
    assert [row["id"] for row in data["clauses"]] == [clause.id for clause in load().clauses]
    rows = {row["id"]: row for row in data["clauses"]}
    assert (rows[ORDER]["verdict"], rows[ORDER]["broken"], rows[ORDER]["tested"]) == ("broken", 1, True)
    assert rows[ORDER]["reason"] == ""
    assert rows[ARRIVES]["reason"] == "not asked for in this run"
    assert not rows[ARRIVES]["tested"]
    assert rows["accept.page.title"]["reason"] == load().clause("accept.page.title").not_tested


def test_a_broken_clause_has_its_counter_example_and_no_other_has_one() -> None:
    data = certificate.certificate(docket(TURNED))
    examples = {row["id"]: row["first_counter_example"] for row in data["clauses"] if row["first_counter_example"]}
    assert set(examples) == {ORDER}
    example = examples[ORDER]
    assert example["documented"] == "StatusChange, ParticipantsUpdated, NewMessages"
    assert example["summary"] == in_one_sentence(PLAIN)
    assert [line["text"] for line in example["timeline"]] == [m.text for m in timeline(TURNED.conversation)]
    assert example["exotic"] is False
    assert example["scenario"] == to_json(PLAIN)
    assert example["replay"] == f"scenarios/{ORDER}.json"


def test_a_certificate_says_how_often_it_broke_by_source_and_whether_it_comes_back() -> None:
    once_more = [of_source("shrink", performed(PLAIN, number=n, start=100.0 * n)) for n in (2, 3, 4)]
    row = next(r for r in certificate.certificate(docket(TURNED, *once_more))["clauses"] if r["id"] == ORDER)
    assert row["by_source"] == {"drawn": {"broken": 1, "chats": 1}, "shrink": {"broken": 0, "chats": 3}}
    assert (row["intermittent"], row["repeated"]) == (True, {"broken": 1, "chats": 4})


# ---- JUnit ----------------------------------------------------------------------------------------------------------


def written(found: Docket, tmp_path: Path) -> ET.Element:
    junit.write(found, tmp_path / "junit.xml")
    return part(ET.parse(tmp_path / "junit.xml").getroot(), "testsuite")


def part(element: ET.Element, path: str) -> ET.Element:
    """What lies there in an element, which must be there."""
    found = element.find(path)
    assert found is not None
    return found


def properties(element: ET.Element) -> dict[str | None, str | None]:
    return {p.get("name"): p.get("value") for p in part(element, "properties")}


def test_junit_counts_what_it_holds(tmp_path: Path) -> None:
    found = docket(TURNED, disturbed(2), disturbed(3))
    suite = written(found, tmp_path)
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases) == len(found.rulings)
    for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[counted]) == len(suite.findall(f"testcase/{tag}")) > 0
    assert suite.get("timestamp") == "2026-01-02T03:04:05+00:00"
    assert properties(suite) == {"verdict": found.conclusion.verdict, "headline": found.headline}
    assert [case.get("name") for case in cases] == [r.clause.id for r in found.rulings]


def test_a_failure_in_junit_is_the_text_of_the_terminal(tmp_path: Path) -> None:
    found = docket(TURNED)
    (case,) = written(found, tmp_path).findall(f"testcase[@name='{ORDER}']")
    element = part(case, "failure")
    assert element.text == failure(ruling_of(found, ORDER))
    assert "again: " not in (element.text or "")
    assert element.get("message") == (
        "Documented: StatusChange, ParticipantsUpdated, NewMessages."
        " Received: ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)."
    )
    assert case.get("classname") == "accept.notification"
    facts = properties(case)
    assert facts == {
        "clause": ORDER,
        "strength": "shown",
        "verdict": "broken",
        "advisory": "false",
        "quote": "Here are the list of notifications received after accepting a chat",
        "kept": "0",
        "broken": "1",
        "inconclusive": "0",
        "not_testable": "0",
    }


def test_a_failure_in_junit_holds_the_command_that_performs_its_chat_again(tmp_path: Path) -> None:
    found = docket(TURNED, again="gws-contract certify --mock --scenario out/scenarios/")
    (case,) = written(found, tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert (part(case, "failure").text or "").endswith(f"--scenario out/scenarios/{ORDER}.json")


def test_junit_says_how_long_the_run_took_and_of_no_case_nothing(tmp_path: Path) -> None:
    """Some readers make nonsense of a time that is not there."""
    suite = written(docket(GOOD, footer=Footer(12.3456, "complete", 1)), tmp_path)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.get("time") == suite.get("time") == "12.346"
    assert {case.get("time") for case in suite.iter("testcase")} == {"0.000"}
    assert [root.get(name) for name in ("tests", "failures", "errors")] == [
        suite.get(name) for name in ("tests", "failures", "errors")
    ]
    assert written(docket(GOOD, footer=None), tmp_path).get("time") == "0.000"


def test_junit_has_the_attributes_of_xunit1_and_no_host_name(tmp_path: Path) -> None:
    suite = written(whole(TURNED), tmp_path)
    assert {*suite.keys()} == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
    assert {name for case in suite.iter("testcase") for name in case.keys()} == {"classname", "name", "time"}  # noqa: SIM118
    order = ["properties", "skipped", "failure", "error", "system-out"]
    for case in suite.iter("testcase"):
        places = [order.index(element.tag) for element in case]
        assert places == sorted(set(places))


@pytest.mark.parametrize(("strict", "tags"), [(False, ["properties", "system-out"]), (True, ["properties", "failure"])])
def test_an_advisory_break_passes_with_a_property_unless_the_run_is_strict(
    tmp_path: Path, strict: bool, tags: list[str]
) -> None:
    (case,) = written(docket(LATE_TEXT, strict=strict), tmp_path).findall(f"testcase[@name='{JOIN_LAST}']")
    assert [element.tag for element in case] == tags
    assert (properties(case)["verdict"], properties(case)["advisory"]) == ("broken", "true")


def test_a_clause_that_is_not_testable_is_skipped_with_its_reason(tmp_path: Path) -> None:
    (case,) = written(docket(GOOD), tmp_path).findall("testcase[@name='accept.overview.reject']")
    assert part(case, "skipped").get("message") == "not testable: no offer was rejected in this chat"
    assert part(case, "skipped").get("type") == "not testable"


def test_a_declared_deviation_is_skipped_under_its_own_label_with_what_was_declared(tmp_path: Path) -> None:
    (case,) = written(declaring(KNOWN, TURNED), tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert part(case, "skipped").get("message") == f"deviation: {KNOWN}"
    assert part(case, "skipped").get("type") == "deviation"
    assert properties(case)["deviation"] == str(KNOWN)
    assert "Received:   ParticipantsUpdated" in (part(case, "system-out").text or "")


def test_what_is_out_of_date_is_an_error_under_a_label_of_its_own(tmp_path: Path) -> None:
    suite = written(declaring(KNOWN), tmp_path)
    (case,) = suite.findall(f"testcase[@name='{ORDER}']")
    assert suite.get("errors") == "1"
    assert part(case, "error").get("type") == "deviations file out of date"
    assert part(case, "error").get("message") == (
        f"deviations file out of date: it is kept; remove its entry, or let it say intermittent = true: {KNOWN}"
    )


def test_a_declaration_that_expired_leaves_a_failure_and_stands_beside_it(tmp_path: Path) -> None:
    over = replace(KNOWN, expires=STARTED - DAY)
    (case,) = written(declaring(over, TURNED), tmp_path).findall(f"testcase[@name='{ORDER}']")
    assert case.find("failure") is not None
    assert properties(case)["deviation"] == f"{over}, expired"


@pytest.mark.parametrize("found", [Hidden("reset"), KeyError("x")])
def test_an_open_clause_and_an_error_of_ours_are_errors(tmp_path: Path, found: Hidden | KeyError) -> None:
    suite = written(judge_evidence(evidence_of(GOOD), [finding(ORDER, {1: found})], floor=1), tmp_path)
    kind = "inconclusive" if isinstance(found, Hidden) else "harness error"
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")
    assert part(suite, "testcase/error").attrib["message"].startswith(f"{kind}: ")


@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "\ud83d", "\ufffe", "\x0b", "a < b & \"c\" ]]> 'd'", "👍 Grüße"])
def test_characters_that_xml_cannot_hold_do_not_spoil_the_report(tmp_path: Path, text: str) -> None:
    checks = [finding(ORDER, {1: Broken(text, text)}), finding(ARRIVES, {1: NotTestable(text)})]
    suite = written(judge_evidence(evidence_of(GOOD), checks, floor=1), tmp_path)
    kept = "".join(c if c.isprintable() else "\ufffd" for c in text)
    assert part(suite, "testcase/failure").get("message") == f"Documented: {kept}. Received: {kept}."
    escaped = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    assert f"  Documented: {escaped}\n" in (part(suite, "testcase/failure").text or "")
    assert part(suite, "testcase/skipped").get("message") == f"not testable: {kept}"


@pytest.mark.parametrize("text", ["\x1b[2J", "\udcff"], ids=["an escape sequence", "a byte that is not UTF-8"])
def test_a_failure_can_be_printed_whatever_the_server_answered(text: str) -> None:
    shown = failure(ruling_of(docket(TURNED.answered("look", text)), ORDER))
    shown.encode("utf-8")
    assert "\x1b" not in shown
