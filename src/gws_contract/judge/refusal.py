"""Refused requests: that they are, with which codes, and that nothing follows (DESIGN 6)."""

from __future__ import annotations

from collections.abc import Collection

from gws_contract.conversation import Conversation
from gws_contract.customer_side import may_be_taken
from gws_contract.journal import Exchange
from gws_contract.judge.answer import READS, accepted, blamed, carried_out, refused
from gws_contract.judge.arrivals import came
from gws_contract.judge.customer import author
from gws_contract.judge.effects import effects_before
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.said import described, parse
from gws_contract.scenario import Attempt


def is_refused(conversation: Conversation, misuse: str, documented: str) -> None:
    """Every try of this misuse in the chat was refused."""
    tries = conversation.steps(f"refusal:{misuse}")
    if not tries:
        raise NotTestable("not tried in this chat")
    for number, exchange in enumerate(tries):
        if not refused(conversation, exchange):
            raise Broken(f"{documented} is refused", described(exchange) + _spelled_out(conversation, misuse, number))


def _spelled_out(conversation: Conversation, misuse: str, number: int) -> str:
    """What the try of this number does wrong, if the scenario spells it out: they are sent in its order."""
    refusals = conversation.scenario.refusals
    meant = [each for each in refusals if (each.kind if isinstance(each, Attempt) else each) == misuse]
    tried = meant[number] if number < len(meant) else None
    return f" ({tried.says})" if isinstance(tried, Attempt) else ""


def withdrawn_cannot_be_accepted(conversation: Conversation) -> None:
    """An Accept of a chat whose customer has left before is refused."""
    tries = conversation.steps("refusal:withdrawn")
    left = [e for e in conversation.steps("customer-leaves-before") if tries and e.done <= tries[0].sent]
    if tries and not any(may_be_taken(exchange) for exchange in left):
        raise NotTestable("the customer could not leave before the Accept")
    is_refused(conversation, "withdrawn", "an Accept of a chat whose customer has left")


def _was_taken(exchange: Exchange) -> bool:
    return exchange.failure is None and 200 <= (exchange.status or 0) < 300 and not parse(exchange.body).code


def rejected_cannot_accept(conversation: Conversation) -> None:
    """An Accept by an agent who has just rejected the chat is refused, unless the agent was offered it once more."""
    tries = conversation.steps("refusal:rejected")
    rejects = conversation.steps("visit:reject")
    if tries and rejects and _offered_again(conversation, rejects[-1], tries[-1]):
        raise NotTestable("the chat was offered to the same agent again")
    is_refused(conversation, "rejected", "an Accept by the agent who has just rejected the chat")


def _offered_again(conversation: Conversation, reject: Exchange, attempt: Exchange) -> bool:
    """Whether the agent of a Reject was invited once more before the Accept had its answer, or just afterwards."""
    until = attempt.done + conversation.header.quiet_period
    again = [i for i in conversation.invitations if reject.sent < i.at <= until]
    return any(f"agent:{i.agent}" == reject.actor for i in again)


def reject_is_not_refused(conversation: Conversation) -> None:
    """A Reject of the offered chat is answered with success; pages print it as an empty HTTP 200 or `status` 0."""
    rejects = conversation.steps("visit:reject")
    if not rejects:
        raise NotTestable("no offer was rejected in this chat")
    for exchange in rejects:
        if exchange.failure:
            raise Hidden(f"the Reject was not answered: {exchange.failure}")
        if not _was_taken(exchange):
            raise Broken("an agent can reject the invitation", described(exchange))


def work_is_not_refused(conversation: Conversation) -> None:
    """The agent's first message after the Accept is answered with success."""
    accepted(conversation)
    replies = conversation.steps("reply")
    if not replies:
        raise NotTestable("the agent sent no message in this chat")
    if replies[0].failure:
        raise Hidden(f"the message was not answered: {replies[0].failure}")
    if not blamed(conversation, replies[0]):
        return
    if conversation.speaks_unasked and customer_has_left(conversation):
        raise NotTestable("the customer had left the chat")
    raise Broken("the agent can start working on the chat", f"SendMessage was answered {described(replies[0])}")


def customer_has_left(conversation: Conversation) -> bool:
    """Whether the history or a live message says that somebody left who is no agent."""
    return any(e.get("type") == "ParticipantLeft" and author(e).get("type") != "Agent" for e in conversation.history)


def _coded(conversation: Conversation) -> list[Exchange]:
    """The refused requests of the chat whose answer has a statusCode; any other body of an HTTP error is legal too."""
    found = []
    for exchange in conversation.steps("refusal:"):
        parsed = parse(exchange.body)
        says_no = (exchange.status or 0) >= 400 or parsed.code not in (None, 0)
        if exchange.failure is None and says_no and "statusCode" in parsed.members:
            found.append(exchange)
    if not found:
        raise NotTestable("no refusal with a statusCode in this chat")
    return found


def codes_are_known(conversation: Conversation, codes: Collection[int]) -> None:
    """The statusCode of a refusal is an integer other than 0 that the table of the product's version knows."""
    for exchange in _coded(conversation):
        code = parse(exchange.body).code
        if code is None or code not in codes:
            known = f"0 to {max(codes)}"
            raise Broken(
                f"a statusCode of the table of version {conversation.header.table} ({known})", described(exchange)
            )
        if code == 0:
            raise Broken("a statusCode other than 0 with an HTTP error", described(exchange))


def has_message(conversation: Conversation) -> None:
    """Beside its statusCode a refusal has a statusMessage, and no other member (7, partial success, may)."""
    found = [e for e in _coded(conversation) if parse(e.body).members["statusCode"] != 7]
    if not found:
        raise NotTestable("nothing but partial success")
    for exchange in found:
        members = parse(exchange.body).members
        if set(members) != {"statusCode", "statusMessage"} or not isinstance(members["statusMessage"], str):
            raise Broken("statusCode and statusMessage, and no other attributes", described(exchange))


def has_no_effect(conversation: Conversation) -> None:
    """Between a refused request and the Accept nothing says that the chat was accepted.

    The positive control: the correct Accept afterwards delivered its own notifications in the same epoch.
    """
    accept = conversation.accept
    tries = [e for e in conversation.steps("refusal:") if accept and e.sent < accept.sent]
    if accept is None or not tries:
        raise NotTestable("no request was refused before an Accept in this chat")
    effects = effects_before(conversation)
    if not all(_can_have_none(conversation, e, effects) for e in tries):
        raise NotTestable("a request that should be refused was not")
    if effects:
        raise Broken("nothing changes after a refused request", ", ".join(effects))
    delivered_itself(conversation)
    if conversation.agent in conversation.visitors:
        raise NotTestable("the agent had been in this chat before")
    if conversation.transport(conversation.agent or "", tries[0].sent, accept.sent).may_have_lost:
        raise Hidden("the CometD session was disturbed between the refused request and the Accept")


def _can_have_none(conversation: Conversation, attempt: Exchange, effects: Collection[str]) -> bool:
    """Whether a request must not have had an effect: it was refused, or it asked for none of this chat.

    One of which nobody says whether it is refused ("open"), and that was not answered, may have had one.
    """
    if attempt.step == "refusal:unknown-chat" or attempt.method in READS:
        return True
    if attempt.step == "refusal:open" and attempt.failure:
        return not effects
    return refused(conversation, attempt)


def delivered_itself(conversation: Conversation) -> Exchange:
    """The positive control of an absence: the request was answered with success and its own notifications came."""
    request = carried_out(conversation)
    operation = conversation.operation
    if not all(came(conversation, kind) for kind in operation.kinds):
        raise NotTestable(f"the {operation.name} itself did not deliver its {operation.brings}")
    return request
