"""A state machine picks the moves: several chats at once, interleaved as nobody would write them down.

It asserts only that nothing broke; what that means is said by who calls it. Its chats are conversations like any.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, assume, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException, StopTest, Unsatisfiable
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from gws_contract.scenario import Say, Scenario, Typing
from gws_contract.stage.improvised import Improvised, Move
from gws_contract.stage.pool import AT_ONCE, ATTEMPTS_AT_ROUTING, Pool
from gws_contract.stage.target import NotReady

AT_WORK = 2
"""Agents who are Ready while the machine runs: enough to hand a chat on, too few for a chat each."""

NAMES = ("Kim", "Zoë", "Ann-Marie O'Neil", "李雷", "Jürgen Müller", "Иван", "𠮷野家", "J. R. Smith", "مريم", "Marat")
_TEXTS = (
    "Hello?",
    "Where is my order, please?",
    "ok",
    "It's no. 4711-08/15.",
    "Grüße 👋🏽",
    "谢谢你",
    "100% sure?",
    "مرحبا",
)

NothingBroke = Callable[[Sequence[int]], str | None]
"""Given the numbers of some chats, a sentence that says what broke in one of them; None if nothing did."""

# Small numbers and elements of tuples only: into other draws Hypothesis mixes constants of whatever modules are loaded.
_which = st.integers(0, 99)
_texts = st.sampled_from(_TEXTS)
_steps = st.one_of(_texts.map(Say), st.sampled_from((Typing("started"), Typing("stopped"))))
_outages: st.SearchStrategy[Literal["observer", "session"]] = st.sampled_from(("observer", "session"))
_partings: st.SearchStrategy[Literal["leave", "transfer"]] = st.sampled_from(("leave", "transfer"))

_F = TypeVar("_F", bound=Callable[..., Any])


class _Enough(BaseException):  # no Exception: Hypothesis would perform the same again, on a live server, to be sure
    """A run is over."""


@dataclass(frozen=True, slots=True)
class _Means:
    """What there is to play with, as far as it is known."""

    second_agent: bool
    hands_on: bool
    """Whether a chat is offered again after an agent has parted from it."""
    at_once: int
    """How many chats may be open."""


@dataclass
class _Course:
    """What the runs of a machine share."""

    pool: Pool
    nothing_broke: NothingBroke
    broke: str | None = None
    crash: BaseException | None = None

    @property
    def halted(self) -> bool:
        return self.pool.halt.event.is_set()

    @property
    def means(self) -> _Means:
        count = self.pool.count
        return _Means(
            second_agent=len(self.pool.cast.agents) > 1,
            hands_on=count.not_offered_again < ATTEMPTS_AT_ROUTING,
            at_once=max(1, AT_ONCE - count.crowded["same-agent"]),
        )


def run(pool: Pool, *, runs: int, steps: int, seed: int, nothing_broke: NothingBroke) -> str | None:
    """Let the machine run so often, with at most so many moves each, until something breaks: says what.

    `nothing_broke` is asked after every run about the run's chats. The pool's halt ends it early; every chat has ended
    when it returns. Raises whatever went wrong on our side.
    """
    course = _Course(pool, nothing_broke)
    resting = list(pool.cast.agents.values())[AT_WORK:] if runs else []
    for agent in resting:
        agent.not_ready()
    try:
        for number in range(runs):
            if course.broke or course.crash or course.halted:
                break
            _perform(course, steps, f"{seed}-{number}")
    finally:
        for agent in resting:
            with contextlib.suppress(NotReady):
                agent.ready()
    if course.crash is not None:
        raise course.crash
    return course.broke


def _perform(course: _Course, steps: int, seed: str) -> None:
    """One run. Each is an example of its own for Hypothesis, which else would vary what it has tried already."""
    begun = itertools.count()

    def machine() -> Machine:
        return Machine(course, rehearsal=next(begun) == 0)

    quiet = settings(
        max_examples=1,
        stateful_step_count=steps,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
    )
    factory = cast(type[RuleBasedStateMachine], hypothesis.seed(seed)(machine))
    with contextlib.suppress(_Enough, Flaky, Unsatisfiable):
        run_state_machine_as_test(factory, settings=quiet)


def _when(move: Move) -> Callable[[_F], _F]:
    """Only while there is a chat in which the move comes next."""
    return precondition(lambda machine: bool(machine.chats_for(move)))


class Machine(RuleBasedStateMachine):
    """One run: what the customers and agents of a few chats do, in the order of the draws."""

    def __init__(self, course: _Course, *, rehearsal: bool) -> None:
        """`rehearsal`: nothing is performed. Hypothesis begins with the simplest run, which is the same every time."""
        super().__init__()
        self.course, self.rehearsal = course, rehearsal
        self.means = course.means
        self.chats: list[Improvised] = []

    @property
    def open_chats(self) -> list[Improvised]:
        """Those that are not over by what was done in them."""
        return [chat for chat in self.chats if chat.phase != "over"]

    def chats_for(self, move: Move) -> list[Improvised]:
        """Those in which the move comes next."""
        return [chat for chat in self.chats if chat.may(move)]

    def picked(self, move: Move, which: int) -> Improvised:
        """One of those."""
        chats = self.chats_for(move)
        return chats[which % len(chats)]

    @invariant()
    def the_run_goes_on(self) -> None:
        """Not an invariant of the server: a run that is stopped, or has learnt about routing, ends here."""
        if self.course.halted or self.course.means != self.means:
            raise _Enough

    @precondition(lambda machine: len(machine.open_chats) < machine.means.at_once)
    @rule(customer=_which, agent=_which, first=st.one_of(_texts, st.just("")))
    def a_customer_asks_for_a_chat(self, customer: int, agent: int, first: str) -> None:
        assume(not self.rehearsal)
        taken = {name for chat in self.open_chats for name in (chat.plan.customer, chat.plan.agent)}
        free = [name for name in NAMES if name not in taken]
        named = free.pop(customer % len(free))
        pool = self.course.pool
        group = self.chats[0].live.number if self.chats else pool.number + 1
        chat = Improvised(pool, Scenario(named, free[agent % len(free)]), group)
        self.chats.append(chat)
        present = [each for each in self.chats if each.ended is None]
        for each in present:
            each.in_company = each.in_company or len(present) > 1
        chat.offer()
        if first:
            chat.customer_does(Say(first))

    @_when("customer does")
    @rule(which=_which, step=_steps)
    def the_customer_does_something(self, which: int, step: Say | Typing) -> None:
        self.picked("customer does", which).customer_does(step)

    @_when("withdraw")
    @rule(which=_which)
    def the_customer_leaves_while_invited(self, which: int) -> None:
        self.picked("withdraw", which).withdraw()

    @precondition(lambda machine: len(machine.open_chats) == 1 and bool(machine.chats_for("outage")))
    @rule(what=_outages)
    def the_agent_is_away(self, what: Literal["observer", "session"]) -> None:
        """Only of a single chat: another one's Accept, or invitation, would fall into the outage."""
        self.picked("outage", 0).outage(what if self.means.hands_on else "observer")

    @precondition(lambda machine: machine.means.hands_on and machine.means.second_agent)
    @_when("reject")
    @rule(which=_which)
    def the_agent_rejects(self, which: int) -> None:
        self.picked("reject", which).reject()

    @precondition(lambda machine: machine.means.hands_on)
    @_when("join")
    @rule(which=_which, name=st.sampled_from(NAMES))
    def an_earlier_agent_joins(self, which: int, name: str) -> None:
        self.picked("join", which).join(name)

    @_when("visitor says")
    @rule(which=_which, text=_texts)
    def the_earlier_agent_says(self, which: int, text: str) -> None:
        self.picked("visitor says", which).visitor_says(text)

    @_when("part")
    @rule(which=_which, parting=_partings)
    def the_earlier_agent_parts(self, which: int, parting: Literal["leave", "transfer"]) -> None:
        self.picked("part", which).part(parting if self.means.second_agent else "leave")

    @_when("misuse")
    @rule(which=_which, wrong=_which)
    def somebody_errs(self, which: int, wrong: int) -> None:
        self.picked("misuse", which).misuse(wrong)

    @_when("accept")
    @rule(which=_which)
    def the_agent_accepts(self, which: int) -> None:
        self.picked("accept", which).accept(self.chats)

    @_when("reply")
    @rule(which=_which, text=_texts)
    def the_agent_replies(self, which: int, text: str) -> None:
        self.picked("reply", which).reply(text)

    @_when("accept again")
    @rule(which=_which)
    def the_agent_accepts_again(self, which: int) -> None:
        self.picked("accept again", which).accept_again()

    @_when("customer goes on")
    @rule(which=_which, text=_texts)
    def the_customer_goes_on(self, which: int, text: str) -> None:
        self.picked("customer goes on", which).customer_goes_on(text)

    @_when("complete")
    @rule(which=_which)
    def the_agent_completes(self, which: int) -> None:
        self.picked("complete", which).complete()

    def teardown(self) -> None:
        """Bring every chat to its end, however the run ended, and ask whether anything broke."""
        course, why = self.course, sys.exception()
        try:
            if isinstance(why, _Enough | StopTest | HypothesisException | None):
                self._conclude()
            else:
                course.crash = why
        except BaseException as error:  # noqa: BLE001 - Hypothesis would take a bug of ours for a counter-example
            course.crash = error
        if course.crash:
            for chat in self.open_chats:
                with contextlib.suppress(Exception):
                    chat.abandon()
        if self.chats or course.crash:
            raise _Enough

    def _conclude(self) -> None:
        for chat in self.open_chats:
            chat.finish(self.chats)
        if self.chats and not self.course.halted:
            self.course.broke = self.course.nothing_broke([chat.live.number for chat in self.chats])
