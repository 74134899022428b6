from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import journal, parsing, record_lines
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
    Record,
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


def line_of(record: Record) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(json.dumps(to_json(record)).encode("ascii"))
    return line


def written(path: Path, *lines: object) -> Path:
    path.write_bytes(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


def test_every_kind_of_record_is_tried_here() -> None:
    assert set(KINDS) == set(RECORDS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_record_comes_back_from_its_line_as_it_was(kind: type[Record]) -> None:
    @given(KINDS[kind])
    @patiently
    def comes_back(record: Record) -> None:
        assert from_json(line_of(record)) == record

    comes_back()


def test_a_line_names_its_kind_first_and_leaves_out_what_is_empty() -> None:
    line = json.dumps(to_json(Footer(at=0.0, ended="complete", chats=0)))
    assert line == '{"kind": "footer", "at": 0.0, "ended": "complete", "chats": 0}'


def exchange(answer: str | None, sent: float = 1.5) -> Exchange:
    return Exchange("customer", "say", 1, "POST", "/x", None, sent, None, 2.0, 200, {}, answer)


@given(st.binary(max_size=40))
@patiently
def test_a_body_is_kept_byte_for_byte(body: bytes) -> None:
    kept = from_json(line_of(exchange(body.decode("utf-8", "surrogateescape"))))
    assert isinstance(kept, Exchange)
    assert kept.body == body


def test_no_answer_has_an_empty_body_and_an_exchange_happens_when_it_is_sent() -> None:
    assert exchange(None).body == b""
    assert exchange(None, sent=1.25).at == 1.25


# ---- the file -------------------------------------------------------------------------------------------------------

SOME = (Planned(1, 0.0, {"customer": "P", "agent": "A"}), Invited(1, "id", "agent1", 1.0), Footer(2.0, "complete", 1))


def test_what_a_writer_wrote_is_read_in_its_order(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.ndjson")
    for record in SOME:
        writer.write(record)
    assert tuple(read(writer.path)) == SOME, "on disk before the journal is closed"
    writer.close()
    assert tuple(read(writer.path)) == SOME


def test_a_closed_journal_takes_no_more_and_says_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.ndjson")
    writer.write(SOME[0])
    writer.close()
    writer.close()
    writer.write(SOME[1])
    assert tuple(read(writer.path)) == SOME[:1]


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.ndjson", to_json(SOME[0]))
    with pytest.raises(FileExistsError):
        JournalWriter(path)
    assert tuple(read(path)) == SOME[:1]


def test_lines_are_ascii_whatever_they_hold(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.ndjson")
    writer.write(exchange("Grüße 👋 \udcff \u2028"))
    writer.close()
    assert writer.path.read_bytes().isascii()
    assert writer.path.read_bytes().count(b"\n") == 1
    kept = next(read(writer.path))
    assert isinstance(kept, Exchange)
    assert kept.answer == "Grüße 👋 \udcff \u2028"


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.ndjson")
    together = threading.Barrier(8)

    def write(thread: int) -> None:
        together.wait(30)
        for turn in range(50):
            writer.write(Incident(f"agent{thread}", turn, 0.0, "poll-broken", "x" * 3000))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    writer.close()
    found = [record for record in read(writer.path) if isinstance(record, Incident)]
    assert len(found) == 400
    for number in range(8):
        assert [record.epoch for record in found if record.agent == f"agent{number}"] == list(range(50))


def test_a_cut_last_line_is_left_out(tmp_path: Path) -> None:
    lines = [json.dumps(to_json(record)).encode() + b"\n" for record in SOME]
    for cut in range(1, len(lines[2])):
        path = written(tmp_path / "journal.ndjson", lines[0], lines[1], lines[2][:-cut])
        assert tuple(read(path)) == SOME[:2]


def test_an_empty_file_is_a_journal_without_records(tmp_path: Path) -> None:
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
def test_a_line_that_is_no_record_is_named_with_its_number(tmp_path: Path, kind: str) -> None:
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
def test_a_line_that_no_writer_wrote_is_no_record(tmp_path: Path, line: object) -> None:
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
def test_a_member_of_another_type_is_named(record: Delivery | Header | Planned, member: str, value: object) -> None:
    with pytest.raises(JournalError, match=f"^{member} of a record of the kind {record.kind} is "):
        from_json({**to_json(record), member: value})


def test_a_long_line_is_read_within_bounds(tmp_path: Path) -> None:
    """It would take gigabytes."""
    (tmp_path / "j").write_text('{"kind":"stray","x":[' + "[]," * 400_000 + "[]]}\n")
    with pytest.raises(JournalError, match=r"j, line 1, is not a record of a journal: it holds 400,003 arrays"):
        list(read(tmp_path / "j"))


def test_a_line_that_never_ends_is_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_LONGEST", 100)
    (tmp_path / "j").write_text("x" * 101)
    with pytest.raises(JournalError, match=r"^j, line 1, is longer than any record of a journal\.$"):
        list(read(tmp_path / "j"))


def test_a_kind_that_nobody_knows_is_named() -> None:
    with pytest.raises(JournalError, match="'fairy tale'"):
        from_json({"kind": "fairy tale"})


def test_members_of_a_newer_suite_are_passed_over() -> None:
    assert from_json({"kind": "ended", "chat": 1, "at": 2.0, "how": "complete", "mood": "good"}) == Ended(
        1, 2.0, "complete"
    )


@pytest.mark.parametrize("name", ["missing.ndjson", "."])
def test_a_journal_that_cannot_be_read_is_an_error_with_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match=r"^The journal .+ cannot be read: .+\.$"):
        list(read(tmp_path / name))


# ---- quickly and carefully ------------------------------------------------------------------------------------------

OF_CHATS = (Planned, Invited, Ended, Exchange, Delivery)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**66), 2**66) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
members = {field.name: None for kind in OF_CHATS for field in dataclasses.fields(kind)}
names = st.sampled_from([*members, "mood", "ki\\"])


def found(read: Callable[[bytes], object], line: bytes) -> str:
    """The record, every type of it told apart, or the words of the error."""
    try:
        return repr(read(line))
    except (ValueError, TypeError, AttributeError, JournalError) as error:
        return f"{type(error).__name__}: {error}"


def carefully(line: bytes) -> Record | None:
    return from_json(json.loads(line.decode("utf-8")))


def spelled(said: Iterable[tuple[str, object]], *, ascii_only: bool = True) -> bytes:
    """A line of these members, the kind first, one that comes twice and all."""
    spelling = (f"{json.dumps(n)}:{json.dumps(v, ensure_ascii=ascii_only)}" for n, v in said)
    return ("{" + ",".join(spelling) + "}\n").encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("kind", OF_CHATS, ids=lambda kind: kind.kind)
def test_a_line_is_read_quickly_as_it_is_carefully(kind: type[Record]) -> None:
    @given(
        KINDS[kind],
        st.lists(st.tuples(names, anything), max_size=3),
        st.lists(names, max_size=2),
        st.booleans(),
        st.randoms(use_true_random=False),
    )
    @settings(deadline=None, max_examples=60)
    def alike(
        record: Record, more: list[tuple[str, object]], without: list[str], ascii_only: bool, chance: Random
    ) -> None:
        first, *rest = [(name, value) for name, value in to_json(record).items() if name not in without]
        rest += more
        chance.shuffle(rest)
        line = spelled([first, *rest], ascii_only=ascii_only)
        assert found(record_lines.record_of, line) == found(carefully, line)
        exactly = spelled(to_json(record).items())
        assert found(record_lines.record_of, exactly) == found(carefully, exactly)

    alike()


@pytest.mark.parametrize(
    "value",
    [
        *(
            "1",
            "1.0",
            "-0",
            "-0.0",
            "1E400",
            "-1e400",
            "NaN",
            "18446744073709551616",
            "1.5",
            "01",
            "1.",
            "",
            "true",
            "null",
        ),
        *('"\\ud800"', '"ä"', '"\\u00e4"', '"\t"', '"\\x"', "[]", "{}", '{"a":1,"a":2}', "[" * 200 + "]" * 200),
    ],
)
@pytest.mark.parametrize("name", ["at", "chat", "agent", "message", "link", "mood", "observer"])
def test_an_odd_member_is_read_alike(name: str, value: str) -> None:
    whole = {"agent": '"a"', "epoch": "1", "poll": "1", "position": "0", "at": "1.5", "link": '"poll"', "message": "{}"}
    said = ",".join(f'"{n}":{v}' for n, v in (whole | {name: value}).items())
    line = f'{{"kind":"delivery",{said}}}\n'.encode()
    if value.startswith("[["):
        with pytest.raises(ValueError, match=r"nested deeper than 100"):
            record_lines.record_of(line)
    else:
        assert found(record_lines.record_of, line) == found(carefully, line)


def test_of_a_member_that_comes_twice_the_last_counts() -> None:
    line = b'{"kind":"ended","chat":1,"at":1.0,"how":"complete","chat":2,"how":"silent"}\n'
    assert record_lines.record_of(line) == Ended(2, 1.0, "silent") == carefully(line)


@pytest.mark.parametrize("again", ['"kind":"invited"', '"k\\u0069nd":"stray"', '"kind":7', '"kind":"ended"'])
def test_a_line_is_of_the_kind_that_it_begins_with(again: str) -> None:
    for how in ('"complete"', '"\\ud800"', '"ä"'):
        line = f'{{"kind":"ended","chat":1,"at":1.0,"how":{how},{again}}}\n'.encode()
        assert record_lines.record_of(line) == Ended(1, 1.0, json.loads(how))


@pytest.mark.parametrize("kind", OF_CHATS, ids=lambda kind: kind.kind)
def test_what_a_writer_wrote_of_a_chat_is_read_quickly(kind: type[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []

    @given(KINDS[kind])
    @settings(deadline=None, max_examples=30)
    def collect(record: Record) -> None:
        lines.append(json.dumps(to_json(record), separators=(",", ":")).encode("ascii"))

    collect()
    monkeypatch.setattr(parsing, "loads", lambda _: pytest.fail("it was read carefully"))
    for line in lines:
        if b"\\ud" not in line:  # a lone surrogate, as json alone reads it
            record_lines.record_of(line)


# ---- clock and memory -----------------------------------------------------------------------------------------------


def test_a_clock_starts_at_zero_and_never_goes_back() -> None:
    clock = Clock()
    moments = [clock.now() for _ in range(1000)]
    assert moments == sorted(moments)
    assert 0 <= moments[0] < 60
    assert all(round(moment, 6) == moment for moment in moments)


def test_a_memory_keeps_what_was_written_to_it() -> None:
    memory = Memory()
    for record in SOME:
        memory.write(record)
    assert memory.records == list(SOME)
