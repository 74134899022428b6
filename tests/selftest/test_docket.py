"""The docket of a run, its headline, and why a clause is open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gws_contract.check import shipped
from gws_contract.contract import load
from gws_contract.evidence import assemble
from gws_contract.journal import JournalError, JournalWriter
from gws_contract.judge.finding import Hidden, NotTestable
from gws_contract.report import certificate
from gws_contract.report.docket import judge, judge_evidence, reason, standing
from gws_contract.verdict import Conclusion, Verdict

from .conversations import (
    FOOTER,
    HEADER,
    JUDGED,
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
from .reported import (
    ARRIVES,
    FLOOR,
    GOOD,
    LATE_TEXT,
    ORDER,
    TURNED,
    corpus,
    docket,
    finding,
    is_accepted,
    whole,
    whole_journal,
)

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
