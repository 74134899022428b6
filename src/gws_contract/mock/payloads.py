"""What the mock writes: notifications and resources, shaped as the samples of the page and the captures show them.

Every function builds fresh data from the books as they stand at the moment of the call.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gws_contract.mock.chat import Chat, Entry, Participant, State, capabilities
from gws_contract.mock.variation import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

STATE_CHANGE = "ChatStateChangeMessage"
LOG_UPDATED = "MessageLogUpdated"
_CONTENT = {"PushUrl": "url", "CustomNotice": "noticeText"}
"""By type of an entry, the member that holds what was sent, if it is not text."""


@lru_cache(maxsize=4096)
def timestamp(at: datetime) -> str:
    """As in the page's sample: 2014-01-02T14:23:18.000-0800."""
    text = at.isoformat(timespec="milliseconds")
    return f"{text[:-3]}{text[-2:]}"


def received_date(at: datetime) -> str:
    """As captured in an invitation: 2016-03-16 09:55:18.000+1000."""
    return timestamp(at).replace("T", " ")


def participant(who: Participant) -> dict[str, Any]:
    """One element of `participants`, and `from` of an entry."""
    return {"type": who.type, "nickname": who.nickname, "participantId": who.id}


def entry(line: Entry) -> dict[str, Any]:
    """One element of `messages`."""
    out = _entry(line).copy()
    out["from"] = out["from"].copy()
    return out


@lru_cache(maxsize=4096)
def _entry(line: Entry) -> dict[str, Any]:
    out: dict[str, Any] = {"index": line.index, "type": line.type, "from": participant(line.sender)}
    if line.text is not None:
        out[_CONTENT.get(line.type, "text")] = line.text
    return out | {"visibility": line.visibility, "timestamp": timestamp(line.at)}


def resource(chat: Chat, agent: str) -> dict[str, Any]:
    """The chat as GET answers it to this agent."""
    return {**_chat(chat, agent, [participant(who) for who in chat.participants]), **_about(chat)}


def rejected(chat: Chat, agent: str, reference: int) -> dict[str, Any]:
    """`data` of the StatusChange that tells the agent of his Reject: as documented, with an empty list of people."""
    data = status_change(chat, agent, reference)
    return {**data, "chat": {**data["chat"], "participants": []}}


def status_change(chat: Chat, agent: str, reference: int | None = None) -> dict[str, Any]:
    """`data` of the StatusChange that tells the agent how the chat stands; an invitation if it is Invited."""
    data: dict[str, Any] = {"messageType": STATE_CHANGE}
    if reference is not None:
        data["referenceId"] = reference
    data |= {"notificationType": "StatusChange", "chat": _chat(chat, agent, [])}
    if chat.states.get(agent) is State.INVITED:
        data["chat"] |= _about(chat)
    return data


def participants_updated(chat: Chat, agent: str) -> dict[str, Any]:
    """`data` of the ParticipantsUpdated with everybody who is in the chat, agents first."""
    return {
        "messageType": STATE_CHANGE,
        "notificationType": "ParticipantsUpdated",
        "chat": _chat(chat, agent, [participant(who) for who in chat.participants]),
    }


def properties_updated(chat: Chat, agent: str) -> dict[str, Any]:
    """`data` of the PropertiesUpdated with the whole chat, after its userData was changed."""
    return {
        "messageType": STATE_CHANGE,
        "notificationType": "PropertiesUpdated",
        "chat": resource(chat, agent),
    }


def new_messages(chat: Chat, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`data` of a NewMessages with these entries."""
    return {
        "messageType": LOG_UPDATED,
        "notificationType": "NewMessages",
        "messages": list(entries),
        "chatUri": chat.uri,
    }


def accepted(chat: Chat, agent: str, reference: int, entries: Sequence[dict[str, Any]]) -> list[Notice]:
    """The three notifications of an Accept, in the order of the page."""
    return [
        Notice(agent, status_change(chat, agent, reference)),
        Notice(agent, participants_updated(chat, agent)),
        Notice(agent, new_messages(chat, entries)),
    ]


def announced(chat: Chat, line: Entry) -> list[Notice]:
    """What everybody in the chat is told of a new line; of a join or leave also who is there now."""
    notices: list[Notice] = []
    for agent in chat.joined:
        if line.type in ("ParticipantJoined", "ParticipantLeft"):
            notices.append(Notice(agent, participants_updated(chat, agent)))
        notices.append(Notice(agent, new_messages(chat, [entry(line)])))
    return notices


def _about(chat: Chat) -> dict[str, Any]:
    """What is known of a chat whoever has it, as captured in an invitation (gws.md 2.2)."""
    out = {
        "chatType": "Inbound",
        "receivedDate": received_date(chat.received),
        "userData": dict(chat.user_data),
    }
    return out if chat.subject is None else {**out, "subject": chat.subject}


def _chat(chat: Chat, agent: str, participants: list[dict[str, Any]]) -> dict[str, Any]:
    state = chat.states.get(agent, State.COMPLETED)
    out: dict[str, Any] = {"state": state.value}
    if offered := capabilities(chat, agent):
        out["capabilities"] = offered
    out |= {"id": chat.id, "uri": chat.uri}
    if state in (State.INVITED, State.CHATTING):
        out["participants"] = participants
    return out
