"""gws-contract diff, as somebody types it in the morning."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from gws_contract import cli
from gws_contract.report.difference import Difference, compare
from gws_contract.report.difference_shown import as_json, as_markdown, as_text, refusal, schema

from .filing import ARRIVES, INFERRED, ORDER, broke, certificate_of, filed, leave, timed

EXAMPLE = {
    "chat": 61, "documented": "StatusChange, ParticipantsUpdated", "received": "ParticipantsUpdated | `StatusChange`",
    "summary": "", "exotic": False, "scenario": {}, "replay": "", "timeline": [],
}  # fmt: skip


def eventful() -> Difference:
    """Two runs that differ in everything that can be told."""
    latencies = filed()["latencies"]
    old = certificate_of(
        broke(ARRIVES, broken=2, chats=200),
        broke(INFERRED, advisory=True),
        latencies=latencies | {"StatusChange": timed(0.1), "response": timed(0.3)},
    )
    new = certificate_of(
        broke(ORDER, broken=3, first_counter_example=EXAMPLE),
        broke(ARRIVES, broken=40, chats=200),
        latencies=latencies | {"StatusChange": timed(0.2), "response": timed(0.1)},
        started="2026-11-25T02:00:00+00:00",
        headline="a server: not conformant (2 clauses broken)",
        suite="0.2.0",
    )
    return compare(old, new)


@pytest.fixture
def nights(tmp_path: Path) -> list[str]:
    runs = {"old": filed(), "new": filed(broke()), "cut": filed(exit_status=2, verdict="inconclusive")}
    return [str(leave(tmp_path / name, data)) for name, data in runs.items()]


def test_the_first_line_says_the_essence() -> None:
    assert as_text(eventful()).splitlines()[0] == (
        "1 clause newly broken; 1 newly kept; 1 broken more often; slower: StatusChange; faster: response."
    )


def test_the_text_tells_what_changed_the_worst_first() -> None:
    assert as_text(eventful()).partition("\n\nnewly broken\n")[2].split("\n") == [
        f"  {ORDER} (shown)  kept (25 chats) -> broken (3 of 25 chats)",
        "      Documented: StatusChange, ParticipantsUpdated",
        "      Received:   ParticipantsUpdated | `StatusChange`",
        "      It may come and go, and chance explain the difference (p = 0.23).",
        "",
        "newly kept",
        f"  {INFERRED} (inferred)  broken, advisory (25 of 25 chats) -> kept (25 chats)",
        "",
        "broken more often",
        f"  {ARRIVES}  2 of 200 -> 40 of 200 chats (p < 0.0001)",
        "",
        "slower (median and quartiles)",
        "  StatusChange  0.100 s (0.090 to 0.110) -> 0.200 s (0.180 to 0.220)",
        "",
        "faster (median and quartiles)",
        "  response  0.300 s (0.270 to 0.330) -> 0.100 s (0.090 to 0.110)",
        "",
        "other circumstances",
        "  suite  1.2.3 -> 0.2.0",
    ]


def test_markdown_shows_texts_of_others_as_they_are() -> None:
    text = as_markdown(eventful())
    assert "    - Received:   ParticipantsUpdated \\| \\`StatusChange\\`" in text
    assert text.startswith("## Since the last run\n\n**1 clause newly broken; ")
    hostile = certificate_of(headline="# <img src=x> [a](javascript:b) **x**")
    assert "\\# \\<img src=x> \\[a\\](javascript:b) \\*\\*x\\*\\*" in as_markdown(compare(certificate_of(), hostile))


def test_json_has_the_form_that_is_documented() -> None:
    data = as_json(eventful())
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(data, schema())
    jsonschema.validate(json.loads(refusal("x is no certificate.", "json")), schema())
    assert [(each["clause"], each["turn"]) for each in data["clauses"]] == [
        (ORDER, "newly broken"), (INFERRED, "newly kept"),
    ]  # fmt: skip
    assert [each["what"] for each in data["latencies"]] == ["response", "StatusChange"]


@pytest.mark.parametrize(
    ("old", "new", "status", "says"),
    [
        (0, 0, 0, "Nothing newly broken"),
        (0, 1, 1, "1 clause newly broken"),
        (1, 0, 0, "Nothing newly broken; 1 newly kept"),
        (0, 2, 2, "Not known whether anything is newly broken"),
    ],
)
def test_the_exit_status_says_whether_something_is_newly_broken(
    nights: list[str], old: int, new: int, status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", nights[old], nights[new]]) == status
    assert capsys.readouterr().out.startswith(says)


def test_each_form_is_printed(nights: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", "--json", *nights[:2]]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == 1
    assert cli.main(["diff", "--markdown", *nights[:2]]) == 1
    assert capsys.readouterr().out.startswith("## Since")


def test_a_file_that_is_not_there_is_usage(
    tmp_path: Path, nights: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", nights[0], str(tmp_path / "missing")]) == 4
    assert capsys.readouterr().err == f"gws-contract: {tmp_path}/missing cannot be read: No such file or directory.\n"


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_what_is_no_certificate_cannot_be_compared(
    tmp_path: Path, nights: list[str], form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other\x1b.json"
    other.write_text("{}")
    options = [] if form == "text" else [f"--{form}"]
    assert cli.main(["diff", *options, nights[0], str(other)]) == 2
    out = capsys.readouterr().out
    assert "Not comparable: " in out
    assert "is no certificate of gws" in out
    assert "\x1b" not in out


def test_the_same_two_runs_give_the_same_bytes() -> None:
    assert as_text(eventful()) == as_text(eventful())
    assert json.dumps(as_json(eventful())) == json.dumps(as_json(eventful()))
