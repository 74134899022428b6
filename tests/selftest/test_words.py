"""The pool of names and texts, and what is generated beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gws_contract.ordinary import MAX_NAME, MAX_TEXT, ordinary_data, ordinary_name, ordinary_text
from gws_contract.stage import words
from gws_contract.stage.chats import exotic_chats, lengths, ordinary_chats

POOL = words.pool()


def drawn(strategy: st.SearchStrategy[Any], times: int = 500) -> list[Any]:
    """So many draws of a strategy; short runs, because a long one repeats itself."""
    found: list[Any] = []
    for number in range(-(-times // 9)):

        @seed(number)
        @settings(
            max_examples=9,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def collect(value: Any) -> None:
            found.append(value)

        collect()
    return found[:times]


def listed(part: str) -> Iterator[str]:
    for words_of_a_kind in POOL[part].values():
        yield from words_of_a_kind


def test_every_name_of_the_pool_is_ordinary() -> None:
    assert [name for name in listed("names") if not ordinary_name(name)] == []


def test_every_text_of_the_pool_is_ordinary() -> None:
    assert [text for text in listed("texts") if not ordinary_text(text)] == []


def test_no_exotic_word_of_the_pool_is_ordinary() -> None:
    exotic = POOL["exotic"]
    assert [name for name in (*exotic["both"], *exotic["names"]) if ordinary_name(name)] == []
    assert [text for text in exotic["both"] if ordinary_text(text)] == []


def test_long_names_of_the_pool_are_longer_than_50_code_points() -> None:
    assert all(50 < len(name) <= MAX_NAME for name in POOL["names"]["long"])


def test_the_pool_names_no_word_twice() -> None:
    for part in ("names", "texts"):
        assert len([*listed(part)]) == len({*listed(part)})


@pytest.mark.parametrize("name", ["a b", "a'b", "a-b", "é", "𐐔", "א", "李", "नेहा"], ids=ascii)
def test_the_pool_has_every_kind_of_name(name: str) -> None:
    kinds = {
        "a b": lambda c: c == " ",
        "a'b": lambda c: c == "'",
        "a-b": lambda c: c == "-",
        "é": lambda c: unicodedata.normalize("NFD", c) != c,
        "𐐔": lambda c: ord(c) > 0xFFFF,
        "א": lambda c: unicodedata.bidirectional(c) == "R",
        "李": lambda c: "CJK" in unicodedata.name(c, ""),
        "नेहा": lambda c: unicodedata.category(c) == "Mc",
    }
    assert any(map(kinds[name], "".join(listed("names"))))


def test_what_is_drawn_as_a_name_is_ordinary_from_one_code_point_to_64() -> None:
    names = drawn(words.names(), 2000)
    assert all(map(ordinary_name, names))
    assert {1, MAX_NAME} <= {len(name) for name in names}


def test_what_is_drawn_as_a_text_is_ordinary_up_to_1000_code_points() -> None:
    texts = drawn(words.texts(), 2000)
    assert all(map(ordinary_text, texts))
    assert max(map(len, texts)) == MAX_TEXT


def test_a_short_text_stays_ordinary_with_a_number_behind_it() -> None:
    assert all(ordinary_text(f"{text} 2000") for text in drawn(words.short_texts()))


def test_an_exotic_name_is_never_ordinary_and_never_empty() -> None:
    assert not any(not name or ordinary_name(name) for name in drawn(words.exotic_names()))


def test_an_exotic_text_is_never_ordinary_and_never_empty_and_may_have_thousands_of_code_points() -> None:
    texts = drawn(words.exotic_texts())
    assert not any(not text or ordinary_text(text) for text in texts)
    assert max(map(len, texts)) > 2 * MAX_TEXT


def test_exotic_words_come_from_everywhere_in_unicode_that_utf_8_can_carry() -> None:
    characters = set("".join(drawn(words.exotic_texts(), 1000)))
    "".join(characters).encode("utf-8")
    assert {"\u0000", "<", "&", "'", "\n", "\ufeff"} <= characters
    assert len({ord(character) >> 16 for character in characters}) >= 15


def test_user_data_is_ordinary_and_exotic_user_data_is_not() -> None:
    assert all(map(ordinary_data, drawn(words.user_data(), 100)))
    assert not any(map(ordinary_data, drawn(words.exotic_user_data(), 300)))


def test_an_ordinary_chat_is_ordinary_and_an_exotic_one_is_exotic() -> None:
    assert [chat for chat in drawn(ordinary_chats()) if not chat.ordinary] == []
    assert [chat for chat in drawn(exotic_chats()) if chat.ordinary] == []


def test_a_stretched_text_has_exactly_the_length_asked_for_and_no_blank_at_the_end() -> None:
    for length in range(1, 40):
        text = words.stretched("ab c", length)
        assert len(text) == length
        assert not text.endswith(" ")


def test_lengths_lie_at_edges_up_to_2000() -> None:
    found = {*drawn(lengths(), 2000)}
    assert {15, 16, 17, 63, 64, 65, 99, 100, 101, 1023, 1024, 1025, 1999, 2000, 2001} <= found


def test_percentages_that_are_too_few_are_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="less than 100"):
        drawn(words.shares((1, st.just(1))), 200)
