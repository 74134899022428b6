"""10,000 parked polls on one mock: what one weighs, and how soon all are answered: python -m tests.bench.parked [POLLS]

The polls are CometD sessions of one agent, each over a connection of its own; a chat that is offered to him wakes all
of them. The mock has a process of its own. What the client does to have them parked is not timed; from when the
request for the chat is sent to when the last poll's answer was read, it is.
"""

from __future__ import annotations

import base64
import contextlib
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection

from gws_contract.mock.listening import allow_many_connections
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.several import fast_loop

from .desktops import CONNECT, POLLS, TOPIC, Answer
from .raw import Wire, Wires, post

NUMBER = 10_000
ROUNDS = 5
WEIGHT_BAR, WAKING_BAR = 20_000, 1.0
_AT_ONCE = 200
"""Sessions that are opened side by side."""
_ACCOUNT = "agent1:of a bench"
_AUTHORIZATION = f"Authorization: Basic {base64.b64encode(_ACCOUNT.encode()).decode()}\r\n"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_HANG = 60.0


class Crowd:
    """So many sessions of one agent, with a poll each."""

    def __init__(self, wires: Wires, number: int) -> None:
        self._wires = wires
        self._polls: list[tuple[Wire, bytes]] = []
        self.woken = 0
        """Polls that were answered with the invitation."""
        for start in range(0, number, _AT_ONCE):
            self._open(min(_AT_ONCE, number - start))

    def park(self) -> None:
        """Send a poll of every session."""
        self.woken = 0
        for wire, request in self._polls:
            wire.ask(request, self._answered)

    def _open(self, number: int) -> None:
        wires = [self._wires.open() for _ in range(number)]
        shake = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        shaken = self._all(wires, [post(POLLS, _AUTHORIZATION, json.dumps([shake]).encode())] * number)
        sessions = [
            (answer.body[0]["clientId"], f"{_AUTHORIZATION}Cookie: {'; '.join(answer.cookies)}\r\n")
            for answer in shaken
        ]
        for message in ({"channel": "/meta/subscribe", "subscription": TOPIC}, {**CONNECT, "advice": {"timeout": 0}}):
            requests = [_message(client, headers, message) for client, headers in sessions]
            self._all(wires, requests)
        polls = [_message(client, headers, CONNECT) for client, headers in sessions]
        self._polls += zip(wires, polls, strict=True)

    def _all(self, wires: Sequence[Wire], requests: Sequence[bytes]) -> list[Answer]:
        answers = [Answer() for _ in wires]
        for wire, request, answer in zip(wires, requests, answers, strict=True):
            wire.ask(request, answer.take)
        for answer in answers:
            self._wires.until(partial(_has_come, answer))
        return answers

    def _answered(self, status: int, head: bytes, body: bytes) -> None:
        del head
        if status != 200 or b'"Invited"' not in body:
            raise RuntimeError(f"a poll was answered {status}: {body.decode()}")
        self.woken += 1


def _has_come(answer: Answer) -> bool:
    return answer.come


def _message(client: str, headers: str, message: Mapping[str, object]) -> bytes:
    return post(POLLS, headers, json.dumps([{**message, "clientId": client}]).encode())


def measured(number: int) -> tuple[float, list[float]]:
    """Bytes a parked poll, its session and its connection; and seconds until all were woken, for each round."""
    allow_many_connections()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, number), daemon=True)
    process.start()
    theirs.close()
    try:
        port, contact_center_id = ours.recv()
        wires = Wires(port)
        before = _resident(process.pid)
        crowd = Crowd(wires, number)
        asking = wires.open()
        for operation in ({"operationName": "StartContactCenterSession", "channels": ["chat"]}, _operation("Ready")):
            answer = Answer()
            asking.ask(post("/api/v2/me", _AUTHORIZATION, json.dumps(operation).encode()), answer.take)
            wires.until(partial(_has_come, answer))
        request = _operation("RequestChat", nickname="PersonP", subject="a bench")
        chat = post("/api/v2/chats", f"ContactCenterId: {contact_center_id}\r\n", json.dumps(request).encode())
        seconds = []
        weight = 0.0
        for _ in range(ROUNDS):
            crowd.park()
            ours.send("parked?")
            ours.recv()
            weight = max(weight, (_resident(process.pid) - before) / number)
            answer = Answer()
            start = time.perf_counter()
            asking.ask(chat, answer.take)
            wires.until(lambda: crowd.woken == number)
            seconds.append(time.perf_counter() - start)
        wires.close()
    finally:
        ours.close()
        process.join()
    return weight, seconds


def _operation(name: str, **parameters: str) -> dict[str, str]:
    return {"operationName": name, **parameters}


def _resident(pid: int | None) -> int:
    """Bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123 - it is no file of a folder
        return int(file.read().split()[1]) * _PAGE


def _serve(pipe: Connection, number: int) -> None:
    """Serve until the other end of the pipe is closed; whoever asks is told when all polls are parked."""
    allow_many_connections()
    user, _, password = _ACCOUNT.partition(":")
    options = Options(hold=600.0, max_interval=600.0, capacity=ROUNDS + 1)
    with Mock(agents={user: password}, options=options, loop=fast_loop()) as mock:
        pipe.send((int(mock.url.rpartition(":")[2]), mock.contact_center_id))
        with contextlib.suppress(EOFError):
            while pipe.recv():
                mock.until(lambda: mock.cometd.parked(user) >= number, _HANG)
                pipe.send(True)


def bar() -> tuple[str, bool]:
    """10,000 parked polls: at most 20 kB each, all woken within 1 s; the median of five rounds."""
    return _bar(NUMBER)


def _bar(number: int) -> tuple[str, bool]:
    weight, seconds = measured(number)
    middle = statistics.median(seconds)
    words = (
        f"{number:,} parked polls: {weight / 1000:.1f} kB each (bar {WEIGHT_BAR / 1000:g}), all woken within"
        f" {middle:.2f} s (bar {WAKING_BAR:g}; rounds {min(seconds):.2f} to {max(seconds):.2f})"
    )
    return words, weight <= WEIGHT_BAR and middle <= WAKING_BAR


if __name__ == "__main__":
    said, met = _bar(int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER)
    print(said)
    sys.exit(not met)
