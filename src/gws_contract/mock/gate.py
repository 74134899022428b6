"""The door of the server: one aiohttp handler that reads a request, has it answered and lets the notices out."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from gws_contract.mock.accounts import COOKIE, CSRF_HEADER, Accounts, Identity
from gws_contract.mock.cometd import BROWSER_COOKIE, Caller, Cometd
from gws_contract.mock.encoding import decode, encode
from gws_contract.mock.guards import refused
from gws_contract.mock.outcome import Outcome, not_found, success, wrong_method
from gws_contract.mock.variation import Answer, Notice, Request, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gws_contract.mock.agent_api import AgentApi
    from gws_contract.mock.customer_api import CustomerApi
    from gws_contract.mock.desk import Desk
    from gws_contract.mock.options import Options

_ROOT = ["", "api", "v2"]


@dataclass
class Gate:
    """Handles every HTTP request of the mock. `changed` is called after each of them and after publishing."""

    desk: Desk
    accounts: Accounts
    agents: AgentApi
    customers: CustomerApi
    cometd: Cometd
    options: Options
    variation: Variation
    changed: Callable[[], None]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to one request."""
        try:
            body = await request.read()
        except web.RequestPayloadError:
            return web.Response(status=400)
        identity = self.accounts.identify(request.headers.get("Authorization"), request.cookies.get(COOKIE))
        segments = [unquote(segment) for segment in request.rel_url.raw_path.split("/")]
        seen = self._understood(request, body, identity, segments)
        answer = self.variation.intercept(seen)
        if answer is not None:
            return await _send(request, answer, {})
        cookies = {COOKIE: identity.session.id} if identity.session and identity.fresh else {}
        if seen.api == "notifications":
            return await self._notifications(request, seen, cookies)
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        outcome = self._outcome(seen, identity, segments)
        await self._speak(outcome)
        self.changed()
        return await _send(request, outcome.answer, cookies)

    def _understood(self, request: web.BaseRequest, body: bytes, identity: Identity, segments: list[str]) -> Request:
        rest = segments[3:] if segments[:3] == _ROOT else []
        seen = Request(
            api="other",
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            agent=identity.agent,
            claimed=identity.claimed,
        )
        match rest:
            case ["notifications", *_]:
                return dataclasses.replace(seen, api="notifications")
            case ["me", *_]:
                chat_id = rest[2] if len(rest) > 2 and rest[1] == "chats" else None
                return _filled(dataclasses.replace(seen, api="agent", chat_id=chat_id, chat=self.desk.chat(chat_id)))
            case ["chats", *_]:
                chat_id = rest[1] if len(rest) > 1 else None
                chat = self.desk.chat_of_customer(chat_id)
                return _filled(dataclasses.replace(seen, api="customer", chat_id=chat_id, chat=chat))
            case _:
                return seen

    def _outcome(self, request: Request, identity: Identity, segments: list[str]) -> Outcome:
        rest = segments[4:]
        if request.api == "agent":
            outcome = self.agents.handle(request, identity, [] if rest == [""] else rest)
            if self.options.csrf and request.method == "GET" and identity.session is not None:
                token = {"X-CSRF-HEADER": CSRF_HEADER, CSRF_HEADER: identity.session.csrf}
                answer = dataclasses.replace(outcome.answer, headers={**outcome.answer.headers, **token})
                return dataclasses.replace(outcome, answer=answer)
            return outcome
        if request.api == "customer":
            return self.customers.handle(request, rest)
        if segments == [*_ROOT, "diagnostics", "version"]:
            return Outcome(success(version=self.options.version)) if request.method == "GET" else wrong_method("GET")
        return not_found()

    async def _notifications(
        self, request: web.BaseRequest, seen: Request, cookies: dict[str, str]
    ) -> web.StreamResponse:
        if seen.agent is None:
            return await _send(request, refused("credentials"), {})
        transport = request.transport
        hang_up = transport.abort if transport is not None else _nothing
        caller = Caller(seen.agent, request.cookies.get(BROWSER_COOKIE), hang_up)
        if seen.headers.get("upgrade", "").lower() == "websocket" and self.options.websocket:
            return await self.cometd.websocket(request, caller)
        if seen.method != "POST":
            return await _send(request, wrong_method("POST").answer, cookies)
        form = request.content_type == "application/x-www-form-urlencoded"
        response = await self.cometd.post(seen.body, form, caller)
        if response.cookie is not None:
            cookies[BROWSER_COOKIE] = response.cookie
        self.changed()
        return await _send(request, response.answer, cookies)

    # notices

    async def _speak(self, outcome: Outcome) -> None:
        """Publish the notices: before the answer if told so, else as soon as the answer was handed to the socket."""
        if not outcome.groups:
            return
        if outcome.published_first or outcome.answer.delay > 0:
            self._publish(outcome.groups)
            await asyncio.sleep(0)  # a poll that was woken writes its response now
        else:
            asyncio.get_running_loop().call_soon(self._publish, outcome.groups)

    def _publish(self, groups: Sequence[Sequence[Notice]]) -> None:
        for group in groups:
            moment = 0.0
            moments: dict[float, list[Notice]] = {}
            for notice in group:
                moment += notice.after
                moments.setdefault(moment, []).append(notice)
            for moment, notices in moments.items():
                if moment > 0:
                    asyncio.get_running_loop().call_later(moment, self._emit, notices)
                else:
                    self._emit(notices)

    def _emit(self, notices: Sequence[Notice]) -> None:
        for (agent, channel), some in groupby(notices, key=lambda notice: (notice.to, notice.subscribed)):
            texts = [encode(notice.message or {"channel": notice.channel, "data": notice.data}) for notice in some]
            self.cometd.broker.publish(agent, channel, texts)
        self.changed()


def _filled(request: Request) -> Request:
    """The request with its body read as JSON, and the operation it names."""
    if not request.body:
        return request
    try:
        data = decode(request.body)
    except ValueError:
        return request
    operation = data.get("operationName") if isinstance(data, dict) else None
    operation = operation if isinstance(operation, str) else None
    return dataclasses.replace(request, data=data, is_json=True, operation=operation)


async def _send(request: web.BaseRequest, answer: Answer, cookies: dict[str, str]) -> web.StreamResponse:
    if answer.delay > 0:
        await asyncio.sleep(answer.delay)
    if answer.cut is not None:
        return await _send_cut(request, answer, answer.cut)
    response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    for name, value in cookies.items():
        response.set_cookie(name, value, path="/", httponly=True)
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
