"""What a run is asked for: the command line goes before the environment, and that before gws.toml."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from gws_contract.options import CERTIFY
from gws_contract.settings import settled
from gws_contract.stage.target import SECRETS, UsageError


def wish(here: Path, given: dict[str, Any] | None = None, file: str | None = None, **environment: str) -> Any:
    if file is not None:
        (here / "gws.toml").write_text(file, "utf-8")
    return settled(given or {}, environment, here)


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = 'url = "http://file"\nchats = 1\nseed = 1\ndeadline = 1.5\n'
    found = wish(tmp_path, {"url": "http://line"}, file, GWS_URL="http://environment", GWS_CHATS="2")
    assert (found.url, found.chats, found.seed, found.deadline) == ("http://line", 2, 1, 1.5)


def test_what_is_said_nowhere_has_its_default(tmp_path: Path) -> None:
    found = wish(tmp_path, {"url": None, "strict": None})
    assert (found.url, found.depth, found.strict) == (None, "quick", False)


def test_a_default_on_the_command_line_goes_before_another_value_in_the_file(tmp_path: Path) -> None:
    assert wish(tmp_path, {"depth": "quick"}, 'depth = "nightly"').depth == "quick"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("0", False), ("off", False)])
def test_a_flag_can_be_said_and_denied_in_the_environment(tmp_path: Path, text: str, value: bool) -> None:
    assert wish(tmp_path, {}, "insecure = true", GWS_INSECURE=text).insecure is value


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert wish(tmp_path, {}, 'url = "http://file"', GWS_URL=" ").url == "http://file"


@pytest.mark.parametrize("file", ['topic = ["/a", "/b"]', "", None])
def test_a_list_is_one_in_every_place(tmp_path: Path, file: str | None) -> None:
    environment = {} if file else {"GWS_TOPIC": "/a, /b"}
    assert wish(tmp_path, {}, file, **environment).topic == ["/a", "/b"]


def test_one_text_stands_for_a_list_of_one(tmp_path: Path) -> None:
    assert wish(tmp_path, {}, 'channel = "multimedia"').channel == ["multimedia"]


def test_the_file_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('url = "http://other"')
    assert wish(tmp_path, {"config": "other.toml"}, 'url = "http://file"').url == "http://other"
    assert wish(tmp_path, {}, None, GWS_CONFIG="other.toml").url == "http://other"


def test_with_the_mock_another_server_is_described_on_the_command_line_only(tmp_path: Path) -> None:
    file = 'cometd-path = "/file"\nchats = 3\n'
    found = wish(tmp_path, {"mock": "", "topic": ["/**"]}, file, GWS_URL="http://environment", GWS_PROXY="http://p")
    assert (found.url, found.cometd_path, found.proxy) == (None, None, None)
    assert (found.chats, found.topic) == (3, ["/**"])


@pytest.mark.parametrize("name", ["GWS_MOCK", "GWS_SCENARIO", "GWS_PLAN", "GWS_CLAUSE"])
def test_what_makes_a_run_another_one_is_said_in_words_only(tmp_path: Path, name: str) -> None:
    assert wish(tmp_path, {}, None, **{name: "1"}) == wish(tmp_path)


@pytest.mark.parametrize("variable", SECRETS)
def test_the_file_holds_no_secrets(tmp_path: Path, variable: str) -> None:
    key = variable.removeprefix("GWS_").lower().replace("_", "-")
    with pytest.raises(
        UsageError, match=f"^gws.toml holds no secrets: {key} comes from the environment, as {variable}.$"
    ):
        wish(tmp_path, {}, f'{key} = "hush"')


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("chats = ", "The settings file gws.toml is not TOML: "),
        ("\udcff", "The settings file gws.toml is not in UTF-8."),
        ("x = " + "[" * 100_000, "The settings file gws.toml is nested too deeply."),
        ('ulr = "x"', "gws.toml knows no ulr; did you mean url?"),
        ("zzz = 1", "gws.toml knows no zzz; its keys are the options of certify, as --help lists them."),
        ('mock = ""', "gws.toml knows no mock"),
        ("[target]\n", "gws.toml knows no target"),
        ("url = 1", "url in gws.toml is 1; it is a text."),
        ('chats = "3"', "chats in gws.toml is '3'; it is a number without fractions."),
        ("chats = 2.5", "chats in gws.toml is 2.5; it is a number without fractions."),
        ("chats = true", "chats in gws.toml is True; it is a number without fractions."),
        ('deadline = "10"', "deadline in gws.toml is '10'; it is a number."),
        ('strict = "yes"', "strict in gws.toml is 'yes'; it is true or false."),
        ("topic = [1]", r"topic in gws.toml is \[1\]; it is a list of texts."),
        ('depth = "deep"', "depth in gws.toml is 'deep'; it is one of quick, nightly, certify."),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_a_sentence(tmp_path: Path, file: str, why: str) -> None:
    (tmp_path / "gws.toml").write_bytes(file.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=f"^{why}"):
        wish(tmp_path)


@pytest.mark.parametrize(
    ("variable", "text", "why"),
    [
        ("GWS_CHATS", "many", "GWS_CHATS is 'many', which is no number without fractions."),
        ("GWS_DEADLINE", "soon", "GWS_DEADLINE is 'soon', which is no number."),
        ("GWS_STRICT", "maybe", "GWS_STRICT is 'maybe'; it is either 1 or 0."),
        ("GWS_DEPTH", "deep", "GWS_DEPTH is 'deep'; it is one of quick, nightly, certify."),
        ("GWS_CONFIG", "nowhere.toml", "The settings file nowhere.toml cannot be read: No such file or directory."),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused_in_a_sentence(
    tmp_path: Path, variable: str, text: str, why: str
) -> None:
    with pytest.raises(UsageError, match=f"^{why}$"):
        wish(tmp_path, {}, None, **{variable: text})


def test_every_option_is_read_in_the_words_it_is_written_in() -> None:
    parser = argparse.ArgumentParser()
    for option in CERTIFY:
        parser.add_argument(f"--{option.name}", **option.settings)
    for option in CERTIFY:
        value: Any = True if option.is_flag else "7" if "type" not in option.settings else option.settings["type"]("7")
        value = option.settings.get("choices", (value,))[-1]
        value = [value, "8"] if option.is_list else value
        assert getattr(parser.parse_args(option.words(value)), option.attribute) == value
