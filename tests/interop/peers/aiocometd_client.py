"""The desktop of an agent on aiocometd-ng.   python aiocometd_client.py URL AUTHORIZATION long-polling|websocket"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiocometd_ng import AuthExtension, Client, ConnectionType


class Basic(AuthExtension):
    """Puts the credentials on every request."""

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    async def outgoing(self, payload: Any, headers: Any) -> None:
        headers["Authorization"] = self._authorization

    async def incoming(self, payload: Any, headers: Any = None) -> None:
        """Nothing to learn from answers."""


def tell(event: str, **more: Any) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


async def listen(client: Client) -> None:
    async for message in client:
        tell("message", data=message["data"])


async def main(url: str, authorization: str, transport: str) -> None:
    async with Client(url, ConnectionType(transport), auth=Basic(authorization)) as client:
        await client.subscribe("/v2/me/chats")
        assert client.connection_type is not None
        tell("ready", transport=client.connection_type.value, ack=False)
        listening = asyncio.create_task(listen(client))
        await asyncio.to_thread(sys.stdin.read)
        listening.cancel()


asyncio.run(main(*sys.argv[1:]))
