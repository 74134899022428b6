"""Notifications a second, against npm cometd-nodejs-server: python -m tests.bench.notifications

Both servers run in a process of their own and are asked by the same client, in turn, in one run. The mock is a whole
contact center: it accepts chats that it had offered, and writes their histories. The other answers a POST and delivers
the same notifications, byte for byte as long, to the session of one agent.

In batches of three: 32 agents each accept one chat after the other, waiting for the three notifications of each;
what is before and behind the Accepts is not timed. In ping-pong: the customer says something, and says no more until
the agent has heard it. CometD answers a parked poll with the first notification alone, so three come with two polls.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from gws_contract.mock.server import Mock, Options
from gws_contract.mock.several import fast_loop

from ..interop.peer import Peer, install
from .desktops import Answer, Desktop
from .raw import Wire, Wires, post

AGENTS = 32
ACCEPTS = 4
"""Of each agent in a round."""
PINGS = 200
ROUNDS = 20
BATCHES_BAR, PING_PONG_BAR = 1.0, 0.7
SEQUENCE = ["StatusChange", "ParticipantsUpdated", "NewMessages"]
_SAID = "It is about my bill."
_ACCOUNTS = {f"agent{number}": "of a bench" for number in range(1, AGENTS + 1)}
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ping:
    """What makes the first desktop hear one notification: a request, and the connection it goes over."""

    wire: Wire
    request: bytes


class TheMock:
    """The mock: chats are requested and offered before a round, and completed after it."""

    def __init__(self, pid: int, port: int, contact_center_id: str) -> None:
        self.pid, self._wires = pid, Wires(port)
        self.desktops = [Desktop(self._wires, f"{name}:{password}") for name, password in _ACCOUNTS.items()]
        self._customer = self._wires.open()
        self._as_customer = f"ContactCenterId: {contact_center_id}\r\n"
        first = self.desktops[0]
        self._ready(first)
        chat = self._request_chat()
        first.operate(f"/api/v2/me/chats/{self._offered(1)[0][0]}", operationName="Accept", nickname="Marat")
        self._wires.until(lambda: len(first.heard) == len(SEQUENCE))
        self.accepted = list(first.heard)
        first.heard.clear()
        said = json.dumps({"operationName": "SendMessage", "text": _SAID}).encode()
        self.ping = Ping(self._customer, post(f"/api/v2/chats/{chat}", self._as_customer, said))
        for desktop in self.desktops[1:]:
            self._ready(desktop)
        self._chats: list[list[str]] = []

    def accepts(self) -> list[list[bytes]]:
        """For each desktop the Accepts of a round, ready to be sent."""
        for _ in range(AGENTS * ACCEPTS):
            self._request_chat()
        self._chats = self._offered(AGENTS * ACCEPTS)
        accept = json.dumps({"operationName": "Accept", "nickname": "Marat"}).encode()
        return [
            [post(f"/api/v2/me/chats/{chat}", desktop.headers, accept) for chat in chats]
            for desktop, chats in zip(self.desktops, self._chats, strict=True)
        ]

    def settle(self) -> None:
        """The round is over."""
        for desktop, chats in zip(self.desktops, self._chats, strict=True):
            for chat in chats:
                desktop.operate(f"/api/v2/me/chats/{chat}", operationName="Complete")
            self._wires.until(partial(_has_heard, desktop, len(chats)))
            desktop.heard.clear()

    def until(self, done: Any) -> None:
        self._wires.until(done)

    def close(self) -> None:
        self._wires.close()

    def _ready(self, desktop: Desktop) -> None:
        desktop.operate("/api/v2/me", operationName="StartContactCenterSession", channels=["chat"])
        desktop.operate("/api/v2/me", operationName="Ready")

    def _request_chat(self) -> str:
        """The customer's id of a new chat, in which he has said two things."""
        path = "/api/v2/chats"
        chat: str = self._ask(path, operationName="RequestChat", nickname="PersonP", subject="a bench").body["id"]
        for text in ("Hello, I have a question.", _SAID):
            self._ask(f"{path}/{chat}", operationName="SendMessage", text=text)
        return chat

    def _ask(self, path: str, **body: Any) -> Answer:
        answer = Answer()
        self._customer.ask(post(path, self._as_customer, json.dumps(body).encode()), answer.take)
        self._wires.until(lambda: answer.come)
        return answer

    def _offered(self, number: int) -> list[list[str]]:
        """For each desktop the chats it is invited to, once there are so many."""
        self._wires.until(lambda: sum(len(desktop.heard) for desktop in self.desktops) == number)
        chats = [[data["chat"]["id"] for data in desktop.heard] for desktop in self.desktops]
        for desktop in self.desktops:
            desktop.heard.clear()
        return chats


class TheOther:
    """npm cometd-nodejs-server, which knows nothing of chats."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self._wires = pid, Wires(port)
        self.desktops = [Desktop(self._wires, f"{name}:{password}") for name, password in _ACCOUNTS.items()]
        first = self.desktops[0]
        said = json.dumps({"operationName": "SendMessage", "text": _SAID}).encode()
        self.ping = Ping(self._wires.open(), post(f"/say/{first.client}", "", said))

    def accepts(self) -> list[list[bytes]]:
        accept = json.dumps({"operationName": "Accept", "nickname": "Marat"}).encode()
        return [[post(f"/accept/{each.client}", each.headers, accept)] * ACCEPTS for each in self.desktops]

    def settle(self) -> None:
        """There is nothing to do."""

    def until(self, done: Any) -> None:
        self._wires.until(done)

    def close(self) -> None:
        self._wires.close()


Server = TheMock | TheOther


@dataclass(frozen=True)
class Rate:
    """How a round went."""

    notifications: int
    wall: float
    busy: float
    """Seconds of processor time of the server."""
    client: float
    """The same of this client."""
    polls: int

    @property
    def a_second(self) -> float:
        return self.notifications / self.wall


def batches(server: Server) -> Rate:
    """Every agent accepts one chat after the other."""
    todo = server.accepts()
    under_way = sum(map(len, todo))

    def advance(which: int) -> None:
        """The next Accept of this agent, if the one before is over."""
        nonlocal under_way
        desktop = server.desktops[which]
        if not answered[which] or len(desktop.heard) < len(SEQUENCE):
            return
        if [data["notificationType"] for data in desktop.heard] != SEQUENCE:
            raise RuntimeError(f"an Accept was followed by {desktop.heard}")
        desktop.heard.clear()
        under_way -= 1
        accept(which)

    def accept(which: int) -> None:
        answered[which] = False
        if todo[which]:
            server.desktops[which].rest.ask(todo[which].pop(), lambda *_: answered.__setitem__(which, True))

    def go_on() -> bool:
        for which in range(AGENTS):
            advance(which)
        return under_way == 0

    answered = [False] * AGENTS
    number = under_way * len(SEQUENCE)
    with _timed(server, number) as rates:
        for which in range(AGENTS):
            accept(which)
        server.until(go_on)
    server.settle()
    return rates[0]


def ping_pong(server: Server) -> Rate:
    """One notification after the other."""
    desktop, ping = server.desktops[0], server.ping
    with _timed(server, PINGS) as rates:
        for _ in range(PINGS):
            answer = Answer()
            ping.wire.ask(ping.request, answer.take)
            server.until(lambda answer=answer: answer.come and bool(desktop.heard))
            del desktop.heard[0]
    return rates[0]


@contextlib.contextmanager
def _timed(server: Server, notifications: int) -> Iterator[list[Rate]]:
    rates: list[Rate] = []
    polls = sum(desktop.polls for desktop in server.desktops)
    busy, client, start = _processor(server.pid), time.process_time(), time.perf_counter()
    yield rates
    wall, client, busy = time.perf_counter() - start, time.process_time() - client, _processor(server.pid) - busy
    polls = sum(desktop.polls for desktop in server.desktops) - polls
    rates.append(Rate(notifications, wall, busy, client, polls))


def _processor(pid: int) -> float:
    """Seconds of processor time of a process so far."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - it is no file of a folder
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextlib.contextmanager
def the_two() -> Iterator[tuple[TheMock, TheOther]]:
    """Both servers, with everybody logged in."""
    install()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    peer = Peer("accepting_server.mjs")
    try:
        port, contact_center_id = ours.recv()
        mock = TheMock(process.pid or 0, port, contact_center_id)
        ready = peer.hear("ready")
        peer.order(accepted=mock.accepted, said=_only_the_last(mock.accepted[-1]))
        yield mock, TheOther(ready["pid"], ready["port"])
    finally:
        peer.kill()
        ours.close()
        process.join()


def _only_the_last(history: dict[str, Any]) -> dict[str, Any]:
    return {**history, "messages": history["messages"][-2:-1]}


def _serve(pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed."""
    with Mock(agents=_ACCOUNTS, options=Options(capacity=2 * ACCEPTS), loop=fast_loop()) as mock:
        pipe.send((int(mock.url.rpartition(":")[2]), mock.contact_center_id))
        with contextlib.suppress(EOFError):
            pipe.recv()


def _has_heard(desktop: Desktop, notifications: int) -> bool:
    return len(desktop.heard) == notifications


def _compared(name: str, rounds: list[tuple[Rate, Rate]], bar: float) -> tuple[str, bool]:
    """The median of the rounds' ratios; the best round of each, which anything else disturbed least, is shown too."""
    ratios = sorted(mock.a_second / other.a_second for mock, other in rounds)
    ours, theirs = (max(rate.a_second for rate in side) for side in zip(*rounds, strict=True))
    measures: tuple[Callable[[Rate], float], ...] = (lambda rate: rate.busy * 1e6, lambda rate: rate.polls)
    busy, busy_theirs, polls, polls_theirs = (
        sum(each) / sum(rate.notifications for rate in side)
        for measure in measures
        for side in zip(*rounds, strict=True)
        for each in [[measure(rate) for rate in side]]
    )
    client = max(rate.client / rate.wall for both in rounds for rate in both)
    ratio = statistics.median(ratios)
    words = (
        f"{name} {ratio:.2f} times (bar {bar:g}; rounds {ratios[0]:.2f} to {ratios[-1]:.2f}); at best {ours:,.0f} and"
        f" {theirs:,.0f} a second; {busy:.0f} and {busy_theirs:.0f} us of the server's processor and {polls:.2f} and"
        f" {polls_theirs:.2f} polls each, the client at most {client:.0%} busy"
    )
    return words, ratio >= bar


def bar() -> tuple[str, bool]:
    """At least 1.0 times the notifications a second in batches of three, 0.7 in ping-pong; medians of 20 rounds."""
    with the_two() as servers:
        for server in servers:
            batches(server)
            ping_pong(server)
        in_batches, in_turn = [], []
        for _ in range(ROUNDS):
            in_batches.append((batches(servers[0]), batches(servers[1])))
            in_turn.append((ping_pong(servers[0]), ping_pong(servers[1])))
        for server in servers:
            server.close()
    three, batches_met = _compared("in batches of three", in_batches, BATCHES_BAR)
    one, ping_pong_met = _compared("in ping-pong", in_turn, PING_PONG_BAR)
    return f"the mock against cometd-nodejs-server: {three}; {one}", batches_met and ping_pong_met


if __name__ == "__main__":
    words, met = bar()
    print(words)
    sys.exit(not met)
