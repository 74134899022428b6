from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from gws_contract import contract
from gws_contract.contract import ContractError, UnknownClause, load, read, table_for

ACCEPT = Path(str(contract.directory()))


def test_exactly_the_inferred_clauses_are_advisory() -> None:
    assert all(clause.advisory == (clause.strength == "inferred") for clause in load().clauses)
    assert load().clause("accept.notifications.timely").advisory
    assert not load().clause("accept.history.complete").advisory


def test_printed_gives_the_words_and_sample_the_value() -> None:
    assert '"nickname":agent-nickname-to-be-displayed-in-chat\n' in load().printed("request")
    assert load().sample("request")["nickname"] == "agent-nickname-to-be-displayed-in-chat"


def test_nobody_can_change_a_loaded_contract() -> None:
    load().sample("response")["statusCode"] = 1
    load().schema("response")["required"].clear()
    assert load().sample("response") == {"statusCode": 0}
    assert load().schema("response")["required"] == ["statusCode"]
    with pytest.raises(TypeError):
        load().by_id["accept.history.once"] = load().clauses[0]  # type: ignore[index]  # that is what is tried


def test_an_unknown_clause_is_answered_with_the_closest_ones() -> None:
    with pytest.raises(UnknownClause, match=r"no clause \"accept.history.complet\".*accept\.history\.complete"):
        load().clause("accept.history.complet")


@pytest.mark.parametrize("ask", [load().schema, load().sample, load().printed, load().codes, load().section])
def test_an_unknown_name_is_answered_with_the_known_ones(ask: Callable[[str], object]) -> None:
    with pytest.raises(ContractError, match=r'There is no .* "nonsense"; there is '):
        ask("nonsense")


def test_an_unknown_operation_is_an_error_of_the_contract() -> None:
    with pytest.raises(
        ContractError, match=r'There is no contract of an operation "\.\./accept"; there is one of .*acc'
    ):
        load("../accept")


@pytest.mark.parametrize(("version", "last"), [("8.5.0", 6), ("8.5.1", 7), ("8.5.2", 20), ("8.6.0", 20)])
def test_each_version_knows_its_return_values(version: str, last: int) -> None:
    assert load().codes(version) == set(range(last + 1))


def test_every_return_value_has_a_meaning() -> None:
    assert all(load().meaning(code) for version in load().versions for code in load().codes(version))
    assert load().meaning(99) is None


@pytest.mark.parametrize(
    ("told", "table"),
    [
        ("8.5.202.96", "8.5.2"),
        ("8.5.200.50", "8.5.2"),
        ("8.5.100.02", "8.5.1"),
        ("8.5.000.77", "8.5.0"),
        ("8.5.0", "8.5.0"),
        ("8.6.000.01", "8.6.0"),
        (" 8.5.103.11\n", "8.5.1"),
        ("8.7.000.00", "8.5.2"),
        ("8.5.20", "8.5.2"),
        ("unknown", "8.5.2"),
        ("", "8.5.2"),
        (None, "8.5.2"),
    ],
)
def test_a_server_is_judged_by_the_table_of_its_family(told: str | None, table: str) -> None:
    assert table_for(told) == table


def test_an_installed_contract_is_read_from_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "accept").mkdir()
    (tmp_path / "accept" / "source.toml").touch()
    monkeypatch.setattr(resources, "files", {"gws_contract.contracts": tmp_path}.__getitem__)
    assert contract.directory("accept") == tmp_path / "accept"


def test_a_checkout_is_read_from_its_contracts_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_installed(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(resources, "files", nothing_installed)
    assert contract.directory("accept") == Path(contract.__file__).parents[2] / "contracts" / "accept"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACCEPT, tmp_path / "accept"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("clauses.toml", 'strength = "stated"', 'strength = "certain"', 'strength "certain"'),
        ("clauses.toml", 'needs = "content"', 'needs = "luck"', 'needs "luck"'),
        ("clauses.toml", 'needs = "content"\n', "", '"needs" is missing in clause accept.overview.offer'),
        ("clauses.toml", 'says = "The', 'sayz = "The', "What does sayz mean"),
        ("clauses.toml", 'id = "accept.overview.offer"\n', "", '"id" is missing in clause None'),
        ("clauses.toml", '"accept.overview.offer"', '"accept.overview.reject"', "two clauses accept.overview.reject"),
        ("clauses.toml", '"accept.overview.offer"', '"accept.Overview 1"', "no slug"),
        ("clauses.toml", '"accept.overview.offer"', '"reject.overview.offer"', "no slug that starts with accept"),
        ("clauses.toml", 'section = "overview"', 'section = "preface"', 'no section "preface"'),
        ("clauses.toml", 'quote = "Accept"', 'quote = ""', '"quote" is missing'),
        ("clauses.toml", "not_tested = ", 'says = "It is."\nnot_tested = ', "is not tested, so it has no says"),
        ("clauses.toml", 'strength = "linked"', 'strength = "shown"', "strength linked, and no others"),
        ("clauses.toml", '"Return Values"', "7", '"page" is missing'),
        ("clauses.toml", "[[clause]]", "[[clause", "clauses.toml is not TOML"),
        ("source.toml", "headings = [", "lines = [", '"headings" is missing in section title'),
        ("source.toml", 'file = "2_response"', 'file = "2_answer"', "2_answer.txt cannot be read"),
        ("return_values.toml", 'default = "8.5.2"', 'default = "9"', "default version 9 has no table"),
        ("return_values.toml", '20 = "not authenticated"\n', "", r"the codes \[20\] mean"),
        ("schemas/response.json", "{", "<<<<<<< ours\n{", "run gws-contract derive"),
    ],
)
def test_data_that_make_no_sense_are_refused_with_a_sentence(
    copy: Path, file: str, old: str, new: str, sentence: str
) -> None:
    edit(copy / file, old, new)
    with pytest.raises(ContractError, match=sentence):
        read(copy)


def test_a_contract_without_schemas_says_how_to_make_them(copy: Path) -> None:
    shutil.rmtree(copy / "schemas")
    with pytest.raises(ContractError, match="run gws-contract derive"):
        read(copy)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("clauses.toml", "A Reject of an offered chat", "A Reject of any chat"),
        ("refinements.toml", "The sample counts from 1.", "It counts from 1."),
        ("return_values.toml", "operation forbidden", "forbidden"),
        ("schemas/response.json", '"integer"', '"number"'),
    ],
)
def test_the_digest_changes_with_what_the_contract_says(copy: Path, file: str, old: str, new: str) -> None:
    edit(copy / file, old, new)
    assert read(copy).digest != load().digest


def test_the_digest_does_not_change_with_comments_and_layout(copy: Path) -> None:
    edit(copy / "clauses.toml", "[[clause]]", "# a remark\n\n[[clause]]")
    schema = copy / "schemas" / "response.json"
    schema.write_text(json.dumps(json.loads(schema.read_text(encoding="utf-8"))), encoding="utf-8")
    assert read(copy).digest == load().digest
    assert re.fullmatch("[0-9a-f]{64}", load().digest)
