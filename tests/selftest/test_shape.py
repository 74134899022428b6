from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

from gws_contract.contract import ContractError, load
from gws_contract.judge.shape import LONGEST, Quick, Shapes, Violation

SHAPES = Shapes(load().schemas)
SAMPLES = {name: load().sample(name) for name in load().samples}
OF_RECORD = {name: Draft202012Validator(schema) for name, schema in load().schemas.items()}
SECOND_OPINION = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in load().schemas.items()}

NOTHING = object()
"""In place of a value: the member is left out."""


Place = tuple[str | int, ...]
"""The members and indices that lead to a value."""


def places(value: object, at: Place = ()) -> Iterator[Place]:
    yield at
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*at, step))


PLACES = {name: tuple(places(sample)) for name, sample in SAMPLES.items()}


def changed(value: Any, place: Place, new: object) -> Any:
    """A copy of a JSON value that differs at one place; where it has no such place, the value as it is."""
    if not place:
        return None if new is NOTHING else new
    value = copy.deepcopy(value)
    inner = value
    try:
        for step in place[:-1]:
            inner = inner[step]
        if new is not NOTHING:
            inner[place[-1]] = new
        else:
            del inner[place[-1]]
    except (LookupError, TypeError):
        pass
    return value


def sample_with(name: str, pointer: str, new: object) -> Any:
    steps = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    return changed(SAMPLES[name], tuple(steps), new)


def clauses(name: str, instance: object) -> list[str]:
    return [violation.clause for violation in SHAPES.violations(name, instance)]


def assert_both_agree(name: str, instance: object) -> None:
    violations = SHAPES.violations(name, instance)
    of_record = OF_RECORD[name].is_valid(instance)
    assert of_record == SECOND_OPINION[name].is_valid(instance), json.dumps(instance)
    assert of_record == (not violations), json.dumps(instance)
    assert all(load().clause(violation.clause).says for violation in violations)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_its_shape(name: str) -> None:
    assert SHAPES.violations(name, SAMPLES[name]) == ()
    assert SECOND_OPINION[name].is_valid(SAMPLES[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_two_validators_agree_on_every_mutant_of_a_sample(name: str) -> None:
    values: tuple[object, ...] = (
        NOTHING,
        None,
        True,
        0,
        1,
        1.0,
        1.5,
        -1,
        "",
        "1",
        "2014-01-09 11:58:12.035+0200",
        [],
        [None],
        {},
        {"a": 1},
    )
    for place, value in itertools.product(PLACES[name], values):
        assert_both_agree(name, changed(SAMPLES[name], place, value))


def test_two_validators_agree_on_the_boundary_cases_that_schemathesis_finds() -> None:
    bodies = {name: {"content": {"application/json": {"schema": schema}}} for name, schema in load().schemas.items()}
    answers = {"200": {"description": "never sent"}}
    paths = {f"/{name}": {"post": {"requestBody": body, "responses": answers}} for name, body in bodies.items()}
    carrier = schemathesis.openapi.from_dict(
        {"openapi": "3.1.0", "info": {"title": "carrier", "version": "0"}, "paths": paths}
    )
    judged = 0
    for name in bodies:
        operation = carrier[f"/{name}"]["POST"]
        config = carrier.config.generation_for(operation=operation, phase="coverage")
        for case in carrier.iter_coverage_cases(
            operation, generation_modes=list(GenerationMode), generation_config=config
        ):
            if isinstance(case.body, dict | list | str | int | float | None):
                assert_both_agree(name, case.body)
                judged += 1
    assert judged > 200


LETTERS = st.text(max_size=5)
TIMESTAMPS = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.{:03}{}{}".format,
    st.integers(0, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from("T t_"),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.integers(0, 1001),
    st.sampled_from(["", "Z", "-0800", "+02:00", "+2460", "-08", "z", "+٠٢٠٠"]),
    st.sampled_from(["", "", "", "\n", " "]),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), LETTERS, TIMESTAMPS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS | st.just("nickname"), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(SAMPLES)))
    message = SAMPLES[name]
    for place in draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=3)):
        message = changed(message, place, draw(st.just(NOTHING) | VALUES))
    return name, message


@settings(
    max_examples=1000, deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(messages())
def test_two_validators_agree_on_a_thousand_generated_messages(message: tuple[str, Any]) -> None:
    assert_both_agree(*message)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TIMESTAMPS)
def test_two_validators_agree_on_timestamps(timestamp: str) -> None:
    assert_both_agree("new_messages", sample_with("new_messages", "/messages/0/timestamp", timestamp))


@pytest.mark.parametrize(
    "timestamp",
    [
        "2014-01-02T14:23:18.000-0800",
        "2014-01-09 11:58:12.035+0200",
        "2014-12-31T23:59:59.999+05:30",
        "2016-02-29 00:00:00.000Z",
        "2014-01-02T14:23:18.000+0000",
    ],
)
def test_the_spellings_of_real_servers_are_timestamps(timestamp: str) -> None:
    assert clauses("new_messages", sample_with("new_messages", "/messages/0/timestamp", timestamp)) == []


@pytest.mark.parametrize(
    "timestamp",
    [
        "not a date",
        "",
        "2014-13-02T14:23:18.000-0800",
        "2014-00-02T14:23:18.000-0800",
        "2014-02-30T14:23:18.000-0800",
        "2014-04-31T14:23:18.000-0800",
        "2014-01-32T14:23:18.000-0800",
        "2014-01-02T24:00:00.000-0800",
        "2014-01-02T14:60:18.000-0800",
        "2014-01-02T14:23:60.000-0800",
        "2014-01-02T14:23:18-0800",
        "2014-01-02T14:23:18.000",
        "2014-01-02T14:23:18.000-2400",
        "2014-01-0214:23:18.000-0800",
        "2014-01-02T14:23:18.000-0800\n",
        " 2014-01-02T14:23:18.000-0800",
        "٢٠١٤-01-02T14:23:18.000-0800",
        1389261492035,
        None,
    ],
)
def test_anything_else_is_no_timestamp(timestamp: int | str | None) -> None:
    message = sample_with("new_messages", "/messages/0/timestamp", timestamp)
    assert SHAPES.violations("new_messages", message) == (
        Violation(
            clause="accept.history.timestamp",
            pointer="/messages/0/timestamp",
            documented="a timestamp like 2014-01-02T14:23:18.000-0800",
            received=json.dumps(timestamp, ensure_ascii=False),
        ),
    )


STATUS_CHANGE = "accept.status-change"
PARTICIPANTS = "accept.participants"
HISTORY = "accept.history"


@pytest.mark.parametrize(
    ("name", "pointer", "new", "clause"),
    [
        ("request", "/operationName", "accept", "accept.request.body"),
        ("request", "/nickname", NOTHING, "accept.request.body"),
        ("response", "", [], "accept.response.json"),
        ("response", "/statusCode", "0", "accept.response.status-code"),
        ("response", "/statusCode", NOTHING, "accept.response.status-code"),
        ("status_change", "", None, "accept.delivery.data"),
        ("status_change", "/messageType", NOTHING, f"{STATUS_CHANGE}.message-type"),
        ("status_change", "/messageType", "chatStateChangeMessage", f"{STATUS_CHANGE}.message-type"),
        ("status_change", "/notificationType", NOTHING, f"{STATUS_CHANGE}.notification-type"),
        ("status_change", "/notificationType", "StatusChanged", f"{STATUS_CHANGE}.notification-type"),
        ("status_change", "/referenceId", "17", f"{STATUS_CHANGE}.reference-id"),
        ("status_change", "/referenceId", True, f"{STATUS_CHANGE}.reference-id"),
        ("status_change", "/chat", NOTHING, f"{STATUS_CHANGE}.chat-id"),
        ("status_change", "/chat", "0000Na9B26EF002X", f"{STATUS_CHANGE}.chat-id"),
        ("status_change", "/chat/id", NOTHING, f"{STATUS_CHANGE}.chat-id"),
        ("status_change", "/chat/id", 17, f"{STATUS_CHANGE}.chat-id"),
        ("status_change", "/chat/state", NOTHING, f"{STATUS_CHANGE}.state"),
        ("status_change", "/chat/state", ["Chatting"], f"{STATUS_CHANGE}.state"),
        ("status_change", "/chat/capabilities", "Transfer", f"{STATUS_CHANGE}.capabilities"),
        ("status_change", "/chat/capabilities/3", 4, f"{STATUS_CHANGE}.capabilities"),
        ("status_change", "/chat/uri", 1, f"{STATUS_CHANGE}.uri"),
        ("status_change", "/chat/participants", {}, f"{STATUS_CHANGE}.participants"),
        ("status_change", "/chat/participants", ["Marat"], f"{STATUS_CHANGE}.participants"),
        ("status_change", "/chat/participants", [{"type": "Agent"}], f"{STATUS_CHANGE}.participants"),
        ("status_change", "/chat/participants", [{"nickname": "Marat"}], f"{STATUS_CHANGE}.participants"),
        ("participants_updated", "", 0, "accept.delivery.data"),
        ("participants_updated", "/messageType", "MessageLogUpdated", f"{PARTICIPANTS}.message-type"),
        ("participants_updated", "/notificationType", NOTHING, f"{PARTICIPANTS}.notification-type"),
        ("participants_updated", "/chat/state", None, f"{PARTICIPANTS}.state"),
        ("participants_updated", "/chat/capabilities", None, f"{PARTICIPANTS}.capabilities"),
        ("participants_updated", "/chat/id", NOTHING, f"{PARTICIPANTS}.chat-id"),
        ("participants_updated", "/chat/uri", {}, f"{PARTICIPANTS}.uri"),
        ("participants_updated", "/chat/participants", None, f"{PARTICIPANTS}.list"),
        ("participants_updated", "/chat/participants/1", "PersonP", f"{PARTICIPANTS}.list"),
        ("participants_updated", "/chat/participants/1/type", NOTHING, f"{PARTICIPANTS}.list"),
        ("participants_updated", "/chat/participants/1/nickname", 0, f"{PARTICIPANTS}.list"),
        ("participants_updated", "/chat/participants/0/participantId", 1, f"{PARTICIPANTS}.participant-id"),
        ("new_messages", "", "", "accept.delivery.data"),
        ("new_messages", "/messageType", "ChatStateChangeMessage", f"{HISTORY}.message-type"),
        ("new_messages", "/notificationType", NOTHING, f"{HISTORY}.notification-type"),
        ("new_messages", "/messages", {}, f"{HISTORY}.messages"),
        ("new_messages", "/messages/0", None, f"{HISTORY}.messages"),
        ("new_messages", "/messages/0/index", NOTHING, f"{HISTORY}.index"),
        ("new_messages", "/messages/0/index", 0, f"{HISTORY}.index"),
        ("new_messages", "/messages/0/index", "1", f"{HISTORY}.index"),
        ("new_messages", "/messages/0/index", 0.5, f"{HISTORY}.index"),
        ("new_messages", "/messages/0/index", True, f"{HISTORY}.index"),
        ("new_messages", "/messages/0/type", NOTHING, f"{HISTORY}.entry-type"),
        ("new_messages", "/messages/0/type", 3, f"{HISTORY}.entry-type"),
        ("new_messages", "/messages/0/from", "PersonP", f"{HISTORY}.from"),
        ("new_messages", "/messages/0/from/type", NOTHING, f"{HISTORY}.from"),
        ("new_messages", "/messages/0/from/nickname", None, f"{HISTORY}.from"),
        ("new_messages", "/messages/0/from/participantId", 1, f"{HISTORY}.from"),
        ("new_messages", "/messages/0/visibility", True, f"{HISTORY}.visibility"),
        ("new_messages", "/messages/4/text", NOTHING, f"{HISTORY}.text"),
        ("new_messages", "/messages/4/text", ["Hello World"], f"{HISTORY}.text"),
        ("new_messages", "/messages/0/text", 5, f"{HISTORY}.text"),
        ("new_messages", "/chatUri", NOTHING, f"{HISTORY}.chat-uri"),
        ("new_messages", "/chatUri", 5, f"{HISTORY}.chat-uri"),
        ("new_messages", "/chatPath", None, f"{HISTORY}.chat-uri"),
    ],
)
def test_one_wrong_member_breaks_exactly_its_clause(name: str, pointer: str, new: object, clause: str) -> None:
    assert clauses(name, sample_with(name, pointer, new)) == [clause]


@pytest.mark.parametrize(
    ("name", "pointer", "new"),
    [
        ("response", "/statusMessage", "fine"),
        ("response", "/statusCode", 7),
        ("response", "/statusCode", 0.0),
        ("status_change", "/metrics", {"server": 1}),
        ("status_change", "/referenceId", NOTHING),
        ("status_change", "/chat/capabilities", NOTHING),
        ("status_change", "/chat/capabilities/3", "SetInFocus"),
        ("status_change", "/chat/uri", NOTHING),
        ("status_change", "/chat/participants", NOTHING),
        ("status_change", "/chat/state", "JoinFailed"),
        ("status_change", "/chat/chatType", "Inbound"),
        ("status_change", "/chat/participants", [{"type": "External", "nickname": ""}]),
        ("participants_updated", "/chat/participants", []),
        ("participants_updated", "/chat/participants/0/participantId", NOTHING),
        ("participants_updated", "/chat/participants/0/uri", "http://localhost/api/v2/users/1"),
        ("new_messages", "/messages/0/index", 12),
        ("new_messages", "/messages/0/index", 1.0),
        ("new_messages", "/messages/0/type", "Notice"),
        ("new_messages", "/messages/0/from", NOTHING),
        ("new_messages", "/messages/0/from/participantId", NOTHING),
        ("new_messages", "/messages/0/visibility", "Agents"),
        ("new_messages", "/messages/0/timestamp", NOTHING),
        ("new_messages", "/messages/0/timestampSeconds", 1389261492035),
        ("new_messages", "/messages/0/messageType", "Greeting"),
        ("new_messages", "/messages/3/text", "Hel"),
        ("new_messages", "/chatPath", "/chats/0000Na9B26EF002X"),
    ],
)
def test_what_real_servers_vary_is_legal(name: str, pointer: str, new: object) -> None:
    message = sample_with(name, pointer, new)
    assert message != SAMPLES[name] or isinstance(new, float)
    assert clauses(name, message) == []


def test_a_history_may_name_its_chat_by_path_alone() -> None:
    message = sample_with("new_messages", "/chatUri", NOTHING) | {"chatPath": "/chats/0000Na9B26EF002X"}
    assert clauses("new_messages", message) == []


def test_a_violation_says_where_what_was_documented_and_what_was_received() -> None:
    message = sample_with("participants_updated", "/chat/participants/0/nickname", 7)
    assert SHAPES.violations("participants_updated", message) == (
        Violation("accept.participants.list", "/chat/participants/0/nickname", "a string", "7"),
    )


@pytest.mark.parametrize(
    ("name", "pointer", "new", "at", "documented", "received"),
    [
        ("new_messages", "/messages/0/index", 0.5, "/messages/0/index", "an integer of at least 1", "0.5"),
        ("new_messages", "/messageType", None, "/messageType", '"MessageLogUpdated"', "null"),
        ("new_messages", "/messages", {}, "/messages", "an array", "{}"),
        ("new_messages", "/messages/1", True, "/messages/1", "an object", "true"),
        ("new_messages", "/messages/1/from/nickname", NOTHING, "/messages/1/from", 'the member "nickname"', "nothing"),
        ("new_messages", "/chatUri", NOTHING, "", 'the member "chatUri" or "chatPath"', "nothing"),
        ("new_messages", "/chatUri", {"lone": "\ud800"}, "/chatUri", "a string", '{"lone": "\\ud800"}'),
        ("new_messages", "/chatUri", {"я": 1}, "/chatUri", "a string", '{"я": 1}'),
    ],
)
def test_each_kind_of_violation_has_its_words(
    name: str, pointer: str, new: object, at: str, documented: str, received: str
) -> None:
    (violation,) = SHAPES.violations(name, sample_with(name, pointer, new))
    assert (violation.pointer, violation.documented, violation.received) == (at, documented, received)


def test_a_long_value_is_cut() -> None:
    (violation,) = SHAPES.violations("response", {"statusCode": "x" * 1000})
    assert len(violation.received) == LONGEST
    assert violation.received == '"' + "x" * (LONGEST - 2) + "…"


def test_each_missing_member_is_a_violation_of_its_own() -> None:
    assert clauses("status_change", {}) == [
        "accept.status-change.chat-id",
        "accept.status-change.message-type",
        "accept.status-change.notification-type",
    ]
    entry = sample_with("new_messages", "/messages/0/from", {})
    assert [violation.documented for violation in SHAPES.violations("new_messages", entry)] == [
        'the member "nickname"',
        'the member "type"',
    ]


def test_violations_come_from_top_to_bottom() -> None:
    entries = [{"type": "Text", "index": 0, "text": "a"} for _ in range(12)]
    message = {"chatUri": 1, "messages": entries, "notificationType": "x", "messageType": "x"}
    assert [violation.pointer for violation in SHAPES.violations("new_messages", message)] == [
        "/chatUri",
        "/messageType",
        *(f"/messages/{position}/index" for position in range(12)),
        "/notificationType",
    ]


def test_what_only_the_judge_of_record_can_look_at_is_judged_by_it_alone() -> None:
    unpaired = {**SAMPLES["new_messages"], "\ud800": 1}
    assert SHAPES.violations("new_messages", unpaired) == ()
    (violation,) = SHAPES.violations("new_messages", {**unpaired, "messageType": 1})
    assert violation.clause == "accept.history.message-type"


def test_a_no_of_the_quick_one_that_the_judge_of_record_does_not_confirm_is_no_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes = Shapes(load().schemas)
    monkeypatch.setattr(Quick, "says_yes", lambda *_: False)
    assert [shapes.violations(name, sample) for name, sample in SAMPLES.items()] == [()] * len(SAMPLES)


def test_a_message_of_an_unknown_kind_is_an_error_of_ours() -> None:
    with pytest.raises(ContractError, match='no schema "properties_updated"; there is new_messages'):
        SHAPES.violations("properties_updated", {})
