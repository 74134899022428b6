from __future__ import annotations

import html
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.judge.names import change, explained, shown

patiently = settings(deadline=None)
names = st.text(st.characters(exclude_categories=()), max_size=12)
ACCENT = "Jürgen"
DECOMPOSED = unicodedata.normalize("NFD", ACCENT)
DESERET = "𐐔𐐯 x"


@pytest.mark.parametrize(
    ("sent", "received", "phrase"),
    [
        (ACCENT, ACCENT, None),
        (ACCENT, "JÃ¼rgen", "its UTF-8 was read as Latin-1"),
        ("10 €", "10 â‚¬", "its UTF-8 was read as Windows-1252"),
        (DECOMPOSED, ACCENT, "it was normalised to NFC"),
        (ACCENT, DECOMPOSED, "it was normalised to NFD"),
        (" Pat ", "Pat", "blanks at its ends were cut off"),
        ("O'Neil & <Co>", "O&#x27;Neil &amp; &lt;Co&gt;", "it was escaped for HTML"),
        ("a &amp; b", "a & b", "it was unescaped from HTML"),
        (ACCENT, "J?rgen", "characters outside ASCII became ?"),
        ("é𐐔", "é?", "characters outside the BMP became ?"),
        ("é𐐔", "é??", "characters outside the BMP became ??"),
        (DESERET, " x", "characters outside the BMP were dropped"),
        (DESERET, "\ufffd\ufffd x", "characters outside the BMP became U+FFFD"),
        ("Marat", "marat", "its case was changed"),
        ("Marat", "MARAT", "its case was changed"),
        ("Ann-Marie", "Ann", "it was cut after 3 of 9 code points"),
        ("Marat", "Marat (agent)", "something was added to it"),
        ("Marat", "Max", None),
        ("Marat", "", None),
    ],
)
def test_what_became_of_a_name(sent: str, received: str, phrase: str | None) -> None:
    assert change(sent, received) == phrase


@given(names, names)
@patiently
def test_any_two_names_can_be_compared_and_the_same_name_has_not_changed(sent: str, received: str) -> None:
    assert change(sent, sent) is None
    assert change(sent, received) is None or sent != received


@given(names)
@patiently
def test_a_name_that_is_cut_or_escaped_is_always_explained(name: str) -> None:
    assert name == html.escape(name) or change(name, html.escape(name)) is not None
    for cut in range(1, len(name)):
        assert change(name, name[:cut]) is not None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Marat", '"Marat"'),
        ("a\nb\x00", '"a\\u000ab\\u0000"'),
        ("\ud83d", '"\\ud83d"'),
        ("\N{RIGHT-TO-LEFT OVERRIDE}x", '"\\u202ex"'),
        ("李雷 👍", '"李雷 👍"'),
        ("n" * 60, f'"{"n" * 60}"'),
        ("n" * 61, f'"{"n" * 57}..."'),
        ("", '""'),
    ],
)
def test_a_name_is_shown_in_quotes_with_controls_escaped(text: str, quoted: str) -> None:
    assert shown(text) == quoted


@given(names)
@patiently
def test_what_is_shown_can_be_printed(name: str) -> None:
    assert shown(name).isprintable()
    shown(name).encode("utf-8")


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ([], "nobody"),
        (["Max"], '"Max"'),
        (["Max", "Max", "Tim"], '"Max", "Tim"'),
        (["Max", "marat"], '"marat" (its case was changed)'),
        (list("abcdefgh"), '"a", "b", "c", "d", "e", "f"'),
    ],
)
def test_the_candidate_that_is_a_changed_form_explains_itself(candidates: list[str], words: str) -> None:
    assert explained("Marat", candidates) == words
