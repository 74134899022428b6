from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

from gws_contract import contract
from gws_contract.contract import Clause, ContractError, Section, UnknownClause, load, read, table_for

ACCEPT = Path(str(contract.directory()))
PAGE = (ACCEPT / "page.txt").read_text(encoding="utf-8")
SOURCE = tomllib.loads((ACCEPT / "source.toml").read_text(encoding="utf-8"))

TABLE_RULE = re.compile(r"^\|[-|]+\|$", re.MULTILINE)
"""The line between the head and the body of a table: layout, no words."""


def text_of_each_section(sections: tuple[Section, ...]) -> dict[str, str]:
    starts = [re.search(rf"^{re.escape(section.first_line)}$", PAGE, re.MULTILINE) for section in sections]
    edges = [start.start() if start else -1 for start in starts] + [len(PAGE)]
    assert edges[0] == 0, "the first section starts the page"
    assert all(one < other for one, other in pairwise(edges)), "every section starts, in the order of source.toml"
    return {section.id: PAGE[one:other] for section, (one, other) in zip(sections, pairwise(edges), strict=True)}


def lines_left_out(clauses: tuple[Clause, ...]) -> list[str]:
    """What of the page is neither a heading, nor layout, nor in the quote of a clause."""
    left = []
    for section in load().sections:
        text = text_of_each_section(load().sections)[section.id]
        spans = [(text.index(clause.quote), len(clause.quote)) for clause in clauses if clause.section == section.id]
        spans += [(found.start(), len(found[0])) for found in TABLE_RULE.finditer(text)]
        for heading in section.headings:
            found = re.search(rf"^{re.escape(heading)}$", text, re.MULTILINE)
            assert found, heading
            spans.append((found.start(), len(heading)))
        rest = list(text)
        for start, length in spans:
            rest[start : start + length] = " " * length
        left += [line.strip() for line in "".join(rest).splitlines() if line.strip()]
    return left


def test_the_page_is_the_certified_one() -> None:
    assert hashlib.sha256((ACCEPT / "page.txt").read_bytes()).hexdigest() == SOURCE["document"]["sha256"]


def test_a_section_starts_at_a_line_that_occurs_once() -> None:
    assert [section.id for section in load().sections if PAGE.splitlines().count(section.first_line) != 1] == []


@pytest.mark.parametrize("clause", load().clauses, ids=lambda clause: clause.id)
def test_a_quote_stands_in_its_section_of_the_page(clause: Clause) -> None:
    assert clause.quote in text_of_each_section(load().sections)[clause.section]


def test_nothing_of_the_page_is_left_out() -> None:
    assert lines_left_out(load().clauses) == []


@pytest.mark.parametrize("clause", ["accept.overview.work", "accept.history.sample", "accept.page.support"])
def test_a_line_without_a_clause_is_noticed(clause: str) -> None:
    assert lines_left_out(tuple(each for each in load().clauses if each.id != clause)) != []


def test_clauses_stand_in_the_order_of_the_sections() -> None:
    order = [section.id for section in load().sections]
    places = [order.index(clause.section) for clause in load().clauses]
    assert places == sorted(places)


def test_clause_ids_are_unique_slugs_of_the_operation() -> None:
    ids = [row["id"] for row in tomllib.loads((ACCEPT / "clauses.toml").read_text(encoding="utf-8"))["clause"]]
    assert len(ids) == len(set(ids)) == len(load().clauses)
    assert [name for name in ids if not re.fullmatch(r"accept(\.[a-z][a-z0-9]*(-[a-z0-9]+)*){2}", name)] == []


def test_a_clause_that_is_judged_says_what_and_one_that_is_not_says_why() -> None:
    for clause in load().clauses:
        assert bool(clause.says) == bool(clause.strength) == bool(clause.needs) == (clause.not_tested is None), (
            clause.id
        )


def test_exactly_the_inferred_clauses_are_advisory() -> None:
    assert all(clause.advisory == (clause.strength == "inferred") for clause in load().clauses)
    assert load().clause("accept.notifications.timely").advisory
    assert not load().clause("accept.history.complete").advisory


@pytest.mark.parametrize("sample", SOURCE["sample"], ids=lambda sample: sample["file"])
def test_a_sample_is_kept_as_the_page_prints_it(sample: dict[str, str]) -> None:
    printed = (ACCEPT / "samples" / f"{sample['file']}.txt").read_bytes()
    assert hashlib.sha256(printed).hexdigest() == sample["sha256"]
    assert printed.decode() in text_of_each_section(load().sections)[sample["section"]]


@pytest.mark.parametrize("sample", SOURCE["sample"], ids=lambda sample: sample["file"])
def test_the_repairs_and_nothing_else_make_a_sample_json(sample: dict[str, str]) -> None:
    text = (ACCEPT / "samples" / f"{sample['file']}.txt").read_text(encoding="utf-8")
    for repair in SOURCE["repair"]:
        if repair["sample"] == sample["file"]:
            assert text.count(repair["printed"]) == 1
            assert repair["reason"]
            text = text.replace(repair["printed"], repair["repaired"])
    assert json.loads(text) == load().sample(sample["kind"])


def test_every_repair_is_of_a_sample_that_is_not_json_as_printed() -> None:
    for repair in SOURCE["repair"]:
        text = (ACCEPT / "samples" / f"{repair['sample']}.txt").read_text(encoding="utf-8")
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(text)


def test_the_samples_folder_holds_the_samples_of_the_page_and_no_others() -> None:
    expected = {f"{sample['file']}{ending}" for sample in SOURCE["sample"] for ending in (".txt", ".json")}
    assert {file.name for file in (ACCEPT / "samples").iterdir()} == expected


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
    with pytest.raises(ContractError, match=r"source\.toml cannot be read"):
        load("transfer")


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
