"""What an HTTP answer says: success, refusal, or neither.

A correct request that was not answered with success breaks one clause only, the most specific one: the URL is unknown
(404, 410), the method is not allowed (405, 501), the body is not understood (400, 415, 422, statusCode 1, 2 or 10), no
JSON, no statusCode; everything else is a refusal of the operation itself.
"""

from __future__ import annotations

from functools import lru_cache

from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.concluding import concluded
from gws_contract.judge.effects import effects_before
from gws_contract.judge.finding import Broken, Hidden, NotTestable, brief
from gws_contract.judge.said import Trouble, described, is_2xx, parse, succeeded, trouble
from gws_contract.notified import Notification

FAILED_STATES = ("JoinFailed", "Completed", "LeftChat", "Revoked")
"""In which the agent is not in the chat, or no longer."""

READS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
"""Methods that ask for nothing to be done (RFC 9110, 9.2.1)."""


def refused(conversation: Conversation, exchange: Exchange) -> bool:
    """Whether the request was refused (DESIGN 6): an HTTP error, a statusCode other than 0, or a notification of type
    Error after statusCode 0.

    Raises Hidden if no answer came, NotTestable if the answer says neither yes nor no.
    """
    if exchange.failure:
        raise Hidden(f"the request was not answered: {exchange.failure}")
    code = parse(exchange.body).code
    if not is_2xx(exchange) or (code is not None and code != 0):
        return True
    if code is None:
        raise NotTestable(f"the answer says neither yes nor no: {described(exchange)}")
    return error_after(conversation, exchange) is not None


def error_after(conversation: Conversation, exchange: Exchange) -> str | None:
    """The message of the first Error that an agent received after a request and before the agent's next one.

    After a misuse the Complete that clears up does not count as the next one: whether a misuse is refused is asked of
    the server, whether it can be cleared up is not.
    """
    errors = _errors_after(conversation, exchange)
    return str(errors[0].payload.get("errorMessage", "without errorMessage")) if errors else None


def blamed(conversation: Conversation, exchange: Exchange) -> bool:
    """Whether a request that should succeed was refused, and nothing else can be meant.

    Raises what `refused` raises; NotTestable too, if all that speaks for it is an Error that names no chat: the page of
    the notifications prints it so, and it may be of anything that the agent does.
    """
    if not refused(conversation, exchange):
        return False
    errors = _errors_after(conversation, exchange)
    if succeeded(exchange) and not any(notice.chat_ids(n.payload) for n in errors):
        raise NotTestable("an Error came after it that names no chat, and may be of something else")
    return True


def _errors_after(conversation: Conversation, exchange: Exchange) -> list[Notification]:
    clears_up = exchange.step.startswith("refusal:")
    later = [
        e.sent
        for e in conversation.exchanges
        if e.actor == exchange.actor and e.sent > exchange.sent and not (clears_up and e.step == "complete")
    ]
    until = min(later, default=float("inf"))
    return [
        n
        for n in conversation.notifications
        if n.kind == notice.ERROR and f"agent:{n.agent}" == exchange.actor and exchange.sent < n.at <= until
    ]


@concluded
def sent(conversation: Conversation) -> Exchange:
    """The correct request that is judged, of a chat that was still offered. Raises NotTestable, or Hidden if no answer
    came.

    If the customer left meanwhile it may be refused: then only the form of its answer is judged.
    """
    request, name = conversation.request, conversation.operation.name
    if request is None:
        raise NotTestable(_why_not_sent(conversation))
    taken = misuse_taken(conversation)
    if taken:
        raise NotTestable(f"the server had carried out the request that it should refuse: {taken}")
    told = [
        n.state
        for n in conversation.notifications
        if n.kind == notice.STATUS_CHANGE and n.agent == conversation.agent and n.at <= request.sent
    ]
    if told and told[-1] in FAILED_STATES:
        raise NotTestable(f"the offer was withdrawn before the {name}: the chat was {told[-1]}")
    offered = conversation.operation.offered
    if offered and (not told or told[-1] not in offered):
        raise NotTestable(f"the chat was {told[-1] if told else 'unknown'} to the agent, not {' or '.join(offered)}")
    if request.failure:
        raise Hidden(f"the {name} was not answered: {request.failure}")
    if parse(request.body).beyond:
        raise Hidden(f"the {name} was answered with {parse(request.body).complaint}")
    why = _trouble(conversation, request)
    if _customer_left(conversation) and why in ("url", "method", "body", "refused"):
        raise NotTestable(f"the customer left during the {name}")
    if why is not None and _withdrawn_in_flight(conversation, request):
        raise NotTestable(f"the offer was withdrawn while the {name} was on its way")
    return request


def _trouble(conversation: Conversation, request: Exchange) -> Trouble | None:
    return trouble(request, conversation.operation.success)


def _customer_left(conversation: Conversation) -> bool:
    """Whether the customer left during the Accept; when exactly is a matter of milliseconds, no verdict hangs on it."""
    of_accept = conversation.request is conversation.accept
    return of_accept and bool(conversation.steps("customer-leaves-during"))


def _withdrawn_in_flight(conversation: Conversation, request: Exchange) -> bool:
    """Whether the agent was told Revoked after a refused request, before anybody ended the chat."""
    ends = [e.sent for e in conversation.steps("complete", "customer-leaves") if e.sent > request.sent]
    until = min(ends, default=float("inf"))
    return any(
        n.agent == conversation.agent and n.state == "Revoked" and request.sent < n.at <= until
        for n in conversation.notifications
    )


def _why_not_sent(conversation: Conversation) -> str:
    """Why the operation that is judged was not performed in this chat."""
    if "accept" in conversation.operation.steps:
        return why_not_accepted(conversation)
    return f"no {conversation.operation.name} was sent in this chat"


def why_not_accepted(conversation: Conversation) -> str:
    """Why no Accept was sent in this chat."""
    if conversation.chat_id is None:
        return "the chat was never offered to an agent"
    if conversation.steps("customer-leaves-before"):
        return "the customer left while the chat was Invited"
    taken = misuse_taken(conversation)
    if taken:
        return f"the server carried out a request that it should refuse: {taken}"
    return (conversation.ended.detail if conversation.ended else "") or "the Accept was never sent"


@concluded
def misuse_taken(conversation: Conversation) -> str | None:
    """The first misuse before the request that was answered with success, by name."""
    end = conversation.request.sent if conversation.request else float("inf")
    for exchange in conversation.steps("refusal:"):
        harmless = exchange.step == "refusal:unknown-chat" or exchange.method in READS
        if exchange.sent < end and not harmless and succeeded(exchange) and not error_after(conversation, exchange):
            return exchange.step.removeprefix("refusal:")
    return None


@concluded
def carried_out(conversation: Conversation) -> Exchange:
    """The request that was answered with success and did not fail afterwards; what follows it can be judged.

    Raises NotTestable for everything else: the operation may fail after statusCode 0 (DESIGN 3).
    """
    request, operation = sent(conversation), conversation.operation
    why = _trouble(conversation, request)
    if why is not None:
        raise NotTestable(f"the {operation.name} was answered {described(request)}")
    if _customer_left(conversation):
        raise NotTestable(f"the customer left during the {operation.name}")
    failed = [n for n in conversation.status_changes if n.state in operation.fails and n.at <= conversation.horizon]
    done = [n for n in conversation.status_changes if n.state == operation.state]
    if failed and not done:
        raise NotTestable(f"the operation failed after statusCode 0: the chat is {failed[0].state}")
    error = error_after(conversation, request)
    if error is not None and not done:
        raise NotTestable(f"the operation failed after statusCode 0: Error, {error}")
    if effects_before(conversation):
        raise NotTestable("a refused request had already had the effect of an Accept")
    return request


accepted = carried_out
"""As a check calls it that is about Accept alone."""


@concluded
def _judged(conversation: Conversation) -> tuple[Exchange, Trouble | None]:
    """The request that is judged, and why it was not answered with success."""
    request = sent(conversation)
    return request, _trouble(conversation, request)


def answered(conversation: Conversation, *troubles: Trouble, documented: str) -> None:
    """Broken if the request was answered with one of these troubles; not testable if with another."""
    request, why = _judged(conversation)
    if why in troubles:
        complaint = parse(request.body).complaint if why == "json" else None
        raise Broken(documented, f"{described(request)}: {complaint}" if complaint else described(request))
    if why is not None:
        raise NotTestable(f"the {conversation.operation.name} was answered {described(request)}")


@lru_cache(maxsize=512)
def _means_json(label: str) -> bool:
    kind, *parameters = [part.strip().lower() for part in label.split(";")]
    charsets = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset")]
    return kind == "application/json" and all(c in ("utf-8", "utf8") for c in charsets)


def is_labelled_json(conversation: Conversation) -> None:
    """Content-Type application/json, UTF-8 if it says a charset, and no byte order mark."""
    answered(conversation, documented="statusCode 0")
    request = sent(conversation)
    if not request.body.strip():
        raise NotTestable("the answer is empty")
    label = request.headers.get("content-type", "")
    if not _means_json(label):
        raise Broken("Content-Type application/json", f"Content-Type {label or 'missing'}")
    if request.body.startswith(b"\xef\xbb\xbf"):
        raise Broken("JSON in UTF-8", "a byte order mark in front of it")


def has_no_message(conversation: Conversation) -> None:
    """A successful answer has no statusMessage."""
    answered(conversation, documented="statusCode 0")
    message = parse(sent(conversation).body).members
    if "statusMessage" in message:
        raise Broken("statusCode 0 without statusMessage", f"statusMessage {brief(message['statusMessage'])}")


def is_http_200(conversation: Conversation) -> None:
    """The status of a successful answer is 200, not another 2xx."""
    answered(conversation, documented="statusCode 0")
    request = sent(conversation)
    if request.status != 200:
        raise Broken("HTTP 200", described(request))
