"""A customer over Genesys Mobile Services: forms, answers, and the secrets of the chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from gws_contract.journal import Clock, Exchange, Memory, to_json
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.variation import Request
from gws_contract.scenario import Depart, Say, Scenario, Stream, Typing, Visit
from gws_contract.stage.customers.front import Front
from gws_contract.stage.customers.gms import FORM, MASK, GmsCustomer
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.stage.situations import SITUATIONS
from gws_contract.stage.switchboard import MARKER, LiveChat
from gws_contract.stage.target import NotReady
from gws_contract.verdict import Verdict
from gws_contract.wire.wiring import Wiring

from .offering import GMS
from .scripted_server import ScriptedServer, http
from .stages import Played, Scripted, aim, nobody_is_left, played, varied

KEY, USER = "4ee15d7e1c343c8e", "007555677B20000A"
GIVEN = {"statusCode": 0, "chatId": "00048aAPEQJ8000U", "userId": USER, "secureKey": KEY, "alias": "117"}
FULL = Scenario(
    "Zoë & Co",
    "Sam",
    (Typing("started"), Say("a+b & c%20=Grüße 👋🏽"), Visit("leave", "Ann", ("One moment.",)), Say("Hello?")),
    (Stream(("Still there?",), 3),),
    (Say("Fine."),),
    reply="Hi.",
    user_data={"Case [1]": "ü", "Number": 7},
)


def offered(answer: bytes) -> tuple[Exchange, Any]:
    """What is in the journal of a chat that was asked for and answered so, and the request as the server had it."""
    memory = Memory()
    with ScriptedServer(lambda _: answer) as server:
        customer = GmsCustomer(Wiring(server.url), "customer-support", clock=Clock(), sink=memory)
        try:
            customer.request_chat(LiveChat(1, "gws-contract-run-1", FULL, "drawn", nickname=FULL.customer))
        finally:
            customer.close()
    (offer,) = memory.records
    assert isinstance(offer, Exchange)
    return offer, server.requests[0]


def exchanges(run: Played) -> list[Exchange]:
    return [e for c in run.conversations for e in c.exchanges if e.actor == "customer"]


def forms(run: Played, step: str) -> list[dict[str, list[str]]]:
    return [parse_qs(e.request or "", keep_blank_values=True) for e in run.steps(step)]


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture(scope="module")
def run(mock: Mock) -> Played:
    return played(aim(mock, customer=GMS), FULL)


def test_a_chat_is_asked_for_with_a_form_that_holds_its_marker(run: Played) -> None:
    (offer,) = forms(run, "offer")
    marker = offer["subject"][0]
    assert marker.startswith("gws-contract-")
    assert offer == {
        "nickname": ["Zoë & Co"],
        "subject": [marker],
        f"userData[{MARKER}]": [marker],
        "userData[Case [1]]": ["ü"],
        "userData[Number]": ["7"],
    }


def test_the_customer_plays_the_scenario_by_the_operations_of_gms(run: Played) -> None:
    assert run.hows == ["complete"]
    tails = [e.path.rpartition("/")[2] for e in exchanges(run) if e.step not in ("look", "read")]
    assert tails == ["customer-support", "startTyping", *["send"] * 6, "disconnect"]
    texts = [form["message"][0] for step in ("say", "say-during", "say-after") for form in forms(run, step)]
    assert texts == ["a+b & c%20=Grüße 👋🏽", "Hello?", "Still there? 1", "Still there? 2", "Still there? 3", "Fine."]
    assert [form["transcriptPosition"] for form in forms(run, "read")] == [["1"]]


def test_every_clause_that_the_scenario_brings_about_is_kept(run: Played) -> None:
    assert run.with_verdict(Verdict.BROKEN) == set()
    kept = run.with_verdict(Verdict.KEPT)
    assert {"accept.parameters.nickname", "accept.history.complete", "accept.history.seam"} <= kept
    assert run.footer.lacks == ()
    assert run.evidence.header.customer == "gms"


def test_no_secret_of_a_chat_is_in_the_journal() -> None:
    seen: list[dict[str, list[str]]] = []

    def look(request: Request) -> None:
        if request.api == "gms":
            seen.append(parse_qs(request.body.decode()))

    with Mock(variations=[Scripted(look)]) as mock:
        run = played(aim(mock, customer=GMS), FULL)
    keys = {form["secureKey"][0] for form in seen if "secureKey" in form}
    assert len(keys) == 1
    lines = [json.dumps(to_json(record)) for record in run.records]
    assert not [line for line in lines if any(key in line for key in keys)]
    of_customer = [line for line in lines if '"actor": "customer"' in line]
    for name in ("userId", "alias"):
        (value,) = {form[name][0] for form in seen if name in form}
        assert not [line for line in of_customer if f'"{value}' in line or f"={value}" in line], name
    (offer,) = run.steps("offer")
    assert json.loads(offer.answer or "")["secureKey"] == MASK


def test_what_is_no_secret_is_recorded_as_it_was_sent() -> None:
    body = json.dumps({**GIVEN, "messages": [{"text": f"117, the key {KEY}"}], "nextPosition": 2}, indent=1)
    offer, _ = offered(http(body, content_type="application/json"))
    assert offer.answer == body.replace(KEY, MASK).replace(USER, MASK).replace('"117"', f'"{MASK}"')


def test_the_label_of_the_form_says_its_encoding() -> None:
    _, asked = offered(http(json.dumps(GIVEN), content_type="application/json"))
    assert asked.headers["content-type"] == FORM
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (http(status=404), "HTTP 404"),
        (http("<html>", content_type="text/html"), "HTTP 200"),
        (http(json.dumps({"statusCode": 2, "errors": [{"code": 8201, "advice": "no route"}]})), "no route"),
        (http(json.dumps({"statusCode": 2, "errors": [{"code": 8201}]})), "'8201'"),
        (http(json.dumps({"statusCode": 2, "errors": "odd"})), "statusCode 2"),
        (http(json.dumps({**GIVEN, "chatId": 5})), "HTTP 200, statusCode 0"),
        (http(json.dumps({"statusCode": 0, "chatId": "0004"})), "HTTP 200, statusCode 0"),
    ],
)
def test_a_chat_that_is_not_offered_is_told_in_a_sentence(answer: bytes, sentence: str) -> None:
    with pytest.raises(NotReady) as refused:
        offered(answer)
    assert str(refused.value).startswith("No chat could be offered: Genesys Mobile Services answered")
    assert sentence in str(refused.value)


def test_a_server_that_is_not_there_is_told_in_a_sentence(mock: Mock) -> None:
    away = CustomerSettings("gms", gms_url="http://localhost:1")
    run = played(aim(mock, customer=away), FULL)
    assert run.error is not None
    assert str(run.error).startswith("No chat could be offered: Genesys Mobile Services answered")
    assert nobody_is_left(mock)


def test_headers_for_the_target_go_to_no_other_server() -> None:
    with Mock() as mock:
        target = aim(mock, customer=CustomerSettings("gms", gms_url="https://elsewhere"))
        wiring = Wiring(mock.url, headers={"X-Gateway": "secret"})
        away = Front(target, wiring, Clock(), Memory(), stop=None)  # type: ignore[arg-type]  # nothing waits
        at_home = Front(aim(mock, customer=GMS), wiring, Clock(), Memory(), stop=None)  # type: ignore[arg-type]  # nothing waits
        assert (dict(away._to_gms.headers), away._to_gms.base_url) == ({}, "https://elsewhere")
        assert (at_home._to_gms.headers, at_home._to_gms.base_url) == (wiring.headers, mock.url)


def test_a_busy_server_raises_no_alarm() -> None:
    with Mock(options=Options(gms_busy=5)) as mock:
        run = played(aim(mock, customer=GMS), *SITUATIONS)
        assert nobody_is_left(mock)
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert run.footer.ended == "complete"


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("customer-sees-login-name", "accept.parameters.nickname"),
        ("text-missing", "accept.history.complete"),
    ],
)
def test_a_fault_is_found_with_this_customer_too(fault: str, clause: str) -> None:
    with Mock(variations=varied(fault)) as mock:
        run = played(aim(mock, customer=GMS), FULL, Scenario("Jo", "Kim", (Say("Hello"), Say("Hi"))))
    assert run.with_verdict(Verdict.BROKEN) == {clause}


def test_a_customer_who_leaves_has_left(mock: Mock) -> None:
    gone = Scenario("Pat", "Sam", (Say("Hello"), Depart()))
    run = played(aim(mock, customer=GMS), gone)
    assert "accept.refused.withdrawn" in run.with_verdict(Verdict.KEPT)
    assert nobody_is_left(mock)


def test_one_customer_after_the_other_has_keys_of_his_own() -> None:
    seen: list[Any] = []
    notes = Scripted(lambda request: seen.append(request) if request.api == "gms" else None)
    with Mock(agents={"ann": "one"}, variations=[notes]) as mock:
        run = played(aim(mock, customer=GMS), *[Scenario(name, "Sam", (Say(name),)) for name in ("Pat", "Jo", "Lee")])
    assert run.hows == ["complete"] * 3
    keys = {parse_qs(r.body.decode())["secureKey"][0] for r in seen if r.chat_id}
    assert len(keys) == 3
