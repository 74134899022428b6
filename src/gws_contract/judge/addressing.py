"""To whom, on which channel, in which envelope, about which chat."""

from __future__ import annotations

from typing import Any

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.answer import carried_out
from gws_contract.judge.finding import Broken, Hidden, NotTestable, brief
from gws_contract.judge.form import judged
from gws_contract.judge.refusal import delivered_itself
from gws_contract.notified import Notification


def _documented(conversation: Conversation) -> tuple[Notification, ...]:
    carried_out(conversation)
    found = tuple(n for n in conversation.received if n.kind in conversation.operation.kinds)
    if not found:
        raise NotTestable(conversation.operation.brought_nothing)
    return found


def on_channel(conversation: Conversation, channel: str) -> None:
    """Each of the sequence came on this channel."""
    for n in _documented(conversation):
        if n.delivery.message.get("channel") != channel:
            raise Broken(f"channel {channel}", f"{n.kind} on channel {brief(n.delivery.message.get('channel'))}")


def in_data(conversation: Conversation) -> None:
    """The payload of each of the sequence is the object `data` of its message, neither bare nor wrapped twice."""
    for n in _documented(conversation):
        if n.delivery.message.get("data") is not n.payload:
            members = ", ".join(n.delivery.message)
            raise Broken("the notification is the object data of the message", f"a message with {members}")


def only_to_the_invited(conversation: Conversation) -> None:
    """No agent who was never invited to this chat received one of the sequence."""
    delivered_itself(conversation)
    invited = {i.agent for i in conversation.invitations}
    others = conversation.happenings.agents - invited
    # Whoever is given the chat afterwards may be told before he is invited.
    handed_on = min((e.sent for e in conversation.steps("use:Leave", "use:Transfer")), default=float("inf"))
    if not others:
        raise NotTestable("no other agent was listening")
    for n in conversation.notifications:
        if n.agent in others and n.kind in conversation.operation.kinds and n.at <= handed_on:
            raise Broken(
                "notifications of this chat to its own agent only", f"{n.kind} to {n.agent}, who was never invited"
            )
    if all(conversation.transport(agent).may_have_lost for agent in others):
        raise Hidden("the sessions of all other agents were disturbed")


def only_to_its_agent(conversation: Conversation) -> None:
    """Nobody but the agent of the request received one of the sequence before the chat was over.

    Of agents who had a hand in the chat themselves it is not asked, nor of those who were invited to it if a person is
    the customer, who may leave at any time: what they receive may be of their own doing, or of the customer's.
    """
    request = delivered_itself(conversation)
    others = conversation.happenings.agents - {conversation.agent}
    if conversation.speaks_unasked:
        others -= {i.agent for i in conversation.invitations}
    if not others:
        raise NotTestable("no other agent was listening")
    for n in conversation.notifications:
        if n.agent in others and request.sent < n.at <= conversation.over_at and _is_documented(conversation, n):
            name = conversation.operation.name
            raise Broken(f"what follows a {name} goes to its own agent only", f"{n.kind} {n.state} to {n.agent}")
    if all(conversation.transport(agent).may_have_lost for agent in others):
        raise Hidden("the sessions of all other agents were disturbed")


def _is_documented(conversation: Conversation, n: Notification) -> bool:
    """Whether it is one of the sequence, and its agent had done nothing in the chat before."""
    expected = conversation.operation.sequence
    if not any(each.kind == n.kind and each.state in (None, n.state) for each in expected):
        return False
    return not any(e.actor == f"agent:{n.agent}" and e.sent <= n.at for e in conversation.exchanges)


def names_the_chat(conversation: Conversation, section: str, *members: str) -> None:
    """Each of these members, where the notification has it, is or ends with the id of the accepted chat."""
    _, found = judged(conversation, section)
    named = [(member, value) for n in found for member in members if isinstance(value := _at(n, member), str)]
    if not named:
        raise NotTestable(f"it has no {' and no '.join(members)}")
    for member, value in named:
        if (value if member.endswith("id") else notice.tail(value)) != conversation.chat_id:
            raise Broken(f"{member}: the chat {conversation.chat_id}", f"{member} {brief(value)}")


def _at(n: Notification, member: str) -> Any:
    holder, _, name = member.rpartition(".")
    return (notice.chat_of(n.payload) if holder == "chat" else n.payload).get(name)
