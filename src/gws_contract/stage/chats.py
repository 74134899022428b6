"""Strategies of whole chats. An exotic chat is an ordinary one with something odd put in.

Length is a draw of its own: a list is almost never long by chance.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache
from typing import get_args

from hypothesis import strategies as st

from gws_contract.ordinary import ordinary_name
from gws_contract.scenario import (
    Beside,
    Capability,
    Depart,
    DuringStep,
    Outage,
    Parting,
    Say,
    Scenario,
    Spelling,
    Step,
    Stream,
    Typing,
    Visit,
)
from gws_contract.stage import words
from gws_contract.stage.misuse import MISUSES
from gws_contract.stage.words import one_in, shares

EDGES = (16, 32, 64, 100, 128, 200, 256, 500, 512, 1000, 1024, 2000)
"""Lengths around which servers err: powers of two, and round numbers of pages."""
_HOW_OFTEN = (6, 6, 7, 5, 4, 2, 2, 1, 1, 1, 1, 1)
_TYPINGS = (Typing("started"), Typing("stopped"))

_AT_WORK: tuple[Capability, ...] = (
    "SendStartTypingNotification",
    "SendMessage",
    "SendStopTypingNotification",
    "InFocus",
)
_PARTING: st.SearchStrategy[tuple[Capability, ...]] = st.sampled_from(
    (("Transfer",), ("Leave",), ("Complete",), ("Leave", "SendMessage"))
)

_FEW = st.sampled_from((0, 0, 1, 1, 2, 2, 3, 3, 4, 6))
_TENTH = st.integers(0, 9)
_TYPING = st.sampled_from((_TYPINGS[:1], _TYPINGS, _TYPINGS[1:]))
_AWAY = st.sampled_from((Outage("observer"), Outage("session")))
_ODD_SPELLING = st.sampled_from([spelling for spelling in get_args(Spelling) if spelling != "plain"])
_BESIDE: st.SearchStrategy[Beside] = shares(
    (89, st.just("nobody")), (7, st.just("same-agent")), (4, st.just("all-agents"))
)
"""Groups are of two or three and of four, so that one chat in ten is in a group of either kind."""


@cache
def lengths() -> st.SearchStrategy[int]:
    """How many texts of a long history: n - 1, n or n + 1 for an edge n, the short ones more often."""
    edges = tuple(edge for edge, times in zip(EDGES, _HOW_OFTEN, strict=True) for _ in range(times))
    return st.builds(lambda edge, beside: edge + beside, st.sampled_from(edges), st.sampled_from((0, 1, -1)))


@cache
def streams(totals: st.SearchStrategy[int]) -> st.SearchStrategy[Stream]:
    """Numbered texts, one to three of them in turn."""
    motif = st.lists(words.short_texts(), min_size=1, max_size=3).map(tuple)
    return st.builds(Stream, motif, totals)


@cache
def visits() -> st.SearchStrategy[Visit]:
    """An earlier agent who joined, said up to two texts and left or transferred the chat."""
    partings: tuple[Parting, ...] = ("leave", "leave", "transfer")
    said = st.lists(words.short_texts(), max_size=2).map(tuple)
    return st.builds(Visit, st.sampled_from(partings), words.telling_names(), said)


@cache
@st.composite
def utterances(draw: st.DrawFn) -> tuple[Step, ...]:
    """What the customer does while waiting: texts, the same text again, typing, or nothing at all."""
    steps: list[Step] = []
    for _ in range(draw(_FEW)):
        said = [step for step in steps if isinstance(step, Say)]
        match draw(_TENTH):
            case 7 if said:
                steps.append(said[-1])
            case 8 | 9:
                steps += draw(_TYPING)
            case _:
                steps.append(Say(draw(words.texts())))
    return tuple(steps)


@cache
@st.composite
def befores(draw: st.DrawFn, *, alone: bool) -> tuple[Step, ...]:
    """Everything before the Accept. A chat in company is short and leaves the agents in peace."""
    steps = list(draw(utterances()))
    if not alone:
        return tuple(steps)

    def put_in(step: Step) -> None:
        steps.insert(draw(st.integers(0, len(steps))), step)

    if draw(words.PERCENT) >= 77:
        put_in(draw(streams(lengths())))
    if draw(words.PERCENT) >= 72:
        for _ in range(draw(st.sampled_from((1, 1, 1, 1, 2, 3)))):
            put_in(draw(visits()))
    # At most once, because a server with two agents has nobody left after the second time.
    if draw(one_in(8)):
        put_in(Visit("reject"))
    if draw(one_in(20)):
        put_in(draw(_AWAY))
    return tuple(steps)


@cache
@st.composite
def durings(draw: st.DrawFn, *, alone: bool) -> tuple[DuringStep, ...]:
    """What the customer does during the Accept: mostly a numbered stream, so that its seam can be judged."""
    stream = streams(st.one_of(st.integers(3, 12), st.integers(3, 40))).map(lambda step: (step,))
    say = st.builds(Say, words.texts())
    few = st.lists(st.one_of(say, st.sampled_from(_TYPINGS)), min_size=1, max_size=4).map(tuple)
    steps: tuple[DuringStep, ...] = draw(shares((65, stream), (35, few)))
    return (*steps, Depart()) if alone and draw(one_in(8)) else steps


@cache
@st.composite
def refusals(draw: st.DrawFn) -> tuple[str, ...]:
    """Some of the misuses, in the order in which they are tried; now and then all of them."""
    every = tuple(MISUSES)
    if draw(one_in(6)):
        return every
    chosen = draw(st.sets(st.sampled_from(every), min_size=1, max_size=4))
    return tuple(name for name in every if name in chosen)


@cache
@st.composite
def people(draw: st.DrawFn) -> tuple[str, str]:
    """Customer and agent; sometimes of the same name, or of one that the other's begins with."""
    # Two first names that differ, so that the smallest chat can be read.
    customer = draw(shares((4, st.just("Jo")), (96, words.names())))
    agent = draw(words.names())
    begins = customer[: max(1, len(customer) // 2)]
    match draw(st.integers(0, 24)):
        case 22:
            agent = customer
        case 23 if ordinary_name(begins):
            agent = begins
        case 24 if ordinary_name(f"{customer}2"):
            agent = f"{customer}2"
    return customer, agent


@cache
@st.composite
def ordinary_chats(draw: st.DrawFn) -> Scenario:
    """A chat with nothing in it that goes beyond what every vendor expects."""
    customer, agent = draw(people())
    beside = draw(_BESIDE)
    alone = beside == "nobody"
    before = draw(befores(alone=alone))
    if draw(one_in(5)):
        before = _visited_by(agent, before)
    chat = Scenario(customer, agent, before, beside=beside)
    if draw(one_in(5)):
        chat = replace(chat, user_data=draw(words.user_data()))
    if draw(one_in(4)):
        chat = replace(chat, spelling=draw(_ODD_SPELLING))
    if alone and draw(one_in(18)):
        return replace(chat, before=(*before, Depart()))
    if alone and draw(one_in(3)):
        chat = replace(chat, refusals=draw(refusals()))
    if Visit("reject") in before and not draw(one_in(5)):
        chat = replace(chat, refusals=("rejected", *chat.refusals))
    if draw(one_in(4)):
        chat = replace(chat, during=draw(durings(alone=alone)))
    if Depart() in chat.during:
        return chat
    if draw(one_in(2)):
        chat = replace(chat, reply=draw(words.texts()))
    if draw(one_in(4)):
        chat = replace(chat, after=tuple(map(Say, draw(st.lists(words.texts(), min_size=1, max_size=2)))))
    chat = replace(chat, accept_again=draw(one_in(4)))
    return replace(chat, uses=draw(uses())) if alone and draw(one_in(6)) else chat


@cache
@st.composite
def uses(draw: st.DrawFn) -> tuple[Capability, ...]:
    """Some of the capabilities, in an order in which all can be used; the last one may part the agent from the chat."""
    chosen = draw(st.sets(st.sampled_from(_AT_WORK), max_size=len(_AT_WORK)))
    return tuple(name for name in _AT_WORK if name in chosen) + draw(_PARTING)


@cache
@st.composite
def exotic_chats(draw: st.DrawFn) -> Scenario:
    """A chat with names, texts or user data that nobody promised: one kind of them, so that it can be told which."""
    chat = draw(ordinary_chats())
    match draw(st.sampled_from(("agent", "text", "customer", "data", "pair", "visitor"))):
        case "text":
            waiting = len(chat.before) - (Depart() in chat.before)
            place = draw(st.integers(0, waiting))
            odd = Say(draw(words.exotic_texts()))
            return replace(chat, before=(*chat.before[:place], odd, *chat.before[place:]))
        case "customer":
            return replace(chat, customer=draw(words.exotic_names()))
        case "data":
            return replace(chat, user_data=draw(words.exotic_user_data()))
        case "pair":
            composed = draw(st.sampled_from(words.decomposable()))
            return replace(chat, customer=composed, agent=unicodedata.normalize("NFD", composed))
        case "visitor" if any(map(_is_visit, chat.before)):
            odd_name = draw(words.exotic_names())
            return replace(chat, before=_visited_by(odd_name, chat.before))
    return replace(chat, agent=draw(words.exotic_names()))


def _is_visit(step: Step) -> bool:
    return isinstance(step, Visit) and step.parting != "reject"


def _visited_by(nickname: str, before: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same, but every earlier agent comes under this name."""
    return tuple(replace(s, nickname=nickname) if isinstance(s, Visit) and _is_visit(s) else s for s in before)


def chats() -> st.SearchStrategy[Scenario]:
    """Any chat; about one in six is exotic."""
    return shares((83, ordinary_chats()), (17, exotic_chats()))
