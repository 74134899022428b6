"""One chat, move by move: what the customer, earlier agents and the invited agent do, and what is waited for.

The moves are the same whether a scenario is played from its beginning to its end or a state machine picks them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gws_contract import customer_side
from gws_contract.journal import Exchange, Invited
from gws_contract.scenario import Attempt, Depart, DuringStep, Say, Stream, Typing, Visit
from gws_contract.stage import misuse
from gws_contract.stage.abilities import within
from gws_contract.stage.cast import Cast, How, Over
from gws_contract.stage.ending import end_anyway
from gws_contract.stage.meanwhile import Meanwhile
from gws_contract.stage.reply import said_yes, was_answered, went_well
from gws_contract.stage.spelling import spelled
from gws_contract.stage.watch import Watch

if TYPE_CHECKING:
    from gws_contract.stage.agent import Agent
    from gws_contract.stage.customers.customer import Customer
    from gws_contract.stage.switchboard import LiveChat


class Play:
    """A chat that is being performed. Every move raises Over if the chat cannot go on after it."""

    def __init__(self, cast: Cast, live: LiveChat, customer: Customer) -> None:
        self.cast, self.live, self.customer = cast, live, customer
        self.watch = Watch(live, cast.target, cast.clock, cast.stop)
        self.accepted: tuple[Agent, Exchange] | None = None
        """Who accepted, and how it was answered."""
        self._offered = False
        self._joined: list[tuple[Agent, str]] = []
        self._visitors: list[str] = []
        """The nicknames of the earlier agents who have joined."""
        self._parted: float | None = None
        """When the last earlier agent parted from the chat; None if there was none."""

    # the customer

    def offer(self) -> None:
        """The customer asks for the chat. Raises NotReady if the server offers none.

        What this customer cannot do is not in the scenario any more.
        """
        self.cast.goes_on()
        self.live.asked = True
        self.customer.request_chat(self.live)
        self._offered = True
        self.live.abilities = self.customer.abilities
        self.live.scenario = within(self.live.scenario, self.customer.abilities)
        self.live.tell(self.cast.sink, self.cast.clock)

    def customer_does(self, step: DuringStep, when: str = "") -> list[str]:
        """One step of the customer; the texts that the server took. `when` is said in the journal, as in say-during."""
        tail = f"-{when}" if when else ""
        match step:
            case Say() | Stream():
                return self._says((step.text,) if isinstance(step, Say) else step.said, f"say{tail}")
            case Typing(what):
                self.customer.typing(what, f"typing{tail}")
            case _:  # Depart
                self._leaves(f"customer-leaves-{when or 'before'}")
        return []

    def _says(self, texts: Iterable[str], step: str) -> list[str]:
        stop, say = self.cast.stop, self.customer.say
        return [text for text in texts if not stop.is_set() and customer_side.may_be_taken(say(text, step))]

    def _leaves(self, step: str) -> None:
        if customer_side.may_be_taken(self.customer.leave(step)):
            self.live.ended_at = math.inf

    def withdrawn(self) -> None:
        """The customer leaves while the chat is Invited, and the agent accepts it nevertheless."""
        invited = self.invitation()
        self.customer_does(Depart())
        self.watch.settle()
        self._joined.append((self.cast.agents[invited.agent], invited.chat_id))
        self._post_accept(invited, "refusal:withdrawn", self.live.scenario.agent)

    # invitations

    def invitation(self) -> Invited:
        """Wait until an agent is invited, after the last parting if there was one."""
        clock, target, stop = self.cast.clock, self.cast.target, self.cast.stop
        patience = target.offer_timeout if self.live.invitations else target.first_offer_timeout
        until = clock.now() + patience
        since = self._parted or 0.0
        if not self.live.wait(lambda: self._invited_since(since) is not None, until, clock, stop):
            self.cast.goes_on()
            seconds = f"within {patience:g} s"
            if self._parted is not None:
                raise Over("not offered again", f"the chat was not offered again {seconds}")
            question = "are agents Ready, and does routing lead to them?"
            raise Over("not offered", f"No agent was invited to the offered chat {seconds}; {question}")
        invited = self._invited_since(since)
        if invited is None:
            raise RuntimeError("an invitation has vanished")
        self.live.tell(self.cast.sink, self.cast.clock)
        return invited

    def _invited_since(self, since: float) -> Invited | None:
        return next((invited for invited in self.live.invitations if invited.at > since), None)

    def _is_back(self, agent: Agent) -> bool:
        """Whether the agent was invited again since the last parting."""
        return any(i.agent == agent.name and i.at > (self._parted or 0.0) for i in self.live.invitations)

    # earlier agents

    def visit(self, visit: Visit) -> None:
        """An earlier agent comes and goes."""
        if visit.parting == "reject":
            self.reject()
            return
        agent, invited = self.join(visit.nickname)
        for text in visit.texts:
            self.visitor_says(agent, invited, text)
        self.part(agent, invited, visit.parting)

    def reject(self) -> None:
        """The invited agent rejects the chat, and tries to accept it all the same if the scenario says so."""
        invited = self.invitation()
        agent = self.cast.agents[invited.agent]
        reject = agent.operate("Reject", invited.chat_id, step="visit:reject", chat=self.live.number)
        self._parted = reject.sent
        if not went_well(reject):
            raise Over("failed", f"the Reject {was_answered(reject)}")
        if "rejected" not in self.live.scenario.refusals or self._is_back(agent):
            return
        if said_yes(self._post_accept(invited, "refusal:rejected", self.live.scenario.agent)):
            self._joined.append((agent, invited.chat_id))
            raise Over("failed", "the server carried out the Accept of an agent who had rejected the chat")

    def join(self, nickname: str) -> tuple[Agent, Invited]:
        """An earlier agent accepts, and has the whole sequence."""
        invited = self.invitation()
        agent = self.cast.agents[invited.agent]
        self._joined.append((agent, invited.chat_id))
        accept = self._post_accept(invited, "visit:accept", nickname)
        if not went_well(accept):
            raise Over("failed", f"the Accept of an earlier agent {was_answered(accept)}")
        if self.watch.sequence(agent, accept):
            self._await_history(agent, accept, nickname)
        self._visitors.append(nickname)
        return agent, invited

    def _await_history(self, agent: Agent, accept: Exchange, nickname: str) -> None:
        """To the agent's own join, which comes behind those of earlier agents of the same nickname."""
        self.watch.history(agent, accept, nickname, self._visitors.count(nickname) + 1)

    def visitor_says(self, agent: Agent, invited: Invited, text: str) -> None:
        """The earlier agent sends a text, and sees it come back: if late, it would look like a repetition."""
        sent = agent.operate("SendMessage", invited.chat_id, step="visit:say", chat=self.live.number, text=text)
        if went_well(sent):
            self.watch.echo(agent, sent, text)

    def part(self, agent: Agent, invited: Invited, parting: str) -> None:
        """The earlier agent leaves the chat, or transfers it to another agent."""
        if parting == "transfer":
            target = next((other for other in self.cast.agents.values() if other is not agent), agent)
            self._operate(agent, invited, "Transfer", "visit:transfer", targetUri=target.uri or target.name)
        else:
            self._operate(agent, invited, "Leave", "visit:leave")

    def _operate(self, agent: Agent, invited: Invited, operation: str, step: str, **parameters: object) -> None:
        done = agent.operate(operation, invited.chat_id, step=step, chat=self.live.number, **parameters)
        self._parted = done.sent
        if went_well(done):
            self.watch.change_of_state(agent, done)

    def outage(self, what: str) -> None:
        """The invited agent is away for a moment: without CometD session, or logged out."""
        agent = self.cast.agents[self.invitation().agent]
        if what == "session":
            self._parted = self.cast.clock.now()
            agent.leave_and_return()
        else:
            agent.observe_anew()

    # wrong requests

    def try_misuses(self, refusals: tuple[str | Attempt, ...]) -> None:
        """Wrong requests on the Invited chat, one after the other, until the server carries one out."""
        asked = [each for each in refusals if isinstance(each, Attempt) or each in misuse.MISUSES]
        if not asked:
            return
        invited = self.invitation()
        agent = self.cast.agents[invited.agent]
        bystander = next((a for a in self.cast.agents.values() if self._knows_nothing(a)), None)
        at = misuse.Invitation(
            self.live.number, invited.chat_id, agent, self.live.scenario.agent, bystander, self.cast.guest
        )
        for position, wrong in enumerate(asked, 1):
            self.cast.goes_on()
            self.live.busy_agent = agent.name
            answer = misuse.tried(at, wrong)
            if answer is not None and misuse.may_have_accepted(answer) and not self.watch.error_follows(agent):
                self._joined += [(agent, at.chat_id), (bystander or agent, at.chat_id)]
                words = wrong.says if isinstance(wrong, Attempt) else wrong
                raise Over("failed", f"the server carried out what it should refuse: {words}", tuple(asked[position:]))
        self.watch.settle()
        self.live.busy_agent = None

    def _knows_nothing(self, agent: Agent) -> bool:
        return all(invited.agent != agent.name for invited in self.live.invitations)

    # the Accept

    def accept(self) -> bool:
        """The Accept that is judged, and everything it should bring; whether all of it came."""
        scenario, invited = self.live.scenario, self.invitation()
        self.cast.goes_on()
        agent = self.cast.agents[invited.agent]
        self.live.busy_agent = agent.name
        # Whatever it is answered, the agent may be in the chat afterwards.
        self._joined.append((agent, invited.chat_id))
        meanwhile = Meanwhile(scenario.during, self.customer_does, self.cast.stop)
        meanwhile.start()
        try:
            accept = self._post_accept(invited, "accept", scenario.agent)
            self.accepted = agent, accept
            if not went_well(accept):
                # The offer may have been withdrawn meanwhile; the agent would be told about now.
                self.watch.settle()
                if accept.failure:
                    # Nobody knows what the server made of it; if the run ended meanwhile, nobody waited for it either.
                    self.cast.goes_on()
                silent = accept.failure is not None and accept.done - accept.sent >= self.cast.target.deadline
                how: How = "customer left" if meanwhile.leaves else "deadline" if silent else "failed"
                raise Over(how, f"the Accept {was_answered(accept)}")
            arrived = self.watch.sequence(agent, accept)
            if self.watch.failed(agent, accept):
                raise Over("failed", "the operation failed after statusCode 0")
            if arrived:
                self._await_history(agent, accept, scenario.agent)
        finally:
            meanwhile.join()
        if meanwhile.leaves:
            raise Over("customer left", "the customer left during the Accept")
        return arrived and self.watch.hears(agent, accept, meanwhile.said)

    def _post_accept(self, invited: Invited, step: str, nickname: str) -> Exchange:
        body = spelled({"operationName": "Accept", "nickname": nickname}, self.live.scenario.spelling)
        agent = self.cast.agents[invited.agent]
        return agent.post(invited.chat_id, body, step=step, chat=self.live.number)

    def carry_on(self) -> None:
        """The agent works on the chat, accepts it a second time; the customer says more."""
        scenario = self.live.scenario
        if scenario.reply:
            self.reply()
        if scenario.accept_again:
            self.accept_again()
        for step in scenario.after:
            self.customer.say(step.text, "say-after")

    def reply(self) -> None:
        """The agent's first message."""
        assert self.accepted is not None
        agent, chat_id = self._joined[-1]
        text = self.live.scenario.reply
        agent.operate("SendMessage", chat_id, step="reply", chat=self.live.number, text=text)

    def accept_again(self) -> None:
        """A second Accept of the same chat."""
        assert self.accepted is not None
        agent, chat_id = self._joined[-1]
        again = agent.operate(
            "Accept", chat_id, step="refusal:second-accept", chat=self.live.number, nickname=self.live.scenario.agent
        )
        if said_yes(again):
            self.watch.error_follows(agent)

    def customer_sees(self) -> bool:
        """Let the customer look until the agent is there: under the right name, or under one nobody had before."""
        assert self.accepted is not None
        if not self.live.can("look", "read"):
            return True
        earlier = {step.nickname for step in self.live.scenario.before if isinstance(step, Visit)}
        return self.watch.sees(self.customer, self.live.scenario.agent, earlier, self.accepted[1])

    def clear_up(self) -> None:
        """End the chat from every side that may still be in it; whatever the server answers."""
        self.live.over = True
        inside = [each for each in self._joined if each[0].name != self.live.completed_by]
        for agent, chat_id in dict.fromkeys(reversed(inside)):
            done = agent.operate("Complete", chat_id, step="complete", chat=self.live.number)
            if went_well(done) and self.live.invitations[-1].agent == agent.name:
                self.live.ended_at = done.sent
        if self._offered and self.live.can("leave"):
            self._leaves("customer-leaves")
        end_anyway(self.cast, self.live)
