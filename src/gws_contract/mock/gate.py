"""The door of a node: whoever reads requests brings them here, to be answered, and the notices are let out."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gws_contract.mock.accounts import COOKIE, CSRF_HEADER, Accounts, Identity
from gws_contract.mock.cometd import BROWSER_COOKIE, Caller, Cometd, Response
from gws_contract.mock.encoding import decode
from gws_contract.mock.guards import refused
from gws_contract.mock.outcome import Outcome, not_found, success, wrong_method
from gws_contract.mock.variation import Answer, Api, Combined, Request

if TYPE_CHECKING:
    from gws_contract.mock.agent_api import AgentApi
    from gws_contract.mock.chat import Chat
    from gws_contract.mock.customer_api import CustomerApi
    from gws_contract.mock.desk import Desk
    from gws_contract.mock.gms_api import GmsApi
    from gws_contract.mock.options import Options
    from gws_contract.mock.publisher import Publisher

Reply = Callable[[Answer, Mapping[str, str]], bool]
"""Sends the answer to one request, with these cookies; whether it was handed to the socket already."""


@dataclass(slots=True)
class Incoming:
    """An HTTP request, read to its end."""

    method: str
    path: str
    """As sent, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    cookies: Mapping[str, str]
    body: bytes
    hang_up: Callable[[], None]
    """Cuts the connection."""


@dataclass(frozen=True)
class Apis:
    """Who answers requests, on every node the same."""

    agents: AgentApi
    customers: CustomerApi
    gms: GmsApi


@dataclass
class Gate:
    """Has every HTTP request of a node answered. `changed` is called after each of them."""

    desk: Desk
    apis: Apis
    accounts: Accounts
    cometd: Cometd
    publisher: Publisher
    options: Options
    variation: Combined
    changed: Callable[[], None]
    cookie_path: str = field(init=False)
    """Where cookies belong."""
    _polls: str = field(init=False)
    _cometd_path: list[str] = field(init=False)
    _above: str = field(init=False)

    def __post_init__(self) -> None:
        self._polls = f"{self.options.prefix}{self.options.cometd_path}"
        self._cometd_path = self.options.cometd_path.split("/")[1:]
        self._above, self.cookie_path = f"{self.options.prefix}/", self.options.prefix or "/"

    def ask(self, incoming: Incoming, reply: Reply) -> None:
        """Have a request answered: `reply` is called once, now or when the time has come."""
        identity = self._identity(incoming)
        cookies = {COOKIE: identity.session.id} if identity.session and identity.fresh else {}
        if incoming.path == self._polls and not self.variation.parts:
            self._notifications(incoming, identity.agent, cookies, reply)
            return
        segments = self._segments(incoming.path)
        seen = self._understood(incoming, identity, segments)
        answer = self.variation.intercept(seen)
        if answer is not None:
            reply(answer, {})
        elif seen.api == "notifications":
            self._notifications(incoming, identity.agent, cookies, reply)
        elif self.options.latency:
            asyncio.get_running_loop().call_later(
                self.options.latency, self._carry_out, seen, identity, segments, cookies, reply
            )
        else:
            self._carry_out(seen, identity, segments, cookies, reply)

    def upgrade(self, incoming: Incoming) -> Caller | None:
        """Who opens a websocket with this request; None if that is not what it does here, or not for him."""
        if incoming.headers.get("upgrade", "").lower() != "websocket" or not self.options.websocket:
            return None
        seen = self._understood(incoming, self._identity(incoming), self._segments(incoming.path))
        if seen.api != "notifications" or seen.agent is None or self.variation.intercept(seen) is not None:
            return None
        return self._caller(incoming, seen.agent)

    def _carry_out(
        self, seen: Request, identity: Identity, segments: list[str], cookies: Mapping[str, str], reply: Reply
    ) -> None:
        outcome = self._outcome(seen, identity, segments)
        self.publisher.speak(outcome, lambda: reply(outcome.answer, cookies))
        self.changed()

    def _identity(self, incoming: Incoming) -> Identity:
        return self.accounts.identify(incoming.headers.get("authorization"), incoming.cookies.get(COOKIE))

    def _segments(self, raw_path: str) -> list[str]:
        """The path below the prefix, split and decoded; empty for a path that is not below it."""
        if not raw_path.startswith(self._above):
            return []
        segments = raw_path[len(self._above) :].split("/")
        return [unquote(segment) for segment in segments] if "%" in raw_path else segments

    def _understood(self, incoming: Incoming, identity: Identity, segments: list[str]) -> Request:
        api, chat_id, chat, operation = self._addressed(segments)
        data, is_json = _read(incoming.body) if api in ("agent", "customer") else (None, False)
        named = data.get("operationName") if isinstance(data, dict) else operation
        return Request(
            api=api,
            method=incoming.method,
            path=incoming.path,
            query=incoming.query,
            headers=incoming.headers,
            body=incoming.body,
            data=data,
            is_json=is_json,
            agent=identity.agent,
            claimed=identity.claimed,
            operation=named if isinstance(named, str) else None,
            chat_id=chat_id,
            chat=chat,
        )

    def _addressed(self, segments: list[str]) -> tuple[Api, str | None, Chat | None, str | None]:
        """Whom a request is for: the API, the chat id in the path, its chat, and the operation if the path names it."""
        if segments[: len(self._cometd_path)] == self._cometd_path:
            return "notifications", None, None, None
        match segments:
            case ["api", "v2", "me", *rest]:
                chat_id = rest[1] if len(rest) > 1 and rest[0] == "chats" else None
                return "agent", chat_id, self.desk.chat(chat_id), None
            case ["api", "v2", "chats", *rest]:
                chat_id = rest[0] if rest else None
                return "customer", chat_id, self.desk.chat_of_customer(chat_id), None
            case ["genesys", "2", "chat", _, *rest]:
                chat_id, operation = (*rest, None, None)[:2]
                return "gms", chat_id, self.desk.chat(chat_id), operation
            case _:
                return "other", None, None, None

    def _outcome(self, request: Request, identity: Identity, segments: list[str]) -> Outcome:
        rest = segments[3:]
        match request.api:
            case "agent":
                outcome = self.apis.agents.handle(request, identity, [] if rest == [""] else rest)
                return self._with_token(outcome, identity) if request.method == "GET" else outcome
            case "customer":
                return self.apis.customers.handle(request, rest)
            case "gms":
                return self.apis.gms.handle(request, rest)
        if segments == ["api", "v2", "diagnostics", "version"]:
            return Outcome(success(version=self.options.version)) if request.method == "GET" else wrong_method("GET")
        return not_found()

    def _with_token(self, outcome: Outcome, identity: Identity) -> Outcome:
        """The outcome with the CSRF token of the HTTP session, if there are such."""
        if not self.options.csrf or identity.session is None:
            return outcome
        token = {"X-CSRF-HEADER": CSRF_HEADER, CSRF_HEADER: identity.session.csrf}
        answer = dataclasses.replace(outcome.answer, headers={**outcome.answer.headers, **token})
        return dataclasses.replace(outcome, answer=answer)

    def _notifications(self, incoming: Incoming, agent: str | None, cookies: dict[str, str], reply: Reply) -> None:
        if agent is None:
            reply(refused("credentials"), {})
            return
        if incoming.method != "POST":
            reply(wrong_method("POST").answer, cookies)
            return

        def respond(response: Response) -> None:
            if response.cookie is not None:
                cookies[BROWSER_COOKIE] = response.cookie
            self.changed()
            reply(response.answer, cookies)

        form = incoming.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        self.cometd.post(incoming.body, form, self._caller(incoming, agent), respond)

    def _caller(self, incoming: Incoming, agent: str) -> Caller:
        return Caller(agent, incoming.cookies.get(BROWSER_COOKIE), incoming.hang_up)


_FORM = "application/x-www-form-urlencoded"


def _read(body: bytes) -> tuple[Any, bool]:
    """A body as JSON, and whether it is any."""
    if not body:
        return None, False
    try:
        return decode(body), True
    except ValueError:
        return None, False
