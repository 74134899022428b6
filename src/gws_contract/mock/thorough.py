"""HTTP as aiohttp reads and writes it: the whole of it, websockets too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from gws_contract.mock.gate import Gate, Incoming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gws_contract.mock.variation import Answer


class Thorough:
    """Brings every request of an aiohttp server to the gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to one request."""
        try:
            body = await request.read()
        except web.RequestPayloadError:
            return web.Response(status=400)
        transport = request.transport
        incoming = Incoming(
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            cookies=request.cookies,
            body=body,
            hang_up=transport.abort if transport is not None else _nothing,
        )
        caller = self._gate.upgrade(incoming)
        if caller is not None:
            return await self._gate.cometd.websocket(request, caller)
        answered: asyncio.Future[tuple[Answer, Mapping[str, str]]] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer, cookies: Mapping[str, str]) -> bool:
            if not answered.done():
                answered.set_result((answer, cookies))
            return False

        self._gate.ask(incoming, reply)
        answer, cookies = await answered
        return await _send(request, answer, cookies, self._gate.cookie_path)


async def _send(request: web.BaseRequest, answer: Answer, cookies: Mapping[str, str], path: str) -> web.StreamResponse:
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
    """Announce the whole body, send the beginning and let aiohttp close the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    response.force_close()
    await response.prepare(request)
    await response.write(answer.body[:length])
    return response


def _nothing() -> None:
    """There is no connection to cut."""
