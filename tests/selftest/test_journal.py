from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import journal
from gws_contract.journal import (
    RECORDS,
    Clock,
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    JournalError,
    JournalWriter,
    Load,
    Memory,
    Planned,
    Session,
    Stray,
    from_json,
    read,
    to_json,
)

from .conversations import HEADER

patiently = settings(deadline=None)
texts = st.text(st.characters(exclude_categories=()), min_size=1, max_size=8)
"""Lone surrogates included: they stand for bytes that are not UTF-8."""
seconds = st.floats(0, 1e6, allow_nan=False)
numbers = st.integers(0, 2**40)
tuples = st.lists(texts, max_size=3).map(tuple)
data = st.dictionaries(
    texts, st.recursive(st.none() | st.booleans() | numbers | texts, st.lists, max_leaves=4), max_size=3
)

KINDS = {
    Header: st.builds(
        Header,
        *(texts, texts, texts, st.none() | texts, texts, numbers, texts, seconds, seconds, texts),
        agents=tuples,
        floor=numbers,
        strict=st.booleans(),
        only=tuples,
        given=st.booleans(),
        again=st.just("") | texts,
        deviations=st.lists(data, max_size=2).map(tuple),
    ),
    Planned: st.builds(Planned, numbers, seconds, data, source=texts),
    Invited: st.builds(Invited, numbers, texts, texts, seconds),
    Ended: st.builds(Ended, numbers, seconds, texts, detail=st.just("") | texts),
    Exchange: st.builds(
        Exchange,
        actor=texts,
        step=texts,
        chat=st.none() | numbers,
        method=texts,
        path=texts,
        request=st.none() | texts,
        sent=seconds,
        headers_at=st.none() | seconds,
        done=seconds,
        status=st.none() | st.integers(100, 599),
        headers=st.dictionaries(texts, texts, max_size=2),
        answer=st.none() | texts,
        failure=st.none() | texts,
    ),
    Session: st.builds(Session, texts, numbers, seconds, st.booleans(), seconds),
    Delivery: st.builds(
        Delivery,
        agent=texts,
        epoch=numbers,
        poll=numbers,
        position=numbers,
        at=seconds,
        link=st.sampled_from(["poll", "command"]),
        message=data,
        serial=numbers,
        chat=st.none() | numbers,
    ),
    Stray: st.builds(Stray, texts, seconds, texts, tuples, st.none() | texts, numbers, texts),
    Incident: st.builds(Incident, texts, numbers, seconds, texts, st.just("") | texts),
    Load: st.builds(Load, seconds, numbers, numbers, numbers, seconds, seconds),
    Footer: st.builds(Footer, seconds, texts, numbers, detail=st.just("") | texts, lacks=tuples),
}


def line_of(record):
    return json.loads(json.dumps(to_json(record)).encode("ascii"))


def written(path, *lines):
    path.write_bytes(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


def test_every_kind_of_record_is_tried_here():
    assert set(KINDS) == set(RECORDS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_record_comes_back_from_its_line_as_it_was(kind):
    @given(KINDS[kind])
    @patiently
    def comes_back(record):
        assert from_json(line_of(record)) == record

    comes_back()


def test_a_line_names_its_kind_first_and_leaves_out_what_is_empty():
    line = json.dumps(to_json(Footer(at=0.0, ended="complete", chats=0)))
    assert line == '{"kind": "footer", "at": 0.0, "ended": "complete", "chats": 0}'


def exchange(answer, sent=1.5):
    return Exchange("customer", "say", 1, "POST", "/x", None, sent, None, 2.0, 200, {}, answer)


@given(st.binary(max_size=40))
@patiently
def test_a_body_is_kept_byte_for_byte(body):
    kept = from_json(line_of(exchange(body.decode("utf-8", "surrogateescape"))))
    assert kept.body == body


def test_no_answer_has_an_empty_body_and_an_exchange_happens_when_it_is_sent():
    assert exchange(None).body == b""
    assert exchange(None, sent=1.25).at == 1.25


# ---- the file -------------------------------------------------------------------------------------------------------

SOME = (Planned(1, 0.0, {"customer": "P", "agent": "A"}), Invited(1, "id", "agent1", 1.0), Footer(2.0, "complete", 1))


def test_what_a_writer_wrote_is_read_in_its_order(tmp_path):
    writer = JournalWriter(tmp_path / "journal.ndjson")
    for record in SOME:
        writer.write(record)
    assert tuple(read(writer.path)) == SOME, "on disk before the journal is closed"
    writer.close()
    assert tuple(read(writer.path)) == SOME


def test_a_closed_journal_takes_no_more_and_says_nothing(tmp_path):
    writer = JournalWriter(tmp_path / "journal.ndjson")
    writer.write(SOME[0])
    writer.close()
    writer.close()
    writer.write(SOME[1])
    assert tuple(read(writer.path)) == SOME[:1]


def test_a_journal_is_never_overwritten(tmp_path):
    path = written(tmp_path / "journal.ndjson", to_json(SOME[0]))
    with pytest.raises(FileExistsError):
        JournalWriter(path)
    assert tuple(read(path)) == SOME[:1]


def test_lines_are_ascii_whatever_they_hold(tmp_path):
    writer = JournalWriter(tmp_path / "journal.ndjson")
    writer.write(exchange("Grüße 👋 \udcff \u2028"))
    writer.close()
    assert writer.path.read_bytes().isascii()
    assert writer.path.read_bytes().count(b"\n") == 1
    assert next(read(writer.path)).answer == "Grüße 👋 \udcff \u2028"


def test_many_threads_write_whole_lines(tmp_path):
    writer = JournalWriter(tmp_path / "journal.ndjson")
    together = threading.Barrier(8)

    def write(thread):
        together.wait(30)
        for turn in range(50):
            writer.write(Incident(f"agent{thread}", turn, 0.0, "poll-broken", "x" * 3000))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    writer.close()
    found = list(read(writer.path))
    assert len(found) == 400
    for thread in range(8):
        assert [record.epoch for record in found if record.agent == f"agent{thread}"] == list(range(50))


def test_a_cut_last_line_is_left_out(tmp_path):
    lines = [json.dumps(to_json(record)).encode() + b"\n" for record in SOME]
    for cut in range(1, len(lines[2])):
        path = written(tmp_path / "journal.ndjson", lines[0], lines[1], lines[2][:-cut])
        assert tuple(read(path)) == SOME[:2]


def test_an_empty_file_is_a_journal_without_records(tmp_path):
    assert list(read(written(tmp_path / "journal.ndjson"))) == []


GARBAGE = {
    "no JSON": b"hello\n",
    "an empty line": b"\n",
    "not UTF-8": b'{"kind": "\xff"}\n',
    "a list": [1, 2],
    "a number": 17,
    "null": None,
    "no kind": {"at": 1.0},
    "an unknown kind": {"kind": "fairy tale"},
    "a kind that is a list": {"kind": []},
    "a number in place of a tuple": {"kind": "footer", "at": 1.0, "ended": "x", "chats": 1, "lacks": 5},
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_line_that_is_no_record_is_named_with_its_number(tmp_path, kind):
    path = written(tmp_path / "journal.ndjson", to_json(SOME[0]), GARBAGE[kind], to_json(SOME[2]))
    records = read(path)
    assert next(records) == SOME[0]
    with pytest.raises(JournalError, match=r"^journal\.ndjson, line 2, is not a record of a journal: ."):
        next(records)


@pytest.mark.parametrize(
    "line",
    [{"kind": "invited", "chat": 1}, {"kind": "header"}, {"kind": "footer", "at": "soon"}, b"[" * 100_000 + b"\n"],
    ids=["without at", "without anything", "text for a number", "nested too deep"],
)
def test_a_line_that_no_writer_wrote_is_no_record(tmp_path, line):
    with pytest.raises(JournalError):
        list(read(written(tmp_path / "journal.ndjson", line)))


MISFITS = {
    "a text for a message": (Delivery("a", 1, 1, 0, 1.0, "poll", {}), "message", "hello"),
    "a list for a scenario": (Planned(1, 0.0, {}), "scenario", [1]),
    "numbers for clauses": (HEADER, "only", [1]),
    "a number for agents": (HEADER, "agents", 7),
    "texts for deviations": (HEADER, "deviations", ["x"]),
}


@pytest.mark.parametrize(("record", "member", "value"), MISFITS.values(), ids=MISFITS)
def test_a_member_of_another_type_is_named(record, member, value):
    with pytest.raises(JournalError, match=f"^{member} of a record of the kind {record.kind} is "):
        from_json({**to_json(record), member: value})


def test_a_long_line_is_read_within_bounds(tmp_path):
    """It would take gigabytes."""
    (tmp_path / "j").write_text('{"kind":"stray","x":[' + "[]," * 400_000 + "[]]}\n")
    with pytest.raises(JournalError, match=r"j, line 1, is not a record of a journal: it holds 400,003 arrays"):
        list(read(tmp_path / "j"))


def test_a_line_that_never_ends_is_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_LONGEST", 100)
    (tmp_path / "j").write_text("x" * 101)
    with pytest.raises(JournalError, match=r"^j, line 1, is longer than any record of a journal\.$"):
        list(read(tmp_path / "j"))


def test_a_kind_that_nobody_knows_is_named():
    with pytest.raises(JournalError, match="'fairy tale'"):
        from_json({"kind": "fairy tale"})


def test_members_of_a_newer_suite_are_passed_over():
    assert from_json({"kind": "ended", "chat": 1, "at": 2.0, "how": "complete", "mood": "good"}) == Ended(
        1, 2.0, "complete"
    )


@pytest.mark.parametrize("name", ["missing.ndjson", "."])
def test_a_journal_that_cannot_be_read_is_an_error_with_a_sentence(tmp_path, name):
    with pytest.raises(JournalError, match=r"^The journal .+ cannot be read: .+\.$"):
        list(read(tmp_path / name))


# ---- clock and memory -----------------------------------------------------------------------------------------------


def test_a_clock_starts_at_zero_and_never_goes_back():
    clock = Clock()
    moments = [clock.now() for _ in range(1000)]
    assert moments == sorted(moments)
    assert 0 <= moments[0] < 60
    assert all(round(moment, 6) == moment for moment in moments)


def test_a_memory_keeps_what_was_written_to_it():
    memory = Memory()
    for record in SOME:
        memory.write(record)
    assert memory.records == list(SOME)
