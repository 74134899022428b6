"""Every legal spelling of the JSON of an Accept means the same, to any parser and to the mock."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gws_contract.scenario import Say, Scenario, Spelling
from gws_contract.stage.spelling import spelled
from gws_contract.verdict import Verdict

from .stages import play

SPELLINGS = get_args(Spelling)
NAMES = {
    "a plain name": "Marat",
    "empty": "",
    "outside the BMP": "𐐔𐐯𐑅 𠮷野家",
    "emoji of several code points": "👋🏽 👨\u200d👩\u200d👧",
    "what JSON escapes": '"quoted" \\ / \b\f\n\r\t\x00\x1f\x7f',
    "right to left": "مريم שלום",
    "line separators": "\u2028\u2029",
    "the last of the BMP": "\uffff\ufffe\ufeff",
    "markup": "<b>&amp;'--",
    "digits and letters that look like escapes": "\\u0041 u0041",
}


def accept(nickname: str) -> dict[str, str]:
    return {"operationName": "Accept", "nickname": nickname}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_spelling_means_the_same(spelling: Spelling, name: str) -> None:
    assert json.loads(spelled(accept(name), spelling).decode("utf-8")) == accept(name)


@given(st.sampled_from(SPELLINGS), st.dictionaries(st.text(), st.text(), max_size=4))
def test_whatever_the_members_are(spelling: Spelling, members: dict[str, str]) -> None:
    assert json.loads(spelled(members, spelling).decode("utf-8")) == members


def test_no_two_spellings_are_the_same() -> None:
    assert len({spelled(accept("Marat"), spelling) for spelling in SPELLINGS}) == len(SPELLINGS)


def test_plain_is_what_everybody_writes() -> None:
    assert spelled(accept("Zoë"), "plain") == '{"operationName": "Accept", "nickname": "Zoë"}'.encode()


def test_reordered_says_the_operation_last() -> None:
    assert list(json.loads(spelled(accept("Marat"), "reordered"))) == ["nickname", "operationName"]


def test_spaced_has_every_kind_of_whitespace_wherever_it_may_stand() -> None:
    text = spelled(accept("Marat"), "spaced").decode()
    assert {" ", "\t", "\n", "\r"} <= set(text)
    assert text[0].isspace()
    assert text[-1].isspace()
    for sign in "{:,}":
        before, after = text.split(sign, 1)
        assert sign == "{" or before[-1].isspace()
        assert sign == "}" or after[0].isspace()


def test_escaped_leaves_no_character_of_a_string_as_it_is() -> None:
    body = spelled(accept("Zoë 𐐔"), "escaped")
    assert body.isascii()
    strings = [part for part in body.decode("ascii").split('"') if "\\" in part]
    assert len(strings) == 4
    for part in strings:
        units = part.split("\\u")
        assert units[0] == ""
        assert all(len(unit) == 4 for unit in units[1:])
    assert "\\ud801\\udc14" in body.decode("ascii").lower()


def test_escapes_are_written_in_both_cases() -> None:
    text = spelled(accept("\u00ab\u00cd\uabcd"), "escaped").decode("ascii")
    digits = "".join(unit for unit in text.split("\\u")[1:])
    assert digits != digits.lower()
    assert digits != digits.upper()


def test_members_that_repeat_no_name_stay_as_many() -> None:
    for spelling in SPELLINGS:
        pairs = json.loads(spelled(accept("Marat"), spelling), object_pairs_hook=list)
        assert len(pairs) == 2


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("agent", ["Marat", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻", 'Ann-Marie "Zoë" O\'Neil'])
def test_the_mock_accepts_every_spelling(spelling: Spelling, agent: str) -> None:
    run = play(Scenario("Pat", agent, (Say("Hello"),), spelling=spelling))
    assert run.hows == ["complete"]
    assert run.with_verdict(Verdict.BROKEN) == set()
    (accepted,) = run.steps("accept")
    assert (accepted.request or "").encode() == spelled(accept(agent), spelling)
