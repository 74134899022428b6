"""One chat played to its end, whatever the server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.mock.alterations import Viewed, Waived
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation
from gws_contract.scenario import Say, Scenario, Typing, Visit
from gws_contract.stage.misuse import MISUSES, Invitation, unknown_chat
from gws_contract.stage.play import Play
from gws_contract.stage.switchboard import LiveChat
from gws_contract.verdict import Verdict

from .stages import Played, Scripted, aim, for_operation, json_answer, nobody_is_left, play, played, varied

HELLO = Scenario("Pat", "Sam", (Say("Hello"),), reply="Hi.", after=(Say("Fine."),))
TRIED = Scenario("Jo", "Kim", (Say("Hello?"),), refusals=tuple(MISUSES), accept_again=True)
FAILS = json_answer('{"statusCode": 4, "statusMessage": "Internal error"}', 500)


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """An honest mock, for what leaves no trace in it."""
    with Mock() as running:
        yield running


def bodies(run: Played, step: str) -> list[Any]:
    return [json.loads(exchange.request or "null") for exchange in run.steps(step)]


def people(run: Played, step: str) -> list[str]:
    return [exchange.actor for exchange in run.steps(step)]


def test_customer_and_agent_play_the_scenario_in_its_order(mock: Mock) -> None:
    scenario = replace(HELLO, before=(Typing("started"), Typing("stopped"), Say("Hello")), user_data={"Case": 7})
    run = played(aim(mock), scenario)
    (chat,) = run.conversations
    steps = [e.step for e in chat.exchanges if e.step not in ("look", "read")]
    assert steps == ["offer", "typing", "typing", "say", "accept", "reply", "say-after", "complete", "customer-leaves"]
    (offer,) = bodies(run, "offer")
    assert (offer["nickname"], offer["userData"]["Case"]) == ("Pat", 7)
    assert bodies(run, "accept") == [{"operationName": "Accept", "nickname": "Sam"}]
    assert [body["operationName"] for body in bodies(run, "typing")] == [
        "SendStartTypingNotification",
        "SendStopTypingNotification",
    ]
    assert chat.ended is not None
    assert (chat.ended.how, chat.ended.detail) == ("complete", "")


def test_the_customer_reads_the_transcript_before_the_chat_ends(mock: Mock) -> None:
    (read,) = played(aim(mock), HELLO).steps("read")
    texts = [entry.get("text") for entry in json.loads(read.answer or "")["messages"]]
    assert [text for text in texts if text] == ["Hello", "Hi.", "Fine."]


@pytest.mark.parametrize("parting", ["leave", "transfer", "reject"])
def test_after_an_earlier_agent_the_chat_is_accepted_by_the_one_invited_next(mock: Mock, parting: Any) -> None:
    visit = Visit(parting, "Zoë", ("One moment.",))
    run = played(aim(mock), replace(HELLO, before=(Say("Hello"), visit, Say("Hello?"))))
    (chat,) = run.conversations
    assert run.hows == ["complete"]
    assert chat.invitations[0].agent != chat.agent
    assert len(run.steps(f"visit:{parting}")) == 1
    said = [body["text"] for body in bodies(run, "visit:say")]
    assert said == ([] if parting == "reject" else ["One moment."])
    assert nobody_is_left(mock)


def test_the_only_agent_transfers_to_himself() -> None:
    with Mock(agents={"ann": "one"}) as mock:
        run = played(aim(mock, offer_timeout=0.3), replace(HELLO, before=(Visit("transfer", "Zoë"),)))
        own = f"{mock.url}/api/v2/users/{mock.desk.agents['ann'].id}"
        assert bodies(run, "visit:transfer")[0]["targetUri"] == own
        assert nobody_is_left(mock)


def test_every_misuse_is_tried_once_on_one_chat_before_its_accept(mock: Mock) -> None:
    run = played(aim(mock), TRIED)
    (chat,) = run.conversations
    assert [e.step for e in chat.steps("refusal:")] == [f"refusal:{name}" for name in (*MISUSES, "second-accept")]
    assert all(e.sent < chat.accept.sent for e in chat.steps("refusal:")[:-1] if chat.accept)
    assert run.hows == ["complete"]
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_the_misuses_are_what_their_names_say(mock: Mock) -> None:
    run = played(aim(mock), TRIED)
    (chat,) = run.conversations
    told = {e.step.removeprefix("refusal:"): e for e in chat.steps("refusal:")}
    asked = {name: json.loads(exchange.request or "") for name, exchange in told.items()}
    correct = {"operationName": "Accept", "nickname": "Kim"}
    assert asked["missing-operation"] == {"nickname": "Kim"}
    assert asked["missing-nickname"] == {"operationName": "Accept"}
    assert asked["wrong-case"] == {**correct, "operationName": "accept"}
    assert asked["unknown-operation"]["operationName"] not in ("Accept", "accept")
    for name in ("unknown-chat", "no-credentials", "wrong-credentials", "not-offered", "without-feature"):
        assert asked[name] == correct
    assert told["unknown-chat"].path != told["not-offered"].path
    assert told["not-offered"].actor not in (f"agent:{chat.agent}", "agent:guest")
    assert told["without-feature"].actor == "agent:guest"


def test_without_other_accounts_the_misuses_that_need_them_are_left_out() -> None:
    with Mock(agents={"ann": "one"}, without_feature={}) as mock:
        run = played(aim(mock), TRIED)
    tried = {e.step for e in run.steps("refusal:")}
    assert tried == {f"refusal:{name}" for name in (*MISUSES, "second-accept")} - {
        "refusal:not-offered",
        "refusal:without-feature",
    }
    assert run.hows == ["complete"]


def test_a_chat_id_that_reads_the_same_backwards_is_made_another(mock: Mock) -> None:
    class Silent:
        def call(self, method: str, path: str, **_: Any) -> Any:
            return path

    agent: Any = Silent()
    turned: Any = unknown_chat(Invitation(1, "abba", agent, "Kim", None, None))
    assert turned.endswith("/abba0")


CARRIED_OUT = {
    "any-operation-accepts": "unknown-operation",
    "no-operation-accepts": "missing-operation",
    "foreign-accept-succeeds": "not-offered",
    "feature-not-checked": "without-feature",
    "case-does-not-matter": "wrong-case",
    "no-authentication": "no-credentials",
}


@pytest.mark.parametrize(("fault", "name"), CARRIED_OUT.items())
def test_after_a_misuse_was_carried_out_the_others_are_tried_one_a_chat(fault: str, name: str) -> None:
    with Mock(variations=varied(fault)) as mock:
        run = played(aim(mock), TRIED)
        assert nobody_is_left(mock)
    first, *alone = [c for c in run.conversations if c.scenario.refusals]
    after = list(MISUSES)[list(MISUSES).index(name) + 1 :]
    assert [e.step for e in first.steps("refusal:")][-1] == f"refusal:{name}"
    assert first.accept is None
    assert first.ended is not None
    assert first.ended.detail == f"the server carried out what it should refuse: {name}"
    assert [c.scenario.refusals for c in alone] == [(left,) for left in after]
    assert all(c.planned.source == "misuse" and not c.scenario.accept_again for c in alone)


def test_an_accept_of_an_unknown_chat_that_succeeds_does_not_end_the_chat() -> None:
    run = play(TRIED, variations=varied("unknown-chat-succeeds"))
    assert run.hows == ["complete"]
    assert run.with_verdict(Verdict.BROKEN) == {"accept.refused.unknown-chat"}


def test_a_yes_that_an_error_takes_back_is_a_refusal() -> None:
    class TakenBack(Variation):
        def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, list[Notice]]:
            if guard != "operation-unknown" or request.agent is None:
                return answer, []
            error = {"notificationType": "Error", "errorMessage": "No", "chat": {"id": request.chat_id}}
            return json_answer('{"statusCode": 0}'), [Notice(request.agent, error)]

    # Without the Error the settling time would end; here it need not.
    run = play(TRIED, variations=[TakenBack()], quiet_period=0.4)
    assert run.hows == ["complete"]
    assert len(run.steps("refusal:")) == len(MISUSES) + 1
    assert run.with_verdict(Verdict.BROKEN) == set()


REJECTING = Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")), refusals=("rejected",))


def test_who_rejected_the_chat_tries_to_accept_it_all_the_same(mock: Mock) -> None:
    run = played(aim(mock), REJECTING)
    assert run.hows == ["complete"]
    assert people(run, "refusal:rejected") == people(run, "visit:reject")
    assert "accept.refused.rejected" in run.with_verdict(Verdict.KEPT)


def test_an_accept_after_the_reject_that_succeeds_ends_the_chat() -> None:
    with Mock(variations=varied("rejected-accept-succeeds")) as mock:
        run = played(aim(mock), REJECTING)
        assert nobody_is_left(mock)
    assert run.hows == ["failed"]
    assert run.with_verdict(Verdict.BROKEN) == {"accept.refused.rejected"}


def test_to_the_only_agent_a_rejected_chat_comes_back_without_a_false_alarm() -> None:
    with Mock(agents={"ann": "one"}) as mock:
        run = played(aim(mock), *[REJECTING] * 8)
        assert nobody_is_left(mock)
    assert run.with_verdict(Verdict.BROKEN) == set()


@pytest.mark.parametrize(
    ("operation", "before", "detail"),
    [
        ("Accept", (), "the Accept was answered HTTP 500, statusCode 4, 'Internal error'"),
        ("Accept", (Visit("leave"),), "the Accept of an earlier agent was answered HTTP 500"),
        ("Reject", (Visit("reject"),), "the Reject was answered HTTP 500"),
    ],
)
def test_an_operation_that_is_refused_ends_the_chat(operation: str, before: Any, detail: str) -> None:
    with Mock(variations=[for_operation(operation, FAILS)]) as mock:
        run = played(aim(mock), replace(HELLO, before=before))
        assert nobody_is_left(mock)
    assert run.hows == ["failed"]
    ended = run.conversations[0].ended
    assert ended is not None
    assert ended.detail.startswith(detail)
    assert run.footer.detail == ended.detail


def test_a_join_that_fails_afterwards_is_not_waited_for() -> None:
    def fails(cause: Cause, notices: list[Notice]) -> list[Notice]:
        if cause.operation != "accept":
            return notices
        chat = {"state": "JoinFailed", "id": cause.chat.id}
        return [replace(notices[0], data={**notices[0].data, "chat": chat})]

    run = play(HELLO, variations=[Scripted(sends=fails)], deadline=60.0)
    assert not run.with_verdict(Verdict.BROKEN)


def test_an_error_without_a_chat_ends_the_waiting() -> None:
    def fails(cause: Cause, notices: list[Notice]) -> list[Notice]:
        if cause.operation != "accept" or cause.agent is None:
            return notices
        return [Notice(cause.agent.name, {"notificationType": "Error", "errorMessage": "Request failed"})]

    run = play(HELLO, variations=[Scripted(sends=fails)], deadline=60.0)
    assert not run.with_verdict(Verdict.BROKEN)


def test_after_an_incomplete_sequence_nobody_speaks() -> None:
    run = play(HELLO, variations=varied("history-lost"), deadline=0.2)
    assert run.hows == ["deadline"]
    assert run.footer.detail == "the three notifications did not come within 0.2 s"
    assert not run.steps("reply", "say-after")
    assert run.steps("read")


def test_an_agent_whom_the_customer_never_sees_is_looked_for_until_the_deadline() -> None:
    def unseen(chat: Any, body: dict[str, Any]) -> dict[str, Any]:
        if "chat" in body:
            body["chat"]["participants"] = ["odd", {"type": "Customer", "nickname": "Pat"}]
        return body

    run = play(HELLO, variations=[Viewed(unseen)], deadline=0.3)
    assert run.hows == ["deadline"]
    assert run.footer.detail == "the agent in the customer's view did not come within 0.3 s"
    assert len(run.steps("look")) > 2


def test_an_agent_under_a_wrong_name_is_seen_all_the_same() -> None:
    def renamed(chat: Any, body: dict[str, Any]) -> dict[str, Any]:
        for person in body.get("chat", {}).get("participants", ()):
            if person["type"] == "Agent":
                person["nickname"] = "Somebody"
        return body

    assert play(HELLO, variations=[Viewed(renamed)], deadline=60.0).hows == ["complete"]


def test_a_customer_without_any_chat_in_view_sees_nobody() -> None:
    def empty(chat: Any, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name != "chat"}

    assert play(HELLO, variations=[Viewed(empty)], deadline=0.2).hows == ["deadline"]


def test_a_chat_that_is_not_offered_again_says_so() -> None:
    def withheld(cause: Cause, notices: list[Notice]) -> list[Notice]:
        again = cause.operation == "offer" and cause.chat.former
        return [] if again else notices

    run = play(replace(HELLO, before=(Visit("leave"),)), variations=[Scripted(sends=withheld)], offer_timeout=0.3)
    assert run.hows == ["not offered again"]
    assert run.footer.ended == "complete"
    assert run.footer.detail == "the chat was not offered again within 0.3 s"


def test_two_chats_together_meet_after_their_accepts(mock: Mock) -> None:
    one, other = (Scenario(name, "Ben", (Say("Hello"),), beside="same-agent") for name in ("Uma", "Vic"))
    run = played(aim(mock), HELLO, one, other)
    pair = [c for c in run.conversations if c.scenario.beside == "same-agent"]
    accepts = [c.accept for c in pair]
    assert len({accept.actor for accept in accepts if accept}) == 1
    ends = [c.horizon for c in pair]
    assert max(a.done for a in accepts if a) < min(ends)


def test_the_companion_of_a_chat_that_fails_does_not_wait_for_it() -> None:
    one, other = (Scenario(name, name, beside="same-agent") for name in ("Uma", "Vic"))
    fails = Scripted(lambda r: FAILS if r.operation == "Accept" and (r.data or {}).get("nickname") == "Vic" else None)
    run = play(HELLO, one, other, variations=[fails], offer_timeout=60.0)
    assert sorted(run.hows) == ["complete", "complete", "failed"]


def test_whoever_may_be_in_the_chat_completes_it() -> None:
    with Mock(variations=[Waived("operation-case")]) as mock:
        run = played(aim(mock), replace(TRIED, refusals=("wrong-case",)))
        assert run.hows == ["failed"]
        assert nobody_is_left(mock)


def test_a_notification_that_comes_before_the_answer_counts(mock: Mock) -> None:
    assert play(HELLO, variations=varied("notified-first")).hows == ["complete"]


def test_an_invitation_that_vanishes_is_a_bug_of_ours(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Play, "_invited_since", lambda *_: None)
    monkeypatch.setattr(LiveChat, "wait", lambda *_: True)
    with pytest.raises(RuntimeError, match="vanished"):
        played(aim(mock), HELLO)
    assert nobody_is_left(mock)
    assert not [t for t in threading.enumerate() if t.name.startswith(("performer", "observer"))]
