"""A second observer of each agent: what the first one may have lost, it may have heard."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gws_contract.journal import Delivery, Incident, Session
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.variation import Answer, Variation
from gws_contract.scenario import Say, Scenario
from gws_contract.verdict import Verdict

from .stages import Played, Scripted, aim, nobody_is_left, played

CHAT = Scenario("PersonP", "Marat", (Say("Hello World"),))
ARRIVALS = {"accept.notifications.status-change", "accept.notifications.participants", "accept.notifications.history"}


class LosesThePoll(Variation):
    """At an Accept the poll of one observer of the agent breaks, and what was published then never comes."""

    def __init__(self, *which: int) -> None:
        self.mock: Mock | None = None
        self._which = which
        self._deaf: dict[str, set[str]] = {}
        self._told: set[str] = set()

    def notices(self, cause: Any, notices: Any) -> Any:
        if cause.operation == "accept" and self.mock is not None:
            sessions = self.mock.broker.sessions_of(cause.agent.name)
            for session in (sessions[number - 1] for number in self._which):
                self._deaf[session.id] = set(session.subscriptions)
                session.subscriptions.clear()
                if session in self.mock.cometd._held:
                    self.mock.cometd._held[session]()
        return notices

    def intercept(self, request: Any) -> Answer | None:
        """Whose next poll it is, is told of trouble; who then polls again hears from then on."""
        if self.mock is None or b"/meta/connect" not in request.body:
            return None
        for name in [each for each in self._deaf if each.encode() in request.body]:
            if name not in self._told:
                self._told.add(name)
                return Answer(502, b"")
            self.mock.broker.sessions[name].subscriptions |= self._deaf.pop(name)
        return None


def run(*which: int, observers: int = 2, **changes: Any) -> Played:
    variation = LosesThePoll(*which)
    options = Options(ack=False, hold=changes.pop("hold", 20.0))
    with Mock(agents={"ann": "one-one-one"}, variations=[variation], options=options) as mock:
        variation.mock = mock
        result = played(aim(mock, second_observer=observers == 2, **changes), CHAT)
        assert nobody_is_left(mock)
    return result


def undecided(result: Played) -> set[str]:
    return result.with_verdict(Verdict.INCONCLUSIVE) | result.with_verdict(Verdict.BROKEN)


def test_what_one_observer_lost_is_inconclusive() -> None:
    result = run(1, observers=1)
    assert undecided(result)
    assert result.hows == ["deadline"]


def test_what_the_first_observer_lost_the_second_has_heard() -> None:
    result = run(1)
    assert undecided(result) == set()
    assert result.hows == ["complete"]
    assert {n.delivery.observer for n in result.conversations[0].notifications} == {2}


def test_what_the_second_observer_lost_changes_nothing() -> None:
    result = run(2)
    assert undecided(result) == set()
    assert {n.delivery.observer for n in result.conversations[0].notifications} == {1}


def test_what_both_observers_lost_is_inconclusive() -> None:
    assert undecided(run(1, 2))


def test_two_observers_hear_everything_once() -> None:
    result = run()
    assert undecided(result) == set()
    deliveries = [r for r in result.records if isinstance(r, Delivery)]
    heard = {number: [d.message for d in deliveries if d.observer == number] for number in (1, 2)}
    assert heard[1] == heard[2]
    assert len(result.conversations[0].notifications) == len(heard[1])


def test_the_second_observer_has_a_session_and_a_jar_of_its_own() -> None:
    cookies: list[str] = []
    seen = Scripted(lambda r: cookies.append(r.headers.get("cookie", "")) if r.api == "notifications" else None)
    with Mock(agents={"ann": "one-one-one"}, variations=[seen]) as mock:
        result = played(aim(mock, second_observer=True), CHAT)
    begun = [r for r in result.records if isinstance(r, Session)]
    assert [(s.agent, s.observer, s.epoch) for s in begun] == [("ann", 1, 1), ("ann", 2, 1)]
    assert len({part for cookie in cookies for part in cookie.split("; ") if part.startswith("JSESSIONID")}) == 2


@pytest.mark.parametrize("status", [403, 500])
def test_a_server_that_allows_one_session_only_is_tested_with_one(status: int) -> None:
    shakes = itertools.count(1)

    def once(request: Any) -> Answer | None:
        shaking = request.api == "notifications" and b"/meta/handshake" in request.body
        return Answer(status, b"") if shaking and next(shakes) == 2 else None

    with Mock(agents={"ann": "one-one-one"}, variations=[Scripted(once)]) as mock:
        result = played(aim(mock, second_observer=True), CHAT)
    assert undecided(result) == set()
    (incident,) = [r for r in result.records if isinstance(r, Incident)]
    assert (incident.observer, incident.what) == (2, "stopped")
    assert incident.detail.startswith("There is no second observer. The handshake")
