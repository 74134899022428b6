"""An observer under test, and the events it is to hear."""

from __future__ import annotations

from typing import Any

from gws_contract.journal import Clock, Delivery
from gws_contract.wire.bayeux import Observer
from gws_contract.wire.identity import Identity
from gws_contract.wire.wiring import Wiring

from .scripted_server import CometServer, Records, ScriptedServer

PATH = "/api/v2/notifications"
EVENT = {"channel": "/v2/me/chats", "data": {"n": 1}}


class Watch:
    """An observer of a server, what it wrote, and its end with the test."""

    def __init__(self, server: ScriptedServer | str, identity: Identity | None = None, **settings: Any) -> None:
        self.server = server
        url = server if isinstance(server, str) else server.url
        wiring = {"max_body": 100_000} | settings.pop("wiring", {})
        self.records = settings.pop("records", None) or Records()
        self.observer = Observer(
            Wiring(url, **wiring),
            agent="agent1",
            identity=identity or Identity(("agent1", "secret")),
            clock=Clock(),
            sink=self.records,
            **{"pauses": (0,) * 5} | settings,
        )

    def __enter__(self) -> Watch:
        self.observer.open()
        if isinstance(self.server, CometServer):
            self.server.until_polled(2)  # sent is not yet received
        return self

    def __exit__(self, *_: object) -> None:
        self.observer.close()
        assert self.left_behind() == []

    def left_behind(self) -> list[object]:
        """The threads and sockets of the observer that still live."""
        thread = self.observer._thread
        sockets = [sock for line in self.observer._lines.values() for sock in line._lane.sockets._open]
        return [thread] * thread.is_alive() + [sock for sock in sockets if sock.fileno() >= 0]

    def events(self, count: int) -> list[Any]:
        return [delivery.message["data"]["n"] for delivery in self.records.until(Delivery, count)]


def event(n: int) -> dict[str, Any]:
    return {"channel": "/v2/me/chats", "data": {"n": n}}
