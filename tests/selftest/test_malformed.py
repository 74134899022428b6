"""The wrong requests written by hand: each is what it says, belongs to the clause it names, and is none by mistake."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gws_contract import contract
from gws_contract.scenario import Attempt, Scenario, to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage.malformed import DEEP, HUGE, MALFORMED, OPEN, SAFE, encoded, is_json_label, kind_of
from gws_contract.stage.misuse import MISUSES, Invitation, attempt

ACCEPT = '{"operationName": "Accept", "nickname": "Marat"}'
BY_KIND = Counter(each.kind for each in MALFORMED)


def test_every_kind_but_open_is_a_clause() -> None:
    clauses = {clause.id for clause in contract.load().clauses}
    assert {f"accept.refused.{kind}" for kind in BY_KIND if kind != OPEN} <= clauses


def test_every_clause_about_a_malformed_request_is_tried() -> None:
    assert {"wrong-type", "malformed-json", "duplicate-keys", "wrong-method", "content-type"} <= set(BY_KIND)


def test_attempts_of_a_kind_stand_together_and_those_that_nobody_judges_last() -> None:
    kinds = [each.kind for each in MALFORMED]
    assert [kind for n, kind in enumerate(kinds) if kind != kinds[n - 1]] == list(BY_KIND)
    assert kinds[-1] == OPEN


def test_no_two_attempts_have_the_same_name_or_are_the_same() -> None:
    assert len({each.says for each in MALFORMED}) == len(MALFORMED)
    assert len({(each.body, each.method, each.content_type) for each in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize("each", [a for a in MALFORMED if a.kind != OPEN], ids=lambda a: f"{a.kind}: {a.says}")
def test_an_attempt_is_of_the_kind_that_its_request_shows(each: Attempt) -> None:
    assert kind_of(each.body, each.method, each.content_type) == each.kind


@pytest.mark.parametrize("each", [a for a in MALFORMED if a.kind == OPEN], ids=lambda a: a.says)
def test_what_is_open_is_no_correct_accept_and_no_other_operation(each: Attempt) -> None:
    assert kind_of(each.body, each.method, each.content_type) in (
        OPEN,
        "unknown-operation",
        "wrong-type",
        "malformed-json",
    )


def test_an_attempt_survives_the_journal() -> None:
    scenario = Scenario(refusals=MALFORMED)
    assert from_json(json.loads(json.dumps(to_json(scenario)))) == scenario


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ACCEPT, None),
        (' {"nickname": "", "operationName": "Acc\\u0065pt", "more": [1]} ', None),
        ('{"operationName": "Reject"}', None),
        ('{"operationName": " complete", "nickname": "Marat"}', None),
        (None, "malformed-json"),
        ("", "malformed-json"),
        (ACCEPT + ACCEPT, "malformed-json"),
        ('{"operationName": Infinity}', "malformed-json"),
        ('"\udcff"', "malformed-json"),
        ("\0", "malformed-json"),
        ("{\0}\0", OPEN),
        ("\ufeff" + ACCEPT, OPEN),
        ("\ufeff" + ACCEPT[:-1], "malformed-json"),
        (ACCEPT.encode("utf-32-be").decode(), OPEN),
        ("[" * 100_000, OPEN),
        ("5", "wrong-type"),
        ("null", "wrong-type"),
        ("[]", "wrong-type"),
        ('{"operationName": null, "nickname": "Marat"}', "wrong-type"),
        ('{"operationName": {"a": 1, "a": 2}}', "wrong-type"),
        ('{"operationName": "Accept", "nickname": {}}', "wrong-type"),
        ('{"a": 1, "a": 2}', "duplicate-keys"),
        ("{}", "missing-operation"),
        ('{"nickname": "Marat", "operation": "Accept"}', "missing-operation"),
        ('{"OperationName": "Accept", "nickname": "Marat"}', OPEN),
        ('{"operationName": "", "nickname": "Marat"}', "unknown-operation"),
        ('{"operationName": "Welcome"}', "unknown-operation"),
        ('{"operationName": "aCCept"}', "wrong-case"),
        ('{"operationName": "Accept\\n"}', OPEN),
        ('{"operationName": "Accept"}', "missing-nickname"),
    ],
)
def test_the_first_thing_that_is_wrong_decides_what_kind_it_is(body: str | None, kind: str | None) -> None:
    assert kind_of(body) == kind


@pytest.mark.parametrize("method", sorted(SAFE))
def test_reading_is_no_misuse_whatever_the_body(method: str) -> None:
    assert kind_of(ACCEPT, method) == kind_of("{", method) == OPEN


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "MERGE", "post"])
def test_every_other_method_is_wrong(method: str) -> None:
    assert kind_of(ACCEPT, method) == kind_of(None, method, None) == "wrong-method"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("application/json", None),
        ("Application/JSON ; charset=UTF-8", None),
        ('application/json;charset="utf8"', None),
        (None, OPEN),
        ("", OPEN),
        ("application/json;charset=latin1", OPEN),
        ("application/problem+json", OPEN),
        ("text/json", "content-type"),
        ("multipart/form-data", "content-type"),
        ("json", "content-type"),
    ],
)
def test_a_label_is_that_of_json_or_wrong_or_left_to_the_server(label: str | None, kind: str | None) -> None:
    assert kind_of(ACCEPT, content_type=label) == kind
    assert is_json_label(label) == (kind is None)


@given(st.text(st.characters(exclude_categories=[])))
@example("\ud800\udcff")
def test_every_text_can_be_sent(body: str) -> None:
    assert isinstance(encoded(body), bytes)
    kind_of(body)


@given(st.binary())
def test_every_bytes_can_be_sent_as_they_are(body: bytes) -> None:
    assert encoded(body.decode("utf-8", "surrogateescape")) == body


def test_what_is_huge_or_deep_is_as_huge_and_deep_as_it_says() -> None:
    bodies = [each.body or "" for each in MALFORMED]
    assert max(map(len, bodies)) > HUGE
    assert sum(body.count("[") == DEEP for body in bodies) == 3


class Someone:
    """Remembers the call."""

    def call(self, method: str, path: str, **more: object) -> None:
        self.called = (method, path, more)


@pytest.mark.parametrize("each", MALFORMED, ids=lambda each: each.says)
def test_an_attempt_is_sent_on_the_invited_chat_exactly_as_it_is_spelled(each: Attempt) -> None:
    someone = Someone()
    attempt(Invitation(7, "ID", someone, "Marat", None, None), each)  # type: ignore[arg-type]  # all it needs of an agent
    method, path, more = someone.called
    assert (method, path) == (each.method, "/api/v2/me/chats/ID")
    assert more == {
        "step": f"refusal:{each.kind}",
        "chat": 7,
        "body": None if each.body is None else each.body.encode("utf-8", "surrogateescape"),
        "content_type": each.content_type,
    }


def test_no_attempt_repeats_a_misuse_that_has_a_name() -> None:
    named = [
        {"operationName": "Welcome", "nickname": "Marat"},
        {"nickname": "Marat"},
        {"operationName": "accept", "nickname": "Marat"},
        {"operationName": "Accept"},
    ]
    bodies = {each.body for each in MALFORMED}
    assert not bodies & {json.dumps(body) for body in named}
    assert {"unknown-operation", "missing-operation", "wrong-case", "missing-nickname"} <= set(MISUSES)
