"""The plan of one chat, as plain data.

A scenario says what the customer does before, during and after the Accept, which earlier agents come and go,
which requests are refused on the way and what the Accept says. It travels in the journal, so that a judge who was
not in the room knows what was meant to happen. Drawing scenarios is `gws_contract.stage.drawing`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_ORDINARY_NAME = 64
"""Code points of the longest ordinary nickname (DESIGN 3)."""
MAX_ORDINARY_TEXT = 1000
"""Code points of the longest ordinary text (DESIGN 3)."""

_ORDINARY_CATEGORIES = ("L", "M", "N", "P")
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width joiners, without which some scripts cannot be written."""


@dataclass(frozen=True, slots=True)
class Say:
    """The customer sends a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Typing:
    """The customer starts or stops typing."""

    what: Literal["started", "stopped"]


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier agent is offered the chat, answers it and parts from it, before the Accept that is judged.

    `parting` is "reject" (the offer is rejected; nickname and texts go unused), "leave" or "transfer".
    """

    parting: Literal["reject", "leave", "transfer"]
    nickname: str = "Marat"
    texts: tuple[str, ...] = ()


Step = Say | Typing | Visit


@dataclass(frozen=True, slots=True)
class Scenario:
    """One chat. Names and texts are sequences of code points; `before` is played in order, then comes the Accept."""

    customer: str = "PersonP"
    agent: str = "Marat"
    before: tuple[Step, ...] = ()
    after: tuple[Say, ...] = ()
    reply: str = ""
    """The agent's first message after the Accept; empty: none."""
    refusals: tuple[str, ...] = ()
    """Names of misuses tried while the chat is Invited, before the Accept."""
    accept_again: bool = False
    together: bool = False
    """Performed beside another chat of the same agent."""
    user_data: Mapping[str, Any] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that anybody says in this chat."""
        said = [step.text for step in (*self.before, *self.after) if isinstance(step, Say)]
        said += [text for step in self.before if isinstance(step, Visit) for text in step.texts]
        return (*said, self.reply)

    @property
    def names(self) -> tuple[str, ...]:
        """Every nickname of this chat."""
        visitors = [s.nickname for s in self.before if isinstance(s, Visit) and s.parting != "reject"]
        return (self.customer, self.agent, *visitors)

    @property
    def events(self) -> int:
        """How much happens in this chat; a companion counts for two."""
        once = bool(self.reply) + self.accept_again + 2 * self.together
        return len(self.before) + len(self.after) + len(self.refusals) + once

    @property
    def needs_routing(self) -> bool:
        """Whether the chat must be offered again after an earlier agent."""
        return any(isinstance(step, Visit) for step in self.before)

    @property
    def ordinary(self) -> bool:
        """Whether nothing in this chat goes beyond what every vendor expects (DESIGN 3)."""
        return all(map(ordinary_name, self.names)) and all(map(ordinary_text, self.texts))


def _ordinary(text: str, *, emoji: bool) -> bool:
    if text != unicodedata.normalize("NFC", text) or text != text.strip(" ") or "  " in text:
        return False
    for character in text:
        category = unicodedata.category(character)
        if character == " " or category[0] in _ORDINARY_CATEGORIES or character in _JOINERS:
            continue
        if emoji and category in ("So", "Sk"):
            continue
        return False
    return True


def ordinary_name(name: str) -> bool:
    """1 to 64 code points, NFC: letters, marks, digits, punctuation and single inner spaces, of any script."""
    return 0 < len(name) <= MAX_ORDINARY_NAME and _ordinary(name, emoji=False)


def ordinary_text(text: str) -> bool:
    """As a name, up to 1,000 code points, with emoji."""
    return len(text) <= MAX_ORDINARY_TEXT and _ordinary(text, emoji=True)


def to_json(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON data; defaults are left out."""
    out: dict[str, Any] = {"customer": scenario.customer, "agent": scenario.agent}
    if scenario.before:
        out["before"] = [_step_to_json(step) for step in scenario.before]
    if scenario.after:
        out["after"] = [step.text for step in scenario.after]
    for name in ("reply", "accept_again", "together"):
        if getattr(scenario, name):
            out[name] = getattr(scenario, name)
    if scenario.refusals:
        out["refusals"] = list(scenario.refusals)
    if scenario.user_data is not None:
        out["user_data"] = dict(scenario.user_data)
    return out


def _step_to_json(step: Step) -> dict[str, Any]:
    match step:
        case Say(text):
            return {"say": text}
        case Typing(what):
            return {"typing": what}
        case Visit(parting, nickname, texts):
            return {"visit": {"parting": parting, "nickname": nickname, "texts": list(texts)}}


def from_json(data: Mapping[str, Any]) -> Scenario:
    """The scenario that `to_json` wrote. Raises ValueError with a sentence for anything else."""
    try:
        return Scenario(
            customer=_text(data["customer"]),
            agent=_text(data["agent"]),
            before=tuple(_step_from_json(step) for step in data.get("before", ())),
            after=tuple(Say(_text(text)) for text in data.get("after", ())),
            reply=_text(data.get("reply", "")),
            refusals=tuple(map(_text, data.get("refusals", ()))),
            accept_again=data.get("accept_again", False),
            together=data.get("together", False),
            user_data=data.get("user_data"),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"This is not a scenario: {error}.") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} stands for a name or text")
    return value


def _step_from_json(step: Mapping[str, Any]) -> Step:
    if "say" in step:
        return Say(_text(step["say"]))
    if "typing" in step:
        return Typing(step["typing"])
    visit = step["visit"]
    return Visit(visit["parting"], _text(visit["nickname"]), tuple(map(_text, visit["texts"])))
