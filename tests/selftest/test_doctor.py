"""What a run needs, looked at step by step: what was seen, what to do, and that nothing is left behind."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from gws_contract import cli
from gws_contract.doctor import Examination, Step
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer
from gws_contract.stage.customers.settings import CustomerSettings

from .offering import BY_HAND, GMS, Person, command
from .stages import (
    HANG,
    Finished,
    Scripted,
    aim,
    environment,
    for_operation,
    json_answer,
    sentence,
    started,
    varied,
)

ONE_AGENT = ["reachable", "version", "credentials", "feature", "CSRF", "CometD", "session", "left over", "ready"]


def steps(mock: Mock, **changes: Any) -> list[Step]:
    return list(Examination(aim(mock, **changes)).steps())


def seen(found: list[Step], name: str) -> str:
    return next(step.seen for step in found if step.name == name)


def nobody_is_left(mock: Mock) -> bool:
    agents = mock.call(lambda: [(a.channels, list(a.chats)) for a in mock.desk.agents.values()])
    return all(each == ((), []) for each in agents) and mock.call(lambda: not mock.broker.sessions)


def test_a_server_that_is_ready_is_fine_in_every_step() -> None:
    with Mock(agents={"ann": "one-one-one"}) as mock:
        found = steps(mock, without_feature=None)
        assert nobody_is_left(mock)
    assert [step.name for step in found] == [*ONE_AGENT, "agents", "guest", "offer"]
    assert all(step.fine for step in found)
    assert seen(found, "version") == "8.5.202.96; the return values of 8.5.2 apply"
    assert seen(found, "CSRF") == "ann: the server wants no token"
    assert seen(found, "CometD") == "ann: subscribed with the acknowledge extension; the server holds a poll for 20 s"
    assert seen(found, "offer").startswith("ann is invited after 0.")
    assert [step.todo for step in found if step.todo] == [
        "Name a second one in GWS_AGENTS.",
        "Name an account without it in GWS_AGENT_WITHOUT_FEATURE.",
    ]


def test_what_the_server_has_of_its_own_is_seen() -> None:
    with Mock(variations=varied("no-ack", "csrf", "newer-version")) as mock:
        found = steps(mock)
    assert seen(found, "CSRF") == "agent1: the server wants a token"
    assert "without the acknowledge extension" in seen(found, "CometD")
    assert seen(found, "version").startswith("8.6.000.01")


def _deaf(cause: Any, notices: Any) -> Any:
    return [] if cause.operation == "offer" else notices


def _answer(path: str, answer: Answer) -> Scripted:
    return Scripted(lambda r: answer if r.path == path else None)


FAILING = {
    "not gws": ("credentials", _answer("/api/v2/me", Answer(200, b"<html>", {})), "is the URL that of Genesys"),
    "no feature": (
        "feature",
        _answer("/api/v2/me", json_answer('{"statusCode": 0, "user": {"features": ["api-voice"]}}')),
        "The account agent1 has not the feature api-multimedia",
    ),
    "no cometd": ("CometD", _answer("/api/v2/notifications", Answer(404, b"", {})), "is the path of CometD right?"),
    "no chat channel": (
        "session",
        for_operation("StartContactCenterSession", json_answer('{"statusCode": 7}')),
        "StartContactCenterSession of agent1 was answered HTTP 200, statusCode 7; is the chat channel set up",
    ),
    "not ready": (
        "ready",
        for_operation("Ready", json_answer('{"statusCode": 2}', 403)),
        "Ready of agent1 was answered",
    ),
    "nobody invited": ("offer", Scripted(sends=_deaf), "No agent was invited to the offered chat within 0.2 s"),
    "no customer": ("offer", for_operation("RequestChat", json_answer('{"statusCode": 5}', 403)), "No chat could be"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_step_that_fails_is_the_last_one_and_says_what_to_do(name: str) -> None:
    step, variation, words = FAILING[name]
    with Mock(variations=[variation]) as mock:
        found = steps(mock, offer_timeout=0.2)
        assert nobody_is_left(mock)
    assert found[-1].name == step
    assert words in found[-1].seen
    assert found[-1].todo
    assert all(each.fine for each in found[:-1])
    assert not found[-1].fine


def test_a_secret_that_the_server_repeats_is_not_seen() -> None:
    echo = '{"statusCode": 2, "statusMessage": "who is one-one-one?"}'
    with Mock(agents={"ann": "one-one-one"}, variations=[for_operation("Ready", json_answer(echo, 403))]) as mock:
        found = steps(mock)
    assert "who is <masked: password of ann>?" in found[-1].seen


def test_a_server_that_is_not_there_is_not_reachable() -> None:
    with Mock() as mock:
        target = aim(mock)
    (step,) = Examination(target).steps()
    assert step.name == "reachable"
    assert "refused the connection" in step.seen


def test_a_version_that_is_not_told_is_no_failure() -> None:
    with Mock(variations=[_answer("/api/v2/diagnostics/version", Answer(404, b"", {}))]) as mock:
        found = steps(mock)
    assert seen(found, "version").startswith("not told (HTTP 404)")
    assert all(step.fine for step in found)


def test_an_examination_that_is_given_up_leaves_nobody() -> None:
    with Mock() as mock:
        running = Examination(aim(mock)).steps()
        while next(running).name != "ready":
            pass
        running.close()
        assert nobody_is_left(mock)


def test_doctor_prints_every_step_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Mock(variations=[FAILING["no chat channel"][1]]) as mock:
        for name, value in environment(mock).items():
            monkeypatch.setenv(name, value)
        assert cli.main(["doctor", "--url", mock.url]) == 2
    *_, failed, todo = capsys.readouterr().out.splitlines()
    assert failed.startswith("FAIL  session      StartContactCenterSession of agent1")
    assert todo.strip().startswith("Look at --channel")


def test_doctor_of_a_server_that_is_ready_ends_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--mock"]) == 0
    assert all(line.startswith("ok ") for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("words", [[], ["--url", "x"], ["--mock", "--read-timeout", "-1"]])
def test_doctor_says_what_cannot_work(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GWS_URL", raising=False)
    assert cli.main(["doctor", *words]) == 4
    assert capsys.readouterr().err.startswith("gws-contract: ")


def test_ctrl_c_ends_an_examination_and_leaves_nobody(tmp_path: Path) -> None:
    asked = threading.Event()
    deaf = Scripted(hears=lambda cause: asked.set() if cause.operation == "offer" else None, sends=_deaf)
    with Mock(variations=[deaf]) as mock:
        running = started("doctor", "--url", mock.url, cwd=tmp_path, env=environment(mock))
        assert asked.wait(HANG)
        running.send_signal(signal.SIGINT)
        finished = Finished(running)
        assert nobody_is_left(mock)
    assert finished.status == 2
    assert sentence(finished.err, "gws-contract: ") == "interrupted."


@pytest.mark.parametrize("customer", [GMS, command(), command("--can=")], ids=["gms", "command", "only offers"])
def test_whoever_offers_the_chat_nothing_is_left_open(customer: CustomerSettings) -> None:
    with Mock() as mock:
        found = steps(mock, customer=customer)
        assert nobody_is_left(mock)
        assert mock.call(lambda: all(chat.ended for chat in mock.desk.books.chats.values()))
    assert all(step.fine for step in found)
    assert "and the chat is recognised by the marker gws-contract-" in seen(found, "offer")


def test_a_person_is_told_which_chat_is_waited_for() -> None:
    with Mock() as mock:
        person = Person(mock, lambda customer, name, marker: customer.request(name))
        found = list(Examination(aim(mock, customer=BY_HAND), person.tell).steps())
        person.go()
        assert nobody_is_left(mock)
    assert all(step.fine for step in found)
    assert person.heard[0].startswith("offer chat 1 of 1 now: nickname PersonP, subject gws-contract-")
    assert seen(found, "offer").endswith("and the chat is recognised without its marker")
