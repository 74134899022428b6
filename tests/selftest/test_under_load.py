"""What a load run says: the load it reached, what broke, at which load first, and whether the client kept up."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import Evidence
from gws_contract.judge.ruling import Odds
from gws_contract.report import junit, under_load_shown
from gws_contract.report.accepts import Accepts, completed_at
from gws_contract.report.census import Census
from gws_contract.report.certificate import certificate, schema
from gws_contract.report.difference import compare
from gws_contract.report.docket import Docket
from gws_contract.report.readback import parse
from gws_contract.report.summary import summary
from gws_contract.report.text import summary as on_screen
from gws_contract.report.under_load import UnderLoad, under_load
from gws_contract.verdict import Conclusion

from .conversations import HEADER, JUDGED, LOG, PEOPLE, STATUS, Chat
from .dockets import ORDER, of
from .loads import GOOD, evenly, evidence, judged, second_by_second

TIMELY = "accept.notifications.timely"
RATE = 4.0
MOMENTS = evenly(RATE, 10)


def told(docket: Docket) -> UnderLoad:
    assert docket.under_load is not None
    return docket.under_load


def accepts_of(sent: Sequence[float], response: Sequence[float] = (), complete: Sequence[float] = ()) -> Accepts:
    """So many chats, numbered from 1."""
    numbers = array("I", range(1, len(sent) + 1))
    lacking = [nan] * len(sent)
    return Accepts(
        chats=numbers,
        sent=array("d", sent),
        response=array("f", response or lacking),
        complete=array("f", complete or lacking),
    )


def of_accepts(accepts: Accepts, rate: float = RATE, loads: Sequence[Any] | None = None) -> UnderLoad:
    """A run of which only the moments are known, and how its client stood."""
    stood = second_by_second(accepts.sent, int(max(accepts.sent)) + 2, rate) if loads is None else loads
    found = under_load(replace(evidence([], rate), loads=tuple(stood)), {"1 of 1": accepts}, ())
    assert found is not None
    return found


@pytest.fixture(scope="module")
def good() -> Docket:
    return judged(MOMENTS, RATE)


@pytest.fixture(scope="module")
def broken() -> Docket:
    return judged(MOMENTS, RATE, breaks=[24, 30, 31])


# ---- the load ------------------------------------------------------------------------------------------------------


def test_a_run_that_is_no_load_run_tells_nothing_of_a_load() -> None:
    docket = of(GOOD)
    assert docket.under_load is None
    assert "under_load" not in certificate(docket)


def test_chats_and_rates_are_told_as_asked_for_and_as_reached(good: Docket) -> None:
    load = told(good)
    assert (load.due, load.offered, load.accepted, load.complete) == (40, 40, 40, 40)
    assert (load.asked, load.course.rate, load.agents, load.shards) == (RATE, RATE, 3, 1)


def test_the_rate_is_that_of_the_seconds_in_which_the_full_load_was_due() -> None:
    slow_end = [*evenly(RATE, 10), 14.0, 18.0]
    loads = second_by_second(slow_end, 20, RATE)
    load = of_accepts(accepts_of(slow_end), loads=[replace(each, due=min(round(RATE * each.at), 40)) for each in loads])
    assert load.course.plateau == (1, 10)
    assert load.course.rate == RATE


def test_without_the_clients_own_word_the_rate_is_that_from_the_first_accept_to_the_last() -> None:
    assert of_accepts(accepts_of([2.5, 3.5, 4.5, 5.5]), loads=()).course.rate == 1.0


def test_a_run_without_any_accept_has_no_rate_and_no_break() -> None:
    load = of_accepts(accepts_of([]), loads=())
    assert (load.course.rate, load.first, load.most_under_way) == (None, None, 0)
    assert next(under_load_shown.sentences(load)) == "0 chats accepted, 3 agents, 0 chats under way at most"


def test_the_most_chats_under_way_are_those_that_the_client_told() -> None:
    loads = [
        replace(load, active=active) for load, active in zip(second_by_second(MOMENTS, 3, RATE), (2, 9, 1), strict=True)
    ]
    assert of_accepts(accepts_of(MOMENTS), loads=loads).most_under_way == 9


def test_what_was_told_a_little_late_belongs_to_the_second_that_ended() -> None:
    loads = [replace(load, at=load.at + 0.3) for load in second_by_second(MOMENTS, 12, RATE)]
    assert of_accepts(accepts_of(MOMENTS), loads=loads).course.under_way[:3] == [load.active for load in loads[:3]]
    assert sum(of_accepts(accepts_of(MOMENTS), loads=loads).course.due) == pytest.approx(40)


def test_a_long_run_is_told_in_few_intervals_without_losing_a_chat() -> None:
    moments = [float(second) for second in range(2_000)]
    course = under_load_shown.course(of_accepts(accepts_of(moments), rate=1.0, loads=()))
    assert len(course["accepted"]) <= 240
    assert sum(course["accepted"]) == 2_000
    assert course["seconds"] == 9


@pytest.mark.parametrize("at", [1e300, inf, nan, -5.0])
@pytest.mark.parametrize("where", ["loads", "accepts"])
def test_a_moment_that_no_run_reaches_is_no_trouble(at: float, where: str) -> None:
    loads = second_by_second(MOMENTS, 12, RATE)
    if where == "loads":
        loads.append(replace(loads[-1], at=at))
    sent = [*MOMENTS, at] if where == "accepts" else MOMENTS
    load = of_accepts(accepts_of(sent), loads=loads)
    assert 10 <= len(load.course.accepted) <= 20


def test_what_no_client_can_count_is_no_trouble() -> None:
    loads = [
        replace(load, due=1e308, active=nan)  # type: ignore[arg-type]  # as somebody may write into a journal
        for load in second_by_second(MOMENTS, 12, RATE)
    ]
    assert of_accepts(accepts_of(MOMENTS), loads=loads).most_under_way == 0


# ---- how long it took ----------------------------------------------------------------------------------------------


def test_percentiles_lie_evenly_between_the_values_beside_them() -> None:
    seconds = [number / 1000 for number in range(1001)]
    times = of_accepts(accepts_of([1.0] * 1001, response=seconds[::-1])).response
    assert times.chats == 1001
    assert times.percentiles == pytest.approx(
        {50.0: 0.5, 90.0: 0.9, 95.0: 0.95, 99.0: 0.99, 99.9: 0.999, 100.0: 1.0}, rel=1e-6
    )


def test_what_never_came_is_in_no_percentile() -> None:
    times = of_accepts(accepts_of([1.0, 2.0], complete=[0.25, nan])).history
    assert (times.chats, times.percentiles[100.0]) == (1, 0.25)


def test_a_history_is_complete_with_the_last_of_the_three_notifications() -> None:
    conversation = GOOD.conversation
    last = max(delivery.at for delivery in GOOD.sequence)
    assert completed_at(conversation) == last
    status, people, log = GOOD.payloads
    later = GOOD.arriving(log, people, status, polls=[101, 102, 105])
    assert completed_at(later.conversation) == max(delivery.at for delivery in later.sequence)


def test_a_history_in_parts_is_complete_with_the_part_that_holds_the_last_text() -> None:
    status, people, log = GOOD.payloads
    parts = [log | {"messages": log["messages"][:-2]}, log | {"messages": log["messages"][-2:]}]
    chat = GOOD.arriving(status, people, *parts, log | {"messages": [log["messages"][-1] | {"index": 99}]})
    texts = [e for part in parts for e in part["messages"] if e["type"] == "Text"]
    assert len(texts) == 2
    found = completed_at(chat.conversation)
    assert found is not None
    assert found in [delivery.at for delivery in chat.sequence][2:4]
    assert found < chat.sequence[-1].at


@pytest.mark.parametrize("kind", [STATUS, PEOPLE, LOG])
def test_without_one_of_the_three_it_never_is(kind: str) -> None:
    assert completed_at(GOOD.dropping(kind).conversation) is None


def test_without_one_of_the_texts_it_never_is() -> None:
    chat = GOOD.with_entries(lambda entries: [e for e in entries if e.get("text") != "Is anybody there?"])
    assert completed_at(chat.conversation) is None


def test_a_chat_whose_accept_was_not_sent_is_not_counted() -> None:
    accepts = Accepts()
    accepts.count(GOOD.without_step("accept").conversation)
    assert not accepts.chats


def test_an_accept_without_a_whole_answer_has_no_time_of_an_answer() -> None:
    accepts = Accepts()
    accepts.count(GOOD.answered("accept", failure="The connection was closed.").conversation)
    assert accepts.chats.tolist() == [1]
    assert accepts.response[0] != accepts.response[0]


# ---- what broke, and at which load first ---------------------------------------------------------------------------


def test_the_first_break_is_told_with_its_moment_its_chat_and_its_load(broken: Docket) -> None:
    found = told(broken).first
    assert found is not None
    assert found.first is not None
    assert (found.clause, found.first.chat, found.first.at) == (ORDER, 24, round(MOMENTS[23], 3))
    assert (found.first.accepts, found.first.under_way) == (4, told(broken).course.under_way[5])


def test_the_first_is_the_earliest_and_not_the_one_with_the_lowest_number() -> None:
    late_first = [9.5, *evenly(RATE, 9)]
    found = told(judged(late_first, RATE, breaks=[1, 20])).first
    assert found is not None
    assert found.first is not None
    assert found.first.chat == 20


def test_every_clause_that_the_chats_brought_about_is_there_with_its_odds(broken: Docket) -> None:
    rows = {each.clause: each for each in told(broken).clauses}
    assert rows[ORDER].odds == Odds(3, 40)
    assert rows[ORDER].counts
    assert rows["accept.history.complete"].odds == Odds(0, 40)
    assert rows["accept.history.complete"].first is None
    assert "accept.refused.unknown-chat" not in rows


def slow(number: int) -> Chat:
    """A chat whose notifications come after the deadline."""
    return GOOD.mapped(lambda r: replace(r, at=r.at + 11) if r in GOOD.sequence else r) if number == 3 else GOOD


def test_a_break_that_fails_nothing_is_told_and_is_not_the_first() -> None:
    load = told(judged(MOMENTS[:8], RATE, chat=slow))
    (row,) = [each for each in load.clauses if each.odds.broken]
    assert (row.clause, row.counts, row.odds.broken) == (TIMELY, False, 1)
    assert row.first is not None
    assert load.first is None
    assert load.odds == Odds(0, 8)


def test_a_strict_run_counts_it() -> None:
    load = told(judged(MOMENTS[:8], RATE, chat=slow, strict=True))
    assert load.first is not None
    assert load.first.clause == TIMELY


def test_a_declared_break_is_told_and_is_not_the_first() -> None:
    known = Deviation(ORDER, "The participants come first.", "GWS-1234", HEADER.day)
    docket = judged(MOMENTS[:8], RATE, breaks=[2], deviations=(to_data(known),))
    assert docket.conclusion.status == 0
    assert told(docket).first is None
    assert [each.clause for each in told(docket).clauses if each.first] == [ORDER]


def test_it_is_told_whether_it_breaks_more_under_more() -> None:
    moments = [*evenly(10, 20), *(20 + at for at in evenly(100, 4))]
    under_more = told(judged(moments, 100.0, breaks=range(210, 600, 8)))
    by = under_more.by_accepts
    assert [(each.low, each.high, each.odds) for each in by.classes] == [
        (0, 19, Odds(0, 200)),
        (100, 119, Odds(49, 400)),
    ]
    assert by.more_under_more is True
    perhaps_by_chance = told(judged(moments, 100.0, breaks=[300, 400, 500])).by_accepts
    assert (perhaps_by_chance.below, perhaps_by_chance.above) == (Odds(0, 200), Odds(3, 400))
    assert perhaps_by_chance.more_under_more is False
    assert told(judged(moments, 100.0)).by_accepts.more_under_more is None


def test_under_one_load_only_nobody_knows_whether_it_breaks_more_under_more(broken: Docket) -> None:
    assert told(broken).by_accepts.more_under_more is None


# ---- several shards ------------------------------------------------------------------------------------------------


def of_shards(*shards: Evidence, breaks: Sequence[int] = ()) -> UnderLoad:
    """Shards of one run, whose chats are numbered on. The order is broken in these chats of the run."""
    census, higher = Census(), 0
    for shard in shards:
        for conversation in shard.conversations:
            census.count(conversation)
        census.accepts[shard.header.shard].higher = higher
        higher += len(shard.conversations)
    rulings = [
        replace(ruling, broken_in=frozenset(breaks)) if ruling.broken_in else ruling
        for ruling in judged(MOMENTS[:2], RATE, breaks=[1] if breaks else []).rulings
    ]
    found = under_load(replace(shards[0], loads=(), shards=shards), census.accepts, rulings)
    assert found is not None
    return found


def shard(number: int, started: str, moments: Sequence[float], **changes: Any) -> Evidence:
    return evidence(moments, RATE, shard=f"{number} of 2", started=f"2026-01-02T03:04:{started}+00:00", **changes)


def test_shards_are_told_as_one_run_on_one_clock() -> None:
    others = (JUDGED, "agent8", "agent9")
    load = of_shards(shard(1, "05.250", MOMENTS), shard(2, "07.750", MOMENTS, agents=others), breaks=[43])
    assert (load.shards, load.agents, load.asked, load.accepted, load.due) == (2, 5, 8.0, 80, 80)
    assert load.course.accepted[:4] == [4, 4, 6, 8]
    assert load.first is not None
    first = load.first.first
    assert first is not None
    assert (first.chat, first.shard, first.number) == (43, "2 of 2", 3)
    assert first.at == round(MOMENTS[2] + 2.5, 3)
    assert "in chat 43 (3 of shard 2 of 2)" in "; ".join(under_load_shown.sentences(load))


def test_a_shard_that_does_not_say_when_it_started_is_told_all_the_same() -> None:
    load = of_shards(shard(1, "05.250", MOMENTS), replace_start(shard(2, "05.250", MOMENTS), "yesterday"))
    assert load.course.accepted[0] == 8


def replace_start(of_shard: Evidence, started: str) -> Evidence:
    return replace(of_shard, header=replace(of_shard.header, started=started))


def test_a_client_that_was_the_bottleneck_is_named_with_its_shard() -> None:
    late = [replace(load, lag=3.0) for load in second_by_second(MOMENTS, 12, RATE)]
    load = of_shards(shard(1, "05.250", MOMENTS), shard(2, "05.250", MOMENTS, loads=late))
    (words,) = load.bottlenecks
    assert words.startswith("Shard 2 of 2: The client was the bottleneck")


# ---- what the run is called ----------------------------------------------------------------------------------------


def test_a_load_run_that_broke_nothing_is_a_part_and_ends_with_0(good: Docket) -> None:
    assert good.conclusion == Conclusion("partial", 0)
    assert "clauses kept in 40 chats at 4 chats a second of 3 agents" in good.headline


def test_a_break_under_load_ends_it_with_1_and_stands_in_the_headline_with_its_load(broken: Docket) -> None:
    assert broken.conclusion == Conclusion("partial", 1)
    assert "1 clause broken in 40 chats at 4 chats a second of 3 agents; the first after 5.8 s" in broken.headline


LATE = [replace(load, lag=2.5) for load in second_by_second(MOMENTS, 12, RATE)]


def test_a_load_that_the_client_could_not_keep_up_with_decides_nothing_and_is_said() -> None:
    docket = judged(MOMENTS, RATE, loads=LATE)
    assert docket.conclusion == Conclusion("partial", 2)
    assert "the client was the bottleneck" in docket.headline
    assert "The client was the bottleneck" in on_screen(docket)


def test_a_break_that_was_found_under_it_remains_one() -> None:
    assert judged(MOMENTS, RATE, loads=LATE, breaks=[7]).conclusion == Conclusion("partial", 1)


def test_a_chat_that_was_lost_leaves_the_run_open() -> None:
    assert judged(MOMENTS, RATE, floor=41).conclusion == Conclusion("partial", 2)


def test_a_run_that_was_cut_off_before_its_first_chat_is_told() -> None:
    docket = judged([], RATE, footer=None, loads=())
    assert docket.conclusion.status == 2
    assert certificate(docket)["under_load"]["rate"] == {"asked": 4.0, "achieved": None, "from": 0, "until": 0}
    assert on_screen(docket)


# ---- where it is shown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["good", "broken"])
def test_the_certificate_has_the_form_of_its_schema(which: str, request: pytest.FixtureRequest) -> None:
    data = json.loads(json.dumps(certificate(request.getfixturevalue(which))))
    jsonschema.validate(data, schema())
    assert data["under_load"]["chats"]["accepted"] == 40


def test_a_certificate_of_a_load_run_claims_nothing_of_other_loads(good: Docket) -> None:
    sentences = certificate(good)["means_not"]
    assert "Anything about load, availability, security or operations other than Accept." not in sentences
    assert any("under another load" in sentence for sentence in sentences)


def test_the_same_journal_tells_the_same() -> None:
    one, other = (json.dumps(certificate(judged(MOMENTS, RATE, breaks=[24]))) for _ in range(2))
    assert one == other


def test_the_screen_tells_the_load_in_a_few_lines(broken: Docket) -> None:
    lines = on_screen(broken).partition("under load:\n")[2].partition("\n\n")[0].splitlines()
    assert lines[0] == "  40 of 40 chats accepted at 4.0 a second (4 asked), 3 agents, 3 chats under way at most"
    assert lines[1].startswith("  answered: 50 % in 30.0 ms, ")
    assert lines[2].startswith("  complete history: 50 % in 180 ms, ")
    assert lines[3].startswith("  first break after 5.8 s, in chat 24, at 4 accepts a second")
    assert lines[3].endswith(f"{ORDER}; 3 of 40 chats broke a clause")


def test_the_summary_of_a_ci_job_tells_it_too(broken: Docket) -> None:
    assert "### Under load\n\n- 40 of 40 chats accepted at 4.0 a second" in summary(broken)


def test_the_junit_report_has_it_as_one_property(broken: Docket, tmp_path: Any) -> None:
    junit.write(broken, tmp_path / "junit.xml")
    properties = ET.parse(tmp_path / "junit.xml").getroot().findall("testsuite/properties/property")
    (value,) = [each.get("value") for each in properties if each.get("name") == "under load"]
    assert value is not None
    assert "first break after 5.8 s" in value


# ---- compared with other runs --------------------------------------------------------------------------------------


def read_back(docket: Docket) -> Any:
    return parse(json.loads(json.dumps(certificate(docket))))


def test_a_break_under_load_is_newly_broken(good: Docket, broken: Docket) -> None:
    difference = compare(read_back(good), read_back(broken))
    assert difference.status == 1
    assert [each.clause for each in difference.turned] == [ORDER]
    assert difference.circumstances == ()


def test_another_load_is_a_circumstance(good: Docket) -> None:
    difference = compare(read_back(good), read_back(judged(evenly(8.0, 5), 8.0)))
    loads = [(each.old, each.new) for each in difference.circumstances if each.what == "load"]
    assert loads == [("4 chats a second of 3 agents", "8 chats a second of 3 agents")]


def test_a_certificate_of_many_chats_is_read_back(good: Docket) -> None:
    data = json.loads(json.dumps(certificate(good)))
    for row in data["clauses"]:
        row["kept"] *= 10_000
    assert parse(data).rows[ORDER].everywhere == Odds(0, 400_000)
