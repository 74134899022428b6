"""A chat that is made up move by move. Its scenario is what was done in it, so that it can be played again alone.

What may come next is decided by what was done, and by what the customer can do, never by what the server did: the same
draws make up the same chat.
Once the chat has ended on the server, the remaining moves are only thought of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal, assert_never

from gws_contract.journal import Ended, Invited
from gws_contract.scenario import Beside, Depart, DuringStep, Outage, Parting, Say, Scenario, Step, Typing, Visit
from gws_contract.stage.abilities import within
from gws_contract.stage.agent import Agent
from gws_contract.stage.cast import Over, Performance
from gws_contract.stage.misuse import MISUSES
from gws_contract.stage.perform import concluded
from gws_contract.stage.play import Play
from gws_contract.stage.pool import Pool
from gws_contract.stage.target import NotReady

Phase = Literal["waiting", "visited", "tried", "accepted", "over"]
"""Only the customer and earlier agents so far; one of these is there; wrong requests were tried; after the Accept; at
the end. The phases follow the order of a scenario, so that it can say what was done."""
Move = Literal[
    "customer does",
    "withdraw",
    "outage",
    "reject",
    "join",
    "visitor says",
    "part",
    "misuse",
    "accept",
    "reply",
    "accept again",
    "customer goes on",
    "complete",
]

VISITS = 2
"""Earlier agents of one chat."""
TRIES = 3
"""Wrong requests on one chat."""
WRONG = tuple(name for name in MISUSES if name != "wrong-credentials")
"""Servers lock an account that comes with a wrong password too often, and the drawn chats have tried that."""

CUT_SHORT = Performance("cut short", "the run was stopped")


class Improvised:
    """One chat of a state machine. No move raises for what the server does; the chat ends, and the journal says how."""

    def __init__(self, pool: Pool, plan: Scenario, group: int) -> None:
        self.plan = plan
        """All moves as a scenario."""
        self.phase: Phase = "waiting"
        self.ended: Performance | None = None
        """How it ended on the server."""
        self.live = pool.open(plan, "machine", group)
        self.in_company = False
        """Whether other chats were open beside it, so that perhaps nobody was left to be offered this one."""
        self._pool = pool
        self._customer = pool.customers()
        self._play = Play(pool.cast, self.live, self._customer)
        self._visitor: tuple[Agent, Invited] | None = None
        self._beside: Beside = "nobody"

    def may(self, move: Move) -> bool:
        """Whether the move comes next in a scenario."""
        plan, waiting, accepted = self.plan, self.phase == "waiting", self.phase == "accepted"
        visits = sum(isinstance(step, Visit) for step in plan.before)
        match move:
            case "customer does":
                return waiting
            case "withdraw":
                return waiting and self._can(Depart())
            case "outage":
                # Behind a refused request it would hide the effect.
                return waiting and not plan.refusals and not any(isinstance(step, Outage) for step in plan.before)
            case "reject":
                # Who rejects it second may be offered it again at once, and accept it rightly.
                return waiting and not visits
            case "join":
                return waiting and visits < VISITS
            case "visitor says" | "part":
                return self.phase == "visited"
            case "misuse":
                return self.phase in ("waiting", "tried") and len(plan.refusals) < TRIES
            case "accept":
                return self.phase in ("waiting", "tried")
            case "reply":
                return accepted and not (plan.reply or plan.accept_again or plan.after)
            case "accept again":
                return accepted and not (plan.accept_again or plan.after)
            case "customer goes on":
                return accepted and self._can(Say(""))
            case "complete":
                return accepted
            case _:
                assert_never(move)

    def _can(self, step: DuringStep) -> bool:
        """Whether this customer can do it; one who was offered no chat is thought to."""
        abilities = self.live.abilities
        return abilities is None or within(Scenario(during=(step,)), abilities).during == (step,)

    # before the Accept

    def offer(self) -> None:
        """The customer asks for the chat."""
        self._move("waiting", self.plan, self._play.offer)

    def customer_does(self, step: Say | Typing) -> None:
        """The customer says something, or types; nothing, if this one cannot."""
        if self._can(step):
            self._move("waiting", self._then(step), lambda: self._play.customer_does(step))

    def withdraw(self) -> None:
        """The customer leaves while the chat is Invited; the agent accepts it all the same."""

        def withdrawn() -> None:
            self._play.withdrawn()
            self._end(Performance("complete"))

        self._move("over", self._then(Depart()), withdrawn)

    def outage(self, what: Literal["observer", "session"]) -> None:
        """The invited agent is away for a moment."""
        self._move("waiting", self._then(Outage(what)), lambda: self._play.outage(what))

    def reject(self) -> None:
        """The invited agent rejects the chat, and accepts it all the same."""
        plan = replace(self._then(Visit("reject")), refusals=(*self.plan.refusals, "rejected"))
        self._move("waiting", plan, self._play.reject)

    def join(self, nickname: str) -> None:
        """The invited agent accepts the chat under this nickname, and will not stay."""

        def joined() -> None:
            self._visitor = self._play.join(nickname)

        self._move("visited", self._then(Visit("leave", nickname)), joined)

    def visitor_says(self, text: str) -> None:
        """The earlier agent sends a text."""
        visit = self._visit
        self._move(
            "visited",
            self._instead(replace(visit, texts=(*visit.texts, text))),
            lambda: self._play.visitor_says(*self._there, text),
        )

    def part(self, parting: Parting) -> None:
        """The earlier agent leaves the chat, or transfers it."""
        self._move(
            "waiting",
            self._instead(replace(self._visit, parting=parting)),
            lambda: self._play.part(*self._there, parting),
        )

    def misuse(self, which: int) -> None:
        """One of the wrong requests that were not tried yet."""
        left = [name for name in WRONG if name not in self.plan.refusals]
        name = left[which % len(left)]
        plan = replace(self.plan, refusals=(*self.plan.refusals, name))
        self._move("tried", plan, lambda: self._play.try_misuses((name,)))

    # the Accept and after it

    def accept(self, others: Iterable[Improvised] = ()) -> None:
        """The Accept that is judged, and what it should bring. After an incomplete sequence nobody speaks any more."""

        def accepted() -> None:
            performance = concluded(self._play)
            self._remember(others)
            if performance.how != "complete":
                self._end(performance)

        self._move("accepted", self.plan, accepted)

    def reply(self, text: str) -> None:
        """The agent's first message."""
        self._move("accepted", replace(self.plan, reply=text), self._play.reply)

    def accept_again(self) -> None:
        """A second Accept by the same agent."""
        self._move("accepted", replace(self.plan, accept_again=True), self._play.accept_again)

    def customer_goes_on(self, text: str) -> None:
        """The customer says more."""
        plan = replace(self.plan, after=(*self.plan.after, Say(text)))
        self._move("accepted", plan, lambda: self._customer.say(text, "say-after"))

    def complete(self) -> None:
        """The agent ends the chat."""
        self._move("over", self.plan, lambda: self._end(Performance("complete")))

    # the end

    def finish(self, others: Iterable[Improvised] = ()) -> None:
        """What was begun comes to its Accept and its end, for no chat should be offered in vain."""
        if self._pool.halt.event.is_set():
            self.abandon()
        if self.may("part"):
            self.part("leave")
        if self.may("accept"):
            self.accept(others)
        if self.may("complete"):
            self.complete()

    def abandon(self) -> None:
        """Clear up, whatever is left open."""
        self.phase = "over"
        self._end(CUT_SHORT)

    def _move(self, phase: Phase, plan: Scenario, act: Callable[[], object]) -> None:
        """A move after which the chat is in this phase and its scenario is this."""
        self.phase, self.plan = phase, plan
        if self.ended is not None:
            return
        self.live.scenario = plan
        try:
            act()
        except Over as over:
            self._end(over.performance)
        except NotReady as error:
            self._end(Performance("not offered", str(error)))

    def _end(self, performance: Performance) -> None:
        if self.ended is not None:
            return
        self.ended = performance
        self.live.busy_agent = None
        self.live.scenario = replace(self.live.scenario, beside=self._beside)
        cast = self._pool.cast
        try:
            self._play.clear_up()
        finally:
            self._customer.close()
            self._pool.switchboard.plan(self.live)
            cast.sink.write(Ended(self.live.number, cast.clock.now(), performance.how, performance.detail))
        self._pool.note(self.live, performance, in_company=self.in_company)
        if self.in_company and performance.how.startswith("not offered"):
            self._pool.count.crowded["same-agent"] += 1

    def _remember(self, others: Iterable[Improvised]) -> None:
        """Whether it stood beside another chat of the same agent: what shows only there must be played so again."""
        agents = {other.agent for other in others if other.ended is None and other is not self}
        away = any(isinstance(step, Visit | Outage) for step in self.plan.before)
        if self.agent in agents and not away:
            self._beside = "same-agent"

    @property
    def agent(self) -> Agent | None:
        """Who accepted it."""
        return self._play.accepted[0] if self._play.accepted else None

    def _then(self, step: Step) -> Scenario:
        return replace(self.plan, before=(*self.plan.before, step))

    def _instead(self, visit: Visit) -> Scenario:
        return replace(self.plan, before=(*self.plan.before[:-1], visit))

    @property
    def _visit(self) -> Visit:
        visit = self.plan.before[-1]
        assert isinstance(visit, Visit)
        return visit

    @property
    def _there(self) -> tuple[Agent, Invited]:
        assert self._visitor is not None
        return self._visitor
