"""The server under test: its URL, its accounts, and what an answer of it means for the next step."""

from __future__ import annotations

import pytest

from gws_contract.journal import Exchange
from gws_contract.stage.reply import in_words, members, said_yes, went_well
from gws_contract.stage.target import Account, Target, UsageError, accounts, checked_url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://gws.example.com", "https://gws.example.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://gws.example.com/gws//", "https://gws.example.com/gws"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_url_of_a_server_is_kept_without_its_last_slash(given: str, kept: str) -> None:
    assert checked_url(given) == kept


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("gws.example.com", "is not that of a server"),
        ("localhost:8080", "is not that of a server"),
        ("ftp://gws.example.com", "is not that of a server"),
        ("http://", "is not that of a server"),
        ("http://gws.example.com:0", "is not that of a server"),
        ("http://gws.example.com:99999", "cannot be read"),
        ("http://gws.example.com:http", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://ann:one@gws.example.com", "credentials belong into the variable GWS_AGENTS"),
        ("http://ann@gws.example.com", "credentials belong into the variable GWS_AGENTS"),
        ("http://gws.example.com?a=b", "query or fragment"),
        ("http://gws.example.com/#top", "query or fragment"),
    ],
)
def test_what_is_no_url_of_a_server_is_refused_in_a_sentence(given: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        checked_url(given)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("url", ["http://ann:secret@host:99999", "ftp://ann:secret@host", "http://ann:secret@host"])
def test_no_sentence_about_a_url_repeats_the_password_in_it(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_url(url)
    assert "secret" not in str(refused.value)


def test_a_password_may_hold_colons() -> None:
    assert accounts(" ann:one , bob:t:w:o ,", "GWS_AGENTS") == (Account("ann", "one"), Account("bob", "t:w:o"))


@pytest.mark.parametrize("text", ["ann", "ann:", ":one", "bob:two,ann"])
def test_an_account_without_user_or_password_is_named_by_its_place_only(text: str) -> None:
    number = text.count(",") + 1
    with pytest.raises(UsageError, match=f"^Account {number} of GWS_AGENTS is not of the form user:password.$"):
        accounts(text, "GWS_AGENTS")


def test_an_agent_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="names an agent twice"):
        accounts("ann:one,ann:two", "GWS_AGENTS")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://gws.example.com/gws", "https://gws.example.com/gws"),
        ("http://gws.example.com:8080", "http://gws.example.com:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_target_is_named_by_its_url(url: str, name: str) -> None:
    assert Target(url, ()).name == name


def test_a_label_goes_before_the_url() -> None:
    assert Target("http://localhost:1", (), label="the embedded mock").name == "the embedded mock"


@pytest.mark.parametrize(("quiet_period", "settle"), [(0, 0), (0.4, 0.05), (2, 0.25), (60, 0.25)])
def test_refusals_settle_in_a_part_of_the_quiet_period(quiet_period: float, settle: float) -> None:
    assert Target("http://localhost:1", (), quiet_period=quiet_period).settle == settle


def answered(status: int | None, answer: str | None, failure: str | None = None) -> Exchange:
    return Exchange("customer", "say", 1, "POST", "/", None, 0, 0, 0, status, {}, answer, failure)


@pytest.mark.parametrize(
    ("status", "answer", "well", "yes"),
    [
        (200, '{"statusCode": 0}', True, True),
        (202, '{"statusCode": 0}', True, True),
        (200, '{"statusCode": "0"}', True, False),
        (200, '{"statusCode": null}', True, False),
        (200, "{}", True, False),
        (200, "not JSON", True, False),
        (200, '["statusCode"]', True, False),
        (200, '{"statusCode": 4}', False, False),
        (200, '{"statusCode": [0]}', False, False),
        (500, '{"statusCode": 0}', False, False),
        (302, "", False, False),
        (None, None, False, False),
    ],
)
def test_an_answer_goes_well_or_says_yes(status: int | None, answer: str | None, well: bool, yes: bool) -> None:
    exchange = answered(status, answer)
    assert (went_well(exchange), said_yes(exchange)) == (well, yes)


def test_an_answer_that_was_cut_off_went_not_well() -> None:
    assert not went_well(answered(200, '{"statusCode": 0}', "The connection was closed."))


def test_json_too_deep_to_read_has_no_members() -> None:
    assert members(answered(200, "[" * 200_000)) == {}


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        (answered(404, "<html>"), "HTTP 404"),
        (answered(403, '{"statusCode": 5, "statusMessage": "No"}'), "HTTP 403, statusCode 5, 'No'"),
        (answered(None, None, "Nobody listens."), "Nobody listens."),
    ],
)
def test_an_answer_is_said_in_words(exchange: Exchange, words: str) -> None:
    assert in_words(exchange) == words
