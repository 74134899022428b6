"""The plan of one chat, as plain data.

A scenario says what the customer does before, during and after the Accept, which earlier agents come and go,
which requests are refused on the way and what the Accept says. It travels in the journal, so that a judge who was
not in the room knows what was meant to happen. Drawing scenarios is `gws_contract.stage.drawing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, assert_never

from gws_contract.ordinary import ordinary_data, ordinary_name, ordinary_text

Parting = Literal["reject", "leave", "transfer"]
Spelling = Literal["plain", "reordered", "spaced", "escaped"]
"""How the JSON of a correct Accept is spelled, all of them legal (RFC 8259): as everybody does; its members in another
order; with whitespace wherever it may stand; with every character of every string as an escape."""
Beside = Literal["nobody", "same-agent", "all-agents"]
Capability = Literal[
    "SendMessage",
    "SendStartTypingNotification",
    "SendStopTypingNotification",
    "InFocus",
    "Transfer",
    "Leave",
    "Complete",
]
"""An operation that the page's samples announce after the Accept; InFocus is also called SetInFocus."""
SAID_TO_USE = "May I help you with anything else?"
"""The text of a SendMessage that is sent because it is announced."""


@dataclass(frozen=True, slots=True)
class Say:
    """The customer sends a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Stream:
    """The customer sends `total` texts, one after the other: `texts` in turn, each with its number behind it."""

    texts: tuple[str, ...]
    total: int

    @property
    def said(self) -> tuple[str, ...]:
        """The texts as they are sent."""
        return tuple(f"{self.texts[n % len(self.texts)]} {n + 1}".lstrip() for n in range(self.total))


@dataclass(frozen=True, slots=True)
class Typing:
    """The customer starts or stops typing."""

    what: Literal["started", "stopped"]


@dataclass(frozen=True, slots=True)
class Depart:
    """The customer leaves: before the Accept, while the chat is Invited; or during it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier agent is offered the chat, answers it and parts from it, before the Accept that is judged.

    `parting` is "reject" (the offer is rejected; nickname and texts go unused), "leave" or "transfer".
    """

    parting: Parting
    nickname: str = "Marat"
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outage:
    """The invited agent is away for a moment before the Accept that is judged.

    "observer": the CometD session is given up and a new one begun. "session": logged out of the contact center and in
    again, so that the chat must be offered once more.
    """

    what: Literal["observer", "session"]


Step = Say | Stream | Typing | Visit | Outage | Depart
DuringStep = Say | Stream | Typing | Depart


@dataclass(frozen=True, slots=True)
class Attempt:
    """A wrong request on the invited chat, spelled out.

    `kind` names the clause it belongs to (accept.refused.KIND), or is "open" where the contract does not say whether
    it is refused. `says` is for people. `body` is sent as UTF-8; a lone surrogate in it stands for a byte that is none
    (`surrogateescape`). None sends no body.
    """

    kind: str
    says: str
    body: str | None
    method: str = "POST"
    content_type: str | None = "application/json"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One chat. Names and texts are sequences of code points; `before` is played in order, then comes the Accept."""

    customer: str = "PersonP"
    agent: str = "Marat"
    before: tuple[Step, ...] = ()
    during: tuple[DuringStep, ...] = ()
    """Begun just before the Accept is sent, and not waited for."""
    after: tuple[Say, ...] = ()
    reply: str = ""
    """The agent's first message after the Accept; empty: none."""
    refusals: tuple[str | Attempt, ...] = ()
    """Misuses tried while the chat is Invited, before the Accept: by name, or spelled out."""
    accept_again: bool = False
    beside: Beside = "nobody"
    """Performed beside another chat of the same agent, or accepted at the same moment as chats of all other agents."""
    spelling: Spelling = "plain"
    user_data: Mapping[str, Any] | None = None
    uses: tuple[Capability, ...] = ()
    """What the agent uses of the chat's capabilities at last, in this order; tried too if it is not announced."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that anybody says in this chat."""
        said: list[str] = []
        for step in (*self.before, *self.during, *self.after):
            if isinstance(step, Say):
                said.append(step.text)
            elif isinstance(step, Stream):
                said += step.said
            elif isinstance(step, Visit):
                said += step.texts
        return (*said, self.reply, *([SAID_TO_USE] if "SendMessage" in self.uses else ()))

    @property
    def _wordings(self) -> Iterator[str]:
        """The texts, but of a stream only the longest of each kind."""
        streams = [step for step in (*self.before, *self.during) if isinstance(step, Stream)]
        if not streams:
            yield from self.texts
            return
        yield from (f"{text} {stream.total}".lstrip() for stream in streams for text in stream.texts)
        rest = (step for step in (*self.before, *self.during) if not isinstance(step, Stream))
        yield from Scenario(before=tuple(rest), after=self.after, reply=self.reply).texts

    @property
    def names(self) -> tuple[str, ...]:
        """Every nickname of this chat."""
        visitors = [s.nickname for s in self.before if isinstance(s, Visit) and s.parting != "reject"]
        return (self.customer, self.agent, *visitors)

    @property
    def events(self) -> int:
        """How much happens in this chat; a companion counts for two."""
        singles = (self.reply, self.accept_again, self.spelling != "plain", self.user_data)
        beside = 2 * (self.beside != "nobody")
        steps = sum(map(_weight, (*self.before, *self.during, *self.after)))
        return steps + len(self.refusals) + len(self.uses) + sum(map(bool, singles)) + beside

    @property
    def size(self) -> tuple[bool, int, int, str]:
        """For comparing: ordinary before exotic, then by what happens in the chat, then by how long it is to tell."""
        return self.size_told_as(_sorted(to_json(self)))

    def size_told_as(self, canonical: str) -> tuple[bool, int, int, str]:
        """Its size, if this is how it is told."""
        # Of words of one length 0 is the plainest.
        return (not self.ordinary, self.events, len(canonical), canonical.replace("0", "\0"))

    @property
    def entries(self) -> int:
        """How many lines of history it causes, joins and leaves included."""
        visits = [s for s in self.before if isinstance(s, Visit) and s.parting != "reject"]
        typings = sum(isinstance(s, Typing) for s in (*self.before, *self.during))
        typings += sum(name.endswith("TypingNotification") for name in self.uses)
        return len(self.texts) + typings + 2 * len(visits) + 2

    @property
    def needs_routing(self) -> bool:
        """Whether the chat must be offered again after an earlier agent."""
        return any(isinstance(s, Visit) or s == Outage("session") for s in self.before)

    @property
    def ordinary(self) -> bool:
        """Whether nothing in this chat goes beyond what every vendor expects (DESIGN 3)."""
        return (
            all(map(ordinary_name, self.names))
            and all(map(ordinary_text, self._wordings))
            and ordinary_data(self.user_data or {})
        )


def _weight(step: Step) -> int:
    if isinstance(step, Stream):
        return step.total
    return 2 if isinstance(step, Outage) and step.what == "session" else 1


def to_json(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON data; defaults are left out."""
    out: dict[str, Any] = {"customer": scenario.customer, "agent": scenario.agent}
    if scenario.before:
        out["before"] = [_step_to_json(step) for step in scenario.before]
    if scenario.during:
        out["during"] = [_step_to_json(step) for step in scenario.during]
    if scenario.after:
        out["after"] = [step.text for step in scenario.after]
    for name in ("reply", "accept_again", "beside", "spelling"):
        if getattr(scenario, name) != getattr(_PLAIN, name):
            out[name] = getattr(scenario, name)
    if scenario.refusals:
        out["refusals"] = [each if isinstance(each, str) else asdict(each) for each in scenario.refusals]
    if scenario.user_data is not None:
        out["user_data"] = dict(scenario.user_data)
    if scenario.uses:
        out["uses"] = list(scenario.uses)
    return out


def _step_to_json(step: Step) -> Any:
    if isinstance(step, Say):  # most of them
        return {"say": step.text}
    match step:
        case Stream(texts, total):
            return {"stream": {"texts": list(texts), "total": total}}
        case Typing(what):
            return {"typing": what}
        case Depart():
            return "depart"
        case Outage(what):
            return {"outage": what}
        case Visit(parting, nickname, texts):
            return {"visit": {"parting": parting, "nickname": nickname, "texts": list(texts)}}
        case _:
            assert_never(step)


_PLAIN = Scenario()
_sorted = json.JSONEncoder(sort_keys=True).encode
