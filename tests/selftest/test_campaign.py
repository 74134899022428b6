"""A campaign: how it begins and cannot begin, how it ends, and what it leaves behind on the server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gws_contract import campaign, contract
from gws_contract.campaign import Campaign, Plan
from gws_contract.check import shipped
from gws_contract.journal import Exchange, Footer, Header, Incident, Memory, Planned, to_json
from gws_contract.mock.options import Options
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Notice, Request
from gws_contract.onlooker import Onlooker
from gws_contract.scenario import Say, Scenario, Visit
from gws_contract.stage.agent import Agent
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.play import Play
from gws_contract.stage.pool import SILENT_CHATS
from gws_contract.stage.target import Account, Target
from gws_contract.verdict import Verdict

from .scripted_server import ScriptedServer, answering, http
from .stages import (
    HANG,
    Played,
    Scripted,
    aim,
    for_operation,
    interrupt,
    json_answer,
    nobody_is_left,
    play,
    played,
    rows,
    secrets_of,
    varied,
)

HELLO = Scenario("Pat", "Sam", (Say("Hello"),))
BACK = Scenario("Pat", "Sam", (Visit("leave"), Say("Hello")))
AGENTS = {"ann": "one", "bob": "two"}


# ---- beginning ------------------------------------------------------------------------------------------------------


def test_the_header_says_what_is_needed_to_judge_again() -> None:
    with Mock(agents=AGENTS, options=Options(version="8.5.201.04")) as mock:
        run = played(aim(mock, deadline=3.0), HELLO, seed=7, depth="nightly")
    header = run.records[0]
    assert isinstance(header, Header)
    assert (header.target, header.target_version) == ("the mock of this test", "8.5.201.04")
    assert (header.seed, header.depth, header.deadline, header.quiet_period) == (7, "nightly", 3.0, 0.05)
    assert header.contract == contract.load().digest
    assert header.table == contract.table_for("8.5.201.04")
    assert header.agents == ("ann", "bob")


def test_a_table_that_was_wished_for_goes_before_that_of_the_version() -> None:
    other = contract.load().versions[-1]
    assert play(HELLO, table=other).evidence.header.table == other


def test_a_server_that_does_not_tell_its_version_is_certified_all_the_same() -> None:
    hidden = Scripted(lambda r: Answer(404, b"") if r.path.endswith("/version") else None)
    run = play(HELLO, variations=[hidden])
    assert run.evidence.header.target_version is None
    assert run.hows == ["complete"]


def test_the_question_for_the_version_is_no_evidence() -> None:
    assert not [r for r in play(HELLO).records if isinstance(r, Exchange) and "version" in r.path]


def test_every_agent_is_heard_before_the_first_chat_is_offered() -> None:
    records = play(HELLO).records
    first = next(at for at, record in enumerate(records) if isinstance(record, Planned))
    assert sum(record.kind == "session" for record in records[:first]) == 4


PAGE = Answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
NOT_GWS = "not as a GWS answers; is the URL that of Genesys Web Services?"


def me(answer: Answer) -> Scripted:
    return Scripted(lambda r: answer if (r.method, r.path) == ("GET", "/api/v2/me") else None)


def cometd(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Scripted:
    """Answers the Bayeux messages that `change` gives a reply for."""

    def answers(request: Request) -> Answer | None:
        if request.api != "notifications":
            return None
        (message,) = json.loads(request.body)
        reply = change(message)
        return None if reply is None else json_answer(json.dumps([{"channel": message["channel"], **reply}]))

    return Scripted(answers)


def refused_on(channel: str, error: str) -> Scripted:
    return cometd(lambda m: {"successful": False, "error": error} if m["channel"] == channel else None)


NOT_READY = {
    "a page for everybody": (me(PAGE), f"GET /api/v2/me was answered HTTP 200, {NOT_GWS}"),
    "not found": (me(Answer(404, b"")), f"GET /api/v2/me was answered HTTP 404, {NOT_GWS}"),
    "a redirect": (me(Answer(302, b"", {"Location": "/login"})), f"GET /api/v2/me was answered HTTP 302, {NOT_GWS}"),
    "JSON of somebody else": (me(json_answer("{}")), f"GET /api/v2/me was answered HTTP 200, {NOT_GWS}"),
    "a failure": (
        me(json_answer('{"statusCode": 4, "statusMessage": "Down"}', 500)),
        f"GET /api/v2/me was answered HTTP 500, statusCode 4, 'Down', {NOT_GWS}",
    ),
    "forbidden": (
        me(json_answer('{"statusCode": 20, "statusMessage": "Access denied"}', 403)),
        "The server refuses the agent agent1 (HTTP 403, statusCode 20, 'Access denied'); is the password right?",
    ),
    "features without chat": (
        me(json_answer('{"statusCode": 0, "user": {"features": ["api-voice", 5]}}')),
        "The account agent1 has not the feature api-multimedia, which the operation requires.",
    ),
    "a handshake refused": (refused_on("/meta/handshake", "403::Forbidden"), "403::Forbidden"),
    "a subscription refused": (refused_on("/meta/subscribe", "403::Denied"), "403::Denied"),
    "no chat channel": (
        for_operation("StartContactCenterSession", json_answer('{"statusCode": 7}')),
        "HTTP 200, statusCode 7; is the chat channel set up for this agent?",
    ),
    "no feature": (
        for_operation("StartContactCenterSession", json_answer('{"statusCode": 5}', 403), agent="agent2"),
        "Session of agent2 was answered HTTP 403, statusCode 5; has the account the feature api-multimedia?",
    ),
    "no session": (
        for_operation("StartContactCenterSession", json_answer('{"statusCode": 4}', 500)),
        "StartContactCenterSession of agent1 was answered HTTP 500, statusCode 4",
    ),
    "never ready": (
        for_operation("Ready", json_answer('{"statusCode": 3}', 403), agent="agent4"),
        "Ready of agent4 was answered HTTP 403, statusCode 3",
    ),
    "no chats at all": (
        for_operation("RequestChat", json_answer('{"statusCode": 5, "statusMessage": "No"}', 403)),
        "No chat could be offered: RequestChat was answered HTTP 403, statusCode 5, 'No'",
    ),
    "a chat without an id": (
        for_operation("RequestChat", json_answer('{"statusCode": 0, "id": 5}')),
        "No chat could be offered: RequestChat was answered HTTP 200, statusCode 0",
    ),
}


@pytest.mark.parametrize(("variation", "words"), NOT_READY.values(), ids=NOT_READY.keys())
def test_what_keeps_a_run_from_beginning_is_said_in_one_sentence(variation: Scripted, words: str) -> None:
    with Mock(variations=[variation]) as mock:
        run = played(aim(mock), HELLO, HELLO)
        assert nobody_is_left(mock)
    assert words in str(run.error)
    assert "\n" not in str(run.error)
    assert (run.footer.ended, run.footer.detail) == ("not ready", str(run.error))


@pytest.mark.parametrize(
    "answer",
    ['{"statusCode": 0}', '{"statusCode": 0, "user": 5}', '{"statusCode": 0, "user": {"features": []}}'],
)
def test_an_account_that_lists_no_features_may_have_them(answer: str) -> None:
    assert play(HELLO, variations=[me(json_answer(answer))]).hows == ["complete"]


def test_a_wrong_password_is_tried_no_more_often_than_needed() -> None:
    """Servers lock an account that errs too often."""
    tries: list[str] = []
    with Mock(variations=[Scripted(lambda r: tries.append(r.path) if r.claimed == "agent1" else None)]) as mock:
        target = aim(mock, agents=(Account("agent1", "wrong"),))
        run = played(target, HELLO)
    assert "is the password right?" in str(run.error)
    assert tries == ["/api/v2/me"]


def test_when_the_second_agent_cannot_log_in_the_first_is_logged_out() -> None:
    with Mock(agents=AGENTS) as mock:
        good = Account("ann", "one")
        run = played(aim(mock, agents=(good, Account("bob", "wrong"))), HELLO)
        assert "refuses the agent bob" in str(run.error)
        assert nobody_is_left(mock)


def test_a_server_that_is_not_there_is_said_to_be_silent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = played(Target(f"http://127.0.0.1:{taken.getsockname()[1]}", (Account("ann", "one"),)), HELLO)
    assert str(run.error).startswith("The server does not answer: ")
    assert run.footer.ended == "not ready"


def test_a_server_that_is_no_gws_is_said_to_be_none() -> None:
    with ScriptedServer(answering(http("hello"))) as server:
        run = played(Target(server.url, (Account("ann", "one"),)), HELLO)
    assert NOT_GWS in str(run.error)


def test_a_run_in_which_no_chat_reaches_an_agent_cannot_begin() -> None:
    lost = Scripted(sends=lambda cause, notices: [] if cause.operation == "offer" else notices)
    run = play(HELLO, HELLO, variations=[lost], offer_timeout=0.2)
    assert str(run.error) == (
        "No agent was invited to the offered chat within 0.2 s; are agents Ready, and does routing lead to them?"
    )
    assert run.hows == ["not offered"]


# ---- the chats ------------------------------------------------------------------------------------------------------


def test_all_chats_are_performed_and_counted() -> None:
    onlooker = Onlooker(9)
    with Mock() as mock:
        plan = Plan(rows(*[HELLO] * 9), seed=0, depth="quick")
        footer = Campaign(aim(mock), plan, Memory(), onlooker=onlooker).run()
        assert nobody_is_left(mock)
    assert (footer.ended, footer.chats, footer.lacks) == ("complete", 9, ())
    seen = onlooker.look()
    assert (seen.doing, seen.done, seen.chats, seen.broken) == ("logging out", 9, 9, 0)


def test_whoever_watches_a_campaign_is_told_what_broke() -> None:
    onlooker = Onlooker(2)
    with Mock(variations=varied("participants-first")) as mock:
        plan = Plan(rows(HELLO, HELLO), seed=0, depth="quick", looks_again=False)
        Campaign(aim(mock), plan, Memory(), checks=shipped(), onlooker=onlooker).run()
    assert onlooker.look().broken == 1


def test_a_campaign_of_nothing_but_a_pair_performs_it() -> None:
    pair = [s for s in SITUATIONS if s.beside == "same-agent"]
    run = play(*pair)
    assert run.hows == ["complete", "complete"]


def test_what_is_lacking_is_in_the_footer() -> None:
    with Mock(agents={"ann": "one"}, without_feature={}) as mock:
        footer = played(aim(mock), HELLO).footer
    assert footer.lacks == ("account-without-feature", "second-agent")


def test_with_one_agent_a_conformant_server_is_not_called_broken() -> None:
    with Mock(agents={"ann": "one"}) as mock:
        run = played(aim(mock), *SITUATIONS)
        assert nobody_is_left(mock)
    assert run.with_verdict(Verdict.BROKEN) == set()


def withheld(cause: Cause, notices: list[Notice]) -> list[Notice]:
    """A server that offers no chat again after an agent left it."""
    return [] if cause.operation == "offer" and cause.chat.former else notices


def test_chats_that_are_not_offered_again_end_the_attempts_but_not_the_run() -> None:
    run = play(BACK, *[HELLO] * 4, *[BACK] * 12, variations=[Scripted(sends=withheld)], offer_timeout=0.15)
    assert run.footer.lacks == ("routing",)
    assert run.footer.ended == "complete"
    assert run.hows.count("complete") == 4
    # Four performers may each have begun one when the second was given up.
    assert 2 <= run.hows.count("not offered again") <= 6


def test_without_routing_back_the_clauses_that_need_it_are_not_testable() -> None:
    def never_back(cause: Cause, notices: list[Notice]) -> list[Notice]:
        return [] if cause.operation == "offer" and cause.chat.avoided else notices

    run = play(*SITUATIONS, variations=[Scripted(sends=never_back)], offer_timeout=0.15)
    docket = run.judged()
    assert docket.conclusion.status == 0, docket.headline
    assert "the server did not offer a chat again after a reject or leave" in docket.headline


def test_a_silent_server_is_offered_no_more_than_three_chats_in_vain() -> None:
    run = play(*[HELLO] * 30, variations=varied("silence"), deadline=0.1)
    assert run.footer.ended == "silent server"
    # Those that others had begun are played to their end.
    assert SILENT_CHATS <= run.footer.chats <= SILENT_CHATS + 4
    assert "accept.status-change.arrives" in run.with_verdict(Verdict.BROKEN)


def test_a_server_that_offers_no_more_chats_is_not_asked_for_ever() -> None:
    lost = Scripted(sends=lambda c, notices: [] if c.operation == "offer" and c.chat.number > 2 else notices)
    run = play(*[HELLO] * 30, variations=[lost], offer_timeout=0.15)
    assert run.footer.ended == "no more offers"
    assert run.error is None
    assert 3 <= run.hows.count("not offered") <= 7


def test_the_time_limit_ends_a_run() -> None:
    with Mock() as mock:
        run = played(aim(mock), *[HELLO] * 5000, time_limit=0.4)
        assert nobody_is_left(mock)
    assert run.footer.ended == "time limit"
    assert 0 < run.footer.chats < 5000


def test_when_the_time_is_over_nobody_waits_for_an_invitation_or_a_deadline() -> None:
    lost = Scripted(sends=lambda c, notices: [] if c.operation == "offer" else notices)
    run = play(HELLO, variations=[lost], offer_timeout=float(HANG), time_limit=2.0)
    assert run.hows == ["cut short"]
    run = play(HELLO, variations=varied("history-lost"), deadline=float(HANG), time_limit=2.0)
    assert run.hows == ["cut short"]
    assert run.footer.ended == "time limit"


def test_a_campaign_listens_for_one_quiet_period_after_the_last_chat() -> None:
    def late(cause: Cause, notices: list[Notice]) -> list[Notice]:
        if cause.operation != "complete" or cause.agent is None or not notices:
            return notices
        again = Notice(cause.agent.name, notices[0].data, after=0.2)
        return [*notices, again]

    run = play(HELLO, variations=[Scripted(sends=late)], quiet_period=1.0)
    (chat,) = run.conversations
    assert chat.ended is not None
    assert [n for n in chat.notifications if n.at > chat.ended.at]


def test_every_request_but_the_polls_keeps_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    paced: list[float] = []
    sent: list[str] = []

    def pace(rate: float, **_: object) -> Callable[[], None]:
        return lambda: paced.append(rate)

    def heard(request: Request) -> Answer | None:
        if request.api != "notifications":
            sent.append(request.path)
        return None

    monkeypatch.setattr(campaign, "Pace", pace)
    with Mock(variations=[Scripted(heard)]) as mock:
        run = played(aim(mock), HELLO, HELLO, max_rate=7.5)
    assert run.hows == ["complete"] * 2
    assert set(paced) == {7.5}
    assert len(paced) == len(sent)


def test_without_a_rate_nobody_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "Pace", None)
    assert play(HELLO).hows == ["complete"]


# ---- interruption and failure ---------------------------------------------------------------------------------------


class Interrupting(Scripted):
    """Interrupts this process once, when a request or a cause comes that a test is after."""

    def __init__(
        self,
        request: Callable[[Request], bool] = lambda _: False,
        cause: Callable[[Cause], bool] = lambda _: False,
        *,
        delay: float = 0.0,
    ) -> None:
        super().__init__()
        self._request, self._cause = request, cause
        self._delay = delay
        self.sent = False

    def _strike(self, hit: bool) -> None:
        if hit and not self.sent:
            self.sent = True
            interrupt()

    def intercept(self, request: Request) -> Answer | None:
        self._strike(self._request(request))
        return None

    def notices(self, cause: Cause, notices: Any) -> list[Notice]:
        self._strike(self._cause(cause))
        return list(notices)

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        return replace(answer, delay=self._delay) if self._delay and self._cause(cause) else answer


def interrupted(variation: Interrupting, *scenarios: Scenario, options: Options | None = None) -> tuple[Played, bool]:
    """A campaign that is interrupted, and whether nobody was left on the server afterwards."""
    with Mock(variations=[variation], options=options) as mock:
        run = played(aim(mock), *scenarios)
        assert variation.sent
        return run, nobody_is_left(mock)


@pytest.mark.parametrize(
    "request_",
    [
        lambda r: r.operation == "StartContactCenterSession" and r.agent == "agent3",
        lambda r: r.operation == "Accept" and r.chat is not None and r.chat.number == 1,
        lambda r: r.operation == "Accept" and r.chat is not None and r.chat.number == 7,
    ],
    ids=["while logging in", "in the first chat", "among the others"],
)
def test_ctrl_c_ends_a_campaign_and_leaves_nobody_on_the_server(request_: Callable[[Request], bool]) -> None:
    run, empty = interrupted(Interrupting(request_), *[HELLO] * 200)
    assert run.footer.ended == "interrupted"
    assert len(run.conversations) < 200
    assert empty


def test_ctrl_c_in_the_quiet_period_is_an_interruption() -> None:
    done = threading.Event()
    variation = Interrupting()
    with Mock(variations=[variation]) as mock:
        memory = Memory()
        plan = Plan(rows(HELLO), 0, "quick")
        onlooker = Onlooker(1)
        onlooker.ended = lambda *_: done.set()  # type: ignore[method-assign]  # to learn of it
        run = Campaign(aim(mock, quiet_period=float(HANG)), plan, memory, onlooker=onlooker)

        def strike() -> None:
            assert done.wait(HANG)
            # The agent is told of the end of the chat; then there is only the quiet period.
            mock.until(lambda: all(chat.ended for chat in mock.desk.books.chats.values()))
            interrupt()

        threading.Thread(target=strike, daemon=True).start()
        assert run.run().ended == "interrupted"
        assert nobody_is_left(mock)


def test_ctrl_c_while_two_chats_are_played_together_leaves_nobody_on_the_server() -> None:
    pair = [Scenario(name, "Ben", (Say("Hello"),), beside="same-agent") for name in ("Uma", "Vic")]
    # Uma and Vic are the chats 2 and 3.
    variation = Interrupting(lambda r: r.operation == "Accept" and r.chat is not None and r.chat.number == 2)
    run, empty = interrupted(variation, HELLO, *pair, options=Options(latency=0.01))
    assert run.footer.ended == "interrupted"
    assert run.records[-1] is run.footer
    gone = [r.sent for r in run.evidence.exchanges if r.step == "EndContactCenterSession"]
    assert min(gone) > max(c.ended.at for c in run.conversations if c.ended)
    assert empty


def test_ctrl_c_while_a_chat_is_requested_leaves_no_chat_behind() -> None:
    variation = Interrupting(cause=lambda c: c.operation == "request", delay=0.2)
    run, empty = interrupted(variation, *[HELLO] * 5)
    assert run.footer.ended == "interrupted"
    assert empty


def test_ctrl_c_while_logging_out_leaves_nobody_on_the_server() -> None:
    variation = Interrupting(lambda r: r.operation == "EndContactCenterSession" and r.agent == "agent1")
    memory = Memory()
    with Mock(variations=[variation], options=Options(latency=0.01)) as mock:
        with contextlib.suppress(KeyboardInterrupt):
            Campaign(aim(mock), Plan(rows(HELLO), 0, "quick"), memory).run()
        assert variation.sent
        assert nobody_is_left(mock)
    assert isinstance(memory.records[-1], Footer)


def test_a_bug_of_ours_in_a_performer_is_a_harness_error(monkeypatch: pytest.MonkeyPatch) -> None:
    crashing(monkeypatch, "Bug")
    memory = Memory()
    with Mock() as mock:
        plan = Plan(rows(HELLO, Scenario(customer="Bug"), *[HELLO] * 500), seed=0, depth="quick")
        with pytest.raises(ZeroDivisionError):
            Campaign(aim(mock), plan, memory).run()
        assert nobody_is_left(mock)
    footer = memory.records[-1]
    assert isinstance(footer, Footer)
    assert footer.ended == "harness error"


def test_a_bug_of_ours_in_a_companion_is_a_harness_error(monkeypatch: pytest.MonkeyPatch) -> None:
    crashing(monkeypatch, "Bug")
    memory = Memory()
    with Mock() as mock:
        pair = [Scenario(customer=name, beside="same-agent") for name in ("Bug", "Vic")]
        plan = Plan(rows(HELLO, *pair), seed=0, depth="quick")
        with pytest.raises(ZeroDivisionError):
            Campaign(aim(mock, offer_timeout=2.0), plan, memory).run()
    footer = memory.records[-1]
    assert isinstance(footer, Footer)
    assert footer.ended == "harness error"


def test_a_bug_of_ours_in_the_first_chat_does_not_leave_a_complete_run(monkeypatch: pytest.MonkeyPatch) -> None:
    crashing(monkeypatch, "Bug")
    memory = Memory()
    with Mock() as mock:
        with pytest.raises(ZeroDivisionError):
            Campaign(aim(mock), Plan(rows(Scenario(customer="Bug")), 0, "quick"), memory).run()
        assert nobody_is_left(mock)
    footer = memory.records[-1]
    assert isinstance(footer, Footer)
    assert footer.ended == "harness error"


def test_a_bug_of_ours_while_logging_in_is_a_harness_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Agent, "ready", crash)
    memory = Memory()
    with Mock() as mock:
        with pytest.raises(ZeroDivisionError):
            Campaign(aim(mock), Plan(rows(HELLO), 0, "quick"), memory).run()
        assert nobody_is_left(mock)
    footer = memory.records[-1]
    assert isinstance(footer, Footer)
    assert footer.ended == "harness error"


def crashing(monkeypatch: pytest.MonkeyPatch, customer: str) -> None:
    """Make the performance of this customer's chats raise."""
    offer = Play.offer

    def crash(self: Play) -> None:
        if self.live.scenario.customer == customer:
            raise ZeroDivisionError
        offer(self)

    monkeypatch.setattr(Play, "offer", crash)


def test_an_agent_who_is_not_ready_again_after_the_pair_does_not_hide_what_was_found() -> None:
    went: list[str] = []

    def second_ready(request: Request) -> Answer | None:
        if request.operation == "Ready":
            went.append(str(request.agent))
        return json_answer('{"statusCode": 4}', 500) if len(went) > 4 and request.operation == "Ready" else None

    variations = [Scripted(second_ready), *varied("history-first")]
    run = play(*SITUATIONS, variations=variations, offer_timeout=1.0)
    assert "accept.notifications.order" in run.with_verdict(Verdict.BROKEN)
    assert run.footer.ended != "not ready"


# ---- lost observers -------------------------------------------------------------------------------------------------


class Losing(Scripted):
    """Loses the CometD session, or the connection, of whoever accepts every second chat, before he is told."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.mock: Mock | None = None

    def notices(self, cause: Cause, notices: Any) -> list[Notice]:
        if self.mock and cause.operation == "accept" and cause.agent and cause.chat.number % 2 == 0:
            name = cause.agent.name
            if self.how == "forget":
                self.mock.broker.forget(name)
            else:
                self.mock.cometd.hang_up(name)
        return list(notices)


@pytest.mark.parametrize(
    ("how", "quirks"), [("forget", ()), ("forget", ("no-ack",)), ("hang up", ()), ("hang up", ("no-ack",))]
)
def test_an_observer_lost_in_the_middle_breaks_no_clause(how: str, quirks: tuple[str, ...]) -> None:
    losing = Losing(how)
    with Mock(variations=[losing, *varied(*quirks)]) as mock:
        losing.mock = mock
        run = played(aim(mock, deadline=0.4, offer_timeout=2.0), *SITUATIONS)
        assert nobody_is_left(mock)
    assert [record for record in run.records if isinstance(record, Incident)]
    assert run.with_verdict(Verdict.BROKEN) == set()
    if (how, quirks) == ("hang up", ()):
        assert run.with_verdict(Verdict.INCONCLUSIVE) == set()  # what was lost came again


# ---- secrets --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[Mock, Played]]:
    with Mock() as mock:
        yield mock, played(aim(mock), *SITUATIONS)


def test_no_record_holds_a_password_or_the_contact_center(whole: tuple[Mock, Played]) -> None:
    mock, run = whole
    text = "\n".join(json.dumps(to_json(record)) for record in run.records)
    assert not [secret for secret in secrets_of(mock) if secret in text or secret[::-1] in text]


def test_strangers_chats_that_an_agent_has_open_are_not_in_the_journal() -> None:
    secret = "4711 0815"
    with Mock(agents=AGENTS) as mock:

        def busy() -> None:
            desk = mock.desk
            ann = desk.agents["ann"]
            desk.start_session(ann, ["chat"])
            desk.set_ready(ann, ready=True)
            chat = desk.request_chat("Stranger", None, {"card": secret})[0].cause.chat
            desk.accept(chat, ann, "Ann")

        mock.call(busy)
        run = played(aim(mock), HELLO)
    assert run.hows == ["complete"]
    assert not [record for record in run.records if secret in json.dumps(to_json(record))]
