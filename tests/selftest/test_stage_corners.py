"""What customers, programs and chats seldom do: nobody is asked for what he cannot do, and everything ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gws_contract import shards
from gws_contract.judge.lines import BrokenIn
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer
from gws_contract.scenario import Say, Scenario, Stream, Visit
from gws_contract.stage import generated
from gws_contract.stage.customers.front import Front
from gws_contract.stage.customers.lines import PartnerError
from gws_contract.stage.customers.own import Own
from gws_contract.stage.customers.person import Person
from gws_contract.stage.malformed import OPEN, encoded, kind_of
from gws_contract.stage.meanwhile import Meanwhile
from gws_contract.stage.smaller import smallest

from .offering import command
from .stages import HANG, aim, for_operation, json_answer, nobody_is_left, played
from .test_line_customer import Room

HELLO = Scenario("Pat", "Sam", (Say("Hello."),))


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda person: person.say("Hello"), "say, Hello"),
        (lambda person: person.typing("started"), "typing, started"),
        (lambda person: person.leave(), "customer-leaves"),
        (lambda person: person.look(), "look"),
        (lambda person: person.read(), "read"),
    ],
)
def test_nobody_may_ask_a_person_for_anything_but_a_chat(ask: Any, what: str) -> None:
    person = Person(lambda _: None, 1, 1.0)
    with pytest.raises(RuntimeError, match=rf"^nobody may ask a person: {what}$"):
        ask(person)
    person.close()


def test_who_was_offered_no_chat_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no chat was offered"):
        Room(tmp_path).customer.say("Hello")


def test_once_the_run_stops_an_object_has_its_last_words_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gws_contract.stage.customers.own._LAST_WORDS", 0.1)
    monkeypatch.setattr("gws_contract.stage.customers.own._GRACE", 0.1)
    released, stop = threading.Event(), threading.Event()

    class Hanging:
        def do(self, request: dict[str, Any]) -> Mapping[str, Any]:
            stop.set()
            released.wait(HANG)
            return {}

    own = Own(Hanging, stop)
    for _ in range(2):
        with pytest.raises(PartnerError, match=r"^gave no answer before the run stopped$"):
            own.ask("{}", HANG)
    released.set()
    own.close()


def test_a_program_is_told_the_server_and_no_credentials_and_no_contact_center_if_there_is_none() -> None:
    told = {"GWS_AGENTS": "a:1", "GWS_CONTACT_CENTER_ID": "secret", "HOME": "/home/p"}
    with Mock() as mock:
        target = aim(mock, customer=command(), contact_center_id=None)
        front = Front(target, target.wiring, cast(Any, None), cast(Any, None), threading.Event())
        assert front._environment(told) == {"HOME": "/home/p", "GWS_URL": mock.url}


def test_after_the_run_stopped_the_customer_does_nothing_more_during_an_accept() -> None:
    done: list[object] = []

    def does(step: object, when: str) -> list[str]:
        done.append(step)
        stop.set()
        return ["a"]

    stop = threading.Event()
    meanwhile = Meanwhile((Say("a"), Say("b")), does, stop)
    meanwhile.start()
    meanwhile.join()
    assert (done, meanwhile.said) == ([Say("a")], ["a"])


def test_an_accept_that_is_not_answered_ends_the_chat_and_says_so() -> None:
    cut = Answer(200, b'{"statusCode": 0}', {"Content-Type": "application/json"}, cut=3)
    with Mock(variations=[for_operation("Accept", cut)]) as mock:
        run = played(aim(mock), HELLO)
        assert nobody_is_left(mock)
    (ended,) = [c.ended for c in run.conversations]
    assert ended is not None
    assert ended.how == "failed"
    assert ended.detail.startswith("the Accept was not answered: The body ended after 3 of the 17 bytes")


def test_the_echo_of_a_text_that_was_refused_is_not_waited_for() -> None:
    refused = json_answer('{"statusCode": 2, "statusMessage": "no"}', 403)
    with Mock(variations=[for_operation("SendMessage", refused)]) as mock:
        run = played(aim(mock, deadline=60.0), replace(HELLO, before=(Visit("leave", "Lee", ("One moment.",)),)))
    assert run.hows == ["complete"]


def test_a_flow_of_no_texts_is_made_smaller_too() -> None:
    plan = Scenario("Pat", "Sam", (Stream(("Hello", "there"), 0),))

    def shows(scenario: Scenario) -> bool:
        return any(isinstance(step, Stream) for step in scenario.before)

    def first(candidates: Any) -> Scenario | None:
        return next((each for each in candidates if shows(each)), None)

    assert smallest(plan, first).before == (Stream(("0",), 0),)


def test_nobody_knows_whether_what_is_nested_too_deeply_is_malformed() -> None:
    assert kind_of('{"operationName": "Accept", "x": ' + "[" * 5000 + "]" * 5000 + "}") == OPEN


def test_any_text_has_bytes_that_can_be_sent() -> None:
    assert encoded("\udcff") == b"\xff"
    assert encoded("\ud800") == b"\xed\xa0\x80"


# ---- what schemathesis draws


def case(body: object, method: str = "POST") -> Any:
    return SimpleNamespace(body=body, method=method, headers={}, media_type="application/json", meta=None)


def test_of_generated_requests_correct_ones_and_huge_ones_are_left_out() -> None:
    correct = {"operationName": "Accept", "nickname": "Marat"}
    huge = {"operationName": "Accept", "nickname": ["x" * 30_000]}
    wrong = {"operationName": "Accept", "nickname": 5}
    (attempt,) = generated._attempts([case(correct), case(huge), case(wrong), case(wrong)])
    assert attempt.body == json.dumps(wrong)


def test_a_generated_body_of_lone_surrogates_is_spelled_in_escapes() -> None:
    assert generated._text(["\ud800"]) == '["\\ud800"]'


def test_fuzzing_gives_what_it_found_when_it_may_draw_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = generated._draw
    monkeypatch.setattr(generated, "_ROUNDS", 1)
    monkeypatch.setattr(generated, "_draw", lambda strategy, _, number: draw(strategy, 5, number))
    assert 0 < len(generated.fuzz(100, 7)) <= 5


def test_references_are_resolved_wherever_they_stand() -> None:
    part = {"allOf": [{"$ref": "schemas/request.json"}, 5]}
    ((schema, number),) = generated._resolved(part).values()
    assert (schema["type"], number) == ("object", 5)


# ---- journals


def test_a_journal_that_cannot_be_packed_leaves_nothing_half(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        shards.pack(tmp_path / "journal-1.ndjson")
    assert list(tmp_path.iterdir()) == []


def test_a_packed_journal_that_was_cut_stays_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "journal-1.ndjson"
    path.write_bytes(b"".join(b'{"line": %d}\n' % number for number in range(5000)))
    packed = shards.pack(path)
    packed.write_bytes(packed.read_bytes()[:-40])
    with shards.opened(packed) as source:
        assert source.read().startswith(b'{"line": 0}')
        assert source.read() == b""


def test_only_a_number_is_a_chat_that_broke_a_clause() -> None:
    broken = BrokenIn([3, 5, 9], [0, 1, 0], frozenset({0}))  # type: ignore[arg-type]  # columns of a roll
    assert list(broken) == [3, 9]
    assert [chat in broken for chat in (3, 5, 9, 10, "3", None)] == [True, False, True, False, False, False]
