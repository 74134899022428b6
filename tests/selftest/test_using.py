"""What the agent uses of a chat at last: on a running server, whatever it announces and answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.conversation import Conversation
from gws_contract.mock.alterations import Everywhere, Sequenced
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation
from gws_contract.scenario import SAID_TO_USE, Capability, Scenario, Visit
from gws_contract.verdict import Verdict

from .stages import Played, Scripted, aim, for_operation, json_answer, nobody_is_left, play, played, varied

AT_WORK: tuple[Capability, ...] = (
    "SendStartTypingNotification",
    "SendMessage",
    "SendStopTypingNotification",
    "InFocus",
)
NO = json_answer('{"statusCode": 3, "statusMessage": "Operation forbidden"}', 403)


def using(*uses: Capability, **more: Any) -> Scenario:
    return Scenario("Pat", "Sam", uses=uses, **more)


def used(run: Played) -> list[tuple[str, int | None]]:
    """The steps by which capabilities were used, with the HTTP status of each."""
    return [(e.step.removeprefix("use:"), e.status) for e in run.steps("use:")]


def steps(conversation: Conversation) -> list[str]:
    return [e.step for e in conversation.exchanges if e.step not in ("look", "read")]


def listing(names: Sequence[str] | None, *kinds: str) -> Variation:
    """A server that announces these, or nothing."""

    def change(data: dict[str, Any]) -> None:
        if data["chat"].get("state") == "Chatting":
            data["chat"].pop("capabilities")
            if names is not None:
                data["chat"]["capabilities"] = list(names)

    return Everywhere(kinds or ("StatusChange", "ParticipantsUpdated"), change)


def test_everything_that_is_announced_is_used_in_the_order_of_the_scenario() -> None:
    with Mock() as mock:
        run = played(aim(mock), using(*AT_WORK, "Complete"))
        assert nobody_is_left(mock)
    assert used(run) == [(name, 200) for name in (*AT_WORK, "Complete")]
    assert [json.loads(e.request or "")["operationName"] for e in run.steps("use:")] == [*AT_WORK, "Complete"]
    assert json.loads(run.steps("use:SendMessage")[0].request or "")["text"] == SAID_TO_USE
    assert run.hows == ["complete"]
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_a_chat_that_is_completed_is_not_completed_once_more() -> None:
    (chat,) = play(using("Complete")).conversations
    assert steps(chat) == ["offer", "accept", "use:Complete", "customer-leaves"]


def test_capabilities_are_used_when_everything_else_has_come() -> None:
    (chat,) = play(using("InFocus", reply="Hi.", accept_again=True)).conversations
    accept = chat.accept
    assert accept is not None
    told = [n for n in chat.received if n.at < chat.steps("use:InFocus")[0].sent]
    assert {n.kind for n in told} >= {"StatusChange", "ParticipantsUpdated", "NewMessages"}
    assert steps(chat)[-3:] == ["use:InFocus", "complete", "customer-leaves"]
    assert chat.exchanges.index(chat.steps("read")[0]) < chat.exchanges.index(chat.steps("use:InFocus")[0])


@pytest.mark.parametrize("uses", [("Transfer",), ("Leave",), ("Leave", "SendMessage")])
def test_a_chat_that_goes_on_elsewhere_is_cleared_up(uses: tuple[Capability, ...]) -> None:
    with Mock() as mock:
        run = played(aim(mock), using(*uses), using(*uses))
        assert nobody_is_left(mock)
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert run.hows == ["complete"] * 2


def test_a_chat_is_transferred_to_the_uri_of_another_agent() -> None:
    with Mock() as mock:
        run = played(aim(mock), using("Transfer"), replace(using(), before=(Visit("transfer", "Zoë"),)))
        ids = {f"{mock.url}/api/v2/users/{agent.id}": name for name, agent in mock.desk.agents.items()}
    for exchange in (*run.steps("use:Transfer"), *run.steps("visit:transfer")):
        target = ids[json.loads(exchange.request or "")["targetUri"]]
        assert exchange.actor != f"agent:{target}"
        assert exchange.status == 200


def test_an_agent_who_says_his_own_uri_is_called_by_it() -> None:
    def me(request: Request) -> Answer | None:
        if request.method != "GET" or not request.path.endswith("/me"):
            return None
        return json_answer(json.dumps({"statusCode": 0, "user": {"uri": f"https://gws/users/{request.agent}"}}))

    run = play(using("Transfer"), variations=[Scripted(me)])
    (transfer,) = run.steps("use:Transfer")
    assert json.loads(transfer.request or "")["targetUri"].startswith("https://gws/users/agent")


@pytest.mark.parametrize("user", ['{"statusCode": 0}', '{"statusCode": 0, "user": {"id": 5}}'])
def test_whoever_is_known_by_name_only_is_given_no_chat_to_use_a_capability(user: str) -> None:
    unknown = Scripted(lambda r: json_answer(user) if r.method == "GET" and r.path.endswith("/me") else None)
    run = play(using("Transfer"), replace(using(), before=(Visit("transfer", "Zoë"),)), variations=[unknown])
    assert used(run) == []
    assert json.loads(run.steps("visit:transfer")[0].request or "")["targetUri"].startswith("agent")


def test_the_only_agent_has_nobody_to_transfer_to() -> None:
    with Mock(agents={"ann": "one"}) as mock:
        run = played(aim(mock), using("Transfer"), using("Leave", "SendMessage"), using(*AT_WORK, "Complete"))
        assert nobody_is_left(mock)
    # Whether he tries to speak before he is invited again is a matter of milliseconds.
    assert [each for each in used(run) if each != ("SendMessage", 403)] == [
        ("Leave", 200),
        *((name, 200) for name in (*AT_WORK, "Complete")),
    ]
    found = {r.clause.id: r for r in run.judged().rulings}
    assert found["accept.capability.transfer"].tally.verdict is Verdict.NOT_TESTABLE
    assert found["accept.capability.transfer"].reasons[0][0].startswith("there was no other agent")
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_whoever_has_left_tries_to_speak_and_is_refused() -> None:
    assert used(play(using("Leave", "SendMessage"))) == [("Leave", 200), ("SendMessage", 403)]


def test_what_is_not_announced_is_tried() -> None:
    run = play(using(*AT_WORK, "Transfer"), variations=[listing(["SendMessage"])])
    assert used(run) == [(name, 200) for name in (*AT_WORK, "Transfer")]
    assert "accept.capability.not-announced" in run.with_verdict(Verdict.BROKEN)


def test_what_is_not_announced_and_taken_back_is_refused() -> None:
    names = [name for name in AT_WORK if name != "InFocus"]
    run = play(
        using("InFocus"),
        variations=[listing([*names, "Transfer", "Leave", "Complete"]), _TakenBack(names_the_chat=True)],
    )
    assert used(run) == [("InFocus", 200)]
    assert "accept.capability.not-announced" not in run.with_verdict(Verdict.BROKEN)


def test_where_nothing_is_announced_nothing_is_used() -> None:
    run = play(using(*AT_WORK, "Complete"), variations=[listing(None)])
    assert used(run) == []
    assert not {c for c in run.with_verdict(Verdict.BROKEN) if c.startswith("accept.capability")}


def test_what_only_the_participant_list_announces_is_used() -> None:
    run = play(using("InFocus"), variations=[listing(None, "StatusChange")])
    assert used(run) == [("InFocus", 200)]


def test_what_was_withdrawn_is_left_alone() -> None:
    assert used(play(using(*AT_WORK), variations=varied("focus-withdrawn"))) == [(n, 200) for n in AT_WORK[:3]]


def test_a_focus_that_is_refused_is_asked_for_by_its_other_name() -> None:
    run = play(using("InFocus"), variations=varied("set-in-focus-only"))
    names = [json.loads(e.request or "")["operationName"] for e in run.steps("use:InFocus")]
    assert names == ["InFocus", "SetInFocus"]
    assert "accept.capability.in-focus" in run.with_verdict(Verdict.KEPT)


def test_a_use_that_is_refused_does_not_keep_the_others_from_being_used() -> None:
    run = play(using(*AT_WORK, "Leave"), variations=[for_operation("SendMessage", NO), for_operation("Leave", NO)])
    assert used(run) == [
        (AT_WORK[0], 200),
        ("SendMessage", 403),
        *((name, 200) for name in AT_WORK[2:]),
        ("Leave", 403),
    ]
    assert run.with_verdict(Verdict.BROKEN) == {"accept.capability.send-message", "accept.capability.leave"}
    assert run.hows == ["complete"]


class _TakenBack(Variation):
    """The focus is answered with statusCode 0, and an Error takes that back, which may name the chat."""

    def __init__(self, *, names_the_chat: bool) -> None:
        self._names_the_chat = names_the_chat

    def notices(self, cause: Cause, notices: Iterable[Notice]) -> list[Notice]:
        if cause.operation != "focus" or cause.agent is None:
            return list(notices)
        named = {"chat": {"id": cause.chat.id}} if self._names_the_chat else {}
        data = {"notificationType": "Error", "errorMessage": "Request failed", "referenceId": 5, **named}
        return [Notice(cause.agent.name, data)]


@pytest.mark.parametrize(
    ("names_the_chat", "broken"), [(True, {"accept.capability.in-focus"}), (False, set())], ids=["named", "not named"]
)
def test_a_yes_that_an_error_of_the_chat_takes_back_is_a_refusal(names_the_chat: bool, broken: set[str]) -> None:
    run = play(using("InFocus"), variations=[_TakenBack(names_the_chat=names_the_chat)])
    assert [name for name, _ in used(run)] == ["InFocus", "InFocus"]
    assert run.with_verdict(Verdict.BROKEN) == broken


def test_after_a_use_without_an_answer_nothing_more_is_used() -> None:
    cut = for_operation("SendMessage", Answer(200, b'{"statusCode": 0}', {"Content-Type": "application/json"}, cut=5))
    run = play(using("SendMessage", "InFocus"), variations=[cut])
    assert [name for name, _ in used(run)] == ["SendMessage"]
    assert "accept.capability.send-message" in run.with_verdict(Verdict.INCONCLUSIVE)


def test_after_an_incomplete_sequence_nothing_is_used() -> None:
    run = play(using(*AT_WORK), variations=[Sequenced(lambda own: own[:1])], deadline=0.3)
    assert used(run) == []


def test_whoever_is_not_told_that_a_transferred_chat_is_over_accepts_and_completes_it() -> None:
    unsaid = Scripted(sends=lambda cause, notices: [] if cause.operation == "revoke" else notices)
    run = play(using("Transfer"), variations=[unsaid])
    (chat,) = run.conversations
    assert [e.actor for e in chat.steps("end:accept")] == [f"agent:{chat.invitations[-1].agent}"]
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_a_transferred_chat_of_which_nobody_hears_is_over_when_the_customer_leaves() -> None:
    unsaid = Scripted(
        sends=lambda cause, notices: (
            [] if cause.operation == "offer" and cause.chat.joined == {} and cause.chat.former else notices
        )
    )
    run = play(using("Transfer"), variations=[unsaid])
    (chat,) = run.conversations
    assert len(chat.invitations) == 1
    assert chat.steps("end:accept") == ()


@pytest.mark.parametrize("name", ["announced-but-refused-complete", "accepted-but-not-announced-typing"])
def test_a_server_that_is_not_honest_breaks_the_clauses_that_its_fault_declares(name: str) -> None:
    run = play(using(*AT_WORK, "Complete"), using("Leave"), variations=varied(name))
    assert run.with_verdict(Verdict.BROKEN) == FAULTS[name].breaks
