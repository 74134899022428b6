"""Performing a scenario: the customer, whichever agent is invited, and nothing that judges.

A performance never raises for what the server does; it ends, says how, and leaves the rest to the journal.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from gws_contract.journal import Clock, Ended, Exchange, Invited, Sink
from gws_contract.scenario import Say, Typing, Visit
from gws_contract.stage.agent import Agent
from gws_contract.stage.customer import Customer
from gws_contract.stage.misuse import MISUSES, Invitation
from gws_contract.stage.reply import in_words, said_yes, went_well
from gws_contract.stage.switchboard import LiveChat
from gws_contract.stage.target import NotReady, Target
from gws_contract.stage.watch import Watch
from gws_contract.wire.rest import RestLine

_LOOK_AGAIN = (0.02, 0.05, 0.1, 0.25)
"""Seconds between two looks of the customer, who can only poll; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Performance:
    """How a performance ended, and which misuses are left because the server carried one out."""

    how: str
    detail: str = ""
    left_over: tuple[str, ...] = ()
    not_offered_again: bool = False


class _Over(Exception):  # not an error: the performance is over
    def __init__(self, how: str, detail: str, left_over: tuple[str, ...] = (), *, again: bool = False) -> None:
        super().__init__(detail)
        self.performance = Performance(how, detail, left_over, again)


class Stage:
    """The agents and the other side of a run, shared by all performances."""

    def __init__(
        self,
        target: Target,
        agents: Mapping[str, Agent],
        *,
        guest: RestLine | None,
        clock: Clock,
        sink: Sink,
        stop: threading.Event,
    ) -> None:
        self.target = target
        self.agents = agents
        self.guest = guest
        self.clock = clock
        self.sink = sink
        self.stop = stop

    def perform(self, live: LiveChat, customer: Customer, companion: threading.Barrier | None = None) -> Performance:
        """Play one chat to its end. `companion` is met after the Accept by chats that are performed together."""
        play = _Play(self, live, customer, companion)
        try:
            performance = play.run()
        except _Over as over:
            performance = over.performance
        except NotReady as error:
            performance = Performance("not offered", str(error))
        finally:
            if companion is not None:
                companion.abort()
            play.clear_up()
        self.sink.write(Ended(live.number, self.clock.now(), performance.how, performance.detail))
        return performance


class _Play:
    def __init__(self, stage: Stage, live: LiveChat, customer: Customer, companion: threading.Barrier | None) -> None:
        self.stage, self.live, self.customer, self.companion = stage, live, customer, companion
        self.watch = Watch(live, stage.target, stage.clock, stage.stop)
        self.offered = False
        self.joined: list[tuple[Agent, str]] = []
        self.parted: float | None = None
        """When the last earlier agent parted from the chat; None if there was none."""

    def run(self) -> Performance:
        self.customer.request_chat(self.live)
        self.offered = True
        for step in self.live.scenario.before:
            match step:
                case Say(text):
                    self.customer.say(text)
                case Typing(what):
                    self.customer.typing(what)
                case Visit():
                    self._visit(step)
        invited = self._invitation()
        agent = self.stage.agents[invited.agent]
        self._try_misuses(invited, agent)
        return self._accept(invited, agent)

    def _invitation(self) -> Invited:
        clock, target = self.stage.clock, self.stage.target
        until = clock.now() + target.offer_timeout
        since = self.parted or 0.0
        if not self.live.wait(lambda: self._invited_since(since) is not None, until, clock, self.stage.stop):
            if self.stage.stop.is_set():
                raise _Over("cut short", "the run was stopped")
            seconds = f"within {target.offer_timeout:g} s"
            if self.parted is not None:
                raise _Over("not offered", f"the chat was not offered again {seconds}", again=True)
            question = "are agents Ready, and does routing lead to them?"
            raise _Over("not offered", f"No agent was invited to the offered chat {seconds}; {question}")
        invited = self._invited_since(since)
        if invited is None:
            raise RuntimeError("an invitation has vanished")
        return invited

    def _invited_since(self, since: float) -> Invited | None:
        return next((invited for invited in self.live.invitations if invited.at > since), None)

    def _visit(self, visit: Visit) -> None:
        invited = self._invitation()
        agent, number = self.stage.agents[invited.agent], self.live.number
        if visit.parting == "reject":
            reject = agent.operate("Reject", invited.chat_id, step="visit:reject", chat=number)
            self.parted = reject.sent
            if not went_well(reject):
                raise _Over("failed", f"the Reject was answered {in_words(reject)}")
            if "rejected" in self.live.scenario.refusals and not self._is_back(agent):
                self._refuse_rejected(invited, agent)
            return
        self.joined.append((agent, invited.chat_id))
        accept = agent.operate("Accept", invited.chat_id, step="visit:accept", chat=number, nickname=visit.nickname)
        if not went_well(accept):
            raise _Over("failed", f"the Accept of an earlier agent was answered {in_words(accept)}")
        self.watch.sequence(agent, accept)
        for text in visit.texts:
            agent.operate("SendMessage", invited.chat_id, step="visit:say", chat=number, text=text)
        if visit.parting == "transfer":
            target = next((name for name in self.stage.agents if name != agent.name), agent.name)
            parting = agent.operate("Transfer", invited.chat_id, step="visit:transfer", chat=number, targetUri=target)
        else:
            parting = agent.operate("Leave", invited.chat_id, step="visit:leave", chat=number)
        self.parted = parting.sent

    def _is_back(self, agent: Agent) -> bool:
        """Whether the agent was invited again since the last parting."""
        return any(i.agent == agent.name and i.at > (self.parted or 0.0) for i in self.live.invitations)

    def _refuse_rejected(self, invited: Invited, agent: Agent) -> None:
        answer = agent.operate(
            "Accept",
            invited.chat_id,
            step="refusal:rejected",
            chat=self.live.number,
            nickname=self.live.scenario.agent,
        )
        if said_yes(answer):
            self.joined.append((agent, invited.chat_id))
            raise _Over("failed", "the server carried out the Accept of an agent who had rejected the chat")

    def _try_misuses(self, invited: Invited, agent: Agent) -> None:
        asked = [name for name in self.live.scenario.refusals if name in MISUSES]
        bystander = next((a for a in self.stage.agents.values() if self._knows_nothing(a)), None)
        at = Invitation(self.live.number, invited.chat_id, agent, self.live.scenario.agent, bystander, self.stage.guest)
        for position, name in enumerate(asked, 1):
            self.live.busy_agent = agent.name
            answer = MISUSES[name](at)
            if (
                answer is not None
                and said_yes(answer)
                and name != "unknown-chat"
                and not self.watch.error_follows(agent)
            ):
                self.joined += [(agent, at.chat_id), (bystander or agent, at.chat_id)]
                left = tuple(asked[position:])
                raise _Over("failed", f"the server carried out what it should refuse: {name}", left)
        if asked:
            self.watch.settle()
            self.live.busy_agent = None

    def _knows_nothing(self, agent: Agent) -> bool:
        return all(invited.agent != agent.name for invited in self.live.invitations)

    def _accept(self, invited: Invited, agent: Agent) -> Performance:
        scenario, number = self.live.scenario, self.live.number
        self.live.busy_agent = agent.name
        # Whatever it is answered, the agent may be in the chat afterwards.
        self.joined.append((agent, invited.chat_id))
        accept = agent.operate("Accept", invited.chat_id, step="accept", chat=number, nickname=scenario.agent)
        if not went_well(accept):
            # The offer may have been withdrawn meanwhile; the agent would be told about now.
            self.watch.settle()
            return Performance("failed", f"the Accept was answered {in_words(accept)}")
        arrived = self.watch.sequence(agent, accept)
        if arrived:
            self.watch.history(agent, accept)
        self.live.busy_agent = None
        seen = self._customer_sees(accept)
        if self.companion is not None:
            self._meet(self.companion)
        # After an incomplete sequence nobody speaks: a live message must not be taken for the missing history.
        if arrived:
            self._carry_on(invited, agent)
        self.customer.read()
        if arrived and seen:
            return Performance("complete")
        if self.stage.stop.is_set():
            return Performance("cut short", "the run was stopped")
        missing = "the three notifications" if not arrived else "the agent in the customer's view"
        return Performance("deadline", f"{missing} did not come within {self.stage.target.deadline:g} s")

    def _carry_on(self, invited: Invited, agent: Agent) -> None:
        scenario, number = self.live.scenario, self.live.number
        if scenario.reply:
            agent.operate("SendMessage", invited.chat_id, step="reply", chat=number, text=scenario.reply)
        if scenario.accept_again:
            again = agent.operate(
                "Accept", invited.chat_id, step="refusal:second-accept", chat=number, nickname=scenario.agent
            )
            if said_yes(again):
                self.watch.error_follows(agent)
        for step in scenario.after:
            self.customer.say(step.text, step="say-after")

    def _meet(self, companion: threading.Barrier) -> None:
        try:
            companion.wait(self.stage.target.offer_timeout + self.stage.target.deadline)
        except threading.BrokenBarrierError:
            return

    def _customer_sees(self, accept: Exchange) -> bool:
        """Let the customer look until the agent is there: under the right name, or under one nobody had before."""
        until = accept.sent + self.stage.target.deadline
        earlier = {s.nickname for s in self.live.scenario.before if isinstance(s, Visit)}
        pauses = iter(_LOOK_AGAIN)
        pause = 0.0
        while True:
            seen = self.customer.sees()
            if self.live.scenario.agent in seen or set(seen) - earlier:
                return True
            pause = next(pauses, pause)
            if self.stage.clock.now() + pause >= until or self.stage.stop.wait(pause):
                return False

    def clear_up(self) -> None:
        """End the chat from every side that may still be in it; whatever the server answers."""
        for agent, chat_id in dict.fromkeys(reversed(self.joined)):
            agent.operate("Complete", chat_id, step="complete", chat=self.live.number)
        if self.offered:
            self.customer.leave()
