"""Secrets are masked by value, however they are spelled, and nothing else is changed by it."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from typing import Any, TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gws_contract.journal import (
    RECORDS,
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    Load,
    Memory,
    Planned,
    Record,
    Stray,
    from_json,
    to_json,
)
from gws_contract.redaction import Redacting, Secrets
from gws_contract.redaction.registry import KEPT
from gws_contract.redaction.sink import LONGEST

from .spelled import SPELLINGS

PASSWORD = "hunter2hunter2"
MASK = "<masked: password of agent1>"
PASSWORDS = {
    "plain": "correct-Horse7battery",
    "quotes and backslashes": 'p"a\'s\\s\\\\w"ord',
    "slashes": "a/b//c\\/d/e",
    "no ASCII": "pässwörd-žluťoučký",
    "astral": "key😀🔑𠮷words",
    "percent": "50%25 off, 100% sure%",
    "blanks and plus": "a b c+d e+f",
    "colon": "user:pass:word",
    "HTML": "<b>&amp;&\"quote'</b>",
    "like an escape": "a%41\\u0042\\n&lt;c",
    "ends with a backslash": "abcdefgh\\",
    "begins with a letter of an escape": "nuxt%bfrt",
    "control characters": "tab\there\nnewline",
    "repeats itself": "abababababab",
}


def secrets(*values: str) -> Secrets:
    """A registry with these, as passwords of agent1, agent2, ..."""
    made = Secrets()
    for number, value in enumerate(values or (PASSWORD,), 1):
        made.add(value, f"password of agent{number}")
    return made


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", PASSWORDS)
def test_a_secret_is_masked_in_every_spelling(name: str, spelling: str) -> None:
    spelled = SPELLINGS[spelling](PASSWORDS[name])
    text = f"before [{spelled}] after"
    masked = secrets(PASSWORDS[name]).mask(text)
    assert spelled not in masked
    assert MASK in masked
    assert masked.startswith("before [")
    assert masked.endswith("] after")


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_secret_is_masked_inside_basic_whoever_its_user_is(name: str) -> None:
    whole = base64.b64encode(f"agent1:{PASSWORDS[name]}".encode()).decode()
    known = secrets(PASSWORDS[name])
    assert MASK in known.mask(f"Basic {whole}")
    known.add(whole.rstrip("="), "credentials of agent1")
    assert known.mask(f"Basic {whole}").rstrip("=") == "Basic <masked: credentials of agent1>"


def test_each_character_may_be_spelled_in_its_own_way() -> None:
    assert secrets("p/s%w ö\"'").mask('[p\\/s%25w+%c3%b6\\"&#39;]') == f"[{MASK}]"


def test_latin_1_bytes_that_are_no_utf8_are_masked() -> None:
    body = b'{"echo": "p\xe4ssw\xf6rd"}'.decode("utf-8", "surrogateescape")
    assert secrets("pässwörd").mask(body) == f'{{"echo": "{MASK}"}}'


def test_what_is_no_utf8_around_a_secret_stays_byte_for_byte() -> None:
    body = b"\xff\xfe" + PASSWORD.encode() + b"\xc3"
    masked = secrets().mask(body.decode("utf-8", "surrogateescape"))
    assert masked.encode("utf-8", "surrogateescape") == b"\xff\xfe" + MASK.encode() + b"\xc3"


def test_lone_surrogates_around_a_secret_stay() -> None:
    assert secrets().mask(f"\ud800{PASSWORD}\udfff") == f"\ud800{MASK}\udfff"


def test_no_character_is_cut_in_two() -> None:
    """The last byte of an accented letter is a whole letter in Latin-1."""
    assert secrets("©bcdefghi").mask("\ud800ébcdefghi") == f"\ud800{MASK}"
    assert secrets("abcdefghÃ").mask("\ud800abcdefghé") == f"\ud800{MASK}"


def test_no_escape_is_cut_in_two() -> None:
    assert json.loads(secrets("nuxt-bfrt").mask('["\\nuxt-bfrt", "\\\\nuxt-bfrt"]')) == [MASK, f"\\{MASK}"]


def test_a_secret_within_another_is_masked_with_it() -> None:
    known = secrets("hunter2hunter2", "my-hunter2hunter2!")
    assert known.mask("my-hunter2hunter2!") == "<masked: password of agent2>"
    assert known.mask("hunter2hunter2") == MASK


def test_secrets_that_overlap_leave_nothing() -> None:
    known = secrets("abcdefgh", "efghijklmn")
    assert known.mask("abcdefghijklmn") == "<masked: password of agent2>"


def test_every_value_has_a_mask_of_its_own() -> None:
    known = Secrets()
    for value in ("aaaaaaaa1", "aaaaaaaa2", "aaaaaaaa1"):
        known.add(value, "cookie of agent1")
    masked = known.mask("aaaaaaaa1 aaaaaaaa2")
    assert masked == "<masked: cookie of agent1> <masked: cookie of agent1, 2>"


def test_users_whose_names_cannot_be_said_have_masks_of_their_own() -> None:
    known = Secrets()
    known.add("aaaaaaaa1", 'password of "ä\\')
    known.add("aaaaaaaa2", 'password of "ö\\')
    assert known.mask("aaaaaaaa1 aaaaaaaa2") == "<masked: password of ___> <masked: password of ___, 2>"


def test_masking_twice_is_masking_once() -> None:
    known = secrets()
    once = known.mask(f"[{PASSWORD}]")
    assert known.mask(once) == once


LETTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"/%&;+ #nu0041ab')
WORDS, TEXTS = st.text(LETTERS, min_size=8, max_size=16), st.text(LETTERS, max_size=12)


@settings(max_examples=500, deadline=None)
@given(WORDS, st.sampled_from(sorted(SPELLINGS)))
def test_any_word_is_masked_in_any_spelling(word: str, spelling: str) -> None:
    known = secrets(word)
    assume(not known.take_notes())
    masked = known.mask(f"before [{SPELLINGS[spelling](word)}] after")
    assert MASK in masked
    assert SPELLINGS[spelling](word) not in masked


@settings(max_examples=300, deadline=None)
@given(WORDS, TEXTS, TEXTS, st.booleans())
def test_json_stays_json_and_its_other_texts_stay_as_they_are(s: str, before: str, after: str, ascii_: bool) -> None:
    known = secrets(s)
    assume(not known.take_notes())
    value = json.loads(known.mask(json.dumps({"other": before, "echo": [before + s + after]}, ensure_ascii=ascii_)))
    assert list(value) == ["other", "echo"]
    assert s not in value["echo"][0]
    assert MASK in value["echo"][0]
    assert value["other"] == before or MASK in value["other"]


def test_a_text_without_a_secret_stays_as_it_is() -> None:
    text = "a text with \\u0041, %41 and &amp; in it; hunter2hunter, but not all of it"
    assert secrets().mask(text) is text


# ---- what is cut ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling", ["verbatim", "in JSON", "every byte percent-encoded", "in HTML by number", "base64"]
)
@pytest.mark.parametrize("word", ['hunter2"\\hunter2', "&hunter2;x%ab\\u12"])
def test_the_beginning_of_a_secret_at_the_end_of_a_cut_text_is_masked(word: str, spelling: str) -> None:
    spelled = SPELLINGS[spelling](word)
    whole = f'{{"echo": "{spelled}'
    for length in range(whole.index(spelled) + len(SPELLINGS[spelling](word[:5])), len(whole) + 1):
        masked = secrets(word).mask(whole[:length], cut=True)
        assert masked.startswith('{"echo": "<masked: '), whole[:length]


def test_of_a_whole_text_the_end_is_not_taken_for_a_beginning() -> None:
    assert secrets().mask("hunter2hunt") == "hunter2hunt"


def test_an_answer_that_broke_off_is_masked_to_its_end() -> None:
    cut = dataclasses.replace(EXCHANGE, answer='{"echo": "hunter2hu', failure="The connection broke.")
    assert written(cut).answer == f'{{"echo": "{MASK}'


# ---- what is not masked, and said -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("short77", "it has fewer than 8 characters"),
        ("ÄÖÜäöüß", "it has fewer than 8 characters"),
        ("123456789012", "it may be part of any number"),
        ("-1234.5e67", "it may be part of any number"),
        ("chatting", "it is part of a word that the run or the protocol uses"),
        ("is my or", "it is part of a word that the run or the protocol uses"),
    ],
)
def test_what_cannot_be_masked_is_not_and_that_is_said(value: str, why: str) -> None:
    known = Secrets()
    known.say('"state": "Chatting"', "Where is my order?")
    known.add(value, "password of agent1")
    assert known.mask(f"[{value}] Chatting 123456789012") == f"[{value}] Chatting 123456789012"
    assert known.take_notes() == (f"Masked in headers only, because {why}: password of agent1.",)


def test_a_note_is_said_once_and_names_all_that_it_is_about() -> None:
    known = Secrets()
    known.add("short", "password of agent1")
    known.add("other", "password of agent2")
    known.add("other", "password of agent2")
    known.add("", "cookie of agent1")
    (note,) = known.take_notes()
    assert note.endswith(": password of agent1, password of agent2.")
    assert known.take_notes() == ()
    known.add("third", "password of agent1")
    assert known.take_notes() == ()


def test_a_word_within_a_secret_does_not_save_it() -> None:
    known = Secrets()
    known.say("Chatting")
    known.add("Chatting1", "password of agent1")
    assert known.mask("Chatting, Chatting1") == f"Chatting, {MASK}"
    assert not known.take_notes()


# ---- many of them ---------------------------------------------------------------------------------------------------


def test_of_a_cookie_that_changes_with_every_answer_the_newest_values_are_masked() -> None:
    known = secrets()
    values = [f"cookie{number:06}" for number in range(5 * KEPT)]
    for value in values:
        known.add(value, "cookie of agent1")
    assert not [value for value in values[-KEPT:] if value in known.mask(f"[{value}]")]
    assert values[0] in known.mask(f"[{values[0]}]")
    assert known.mask(PASSWORD) == MASK
    assert len(known._masks) <= 2 * KEPT + 1


def test_one_thread_may_add_while_others_search() -> None:
    known, over = secrets(), threading.Event()
    failures: list[Exception] = []

    def search() -> None:
        try:
            while not over.is_set():
                assert known.masked([f"[{PASSWORD}] %41"]) == [f"[{MASK}] %41"]
                assert known.mask("hunter2hun", cut=True) == MASK
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(5 * KEPT):
        known.add(f"cookie-{number:06}", "cookie of agent1")
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_hostile_texts_take_time_in_proportion_to_their_length() -> None:
    """A guard against what is not linear: each of these would take minutes then."""
    known = secrets("\\\\\\\\\\\\\\\\\\", "aaaaaaaaaaaaaaaa", "%25%25%25%25")
    for text in ("\\", "a", "%25", "%", "&amp;", "\\u005c"):
        known.mask(text * (300_000 // len(text)), cut=True)


# ---- records --------------------------------------------------------------------------------------------------------

EXCHANGE = Exchange("agent:agent1", "accept", 1, "POST", "/p", "{}", 0.0, 0.1, 0.2, 200, {}, "{}")


Written = TypeVar("Written", bound=Record)


def written(record: Written, known: Secrets | None = None) -> Written:
    """What a sink behind the redaction is given."""
    memory = Memory()
    Redacting(memory, known or secrets()).write(record)
    (found,) = memory.records
    assert isinstance(found, type(record))
    return found


S, M = f"[{PASSWORD}]", f"[{MASK}]"
HOLDING: dict[str, tuple[Record, dict[str, Any]]] = {
    "header": (
        Header("1", "c", "t", S, "8", 1, "quick", 1.0, 1.0, "now", again=S),
        {"target_version": M, "again": M},
    ),
    "planned": (Planned(1, 0.0, {"customer": S, "after": [S]}), {"scenario": {"customer": M, "after": [M]}}),
    "invited": (Invited(1, S, "agent1", 0.0), {"chat_id": M}),
    "ended": (Ended(1, 0.0, "failed", S), {"detail": M}),
    "exchange": (
        dataclasses.replace(EXCHANGE, path=S, request=S, answer=S, failure=S, headers={"server": S}),
        {"path": M, "request": M, "answer": M, "failure": M, "headers": {"server": M}},
    ),
    "delivery": (
        Delivery("agent1", 1, 1, 0, 0.0, "poll", {S: [{"a": S}, 5, None, [S]], "channel": S}),
        {"message": {M: [{"a": M}, 5, None, [M]], "channel": M}},
    ),
    "stray": (Stray("agent1", 0.0, S, (S, "x"), S, 1, "d"), {"channel": M, "types": (M, "x"), "chat_id": M}),
    "incident": (Incident("agent1", 1, 0.0, "poll-broken", S), {"detail": M}),
    "load": (Load(1.0, 5, 5, 1, 0.01, 0.2), {}),
    "footer": (Footer(0.0, "not ready", 0, S), {"detail": M}),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOLDING)
def test_every_member_that_a_server_can_fill_is_masked(kind: str) -> None:
    record, changes = HOLDING[kind]
    assert record.kind == kind
    assert written(record) == dataclasses.replace(record, **changes)
    assert from_json(json.loads(json.dumps(to_json(written(record))))) == written(record)


@pytest.mark.parametrize("kind", RECORDS)
def test_no_kind_of_record_is_forgotten(kind: str) -> None:
    assert kind in HOLDING or kind == "session"


@pytest.mark.parametrize("kind", HOLDING)
def test_a_record_without_a_secret_is_passed_on_as_it_is(kind: str) -> None:
    record = HOLDING[kind][0]
    assert written(record, secrets("another secret")) is record


def test_our_own_words_are_not_masked() -> None:
    """A verdict rests on them."""
    known = secrets("complete", "not offered", "refusal:unknown-chat", "the-agent-1")
    for record in (
        Ended(1, 0.0, "not offered"),
        Footer(0.0, "complete", 1),
        dataclasses.replace(EXCHANGE, step="refusal:unknown-chat", actor="agent:the-agent-1"),
    ):
        assert written(record, known) is record


@pytest.mark.parametrize("wrap", [lambda inner: {"a": inner}, lambda inner: [inner]])
def test_a_secret_is_masked_however_deep_it_lies(wrap: Any) -> None:
    message: Any = S
    for _ in range(20_000):
        message = wrap(message)
    message = written(Delivery("agent1", 1, 1, 0, 0.0, "poll", {"data": message})).message["data"]
    while not isinstance(message, str):
        message = message["a"] if isinstance(message, dict) else message[0]
    assert message == M


def test_a_sentence_is_cut_after_it_was_masked() -> None:
    """Cut before, it might end within a secret."""
    detail = "x" * (LONGEST - 10) + PASSWORD + "y" * 100
    shortened = written(Incident("agent1", 1, 0.0, "stopped", detail)).detail
    assert len(shortened) == LONGEST
    assert "hunt" not in shortened
    assert shortened.endswith("...")
