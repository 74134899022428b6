"""To whom, on which channel, in which envelope, about which chat."""

from __future__ import annotations

from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation, Notification
from gws_contract.judge.answer import accepted
from gws_contract.judge.finding import Broken, Hidden, NotTestable, brief
from gws_contract.judge.form import judged
from gws_contract.judge.refusal import delivered_itself


def _documented(conversation: Conversation) -> tuple[Notification, ...]:
    accepted(conversation)
    found = tuple(n for n in conversation.received if n.kind in notice.DOCUMENTED)
    if not found:
        raise NotTestable("none of the three notifications came")
    return found


def on_channel(conversation: Conversation, channel: str) -> None:
    """Each of the three came on this channel."""
    for n in _documented(conversation):
        if n.delivery.message.get("channel") != channel:
            raise Broken(f"channel {channel}", f"{n.kind} on channel {brief(n.delivery.message.get('channel'))}")


def in_data(conversation: Conversation) -> None:
    """The payload of each of the three is the object `data` of its message, neither bare nor wrapped twice."""
    for n in _documented(conversation):
        if n.delivery.message.get("data") is not n.payload:
            members = ", ".join(n.delivery.message)
            raise Broken("the notification is the object data of the message", f"a message with {members}")


def only_to_the_invited(conversation: Conversation) -> None:
    """No agent who was never invited to this chat received one of the three."""
    delivered_itself(conversation)
    invited = {i.agent for i in conversation.invitations}
    others = conversation.happenings.agents - invited
    # Whoever is given the chat afterwards may be told before he is invited.
    handed_on = min((e.sent for e in conversation.steps("use:Leave", "use:Transfer")), default=float("inf"))
    if not others:
        raise NotTestable("no other agent was listening")
    for n in conversation.notifications:
        if n.agent in others and n.kind in notice.DOCUMENTED and n.at <= handed_on:
            raise Broken(
                "notifications of this chat to its own agent only", f"{n.kind} to {n.agent}, who was never invited"
            )
    if all(conversation.transport(agent).may_have_lost for agent in others):
        raise Hidden("the sessions of all other agents were disturbed")


def names_the_chat(conversation: Conversation, section: str, *members: str) -> None:
    """Each of these members, where the notification has it, is or ends with the id of the accepted chat."""
    _, found = judged(conversation, section)
    checked = 0
    for n in found:
        for member in members:
            value = _at(n, member)
            if not isinstance(value, str):
                continue
            checked += 1
            named = value if member.endswith("id") else notice.tail(value)
            if named != conversation.chat_id:
                raise Broken(f"{member}: the chat {conversation.chat_id}", f"{member} {brief(value)}")
    if not checked:
        raise NotTestable(f"it has no {' and no '.join(members)}")


def _at(n: Notification, member: str) -> Any:
    holder, _, name = member.rpartition(".")
    return (notice.chat_of(n.payload) if holder == "chat" else n.payload).get(name)
