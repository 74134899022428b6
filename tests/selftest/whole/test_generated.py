"""What schemathesis generates, sorted and named, and that Hypothesis is as it was afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import hypothesis.core
import jsonschema
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine
from hypothesis.vendor import pretty

import gws_contract
from gws_contract import contract
from gws_contract.planning import DEPTHS, drawn
from gws_contract.scenario import Attempt, Scenario, to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage import generated
from gws_contract.stage.generated import coverage, fuzz, hypothesis_unharmed
from gws_contract.stage.malformed import MALFORMED, OPEN, kind_of

SCHEMA = jsonschema.Draft202012Validator(contract.load().schema("request"))


def process(script: str, **environment: str) -> str:
    """What a fresh Python prints."""
    source = str(Path(gws_contract.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": source, **environment},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout


@pytest.fixture(scope="module")
def fuzzed() -> tuple[Attempt, ...]:
    return fuzz(60, 1)


@pytest.fixture(scope="module")
def attempts(fuzzed: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    return (*coverage(), *fuzzed)


def test_a_generated_attempt_is_of_the_kind_that_its_request_shows(attempts: tuple[Attempt, ...]) -> None:
    assert [kind_of(each.body, each.method, each.content_type) for each in attempts] == [each.kind for each in attempts]
    kinds = {each.kind for each in attempts} - {OPEN}
    assert {f"accept.refused.{kind}" for kind in kinds} <= set(contract.load().by_id)


def test_generated_attempts_survive_the_journal(attempts: tuple[Attempt, ...]) -> None:
    assert from_json(json.loads(json.dumps(to_json(Scenario(refusals=attempts))))).refusals == attempts


def is_correct(attempt: Attempt) -> bool:
    """Whether the judge's validator, which the generator does not use, takes it for a correct Accept."""
    try:
        return SCHEMA.is_valid(json.loads(attempt.body or ""))
    except ValueError:
        return False


def test_no_generated_attempt_is_a_correct_accept(attempts: tuple[Attempt, ...]) -> None:
    posts = [each for each in attempts if each.method == "POST" and each.content_type in ("application/json", None)]
    assert len(posts) > 60
    assert [each for each in posts if is_correct(each)] == []


def test_the_coverage_cases_break_every_boundary_of_the_request_once() -> None:
    assert [attempt.says for attempt in coverage()] == [
        "Incorrect type: 0",
        "Incorrect type: false",
        "Incorrect type: null",
        'Incorrect type: "AAA"',
        "Incorrect type: [null, null]",
        'operationName: Invalid enum value: "AAA"',
        "operationName: Incorrect type: 0",
        "operationName: Incorrect type: false",
        "operationName: Incorrect type: null",
        "operationName: Incorrect type: [null, null]",
        "operationName: Incorrect type: {}",
        "nickname: Incorrect type: 0",
        "nickname: Incorrect type: false",
        "nickname: Incorrect type: null",
        "nickname: Incorrect type: [null, null]",
        "nickname: Incorrect type: {}",
        'Missing required property: nickname: {"operationName": "Accept"}',
        'Missing required property: operationName: {"nickname": "agent-nickname-to-be-displayed-in-chat"}',
        "Unspecified HTTP method: DELETE",
        "Unspecified HTTP method: GET",
        "Unspecified HTTP method: OPTIONS",
        "Unspecified HTTP method: PATCH",
        "Unspecified HTTP method: PUT",
        "Unspecified HTTP method: QUERY",
        "Unspecified HTTP method: TRACE",
        "Malformed Content-Type: multipart/form-data without boundary",
        "Unsupported Content-Type: text/plain",
        "Missing request body",
    ]


def test_the_sample_of_the_page_is_what_the_coverage_cases_alter() -> None:
    sample = contract.load().sample("request")
    (put,) = (attempt for attempt in coverage() if attempt.method == "PUT")
    assert json.loads(put.body or "") == sample


def test_generated_attempts_are_the_same_in_every_process() -> None:
    script = (
        "from gws_contract.stage.generated import coverage, fuzz;"
        "print(ascii(fuzz(20, 3)) + ascii(coverage()) + ascii(fuzz(20, 3)))"
    )
    said = [process(script, PYTHONHASHSEED="1"), process(script, PYTHONHASHSEED="2", CI="true")]
    assert said[0] == said[1]
    first, found, second = said[0].strip().partition(ascii(coverage()))
    assert found
    assert first == second


def test_another_seed_gives_other_attempts() -> None:
    assert set(fuzz(20, 4)) != set(fuzz(20, 5))


def test_fuzzing_gives_as_many_attempts_as_asked_for_and_no_two_alike(fuzzed: tuple[Attempt, ...]) -> None:
    assert len({attempt.body for attempt in fuzzed}) == 60
    assert fuzz(0, 1) == ()
    assert len(fuzz(1, 1)) == 1


def test_fuzzing_tries_several_kinds(fuzzed: tuple[Attempt, ...]) -> None:
    assert {"wrong-type", "malformed-json", "missing-nickname", "missing-operation"} <= {a.kind for a in fuzzed}


def test_every_name_can_be_printed_in_one_line(attempts: tuple[Attempt, ...]) -> None:
    assert all(attempt.says.isprintable() and len(attempt.says) <= 160 for attempt in attempts)


# ---- Hypothesis -----------------------------------------------------------------------------------------------------


@settings(max_examples=20, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
@given(number=st.integers(min_value=7), word=st.just("visible"))
def fails(number: int, word: str) -> None:
    raise AssertionError(word * (number and 1))


def notes() -> str:
    with pytest.raises(AssertionError) as caught:
        fails()
    return "\n".join(caught.value.__notes__)


def test_counter_examples_show_their_values_after_our_use_of_schemathesis() -> None:
    coverage()
    fuzz(1, 1)
    assert "number=7" in notes()
    assert "word='visible'" in notes()


def test_without_the_repair_they_would_not() -> None:
    """If this fails, schemathesis has stopped it, and the repair can go."""
    script = (
        "import hypothesis.core, schemathesis; from hypothesis.vendor import pretty;"
        "s = schemathesis.openapi.from_dict({'openapi': '3.1.0', 'info': {'title': '', 'version': ''},"
        "'paths': {'/': {'get': {'responses': {'200': {'description': ''}}}}}});"
        "s['/']['GET'].as_strategy();"
        "print(hypothesis.core.RepresentationPrinter is pretty.RepresentationPrinter)"
    )
    assert process(script).strip() == "False"


def test_every_first_use_in_a_process_leaves_hypothesis_as_it_was() -> None:
    for use in ("coverage()", "fuzz(1, 1)", "fuzz(1, 1), coverage()"):
        script = (
            "import hypothesis.core as core; from hypothesis.internal.conjecture import engine;"
            "from hypothesis.strategies._internal import collections;"
            "was = core.RepresentationPrinter, core.BUFFER_SIZE, engine.BUFFER_SIZE, collections.BUFFER_SIZE;"
            f"from gws_contract.stage.generated import coverage, fuzz; {use};"
            "is_now = core.RepresentationPrinter, core.BUFFER_SIZE, engine.BUFFER_SIZE, collections.BUFFER_SIZE;"
            "print(was == is_now)"
        )
        assert process(script).strip() == "True", use


def test_the_repair_also_undoes_what_the_pytest_plugin_of_schemathesis_did_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(pretty.RepresentationPrinter):
        def pretty(self, obj: object, **_: object) -> None:
            return None

    monkeypatch.setattr(hypothesis.core, "RepresentationPrinter", Silent)
    monkeypatch.setattr(engine, "BUFFER_SIZE", 1)
    with hypothesis_unharmed():
        pass
    assert vars(hypothesis.core)["RepresentationPrinter"] is pretty.RepresentationPrinter
    assert engine.BUFFER_SIZE == generated._BUFFER_SIZE


def test_a_nightly_run_makes_its_wrong_requests_anew() -> None:
    rows = drawn("nightly", 1, 5).rows
    tried = [attempt for source, scenario in rows if source == "misuse" for attempt in scenario.refusals]
    assert tried == [*MALFORMED, *coverage(), *fuzz(DEPTHS["nightly"].generated, 5)]
