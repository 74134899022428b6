"""The seams of the mock: what a variation can change."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from gws_contract.mock import payloads, swift
from gws_contract.mock.server import Mock, MockError
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation

from .mock_stage import ACCEPT, TIMEOUT, AgentClient, Misuse, Scene, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def accepting(scene: Scene) -> tuple[AgentClient, str]:
    agent = scene.agent().sign_in()
    scene.customer().request()
    return agent, agent.invitation()


def test_notices_can_be_changed_added_delayed_and_sent_to_others(stage: Stage) -> None:
    class Reversed(Variation):
        def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
            if cause.operation != "accept":
                return notices
            raw = Notice("agent1", {}, message={"channel": "/elsewhere", "data": 1}, after=0.001)
            return [*reversed(notices), raw, Notice("agent2", {"leaked": True}, channel="/v2/me/calls")]

    scene = stage(Reversed())
    agent, chat = accepting(scene)
    other = scene.agent("agent2")
    other.handshake()
    agent.operate("Accept", chat, nickname="M")
    heard = [agent.hear() for _ in range(4)]
    assert [message["data"]["notificationType"] for message in heard[:3]] == [
        "NewMessages",
        "ParticipantsUpdated",
        "StatusChange",
    ]
    assert heard[3] == {"channel": "/elsewhere", "data": 1}
    assert other.hear() == {"channel": "/v2/me/calls", "data": {"leaked": True}}


def test_a_refusal_can_have_effects(stage: Stage) -> None:
    class Leaky(Variation):
        def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
            assert request.chat is not None
            return answer, [Notice("agent1", payloads.participants_updated(request.chat, "agent1"))]

    misuse = Misuse(stage(Leaky()))
    assert misuse.send("nickname").status_code == 400
    assert misuse.agent.hear()["data"]["notificationType"] == "ParticipantsUpdated"


def test_the_history_of_an_accept_can_be_changed(stage: Stage) -> None:
    class Forgetful(Variation):
        def history(self, cause: Cause, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return entries[-1:]

    agent, chat = accepting(stage(Forgetful()))
    agent.operate("Accept", chat, nickname="M")
    assert [len(agent.hear()["data"].get("messages", [])) for _ in range(3)] == [0, 0, 1]


def test_what_the_customer_sees_can_be_changed(stage: Stage) -> None:
    class Hidden(Variation):
        def customer_view(self, chat: Any, body: dict[str, Any]) -> dict[str, Any]:
            return {**body, "of": chat.customer.nickname}

    customer = stage(Hidden()).customer()
    customer.request("Zoë")
    assert customer.look()["of"] == "Zoë"


def test_answers_compose_and_can_be_cut(stage: Stage) -> None:
    class Marked(Variation):
        def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
            return Answer(answer.status, answer.body + cause.operation.encode(), answer.headers)

    class Cut(Variation):
        def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
            whole = len(b'{"statusCode":0}accept')
            assert cause.operation != "accept" or len(answer.body) == whole
            return Answer(200, answer.body, answer.headers, cut=5) if cause.operation == "accept" else answer

    agent, chat = _accepting_loosely(stage(Marked(), Cut()))
    with pytest.raises(requests.exceptions.RequestException):
        agent.post(f"/api/v2/me/chats/{chat}", {"operationName": "Accept", "nickname": "M"})


def _accepting_loosely(scene: Scene) -> tuple[AgentClient, str]:
    """As `accepting`, though the customer's answers are not JSON."""
    agent = scene.agent().sign_in()
    scene.customer().post("/api/v2/chats", {"operationName": "RequestChat", "nickname": "P"})
    return agent, agent.invitation()


def test_a_delayed_answer_holds_up_neither_notices_nor_others(stage: Stage) -> None:
    class Slow(Variation):
        def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
            return Answer(200, answer.body, answer.headers, delay=60.0) if cause.operation == "accept" else answer

    scene = stage(Slow())
    agent, chat = accepting(scene)
    same = scene.agent()

    def accept() -> None:
        with pytest.raises(requests.ConnectionError):
            same.post(f"/api/v2/me/chats/{chat}", {"operationName": "Accept", "nickname": "M"})

    thread = threading.Thread(target=accept)
    thread.start()
    assert agent.hear()["data"]["chat"]["state"] == "Chatting"
    scene.mock.stop()
    thread.join(TIMEOUT)
    assert not thread.is_alive()


@pytest.mark.parametrize("first", [True, False])
def test_notices_follow_the_answer_at_once_or_precede_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    order: list[str] = []

    class First(Variation):
        def published_first(self, cause: Cause) -> bool:
            return first and cause.operation == "accept"

    scene = stage(First(), together=True)
    agent, chat = accepting(scene)
    publish, written = scene.mock.broker.publish, swift.written

    def noted_publish(owner: str, channel: str, texts: Sequence[str]) -> None:
        order.append(f"{len(texts)} published")
        publish(owner, channel, texts)

    def noted_written(answer: Answer, cookies: Mapping[str, str], path: str) -> bytes:
        order.append("answered")
        return written(answer, cookies, path)

    monkeypatch.setattr(scene.mock.broker, "publish", noted_publish)
    monkeypatch.setattr(swift, "written", noted_written)
    agent.operate("Accept", chat, nickname="M")
    assert agent.hear()["data"]["notificationType"] == "StatusChange"
    assert order[:2] == (["3 published", "answered"] if first else ["answered", "3 published"])


def test_any_request_can_be_intercepted(stage: Stage) -> None:
    class Teapot(Variation):
        def intercept(self, request: Request) -> Answer | None:
            seen = (request.api, request.agent, request.operation, request.chat_id)
            return Answer(418, json.dumps(seen).encode()) if request.method == "POST" else None

    response = stage(Teapot()).agent().post("/api/v2/me/chats/a%2Fb", ACCEPT)
    assert (response.status_code, response.json()) == (418, ["agent", "agent1", "Accept", "a/b"])


def test_a_variation_may_override_options_that_exist() -> None:
    class Odd(Variation):
        def options(self) -> dict[str, Any]:
            return {"colour": "red"}

    with pytest.raises(MockError, match="colour"):
        Mock(variations=[Odd()])
