from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.ordinary import ordinary_name, ordinary_text
from gws_contract.scenario import (
    SAID_TO_USE,
    Attempt,
    Capability,
    Depart,
    Outage,
    Say,
    Scenario,
    Step,
    Stream,
    Typing,
    Visit,
    to_json,
)
from gws_contract.scenario_json import from_json

patiently = settings(deadline=None)
anything = st.text(st.characters(exclude_categories=()), max_size=6)
"""Lone surrogates, controls and unassigned code points included."""
during = st.one_of(
    st.builds(Say, anything),
    st.builds(Typing, st.sampled_from(["started", "stopped"])),
    st.builds(Stream, st.lists(anything, min_size=1, max_size=2).map(tuple), st.integers(0, 40)),
    st.just(Depart()),
)
steps = st.one_of(
    during,
    st.builds(Outage, st.sampled_from(["observer", "session"])),
    st.builds(
        Visit, st.sampled_from(["reject", "leave", "transfer"]), anything, st.lists(anything, max_size=2).map(tuple)
    ),
)
attempts = st.builds(Attempt, anything, anything, st.none() | anything, anything, st.none() | anything)
scenarios = st.builds(
    Scenario,
    customer=anything,
    agent=anything,
    before=st.lists(steps, max_size=4).map(tuple),
    during=st.lists(during, max_size=2).map(tuple),
    after=st.lists(st.builds(Say, anything), max_size=2).map(tuple),
    reply=anything,
    refusals=st.lists(st.sampled_from(["unknown-chat", "wrong-case"]) | attempts, max_size=2).map(tuple),
    accept_again=st.booleans(),
    beside=st.sampled_from(["nobody", "same-agent", "all-agents"]),
    spelling=st.sampled_from(["plain", "reordered", "spaced", "escaped"]),
    user_data=st.none() | st.dictionaries(anything, st.none() | st.integers() | anything, max_size=2),
    uses=st.lists(st.sampled_from(get_args(Capability)), max_size=3).map(tuple),
)


@given(scenarios)
@patiently
def test_a_scenario_comes_back_from_json_as_it_was(scenario: Scenario) -> None:
    assert from_json(json.loads(json.dumps(to_json(scenario)))) == scenario


def test_defaults_are_left_out_of_the_json() -> None:
    assert to_json(Scenario("Pat", "Sam")) == {"customer": "Pat", "agent": "Sam"}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "PersonP",
        17,
        {},
        {"customer": "Pat"},
        {"agent": "Sam"},
        {"customer": "Pat", "agent": "Sam", "before": 5},
        {"customer": "Pat", "agent": "Sam", "before": [5]},
        {"customer": "Pat", "agent": "Sam", "before": ["say"]},
        {"customer": "Pat", "agent": "Sam", "before": [{}]},
        {"customer": "Pat", "agent": "Sam", "before": [{"visit": {"parting": "leave"}}]},
        {"customer": "Pat", "agent": "Sam", "before": [{"visit": []}]},
        {"customer": "Pat", "agent": "Sam", "refusals": 1},
        {"customer": "Pat", "agent": "Sam", "refusals": [{"kind": "open"}]},
        {"customer": "Pat", "agent": "Sam", "before": [{"stream": {"texts": [], "total": 1}}]},
        {"customer": "Pat", "agent": "Sam", "before": [{"stream": {"texts": ["a"], "total": -1}}]},
        {"customer": "Pat", "agent": "Sam", "before": [{"outage": "power"}]},
        {"customer": "Pat", "agent": "Sam", "during": [{"outage": "observer"}]},
        {"customer": "Pat", "agent": "Sam", "during": [{"visit": {"parting": "leave", "nickname": "a", "texts": []}}]},
        {"customer": "Pat", "agent": "Sam", "accept_again": 1},
        {"customer": "Pat", "agent": "Sam", "beside": "everybody"},
        {"customer": "Pat", "agent": "Sam", "spelling": "odd"},
        {"customer": "Pat", "agent": "Sam", "user_data": ["a"]},
        {"customer": "Pat", "agent": "Sam", "mood": "good"},
        {"customer": "Pat", "agent": "Sam", "uses": ["Dance"]},
        {"customer": "Pat", "agent": "Sam", "uses": "Leave"},
        {"customer": "Pat", "agent": "Sam", "uses": 1},
        {"source": "kept", "scenario": {"customer": "Pat", "agent": "Sam"}},
    ],
)
def test_what_is_no_scenario_is_refused_with_a_sentence(data: Any) -> None:
    with pytest.raises(ValueError, match=r"^This is not a scenario: .+\.$"):
        from_json(data)


@pytest.mark.parametrize(
    "data", [{"customer": 5, "agent": None}, {"customer": "Pat", "agent": "Sam", "before": [{"say": 5}]}], ids=str
)
def test_a_scenario_with_a_number_for_a_name_or_text_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a scenario"):
        from_json(data)


def test_the_texts_of_a_chat_are_those_of_everybody_who_speaks() -> None:
    before = (Say("one"), Typing("started"), Visit("leave", "Marat", ("two",)), Say("three"))
    scenario = Scenario(before=before, after=(Say("four"),), reply="five")
    assert sorted(scenario.texts) == ["five", "four", "one", "three", "two"]


def test_what_is_used_of_a_chat_leaves_lines_in_its_history() -> None:
    plain = Scenario("Pat", "Sam")
    used = replace(plain, uses=("SendStartTypingNotification", "SendMessage", "SendStopTypingNotification", "InFocus"))
    assert SAID_TO_USE in used.texts
    assert used.entries == plain.entries + 3


def test_the_names_of_a_chat_are_those_that_the_server_is_told() -> None:
    scenario = Scenario("Pat", "Sam", (Visit("reject", "Unused"), Visit("leave", "Lee"), Visit("transfer", "Kim")))
    assert scenario.names == ("Pat", "Sam", "Lee", "Kim")


@pytest.mark.parametrize(
    ("before", "needed"), [((), False), ((Say("Hi"), Typing("started")), False), ((Say("Hi"), Visit("reject")), True)]
)
def test_a_chat_with_an_earlier_agent_must_be_offered_again(before: tuple[Step, ...], needed: bool) -> None:
    assert Scenario(before=before).needs_routing is needed


@pytest.mark.parametrize(
    ("scenario", "events"),
    [
        (Scenario("A long name", "Another long name"), 0),
        (Scenario(before=(Say("a"), Typing("started"), Visit("reject"))), 3),
        (Scenario(after=(Say("a"), Say("b")), reply="c"), 3),
        (Scenario(refusals=("wrong-case", "unknown-chat"), accept_again=True), 3),
        (Scenario(beside="same-agent"), 2),
        (Scenario(uses=("InFocus", "Leave")), 2),
    ],
    ids=str,
)
def test_how_much_happens_in_a_chat_is_counted(scenario: Scenario, events: int) -> None:
    assert scenario.events == events


def test_a_stream_says_its_texts_in_turn_each_with_its_number() -> None:
    assert Stream(("Hello?", "Hm"), 3).said == ("Hello? 1", "Hm 2", "Hello? 3")
    assert Stream(("",), 2).said == ("1", "2")
    assert Stream(("Hello?",), 0).said == ()


def test_a_stream_counts_as_many_events_as_it_has_texts() -> None:
    assert Scenario(before=(Stream(("Hello?",), 12),)).events == 12


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (Scenario("0", "0", tuple(map(Say, "abc"))), Scenario("P  P", "0")),
        (Scenario("A long name", "Another long name"), Scenario("0", "0", (Say("a"),))),
        (Scenario("0", "0"), Scenario("00", "0")),
        (Scenario("0", "0", (Stream(("a",), 9),)), Scenario("0", "0", (Stream(("a",), 10),))),
        (Scenario("0", "0", tuple(map(Say, "ab"))), Scenario("0", "0", beside="same-agent", reply="a")),
    ],
    ids=["ordinary before exotic", "events before length", "length", "a stream's texts", "a companion counts for two"],
)
def test_of_two_scenarios_the_smaller_one_is_known(smaller: Scenario, larger: Scenario) -> None:
    assert smaller.size < larger.size


LETTER = "\N{LATIN SMALL LETTER E WITH ACUTE}"

ORDINARY_NAMES = {
    "the page's": "Marat",
    "one letter": "x",
    "64 code points": "n" * 64,
    "64 code points outside the BMP": "\U00010400" * 64,
    "apostrophe and hyphen": "Ann-Marie O'Neil",
    "digits and dots": "Dr. 007",
    "umlauts, composed": "Jürgen Müller",
    "Chinese": "李雷",
    "Arabic": "محمد",
    "Hebrew with points": unicodedata.normalize("NFC", "דָּוִד"),
    "Devanagari": "नेहा शर्मा",
    "Thai": "สมชาย",
    "Vietnamese": "Nguyễn Văn A",
    "Deseret": "𐐔𐐯𐑅𐐨𐑉𐐯𐐻",
    "a mark that has no composed form": "x\N{COMBINING ACUTE ACCENT}",
    "number forms": "Ⅷ",
}
EXOTIC_NAMES = {
    "empty": "",
    "65 code points": "n" * 65,
    "emoji": "Pat 👍",
    "decomposed": unicodedata.normalize("NFD", "Müller"),
    "two blanks": "Jean  Luc",
    "a blank in front": " Pat",
    "a blank behind": "Pat ",
    "only a blank": " ",
    "no-break space": "Jean\N{NO-BREAK SPACE}Luc",
    "tab": "Jean\tLuc",
    "line feed": "Pat\n",
    "control": "Pat\x00",
    "lone surrogate": "Pat\ud83d",
    "zero width space": "Pat\N{ZERO WIDTH SPACE}",
    "right-to-left override": "Pat\N{RIGHT-TO-LEFT OVERRIDE}",
    "private use": "Pat\ue000",
    "unassigned": "Pat\u0378",
    "a sign that is no punctuation": "1 < 2",
    "singleton that NFC replaces": "\N{ANGSTROM SIGN}sa",
}
ORDINARY_TEXTS = {
    "nothing said": "",
    "1,000 code points": "t" * 1000,
    "emoji": "😀 fine",
    "emoji with skin tone": "👋🏽",
    "a family": "👨\u200d👩\u200d👧",
    "a heart with variation selector": "\N{HEAVY BLACK HEART}\ufe0f",
    "a flag": "🇫🇷",
    "keycap": "1\ufe0f\u20e3",
    "punctuation": "It's no. 4711-08/15 (100% sure)?",
}
EXOTIC_TEXTS = {
    "1,001 code points": "t" * 1001,
    "decomposed": unicodedata.normalize("NFD", "Grüße"),
    "two blanks": "Hello  World",
    "blank at the end": "Hello ",
    "two lines": "Hello\nWorld",
    "a tab": "Hello\tWorld",
    "a lone surrogate": "\ud83d",
    "HTML": "<b>Hello</b>",
    "a formula": "2+2=4",
}


@pytest.mark.parametrize("kind", ORDINARY_NAMES)
def test_a_name_of_any_script_is_ordinary(kind: str) -> None:
    assert ordinary_name(ORDINARY_NAMES[kind])


@pytest.mark.parametrize("kind", EXOTIC_NAMES)
def test_a_name_that_no_vendor_promised_is_exotic(kind: str) -> None:
    assert not ordinary_name(EXOTIC_NAMES[kind])


@pytest.mark.parametrize("kind", [*ORDINARY_NAMES, *ORDINARY_TEXTS])
def test_a_text_is_ordinary_as_a_name_is_and_with_emoji(kind: str) -> None:
    assert ordinary_text((ORDINARY_NAMES | ORDINARY_TEXTS)[kind])


@pytest.mark.parametrize("kind", EXOTIC_TEXTS)
def test_a_text_that_no_vendor_promised_is_exotic(kind: str) -> None:
    assert not ordinary_text(EXOTIC_TEXTS[kind])


def test_the_borders_are_counted_in_code_points() -> None:
    assert ordinary_name(LETTER * 64)
    assert not ordinary_name(LETTER * 65)
    assert ordinary_text("😀" * 1000)
    assert not ordinary_text("😀" * 1001)


@given(st.text(st.characters(categories=["L", "Nd", "Po"]), min_size=1, max_size=64))
@patiently
def test_letters_digits_and_punctuation_of_any_script_are_ordinary_once_composed(name: str) -> None:
    assert ordinary_name(unicodedata.normalize("NFC", name)[:64])


@pytest.mark.parametrize("code", range(128))
def test_every_character_of_ascii_is_ordinary_by_its_category(code: int) -> None:
    category = unicodedata.category(chr(code))
    letterlike = category[0] in "LMNP" or code == ord(" ")
    assert ordinary_name(f"a{chr(code)}b") is letterlike
    assert ordinary_text(f"a{chr(code)}b") is (letterlike or category == "Sk")


@given(st.text(max_size=80))
@patiently
def test_an_ordinary_name_is_an_ordinary_text(name: str) -> None:
    assert not ordinary_name(name) or ordinary_text(name)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("Pat  P", "Sam"),
        Scenario("Pat", "Sam 👍"),
        Scenario("Pat", "Sam", (Visit("leave", "Lee 👍"),)),
        Scenario("Pat", "Sam", (Visit("transfer", "Lee", ("a  b",)),)),
        Scenario("Pat", "Sam", (Say("a  b"),)),
        Scenario("Pat", "Sam", after=(Say("a  b"),)),
        Scenario("Pat", "Sam", reply="a  b"),
    ],
    ids=str,
)
def test_one_exotic_name_or_text_makes_the_chat_exotic(scenario: Scenario) -> None:
    assert not scenario.ordinary


def test_the_unused_name_of_an_agent_who_rejects_does_not_make_a_chat_exotic() -> None:
    assert Scenario("Pat", "Sam", (Visit("reject", ""), Say("Hi 👍"))).ordinary
