"""CometD sessions over bare sockets, for benches that load a server."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from .raw import Wires, post

TOPIC = "/v2/me/chats"
POLLS = "/api/v2/notifications"
CONNECT = {"channel": "/meta/connect", "connectionType": "long-polling"}


@dataclass
class Answer:
    """An answer that is waited for."""

    come: bool = False
    head: bytes = b""
    body: Any = None

    def take(self, status: int, head: bytes, body: bytes) -> None:
        if status != 200:
            raise RuntimeError(f"a request was answered {status}: {body.decode()}")
        self.come, self.head, self.body = True, head, json.loads(body)

    @property
    def cookies(self) -> list[str]:
        """What the answer sets, as NAME=VALUE."""
        lines = [line for line in self.head.decode().split("\r\n") if line.lower().startswith("set-cookie:")]
        return [line.partition(":")[2].partition(";")[0].strip() for line in lines]


class Desktop:
    """A CometD session that polls without pause, and a connection for what its agent asks for."""

    def __init__(self, wires: Wires, account: str) -> None:
        self._wires = wires
        self.rest, self._poll = wires.open(), wires.open()
        self.headers = f"Authorization: Basic {base64.b64encode(account.encode()).decode()}\r\n"
        self.heard: list[dict[str, Any]] = []
        """The data of the notifications that came and that nobody took away yet."""
        self.polls = 0
        shaken = self._now(channel="/meta/handshake", version="1.0", supportedConnectionTypes=["long-polling"])
        self.headers += f"Cookie: {'; '.join(shaken.cookies)}\r\n"
        self.client: str = shaken.body[0]["clientId"]
        self._now(channel="/meta/subscribe", clientId=self.client, subscription=TOPIC)
        self._now(**CONNECT, clientId=self.client, advice={"timeout": 0})
        self._connect = post(POLLS, self.headers, json.dumps([{**CONNECT, "clientId": self.client}]).encode())
        self._poll.ask(self._connect, self._polled)

    def operate(self, path: str, **body: Any) -> None:
        """One operation of the agent, and its answer."""
        answer = Answer()
        self.rest.ask(post(path, self.headers, json.dumps(body).encode()), answer.take)
        self._wires.until(lambda: answer.come)

    def _now(self, **message: Any) -> Answer:
        answer = Answer()
        self._poll.ask(post(POLLS, self.headers, json.dumps([message]).encode()), answer.take)
        self._wires.until(lambda: answer.come)
        return answer

    def _polled(self, status: int, head: bytes, body: bytes) -> None:
        del head
        if status != 200:
            raise RuntimeError(f"a poll was answered {status}: {body.decode()}")
        self._poll.ask(self._connect, self._polled)
        self.polls += 1
        self.heard += [message["data"] for message in json.loads(body) if "data" in message]
