"""Capabilities: what the server announces after the Accept can be used, and what it does not announce is refused.

Whether something is announced is asked of the notifications that the agent had received when the request was sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from gws_contract.announced import OVER, Announced, announced
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.answer import accepted, blamed, refused
from gws_contract.judge.concluding import concluded
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.refusal import customer_has_left
from gws_contract.judge.said import described, parse, trouble
from gws_contract.scenario import Capability

_TARGET_UNKNOWN = (2, 6)
"""The codes of a Transfer that may mean its target: parameter not valid, resource not found (`gws.md` 4.1)."""


def can_be_used(conversation: Conversation, *capabilities: Capability) -> None:
    """None of these that was announced when it was used was refused; under one of its names, if it has several."""
    accepted(conversation)
    used = [_uses(conversation, each, "yes") for each in capabilities]
    if not any(used):
        raise NotTestable(_why_not_used(conversation, *capabilities))
    for tries in filter(None, used):
        if all(blamed(conversation, each) for each in tries):
            _may_be_blamed(conversation, tries[-1])
            name = tries[0].step.removeprefix("use:")
            raise Broken(f"{name}, which is announced, can be used", described(tries[0]))


def refused_if_not_announced(conversation: Conversation) -> None:
    """What no list of the state of the chat announced was refused."""
    accepted(conversation)
    tries = _uses(conversation, None, "no")
    if not tries:
        raise NotTestable("nothing was tried that is not announced")
    for each in tries:
        if refused(conversation, each):
            continue
        if _listed_meanwhile(conversation, each):
            raise NotTestable("it was announced while the request was on its way")
        if _may_be_lost(conversation, each):
            raise Hidden("a list of capabilities may have been lost")
        name = each.step.removeprefix("use:")
        raise Broken(f"{name}, which is not announced, is refused", described(each))


@concluded
def _told(conversation: Conversation) -> tuple[str, ...]:
    """Of every use, in the order of sending, what the notifications before it say of its capability."""
    return tuple(_says_of(conversation, use) for use in conversation.steps("use:"))


def _says_of(conversation: Conversation, use: Exchange) -> str:
    found = announced(n.payload for n in conversation.received if n.at <= use.sent)
    return found.says_of(_capability(use))


def _capability(use: Exchange) -> Capability:
    return use.step.removeprefix("use:")  # type: ignore[return-value]  # what it is called in the scenario


def _uses(conversation: Conversation, capability: Capability | None, told: str) -> list[Exchange]:
    """The uses of a capability, or of any, of which this was told."""
    found = zip(conversation.steps("use:"), _told(conversation), strict=True)
    return [use for use, said in found if said == told and capability in (None, _capability(use))]


@concluded
def _announced_at_last(conversation: Conversation) -> Announced:
    """What is announced before the agent parts from the chat."""
    return announced(n.payload for n in conversation.received if n.at <= conversation.horizon)


def _why_not_used(conversation: Conversation, *capabilities: Capability) -> str:
    before = _announced_at_last(conversation)
    if not before.lists:
        return "the server lists no capabilities"
    if not any(before.says_of(each) == "yes" for each in capabilities):
        return "it is not announced"
    if capabilities == ("Transfer",) and len(conversation.happenings.agents) < 2:
        return "there was no other agent to whom the chat could be transferred"
    return "not used in this chat"


def _may_be_blamed(conversation: Conversation, use: Exchange) -> None:
    """Raises a finding if something else than the capability may be why an announced use was refused."""
    capability, code = _capability(use), parse(use.body).code
    if capability == "Transfer" and (code in _TARGET_UNKNOWN or use.status == 404):
        raise NotTestable(f"the target of the Transfer was refused: {described(use)}")
    if capability == "InFocus" and trouble(use) == "body":
        raise NotTestable(f"no page prints the parameters of InFocus: {described(use)}")
    if conversation.speaks_unasked and customer_has_left(conversation):
        raise NotTestable("the customer had left the chat")
    if _withdrawn_meanwhile(conversation, use):
        raise NotTestable("it was withdrawn while the request was on its way")
    if _may_be_lost(conversation, use):
        raise Hidden("that it was withdrawn may have been lost")


def _withdrawn_meanwhile(conversation: Conversation, use: Exchange) -> bool:
    """Whether the chat was over, or the capability no longer listed, before anybody did anything else."""
    found = _announced_meanwhile(conversation, use)
    return any(each.state in OVER or (each.lists and each.says_of(_capability(use)) != "yes") for each in found)


def _listed_meanwhile(conversation: Conversation, use: Exchange) -> bool:
    """Whether a list named it before anybody did anything else, in the state of the chat in which it was tried."""
    state = announced(n.payload for n in conversation.received if n.at <= use.sent).state
    found = _announced_meanwhile(conversation, use)
    return any(each.state == state and each.says_of(_capability(use)) == "yes" for each in found)


def _announced_meanwhile(conversation: Conversation, use: Exchange) -> Iterator[Announced]:
    """What was announced after each notification that came behind a request, before anybody sent another one."""
    until = min((e.sent for e in conversation.exchanges if e.sent > use.sent), default=float("inf"))
    payloads = [n.payload for n in conversation.received if n.at <= use.sent]
    for n in conversation.received:
        if use.sent < n.at <= until:
            payloads.append(n.payload)
            yield announced(payloads)


def _may_be_lost(conversation: Conversation, use: Exchange) -> bool:
    accept = accepted(conversation)
    return conversation.transport(conversation.agent or "", accept.sent, use.done).may_have_lost
