"""What the mock refuses over real HTTP, and how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from gws_contract.mock.guards import REFUSALS
from gws_contract.mock.variation import Request, Variation
from gws_contract.stage.malformed import MALFORMED, encoded

from .mock_stage import ACCEPT, TIMEOUT, Misuse, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gws_contract.scenario import Attempt


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


GUARDS = [guard for guard in REFUSALS if guard != "csrf"]


class Waiving(Variation):
    def __init__(self, guard: str) -> None:
        self.guard = guard

    def waives(self, guard: str, request: Request) -> bool:
        return guard == self.guard


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_refuses_with_its_code_and_nothing_else(stage: Stage, guard: str) -> None:
    response = Misuse(stage()).send(guard)
    status, code, message = REFUSALS[guard]
    assert response.status_code == status
    assert response.json() == {"statusCode": code, "statusMessage": message}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_waived_guard_answers_with_success(stage: Stage, guard: str) -> None:
    response = Misuse(stage(Waiving(guard))).send(guard)
    assert (response.status_code, response.json()) == (200, {"statusCode": 0})


@pytest.mark.parametrize(
    ("guard", "nickname"),
    [
        *((guard, "Marat") for guard in ("method", "credentials", "content-type", "repeated-name", "operation-case")),
        ("nickname", "agent1"),
        ("nickname-type", "5"),
    ],
)
def test_some_waived_guards_let_the_operation_happen(stage: Stage, guard: str, nickname: str) -> None:
    misuse = Misuse(stage(Waiving(guard)))
    misuse.send(guard)
    assert misuse.agent.hear()["data"]["chat"]["state"] == "Chatting"
    assert misuse.agent.hear()["data"]["chat"]["participants"][0]["nickname"] == nickname


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(stage: Stage) -> None:
    assert Misuse(stage()).method().headers["Allow"] == "GET, POST"


def test_reading_a_chat_is_legal_and_the_body_of_an_accept_does_nothing_there(stage: Stage) -> None:
    misuse = Misuse(stage())
    url = f"{misuse.agent.url}/api/v2/me/chats/{misuse.chat}"
    response = misuse.agent.http.get(url, json=ACCEPT, timeout=TIMEOUT)
    assert (response.status_code, response.json()["chat"]["state"]) == (200, "Invited")


@pytest.mark.parametrize("label", ["application/json; charset=UTF-8", 'APPLICATION/JSON;charset="utf-8"'])
def test_json_in_utf8_may_be_labelled_so_in_every_spelling(stage: Stage, label: str) -> None:
    assert Misuse(stage()).raw(json.dumps(ACCEPT).encode(), label).status_code == 200


@pytest.mark.parametrize("label", ["application/json;charset=utf-16", "application/vnd.api+json", "text/json", None])
def test_no_other_label_is_that_of_json_in_utf8(stage: Stage, label: str | None) -> None:
    assert Misuse(stage()).raw(json.dumps(ACCEPT).encode(), label).status_code == 415


@pytest.mark.parametrize("attempt", MALFORMED, ids=lambda attempt: f"{attempt.kind}: {attempt.says}")
def test_every_attempt_is_refused_but_reading_and_none_has_an_effect(stage: Stage, attempt: Attempt) -> None:
    misuse = Misuse(stage())
    response = misuse.agent.http.request(
        attempt.method,
        f"{misuse.agent.url}/api/v2/me/chats/{misuse.chat}",
        data=None if attempt.body is None else encoded(attempt.body),
        headers={"Content-Type": attempt.content_type} if attempt.content_type else {},
        timeout=TIMEOUT,
    )
    assert (response.status_code < 300) == (attempt.method == "GET")
    assert misuse.agent.get(f"/api/v2/me/chats/{misuse.chat}").json()["chat"]["state"] == "Invited"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"NaN",
        b'{"operationName": NaN}',
        b"[" * 100_000,
        b'{"operationName": {}}',
        b"1e999",
    ],
)
def test_no_body_makes_the_server_fail(stage: Stage, body: bytes) -> None:
    misuse = Misuse(stage())
    for path in ("/api/v2/me", f"/api/v2/me/chats/{misuse.chat}"):
        label = {"Content-Type": "application/json"}
        assert misuse.agent.post(path, data=body, headers=label).status_code == 400
    customer = misuse.scene.customer()
    assert customer.post("/api/v2/chats", data=body).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YWdlbnQx"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic /zo="},
        {"Cookie": "JSESSIONID=nonsense"},
    ],
)
def test_credentials_that_cannot_be_read_are_wrong(stage: Stage, headers: dict[str, str]) -> None:
    response = requests.get(f"{stage().mock.url}/api/v2/me", headers=headers, timeout=TIMEOUT)
    assert (response.status_code, response.json()["statusCode"]) == (403, 20)


def test_a_body_that_does_not_decompress_is_refused(stage: Stage) -> None:
    agent = stage().agent()
    response = agent.post("/api/v2/me", data=b"{}", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 400


def test_with_csrf_a_change_needs_the_token_of_the_session(stage: Stage) -> None:
    agent = stage(csrf=True).agent()
    ready = {"operationName": "StartContactCenterSession"}
    assert agent.post("/api/v2/me", ready).status_code == 403
    headers = agent.get("/api/v2/me").headers
    token = {headers["X-CSRF-HEADER"]: headers["X-CSRF-TOKEN"]}
    assert agent.post("/api/v2/me", ready, headers=token).status_code == 200
    assert agent.post("/api/v2/me", ready, headers={"X-CSRF-TOKEN": "wrong"}).status_code == 403
    refused = agent.post("/api/v2/me/chats/0", {"operationName": "Accept"})
    assert refused.json()["statusMessage"] == "Missing or invalid Csrf token"
    agent.http.cookies.clear()
    assert agent.post("/api/v2/me", ready, headers=token).status_code == 403
