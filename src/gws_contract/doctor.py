"""What a run needs of a server, looked at step by step: what was seen, and what to do where it is not enough.

One chat is offered and withdrawn again, or accepted and completed where the customer cannot leave; nothing is judged.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from gws_contract import contract
from gws_contract.journal import Clock, Exchange, Memory, Session
from gws_contract.redaction import Secrets
from gws_contract.scenario import Scenario
from gws_contract.stage.agent import FEATURES, Agent
from gws_contract.stage.cast import Cast, Over
from gws_contract.stage.customers.front import Front
from gws_contract.stage.customers.person import Tell
from gws_contract.stage.play import Play
from gws_contract.stage.reply import in_words, members
from gws_contract.stage.switchboard import LiveChat, Switchboard
from gws_contract.stage.target import NotReady, Target
from gws_contract.wire.identity import Identity
from gws_contract.wire.leash import Leash
from gws_contract.wire.rest import RestLine

VERSION = "/api/v2/diagnostics/version"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a run needs. `todo` is empty where nothing is to be done."""

    name: str
    fine: bool
    seen: str
    todo: str = ""


class _Enough(Exception):  # not an error: what comes next cannot work either
    """A step failed that the following ones need."""


class Examination:
    """Of one server. `steps` may be ended early; whoever logged in is logged out in any case."""

    def __init__(self, target: Target, tell: Tell = lambda _: None) -> None:
        """`tell` says a line to the person who plays the customer."""
        self._tell = tell
        self._target, self._clock, self._sink = target, Clock(), Memory()
        self._secrets = Secrets()
        for value, what in target.secrets:
            self._secrets.add(value, what)
        self._leash = Leash()
        self._wiring = replace(target.wiring, secrets=self._secrets, leash=self._leash)
        self._switchboard = Switchboard(self._sink, self._clock, secrets.token_hex(4), target.customer.recognition)
        self._agents: dict[str, Agent] = {}
        self._serials = itertools.count(1)
        self._stop = threading.Event()

    def stop(self) -> None:
        """End soon, whatever the server does, leaving nobody logged in if it lets us; safe to call from any thread."""
        self._stop.set()
        self._switchboard.nudge()
        self._leash.hurry()

    def steps(self) -> Generator[Step, None, None]:
        """What was seen, as it is seen; a secret that the server repeats is masked."""
        with contextlib.closing(self._steps()) as steps:
            for step in steps:
                yield replace(step, seen=self._secrets.mask(step.seen))

    def _steps(self) -> Generator[Step, None, None]:
        try:
            yield from self._server()
            for account in self._target.agents:
                agent = self._agents[account.user] = Agent(
                    account,
                    self._target,
                    self._wiring,
                    clock=self._clock,
                    sink=self._sink,
                    serials=self._serials,
                    on_delivery=self._switchboard.receive,
                )
                yield from self._log_in(agent)
            yield from self._accounts()
            yield from self._offer()
        except _Enough:
            return
        finally:
            for agent in self._agents.values():
                agent.log_out()
            self._leash.release()

    def _server(self) -> Iterator[Step]:
        stranger = RestLine(self._wiring, actor="stranger", identity=Identity(None), clock=self._clock, sink=self._sink)
        answer = stranger.call("GET", VERSION, step="version")
        stranger.close()
        if answer.failure:
            todo = "Is the URL right, is the server up, and does the way lead through a proxy or a private CA?"
            yield Step("reachable", False, answer.failure, f"{todo} (--url, --proxy, --ca-file)")
            raise _Enough
        yield Step("reachable", True, f"{self._target.name} answers after {answer.done - answer.sent:.3f} s")
        version = members(answer).get("version")
        known = isinstance(version, str)
        table = contract.table_for(version if isinstance(version, str) else None)
        seen = version if isinstance(version, str) else f"not told ({in_words(answer)})"
        todo = "" if known else "Give --table VERSION if these are not the return values of your product."
        yield Step("version", True, f"{seen}; the return values of {table} apply", todo)

    def _log_in(self, agent: Agent) -> Iterator[Step]:
        me = yield from self._try(
            "credentials", agent, agent.show_credentials, "known to the server", "Look at GWS_URL and GWS_AGENTS."
        )
        yield from self._try(
            "feature",
            agent,
            lambda: agent.must_have_the_feature(me),
            _features(me),
            f"Give the account the feature {FEATURES[0]}.",
        )
        told = "the server wants a token" if agent.has_csrf_token else "the server wants no token"
        yield Step("CSRF", True, f"{agent.name}: {told}")
        yield from self._try(
            "CometD",
            agent,
            agent.observe,
            lambda: _session(self._sink, agent.name),
            "Look at --cometd-path and --topic, and whether a proxy or load balancer keeps cookies and long polls.",
        )
        yield from self._try(
            "session",
            agent,
            agent.start_session,
            f"logged in to {', '.join(self._target.channels)}",
            "Look at --channel, and whether the agent's place and the chat channel are set up in the contact center.",
        )
        left = agent.clear_away()
        yield Step("left over", True, f"{agent.name}: {_count(left)} of earlier runs" + (" ended" if left else ""))
        yield from self._try("ready", agent, agent.ready, "takes offers", "Look at the agent's channels and capacity.")

    def _accounts(self) -> Iterator[Step]:
        """What is not required, and what a run cannot test without it."""
        if len(self._agents) < 2:
            lost = "whether others hear of a chat, and whether it is offered again, cannot be tested"
            yield Step("agents", True, f"one agent: {lost}", "Name a second one in GWS_AGENTS.")
        if self._target.without_feature is None:
            lost = "whether the feature is required cannot be tested"
            yield Step("guest", True, f"none: {lost}", "Name an account without it in GWS_AGENT_WITHOUT_FEATURE.")

    def _try(
        self, name: str, agent: Agent, work: Callable[[], _T], seen: str | Callable[[], str], todo: str
    ) -> Generator[Step, None, _T]:
        try:
            result = work()
        except NotReady as error:
            yield Step(name, False, str(error), todo)
            raise _Enough from error
        yield Step(name, True, f"{agent.name}: {seen if isinstance(seen, str) else seen()}")
        return result

    def _offer(self) -> Iterator[Step]:
        todo = "Look at the customer (GWS_CONTACT_CENTER_ID, --customer), and whether routing leads to an agent."
        front = Front(self._target, self._wiring, self._clock, self._sink, self._stop, 1, self._tell)
        customer = front.customer()
        live = self._switchboard.open(1, Scenario(), "given")
        play = Play(Cast(self._target, self._agents, None, self._clock, self._sink, self._stop), live, customer)
        asked = self._clock.now()
        try:
            play.offer()
            invited = play.invitation()
        except (NotReady, Over) as error:
            yield Step("offer", False, str(error), todo)
        else:
            after = invited.at - asked
            yield Step("offer", True, f"{invited.agent} is invited after {after:.3f} s, {_recognised(live)}")
        finally:
            play.clear_up()
            customer.close()


def _features(me: Exchange) -> str:
    user = members(me).get("user")
    listed = user.get("features") if isinstance(user, dict) else None
    if not isinstance(listed, list) or not listed:
        return "the server lists no features; the requests will show it"
    return "has " + ", ".join(name for name in FEATURES if name in listed)


def _session(sink: Memory, agent: str) -> str:
    session = next(r for r in reversed(sink.records) if isinstance(r, Session) and r.agent == agent)
    ack = "with the acknowledge extension" if session.ack else "without the acknowledge extension"
    return f"subscribed {ack}; the server holds a poll for {session.timeout:g} s"


def _recognised(live: LiveChat) -> str:
    return f"and the chat is recognised {'without its marker' if live.claimed else f'by the marker {live.marker}'}"


def _count(chats: Sequence[str]) -> str:
    return f"{len(chats) or 'no'} chat{'' if len(chats) == 1 else 's'}"
