"""Which capabilities a server announces for a chat, as the notifications to its agent tell it.

A list of capabilities speaks of the state that the chat has when it comes: the names of the operations that are valid
then (pages Customer Chat Resource and Asynchronous Operations). Pure; used by who performs and by who judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gws_contract import notification as notice
from gws_contract.scenario import Capability

OVER = ("JoinFailed", "Completed", "Revoked")
"""States in which the agent has nothing to do with the chat any more, whatever is listed."""

INVITED = "Invited"
"""Who is offered a chat, once more or by a late repetition, is told nothing of what can be done in it."""

_NAMES: Mapping[Capability, tuple[str, ...]] = {"InFocus": ("InFocus", "SetInFocus")}
"""Of a capability that has several names, all of them: the pages print both (`gws.md` 3.1)."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The lists of capabilities that came since the chat is in its present state, in the order of arrival."""

    state: str | None = None
    lists: tuple[frozenset[str], ...] = ()

    def says_of(self, capability: Capability) -> Literal["yes", "no", "nothing"]:
        """Whether it is announced: by the last list; by none at all; or it was, and nobody knows."""
        if self.state in (INVITED, *OVER) or not self.lists:
            return "nothing"
        names = _NAMES.get(capability, (capability,))
        named = [not listed.isdisjoint(names) for listed in self.lists]
        return "yes" if named[-1] else "nothing" if any(named) else "no"

    def names_of(self, capability: Capability) -> tuple[str, ...]:
        """The names of its operation, one that is announced first; of what is not announced the one of the page."""
        names = _NAMES.get(capability, (capability,))
        if self.says_of(capability) != "yes":
            return names[:1]
        return tuple(sorted(names, key=lambda name: name not in self.lists[-1]))


def announced(payloads: Iterable[Mapping[str, Any]]) -> Announced:
    """What the notifications to one agent of one chat, in the order of arrival, announce at last."""
    state: str | None = None
    lists: tuple[frozenset[str], ...] = ()
    for payload in payloads:
        if notice.kind_of(payload) == notice.ERROR:
            continue
        now = notice.state_of(payload)
        if now is not None and now != state:
            state, lists = now, ()
        listed = notice.chat_of(payload).get("capabilities")
        if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
            lists = (*lists, frozenset(listed))
    return Announced(state, lists)
