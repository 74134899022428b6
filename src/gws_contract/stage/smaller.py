"""A smaller scenario that shows the same: which ones are tried, and in what order. Pure; performing is the caller's.

Every scenario costs a live chat, so the likeliest is tried first: nothing but the Accept; one thing of the scenario
alone; then the whole without one thing after the other; at last shorter lists, texts and names.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from gws_contract.scenario import Outage, Say, Scenario, Stream, Visit

TRIVIAL = Scenario("0", "0")
"""Nothing but the Accept."""

First = Callable[[Sequence[Scenario]], Scenario | None]
"""Which of these scenarios, in their order, is the first that shows it; None: none does."""

_THINGS = tuple(field.name for field in fields(Scenario))
_MANY = 3
"""More texts than this are better told as a stream."""
_FEW = 8
"""So many things are left out one by one; of more, halves and quarters."""


def smallest(scenario: Scenario, first: First) -> Scenario:
    """The smallest scenario found that still shows what `scenario` showed; maybe `scenario` itself."""
    current = scenario
    for candidates in (_alone, _without, _shorter, _plainer):
        while found := first(_smaller(candidates(current), current)):
            current = found
    return _shortest(current, first)


def _shortest(scenario: Scenario, first: First) -> Scenario:
    """With the least lengths of streams, names and texts that will do, each found by halving."""
    for place in range(len(_lengths(scenario))):
        fails, (length, at_length) = 0, _lengths(scenario)[place]
        while length - fails > 1:
            middle = (fails + length) // 2
            found = first([at_length(middle)])
            if found is None:
                fails = middle
            else:
                scenario, length = found, middle
    return scenario


def _lengths(scenario: Scenario) -> list[tuple[int, Callable[[int], Scenario]]]:
    """What has a length: how long it is, and the scenario with another length of it."""
    found: list[tuple[int, Callable[[int], Scenario]]] = [
        (len(getattr(scenario, name)), functools.partial(_with_zeros, scenario, name))
        for name in ("customer", "agent", "reply")
    ]
    for name in ("before", "during", "after"):
        for at, step in enumerate(getattr(scenario, name)):
            length = step.total if isinstance(step, Stream) else len(step.text) if isinstance(step, Say) else 0
            found.append((length, functools.partial(_with_length, scenario, name, at)))
    # Of other words than zeros the length is not all that there is to them.
    return [(length if make(max(length, 1)) == scenario else 0, make) for length, make in found]


def _with_zeros(scenario: Scenario, name: str, length: int) -> Scenario:
    return _with(scenario, name, "0" * length)


def _with_length(scenario: Scenario, name: str, at: int, length: int) -> Scenario:
    steps = getattr(scenario, name)
    step = steps[at]
    if isinstance(step, Stream):
        step = Stream(step.texts, length)
    elif isinstance(step, Say):
        step = Say("0" * length)
    return _with(scenario, name, (*steps[:at], step, *steps[at + 1 :]))


def _smaller(candidates: Iterable[Scenario], than: Scenario) -> list[Scenario]:
    """Each once, the smallest first."""
    return sorted({c.size: c for c in candidates if c.size < than.size}.values(), key=lambda c: c.size)


def _with(scenario: Scenario, name: str, value: Any) -> Scenario:
    return replace(scenario, **{name: value})


def _differing(scenario: Scenario) -> list[str]:
    return [name for name in _THINGS if getattr(scenario, name) != getattr(TRIVIAL, name)]


def _alone(scenario: Scenario) -> Iterator[Scenario]:
    """Nothing but the Accept, and with one thing of the scenario; an earlier agent with what is refused afterwards."""
    yield TRIVIAL
    for name in _differing(scenario):
        yield _with(TRIVIAL, name, getattr(scenario, name))
    if scenario.before and scenario.refusals:
        yield replace(TRIVIAL, before=scenario.before, refusals=scenario.refusals)
    for step in scenario.before:
        yield replace(TRIVIAL, before=(step,))
    for wrong in scenario.refusals:
        yield replace(TRIVIAL, refusals=(wrong,))


def _without(scenario: Scenario) -> Iterator[Scenario]:
    for name in _differing(scenario):
        yield _with(scenario, name, getattr(TRIVIAL, name))


def _shorter(scenario: Scenario) -> Iterator[Scenario]:
    """With fewer steps, refusals or members of user data; many texts as a stream, all texts as plain as can be."""
    for name in ("before", "during", "after"):
        yield from (_with(scenario, name, steps) for steps in _alike(getattr(scenario, name)))
    for name in ("before", "during", "after", "refusals", "uses"):
        for kept in parts(getattr(scenario, name)):
            yield _with(scenario, name, tuple(kept))
    if scenario.user_data:
        for kept in parts(tuple(scenario.user_data.items())):
            yield replace(scenario, user_data=dict(kept))


def _alike(steps: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """All texts of the customer as one plain stream, or each of them as a plain text."""
    said = [at for at, step in enumerate(steps) if isinstance(step, Say)]
    if len(said) > 1:
        yield tuple(Say("0") if isinstance(step, Say) else step for step in steps)
    if len(said) > _MANY:
        stream = Stream(("0",), len(said))
        yield tuple(stream if at == said[0] else step for at, step in enumerate(steps) if at not in said[1:])


def _plainer(scenario: Scenario) -> Iterator[Scenario]:
    """With plainer words and steps."""
    for name in ("customer", "agent", "reply"):
        for word in words(getattr(scenario, name)):
            yield _with(scenario, name, word)
    for name in ("before", "during", "after"):
        steps = getattr(scenario, name)
        for at, step in enumerate(steps):
            for plainer in _plainer_steps(step):
                yield _with(scenario, name, (*steps[:at], plainer, *steps[at + 1 :]))
    data = scenario.user_data or {}
    for key, value in data.items():
        rest = {name: other for name, other in data.items() if name != key}
        yield from (replace(scenario, user_data={**rest, key: other}) for other in _values(value))
        yield from (replace(scenario, user_data={**rest, word: value}) for word in words(key))


def _values(value: Any) -> list[Any]:
    return list(words(value)) if isinstance(value, str) else [None, "0"]


def _plainer_steps(step: object) -> Iterator[object]:
    match step:
        case Say(text):
            yield from map(Say, words(text))
        case Stream(texts, total):
            if total:
                yield Say(step.said[0])
            yield Stream(texts, 1)
            yield Stream(("0",), total)
            yield from (Stream((word,), total) for text in texts for word in (text, *words(text)))
        case Visit(parting, nickname, texts):
            if parting == "transfer":
                yield Visit("leave", nickname, texts)
            yield Visit(parting, "0")
            yield from (Visit(parting, nickname, tuple(fewer)) for fewer in parts(texts))
            yield from (Visit(parting, word, texts) for word in words(nickname))
            for at, text in enumerate(texts):
                yield from (Visit(parting, nickname, (*texts[:at], word, *texts[at + 1 :])) for word in words(text))
        case Outage("session"):
            yield Outage("observer")


def parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Shorter lists: nothing, one item alone, halves, and without one item or without a quarter."""
    if not items:
        return
    yield ()
    if len(items) <= _FEW:
        yield from ((item,) for item in items)
        yield from ((*items[:at], *items[at + 1 :]) for at in range(len(items)))
        return
    size = len(items) // 4
    yield items[: len(items) // 2]
    yield items[len(items) // 2 :]
    yield from ((*items[:at], *items[at + size :]) for at in range(0, len(items), size))


def words(text: str) -> Iterator[str]:
    """Plainer texts: 0, one character of each kind, as many zeros, shorter ones, and zeros for single characters."""
    if text in ("", "0"):
        return
    yield "0"
    kinds = {_kind(character): character for character in text if character != "0"}
    yield from list(kinds.values())[:4]
    yield "0" * len(text)
    yield from ("".join(part) for part in parts(text) if part)
    if len(text) <= _FEW:
        yield from (f"{text[:at]}0{text[at + 1 :]}" for at in range(len(text)))


def _kind(character: str) -> str:
    """Characters of one kind are likely to have the same effect."""
    plane = "non-BMP" if ord(character) > 0xFFFF else "ASCII" if character.isascii() else "BMP"
    return f"{plane} {unicodedata.category(character)}"
