"""The door of a node: one aiohttp handler that reads a request, has it answered and lets the notices out."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from gws_contract.mock.accounts import COOKIE, CSRF_HEADER, Accounts, Identity
from gws_contract.mock.cometd import BROWSER_COOKIE, Caller, Cometd
from gws_contract.mock.encoding import decode
from gws_contract.mock.guards import refused
from gws_contract.mock.outcome import Outcome, not_found, success, wrong_method
from gws_contract.mock.variation import Answer, Api, Request, Variation

if TYPE_CHECKING:
    from collections.abc import Callable

    from gws_contract.mock.agent_api import AgentApi
    from gws_contract.mock.chat import Chat
    from gws_contract.mock.customer_api import CustomerApi
    from gws_contract.mock.desk import Desk
    from gws_contract.mock.gms_api import GmsApi
    from gws_contract.mock.options import Options
    from gws_contract.mock.publisher import Publisher


@dataclass(frozen=True)
class Apis:
    """Who answers requests, on every node the same."""

    agents: AgentApi
    customers: CustomerApi
    gms: GmsApi


@dataclass
class Gate:
    """Handles every HTTP request of a node. `changed` is called after each of them."""

    desk: Desk
    apis: Apis
    accounts: Accounts
    cometd: Cometd
    publisher: Publisher
    options: Options
    variation: Variation
    changed: Callable[[], None]
    _cometd_path: list[str] = field(init=False)
    _above: str = field(init=False)
    _cookie_path: str = field(init=False)

    def __post_init__(self) -> None:
        self._cometd_path = self.options.cometd_path.split("/")[1:]
        self._above, self._cookie_path = f"{self.options.prefix}/", self.options.prefix or "/"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to one request."""
        try:
            body = await request.read()
        except web.RequestPayloadError:
            return web.Response(status=400)
        identity = self.accounts.identify(request.headers.get("Authorization"), request.cookies.get(COOKIE))
        segments = self._segments(request.rel_url.raw_path)
        seen = self._understood(request, body, identity, segments)
        answer = self.variation.intercept(seen)
        if answer is not None:
            return await _send(request, answer, {}, self._cookie_path)
        cookies = {COOKIE: identity.session.id} if identity.session and identity.fresh else {}
        if seen.api == "notifications":
            return await self._notifications(request, seen, cookies)
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        outcome = self._outcome(seen, identity, segments)
        await self.publisher.speak(outcome)
        self.changed()
        return await _send(request, outcome.answer, cookies, self._cookie_path)

    def _segments(self, raw_path: str) -> list[str]:
        """The path below the prefix, split and decoded; empty for a path that is not below it."""
        if not raw_path.startswith(self._above):
            return []
        return [unquote(segment) for segment in raw_path[len(self._above) :].split("/")]

    def _understood(self, request: web.BaseRequest, body: bytes, identity: Identity, segments: list[str]) -> Request:
        api, chat_id, chat, operation = self._addressed(segments)
        data, is_json = _read(body) if api in ("agent", "customer") else (None, False)
        named = data.get("operationName") if isinstance(data, dict) else operation
        return Request(
            api=api,
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
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

    async def _notifications(
        self, request: web.BaseRequest, seen: Request, cookies: dict[str, str]
    ) -> web.StreamResponse:
        if seen.agent is None:
            return await _send(request, refused("credentials"), {}, self._cookie_path)
        transport = request.transport
        hang_up = transport.abort if transport is not None else _nothing
        caller = Caller(seen.agent, request.cookies.get(BROWSER_COOKIE), hang_up)
        if seen.headers.get("upgrade", "").lower() == "websocket" and self.options.websocket:
            return await self.cometd.websocket(request, caller)
        if seen.method != "POST":
            return await _send(request, wrong_method("POST").answer, cookies, self._cookie_path)
        form = request.content_type == "application/x-www-form-urlencoded"
        response = await self.cometd.post(seen.body, form, caller)
        if response.cookie is not None:
            cookies[BROWSER_COOKIE] = response.cookie
        self.changed()
        return await _send(request, response.answer, cookies, self._cookie_path)


def _read(body: bytes) -> tuple[Any, bool]:
    """A body as JSON, and whether it is any."""
    if not body:
        return None, False
    try:
        return decode(body), True
    except ValueError:
        return None, False


async def _send(request: web.BaseRequest, answer: Answer, cookies: dict[str, str], path: str) -> web.StreamResponse:
    """Send an answer with these cookies, which are for everything below the path."""
    if answer.delay > 0:
        await asyncio.sleep(answer.delay)
    if answer.cut is not None:
        return await _send_cut(request, answer, answer.cut)
    response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    for name, value in cookies.items():
        response.set_cookie(name, value, path=path, httponly=True)
    return response


async def _send_cut(request: web.BaseRequest, answer: Answer, length: int) -> web.StreamResponse:
    """Announce the whole body, send the beginning and close the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    response.force_close()
    await response.prepare(request)
    await response.write(answer.body[:length])
    if request.transport is not None:
        request.transport.close()
    return response


def _nothing() -> None:
    """There is no connection to cut."""
