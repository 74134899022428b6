"""Building blocks of faults and quirks: small variations that alter one thing, when it applies.

They know the three notifications of an Accept by their place in the honest server's sequence, not by contract.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gws_contract.mock.chat import Chat
from gws_contract.mock.guards import is_well_formed
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation

When = Callable[[Cause], bool]
Data = dict[str, Any]

STATUS, PEOPLE, LOG = "StatusChange", "ParticipantsUpdated", "NewMessages"


def always(cause: Cause) -> bool:
    """Whatever the cause."""
    del cause
    return True


def of(operation: str) -> When:
    """A successful operation, as `Cause.operation` names it."""
    return lambda cause: cause.operation == operation and cause.refused is None


of_accept = of("accept")


def kind(notice: Notice) -> str:
    """Which notification it is."""
    return str(notice.data.get("notificationType"))


def is_own(notice: Notice, cause: Cause) -> bool:
    """Whether it goes to the agent who did it."""
    return cause.agent is not None and notice.to == cause.agent.name


@dataclass(frozen=True)
class Edit(Variation):
    """Changes the data of one notification of an operation in place; `change` returns False to drop it."""

    which: str
    change: Callable[[Data, Cause], Any]
    when: When = always
    caused: When = of_accept

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not self.caused(cause) or not self.when(cause):
            return notices
        out = []
        for notice in notices:
            if kind(notice) != self.which or not is_own(notice, cause):
                out.append(notice)
                continue
            data = copy.deepcopy(notice.data)
            if self.change(data, cause) is not False:
                out.append(replace(notice, data=data))
        return out


@dataclass(frozen=True)
class Everywhere(Variation):
    """Changes the data of every notification of these kinds, whatever caused it."""

    which: tuple[str, ...]
    change: Callable[[Data], Any]

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        del cause
        out = []
        for notice in notices:
            if kind(notice) in self.which:
                data = copy.deepcopy(notice.data)
                self.change(data)
                notice = replace(notice, data=data)  # noqa: PLW2901 - the altered one takes its place
            out.append(notice)
        return out


@dataclass(frozen=True)
class Sequenced(Variation):
    """Changes which notifications an operation causes for its own agent, and in which order."""

    change: Callable[[list[Notice]], Sequence[Notice]]
    when: When = always
    caused: When = of_accept

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        if not self.caused(cause) or not self.when(cause):
            return notices
        own = [n for n in notices if is_own(n, cause)]
        return [*self.change(own), *(n for n in notices if not is_own(n, cause))]


@dataclass(frozen=True)
class Logged(Variation):
    """Changes the complete history that an Accept sends; live messages go on with the index behind it."""

    change: Callable[[list[Data], Cause], list[Data]]
    when: When = always
    shift: dict[str, int] = field(default_factory=dict, compare=False)
    """By chat id, how much further the changed history reaches."""

    def history(self, cause: Cause, entries: list[Data]) -> list[Data]:
        if not self.when(cause):
            return entries
        changed = self.change(entries, cause)
        self.shift[cause.chat.id] = max(0, len(changed) - len(entries))
        return changed

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        shift = self.shift.get(cause.chat.id, 0)
        if not shift or cause.operation == "accept":
            return notices
        return [_shifted(notice, shift) if kind(notice) == LOG else notice for notice in notices]


def _shifted(notice: Notice, by: int) -> Notice:
    entries = [{**entry, "index": entry["index"] + by} for entry in notice.data["messages"]]
    return replace(notice, data={**notice.data, "messages": entries})


@dataclass(frozen=True)
class Answered(Variation):
    """Changes the HTTP answer of a successful operation."""

    change: Callable[[Answer], Answer]
    when: When = of_accept

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        del request
        return self.change(answer) if self.when(cause) else answer


@dataclass(frozen=True)
class Intercepted(Variation):
    """Answers an operation on a chat by an agent instead of doing it."""

    operation: str
    reply: Answer
    when: Callable[[Request], bool] = lambda _: True

    def intercept(self, request: Request) -> Answer | None:
        mine = request.api == "agent" and request.operation == self.operation and request.chat is not None
        correct = mine and request.agent is not None and is_well_formed(request)
        if not correct or not _is_offered(request) or not self.when(request):
            return None
        return self.reply


def _is_offered(request: Request) -> bool:
    """Whether the request is meant to succeed: a complete Accept or Reject of an open invitation, or anything else."""
    if request.operation not in ("Accept", "Reject"):
        return True
    complete = request.operation == "Reject" or isinstance((request.data or {}).get("nickname"), str)
    return complete and request.chat is not None and request.agent in request.chat.invited


@dataclass(frozen=True)
class Waived(Variation):
    """Does not refuse what this guard should refuse."""

    guard: str
    when: Callable[[Request], bool] = lambda _: True

    def waives(self, guard: str, request: Request) -> bool:
        return guard == self.guard and self.when(request)


@dataclass(frozen=True)
class Refused(Variation):
    """Changes how an operation is refused."""

    change: Callable[[Answer], Answer]

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        del request, guard
        return self.change(answer), ()


@dataclass(frozen=True)
class Viewed(Variation):
    """Changes what the customer sees."""

    change: Callable[[Chat, Data], Data]

    def customer_view(self, chat: Chat, body: Data) -> Data:
        return self.change(chat, copy.deepcopy(body))


@dataclass(frozen=True)
class Set(Variation):
    """Overrides options of the mock."""

    values: Mapping[str, Any]

    def options(self) -> Mapping[str, Any]:
        return self.values


def json_body(value: Any, status: int | None = None) -> Callable[[Answer], Answer]:
    """An alteration of an answer: this JSON, and this HTTP status if given."""
    return raw_body(json.dumps(value).encode(), status)


def raw_body(body: bytes, status: int | None = None, content_type: str | None = None) -> Callable[[Answer], Answer]:
    """An alteration of an answer: these bytes, with HTTP status and Content-Type if given."""

    def change(answer: Answer) -> Answer:
        headers = dict(answer.headers)
        if content_type is not None:
            headers["Content-Type"] = content_type
        return replace(answer, body=body, status=status or answer.status, headers=headers)

    return change


def failure(status: int, code: int, message: str) -> Answer:
    """An answer that refuses."""
    body = json.dumps({"statusCode": code, "statusMessage": message}).encode()
    return Answer(status, body, {"Content-Type": "application/json"})


def put(path: str, value: Any) -> Callable[[Data, Cause], None]:
    """Sets the member at a dotted path."""

    def change(data: Data, cause: Cause) -> None:
        del cause
        *holders, name = path.split(".")
        place: Any = data
        for holder in holders:
            place = place[holder]
        place[name] = value

    return change


def drop(path: str) -> Callable[[Data, Cause], None]:
    """Removes the member at a dotted path, if it is there."""

    def change(data: Data, cause: Cause) -> None:
        del cause
        *holders, name = path.split(".")
        place: Any = data
        for holder in holders:
            place = place[holder]
        place.pop(name, None)

    return change


def renumbered(entries: Sequence[Data]) -> list[Data]:
    """The entries with indexes from 1 and the timestamps that stood at their places."""
    stamps = sorted(str(e["timestamp"]) for e in entries if "timestamp" in e)
    out = []
    for position, entry in enumerate(entries):
        stamp = stamps[min(position, len(stamps) - 1)] if stamps else None
        out.append({**entry, "index": position + 1} | ({"timestamp": stamp} if stamp else {}))
    return out
