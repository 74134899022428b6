"""The generated documents are up to date, and say of the command, the contract and the mock what is there."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from gws_contract import cli, contract
from gws_contract.commands import manual
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.quirks import QUIRKS
from gws_contract.stage.target import SECRETS

from .documents import FOLDER, NAMES, ROOT, Command, allowed, commands, is_shown, main, operations, rendered

WAY_OUT = "run python -m tests.selftest.documents, look at what changed, and commit it"
COMMANDS = {command.name: command for command in commands()}
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("reports/*.md"), *ROOT.glob("contracts/*.md"))
)


def document(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def chapter(command: Command) -> str:
    """What the reference says of one command."""
    found = re.search(
        rf"^## {re.escape(command.parser.prog)}\n(.*?)(?=^## |\Z)", document("reference.md"), re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/reference.md knows no {command.name}: {WAY_OUT}"
    return found[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_what_would_be_written_now(name: str) -> None:
    assert document(name) == rendered(name), f"docs/{name} is stale: {WAY_OUT}"


def test_the_generator_writes_every_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "allowed.toml").write_bytes((FOLDER / "allowed.toml").read_bytes())
    monkeypatch.setattr("tests.selftest.documents.FOLDER", tmp_path)
    assert main(["--help"]) == 4
    assert main([]) == 0
    assert {path.name: path.read_text("utf-8") for path in tmp_path.glob("*.md")} == {n: document(n) for n in NAMES}


def test_what_is_stale_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (FOLDER / "allowed.toml", *(FOLDER / name for name in NAMES)):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr("tests.selftest.documents.FOLDER", tmp_path)
    assert main(["--check"]) == 0
    (tmp_path / "faults.md").write_text("# Faults\n")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "stale: docs/faults.md; run python -m tests.selftest.documents\n"


def test_the_reference_knows_the_commands_and_nothing_else() -> None:
    told = re.findall(r"^## gws-contract (.*)$", document("reference.md"), re.MULTILINE)
    assert told == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_the_reference_tells_every_argument_of_a_command_and_nothing_else(command: Command) -> None:
    there = [action for action in command.parser._actions if is_shown(action)]
    options = {name for action in there for name in action.option_strings}
    values = {
        str(action.metavar or action.dest) for action in there if not action.option_strings and not action.choices
    }
    told = re.findall(r"^\| `([^`]+)` \|", chapter(command).partition(": environment\n")[0], re.MULTILINE)
    names = {re.split(r"[ =\[]", name)[0] for name in told}
    assert {name for name in names if name.startswith("-")} == options
    assert {name for name in names if name.isupper()} == values


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_a_command_teaches(command: Command) -> None:
    """What it does, what for example, and how it ends; of each argument what it is."""
    where = f'src/gws_contract/commands/manual.toml has no ["{command.parser.prog}"]'
    assert command.says, command.name
    assert command.lesson.examples, f"{where} with examples"
    assert command.lesson.statuses, f"{where} with statuses"
    assert [action.dest for action in command.parser._actions if not action.help] == []
    told = {int(status) for status in re.findall(r"^\| (\d) \|", chapter(command), re.MULTILINE)}
    assert told == set(command.lesson.statuses)


def test_nobody_is_taught_a_command_that_is_not_there() -> None:
    assert set(manual.commands()) == {"gws-contract", *(command.parser.prog for command in COMMANDS.values())}


def test_help_says_how_a_command_ends(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        cli.main(["certify", "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("     "), "a long status is indented below its number"
    assert [line[:4] for line in lines[lines.index("exit status:") + 1 :] if line[2] != " "] == [
        f"  {status} " for status in range(5)
    ]
    below = lines[lines.index("examples:") :]
    assert max(len(line) for line in below if not line.startswith("  gws-contract")) <= 60


def test_a_command_without_a_lesson_has_nothing_below_its_options() -> None:
    assert list(manual.lesson("gws-contract juggle").lines(80)) == []


def test_every_secret_variable_is_told() -> None:
    assert set(SECRETS) <= set(manual.lesson("gws-contract certify").variables)


def test_a_default_is_said_alike_everywhere() -> None:
    """`(default: 10)`: with a colon, at the end or before a remark in the same brackets."""
    helps = [
        f"{command.name} {action.help}"
        for command in COMMANDS.values()
        for action in command.parser._actions
        if "default" in (action.help or "")
    ]
    assert helps
    assert [text for text in helps if "(default: " not in text] == []


SYNOPSES = {command.synopsis for command in COMMANDS.values()} | {"gws-contract COMMAND ..."}


def said(text: str) -> list[list[str]]:
    """The commands in the code blocks of a page, but for synopses, without what the shell does with their output."""
    blocks = re.findall(r"^```(?:bash)?\n(.*?)^```|((?:^ {4}.*\n)+)", text, re.MULTILINE | re.DOTALL)
    lines = (line.strip() for line in "".join(fenced or indented for fenced, indented in blocks).splitlines())
    parts = [part for line in lines if line not in SYNOPSES for part in line.split(" && ")]
    found = [re.fullmatch(r"(?:[A-Z_]+=\S* )*(?:\S*/)?gws-contract(?: (?P<words>.*))?", part) for part in parts]
    return [spoken(match["words"] or "") for match in found if match]


def spoken(words: str) -> list[str]:
    return shlex.split(re.sub(r"\s[>|&#].*", "", words))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_parser_understands_every_command_of_a_page(path: Path) -> None:
    for words in said(path.read_text("utf-8")):
        understood([word for word in words if word not in ("--help", "--version")])  # which would end this process


@pytest.mark.parametrize("program", sorted(manual.commands()))
def test_the_examples_of_a_command_are_understood(program: str) -> None:
    for example in manual.lesson(program).examples:
        understood(spoken(example.command)[1:])


def understood(words: list[str]) -> argparse.Namespace:
    try:
        return cli.command_line().parse_args(words)
    except SystemExit:
        pytest.fail(f"gws-contract {shlex.join(words)} is not understood")


def test_every_clause_of_every_operation_is_told() -> None:
    told = set(re.findall(r"^#### (.*)$", document("clauses.md"), re.MULTILINE))
    assert told == {clause.id for operation in operations() for clause in contract.load(operation).clauses}


def test_every_fault_is_told_with_the_clauses_it_breaks() -> None:
    rows = re.findall(r"^\| <a id=\"(.*?)\"></a>.*\| (.*) \|$", document("faults.md"), re.MULTILINE)
    assert {name: set(re.findall(r"\[(.*?)\]", clauses)) for name, clauses in rows} == {
        fault.name: set(fault.breaks) for fault in FAULTS.values()
    }


def test_of_every_quirk_it_is_known_who_allows_it() -> None:
    assert set(allowed()) == set(QUIRKS), "docs/allowed.toml says which page or server allows a quirk"


def anchors(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    kept = [
        "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_").replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ]
    assert len(kept) == len(set(kept)), f"{path.name} has two headings of one name"
    return {*kept, *re.findall(r'<a id="(.*?)">', text)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]*)\)", path.read_text("utf-8")):
        file, _, fragment = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}"
        if fragment:
            assert fragment in anchors(there), f"{path.name} links to {target}"
