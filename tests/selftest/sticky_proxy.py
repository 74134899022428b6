"""A load balancer for tests: it sends whoever has a JSESSIONID to the node that its end names, others round robin."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Sequence
from types import TracebackType

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web

COOKIE = "JSESSIONID"
_HANG_GUARD = 20.0
_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "host"}


class StickyProxy:
    """Stands before these nodes, the first of which is called node1, at `url` while it is entered."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.url = ""
        self.went: list[int] = []
        """The number of the node that each request went to, in the order they came."""
        self._nodes = dict(enumerate(nodes, 1))
        self._round = itertools.cycle(self._nodes)

    def __enter__(self) -> StickyProxy:
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{listening.getsockname()[1]}"
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening, started)), daemon=True)
        self._thread.start()
        assert started.wait(_HANG_GUARD)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_HANG_GUARD)
        assert not self._thread.is_alive()

    async def _serve(self, listening: socket.socket, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with ClientSession(
            auto_decompress=False, cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=None)
        ) as self._http:
            runner = web.ServerRunner(web.Server(self._forward, access_log=None), shutdown_timeout=0.02)
            await runner.setup()
            await web.SockSite(runner, listening).start()
            started.set()
            await self._stopping.wait()
            await runner.cleanup()

    async def _forward(self, request: web.BaseRequest) -> web.StreamResponse:
        number = self._number(request.cookies.get(COOKIE, ""))
        self.went.append(number)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP]
        url, body = self._nodes[number] + request.path_qs, await request.read()
        async with self._http.request(request.method, url, data=body, headers=headers, allow_redirects=False) as answer:
            response = web.Response(status=answer.status, body=await answer.read())
            for name, value in answer.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    response.headers.add(name, value)
            return response

    def _number(self, cookie: str) -> int:
        """The node a request belongs to."""
        route = cookie.rpartition(".node")[2]
        return int(route) if route.isdigit() and int(route) in self._nodes else next(self._round)
