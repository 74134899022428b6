"""A journal on disk is judged as the same one in memory is, and no more of it is kept than must be."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import filed
from gws_contract.check import Check, shipped
from gws_contract.conversation import Conversation
from gws_contract.evidence import assemble
from gws_contract.journal import Footer, JournalError, Planned, Record, Session, read, to_json
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import judge, judge_evidence
from gws_contract.scenario import Say, Scenario

from . import plainly
from .conversations import DOCUMENTED, HEADER, JUDGED, PLAIN, STATUS, journal_of, never_offered, performed

CHATS = (
    performed(DOCUMENTED),
    performed(PLAIN, number=2, start=3.03).dropping(STATUS),
    performed(Scenario("0", "0"), number=3, start=5.0),
    performed(PLAIN, number=4, start=9.0).disturbed("poll-broken"),
    never_offered(number=5),
)
JOURNAL = journal_of(*CHATS)
patiently = settings(deadline=None, max_examples=40)


def line_of(record: Record) -> bytes:
    return json.dumps(to_json(record)).encode("ascii") + b"\n"


def written(path: Path, records: Sequence[Record]) -> Path:
    path.write_bytes(b"".join(map(line_of, records)))
    return path


def alike(path: Path) -> None:
    """Judged from disk, from memory, and plainly, a journal says the same; or it is refused with the same sentence."""
    checks, refused = shipped(), _refused(path)
    if refused:
        with pytest.raises(JournalError) as caught:
            judge(path, checks, floor=1)
        assert str(caught.value) == refused
        return
    whole = assemble(read(path))
    docket = judge(path, checks, floor=1)
    in_memory = judge_evidence(whole, checks, floor=1)
    assert json.dumps(certificate(docket)) == json.dumps(certificate(in_memory))
    assert docket.replayed_in_vain == in_memory.replayed_in_vain
    assert plainly.of_docket(docket) == plainly.of_evidence(whole, checks)


def _refused(path: Path) -> str:
    """Why a journal is none when all of it is put together at once; empty if it is one."""
    try:
        assemble(read(path))
    except JournalError as error:
        return str(error)
    return ""


@given(data=st.data())
@patiently
def test_a_journal_that_was_cut_anywhere_is_judged_alike(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "journal.ndjson"
    written(path, JOURNAL)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    alike(path)


changes = st.lists(
    st.tuples(st.sampled_from(["move", "drop", "twice"]), st.integers(0, 200), st.integers(0, 200)), max_size=12
)


@given(changes, st.dictionaries(st.integers(1, 5), st.sampled_from(["stored", "shrink", "misuse", "given"])))
@patiently
def test_lines_in_any_order_missing_or_twice_are_judged_alike(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, int]], sources: dict[int, str]
) -> None:
    records = [replace(r, source=sources.get(r.chat, "drawn")) if isinstance(r, Planned) else r for r in JOURNAL]
    for what, source, target in changes:
        record = records[source % len(records)]
        if what != "twice":
            records.remove(record)
        if what != "drop":
            records.insert(target % (len(records) + 1), record)
    alike(written(tmp_path_factory.mktemp("changed") / "journal.ndjson", records))


def again(chat: int, scenario: Scenario, **others: Any) -> Planned:
    (plan,) = (r for r in JOURNAL if isinstance(r, Planned) and r.chat == chat)
    return replace(plan, scenario={**plan.scenario, "agent": scenario.agent}, **others)


SENSELESS = Planned(2, 0.0, {"customer": "Pat"})
ODD = {
    "a chat that is planned twice": (*JOURNAL[:20], again(1, PLAIN), *JOURNAL[20:]),
    "a plan that comes last": (*(r for r in JOURNAL if getattr(r, "chat", 0) != 2), *performed(number=2).records),
    "a plan without sense that another one replaces": (HEADER, SENSELESS, *JOURNAL[1:]),
    "a plan without sense that replaces another one": (*JOURNAL, SENSELESS),
    "two plans without sense": (*JOURNAL, replace(SENSELESS, chat=4), SENSELESS, replace(SENSELESS, chat=9)),
    "two headers": (*JOURNAL, HEADER),
    "no header": JOURNAL[1:],
    "a plan without sense and no header": (*JOURNAL[1:], SENSELESS),
    "a second observer": (*JOURNAL, Session(JUDGED, 1, 0.0, True, 20.0, 2)),
    "nothing but a header": JOURNAL[:1],
    "nothing but its ends": (HEADER, Footer(1.0, "not ready", 0, "no agent")),
    "nothing": (),
    "deviations that make no sense": (replace(HEADER, deviations=({"clause": 1},)), *JOURNAL[1:], SENSELESS),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_journal_is_judged_alike(tmp_path: Path, what: str) -> None:
    alike(written(tmp_path / "journal.ndjson", ODD[what]))


def test_a_line_that_is_no_record_is_named_before_anything_else(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.ndjson", (*JOURNAL, SENSELESS))
    path.write_bytes(path.read_bytes() + b"{}\n")
    alike(path)
    with pytest.raises(JournalError, match=f"line {len(JOURNAL) + 2}, is not a record"):
        filed.evidence(path)


def test_the_chats_of_a_journal_can_be_looked_at_again(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.ndjson", JOURNAL)
    chats, known = filed.evidence(path).conversations, assemble(JOURNAL).conversations
    assert len(chats) == 5
    assert [chat.exchanges for chat in chats] == [chat.exchanges for chat in known]
    assert chats[-1].planned == known[-1].planned
    assert [chat.chat for chat in chats[1:3]] == [2, 3]
    with pytest.raises(IndexError):
        chats[5]


def test_what_is_appended_to_a_journal_while_it_is_judged_does_not_matter(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.ndjson", JOURNAL)
    evidence = filed.evidence(path)
    path.write_bytes(path.read_bytes() + line_of(again(1, PLAIN)))
    assert evidence.conversations[0].scenario == DOCUMENTED


@pytest.mark.parametrize("change", ["gone", "shorter", "other"])
def test_a_journal_that_is_changed_while_it_is_judged_is_refused_with_a_sentence(tmp_path: Path, change: str) -> None:
    path = written(tmp_path / "journal.ndjson", JOURNAL)
    evidence = filed.evidence(path)
    match change:
        case "gone":
            path.unlink()
        case "shorter":
            path.write_bytes(path.read_bytes()[:2000])
        case "other":
            path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(JournalError) as caught:
        list(evidence.conversations)
    assert str(caught.value) == "The journal journal.ndjson was changed while it was judged."


def many(chats: int) -> tuple[Record, ...]:
    texts = (f"text {number}" for number in range(chats))
    return journal_of(
        *(performed(Scenario("P", "A", (Say(text),)), number=n, start=9.0 * n) for n, text in enumerate(texts, 1))
    )


def test_of_the_chats_that_were_judged_only_the_examples_are_kept(tmp_path: Path) -> None:
    alive: list[weakref.ref[Conversation]] = []
    most = []

    def look(conversation: Conversation) -> None:
        alive.append(weakref.ref(conversation))
        most.append(len({id(kept()) for kept in alive if kept() is not None}))

    path = written(tmp_path / "journal.ndjson", many(30))
    check = Check(shipped()[0].clause, look)
    gc.disable()
    try:
        docket = judge(path, [check], floor=1)
        json.dumps(certificate(docket))
    finally:
        gc.enable()
    assert len(alive) == 30
    assert max(most) <= 2, "the one that is judged, and the one before it"
