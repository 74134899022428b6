"""What an HTTP answer says: success, refusal, or neither.

A correct Accept that was not answered with success breaks one clause only, the most specific one: the URL is unknown
(404, 410), the method is not allowed (405, 501), the body is not understood (400, 415, 422, statusCode 1, 2 or 10), no
JSON, no statusCode; everything else is a refusal of the operation itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from gws_contract import foreign
from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.journal import Exchange
from gws_contract.judge.concluding import concluded
from gws_contract.judge.effects import effects_before
from gws_contract.judge.finding import Broken, Hidden, NotTestable, brief

Trouble = Literal["url", "method", "body", "json", "status-code", "http-success", "refused"]

FAILED_STATES = ("JoinFailed", "Completed", "LeftChat", "Revoked")
"""In which the agent is not in the chat, or no longer."""

READS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
"""Methods that ask for nothing to be done (RFC 9110, 9.2.1)."""

_LONGEST = 160
"""Code points of an answer that are quoted."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


@dataclass(frozen=True, slots=True)
class Parsed:
    """The body of an answer: a JSON value, or why it is none."""

    value: Any = None
    complaint: str | None = None
    beyond: bool = False
    """Whether it goes beyond what is read, so that nobody knows what it says."""

    @property
    def members(self) -> Mapping[str, Any]:
        """The members, if it is an object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def code(self) -> int | None:
        """The statusCode, if it is an integer (JSON knows no other kind of 0 than 0.0)."""
        code = self.members.get("statusCode")
        if isinstance(code, bool) or not isinstance(code, int | float) or not math.isfinite(code):
            return None
        return int(code) if code == int(code) else None


@lru_cache(maxsize=512)
def parse(body: bytes) -> Parsed:
    """Read strictly: UTF-8 without byte order mark, no NaN, no member twice, nothing behind the value."""
    if not body:
        return Parsed(complaint="an empty body")
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        return Parsed(complaint=f"a body that is not UTF-8 at byte {error.start}")
    try:
        return Parsed(foreign.loads(text, pairs=_no_duplicates))
    except foreign.TooMuchError as error:
        return Parsed(complaint=f"a body that is more than is read ({error})", beyond=True)
    except ValueError as error:
        return Parsed(complaint=f"a body that is not JSON ({error})")


def described(exchange: Exchange) -> str:
    """The answer in a few words."""
    if exchange.failure and exchange.status is None:
        return exchange.failure
    body = " ".join((exchange.answer or "").split())
    return f"HTTP {exchange.status} {body if len(body) <= _LONGEST else body[: _LONGEST - 3] + '...'}".rstrip()


def _is_2xx(exchange: Exchange) -> bool:
    return exchange.status is not None and 200 <= exchange.status < 300


def succeeded(exchange: Exchange) -> bool:
    """Whether the request was answered with success: 2xx and statusCode 0."""
    return exchange.failure is None and _is_2xx(exchange) and parse(exchange.body).code == 0


def refused(conversation: Conversation, exchange: Exchange) -> bool:
    """Whether the request was refused (DESIGN 6): an HTTP error, a statusCode other than 0, or a notification of type
    Error after statusCode 0.

    Raises Hidden if no answer came, NotTestable if the answer says neither yes nor no.
    """
    if exchange.failure:
        raise Hidden(f"the request was not answered: {exchange.failure}")
    code = parse(exchange.body).code
    if not _is_2xx(exchange) or (code is not None and code != 0):
        return True
    if code is None:
        raise NotTestable(f"the answer says neither yes nor no: {described(exchange)}")
    return error_after(conversation, exchange) is not None


def error_after(conversation: Conversation, exchange: Exchange) -> str | None:
    """The message of the first Error that an agent received after a request and before the agent's next one.

    After a misuse the Complete that clears up does not count as the next one: whether a misuse is refused is asked of
    the server, whether it can be cleared up is not.
    """
    clears_up = exchange.step.startswith("refusal:")
    later = [
        e.sent
        for e in conversation.exchanges
        if e.actor == exchange.actor and e.sent > exchange.sent and not (clears_up and e.step == "complete")
    ]
    until = min(later, default=float("inf"))
    for n in conversation.notifications:
        if n.kind == notice.ERROR and f"agent:{n.agent}" == exchange.actor and exchange.sent < n.at <= until:
            return str(n.payload.get("errorMessage", "without errorMessage"))
    return None


def trouble(exchange: Exchange) -> Trouble | None:
    """Why an Accept was not answered with success; None if it was. The exchange must have been answered."""
    parsed, status = parse(exchange.body), exchange.status or 0
    code = parsed.code
    if code == 0:
        return None if _is_2xx(exchange) else "http-success"
    if status in (404, 410) and code is None:
        return "url"
    if status in (405, 501):
        return "method"
    if status in (400, 415, 422) or code in (1, 2, 10):
        return "body"
    if not _is_2xx(exchange) or code is not None:
        return "refused"
    return "status-code" if isinstance(parsed.value, dict) else "json"


@concluded
def sent_accept(conversation: Conversation) -> Exchange:
    """The correct Accept of a chat that was still offered. Raises NotTestable, or Hidden if no answer came.

    If the customer left meanwhile it may be refused: then only the form of its answer is judged.
    """
    accept = conversation.accept
    if accept is None:
        raise NotTestable(why_not_accepted(conversation))
    taken = misuse_taken(conversation)
    if taken:
        raise NotTestable(f"the server had carried out the request that it should refuse: {taken}")
    gone = [
        n.state
        for n in conversation.notifications
        if n.kind == notice.STATUS_CHANGE and n.agent == conversation.agent and n.at <= accept.sent
    ]
    if gone and gone[-1] in FAILED_STATES:
        raise NotTestable(f"the offer was withdrawn before the Accept: the chat was {gone[-1]}")
    if accept.failure:
        raise Hidden(f"the Accept was not answered: {accept.failure}")
    if parse(accept.body).beyond:
        raise Hidden(f"the Accept was answered with {parse(accept.body).complaint}")
    if _customer_left(conversation) and trouble(accept) in ("url", "method", "body", "refused"):
        raise NotTestable("the customer left during the Accept")
    if trouble(accept) is not None and _withdrawn_in_flight(conversation, accept):
        raise NotTestable("the offer was withdrawn while the Accept was on its way")
    return accept


def _customer_left(conversation: Conversation) -> bool:
    """Whether the customer left during the Accept; when exactly is a matter of milliseconds, no verdict hangs on it."""
    return bool(conversation.steps("customer-leaves-during"))


def _withdrawn_in_flight(conversation: Conversation, accept: Exchange) -> bool:
    """Whether the agent was told Revoked after a refused Accept, before anybody ended the chat."""
    ends = [e.sent for e in conversation.steps("complete", "customer-leaves") if e.sent > accept.sent]
    until = min(ends, default=float("inf"))
    return any(
        n.agent == conversation.agent and n.state == "Revoked" and accept.sent < n.at <= until
        for n in conversation.notifications
    )


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
    """The first misuse before the Accept that was answered with success, by name."""
    end = conversation.accept.sent if conversation.accept else float("inf")
    for exchange in conversation.steps("refusal:"):
        harmless = exchange.step == "refusal:unknown-chat" or exchange.method in READS
        if exchange.sent < end and not harmless and succeeded(exchange) and not error_after(conversation, exchange):
            return exchange.step.removeprefix("refusal:")
    return None


@concluded
def accepted(conversation: Conversation) -> Exchange:
    """The Accept that was answered with success and did not fail afterwards; what follows it can be judged.

    Raises NotTestable for everything else: the operation may fail after statusCode 0 (DESIGN 3).
    """
    accept = sent_accept(conversation)
    why = trouble(accept)
    if why is not None:
        raise NotTestable(f"the Accept was answered {described(accept)}")
    if _customer_left(conversation):
        raise NotTestable("the customer left during the Accept")
    failed = [n for n in conversation.status_changes if n.state in FAILED_STATES and n.at <= conversation.horizon]
    chatting = [n for n in conversation.status_changes if n.state == "Chatting"]
    if failed and not chatting:
        raise NotTestable(f"the operation failed after statusCode 0: the chat is {failed[0].state}")
    error = error_after(conversation, accept)
    if error is not None and not chatting:
        raise NotTestable(f"the operation failed after statusCode 0: Error, {error}")
    if effects_before(conversation):
        raise NotTestable("a refused request had already had the effect of an Accept")
    return accept


@concluded
def _judged(conversation: Conversation) -> tuple[Exchange, Trouble | None]:
    """The Accept that is judged, and why it was not answered with success."""
    accept = sent_accept(conversation)
    return accept, trouble(accept)


def answered(conversation: Conversation, *troubles: Trouble, documented: str) -> None:
    """Broken if the Accept was answered with one of these troubles; not testable if with another."""
    accept, why = _judged(conversation)
    if why in troubles:
        complaint = parse(accept.body).complaint if why == "json" else None
        raise Broken(documented, f"{described(accept)}: {complaint}" if complaint else described(accept))
    if why is not None:
        raise NotTestable(f"the Accept was answered {described(accept)}")


@lru_cache(maxsize=512)
def _means_json(label: str) -> bool:
    kind, *parameters = [part.strip().lower() for part in label.split(";")]
    charsets = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset")]
    return kind == "application/json" and all(c in ("utf-8", "utf8") for c in charsets)


def is_labelled_json(conversation: Conversation) -> None:
    """Content-Type application/json, UTF-8 if it says a charset, and no byte order mark."""
    answered(conversation, documented="statusCode 0")
    accept = sent_accept(conversation)
    label = accept.headers.get("content-type", "")
    if not _means_json(label):
        raise Broken("Content-Type application/json", f"Content-Type {label or 'missing'}")
    if accept.body.startswith(b"\xef\xbb\xbf"):
        raise Broken("JSON in UTF-8", "a byte order mark in front of it")


def has_no_message(conversation: Conversation) -> None:
    """A successful answer has no statusMessage."""
    answered(conversation, documented="statusCode 0")
    message = parse(sent_accept(conversation).body).members
    if "statusMessage" in message:
        raise Broken("statusCode 0 without statusMessage", f"statusMessage {brief(message['statusMessage'])}")


def is_http_200(conversation: Conversation) -> None:
    """The status of a successful answer is 200, not another 2xx."""
    answered(conversation, documented="statusCode 0")
    accept = sent_accept(conversation)
    if accept.status != 200:
        raise Broken("HTTP 200", described(accept))
