"""Faults of the form of StatusChange and ParticipantsUpdated, and of the types of all three."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gws_contract.mock.alterations import LOG, PEOPLE, STATUS, Data, Edit, drop, put
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Cause

_OTHER = "0000NoSuchChat0X"
_SECTION = {STATUS: "status-change", PEOPLE: "participants", LOG: "history"}
_MESSAGE = {STATUS: "MessageLogUpdated", PEOPLE: "CallStateChangeMessage", LOG: "ChatStateChangeMessage"}


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    for which, section in _SECTION.items():
        yield fault(
            f"{section}-message-type",
            f"The messageType of {which} is that of other messages.",
            f"{section}.message-type",
            Edit(which, put("messageType", _MESSAGE[which])),
            "F39",
        )
        yield fault(
            f"{section}-notification-type",
            f"The notificationType {which} is spelled in other case.",
            f"{section}.notification-type",
            Edit(which, put("notificationType", which[0].lower() + which[1:])),
            "F39",
        )
    yield fault(
        "wrong-state",
        "The state changes to Talking.",
        "status-change.state",
        Edit(STATUS, put("chat.state", "Talking")),
        "F41 N13",
    )
    yield fault(
        "state-as-number", "The state is a number.", "status-change.state", Edit(STATUS, put("chat.state", 2)), "N06"
    )
    yield fault(
        "participants-wrong-state",
        "The participant list says another state.",
        "participants.state",
        Edit(PEOPLE, put("chat.state", "Invited")),
        "F41",
    )
    yield from _both(
        "capabilities-as-text",
        "capabilities are one string.",
        "capabilities",
        "chat.capabilities",
        lambda path: put(path, "Transfer,Complete,Leave"),
        "",
    )
    yield from _both(
        "capabilities-as-numbers",
        "capabilities are numbers.",
        "capabilities",
        "chat.capabilities",
        lambda path: put(path, [1, 2]),
        "",
    )
    yield from _both(
        "capability-missing",
        "the capability SendMessage is missing.",
        "capability-names",
        "chat.capabilities",
        lambda path: put(path, ["Transfer", "Complete", "Leave", "InFocus"]),
        "F42",
    )
    full = [
        "Transfer",
        "Complete",
        "Leave",
        "InFocus",
        "SendMessage",
        "SendStartTypingNotification",
        "SendStopTypingNotification",
    ]
    yield from _both(
        "still-acceptable",
        "capabilities still offer Accept.",
        "capability-names",
        "chat.capabilities",
        lambda path: put(path, ["Accept", *full]),
        "F42",
    )
    yield from _both(
        "capability-twice",
        "a capability occurs twice.",
        "capability-names",
        "chat.capabilities",
        lambda path: put(path, [*full, "Leave"]),
        "F43",
    )
    yield from _both(
        "id-of-another-chat",
        "chat.id is that of another chat.",
        "chat-id",
        "chat.id",
        lambda path: put(path, _OTHER),
        "F31 N08",
    )
    yield from _both("id-missing", "chat.id is missing.", "chat-id", "chat.id", drop, "N07")
    yield from _both(
        "uri-of-another-chat",
        "chat.uri is that of another chat.",
        "uri",
        "chat.uri",
        lambda path: put(path, f"http://localhost/api/v2/chats/{_OTHER}"),
        "F32",
    )
    yield from _both("uri-as-number", "chat.uri is a number.", "uri", "chat.uri", lambda path: put(path, 17), "")
    yield from _both("lean", "neither capabilities nor uri.", "members", "chat", lambda _: _lean, "")
    yield from _both("uri-missing", "chat.uri is missing.", "members", "chat.uri", drop, "")
    yield fault(
        "reference-id-as-text",
        "referenceId is a string.",
        "status-change.reference-id",
        Edit(STATUS, put("referenceId", "17")),
        "F36",
    )
    yield fault(
        "reference-id-null",
        "referenceId is null.",
        "status-change.reference-id",
        Edit(STATUS, put("referenceId", None)),
        "F36",
    )
    yield fault(
        "reference-id-missing",
        "The StatusChange has no referenceId.",
        "status-change.members",
        Edit(STATUS, drop("referenceId")),
        "F36",
    )
    yield fault(
        "status-change-participants-as-object",
        "The participants of the StatusChange are an object.",
        "status-change.participants",
        Edit(STATUS, put("chat.participants", {})),
    )
    yield fault(
        "status-change-participant-without-nickname",
        "A participant of the StatusChange has no nickname.",
        "status-change.participants",
        Edit(STATUS, put("chat.participants", [{"type": "Agent"}])),
    )


def _lean(data: Data, cause: Cause) -> None:
    del cause
    for name in ("capabilities", "uri"):
        del data["chat"][name]


def _both(name: str, says: str, clause: str, path: str, change: Callable[[str], Any], origin: str) -> Iterator[Fault]:
    """The same fault in StatusChange and in ParticipantsUpdated."""
    for which in (STATUS, PEOPLE):
        section = _SECTION[which]
        yield fault(f"{section}-{name}", f"{which}: {says}", f"{section}.{clause}", Edit(which, change(path)), origin)
