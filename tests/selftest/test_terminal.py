"""What stands on a terminal: each broken clause, and the summary."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from gws_contract.check import shipped
from gws_contract.contract import load
from gws_contract.journal import Ended, Footer
from gws_contract.judge.finding import Hidden
from gws_contract.report.docket import judge_evidence
from gws_contract.report.text import broken as failure
from gws_contract.report.text import summary
from gws_contract.scenario import Scenario
from gws_contract.verdict import Conclusion, Verdict

from .conversations import (
    FOOTER,
    LOG,
    PLAIN,
    Chat,
    evidence_of,
    never_offered,
    performed,
)
from .dockets import ruling_of
from .reported import (
    ARRIVES,
    FLOOR,
    GOOD,
    JOIN_LAST,
    LATE_TEXT,
    ORDER,
    TURNED,
    corpus,
    disturbed,
    docket,
    finding,
    is_accepted,
    of_source,
    turned,
    whole,
)

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
