"""gws-contract contract diff, as somebody types it who has a new version at hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from gws_contract import cli, contract
from gws_contract.contract import Contract, ContractError, load
from gws_contract.contract_diff.reading import read_both
from gws_contract.contract_diff.shown import as_json, as_text, schema

from .editions import (
    Edit,
    clause,
    copy_of,
    edition,
    refinement,
    says,
    shipped,
    since_shipped,
    with_rows,
    without_refinement,
)

WIDER = says(
    "refinements.toml", "value = 1", "value = 0", after=refinement("new_messages", "$.messages[*].index", "minimum")
)
FIRMER = clause("accept.overview.offer", 'strength = "inferred"', 'strength = "stated"')
ADVISORY = clause("accept.overview.offer", 'needs = "content"', 'needs = "content"\nwants = "routing"')
OTHER_WORDS = clause("accept.overview.accepts", "is not refused", "is never refused")
QUOTE = clause("accept.overview.accepts", "This operation accepts an incoming chat", "This operation accepts a chat")

NEW_CLAUSE = """[[clause]]
id = "accept.foot.new"
section = "foot"
quote = "Contact us for support!"
not_tested = "Nobody can."
"""

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## Between two contracts\n"

ZERO = {
    "messageType": "MessageLogUpdated",
    "notificationType": "NewMessages",
    "messages": [{"index": 0, "type": "ParticipantJoined"}],
    "chatUri": "http://localhost:8080/api/v2/chats/0000Na9B26EF002X",
}
"""The sample with the index changed, and no more than is needed to show it."""

CHATTY = (
    WIDER,
    FIRMER,
    OTHER_WORDS,
    QUOTE,
    clause("accept.overview.reject", 'strength = "stated"', 'strength = "inferred"'),
    without_refinement("status_change", "$.chat.uri", "optional"),
    with_rows("clauses.toml", NEW_CLAUSE),
    says("openapi.toml", "Accepts an incoming chat.", "Accepts a chat."),
    says("page.txt", "Overview", "Survey"),
)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        status = cli.main(["contract", "diff", *words])
    except SystemExit as left:
        status = int(str(left.code))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("edits", "options", "status"),
    [
        ([], [], 0),
        ([QUOTE], [], 0),
        ([WIDER], [], 1),
        ([WIDER], ["--breaking-for", "client"], 1),
        ([WIDER], ["--breaking-for", "server"], 0),
        ([FIRMER], ["--breaking-for", "client"], 0),
        ([FIRMER], ["--breaking-for", "server"], 1),
        ([OTHER_WORDS], [], 2),
        ([OTHER_WORDS, WIDER], [], 1),
        ([OTHER_WORDS, WIDER], ["--breaking-for", "server"], 2),
        ([ADVISORY], [], 0),
        ([ADVISORY], ["--strict"], 1),
        ([ADVISORY], ["--strict", "--breaking-for", "server"], 0),
    ],
)
def test_the_exit_status_says_whether_somebody_is_broken(
    edits: list[Edit], options: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path / "b", *edits)
    assert run(capsys, "shipped", str(folder), *options)[0] == status


def test_an_advisory_change_of_which_nothing_is_proved_is_not_proved_in_a_strict_comparison_either(
    tmp_path: Path,
) -> None:
    folder = copy_of(tmp_path / "b", clause("accept.overview.offer", "name both", "list both"))
    assert [since_shipped(folder, strict=strict).status() for strict in (False, True)] == [0, 2]


def test_the_text_tells_whom_it_breaks_first_and_what_was_not_compared(tmp_path: Path) -> None:
    text = as_text(since_shipped(copy_of(tmp_path / "b", *CHATTY)))
    first, _, *lines = text.splitlines()
    assert first == (
        "2 changes break a server; 2 changes break a client; 1 not proved to break nobody; 3 breaking nobody."
    )
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "breaking for a server",
        "breaking for a client",
        "not proved to break nobody",
        "breaking nobody",
        "files that differ and were not compared",
    ]
    assert lines[-1] == "  openapi.toml, page.txt"


def test_a_change_is_told_with_both_versions_a_message_the_clause_and_whom_it_breaks(tmp_path: Path) -> None:
    folder = copy_of(tmp_path / "b", WIDER)
    text = as_text(since_shipped(folder))
    ours, theirs = shipped().contract.digest[:12], edition(folder).contract.digest[:12]
    width = len(str(folder))
    assert text.splitlines() == [
        "No change breaks a server; 1 change breaks a client.",
        "",
        f"  A {'shipped':<{width}}  Accept, 8.5.2, in the wording of 2014-06-20; digest {ours}",
        f"  B {folder}  Accept, 8.5.2, in the wording of 2014-06-20; digest {theirs}",
        "",
        "breaking for a client",
        "  new_messages $.messages[*].index: B allows a value that A forbids",
        '      A: {"type": "integer", "minimum": 1}, required',
        '      B: {"type": "integer", "minimum": 0}, required',
        f"      B allows and A forbids {json.dumps(ZERO)}",
        "      clause: accept.history.index (shown)",
        "      server: no, it may still send all that A allowed",
        "      client: yes, it has to cope with what A forbade",
    ]


def test_nothing_in_a_contract_steers_a_terminal(tmp_path: Path) -> None:
    text = as_text(
        since_shipped(
            copy_of(tmp_path / "b", clause("accept.overview.accepts", "is not refused", "is \\u001b[31mred\\nor"))
        )
    )
    assert "\x1b" not in text
    assert "is \\u001b[31mred\\nor" in text


def test_the_json_keeps_its_schema_and_tells_the_same(tmp_path: Path) -> None:
    difference = since_shipped(copy_of(tmp_path / "b", *CHATTY))
    told = json.loads(json.dumps(as_json(difference)))
    jsonschema.validate(told, schema(), jsonschema.Draft202012Validator)
    assert (told["status"], told["breaking_for"], told["strict"]) == (1, ["server", "client"], False)
    assert told["uncompared"] == ["openapi.toml", "page.txt"]
    (wider,) = [change for change in told["changes"] if change["witness"] and change["client"]["breaking"] == "yes"]
    assert wider["demands"] == "less is demanded of a server"
    assert wider["witness"]["allowed_by"] == "B"
    assert wider["witness"]["value"]["messages"] == [{"index": 0, "type": "ParticipantJoined"}]


def test_json_is_printed_if_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "accept", str(copy_of(tmp_path / "b", WIDER)), "--json", "--breaking-for", "server")
    told = json.loads(out)
    assert (status, told["status"], told["breaking_for"]) == (0, 0, ["server"])


def _stale(folder: Path) -> None:
    (folder / "schemas" / "response.json").write_text('{"$comment": "accept.response.json"}', "utf-8")


def _no_clause(folder: Path) -> None:
    (folder / "clauses.toml").write_text("clause = []", "utf-8")


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no toml": (
        lambda folder: (folder / "clauses.toml").write_text("[", "utf-8"),
        "{b}: clauses.toml is not TOML: ",
    ),
    "no clause": (_no_clause, "{b}: refinements.toml names clauses that do not exist: "),
    "stale": (_stale, "{b}: its schemas are stale (response): run gws-contract derive.\n"),
    "no source": (
        lambda folder: (folder / "source.toml").unlink(),
        "{b} holds no contract: there is no source.toml in it.\n",
    ),
    "two senders": (
        with_rows(
            "source.toml",
            '[[sample]]\nfile = "2_response"\nkind = "response"\nsent_by = "client"\nsection = "http-response"\n'
            'title = "HTTP Response"\nsha256 = ""\n',
        ),
        "{b}: The samples response are sent by client and server.\n",
    ),
    "no folder": (shutil.rmtree, "There is no folder {b}, and no operation of this name.\n"),
    "no sender": (
        says("source.toml", 'sent_by = "client"', 'sent_by = "nobody"'),
        '{b}: The sample request is sent by client or server, not by "nobody".\n',
    ),
}


@pytest.mark.parametrize("which", HARMS)
def test_what_cannot_be_compared_is_said_in_one_sentence(
    which: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harm, sentence = HARMS[which]
    folder = copy_of(tmp_path / "b")
    harm(folder)
    status, out, err = run(capsys, "shipped", str(folder))
    assert (status, out) == (4, "")
    assert err.startswith("gws-contract: " + sentence.format(b=folder))
    assert err.count("\n") == 1


def test_a_file_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path / "b")

    def refused(file: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refused)
    status, _, err = run(capsys, str(folder), str(folder))
    assert (status, err.count("\n")) == (4, 1)
    assert err.endswith(" cannot be read: Permission denied.\n")


def test_contracts_of_two_operations_are_not_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = load()

    def read(folder: Path) -> Contract:
        return replace(ours, operation=folder.name)

    monkeypatch.setattr(contract, "read", read)
    accept, reject = (str(copy_of(tmp_path / name)) for name in ("accept", "reject"))
    with pytest.raises(ContractError) as refused:
        read_both(accept, reject)
    assert str(refused.value) == f"{accept} is about accept, {reject} about reject: nothing to compare."


def test_without_two_versions_the_usage_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "shipped")[0] == 4
    with pytest.raises(SystemExit) as left:
        cli.main(["contract"])
    assert left.value.code == 4


def test_a_folder_of_the_name_of_an_operation_is_meant_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_of(tmp_path / "accept", WIDER)
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "shipped", "accept")[0] == 0
    assert run(capsys, "shipped", "./accept")[0] == 1


def test_the_example_of_the_readme_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = [file.read_text("utf-8") for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
    (section,) = [text.partition(HEADING)[2] for text in documents if HEADING in text]
    command, example = section.split("```\n")[1:4:2]
    (tmp_path / "contracts").mkdir()
    copy_of(tmp_path / "contracts" / "accept", WIDER, FIRMER)
    monkeypatch.chdir(tmp_path)
    _, out, _ = run(capsys, *command.partition("#")[0].split()[3:])
    first, rest = example.split("...\n")
    assert out.startswith(first)
    assert out.endswith("\n\n" + rest)
