"""Certifications with every customer, and what is left of a chat for one who cannot do everything."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract.certification import FLOOR_BY_HAND, Certification
from gws_contract.journal import Exchange
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Request
from gws_contract.report import text
from gws_contract.scenario import Depart, Say, Scenario, Stream, Typing, Visit, to_json
from gws_contract.scenario_json import from_json
from gws_contract.stage.target import UsageError
from gws_contract.verdict import Verdict
from gws_contract.wish import Wish

from ..offering import PROGRAM, Person, command, performed
from ..stages import (
    Scripted,
    aim,
    credentials,
    json_answer,
    nobody_is_left,
    played,
)
from .customers import FULL, TEXTS, run

WORDS = shlex.join(PROGRAM)


# ---- a conformant server is certified by whoever plays the customer -------------------------------------------------


@pytest.mark.parametrize("wish", [{"customer": "gms"}, {"customer": "command", "customer_command": WORDS}])
def test_a_customer_who_can_do_everything_certifies_the_mock(tmp_path: Path, wish: dict[str, Any]) -> None:
    found = run(tmp_path, **wish)
    assert (found.status, found.reasons()) == (0, {})
    assert found.reasons(Verdict.BROKEN) == {}
    assert found.certificate["lacks"] == []
    assert found.certificate["customer"] == wish["customer"]
    assert f", customer {wish['customer']}," in text.summary(found.docket)
    assert found.certificate["counts"]["machine"] > 0


def test_a_program_that_only_offers_certifies_what_needs_no_more(tmp_path: Path) -> None:
    found = run(tmp_path, customer="command", customer_command=f"{WORDS} --can ''")
    assert found.status == 0
    why = found.reasons()
    assert set(why) == TEXTS | {"refused.withdrawn", "parameters.nickname", "participants.customer"}
    assert {why[name] for name in TEXTS} == {"the customer of this run cannot speak"}
    assert found.certificate["counts"]["machine"] > 0
    assert why["participants.customer"] == "nobody knows the customer's nickname"
    assert why["parameters.nickname"] == "nothing is known from the customer's side"
    for words in ("the customer of this run cannot speak", "nobody knows the customer's nickname"):
        assert words in found.docket.headline


def test_a_person_certifies_with_a_handful_of_chats(tmp_path: Path) -> None:
    with Mock() as mock:
        person = Person(mock, lambda customer, name, marker: customer.request(name, subject=marker))
        wish = {"mock": None, "url": mock.url, "customer": "wait"}
        found = run(tmp_path, credentials(mock), tell=person.tell, **wish)
        person.go()
        assert nobody_is_left(mock)
    assert found.status == 0, found.docket.headline
    lacking_for_want_of_customers = TEXTS | {"refused.withdrawn", "parameters.nickname", "participants.customer"}
    not_tried = {"wrong-type", "malformed-json", "duplicate-keys", "wrong-method", "content-type"}
    assert set(found.reasons()) == lacking_for_want_of_customers | {f"refused.{name}" for name in not_tried}
    assert len(person.heard) == found.certificate["counts"]["chats"] == FLOOR_BY_HAND <= 8
    assert re.fullmatch(
        rf"offer chat 1 of {FLOOR_BY_HAND} now: nickname PersonP, subject gws-contract-\w+-1 \(waiting 300 s\)",
        person.heard[0],
    )


def test_by_hand_as_many_chats_as_wished_are_asked_for(tmp_path: Path) -> None:
    few: dict[str, Any] = {"mock": None, "url": "http://localhost:1", "customer": "wait"}
    variables = {"GWS_AGENTS": "ann:one"}

    def rows(**wish: Any) -> list[Scenario]:
        return [s for _, s in Certification(Wish(**few, **wish), variables, tmp_path).plan.rows]

    assert len(rows()) == len(rows(depth="certify")) == FLOOR_BY_HAND
    assert len(rows(chats=3)) == 3
    many = rows(chats=60)
    assert FLOOR_BY_HAND < len(many) <= 60
    for scenario in many:
        steps = (*scenario.before, *scenario.during, *scenario.after)
        assert not [step for step in steps if isinstance(step, Say | Stream | Typing | Depart)]
        assert scenario.beside == "nobody"


def test_by_hand_fewer_chats_than_the_situations_need_are_not_enough(tmp_path: Path) -> None:
    with Mock() as mock:
        person = Person(mock, lambda customer, name, marker: customer.request(name, subject=marker))
        wish = {"mock": None, "url": mock.url, "customer": "wait", "chats": 2}
        found = run(tmp_path, credentials(mock), tell=person.tell, **wish)
        person.go()
    assert found.status == 2
    assert f"every clause needs at least {FLOOR_BY_HAND} chats" in found.docket.headline


@pytest.mark.parametrize(
    ("wish", "broken"),
    [
        ({"customer": "command", "customer_command": WORDS, "mock": "text-missing"}, "accept.history.complete"),
        ({"customer": "gms", "mock": "participants-first"}, "accept.notifications.order"),
        ({"customer": "command", "customer_command": f"{WORDS} --can ''", "mock": "participants-first"}, None),
    ],
)
def test_a_break_is_found_and_made_small_with_every_customer(
    tmp_path: Path, wish: dict[str, Any], broken: str | None
) -> None:
    found = run(tmp_path, chats=20, **wish)
    clause = broken or "accept.notifications.order"
    assert found.status == 1
    smallest = from_json(json.loads((found.folder / "scenarios" / f"{clause}.json").read_text()))
    assert smallest.events <= 1
    assert "--customer" in found.docket.again


def test_given_scenarios_are_played_as_far_as_the_customer_can(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(to_json(FULL)))
    found = run(tmp_path, scenario="one.json", customer="command", customer_command=f"{WORDS} --can type,look")
    (chat,) = found.docket.evidence.conversations
    assert chat.scenario == replace(FULL, before=(FULL.before[0], FULL.before[2]), during=(), after=(), user_data=None)
    assert found.status == 0
    assert not [r for r in found.records if isinstance(r, Exchange) and r.step in ("say", "read", "customer-leaves")]


# ---- what is wrong is said before any traffic -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"mock": "", "customer": "command", "customer_command": "no-such-program"}, "is not there, or cannot be run"),
        ({"mock": "", "gms_url": "http://gms"}, "--gms-url is for --customer gms, but the customer is gws."),
        ({"mock": "", "customer": "gms", "gms_url": "gms"}, "The URL of Genesys Mobile Services 'gms' is not that of"),
        ({"url": "http://gws", "customer": "gms"}, "--customer gms needs --gms-url URL"),
        ({"url": "http://gws"}, "There is no customer: set GWS_CONTACT_CENTER_ID"),
    ],
)
def test_a_customer_who_cannot_play_is_told_in_a_sentence(tmp_path: Path, wish: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Certification(Wish(**wish), {"GWS_AGENTS": "ann:one"}, tmp_path)


def test_only_the_customer_chat_api_needs_a_contact_center(tmp_path: Path) -> None:
    Certification(Wish(url="http://gws", customer="wait"), {"GWS_AGENTS": "ann:one"}, tmp_path)
    Certification(Wish(url="http://gws", customer="gms", gms_url="http://gms"), {"GWS_AGENTS": "ann:one"}, tmp_path)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"customer": "wait"}, "a person, who offers every chat by hand"),
        ({"customer": "gms"}, "the Chat API v2 of Genesys Mobile Services"),
        ({}, "the Customer Chat API of the server"),
    ],
)
def test_the_outlook_says_who_offers_the_chats(tmp_path: Path, wish: dict[str, Any], words: str) -> None:
    said = Certification(Wish(mock="", **wish), {}, tmp_path).outlook()
    assert words in said
    assert ("to find the smallest chat" in said) is (wish.get("customer") != "wait")


# ---- what is left ---------------------------------------------------------------------------------------------------


def refused_accept(request: Request) -> Answer | None:
    """A server that refuses the judged Accept and every one before it, but not that which ends the chat."""
    accepts = request.operation == "Accept" and request.agent is not None
    first = accepts and request.data.get("nickname") == "Sam" and request.chat not in refused
    if first:
        refused.append(request.chat)
    return json_answer('{"statusCode": 4, "statusMessage": "Internal error"}', 500) if first else None


refused: list[Any] = []


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("Pat", "Sam"),
        Scenario("Pat", "Sam", (Visit("leave", "Zoë"),)),
        Scenario("Pat", "Sam", (Visit("reject"),)),
    ],
)
@pytest.mark.parametrize("can", ["", "name,look"])
def test_a_chat_that_nobody_accepted_and_nobody_can_leave_is_ended(scenario: Scenario, can: str) -> None:
    refused.clear()
    with Mock(variations=[Scripted(refused_accept)]) as mock:
        run = performed(aim(mock, customer=command(f"--can={can}")), scenario)
        assert nobody_is_left(mock)
    assert run.hows == ["failed"]
    assert len(run.steps("accept")) == 1
    (chat,) = run.conversations
    assert chat.accept is not None
    assert chat.ended is not None
    assert chat.accept.status == 500
    (ending,) = run.steps("end:accept")
    assert ending.sent < chat.ended.at, "before the next chat begins"
    assert "accept.overview.accepts" in run.with_verdict(Verdict.BROKEN), "the chat's end is not its Accept"


def test_an_invitation_that_comes_too_late_is_cleared_up_at_the_end() -> None:
    """It comes when its chat was given up for lost, and other chats go on."""

    class Late:
        def __init__(self) -> None:
            self.held: list[Any] = []

        def __call__(self, cause: Any, notices: list[Any]) -> list[Any]:
            if cause.operation == "offer" and cause.chat.number == 2 and not self.held:
                self.held = list(notices)
                return []
            if cause.operation == "offer" and cause.chat.number == 3:
                return [*self.held, *notices]
            return notices

    some = [Scenario(name, "Sam") for name in ("Pat", "Jo", "Lee")]
    with Mock(agents={"ann": "one"}, variations=[Scripted(sends=Late())]) as mock:
        run = performed(aim(mock, customer=command("--can=name"), offer_timeout=3.0), *some)
        assert nobody_is_left(mock)
    assert run.hows == ["complete", "not offered", "complete"]
    (ending,) = run.steps("end:accept")
    assert ending.chat == 2
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_a_run_that_stops_leaves_no_chat_open_that_nobody_can_leave() -> None:
    with Mock() as mock:
        run = played(
            aim(mock, customer=command("--can=")), *[Scenario("Pat", "Sam", reply="Hi.")] * 300, time_limit=1.5
        )
        assert nobody_is_left(mock)
    assert run.footer.ended == "time limit"
