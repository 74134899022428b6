"""The data of every operation under contracts/: pages, clauses and samples tell the same."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gws_contract import contract, derive
from gws_contract.contract import Clause, Contract, Sample, Section

CONTRACTS = [contract.load(operation) for operation in contract.operations()]
FOLDERS = {operation: Path(str(contract.directory(operation))) for operation in contract.operations()}
PAGES = {name: (folder / "page.txt").read_text(encoding="utf-8") for name, folder in FOLDERS.items()}
SOURCES = {name: tomllib.loads((folder / "source.toml").read_text("utf-8")) for name, folder in FOLDERS.items()}
SAMPLES = [(name, row) for name, source in SOURCES.items() for row in source["sample"]]
CLAUSES = [clause for each in CONTRACTS for clause in each.clauses]

of_each = pytest.mark.parametrize("document", CONTRACTS, ids=lambda document: document.operation)
of_each_sample = pytest.mark.parametrize(
    ("operation", "sample"), SAMPLES, ids=[f"{operation}.{row['file']}" for operation, row in SAMPLES]
)

TABLE_RULE = re.compile(r"^\|[-|]+\|$", re.MULTILINE)
"""The line between the head and the body of a table: layout, no words."""


def text_of_each_section(document: Contract) -> dict[str, str]:
    page, sections = PAGES[document.operation], document.sections
    starts = [re.search(rf"^{re.escape(section.first_line)}$", page, re.MULTILINE) for section in sections]
    edges = [start.start() if start else -1 for start in starts] + [len(page)]
    assert edges[0] == 0, "the first section starts the page"
    assert all(one < other for one, other in pairwise(edges)), "every section starts, in the order of source.toml"
    return {section.id: page[one:other] for section, (one, other) in zip(sections, pairwise(edges), strict=True)}


def lines_left_out(document: Contract, clauses: tuple[Clause, ...]) -> list[str]:
    """What of the page is neither a heading, nor layout, nor in the quote of a clause."""
    left = []
    for section in document.sections:
        text = text_of_each_section(document)[section.id]
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


@of_each
def test_the_page_is_the_certified_one(document: Contract) -> None:
    page = (FOLDERS[document.operation] / "page.txt").read_bytes()
    assert hashlib.sha256(page).hexdigest() == SOURCES[document.operation]["document"]["sha256"]


@of_each
def test_a_record_of_a_page_says_in_its_first_line_that_it_is_one(document: Contract) -> None:
    first = PAGES[document.operation].splitlines()[0]
    assert (document.wording == "record") == first.startswith("A record of the page")


@of_each
def test_a_section_starts_at_a_line_that_occurs_once(document: Contract) -> None:
    lines = PAGES[document.operation].splitlines()
    assert [section.id for section in document.sections if lines.count(section.first_line) != 1] == []


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_quote_stands_in_its_section_of_the_page(clause: Clause) -> None:
    assert clause.quote in text_of_each_section(contract.load(clause.operation))[clause.section]


@of_each
def test_nothing_of_the_page_is_left_out(document: Contract) -> None:
    assert lines_left_out(document, document.clauses) == []


@of_each
def test_a_line_without_a_clause_is_noticed(document: Contract) -> None:
    quotes = [clause.quote for clause in document.clauses]
    alone = next(clause for clause in document.clauses if sum(clause.quote in quote for quote in quotes) == 1)
    assert lines_left_out(document, tuple(each for each in document.clauses if each is not alone)) != []


@of_each
def test_clauses_stand_in_the_order_of_the_sections(document: Contract) -> None:
    order = [section.id for section in document.sections]
    places = [order.index(clause.section) for clause in document.clauses]
    assert places == sorted(places)


@of_each
def test_clause_ids_are_unique_slugs_of_the_operation(document: Contract) -> None:
    table = tomllib.loads((FOLDERS[document.operation] / "clauses.toml").read_text(encoding="utf-8"))
    ids = [row["id"] for row in table["clause"]]
    assert len(ids) == len(set(ids)) == len(document.clauses)
    slug = rf"{document.operation}(\.[a-z][a-z0-9]*(-[a-z0-9]+)*){{2}}"
    assert [name for name in ids if not re.fullmatch(slug, name)] == []


@of_each
def test_a_clause_that_is_judged_says_what_and_one_that_is_not_says_why(document: Contract) -> None:
    for clause in document.clauses:
        judged = clause.not_tested is None
        assert bool(clause.says) == bool(clause.strength) == bool(clause.needs) == judged, clause.id


@of_each
def test_what_the_operation_brings_has_a_section_and_a_sample_of_it(document: Contract) -> None:
    samples: dict[str, Sample] = dict(document.samples)
    for expected in document.performed.sequence:
        assert samples[expected.sample].section == expected.section
        sample = document.sample(expected.sample)
        assert sample["notificationType"] == expected.kind
        assert expected.state is None or sample["chat"]["state"] == expected.state


@of_each
def test_the_request_of_the_sample_is_the_operations(document: Contract) -> None:
    assert document.sample("request")["operationName"] == document.performed.name
    assert FOLDERS[document.operation].name == document.operation == document.performed.id


@of_each_sample
def test_a_sample_is_kept_as_the_page_prints_it(operation: str, sample: dict[str, Any]) -> None:
    printed = (FOLDERS[operation] / "samples" / f"{sample['file']}.txt").read_bytes()
    assert hashlib.sha256(printed).hexdigest() == sample["sha256"]
    assert printed.decode() in text_of_each_section(contract.load(operation))[sample["section"]]


@of_each_sample
def test_the_repairs_and_nothing_else_make_a_sample_json(operation: str, sample: dict[str, Any]) -> None:
    text = (FOLDERS[operation] / "samples" / f"{sample['file']}.txt").read_text(encoding="utf-8")
    for repair in SOURCES[operation].get("repair", ()):
        if repair["sample"] == sample["file"]:
            assert text.count(repair["printed"]) == 1
            assert repair["reason"]
            text = text.replace(repair["printed"], repair["repaired"])
    repaired = json.loads((FOLDERS[operation] / "samples" / f"{sample['file']}.json").read_text(encoding="utf-8"))
    assert json.loads(text) == repaired


@pytest.mark.parametrize("operation", SOURCES)
def test_every_repair_is_of_a_sample_that_is_not_json_as_printed(operation: str) -> None:
    for repair in SOURCES[operation].get("repair", ()):
        text = (FOLDERS[operation] / "samples" / f"{repair['sample']}.txt").read_text(encoding="utf-8")
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(text)


@pytest.mark.parametrize("operation", SOURCES)
def test_the_samples_folder_holds_the_samples_of_the_page_and_no_others(operation: str) -> None:
    rows = SOURCES[operation]["sample"]
    expected = {f"{sample['file']}{ending}" for sample in rows for ending in (".txt", ".json")}
    assert {file.name for file in (FOLDERS[operation] / "samples").iterdir()} == expected


@pytest.mark.parametrize("operation", SOURCES)
def test_nothing_that_is_derived_is_stale(operation: str) -> None:
    assert derive.stale_schemas(FOLDERS[operation]) == []


def test_operations_that_point_to_the_same_return_values_have_the_same() -> None:
    by_page: dict[str, set[bytes]] = {}
    for document in CONTRACTS:
        values = (FOLDERS[document.operation] / "return_values.toml").read_bytes()
        by_page.setdefault(document.return_values.url, set()).add(values)
    assert [url for url, values in by_page.items() if len(values) > 1] == []


def test_every_section_names_the_file_of_its_checks() -> None:
    sections: list[Section] = [section for each in CONTRACTS for section in each.sections]
    assert all(re.fullmatch(r"tests/[a-z]+/test_[a-z0-9_]+\.py", section.file) for section in sections)
